"""Mail about decisions. It does not say what a correction is about, because anybody may read over one's shoulder."""

from django.conf import settings
from django.tasks import task
from django.urls import reverse

from episodes.names import Name
from episodes.requests import absolute_address

from .later import later, send_once
from .models import Correction, State

SUBJECT = f"[{settings.SITE_NAME}] News of your correction"
OUTCOMES = {
    State.ACCEPTED: "It was accepted. Thank you!",
    State.PARTLY: "A part of it was accepted. Thank you!",
    State.REJECTED: "It was not accepted. You can read why, change it, and send it again.",
    State.ASKED: "A moderator has a question about it.",
}


def notify_author(correction: Correction) -> None:
    """Mail the author once the transaction is committed. Who sent it with a receipt has no address to mail to."""
    if correction.author_id is not None and correction.state in OUTCOMES:
        later(mail_author, correction=str(correction.pk), state=correction.state, version=correction.version)


@task
def mail_author(correction: str, state: str, version: int) -> None:
    """Mail the author that a correction came into a state, unless the account is gone."""
    author = Correction.objects.select_related("author").get(pk=correction).author
    if author is None or not author.email:
        return
    address = absolute_address(reverse("correction", args=[correction]))
    name, outcome = Name(author.get_username()), OUTCOMES[State(state)]
    text = f"Hello {name},\n\na moderator has looked at a correction of yours.\n{outcome}\n\n{address}\n"
    send_once(f"correction {correction} {version}", SUBJECT, text, author.email)
