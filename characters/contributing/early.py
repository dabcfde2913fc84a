"""What contributors are told of what they write: names they know to come later, and names that are there already.

Both look at nothing but what the contributor knows, so they tell nothing.
"""

from collections.abc import Iterator
from typing import Any

from characters.kinds import ALIAS
from characters.lore.correctable import CorrectablePage
from characters.spoilers.linter import LintedText, Location, Vocabulary, findings_in
from characters.spoilers.rows import NAMING, name_of_row, with_its_owner
from characters.text.fitting import look
from episodes.choices import Unclear
from episodes.units import named


class KnownVocabulary:
    """The names that a contributor knows, each with the episode from which on it is known. They are read once."""

    def __init__(self, progress: int) -> None:
        self.progress = progress
        self._vocabulary: Vocabulary | None = None

    def said_too_early(self, text: str, episode: int) -> Iterator[Unclear]:
        """Yield a question for each name in a text that comes later than the text."""
        if episode >= self.progress or not text:
            return
        for finding in findings_in(LintedText(text, episode, Location(), ""), self._names()):
            yield Unclear(
                f"It says “{finding.words}”, which is known only from {named(finding.known_from)}. Leave it out, or "
                "choose the later one. To leave it to the moderators, send it once more.",
                typed=finding.words, can_stay=True,
            )  # fmt: skip

    def _names(self) -> Vocabulary:
        if self._vocabulary is None:
            known: list[Any] = [row for kind in NAMING for row in with_its_owner(kind).as_of(self.progress)]
            self._vocabulary = Vocabulary(map(name_of_row, known))
        return self._vocabulary


def name_that_is_there(page: CorrectablePage, name: str) -> str:
    """Return the name on a page, as it is written there, that is the same as one that is to be added, or nothing."""
    names = (str(row.shown.get("name", "")) for row in page.rows if row.kind is ALIAS)
    return next((each for each in names if look(each) == look(name)), "")
