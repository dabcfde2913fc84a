"""What a one-line definition may hold, such as “Star singer of Club Canal”."""

import re

from django.core.exceptions import ValidationError

from episodes.texts import check_line

from .mentions import MENTION

LONGEST = 90  # characters; a line of a card, and about two on a phone
FULL_STOPS = (".", "。")
MARKUP = re.compile(r"[*\\\[\]]")  # whatever means something in our Markdown within a line


def check_definition(text: str) -> None:
    """Raise ValidationError unless a text is one short line of plain words and mentions, without a full stop."""
    check_line(text)
    plain = MENTION.sub("", text)
    if found := MARKUP.search(plain):
        raise ValidationError(f"It holds “{found[0]}”. A definition is plain words and [[mentions]], without markup.")
    if text.rstrip().endswith(FULL_STOPS):
        raise ValidationError("It ends with a full stop. A definition is no sentence: take the full stop out.")
    if (length := _length(text)) > LONGEST:
        raise ValidationError(f"It has {length} characters, and a definition has {LONGEST} at most. Shorten it.")


def _length(text: str) -> int:
    """Return how long a text is, where a mention counts as its own words, or else as its key."""
    return len(MENTION.sub(lambda match: match[2] or match[1], text))
