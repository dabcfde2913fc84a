"""[[key]] and [[key|words]] in a text: who is mentioned; and [[Name]], as people type it, turned into that."""

import re
from collections.abc import Callable, Iterable

from django.core.exceptions import ValidationError

from episodes.choices import Choice, Unclear

MENTION = re.compile(r"\[\[([a-z0-9][a-z0-9_.-]*)(?:\|([^\[\]|\n]+))?\]\]")
LOOKS_LIKE_A_MENTION = re.compile(r"\[\[[^\[\]]*\]\]")
BY_NAME = re.compile(r"\[\[([^\[\]|\n]+)(?:\|([^\[\]|\n]+))?\]\]")
MOST_UNCLEAR = 5  # that are told at once of one text


def mentioned_keys(text: str) -> set[str]:
    """Return the keys of everybody a text mentions."""
    return {match[1] for match in MENTION.finditer(text)}


def with_other_key(text: str, old: str, new: str) -> str:
    """Return a text that mentions by another key whomever it mentioned by this one; their words stay."""
    return MENTION.sub(lambda found: f"[[{new}{found[0][len(old) + 2 :]}" if found[1] == old else found[0], text)


def names_in(text: str) -> set[str]:
    """Return whatever stands in the mentions of a text, be it keys or names."""
    return {match[1].strip() for match in BY_NAME.finditer(text)}


def with_keys(text: str, key_of: Callable[[str], str], *, instead: Iterable[tuple[str, str]] = ()) -> str:
    """Return a text with keys for the names in its mentions, as `key_of` finds them.

    Raise ValidationError with all names for which it raises `Unclear`. `instead` are marks that can be set before such
    a name, each with what the button says that sets it.
    """
    unclear: dict[str, Unclear] = {}

    def with_key(match: re.Match[str]) -> str:
        typed = match[1]
        if typed in unclear or len(unclear) == MOST_UNCLEAR:
            return match[0]
        try:
            return f"[[{key_of(typed.strip())}{'|' + match[2] if match[2] else ''}]]"
        except Unclear as problem:
            choices = [Choice(f"[[{each.meant}", each.label) for each in problem.choices]
            choices += [Choice(f"[[{mark}{typed}", label) for mark, label in instead]
            unclear[typed] = Unclear(problem.message, typed=f"[[{typed}", choices=choices)
            return match[0]

    rewritten = BY_NAME.sub(with_key, text)
    if unclear:
        raise ValidationError(list(unclear.values()))
    return rewritten
