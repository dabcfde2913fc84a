"""The Markdown of the site: paragraphs, *emphasis*, **emphasis**, lists, quotations and rules.

Whatever else is typed is shown as it was typed: nobody who writes "1998. A good year", ¯\\_(ツ)_/¯ or >:( means markup.
"""

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_block import StateBlock, blockquote, hr, list_block
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

NUMBERED = re.compile(r"([1-9][0-9]?)([.)])[ \t]+\S")  # a longer number is a year
BULLET = re.compile(r"[-*][ \t]+\S")
QUOTED = re.compile(r">[ \t]+\S")
# What Markdown here could mean something by; before anything else a backslash is a backslash.
ESCAPABLE = frozenset("\\*-.)>[]\n")
CJK = re.compile(
    "[\u2e80-\u303f\u3040-\u30ff\u3100-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U00020000-\U0003ffff]"
)

type BlockRule = Callable[[StateBlock, int, int, bool], bool]


def parser() -> MarkdownIt:
    """Return a parser of our Markdown, without the rule for mentions."""
    # No picture from elsewhere, and no link either: nobody knows what the page behind it tells. And nothing that would
    # print a mention as it is written (code, entities), swallow a line (references) or a mark (headings).
    made = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable([
        "image", "link", "autolink", "html_inline", "html_block", "backticks", "code", "fence", "entity", "reference",
        "heading", "lheading",
    ])  # fmt: skip
    made.block.ruler.at("hr", _rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    made.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    made.block.ruler.at("blockquote", _quotation, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    made.inline.ruler.at("emphasis", _emphasis)
    made.inline.ruler.before("escape", "backslash", _backslash)
    return made


# Blocks


def _begin(state: StateBlock, line: int) -> int:
    return state.bMarks[line] + state.tShift[line]


def _line(state: StateBlock, line: int) -> str:
    return state.src[_begin(state, line) : state.eMarks[line]]


def _list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take lines for a list if they have bullets, or if at least two of them count on from the first."""
    text = _line(state, start)
    if not (BULLET.match(text) or (NUMBERED.match(text) and _counts_on(state, start, end))):
        return False
    return list_block(state, start, end, silent)


def _counts_on(state: StateBlock, start: int, end: int) -> bool:
    """Return whether all numbers of a list follow one another, so that it shows those that were typed."""
    entries: set[int] = state.env.setdefault("entries", set())
    if start in entries:  # of a list that has been looked at
        return True
    # The lists that do not count on, by where their numbers stand: to look at the rest of each again for each of its
    # numbers would take the square of the time.
    refused: set[int] = state.env.setdefault("refused", set())
    if _begin(state, start) in refused:
        return False
    numbers: dict[int, int] = {}  # by line
    was_empty = False
    for line in range(start, end):
        text, is_within = _line(state, line), state.sCount[line] > state.sCount[start]
        if text and state.sCount[line] < state.sCount[start]:
            break
        found = None if is_within else NUMBERED.match(text)
        if found:
            if numbers and int(found[1]) != numbers[start] + len(numbers):
                refused.update(_begin(state, each) for each in numbers)
                return False
            numbers[line] = int(found[1])
        elif text and was_empty and not is_within:
            break
        was_empty = not text
    if len(numbers) < 2:
        return False
    entries.update(numbers)
    return True


def _rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Draw a rule for dashes or asterisks; underscores are shown, here as within a line."""
    return not _line(state, start).startswith("_") and hr(state, start, end, silent)


def _quotation(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return bool(QUOTED.match(_line(state, start))) and blockquote(state, start, end, silent)


# Within a line


def _backslash(state: StateInline, silent: bool) -> bool:
    """Show a backslash before what means nothing."""
    if state.src[state.pos] != "\\" or state.src[state.pos + 1 : state.pos + 2] in ESCAPABLE:
        return False
    if not silent:
        state.pending += "\\"
    state.pos += 1
    return True


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Mark asterisks as the rule of markdown-it does, but for what Chinese, Japanese and Korean stand beside."""
    if silent or state.src[state.pos] != "*":
        return False
    opens, closes, length = _delimiters(state)
    for _ in range(length):
        token = state.push("text", "", 0)
        token.content = "*"
        number = len(state.tokens) - 1
        state.delimiters.append(
            Delimiter(marker=ord("*"), length=length, token=number, end=-1, open=opens, close=closes)
        )
    state.pos += length
    return True


def _delimiters(state: StateInline) -> tuple[bool, bool, int]:
    """Return whether asterisks can open and close emphasis, and how many there are.

    In these scripts no space parts a mark from the word beside it, so it does not tell whose the asterisks are.
    """
    end = state.pos
    while end < state.posMax and state.src[end] == "*":
        end += 1
    before = state.src[state.pos - 1] if state.pos else " "
    after = state.src[end] if end < state.posMax else " "
    if before.isdigit() and after.isdigit():
        return False, False, end - state.pos  # times: 2*3*4
    is_free = bool(CJK.match(before) or CJK.match(after))
    space_before, space_after = isWhiteSpace(ord(before)), isWhiteSpace(ord(after))
    mark_before, mark_after = _is_mark(before), _is_mark(after)
    opens = not space_after and (not mark_after or space_before or mark_before or is_free)
    closes = not space_before and (not mark_before or space_after or mark_after or is_free)
    return opens, closes, end - state.pos


def _is_mark(character: str) -> bool:
    return isMdAsciiPunct(ord(character)) or isPunctChar(character)
