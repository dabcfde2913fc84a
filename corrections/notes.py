"""What becomes of a note: it is closed by a moderator, or by the change that was made for it."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from . import notifications, versions
from .errors import Refused
from .models import Correction, Event, State
from .thread import add_event

REASON_NEEDED = "Closing it without a change needs a reason. Write one below: whoever sent it reads it."


@transaction.atomic
def close(note: Correction, *, by: User, version: int, dealt_with: bool, words: str) -> Correction:
    """Close a note as dealt with, or without a change, which needs a reason."""
    if not by.has_perm("corrections.decide"):
        raise Refused("Only moderators can close a note.")
    if note.author_id == by.pk and not by.is_superuser:
        raise Refused("You cannot close your own note. Another moderator will.")
    if not dealt_with and not words.strip():
        raise Refused(REASON_NEEDED)
    advanced = versions.advance(note, version=version)
    versions.refuse_if_claimed_from(by, advanced)
    state_before = advanced.state
    _decide(advanced, State.ACCEPTED if dealt_with else State.REJECTED, by)
    add_event(advanced, Event.Kind.DECIDED, by, f"\n{words.strip()}", state_before)
    notifications.notify_author(advanced)
    return advanced


def change_was_decided(correction: Correction, *, by: User) -> None:
    """Say in the thread of a note what was published for it, close it as dealt with, and tell whoever sent it."""
    if correction.note_id is None or not correction.changes.current().applied().exists():
        return
    note = Correction.objects.select_for_update().get(pk=correction.note_id)
    if correction.kind == Correction.Kind.HOLD:
        add_event(note, Event.Kind.HELD, by)
        return
    state_before = note.state
    if note.is_undecided:
        note = versions.advance(note, version=note.version)
        _decide(note, State.ACCEPTED, by)
        notifications.notify_author(note)
    add_event(note, Event.Kind.CHANGED, by, state_before=state_before)


def _decide(note: Correction, state: State, by: User) -> None:
    note.state, note.decided_by, note.decided_at = state, by, timezone.now()
    note.by_author = note.author_id == by.pk
    note.claimed_by = note.claimed_until = None
    note.save()


def changes_for(note: Correction) -> list[Correction]:
    """Return the corrections that were made for a note, apart from rows that were held back."""
    return list(note.led_to.exclude(kind=Correction.Kind.HOLD).order_by("created_at", "id"))


def median_of_reports(progress: int | None = None) -> timedelta | None:
    """Return the median time from a report that a page told too much to its decision, of the last ones.

    For a reader only those count that were written at an episode which they know.
    """
    reports = Correction.objects.filter(kind=Correction.Kind.REPORT, state__in=(State.ACCEPTED, State.REJECTED))
    if progress is not None:
        reports = reports.as_of(progress)
    return reports.median_wait()
