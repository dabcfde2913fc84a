"""Sending what was posted, and what its sender sees if it cannot be sent."""

import secrets
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.urls import reverse

from corrections import drafts, sending
from corrections.errors import Blocked, Refused
from corrections.senders import sender_of
from corrections.sending import Sender
from episodes.visits import Visit


def do_with_draft(request: Visit, address: str, *, exactly: bool = False) -> tuple[HttpResponse | None, str]:
    """Do what is asked with the draft of a form. Return the answer, if that is all, and why it was not kept, if so."""
    try:
        return drafts.answered(request, address, request.lore.progress, exactly=exactly, tells_others=False), ""
    except Refused as refused:
        return None, str(refused)


def state_of_draft(request: Visit, address: str, *, exactly: bool = False) -> drafts.FormState | None:
    """Return what a form says of its draft."""
    return drafts.state_of(request, address, request.lore.progress, exactly=exactly, tells_others=False)


def try_to_send(
    request: Visit, form: Any, data: QueryDict, send: Callable[[Sender], str], *, is_valid: bool, status_if_refused: int
) -> tuple[str, int]:
    """Send a form, and return the address to go to and the status; without an address `form` says what is wrong."""
    sender = sender_of(request)
    if form.data.get("nothing_here"):
        return _address_for_programs(sender), 303
    try:
        if is_valid:
            _refuse_if_signed_out(data, sender)
            return send(sender), 303
    except Blocked as blocked:
        form.add_error(None, str(blocked))
        return "", 403
    except Refused as refused:
        form.add_error(None, str(refused))
        return "", status_if_refused
    except ValidationError as error:
        form.add_error(None, error.messages)
    return "", 422


def with_receipt(sender: Sender) -> Sender:
    """Return a sender who gets a receipt of their own, unless they have an account."""
    return Sender(sender.user, sender.address, "" if sender.user else sending.new_receipt())


def _refuse_if_signed_out(data: QueryDict, sender: Sender) -> None:
    """Refuse a form that was opened by a signed-in user whose session is over: they could not find it again."""
    name = data.get("as", "")
    if name and (sender.user is None or sender.user.get_username() != name):
        raise ValidationError(
            f"You opened this as {name}, and are not signed in as {name} any more. Sign in again in another window and "
            "send this once more; or send it as it says below."
        )


def _address_for_programs(sender: Sender) -> str:
    """Return an address that looks as if the form had been sent."""
    return reverse("corrections") if sender.user else reverse("receipt", args=[secrets.token_urlsafe(18)])
