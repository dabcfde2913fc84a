"""Markdown with [[mentions]] to safe HTML, with the names that the reader knows."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from sys import getsizeof
from threading import Lock
from typing import Any

import nh3
from cachetools import LRUCache, cached
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from episodes.names import END_OF_ISOLATE, ISOLATE, CommonName, Name

from . import markdown
from .mentions import MENTION

TAGS = {"p", "bdi", "em", "strong", "a", "ul", "ol", "li", "blockquote", "br", "hr"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SENTENCE_ENDS = (".", "!", "?", "…")
MARKUP = re.compile(r"[*_\\`<>&#~|\[\]]|[^\S ]|^ *(?:[-+=]|\d+[.)])")  # whatever Markdown could mean something by
# A run of marks is read from its beginning alone, and once: each of ten thousand would be a beginning.
SENTENCE_END = re.compile(rf"{MENTION.pattern}|\b(?:Dr|Mrs?|Ms|St)\.(?![.!?…])|(?<![.!?…])[.!?…]++[\"'”’)*_]*+(?=\s|$)")
SOMEBODY = CommonName("somebody")
PRIVATE_USE = range(0xE000, 0xF900)  # code points
OPENING_MARKS = " \n\t\"“‘«(*_'"


@dataclass(frozen=True, slots=True)
class Mention:
    name: Name
    url: str  # empty: no link
    title: str = ""  # of the link: who or what that is


type FindMention = Callable[[str], Mention | None]


@dataclass(frozen=True, slots=True)
class _Blank:
    """The place of a mention in a text that is rendered without names."""

    key: str
    words: str  # empty: the name stands there
    begins: bool  # a sentence, so that the name has a capital

    def words_for(self, found: Mention | None) -> Name:
        if self.words:
            return Name(self.words)
        name = found.name if found else SOMEBODY
        return name.capital if self.begins else name


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A text without names, as safe HTML or as plain words: a blank stands between each two of the pieces."""

    pieces: tuple[str, ...]
    blanks: tuple[_Blank, ...]


def render(text: str, find: FindMention) -> SafeString:
    """Return a text as safe HTML, in paragraphs."""
    return _filled(_rendered(text, inline=False), find)


def render_line(text: str, find: FindMention) -> SafeString:
    """Return a text as safe HTML without paragraphs, for a value inside a sentence or a table cell."""
    return _filled(_rendered(text, inline=True), find)


def words(text: str, find: FindMention, *, inline: bool = False, enough: float = inf) -> str:
    """Return the words of a text alone, as `plain(render(text))` does; most texts need no HTML for that.

    Where so many characters are `enough`, no more names are looked up than those need.
    """
    cut = _kept_cut(text) if len(text) <= LONGEST_CUT_KEPT else _cut(text)
    if cut is None:
        return plain((render_line if inline else render)(text, find))
    filled = cut.pieces[0]
    for blank, piece in zip(cut.blanks, cut.pieces[1:], strict=True):
        if len(filled) > enough and len(first := _in_one_line(filled)) > enough:
            return first
        filled += f"{blank.words_for(find(blank.key))}{piece}"
    return _in_one_line(filled)


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def has_markup(text: str) -> bool:
    """Return whether Markdown could mean something by anything in a text besides its mentions."""
    return bool(MARKUP.search(MENTION.sub("", text)))


def plain(rendered: str) -> str:
    """Return the words of rendered HTML alone, for descriptions and titles."""
    isolated = _numbered(rendered).replace("<bdi>", ISOLATE).replace("</bdi>", END_OF_ISOLATE)
    return re.sub(r"\s+", " ", html.unescape(nh3.clean(isolated, tags=set()))).strip()


LIST_TAG = re.compile(r'<(/?)(ol|ul|li)(?: start="(\d+)")?>')


def _numbered(rendered: str) -> str:
    """Return HTML with the numbers of lists as words, as a browser shows them."""
    next_numbers: list[int | None] = []

    def with_number(tag: re.Match[str]) -> str:
        if tag[2] != "li":
            next_numbers[-1:] = [] if tag[1] else [*next_numbers[-1:], int(tag[3] or 1) if tag[2] == "ol" else None]
        elif not tag[1] and (number := next_numbers[-1]) is not None:
            next_numbers[-1] = number + 1
            return f"{tag[0]}{number}. "
        return tag[0]

    return LIST_TAG.sub(with_number, rendered) if "<ol" in rendered else rendered


def opening(text: str, sentences: int) -> str:
    """Return the first sentences of a text that is not rendered yet; a dot in a mention or a title ends none."""
    ends = [match.end() for match in SENTENCE_END.finditer(text) if match[0][0] in SENTENCE_ENDS]
    return text[: ends[sentences - 1]] if len(ends) >= sentences else text


def _clean(rendered: str) -> SafeString:
    return mark_safe(nh3.clean(rendered, tags=TAGS, attributes=ATTRIBUTES, link_rel=None))


def _blank(mention: re.Match[str], text: str, start: int) -> _Blank:
    """Return the blank for a mention at a place of a text; the text before it is not copied, as there may be many."""
    while start and text[start - 1] in OPENING_MARKS:
        start -= 1
    return _Blank(mention[1], mention[2] or "", not start or text[start - 1] in SENTENCE_ENDS)


# Texts are the same for everybody, names are not: each text is parsed once, and names are filled in at every reading.

MOST_KEPT = 8 * 2**20  # bytes
LONGEST_KEPT = 2**13  # characters
LONGEST_CUT_KEPT = 2**10


def _filled(rendered: _Rendered, find: FindMention) -> SafeString:
    """Fill in the names that the reader knows."""
    if not rendered.blanks:
        return SafeString(rendered.pieces[0])
    filled = [rendered.pieces[0]]
    for blank, piece in zip(rendered.blanks, rendered.pieces[1:], strict=True):
        found = find(blank.key)
        filled += _named(blank.words_for(found), found.url if found else "", found.title if found else ""), piece
    # All pieces are cleaned, and so are the names. A page has hundreds, and `mark_safe` asks first whether one is lazy.
    return SafeString("".join(filled))


@lru_cache(2**12)
def _named(words: Name, url: str, title: str) -> str:
    escaped = conditional_escape(words)
    titled = f' title="{html.escape(title)}"' if title else ""
    return _clean(f'<a href="{html.escape(url)}"{titled}>{escaped}</a>' if url else escaped)


def _rendered(text: str, *, inline: bool) -> _Rendered:
    return _parsed(text, inline) if len(text) > LONGEST_KEPT else _kept(text, inline)


def _parsed(text: str, inline: bool) -> _Rendered:
    # A character that is not in the text stands for each mention while it is cleaned.
    mark = next(char for char in map(chr, PRIVATE_USE) if char not in text)
    env: dict[str, Any] = {"mark": mark, "blanks": []}
    cleaned = _clean((_markdown.renderInline if inline else _markdown.render)(text, env))
    return _Rendered(tuple(cleaned.split(mark)), tuple(env["blanks"]))


def _cut(text: str) -> _Rendered | None:
    """Cut a text at its mentions; None where Markdown could mean something by it."""
    if has_markup(text):
        return None
    pieces, blanks, end = [], [], 0
    for match in MENTION.finditer(text):
        pieces.append(text[end : match.start()])
        blanks.append(_blank(match, text, match.start()))
        end = match.end()
    return _Rendered((*pieces, text[end:]), tuple(blanks))


_kept_cut = lru_cache(2**11)(_cut)


def _size(rendered: _Rendered) -> int:
    """Return about how many bytes it takes to keep: its own, and as many again for the text that it is kept under."""
    blanks = sum(getsizeof(blank) + getsizeof(blank.key) + getsizeof(blank.words) for blank in rendered.blanks)
    return 2 * sum(map(getsizeof, rendered.pieces)) + blanks


_kept = cached(LRUCache(MOST_KEPT, _size), lock=Lock())(_parsed)


def _mention_rule(state: StateInline, silent: bool) -> bool:
    # A backslash before it changes nothing: the key must not be shown.
    match = MENTION.match(state.src, state.pos + state.src.startswith("\\", state.pos))
    if match is None:
        return False
    if not silent:
        token = state.push("mention", "", 0)
        token.meta = {"blank": _blank(match, state.src, state.pos)}
    state.pos = match.end()
    return True


def _render_mention(renderer: RendererHTML, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    env["blanks"].append(tokens[index].meta["blank"])
    mark: str = env["mark"]
    return mark


_markdown = markdown.parser()
_markdown.inline.ruler.before("backslash", "mention", _mention_rule)
_markdown.add_render_rule("mention", _render_mention)


def first_sentence(text: str) -> str:
    """Return a text up to its first full stop, without it."""
    return text.partition(". ")[0].rstrip(".")


def shortened(text: str, length: int = 155) -> str:
    """Return a text cut between words to at most `length` characters, with an ellipsis."""
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0].rstrip(",;:.") + "…"
