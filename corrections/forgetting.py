"""Forgets who sent what, once nobody needs to know it any more."""

from datetime import timedelta

from django.utils import timezone

from .models import UNDECIDED, Block, Correction

AFTER = timedelta(days=183)  # from the decision: time enough to see that somebody sends rubbish, and to block them


def forget_senders() -> int:
    """Delete the hashes of addresses that corrections came from, half a year after they were decided or withdrawn.

    Those of a block that is in force stay: a moderator sees at the block what came from there. Returns how many went.
    """
    old = Correction.objects.exclude(sender="").exclude(state__in=UNDECIDED)
    old = old.filter(created_at__lt=timezone.now() - AFTER).exclude(decided_at__gte=timezone.now() - AFTER)
    return old.exclude(sender__in=Block.objects.in_force().values("sender")).update(sender="")
