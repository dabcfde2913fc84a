"""Claiming a correction, so that no two moderators work on it at once."""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from corrections.errors import Refused
from corrections.models import UNDECIDED, Correction, Event
from corrections.thread import add_event
from episodes.names import Name

CLAIM_LASTS = timedelta(days=1)


def refuse_unless_moderator(user: User) -> None:
    if not user.is_active or not user.has_perm("corrections.decide"):
        raise Refused("Only moderators can work on corrections.")


@transaction.atomic
def claim(correction: Correction, *, by: User, over: bool = False) -> Correction:
    """Claim an undecided correction for a day; `over` takes it from another moderator."""
    refuse_unless_moderator(by)
    free = Correction.objects.filter(pk=correction.pk, state__in=UNDECIDED)
    if not over:
        free = free.free_for(by)
    if not free.update(claimed_by=by, claimed_until=timezone.now() + CLAIM_LASTS):
        now = Correction.objects.select_related("claimed_by").get(pk=correction.pk)
        if not now.is_undecided:
            raise Refused("This correction is decided already.")
        who = Name(now.claimed_by)
        raise Refused(f"{who} has claimed this correction. You can take it over.", who=who)
    claimed = Correction.objects.get(pk=correction.pk)
    add_event(claimed, Event.Kind.CLAIMED, by)
    return claimed


def claim_first(corrections: Iterable[Correction], user: User) -> Correction | None:
    """Return the first correction that is the user's already or can be claimed for them."""
    for correction in corrections:
        if correction.is_claimed:
            return correction
        try:
            return claim(correction, by=user)
        except Refused:  # another moderator claimed it a moment ago
            continue
    return None


@transaction.atomic
def release(correction: Correction, *, by: User) -> Correction:
    """Give up one's claim."""
    refuse_unless_moderator(by)
    if not Correction.objects.filter(pk=correction.pk, claimed_by=by).update(claimed_by=None, claimed_until=None):
        raise Refused("You have not claimed this correction.")
    released = Correction.objects.get(pk=correction.pk)
    add_event(released, Event.Kind.RELEASED, by)
    return released
