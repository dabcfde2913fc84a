"""Where corrections are written. Like all pages they show what the viewer knows, and read it through `contributing`."""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from characters.lore.parts import CorrectablePage, page_of
from corrections import sending
from corrections.errors import Refused
from corrections.letter import Letter
from corrections.senders import may_upload, sender_of
from corrections.sending import Sender
from corrections.views import address_of, own_correction
from episodes.requests import form_of, is_same_origin, whole_number
from episodes.visits import Visit

from . import again
from .draft import Draft, Written

type Send = Callable[[Draft, Sender], str]  # returns where to go from there


@csrf_exempt  # is_same_origin() is the guard, as for progress: the form is the same bytes for all at the same episode
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: Visit, kind: str, key: str) -> HttpResponse:
    """“Something is wrong or missing here”: a form that starts from what is there."""
    page = page_of(request.lore, kind, key)
    if page is None:
        raise Http404
    return _form(request, page, _send_new)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def write_again(request: Visit, pk: UUID | None = None, receipt: str = "") -> HttpResponse:
    """What was sent, to be changed while nobody has decided it; or after a rejection, to be sent anew."""
    earlier, sender = own_correction(request, pk, receipt)
    found = again.page_to_write_again(request.lore, earlier)
    if found is None:
        raise Http404
    page, written, rest = found
    if not earlier.is_suggestion:  # an editor's may hold what this form has no field for
        return HttpResponseRedirect(address_of(earlier, receipt))
    claimed = earlier.is_undecided and earlier.is_claimed
    if request.method != "POST" and (claimed or not (written.parts or written.new)):
        return HttpResponseRedirect(address_of(earlier, receipt))  # it says there why it cannot be changed now

    def send(draft: Draft, by: Sender) -> str:
        if _number(request, "at") != request.lore.progress:
            raise Refused(
                f"You are at episode {request.lore.progress} now, and were at another one when you opened this. "
                "Go back there to send it, or open your correction anew."
            )
        proposed = [*rest, *draft.proposed()]
        letter = draft.letter.letter_below(earlier) if written.keeps_letter else draft.letter.letter()
        version = _number(request, "version")
        if earlier.is_undecided:
            sending.amend(earlier, proposed, sender=sender, letter=letter, version=version)
            return address_of(earlier, receipt)
        sending.refuse_if_decided_since(earlier, version)
        return _send(proposed, letter, by, revises=earlier)

    return _form(request, page, send, written=written, earlier=earlier)


def _form(
    request: Visit, page: CorrectablePage, send: Send, *, written: Written | None = None, earlier: Any = None
) -> HttpResponse:
    posted = request.method == "POST"
    if posted and not is_same_origin(request):
        return render(request, "corrections/not_from_here.html", status=403)
    asked = form_of(request) if posted else request.GET
    if posted and written:
        written = written.without_rows
    draft = Draft(
        request.lore, page, asked, may_upload=lambda: may_upload(sender_of(request)),
        files=request.FILES, posted=posted, written=written,
    )  # fmt: skip
    status = 200
    if draft.is_sent:
        sender = sender_of(request)
        if draft.is_by_a_machine:
            return HttpResponseRedirect(_nowhere(sender), status=303)
        status = 422
        try:
            if draft.is_valid and not draft.gone:
                _refuse_if_signed_out(asked, sender)
                return HttpResponseRedirect(send(draft, sender), status=303)
        except Refused as refused:
            status = 409 if earlier else 429
            draft.letter.add_error(None, str(refused))
        except ValidationError as error:
            draft.letter.add_error(None, error.messages)
    elif posted:
        draft.find_no_fault_yet()
    context = {"draft": draft, "page": page, "earlier": earlier}
    if earlier:
        # A form that needs another look is still the one that was opened then.
        context["version"] = asked.get("version", "") if posted and status != 409 else earlier.version
        context["at"] = asked.get("at", "") if posted else request.lore.progress
    return render(request, "corrections/form.html", context, status=status)


def _refuse_if_signed_out(asked: QueryDict, sender: Sender) -> None:
    """Who signed in to send something finds it among their own, unless they choose otherwise."""
    name = asked.get("as", "")
    if name and (sender.user is None or sender.user.get_username() != name):
        raise ValidationError(
            f"You opened this as {name}, and are not signed in as {name} any more. Sign in again in another window and "
            "send this once more; or send it as it says below."
        )


def _send_new(draft: Draft, sender: Sender) -> str:
    return _send(draft.proposed(), draft.letter.letter(), sender)


def _send(proposed: list[sending.Proposed], letter: Letter, sender: Sender, **more: Any) -> str:
    """Without an account there is a receipt, which nobody but its holder has."""
    receipt = "" if sender.user else sending.new_receipt()
    sender = Sender(sender.user, sender.address, receipt)
    correction = sending.send(proposed, sender=sender, letter=letter, **more)
    return address_of(correction, receipt)


def _number(request: Visit, name: str) -> int:
    told = whole_number(form_of(request).get(name), digits=8)
    return -1 if told is None else told


def _nowhere(sender: Sender) -> str:
    """What a machine takes for success."""
    return reverse("corrections") if sender.user else reverse("receipt", args=[secrets.token_urlsafe(18)])
