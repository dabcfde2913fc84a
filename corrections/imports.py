"""Loading a data set is recorded as a correction, from the difference between the rows before and after."""

from collections.abc import Iterable, Iterator
from itertools import batched, chain

from django.utils import timezone

from . import bulk, rows
from .models import Change, ChangeSubject, Correction, Edition, Event, State
from .rows import Editable, Values
from .subjects import latest_of
from .thread import add_event

AT_ONCE = 1_000  # changes that are held in memory

type Snapshot = dict[Editable, dict[str, Values]]
"""The values of rows, by kind and key."""


def begin_import() -> None:
    """Wait for other publications and keep them waiting. Use it inside the transaction that writes, before reading."""
    Edition.begin()


def record_import(reason: str, before: Snapshot, after: Snapshot) -> None:
    """Record as one accepted correction what was written. Rows that are the same in both may be left out of both."""
    changes = _differences(before, after)
    first = next(changes, None)
    if first is None:
        return
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
    kind = rows.editable(change.model)
    states = [values for snapshot in (before, after) if (values := snapshot.get(kind, {}).get(change.row))]
    if change.action != Change.Action.SET:
        return states
    current = states[-1]
    return [current | {change.path: change.before}, current | {change.path: change.after}]


def _subjects(change: Change, before: Snapshot, after: Snapshot) -> Iterable[str]:
    kind = rows.editable(change.model)
    states = [snapshot.get(kind, {}).get(change.row) for snapshot in (before, after)]
    return {subject for values in states if values for subject in rows.subjects_of(kind, change.row, values)}
