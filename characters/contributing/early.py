"""What contributors are told of what they write: names they know to come later, and names that are there already.

Both look at nothing but what the contributor knows, so they tell nothing.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from characters.kinds import ALIAS
from characters.lore.correctable import CorrectablePage
from characters.spoilers.linter import Finding, KnownName, LintedText, Location, Vocabulary, findings_in
from characters.spoilers.rows import NAMING, name_of_row, with_its_owner
from characters.text.fitting import look
from episodes.axes import BEYOND_ALL, is_on_second_axis, second_of
from episodes.choices import Unclear
from episodes.known import is_reached
from episodes.units import current, named, second_unit


class KnownVocabulary:
    """The names that a contributor knows, each with the episode from which on it is known. They are read once."""

    def __init__(self, progress: int) -> None:
        self.progress = progress
        self._known: list[KnownName] | None = None
        self._vocabularies: dict[int, Vocabulary] = {}  # by axis

    def said_too_early(self, text: str, first: int | None, second: int | None = None) -> Iterator[Unclear]:
        """Yield a question for each name in a text that comes later than the text, on an axis that tells it."""
        if not text:
            return
        asked = set[str]()
        for axis, place in enumerate((first, second)):
            if place is None or (axis == 0 and place >= self.progress and not second_of(self.progress)):
                continue
            for finding in findings_in(LintedText(text, place, Location(), ""), self._names(axis)):
                if finding.words not in asked:
                    asked.add(finding.words)
                    yield _question(finding, axis)

    def _names(self, axis: int) -> Vocabulary:
        if axis not in self._vocabularies:
            if self._known is None:
                known: list[Any] = [row for kind in NAMING for row in with_its_owner(kind).as_of(self.progress)]
                self._known = [name_of_row(row) for row in known]
            self._vocabularies[axis] = Vocabulary(self._as_known(name, axis) for name in self._known)
        return self._vocabularies[axis]

    def _as_known(self, name: KnownName, axis: int) -> KnownName:
        """Return a name with its place on an axis, as far as that is reached there."""
        place = name.also_from if axis else name.known_from
        if place is None or not is_reached(place, self.progress) or (axis == 0 and is_on_second_axis(place)):
            place = BEYOND_ALL
        return replace(name, known_from=place, also_from=None)


def _question(finding: Finding, axis: int) -> Unclear:
    if finding.is_ever_known:
        reason = f"which is known only from {named(finding.known_from)}. Leave it out, or choose the later one."
    else:
        unit = second_unit() if axis else current().one
        reason = f"which is known from no {unit} so far. Leave it out, or leave the {unit} empty."
    return Unclear(
        f"It says “{finding.words}”, {reason} To leave it to the moderators, send it once more.",
        typed=finding.words, can_stay=True,
    )  # fmt: skip


def name_that_is_there(page: CorrectablePage, name: str) -> str:
    """Return the name on a page, as it is written there, that is the same as one that is to be added, or nothing."""
    names = (str(row.shown.get("name", "")) for row in page.rows if row.kind is ALIAS)
    return next((each for each in names if look(each) == look(name)), "")
