"""Of several people who act on the same version of a correction, only the first succeeds."""

from django.contrib.auth.models import User
from django.db.models import F

from episodes.names import Name

from .errors import AlreadyDecided, Refused
from .models import UNDECIDED, Correction, State


def advance(correction: Correction, *, version: int) -> Correction:
    """Increment the version of an undecided correction and return it, or raise AlreadyDecided if it has moved on."""
    current = Correction.objects.filter(pk=correction.pk, version=version, state__in=UNDECIDED)
    if not current.update(version=F("version") + 1):
        raise too_late(correction)
    return Correction.objects.get(pk=correction.pk)


def refuse_if_claimed_from(user: User, correction: Correction) -> None:
    """Raise Refused if another moderator has claimed a correction; called once its row is locked by `advance()`."""
    if correction.is_claimed_from(user):
        who = Name(correction.claimed_by.get_username())  # type: ignore[union-attr]
        raise Refused(f"Nothing was done: {who} has claimed this correction. Take it over first.", who=who)


def too_late(correction: Correction) -> AlreadyDecided:
    """Return why an action on a correction came too late."""
    now = Correction.objects.select_related("decided_by").filter(pk=correction.pk).first()
    if now is None:
        return AlreadyDecided("This correction was deleted.")
    if now.is_undecided:
        return AlreadyDecided(
            "Nothing was saved: somebody changed this correction after you opened it. This is how it is now."
        )
    who = Name(now.decided_by.get_username()) if now.decided_by else _who_is_gone(now)
    when = f" at {now.decided_at:%H:%M on %d %B}" if now.decided_at else ""
    done = now.get_state_display().lower()
    return AlreadyDecided(
        f"{who} has already {done} this correction{when}. Your action was not carried out.",
        who=who if now.decided_by else "",
    )


def _who_is_gone(correction: Correction) -> str:
    return "Its author" if correction.state == State.WITHDRAWN else "A former moderator"
