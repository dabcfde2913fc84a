"""Open a correction that was sent as a form again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from characters.kinds import EPISODE, REVELATION, SERIES, kind_labelled
from characters.lore.correctable import PUBLIC_KINDS, CorrectablePage, CorrectableRow, page_of, page_of_subject
from characters.lore.corrections import (
    Action,
    ChangeWording,
    Decision,
    episodes_in,
    hidden_until,
    later_episodes,
    public_values,
)
from characters.lore.knowledge import Knowledge
from corrections.letter import Letter
from corrections.models import Change, Correction
from corrections.rows import Json
from corrections.sending import Proposed

from .draft import MOST_NEW, MOST_ROWS, Prefill


@dataclass(frozen=True, slots=True)
class ReopenedCorrection:
    """The page whose form shows most of a correction, the values to fill in, and the changes that the form cannot show.

    The latter remain as they are. Among them are all that are about a later episode, to which their author has yet to
    return: no field could hold it.
    """

    page: CorrectablePage
    prefill: Prefill
    rest: list[Proposed]


def reopen(knowledge: Knowledge, correction: Correction) -> ReopenedCorrection | None:
    """Return what of a correction can be written again, or None if none of its pages is known."""
    proposed = correction.changes.proposed().order_by("position").prefetch_related("subjects")
    done = {Decision.ACCEPTED, Decision.REJECTED} if correction.is_undecided else {Decision.ACCEPTED}
    changes = [change for change in proposed if change.decision not in done]
    page = _best_page(knowledge, changes)
    if page is None:
        return None
    filling = _Filling(page, ChangeWording(knowledge, changes))
    for change in changes:
        filling.take(correction, change)
    is_later = bool(later_episodes(knowledge, {correction: changes}))
    letter = {} if is_later else Letter.of(correction).as_values()
    prefill = Prefill(filling.rows, filling.new, letter, later_changes=filling.later_changes, keeps_letter=is_later)
    return ReopenedCorrection(page, prefill, filling.rest)


@dataclass
class _Filling:
    """Distributes changes over the rows of a form."""

    page: CorrectablePage
    wording: ChangeWording
    rows: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    new: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    rest: list[Proposed] = field(default_factory=list)
    later_changes: int = 0

    def __post_init__(self) -> None:
        self.by_key = {(row.kind.label, row.key): row for row in self.page.rows}

    def take(self, correction: Correction, change: Change) -> None:
        row = self.by_key.get((change.model, change.row))
        if hidden_until(self.wording.knowledge, correction, change, row) is not None:
            self.later_changes += 1
            self.rest.append(_as_sent(change))
        elif change.action == Action.ADD and len(self.new) < MOST_NEW and _can_be_added(self.page, change):
            self.new.append((kind_labelled(change.model).name, self._values_of_new(change)))
        elif row is None or not self._fill_in(row, change):
            self.rest.append(_as_sent(change))

    def _values_of_new(self, change: Change) -> dict[str, Any]:
        values = {
            name: self.wording.form_value(change, name, value) for _, name, value in public_values(change, change.after)
        }
        return values | {"whose": _owner(change)}

    def _fill_in(self, row: CorrectableRow, change: Change) -> bool:
        """Put a change into the fields of its row, and return whether the form has a field for it."""
        if row.ref not in self.rows and len(self.rows) == MOST_ROWS:
            return False
        if change.action == Action.REMOVE:
            self.rows[row.ref]["remove"] = True
            return True
        if change.action == Action.SET and change.path in row.shown:
            self.rows[row.ref][change.path] = self.wording.form_value(change, change.path, change.after)
            return True
        return False


def _can_be_added(page: CorrectablePage, change: Change) -> bool:
    """Return whether the form of a page can add a row of the same kind and owner.

    Its owner may be on another page by now: two subjects may have become one since it was sent, or be two again.
    """
    kind = PUBLIC_KINDS.get(change.model)
    if kind is None or kind.name not in dict(page.additions):
        return False
    return not kind.is_owned or _owner(change) in dict(page.owners)


def _owner(change: Change) -> Json:
    """Return the id of the subject that a new row belongs to, if it belongs to one alone."""
    values = change.after or {}
    return next((values[name] for name in kind_labelled(change.model).owners if values.get(name)), None)


def _as_sent(change: Change) -> Proposed:
    return Proposed(change.action, change.model, change.row, change.path, change.before, change.after)


def _best_page(knowledge: Knowledge, changes: Sequence[Change]) -> CorrectablePage | None:
    """Return the page on which most of the changes can be made."""
    counts: dict[str, int] = defaultdict(int)
    for change in changes:
        for reference in _pages_of(change):
            counts[reference] += 1
    in_order = sorted(counts, key=lambda reference: (-counts[reference], reference))
    pages = (_page_referred_to(knowledge, reference) for reference in in_order)
    return next((page for page in pages if page is not None), None)


def _pages_of(change: Change) -> Iterable[str]:
    """Yield references to the pages on which a change can be made."""
    yield from (each.subject for each in change.subjects.all())
    if change.model == SERIES.label:  # the show itself can be corrected on the page of what is known beforehand
        yield f"{EPISODE.label}:0"
    values = change.after or change.before
    if change.model == REVELATION.label and values:
        for number in episodes_in(change, change.after if change.action == Action.ADD else change.before):
            yield f"{EPISODE.label}:{number}"


def _page_referred_to(knowledge: Knowledge, reference: str) -> CorrectablePage | None:
    label, _, key = reference.partition(":")
    kind = kind_labelled(label)
    if kind is EPISODE:
        return page_of(knowledge, kind.own_page.plural, key)
    return page_of_subject(knowledge, kind, key)
