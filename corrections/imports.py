"""Loading a data set is recorded as a correction, from the difference between the rows before and after."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import batched, chain
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from . import bulk, rows
from .models import Change, ChangeSubject, Correction, Edition, Event, State
from .rows import Editable, Values
from .subjects import latest_of
from .thread import add_event

AT_ONCE = 1_000  # changes that are held in memory

# Of a change, those that are not the same for all of an import.
COLUMNS = ("id", "action", "model", "row", "path", "before", "after", "was", "became", "position")

type Snapshot = Mapping[Editable, Mapping[str, Values]]
"""The values of rows, by kind and key."""


class ValuesOnDemand[Row](Mapping[str, Values]):
    """The values of rows by key, each read when it is asked for: all at once would be as much again in memory."""

    def __init__(self, rows_by_key: Mapping[str, Row], read: Callable[[Row], Values]) -> None:
        self._rows, self._read = rows_by_key, read

    def __getitem__(self, key: str) -> Values:
        return self._read(self._rows[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def begin_import() -> None:
    """Wait for other publications and keep them waiting. Use it inside the transaction that writes, before reading."""
    Edition.begin()


def rows_written_by_people() -> set[tuple[str, str]]:
    """Return each row that was added or changed by other corrections than imports: the label of its model, its key."""
    changes = Change.objects.applied().exclude(correction__kind=Correction.Kind.IMPORT)
    return set(changes.order_by().values_list("model", "row"))


def record_import(reason: str, before: Snapshot, after: Snapshot) -> Correction | None:
    """Record as one accepted correction what was written. Rows that are the same in both may be left out of both."""
    changes = _differences(before, after)
    first = next(changes, None)
    if first is None:
        return None
    now = timezone.now()
    correction = Correction.objects.create(
        kind=Correction.Kind.IMPORT, state=State.ACCEPTED, reason=reason, decided_at=now, by_author=True
    )
    accepted, applied = Change.Decision.ACCEPTED.value, Change.Outcome.APPLIED.value
    blank = Change(correction=correction, applied_at=now, decision=accepted, outcome=applied)
    columns = (column.attname for column in Change._meta.concrete_fields)
    same = {name: getattr(blank, name) for name in columns if name not in COLUMNS}
    latest: list[int | None] = []
    for number, some in enumerate(batched(chain([first], changes), AT_ONCE)):
        latest.append(latest_of((rows.editable(each.model), each, _states(each, before, after)) for each in some))
        written = (each.in_columns(at) for at, each in enumerate(some, start=number * AT_ONCE))
        bulk.insert_values(Change, COLUMNS, written, same)
        subjects = ((change.pk, subject) for change in some for subject in sorted(_subjects(change, before, after)))
        bulk.insert_values(ChangeSubject, ("change_id", "subject"), subjects)
    correction.revealed_in = None if None in latest else max(filter(None, latest), default=0)
    correction.save()
    add_event(correction, Event.Kind.DECIDED, None, reason)
    return correction


@dataclass(slots=True)
class Difference:
    """What becomes a `Change`, of which an import has too many to make a row of each in memory."""

    action: Change.Action
    model: str
    row: str
    path: str = ""
    before: Any = None
    after: Any = None
    pk: UUID = field(default_factory=uuid4)

    @property
    def wanted(self) -> Any:
        return self.after

    def in_columns(self, position: int) -> tuple[Any, ...]:
        """Return the values of `COLUMNS`."""
        before, after = self.before, self.after
        return self.pk, self.action.value, self.model, self.row, self.path, before, after, before, after, position


def _differences(before: Snapshot, after: Snapshot) -> Iterator[Difference]:
    for kind in rows.registered():
        old, new = before.get(kind, {}), after.get(kind, {})
        for key in old:  # not in a set, which has another order in each process
            if key not in new:
                yield Difference(Change.Action.REMOVE, kind.label, key, before=old[key])
        for key, values in new.items():
            if key not in old:
                yield Difference(Change.Action.ADD, kind.label, key, after=values)
                continue
            for path, value in values.items():
                if old[key][path] != value:
                    yield Difference(Change.Action.SET, kind.label, key, path, old[key][path], value)


def _states(change: Difference, before: Snapshot, after: Snapshot) -> list[Values]:
    """Return the values of a row before and after one change of it."""
    states = _whole_rows(change, before, after)
    if change.action != Change.Action.SET:
        return states
    return [states[-1] | {change.path: value} for value in (change.before, change.after)]


def _whole_rows(change: Difference, before: Snapshot, after: Snapshot) -> list[Values]:
    """Return the values of the row of a change before and after the import, where it is there."""
    if change.action != Change.Action.SET:
        return [values for values in (change.before, change.after) if values]
    kind = rows.editable(change.model)
    return [before[kind][change.row], after[kind][change.row]]


def _subjects(change: Difference, before: Snapshot, after: Snapshot) -> Iterable[str]:
    kind = rows.editable(change.model)
    states = _whole_rows(change, before, after)
    return {subject for values in states for subject in rows.subjects_of(kind, change.row, values)}
