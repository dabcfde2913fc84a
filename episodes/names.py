"""How names are printed: set apart from the text around them, whichever way they run, and with their own letters.

A name that is written from right to left would turn round the digits, the punctuation and the next such name beside it.
So a `Name` prints itself as `<bdi>` in HTML, and between isolates in a sentence of plain text (an f-string).
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Self

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

# Hebrew, Arabic and their like, with Arabic digits; the planes of old scripts and of Adlam.
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
DIRECTION_SIGNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # unseen; some reach beyond the name
DIRECTION_SIGN = re.compile(f"[{DIRECTION_SIGNS}]")
REACHING_SIGN = re.compile("[\u202a-\u202e\u2066-\u2069]")  # embeddings, overrides and isolates
ISOLATED_OR_SIGN = re.compile(f"(\u2068[^{DIRECTION_SIGNS}]*\u2069)|[{DIRECTION_SIGNS}]")
FIRST_WORD = re.compile(r"[^\W\d_]+")
ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
OWN_ISOLATE = re.compile(f"(\u2068[^{DIRECTION_SIGNS}]*\u2069)")
OTHER_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u3164\uffa0"  # fillers and joiners of other categories


class Name(str):
    """A name, a title or another short text of the show or of a user, as it is shown."""

    def __html__(self) -> SafeString:
        return _in_html(str(self))

    def __format__(self, spec: str) -> str:
        return str.__format__(self if self.isascii() else _in_text(str(self)), spec)

    @property
    def capital(self) -> Self:
        """Return it for the beginning of a sentence: a name keeps its own letter, small or not."""
        return self


class CommonName(Name):
    """A name that is made of ordinary words, such as a placeholder or a tag."""

    @property
    def capital(self) -> Self:
        return with_capital(self)


def capital[Words: str](words: Words) -> Words:
    """Return words for the beginning of a sentence or a heading: with a capital, unless they are a name of somebody."""
    return words.capital if isinstance(words, Name) else with_capital(words)


def with_capital[Words: str](words: Words) -> Words:
    """Return words with a capital first letter, unless they have another capital where they begin (eX-Driver)."""
    first = words[:1].title()  # of Georgian letters the upper case is another script
    begins = FIRST_WORD.match(words)
    # Letters such as ß and ﬁ would become two.
    return type(words)(first + words[1:]) if begins and begins[0].islower() and len(first) == 1 else words


def in_text(name: str) -> str:
    """Return a name for plain text, such as an attribute or a title."""
    return f"{Name(name)}"


def without_signs(name: str) -> str:
    """Return a name without the unseen signs that were let in before they were refused; what is isolated stays so."""
    return ISOLATED_OR_SIGN.sub(r"\1", name)


def isolates_taken_out(text: str) -> str:
    """Return a text without the isolates that set names apart in it; any other sign stays."""
    return ISOLATED_OR_SIGN.sub(lambda found: found[1][1:-1] if found[1] else found[0], text)


def with_unseen_shown(text: str) -> SafeString:
    """Return a text in HTML, with a mark for each sign in it that nobody would see.

    The isolates by which our own pages set names apart are none of its author's. Signs that choose how an emoji is
    drawn are seen with it.
    """
    if text.isascii():
        return escape(text)
    parts: list[SafeString] = []
    for piece in OWN_ISOLATE.split(text):
        is_own = piece[:1] == ISOLATE and piece[-1:] == END_OF_ISOLATE
        for letter in piece:
            unseen = unicodedata.category(letter) == "Cf" or letter in OTHER_UNSEEN
            is_ours = is_own and letter in (ISOLATE, END_OF_ISOLATE)
            parts.append(_mark_for(letter) if unseen and not is_ours else escape(letter))
    return SafeString("".join(parts))


def _mark_for(sign: str) -> SafeString:
    name = unicodedata.name(sign, "unseen sign").lower()
    return format_html('<mark class="unseen" title="{}">{}</mark>', f"Not seen: {name}", f"U+{ord(sign):04X}")


def is_set_apart(name: str) -> bool:
    """Return whether a name would disturb the order of the text around it."""
    return not name.isascii() and bool(RIGHT_TO_LEFT.search(name) or DIRECTION_SIGN.search(name))


@lru_cache(2**12)
def _in_html(name: str) -> SafeString:
    return format_html("<bdi>{}</bdi>", without_signs(name)) if is_set_apart(name) else escape(name)


def _in_text(name: str) -> str:
    return f"{ISOLATE}{without_signs(name)}{END_OF_ISOLATE}" if is_set_apart(name) else name


def listed(names: Iterable[str]) -> str:
    """Return names in plain text, with commas between them."""
    return ", ".join(f"{name}" for name in names)
