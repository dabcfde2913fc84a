"""Loading a data set is recorded as a correction, from the difference between all rows before and after."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from . import rows
from .models import Change, ChangeSubject, Correction, Edition, Event, State
from .rows import Editable, Values
from .subjects import latest_episode_of
from .thread import add_event

type Snapshot = dict[Editable, dict[str, Values]]
"""The values of all rows, by kind and key."""


@contextmanager
def recorded_as_import(reason: str) -> Iterator[None]:
    """Record what the block writes as one accepted correction. Use it inside the transaction that writes."""
    Edition.begin()
    before = _snapshot()
    yield
    _record(before, _snapshot(), reason)


def _snapshot() -> Snapshot:
    return {kind: rows.all_values(kind) for kind in rows.registered()}


def _record(before: Snapshot, after: Snapshot, reason: str) -> None:
    now = timezone.now()
    correction = Correction(
        kind=Correction.Kind.IMPORT, state=State.ACCEPTED, reason=reason, decided_at=now, by_author=True
    )
    changes = list(_differences(before, after, correction))
    if not changes:
        return
    for position, change in enumerate(changes):
        change.position, change.applied_at = position, now
        change.decision, change.outcome = Change.Decision.ACCEPTED, Change.Outcome.APPLIED
        change.was, change.became = change.before, change.after
    correction.revealed_in = latest_episode_of(changes)
    correction.save()
    Change.objects.bulk_create(changes, batch_size=500)
    subjects = [
        ChangeSubject(change=change, subject=subject)
        for change in changes
        for subject in sorted(_subjects(change, before, after))
    ]
    ChangeSubject.objects.bulk_create(subjects, batch_size=500)
    add_event(correction, Event.Kind.DECIDED, None, reason)


def _differences(before: Snapshot, after: Snapshot, correction: Correction) -> Iterator[Change]:
    for kind in before:
        old, new = before[kind], after[kind]
        for key in old.keys() - new.keys():
            yield Change(correction=correction, action=Change.Action.REMOVE, model=kind.label, row=key, before=old[key])
        for key, values in new.items():
            if key not in old:
                yield Change(correction=correction, action=Change.Action.ADD, model=kind.label, row=key, after=values)
                continue
            for path, value in values.items():
                if old[key][path] != value:
                    yield Change(
                        correction=correction, action=Change.Action.SET, model=kind.label, row=key, path=path,
                        before=old[key][path], after=value,
                    )  # fmt: skip


def _subjects(change: Change, before: Snapshot, after: Snapshot) -> set[str]:
    kind = rows.editable(change.model)
    states = [snapshot[kind].get(change.row) for snapshot in (before, after)]
    return {subject for values in states if values for subject in rows.subjects_of(kind, change.row, values)}
