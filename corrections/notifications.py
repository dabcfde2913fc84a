"""Mail about decisions. It does not say what a correction is about, because anybody may read over one's shoulder."""

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse

from episodes.names import Name

from .models import Correction, State

SUBJECT = "[rougedb] News of your correction"
OUTCOMES = {
    State.ACCEPTED: "It was accepted. Thank you!",
    State.PARTLY: "A part of it was accepted. Thank you!",
    State.REJECTED: "It was not accepted. You can read why, change it, and send it again.",
    State.ASKED: "A moderator has a question about it.",
}


def notify_author(correction: Correction) -> None:
    """Mail the author once the transaction is committed. Who sent it with a receipt has no address to mail to."""
    author = correction.author
    outcome = OUTCOMES.get(State(correction.state))
    if author is None or not author.email or outcome is None:
        return
    address = f"{settings.SITE_URL}{reverse('correction', args=[correction.pk])}"
    name = Name(author.get_username())
    text = f"Hello {name},\n\na moderator has looked at a correction of yours.\n{outcome}\n\n{address}\n"
    transaction.on_commit(
        lambda: send_mail(SUBJECT, text, None, [author.email]),
        robust=True,
    )
