"""Loading a data set is recorded as a correction, from the difference between the rows before and after."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import batched, chain

from django.utils import timezone

from . import bulk, rows
from .models import Change, ChangeSubject, Correction, Edition, Event, State
from .rows import Editable, Values
from .subjects import latest_of
from .thread import add_event

AT_ONCE = 1_000  # changes that are held in memory

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
    latest: list[int | None] = []
    for number, some in enumerate(batched(chain([first], changes), AT_ONCE)):
        for position, change in enumerate(some, start=number * AT_ONCE):
            change.correction, change.position, change.applied_at = correction, position, now
            change.decision, change.outcome = Change.Decision.ACCEPTED, Change.Outcome.APPLIED
            change.was, change.became = change.before, change.after
        latest.append(latest_of((rows.editable(each.model), each, _states(each, before, after)) for each in some))
        bulk.insert(Change, some)
        subjects = ((change.pk, subject) for change in some for subject in sorted(_subjects(change, before, after)))
        bulk.insert_values(ChangeSubject, ("change_id", "subject"), subjects)
    correction.revealed_in = None if None in latest else max(filter(None, latest), default=0)
    correction.save()
    add_event(correction, Event.Kind.DECIDED, None, reason)
    return correction


def _differences(before: Snapshot, after: Snapshot) -> Iterator[Change]:
    for kind in rows.registered():
        old, new = before.get(kind, {}), after.get(kind, {})
        for key in old.keys() - new.keys():
            yield Change(action=Change.Action.REMOVE, model=kind.label, row=key, before=old[key])
        for key, values in new.items():
            if key not in old:
                yield Change(action=Change.Action.ADD, model=kind.label, row=key, after=values)
                continue
            for path, value in values.items():
                if old[key][path] != value:
                    yield Change(
                        action=Change.Action.SET, model=kind.label, row=key, path=path,
                        before=old[key][path], after=value,
                    )  # fmt: skip


def _states(change: Change, before: Snapshot, after: Snapshot) -> list[Values]:
    """Return the values of a row before and after one change of it."""
    states = _whole_rows(change, before, after)
    if change.action != Change.Action.SET:
        return states
    return [states[-1] | {change.path: value} for value in (change.before, change.after)]


def _whole_rows(change: Change, before: Snapshot, after: Snapshot) -> list[Values]:
    """Return the values of the row of a change before and after the import, where it is there."""
    if change.action != Change.Action.SET:
        return [values for values in (change.before, change.after) if values]
    kind = rows.editable(change.model)
    return [before[kind][change.row], after[kind][change.row]]


def _subjects(change: Change, before: Snapshot, after: Snapshot) -> Iterable[str]:
    kind = rows.editable(change.model)
    states = _whole_rows(change, before, after)
    return {subject for values in states for subject in rows.subjects_of(kind, change.row, values)}
