"""[[key]] and [[key|words]] in a text: who is mentioned, and whether they are known by then."""

import re

MENTION = re.compile(r"\[\[([a-z0-9][a-z0-9_.-]*)(?:\|([^\[\]|\n]+))?\]\]")
LOOKS_LIKE_A_MENTION = re.compile(r"\[\[[^\[\]]*\]\]")


def mentioned_keys(text: str) -> set[str]:
    """Return the keys of everybody a text mentions."""
    return {match[1] for match in MENTION.finditer(text)}
