"""The small forms on the page of a correction: claim, open on purpose, undo."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from corrections import undoing
from corrections.deciding import may_publish, publish
from corrections.errors import CouldNotApply, HeldBack, Refused, messages_of
from corrections.models import Correction
from corrections.thread import SKIPPED
from episodes.requests import whole_number

from . import claims, typed
from .access import for_moderators, for_viewers, page_address, user_of
from .clearance import clearance_of, open_on_purpose
from .discretion import Discretion


@require_POST
@for_moderators
def claim(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Claim a correction, take it over, or release it."""
    correction = get_object_or_404(Correction, pk=pk)
    typed.keep(request, correction)
    try:
        if request.POST.get("do") == "release":
            claims.release(correction, by=user_of(request))
        else:
            claims.claim(correction, by=user_of(request), over=request.POST.get("do") == "over")
    except Refused as error:
        messages.error(request, Discretion(clearance_of(request)).refusal(correction, error))
    return HttpResponseRedirect(page_address(correction))


@require_POST
@for_moderators
def turn(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go to another part of a large correction or of a long thread, and keep what was typed on this one."""
    correction = get_object_or_404(Correction, pk=pk)
    typed.keep(request, correction)
    if SKIPPED in request.POST:
        part, skipped = (whole_number(request.POST.get(name)) or 0 for name in ("part", SKIPPED))
        return HttpResponseRedirect(f"{page_address(correction)}?part={part}&{SKIPPED}={skipped}#thread")
    number = whole_number(request.POST.get("to")) or 1
    return HttpResponseRedirect(f"{page_address(correction)}?part={number}#change-1")


@require_POST
@for_viewers
def unfold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open a correction of a later episode on purpose."""
    correction = get_object_or_404(Correction, pk=pk)
    typed.keep(request, correction)
    open_on_purpose(request, correction)
    return HttpResponseRedirect(page_address(correction))


@require_POST
@for_viewers
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send an undo, and publish it if the user may. If something is in its way it waits in the queue."""
    correction = get_object_or_404(Correction, pk=pk)
    user = user_of(request)
    seen_at = correction.note if correction.kind == Correction.Kind.HOLD else correction
    if seen_at is not None and clearance_of(request).folds(seen_at):
        return HttpResponseRedirect(page_address(correction))  # nobody undoes what they have not seen
    if seen_at is not None:
        typed.keep(request, seen_at)
    try:
        undone = undoing.undo(correction, by=user, reason=request.POST.get("reason", "").strip()[:2000])
    except (Refused, ValidationError) as error:
        messages.error(request, " ".join(messages_of(error)))
        return HttpResponseRedirect(page_address(correction))
    if clearance_of(request).knows(correction):
        open_on_purpose(request, undone)
    if not may_publish(user):
        messages.success(request, "Your undo was sent. It is published once a moderator accepts it.")
        return HttpResponseRedirect(page_address(undone))
    try:
        publish(undone, by=user)
    except HeldBack:
        messages.warning(
            request, "Nothing was undone, as the rows have changed since. The undo waits here for another moderator."
        )
    except CouldNotApply as failure:
        reason = clearance_of(request).failure_for(undone, f"Nothing was undone: {failure}")
        messages.warning(request, f"{reason} The undo waits here for another moderator.")
    else:
        messages.success(request, "Undone.")
        if correction.note is not None and correction.kind == Correction.Kind.HOLD:
            return HttpResponseRedirect(page_address(correction.note))  # where its button is
    return HttpResponseRedirect(page_address(undone))
