"""Forgets who sent what, once nobody needs to know it any more."""

from datetime import timedelta

from django.utils import timezone

from .models import UNDECIDED, Block, Correction, FormDraft, SentMail

AFTER = timedelta(days=183)  # from the decision: time enough to see that somebody sends rubbish, and to block them

DRAFTS_AFTER = timedelta(days=60)  # from when they were last written

OPEN_FORMS_AFTER = timedelta(hours=1)  # nobody is said to have a form open for so long

MAILS_AFTER = timedelta(days=30)  # no task is tried again for so long


def forget_senders() -> int:
    """Delete the hashes of addresses that corrections came from, half a year after they were decided or withdrawn.

    Those of a block that is in force stay: a moderator sees at the block what came from there. Returns how many went.
    """
    old = Correction.objects.exclude(sender="").exclude(state__in=UNDECIDED)
    old = old.filter(created_at__lt=timezone.now() - AFTER).exclude(decided_at__gte=timezone.now() - AFTER)
    return old.exclude(sender__in=Block.objects.in_force().values("sender")).update(sender="")


def forget_sent_mails() -> int:
    """Delete the notes of mails that no task can send again, and return how many there were."""
    return SentMail.objects.filter(at__lt=timezone.now() - MAILS_AFTER).delete()[0]


def forget_drafts() -> int:
    """Delete drafts that nobody went on with, and notes of forms that were open; return how many drafts went."""
    now = timezone.now()
    FormDraft.objects.filter(saved_at=None, seen_at__lte=now - OPEN_FORMS_AFTER).delete()
    return FormDraft.objects.filter(saved_at__lte=now - DRAFTS_AFTER).delete()[0]
