"""The moderators' side of a correction, apart from deciding it: claims, questions, remarks."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from . import mail
from .apply import Refused, in_measure, say, take
from .models import UNDECIDED, Correction, Event, State

CLAIM_LASTS = timedelta(days=1)


def refuse_strangers(by: User) -> None:
    if not by.is_active or not by.has_perm("corrections.decide"):
        raise Refused("Only moderators work on corrections.")


@transaction.atomic
def claim(correction: Correction, *, by: User, over: bool = False) -> Correction:
    """Tell the others that one is on it. A claim expires by itself, and may be taken over on purpose."""
    refuse_strangers(by)
    free = Correction.objects.filter(pk=correction.pk, state__in=UNDECIDED)
    if not over:
        free = free.free_for(by)
    if not free.update(claimed_by=by, claimed_until=timezone.now() + CLAIM_LASTS):
        now = Correction.objects.select_related("claimed_by").get(pk=correction.pk)
        if not now.is_undecided:
            raise Refused("It is decided already.")
        raise Refused(f"{now.claimed_by} is on it. You can take it over.")
    fresh = Correction.objects.get(pk=correction.pk)
    say(fresh, Event.Kind.CLAIMED, by)
    return fresh


@transaction.atomic
def release(correction: Correction, *, by: User) -> Correction:
    refuse_strangers(by)
    if not Correction.objects.filter(pk=correction.pk, claimed_by=by).update(claimed_by=None, claimed_until=None):
        raise Refused("You have no claim on it.")
    fresh = Correction.objects.get(pk=correction.pk)
    say(fresh, Event.Kind.RELEASED, by)
    return fresh


@transaction.atomic
def ask(correction: Correction, text: str, *, by: User, version: int) -> Correction:
    """Send it back with a question; it stays in its author's hands until they answer."""
    refuse_strangers(by)
    text = in_measure(text, missing="Please write what you want to know.")
    taken = take(correction, version=version)
    before, taken.state = taken.state, State.ASKED
    taken.claimed_by = taken.claimed_until = None
    taken.save()
    say(taken, Event.Kind.ASKED, by, text, before)
    mail.tell_author(taken)
    return taken


@transaction.atomic
def remark(correction: Correction, text: str, *, by: User) -> Event:
    refuse_strangers(by)
    text = in_measure(text, missing="Please write something.")
    return say(Correction.objects.get(pk=correction.pk), Event.Kind.REMARKED, by, text)
