"""Refuses passwords that are made of what everybody knows of this site."""

import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

LEAST = 8  # characters that a password must have besides those words


class KnownWordsValidator:
    """Takes the words that are known away from a password; what remains must be long enough by itself.

    Names of the show are none of them: who is refused one would learn that somebody is called so.
    """

    def __init__(self, words: Iterable[str]) -> None:
        longest_first = sorted({word.casefold() for word in words if word}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)))

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError if too little is left."""
        text = password.casefold()
        left = self._known.sub("", text)
        if left != text and len(left) < LEAST:
            raise ValidationError(
                f"This password is mostly a word that everybody knows of this site. Add {LEAST} characters or more.",
                code="password_of_known_words",
            )

    def get_help_text(self) -> str:
        return "Your password can’t be mostly the name of this site or of the show."
