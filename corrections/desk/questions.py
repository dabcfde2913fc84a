"""What moderators write to the author of a correction, apart from decisions."""

from django.contrib.auth.models import User
from django.db import transaction

from corrections import notifications, versions
from corrections.models import Correction, Event, State
from corrections.thread import add_event, cleaned_message

from .claims import refuse_unless_moderator


@transaction.atomic
def ask(correction: Correction, question: str, *, by: User, version: int) -> Correction:
    """Ask the author a question. The correction leaves the queue until they answer."""
    refuse_unless_moderator(by)
    question = cleaned_message(question, missing="Write your question before you send it.")
    asked = versions.advance(correction, version=version)
    versions.refuse_if_claimed_from(by, asked)
    state_before, asked.state = asked.state, State.ASKED
    asked.claimed_by = asked.claimed_until = None
    asked.save()
    add_event(asked, Event.Kind.ASKED, by, question, state_before)
    notifications.notify_author(asked)
    return asked


@transaction.atomic
def comment(correction: Correction, text: str, *, by: User) -> Event:
    """Add a message to the thread, which the author and other moderators read."""
    refuse_unless_moderator(by)
    text = cleaned_message(text, missing="Write a comment before you send it.")
    return add_event(Correction.objects.get(pk=correction.pk), Event.Kind.REMARKED, by, text)
