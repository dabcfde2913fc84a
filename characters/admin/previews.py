"""Changes that are looked at before they are sent: one field of many rows, a merge, another key.

A page asks what is wanted and shows what that does; it is sent once the editor agrees. What waits or was rejected opens
there again.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from corrections.deciding import may_publish
from corrections.editing import REASON, Base, SaveRefused, focus_on_first_error, posted_base, send_through_door
from corrections.models import Correction
from corrections.sealing import seal
from corrections.sending import Proposed
from corrections.sent_forms import (
    EARLIER,
    fields_again,
    form_to_open,
    is_opened_again,
    post_again,
    waiting_at,
)

MOST_LINES = 300  # of what is shown of each kind
DO, SEND = "do", "send"  # any other value of the first: look at it first


class PreviewedChange:
    """One request of such a page. A kind of page says what it asks for, shows and sends."""

    template = ""

    def __init__(self, request: HttpRequest, address: str) -> None:
        self.request, self.address = request, address
        if form := form_to_open(request, address):
            post_again(request, form)
        self.base = posted_base(request) or {}  # the values that were shown
        self.problems: list[str | SafeString] = []
        self.is_refused = False

    # What a kind of page says

    def is_ready(self) -> bool:
        """Return whether enough is given, and nothing wrong in it, to show what it does."""
        raise NotImplementedError

    def send(self) -> str:
        """Send what was looked at, and return the address that follows; raise SaveRefused if it cannot be sent."""
        raise NotImplementedError

    def shown(self, *, is_ready: bool) -> dict[str, Any]:
        """Return what the page shows besides what all of them do."""
        raise NotImplementedError

    def values_shown(self) -> Base:
        """Return the values of the rows as they are; what others change after that is told before anything is sent."""
        return {}

    # What all of them do

    def answer(self) -> HttpResponse:
        request, is_ready = self.request, self.is_ready()
        if is_ready and request.POST.get(DO) == SEND and not is_opened_again(request):
            try:
                leads_to = self.send()
            except SaveRefused as refused:
                self._note(refused)
            else:
                messages.add_message(request, *request.write_door_message)  # type: ignore[attr-defined]
                return HttpResponseRedirect(leads_to)
        return self._page(is_ready=is_ready)

    def send_changes(self, proposed: list[Proposed], *, what: str, check: Any = None) -> Correction | None:
        reason = self.request.POST.get(REASON, "").strip()
        return send_through_door(
            self.request, proposed, reason=reason, what=what, form_address=self.address, check=check
        )

    def _note(self, refused: SaveRefused) -> None:
        self.is_refused = True
        self.problems += refused.problems
        for change in refused.newer:  # whoever sends it again has seen these
            self.base.setdefault(f"{change.model}:{change.row}", {})[change.path] = change.was

    def _page(self, *, is_ready: bool) -> HttpResponse:
        request = self.request
        shown = self.shown(is_ready=is_ready)
        if not self.problems:
            focus_on_first_error(shown[name] for name in ("form", "value") if shown.get(name) is not None)
        context = admin.site.each_context(request) | {
            "address": self.address if is_opened_again(request) else request.get_full_path(),
            "is_ready": is_ready,
            "problems": self.problems,
            "reason": request.POST.get(REASON, ""),
            "base": seal(self.base or self.values_shown()),
            "publishes": may_publish(request.user),
            "fields_again": fields_again(request, refused=self.is_refused),
            "is_opened_again": is_opened_again(request),
            "own_waiting": [] if EARLIER in request.POST else waiting_at(request, self.address),
            "media": forms.Media(),
        }
        return TemplateResponse(request, self.template, context | shown)
