"""Loading a data set is a correction too: what differs between before and after is written down."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from . import rows
from .apply import say, touched_by
from .models import Change, ChangeSubject, Correction, Edition, Event, State
from .rows import Editable, Values

type Everything = dict[Editable, dict[str, Values]]


@contextmanager
def recorded_as_import(reason: str) -> Iterator[None]:
    """To be used inside the transaction that writes."""
    Edition.begin()
    before = _everything()
    yield
    _record(before, _everything(), reason)


def _everything() -> Everything:
    return {kind: rows.all_values(kind) for kind in rows.registered()}


def _record(before: Everything, after: Everything, reason: str) -> None:
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
    correction.revealed_in = touched_by(changes)
    correction.save()
    Change.objects.bulk_create(changes, batch_size=500)
    subjects = [
        ChangeSubject(change=change, subject=subject)
        for change in changes
        for subject in sorted(_subjects(change, before, after))
    ]
    ChangeSubject.objects.bulk_create(subjects, batch_size=500)
    say(correction, Event.Kind.DECIDED, None, reason)


def _differences(before: Everything, after: Everything, correction: Correction) -> Iterator[Change]:
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


def _subjects(change: Change, before: Everything, after: Everything) -> set[str]:
    kind = rows.editable(change.model)
    states = [state[kind].get(change.row) for state in (before, after)]
    return {subject for values in states if values for subject in rows.subjects_of(kind, change.row, values)}
