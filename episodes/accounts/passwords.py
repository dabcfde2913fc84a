"""Refuses passwords that are made of what everybody knows of this site."""

import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from ..models import Series

SHORTEST_KNOWN = 3  # letters that a word of the title must have more than
LEAST = 8  # characters that a password must have besides those words


class KnownWordsValidator:
    """Takes the words that are known away from a password; what remains must be long enough by itself.

    Names of the show are none of them: who is refused one would learn that somebody is called so.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = {word.casefold() for word in words if word}

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError if too little is left."""
        text = password.casefold()
        longest_first = sorted(self._words | _words_of_the_title(), key=len, reverse=True)
        left = re.sub("|".join(map(re.escape, longest_first)), "", text)
        if left != text and len(left) < LEAST:
            raise ValidationError(
                f"This password is mostly a word that everybody knows of this site. Add {LEAST} characters or more.",
                code="password_of_known_words",
            )

    def get_help_text(self) -> str:
        return "Your password can’t be mostly the name of this site or of the show."


def _words_of_the_title() -> set[str]:
    title = Series.objects.values_list("title", flat=True).first() or ""
    return {word for word in re.findall(r"\w+", title.casefold()) if len(word) > SHORTEST_KNOWN}
