"""Which pages a change is about, and from which episode on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from episodes.axes import is_on_second_axis, place_of, second_of

from . import rows
from .models import Change, ChangeSubject, Correction
from .rows import EPISODES, PLACES, WHEN, Editable, Values

Action = Change.Action


def record_subjects(changes: Iterable[Change]) -> None:
    """Save which pages some changes are about."""
    changes = list(changes)
    _read_rows_of(changes)
    ChangeSubject.objects.bulk_create(
        [ChangeSubject(change=change, subject=subject) for change in changes for subject in sorted(_subjects(change))],
        ignore_conflicts=True,
    )


def _subjects(change: Change) -> set[str]:
    kind = rows.editable(change.model)
    subjects = {f"{kind.label}:{change.into}"} if change.into else set()
    for values in _values_before_and_after(kind, change):
        subjects |= rows.subjects_of(kind, change.row, values)
    return subjects


def subjects_of_corrections(corrections: Iterable[Correction]) -> dict[UUID, list[str]]:
    """Return the pages that each correction is about, in the order in which it names them.

    What follows from a removal does not count: its author may not know those rows.
    """
    subjects: dict[UUID, list[str]] = {correction.pk: correction.about[:1] for correction in corrections}
    recorded = ChangeSubject.objects.filter(
        change__correction__in=subjects, change__replaced=False, change__follows=False
    ).order_by("id")
    for pk, subject in recorded.values_list("change__correction_id", "subject"):
        if subject not in subjects[pk]:
            subjects[pk].append(subject)
    return subjects


@dataclass(frozen=True, slots=True)
class Touched:
    """Where in the story changes are, as the columns of a correction hold it."""

    revealed_in: int | None  # None if one of them is on no page by itself
    also_in: int | None = None
    besides: int = 0

    def put_on(self, correction: Correction) -> None:
        correction.revealed_in, correction.also_in, correction.besides = self.revealed_in, self.also_in, self.besides


def read_to(progress: int) -> Touched:
    """Return where what somebody says of a page belongs, who may speak of all that they know on both axes."""
    if not (second := second_of(progress)):
        return Touched(int(progress))
    return Touched(place_of(second), place_of(second), int(progress))


def places_touched(changes: Iterable[Change]) -> Touched:
    """Return the latest episode that these changes touch, and by which chapter all of them are known as well."""
    changes = list(changes)
    _read_rows_of(changes)
    kinds = ((rows.editable(change.model), change) for change in changes)
    all_of_them = [(kind, change, _values_before_and_after(kind, change)) for kind, change in kinds]
    if any(_is_new_without_episode(kind, change) for kind, change, _ in all_of_them):
        known = _are_pointed_to(all_of_them)  # a new tag has the episodes of those who bear it
        all_of_them = [
            each
            for each in all_of_them
            if not (_is_new_without_episode(*each[:2]) and f"{each[0].label}:{each[1].row}" in known)
        ]
    latest = latest_of(all_of_them)
    if latest is None:
        return Touched(None)
    places = [place for kind, change, states in all_of_them for place in _second_places(kind, change, states)]
    also = max((second for _, second in places if second is not None), default=0)
    alone = max((first for first, second in places if second is None), default=0)
    return Touched(max(latest, also) if is_on_second_axis(latest) else latest, also, alone) if also else Touched(latest)


def _second_places(kind: Editable, change: Any, states: list[Values]) -> Iterator[tuple[int, int | None]]:
    """Yield of each state of a row its place on either axis; no second one where no chapter tells the change.

    So it is with a row that has none, and with a change of when it is known on the first axis.
    """
    set_here = [value for value in (change.before, change.wanted) if change.path in WHEN and isinstance(value, int)]
    of_second = [place for place in set_here if is_on_second_axis(place)]
    if change.path in EPISODES and len(of_second) < len(set_here):
        yield max(place for place in set_here if not is_on_second_axis(place)), None
    for values in states:
        first = rows.latest_episode(kind, change.row, values, ()) or 0
        second = values.get("also_in")
        if first == 0 or is_on_second_axis(first):
            second = max(first, second or 0)
        if second is not None and change.action == Action.ADD:
            second = max(second, values.get("also_ended_in") or 0)
        yield first, None if second is None else max([second, *of_second])


def _is_new_without_episode(kind: Editable, change: Change) -> bool:
    return change.action == Action.ADD and not kind.page and not kind.is_known_from_an_episode


def latest_of(changes: Iterable[tuple[Editable, Any, list[Values]]]) -> int | None:
    """Return the same of changes, or of what an import has in their place, with the values of their rows."""
    latest = 0
    for kind, change, states in changes:
        changed = [
            value
            for values in (change.before, change.wanted)
            for name, value in ({change.path: values} if change.path else (values or {})).items()
            if name == "revealed_in" or (name == "ended_in" and change.action != Action.REMOVE)
        ]
        episodes = [rows.latest_episode(kind, change.row, values, changed) for values in states]
        if None in episodes:
            return None
        latest = max([latest, *(number for number in episodes if number is not None)])
    return latest


def _are_pointed_to(changes: Iterable[tuple[Editable, Change, list[Values]]]) -> set[str]:
    """Return the references of all rows that the rows of some changes point to."""
    return {
        f"{target._meta.label_lower}:{values[name]}"
        for kind, _, states in changes
        for name in kind.fields
        if (target := kind.field(name).related_model) is not None
        for values in states
        if isinstance(values.get(name), str | int)
    }


def _read_rows_of(changes: Iterable[Change]) -> None:
    """Read the rows of which some changes set a field, once for all of them."""
    setting = [change for change in changes if change.action == Action.SET and change.row_values is None]
    there = rows.read((change.model, change.row) for change in setting)
    for change in setting:
        _, change.row_values = there.get((change.model, change.row), (None, {}))


def _values_before_and_after(kind: Editable, change: Change) -> list[Values]:
    """Return the values of the row before and after the change, as far as they can be known."""
    if change.action != Action.SET:
        return [values for values in (change.before, change.after, change.final) if values]
    current = change.row_values or {}
    states = [current | {change.path: change.before}, current | {change.path: change.wanted}]
    if change.path in PLACES[0] and change.before is None and current:  # its author may not know it
        states.append(current)
    return states
