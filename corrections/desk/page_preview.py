"""The public page as it would be with a correction, and its pictures, which nobody else sees yet."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_safe

from corrections import rows
from corrections.deciding import Verdict
from corrections.errors import CouldNotApply, Refused
from corrections.models import Change, Correction
from corrections.trial import Trial, as_if_applied, is_too_large, pending_changes
from corrections.wording import RowNames
from episodes.axes import Progress, second_of_place
from episodes.progress import is_further
from episodes.requests import whole_number
from episodes.units import worded

from . import typed
from .access import TEMPLATES, for_viewers
from .clearance import REASON_HIDDEN, Clearance, clearance_of
from .next_in_queue import latest_mentioned_in
from .verdict_forms import ACCEPT, REJECT, has_fields, posted_forms

MOST_EPISODES = 40  # that are offered of one page
MOST_LINKS = 200  # to all episodes of pages
CHAPTER = "chapter"  # the parameter for how far the reader of a preview is on the second axis

POLICY: dict[str, Any] = settings.SECURE_CSP


@csp_override(POLICY | {"script-src": [CSP.NONE], "form-action": [CSP.NONE], "frame-ancestors": [CSP.SELF]})
@xframe_options_sameorigin
@require_http_methods(["GET", "HEAD", "POST"])
@for_viewers
def preview(request: HttpRequest, pk: UUID, episode: int) -> HttpResponse:
    """Show a page at an episode as if the correction was accepted; when posted, as the moderator has edited it."""
    if request.method == "POST" and not request.user.has_perm("corrections.decide"):
        raise PermissionDenied
    correction = get_object_or_404(Correction, pk=pk)
    clearance = clearance_of(request)
    at = Progress(episode, whole_number(request.GET.get(CHAPTER), digits=4) or 0)
    if is_further(at, clearance.latest_preview(correction)):
        raise Http404
    if request.GET.get("open") != "1" and _is_too_late(correction, clearance, at):
        query = request.GET.copy()
        query["open"] = "1"
        return render(request, f"{TEMPLATES}/ask_first.html", {"episode": at, "query": query.urlencode()})
    subjects = _previewable(list(correction.changes.current().prefetch_related("subjects")))
    subject = request.GET.get("page") or next(iter(subjects), "")
    try:
        if is_too_large(pending_changes(correction)):
            raise Refused("It is too large to be tried before it is decided.")
        verdicts = _posted_verdicts(request, correction, clearance) if request.method == "POST" else None
        with as_if_applied(correction, verdicts) as applied:
            page = _page_at(request, subject, at)
            missing = sum(change.outcome == Change.Outcome.CONFLICT for change in applied)
    except CouldNotApply as failure:
        reasons = [message for of_change in failure.messages.values() for message in of_change]
        reasons = reasons if clearance.reads_all_of(correction) else [REASON_HIDDEN]
    except Refused as refused:
        reasons = [str(refused)]
    else:
        if page is not None:
            return _as_preview(page, correction, at, missing)
        reasons = [worded("The page does not exist yet at this {one}.")]
    return render(request, f"{TEMPLATES}/cannot_be_shown.html", {"episode": at, "reasons": reasons})


def _is_too_late(correction: Correction, clearance: Clearance, at: Progress) -> bool:
    """Return whether a preview shows more than the moderator knows, also by what the texts of a correction mention."""
    if clearance.folds(correction) or is_further(at, clearance.reading_episode(correction)):
        return True
    return clearance.folds(correction, latest_mentioned_in(correction, clearance))


def _posted_verdicts(request: HttpRequest, correction: Correction, clearance: Clearance) -> dict[UUID, Verdict]:
    """Return the verdicts in a form that is not finished: what is not rejected counts as accepted."""
    posted = typed.together(request, correction)
    pending = pending_changes(correction)
    for change in pending:
        if has_fields(posted, change) and posted.get(f"{change.pk}-decision") != REJECT:
            posted[f"{change.pk}-decision"] = ACCEPT
    verdicts = {}
    for pk, form in posted_forms(correction, clearance, pending, posted).items():
        is_valid, verdict = form.is_valid(), form.verdict()
        if verdict is not None:
            verdicts[pk] = verdict
            if verdict.accept and not is_valid:
                raise Refused(" ".join(f"{form[name].label}: {errors[0]}" for name, errors in form.errors.items()))
    return verdicts


def _page_at(request: HttpRequest, subject: str, at: int) -> HttpResponse | None:
    """Return the public page of a subject at an episode, or None if there is none."""
    row = rows.row_by_reference(subject)
    page = rows.editable(subject.partition(":")[0]).page if row is not None else None
    if row is None or page is None or page.preview is None:
        return None
    try:
        return page.preview(request, row, at)
    except Http404:
        return None


def _as_preview(page: HttpResponse, correction: Correction, episode: int, missing: int) -> HttpResponse:
    """Add a banner, let links open outside the frame, remove scripts, and show new pictures from the archive."""
    content = re.sub(r"<script\b[^>]*></script>", "", page.content.decode())
    for change in pending_changes(correction):
        if kept := _pictures(change).get("after"):
            [field] = rows.editable(change.model).files
            name = rows.editable(change.model).published(field, kept)
            public = re.escape(default_storage.url(name).rpartition(".")[0]) + r"(-\d+)?\.\w+"
            private = reverse("admin:corrections_correction_picture", args=[correction.pk, change.pk, "after"])
            content = re.sub(public, private, content)
    banner = render_to_string(f"{TEMPLATES}/banner.html", {"episode": episode, "missing": missing})
    head, _, body = banner.partition("<!-- body -->")
    content = content.replace("<head>", f"<head>{head}", 1)
    content = re.sub(r"<body[^>]*>", lambda tag: tag[0] + body, content, count=1)
    return HttpResponse(content, headers={"Cache-Control": "private, no-store"})


@require_safe
@for_viewers
def picture(request: HttpRequest, pk: UUID, change: UUID, which: str) -> HttpResponse:
    """Return the picture "before" or "after" a change."""
    of_change = get_object_or_404(Change, pk=change, correction=pk)
    open_file = rows.editable(of_change.model).open_file
    name = _pictures(of_change).get(which)
    file = open_file(name) if open_file is not None and name else None
    if file is None:
        raise Http404
    with file:
        content = file.read()
    return HttpResponse(content, content_type="image/webp", headers={"Cache-Control": "private, no-store"})


def _pictures(change: Change) -> dict[str, str]:
    """Return the names of the files before and after a change."""
    names = {}
    for which, values in (("before", change.before), ("after", change.wanted)):
        for field in rows.editable(change.model).files:
            value = values if change.path == field else (values or {}).get(field) if not change.path else None
            if isinstance(value, str) and value:
                names[which] = value
    return names


@dataclass(frozen=True, slots=True)
class PreviewedPage:
    subject: str
    name: str
    episodes: Sequence[int]  # at which it can be previewed by one click
    chapters: Sequence[int]  # and on the second axis


def pages_to_preview(
    changes: list[Change], names: RowNames, trial: Trial, *, differs_from: int, latest: Progress
) -> list[PreviewedPage]:
    """Return the pages that can be previewed, those with the most changes first; each of many at one place alone."""
    subjects = _previewable(changes)
    page_names = trial.names | names.of_pages(subjects)
    chapter = second_of_place(differs_from)
    episodes = _nearby(range(latest + 1), 0 if chapter else differs_from)
    chapters = _nearby(range(1, latest.second + 1), chapter)
    in_full = MOST_LINKS // (len(episodes) + len(chapters))
    return [
        PreviewedPage(subject, page_names.get(subject, "a page that does not exist"), episodes, chapters)
        if number < in_full
        else PreviewedPage(
            subject,
            page_names.get(subject, "a page that does not exist"),
            [] if chapter else [differs_from],
            [chapter] if chapter else [],
        )
        for number, subject in enumerate(subjects)
    ]


def _nearby(numbers: range, around: int) -> range:
    """Return some of many numbers, from a little before one of them on."""
    if len(numbers) <= MOST_EPISODES:
        return numbers
    first = max(0, around - numbers.start - MOST_EPISODES // 4)
    return numbers[first : first + MOST_EPISODES]


def _previewable(changes: list[Change]) -> list[str]:
    counts: Counter[str] = Counter()
    for change in changes:
        for each in change.subjects.all():
            page = rows.editable(each.subject.partition(":")[0]).page
            if page is not None and page.preview is not None:
                counts[each.subject] += 1
    return [subject for subject, _ in counts.most_common()]
