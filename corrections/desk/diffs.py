"""The difference between two values, marked up with <del> and <ins>."""

import re
from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from rapidfuzz.distance import Indel

from corrections import rows
from corrections.rows import Editable, Json
from corrections.wording import EMPTY, RowNames, is_text, value_in_words
from episodes.gate import Prose
from episodes.names import Name, in_text, is_set_apart, with_unseen_shown
from episodes.order import sort_key

TOO_UNLIKE = 0.25
MOST_COMPARED = 4_000_000  # words of one text times words of the other
MOST_STEPS = 10_000_000  # of a search for the longest passages that two texts share: half a second
# A letter of a script without spaces, a word, a gap, or a mark.
WORD = r"[ぁ-ヿ㐀-鿿々]|\w+|\s+|[^\w\s]"

type Piece = tuple[str, list[str]]
"""A tag and the words in it."""
type Opcode = tuple[str, int, int, int, int]
"""What difflib calls so: what to do, and where, in one text and in the other."""


def diff(kind: Editable, name: str, before: Json, after: Json, names: RowNames) -> SafeString:
    """Return the difference between two values of a field."""
    field: Any = kind.field(name)
    if field.many_to_many:
        return _diff_of_lists(before or [], after or [], rows.editable(field.related_model._meta.label_lower), names)
    if is_text(kind, name):
        return diff_of_words(str(before or ""), str(after or ""), _mentions(field, [before, after], names))
    old, new = (value_in_words(kind, name, value, names) for value in (before, after))
    if old == new:
        return format_html("{}", new)
    shown = [("del", old)] * (old != EMPTY) + [("ins", new)] * (new != EMPTY)
    return format_html_join(" → ", "<{0}>{1}</{0}>", ((_TagName(tag), words) for tag, words in shown))


class _TagName(str):
    """The name of an HTML tag, which is written by this module alone and needs no escaping."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def _diff_of_lists(before: list[str], after: list[str], kind: Editable, names: RowNames) -> SafeString:
    names.look_up(kind, {*before, *after})
    tags = {key: "del" if key not in after else "ins" if key not in before else "span" for key in {*before, *after}}
    named = [(names.name(kind, key), tag) for key, tag in tags.items()]
    named.sort(key=lambda item: (sort_key(item[0]), item[1]))
    return format_html_join(", ", "<{0}>{1}</{0}>", ((_TagName(tag), name) for name, tag in named))


def _mentions(field: Any, texts: Iterable[Json], names: RowNames) -> dict[str, str]:
    """Return the name for each mention in these texts."""
    if not isinstance(field, Prose):
        return {}
    return names.of_mentions(str(text) for text in texts if text)


def diff_of_words(before: str, after: str, mentions: dict[str, str]) -> SafeString:
    """Compare two texts word by word, or return them one after the other if they have little in common."""
    whole = [re.escape(mention) for mention in sorted(mentions, key=len, reverse=True)]
    old, new = (re.findall("|".join([*whole, WORD]), text) for text in (before, after))
    pieces = [(tag, words) for tag, words in _pieces(old, new) if words]
    if is_set_apart(before + after) and not any(tag == "span" for tag, _ in pieces):  # two texts, side by side
        return format_html_join(
            " ", '<{0} dir="auto">{1}</{0}>', ((_TagName(tag), _markup(words, mentions)) for tag, words in pieces)
        )
    return format_html_join("", "<{0}>{1}</{0}>", ((_TagName(tag), _markup(words, mentions)) for tag, words in pieces))


def _pieces(old: list[str], new: list[str]) -> list[Piece]:
    apart = [("del", old), ("ins", new)]
    if not old or not new or len(old) * len(new) > MOST_COMPARED:
        return apart
    likeness, opcodes = _compared(old, new)
    if likeness < TOO_UNLIKE:
        return apart
    pieces: list[Piece] = []
    deleted: list[str] = []
    inserted: list[str] = []
    for number, (tag, i1, i2, j1, j2) in enumerate(opcodes):
        is_inside = 0 < number < len(opcodes) - 1
        is_gap = is_inside and not "".join(old[i1:i2]).strip()
        if tag == "equal" and not is_gap:
            pieces += [("del", deleted), ("ins", inserted), ("span", old[i1:i2])]
            deleted, inserted = [], []
        else:  # a gap between two changed words is marked as changed with them
            deleted, inserted = deleted + old[i1:i2], inserted + new[j1:j2]
    return [*pieces, ("del", deleted), ("ins", inserted)]


def _compared(old: list[str], new: list[str]) -> tuple[float, list[Opcode]]:
    """Return how like two texts are, from 0 to 1, and what to do with the passages of one to make it the other.

    To look for the longest passages first reads best, and takes the third power of the time where the same words come
    again and again with others between them, as in texts that somebody sends for that. The fewest changes are as right.
    """
    times = Counter(old)
    alike = sum(times[word] * more for word, more in Counter(new).items())
    if alike * min(len(old), len(new)) > MOST_STEPS:
        return Indel.normalized_similarity(old, new), [
            (each.tag, each.src_start, each.src_end, each.dest_start, each.dest_end) for each in Indel.opcodes(old, new)
        ]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return matcher.ratio(), list(matcher.get_opcodes())


def _markup(words: list[str], mentions: dict[str, str]) -> SafeString:
    return format_html_join(
        "",
        "{}",
        ((_mention(word, mentions[word]),) if word in mentions else (with_unseen_shown(word),) for word in words),
    )


def _mention(mention: str, name: str) -> SafeString:
    title = in_text(rows.with_readable_keys(mention))
    return format_html('<span class="mention" title="{}">{}</span>', title, Name(name))
