"""What a moderator typed on the page of a correction and has not sent: a draft, as of any other form.

It is kept as they type, and while another button is pressed there. It stays until it is decided, so that it is there
again whenever they come back to the page, and verdicts on one part of a large correction are decided together with
those on another.
"""

import json
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict

from corrections import drafts
from corrections.errors import Refused
from corrections.models import Change, Correction, FormDraft
from corrections.trial import pending_changes
from episodes.horizon import sees_up_to

from .access import page_address, user_of
from .clearance import clearance_of
from .verdict_forms import ACCEPT, REJECT, has_fields, posted_forms

COMMENT, ROWS, TICKS = "comment", "row", "ticks"  # the last says that the form had boxes, if none is ticked
CHANGED_ELSEWHERE = (
    "Nothing was kept as a draft: you have typed something else here in another window. Load this page anew."
)


def answered(request: HttpRequest, correction: Correction) -> HttpResponse | None:
    """Answer the script that keeps what is typed, or throw that away; return None for every other request."""
    if drafts.THROW_AWAY in request.POST:
        forget(request, correction)
        return HttpResponseRedirect(page_address(correction))
    if request.POST.get(drafts.KEEP) != drafts.BY_SCRIPT:
        return None
    try:
        drafts.sender_of(request)
        if drafts.token_of(draft_of(request, correction) or FormDraft()) != request.POST.get(drafts.TOKEN, ""):
            raise Refused(CHANGED_ELSEWHERE)
        keep(request, correction)
    except Refused as refused:
        return JsonResponse({"problem": str(refused)}, status=409)
    draft = draft_of(request, correction)
    return JsonResponse({"token": "", "says": ""} if draft is None else drafts.told_of(draft))


def keep(request: HttpRequest, correction: Correction, *, said: bool = False) -> None:
    """Keep what was posted along with a button, as far as it differs from what the page began with.

    `said` tells that the comment was sent. What is kept of changes that were not posted stays.
    """
    posted, before = request.POST, kept(request, correction) or QueryDict()
    names = {COMMENT} if posted.get(COMMENT, "").strip() and not said else set()
    if TICKS in posted:
        names |= {ROWS, TICKS}
    pending = pending_changes(correction)
    for form in posted_forms(correction, clearance_of(request), pending, posted).values():
        if set(form.changed_data) - {"seen"}:
            names |= {form.add_prefix(name) for name in form.fields}
    values = {name: posted.getlist(name) for name in sorted(names) if name in posted}
    for change in pending:
        if not has_fields(posted, change):
            values |= {name: before.getlist(name) for name in before if name.startswith(f"{change.pk}-")}
    if not values:
        forget(request, correction)
    elif len(json.dumps(values)) > drafts.MOST_BYTES:
        if drafts.KEEP in request.POST:  # somebody is told; a button that was pressed does what it is for
            raise Refused(drafts.TOO_LONG)
    else:
        drafts.keep_values(user_of(request), page_address(correction), values, sees_up_to(request))
        request.without_draft = None  # type: ignore[attr-defined]


def together(request: HttpRequest, correction: Correction) -> QueryDict:
    """Return what was posted, and what is kept of changes that were not on that page."""
    posted = request.POST.copy()
    before = kept(request, correction)
    if before is None:
        request.without_draft = correction.pk  # type: ignore[attr-defined]
        return posted
    for change in pending_changes(correction):
        if not has_fields(posted, change):
            for name in [name for name in before if name.startswith(f"{change.pk}-")]:
                posted.setlist(name, before.getlist(name))
    return posted


def verdicts_beside(posted: QueryDict | None, shown: Iterable[Change]) -> int:
    """Return how many verdicts are given on changes that are not shown."""
    keys = {str(change.pk) for change in shown}
    given = {
        name.removesuffix("-decision"): value for name, value in (posted or {}).items() if name.endswith("-decision")
    }
    return sum(value in (ACCEPT, REJECT) for key, value in given.items() if key not in keys)


def kept(request: HttpRequest, correction: Correction) -> QueryDict | None:
    """Return what is kept of the page of a correction, as a browser would post it."""
    draft = draft_of(request, correction)
    return None if draft is None else drafts.posted_by(draft)


def draft_of(request: HttpRequest, correction: Correction) -> FormDraft | None:
    return drafts.own(request, page_address(correction), sees_up_to(request))


def forget(request: HttpRequest, correction: Correction) -> None:
    """Forget what was kept of a page whose form is sent; a decision has looked already whether there is anything."""
    if getattr(request, "without_draft", None) != correction.pk:
        drafts.forget(request, page_address(correction))


def context_of_draft(request: HttpRequest, correction: Correction) -> dict[str, object]:
    """Return what the page of a correction or a note says of what is kept of it."""
    draft = draft_of(request, correction)
    return {
        "typed_at": drafts.clock(draft.saved_at) if draft else "",
        "typed_token": drafts.token_of(draft) if draft else "",
        "typed_by": user_of(request).get_username(),
    }
