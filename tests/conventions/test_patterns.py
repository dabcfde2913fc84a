"""Regular expressions of ours end soon, whatever they look at."""

import re
import string
import sys
from collections.abc import Iterator
from re import _constants as kinds
from re import _parser as parser
from typing import Any

from django.urls import get_resolver

from tests.conventions.source import APPS

SIGNS = string.printable + "éァ一"
CATEGORIES = {
    kinds.CATEGORY_DIGIT: r"\d", kinds.CATEGORY_NOT_DIGIT: r"\D", kinds.CATEGORY_SPACE: r"\s",
    kinds.CATEGORY_NOT_SPACE: r"\S", kinds.CATEGORY_WORD: r"\w", kinds.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def patterns() -> set[re.Pattern[str]]:
    """Return the patterns that our modules have, which the addresses of the site import."""
    assert get_resolver().url_patterns
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] in APPS]
    values = [value for module in ours for value in vars(module).values()]
    return {value for value in values if isinstance(value, re.Pattern) and isinstance(value.pattern, str)}


def steps_of(parsed: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what a pattern looks for, one thing after the other, also within groups."""
    for kind, value in parsed:
        if kind is kinds.SUBPATTERN:
            yield from steps_of(value[-1])
        else:
            yield kind, value


def takes(kind: Any, value: Any, sign: str) -> bool:
    """Return whether a step that takes one character takes this one."""
    if kind is kinds.IN:
        is_negated = value[0][0] is kinds.NEGATE
        return any(takes(each, of_it, sign) for each, of_it in value[is_negated:]) is not is_negated
    if kind is kinds.RANGE:
        return bool(value[0] <= ord(sign) <= value[1])
    if kind is kinds.CATEGORY:
        return bool(re.match(CATEGORIES[value], sign))
    if kind in (kinds.LITERAL, kinds.NOT_LITERAL):
        return bool((kind is kinds.LITERAL) is (ord(sign) == value))
    return kind is kinds.ANY


def repeats_twice(pattern: re.Pattern[str]) -> bool:
    """Return whether two repeats without end follow each other that take the same character."""
    before: set[str] = set()
    for kind, value in steps_of(parser.parse(pattern.pattern, pattern.flags)):
        now: set[str] = set()
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) and value[1] is kinds.MAXREPEAT and len(value[2]) == 1:
            inner, of_it = value[2][0]
            now = {sign for sign in SIGNS if takes(inner, of_it, sign)}
        if before & now:
            return True
        before = now
    return False


def test_no_pattern_repeats_the_same_twice_in_a_row() -> None:
    """Where what comes next is missing, each place to part such repeats is tried: 10,000 characters took a second."""
    assert repeats_twice(re.compile(r"([^|]*)[^\]]*x"))
    assert not repeats_twice(re.compile(r"([^|]*)(?:\|[^\]]*)?x"))
    assert len(patterns()) > 50
    assert [pattern.pattern for pattern in patterns() if repeats_twice(pattern)] == []
