"""Markdown with [[mentions]] to safe HTML, with the names that the reader knows."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from .mentions import MENTION

TAGS = {"p", "em", "strong", "a", "ul", "ol", "li", "blockquote", "br", "hr"}
SENTENCE_ENDS = (".", "!", "?", "…")
MARKUP = re.compile(r"[*_\\`<>&#~|\[\]]|[^\S ]|^ *(?:[-+=]|\d+[.)])")  # whatever Markdown could mean something by
SENTENCE_END = re.compile(rf"{MENTION.pattern}|\b(?:Dr|Mrs?|Ms|St)\.|[.!?…]+[\"'”’)*_]*(?=\s|$)")
OPENING_MARKS = " \n\t\"“‘«(*_'"


@dataclass(frozen=True, slots=True)
class Mention:
    name: str
    url: str  # empty: no link


type FindMention = Callable[[str], Mention | None]


def render(text: str, find: FindMention) -> SafeString:
    """Return a text as safe HTML, in paragraphs."""
    return _clean(_markdown.render(text, {"find": find}))


def render_line(text: str, find: FindMention) -> SafeString:
    """Return a text as safe HTML without paragraphs, for a value inside a sentence or a table cell."""
    return _clean(_markdown.renderInline(text, {"find": find}))


def words(text: str, find: FindMention, *, inline: bool = False) -> str:
    """Return the words of a text alone, as `plain(render(text))` does; most texts need no HTML for that."""
    if has_markup(text):
        return plain((render_line if inline else render)(text, find))
    named = MENTION.sub(lambda match: _words_for(match, text[: match.start()], find(match[1])), text)
    return " ".join(named.split())


def has_markup(text: str) -> bool:
    """Return whether Markdown could mean something by anything in a text besides its mentions."""
    return bool(MARKUP.search(MENTION.sub("", text)))


def plain(rendered: str) -> str:
    """Return the words of rendered HTML alone, for descriptions and titles."""
    return re.sub(r"\s+", " ", html.unescape(nh3.clean(rendered, tags=set()))).strip()


def opening(text: str, sentences: int) -> str:
    """Return the first sentences of a text that is not rendered yet; a dot in a mention or a title ends none."""
    ends = [match.end() for match in SENTENCE_END.finditer(text) if match[0][0] in SENTENCE_ENDS]
    return text[: ends[sentences - 1]] if len(ends) >= sentences else text


def _clean(rendered: str) -> SafeString:
    return mark_safe(nh3.clean(rendered, tags=TAGS, attributes={"a": {"href"}}, link_rel=None))


def _words_for(mention: re.Match[str], before: str, found: Mention | None) -> str:
    if mention[2]:
        return mention[2]
    name = found.name if found else "somebody"
    before = before.rstrip(OPENING_MARKS)
    return name if before and not before.endswith(SENTENCE_ENDS) else name[:1].upper() + name[1:]


def _mention_rule(state: StateInline, silent: bool) -> bool:
    # A backslash before it changes nothing: the key must not be shown.
    match = MENTION.match(state.src, state.pos + state.src.startswith("\\", state.pos))
    if match is None:
        return False
    if not silent:
        token = state.push("mention", "", 0)
        token.meta = {"match": match, "before": state.src[: state.pos]}
    state.pos = match.end()
    return True


def _render_mention(renderer: RendererHTML, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    match: re.Match[str] = tokens[index].meta["match"]
    found: Mention | None = env["find"](match[1])
    escaped = html.escape(_words_for(match, tokens[index].meta["before"], found))
    return f'<a href="{html.escape(found.url)}">{escaped}</a>' if found and found.url else escaped


_markdown = MarkdownIt("commonmark", {"html": False}).disable(
    # No picture from elsewhere, and no link either: nobody knows what the page behind it tells. And nothing that would
    # print a mention as it is written (code, entities) or swallow a line (references).
    ["image", "link", "autolink", "html_inline", "html_block", "backticks", "code", "fence", "entity", "reference"]
)
_markdown.inline.ruler.before("escape", "mention", _mention_rule)
_markdown.add_render_rule("mention", _render_mention)


def capital(name: str) -> str:
    """Return a name with a capital first letter, for the beginning of a sentence."""
    return name[:1].upper() + name[1:]


def first_sentence(text: str) -> str:
    """Return a text up to its first full stop, without it."""
    return text.partition(". ")[0].rstrip(".")


def shortened(text: str, length: int = 155) -> str:
    """Return a text cut between words to at most `length` characters, with an ellipsis."""
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0].rstrip(",;:.") + "…"
