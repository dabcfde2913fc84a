"""The pages where corrections are written. Like all pages they show only what the viewer knows."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from characters.lore.correctable import CorrectablePage, page_of
from corrections import drafts, sending
from corrections.errors import Refused
from corrections.letter import Letter
from corrections.senders import may_upload, sender_of
from corrections.sending import Sender
from corrections.sent_forms import address_again
from corrections.thread import version_for_author
from corrections.views import address_of, own_correction
from episodes.axes import key_of
from episodes.requests import form_of, is_same_origin
from episodes.units import named
from episodes.visits import Visit

from .draft import MORE, Draft, Prefill
from .missing import form_for_missing, is_of_a_missing_character
from .notes import OWN_WORDS, draft_address, is_note, note_form, try_to_note
from .posting import do_with_draft, state_of_draft, try_to_send, with_receipt
from .reopening import reopen

type Send = Callable[[Draft, Sender], str]  # returns the address to go to


@csrf_exempt  # is_same_origin() is the guard, as for progress: the form is the same bytes for all at the same episode
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: Visit, kind: str, key: str) -> HttpResponse:
    """Show the form for suggesting changes to a page and additions, and send what was written."""
    page = page_of(request.lore, kind, key)
    if page is None:
        raise Http404
    return _note(request, page) if is_note(request) else _form(request, page, _send_new)


def _note(request: Visit, page: CorrectablePage) -> HttpResponse:
    """Send a note from the form of a page, or show the form again with what is wrong in it."""
    if not is_same_origin(request):
        return render(request, "corrections/not_from_here.html", status=403)
    answer, not_kept = do_with_draft(request, draft_address(request))
    if answer:
        return answer
    note = note_form(request, page)
    status = 409
    if not not_kept:
        address, status = try_to_note(request, note, page)
        if address:
            drafts.forget(request, draft_address(request))
            return HttpResponseRedirect(address, status=status)
    draft = Draft(request.lore, page, request.GET, may_upload=partial(may_upload, sender_of(request)))
    context = _context(request, draft, page, not_kept) | {
        "note": note,
        "note_draft": state_of_draft(request, draft_address(request)),
    }
    return render(request, "corrections/form.html", context, status=status)


def _context(
    request: Visit, draft: Draft, page: CorrectablePage, not_kept: str, *, exactly: bool = False
) -> dict[str, Any]:
    return {
        "draft": draft,
        "page": page,
        "earlier": None,
        "most_text": sending.MOST_TEXT,
        "not_kept": not_kept,
        "unsent": state_of_draft(request, request.path, exactly=exactly),
    }


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def write_again(request: Visit, pk: UUID | None = None, receipt: str = "") -> HttpResponse:
    """Show a correction that was sent as a form again: to change it while it is undecided, else to send it anew."""
    earlier, sender = own_correction(request, pk, receipt)
    if not earlier.is_suggestion:  # an editor's may hold what this form has no field for
        return HttpResponseRedirect(address_again(earlier) or address_of(earlier, receipt))
    if is_of_a_missing_character(earlier):
        if earlier.is_undecided and earlier.is_claimed:
            return HttpResponseRedirect(address_of(earlier, receipt))  # that page says why it cannot be changed now
        return form_for_missing(request, earlier, sender)
    reopened = reopen(request.lore, earlier)
    if reopened is None:
        raise Http404
    prefill, is_claimed = reopened.prefill, earlier.is_undecided and earlier.is_claimed
    if request.method != "POST" and (is_claimed or not (prefill.rows or prefill.new)):
        return HttpResponseRedirect(address_of(earlier, receipt))  # that page says why it cannot be changed now

    def send(draft: Draft, by: Sender) -> str:
        _refuse_at_another_episode(request)
        proposed = [*reopened.rest, *draft.proposed()]
        letter = draft.letter.letter_below(earlier) if prefill.keeps_letter else draft.letter.letter()
        version = form_of(request).get("version", "")
        if earlier.is_undecided:
            sending.amend(earlier, proposed, sender=sender, letter=letter, version=version)
            return address_of(earlier, receipt)
        sending.refuse_if_decided_since(earlier, version)
        return _send(proposed, letter, by, revises=earlier)

    return _form(request, reopened.page, send, prefill=prefill, earlier=earlier)


def _refuse_at_another_episode(request: Visit) -> None:
    if form_of(request).get("at", "") != key_of(request.lore.progress):
        raise Refused(
            f"You are at {named(request.lore.progress)} now, but were at another one when you opened this. "
            "Go back there to send it, or open your correction again."
        )


def _form(
    request: Visit,
    page: CorrectablePage,
    send: Send,
    *,
    prefill: Prefill | None = None,
    earlier: Any = None,
) -> HttpResponse:
    is_posted = request.method == "POST"
    if is_posted and not is_same_origin(request):
        return render(request, "corrections/not_from_here.html", status=403)
    progress, exactly = request.lore.progress, earlier is not None  # the rest of an earlier one depends on the episode
    answer, not_kept = do_with_draft(request, request.path, exactly=exactly)
    if answer:
        return answer
    opened = None
    if OWN_WORDS not in request.GET:
        opened = drafts.opened_draft(request, request.path, progress, exactly=exactly)
    data = _unfinished(request, opened) if opened or not_kept else form_of(request) if is_posted else request.GET
    is_filled_in = is_posted or opened is not None
    draft = Draft(
        request.lore, page, data, may_upload=partial(may_upload, sender_of(request)), files=request.FILES,
        is_posted=is_filled_in, prefill=prefill.without_rows if prefill and is_filled_in else prefill,
    )  # fmt: skip
    status = 409 if not_kept else 200
    if draft.is_sent and draft.chosen:  # by a button at an error, to be looked at before it is sent
        status = 200 if draft.is_valid else 422
    elif draft.is_sent:
        address, status = try_to_send(
            request, draft.letter, draft.data, partial(send, draft), is_valid=draft.is_by_program or draft.is_valid,
            status_if_refused=409 if earlier else 429,
        )  # fmt: skip
        if address:
            drafts.forget(request, request.path)
            return HttpResponseRedirect(address, status=status)
    elif is_filled_in:
        draft.show_only_upload_errors()
    context = _context(request, draft, page, not_kept, exactly=exactly) | {"earlier": earlier}
    if not draft.is_chosen:
        context |= {"note": note_form(request, page), "note_draft": state_of_draft(request, draft_address(request))}
    if earlier:
        # A form that is shown again still belongs to the version and the episode at which it was opened.
        context["version"] = data.get("version", "") if is_filled_in and status != 409 else version_for_author(earlier)
        context["at"] = data.get("at", "") if is_filled_in else key_of(request.lore.progress)
    return render(request, "corrections/form.html", context, status=status)


def _unfinished(request: Visit, opened: Any) -> QueryDict:
    """Return a form that somebody has not asked to send: their draft, or what could not be kept as one."""
    data = drafts.posted_by(opened) if opened else form_of(request).copy()
    data[MORE] = ""
    return data


def _send_new(draft: Draft, sender: Sender) -> str:
    return _send(draft.proposed(), draft.letter.letter(), sender)


def _send(proposed: list[sending.Proposed], letter: Letter, sender: Sender, **more: Any) -> str:
    """Send a correction, and return its address; without an account that is a receipt, which nobody else has."""
    sender = with_receipt(sender)
    correction = sending.send(proposed, sender=sender, letter=letter, **more)
    return address_of(correction, sender.receipt)
