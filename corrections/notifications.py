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
OUTCOMES_OF_NOTES = OUTCOMES | {
    State.ACCEPTED: "It was dealt with. Thank you!",
    State.REJECTED: "It was closed without a change. You can read why.",
}


def notify_author(correction: Correction) -> None:
    """Mail the author once the transaction is committed. Who sent it with a receipt has no address to mail to."""
    if correction.author_id is not None and correction.state in OUTCOMES:
        later(mail_author, correction=str(correction.pk), state=correction.state, version=correction.version)


@task
def mail_author(correction: str, state: str, version: int) -> None:
    """Mail the author that a correction came into a state, unless the account is gone."""
    sent = Correction.objects.select_related("author").get(pk=correction)
    author = sent.author
    if author is None or not author.email:
        return
    address = absolute_address(reverse("correction", args=[correction]))
    what, outcomes = ("note", OUTCOMES_OF_NOTES) if sent.is_note else ("correction", OUTCOMES)
    name, outcome = Name(author.get_username()), outcomes[State(state)]
    text = f"Hello {name},\n\na moderator has looked at a {what} of yours.\n{outcome}\n\n{address}\n"
    send_once(f"correction {correction} {version}", SUBJECT, text, author.email)
