"""Deciding many corrections from the queue, in steps that can be stopped, with a note of what was done that is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from corrections import notes, rows
from corrections.deciding import Verdict, decide
from corrections.errors import Refused
from corrections.models import BulkDecision, BulkItem, Change, Correction
from corrections.sending import MADE_UP
from corrections.trial import Trial, pending_changes, try_out
from episodes.units import worded

from . import queue
from .access import TEMPLATES, for_moderators, user_of
from .clearance import Clearance, clearance_of
from .discretion import Discretion

Outcome = BulkItem.Outcome

STEP_LASTS = 2  # seconds, after which no other correction is begun
MOST_IN_A_STEP = 50  # corrections
MOST_LISTED = 200  # corrections that were left
NOTE_IS_SHOWN = timedelta(days=7)  # above the queue
INTERRUPTED = "The server was interrupted while it was being decided. Open it to see what became of it."


@dataclass(frozen=True, slots=True)
class Tally:
    total: int
    waiting: int
    done: int
    left: int

    @property
    def gone_through(self) -> int:
        return self.total - self.waiting


def begin(
    request: HttpRequest, corrections: Iterable[tuple[UUID, int | None]], *, accept: bool, why: str = ""
) -> HttpResponse:
    """Note which corrections are to be decided, by key and by the version that was listed; take the first step."""
    with transaction.atomic():
        bulk = BulkDecision.objects.create(by=user_of(request), accept=accept, why=why)
        BulkItem.objects.bulk_create(
            BulkItem(bulk=bulk, correction_id=pk, version=version) for pk, version in corrections
        )
    take_step(bulk, clearance_of(request))
    return HttpResponseRedirect(address_of(bulk))


def address_of(bulk: BulkDecision) -> str:
    return reverse("admin:corrections_correction_bulk", args=[bulk.pk])


@require_http_methods(["GET", "HEAD", "POST"])
@for_moderators
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what became of the chosen corrections; when posted, go on with those that wait, or stop."""
    bulk = get_object_or_404(BulkDecision, pk=pk, by=user_of(request))
    if request.method == "POST":
        stop = request.POST.get("do") == "stop"
        BulkDecision.objects.filter(pk=bulk.pk).update(stopped=stop)
        if not stop:
            take_step(bulk, clearance_of(request))
        return HttpResponseRedirect(address_of(bulk))
    context = admin.site.each_context(request) | {
        "title": "Accepting several" if bulk.accept else "Rejecting several",
        "bulk": bulk,
        "tally": tally_of(bulk),
        "left": _left(bulk, clearance_of(request)),
    }
    return render(request, f"{TEMPLATES}/bulk.html", context)


def latest_of(user: User) -> tuple[BulkDecision, Tally] | None:
    """Return the latest bulk decision of a moderator, so that they find it again."""
    bulk = BulkDecision.objects.filter(by=user, created_at__gt=timezone.now() - NOTE_IS_SHOWN).last()
    return (bulk, tally_of(bulk)) if bulk is not None else None


def tally_of(bulk: BulkDecision) -> Tally:
    counts = dict(bulk.items.order_by().values_list("outcome").annotate(Count("pk")))
    return Tally(
        total=sum(counts.values()),
        waiting=counts.get(Outcome.WAITING, 0),
        done=counts.get(Outcome.DONE, 0),
        left=counts.get(Outcome.LEFT, 0) + counts.get(Outcome.BEGUN, 0),
    )


def _left(bulk: BulkDecision, clearance: Clearance) -> list[tuple[Correction, queue.QueueLine, str, str]]:
    """Return the corrections that were not decided, each with its line, its age and the reason."""
    items = bulk.items.filter(outcome__in=(Outcome.LEFT, Outcome.BEGUN)).select_related("correction__author")
    items = items.order_by("pk")[:MOST_LISTED]
    lines = queue.lines([item.correction for item in items], clearance)
    return [
        (each.correction, lines[each.correction], queue.ago(each.correction), each.note or INTERRUPTED)
        for each in items
    ]


# Deciding


def take_step(bulk: BulkDecision, clearance: Clearance) -> None:
    """Decide the next corrections, each by itself, until the time of a step is over or the moderator stops it."""
    ends = monotonic() + STEP_LASTS
    for item in bulk.items.filter(outcome=Outcome.WAITING).select_related("correction").order_by("pk")[:MOST_IN_A_STEP]:
        if BulkDecision.objects.filter(pk=bulk.pk, stopped=True).exists():
            return
        # Of two windows only one finds it waiting, as long as there is no subquery in this.
        if not BulkItem.objects.filter(pk=item.pk, outcome=Outcome.WAITING).update(outcome=Outcome.BEGUN):
            continue
        note = _decide(bulk, item, clearance)
        BulkItem.objects.filter(pk=item.pk).update(outcome=Outcome.LEFT if note else Outcome.DONE, note=note)
        if monotonic() >= ends:
            return


def _decide(bulk: BulkDecision, item: BulkItem, clearance: Clearance) -> str:
    """Decide a correction and return an empty text, or the reason why it was left."""
    correction, by = item.correction, bulk.by
    if correction.is_note:
        return _close_note(bulk, item, clearance)
    pending = pending_changes(correction)
    trial = Trial()
    if bulk.accept and not _to_be_looked_at(pending):
        trial = try_out(correction, clearance.reading_episode(correction))
    if reason := _why_to_look_closer(item, clearance, trial, pending if bulk.accept else []):
        return reason
    verdict = Verdict(accept=bulk.accept, why=bulk.why)
    try:
        result = decide(
            correction,
            by=by,
            version=correction.version,
            verdicts=dict.fromkeys((each.pk for each in pending), verdict),
        )
    except Refused as error:
        return Discretion(clearance).refusal(correction, error)
    if result.failure is not None:
        return clearance.failure_for(correction, f"It could not be applied: {result.failure}")
    if result.held:
        return f"Changes that were held, because their rows have changed since: {len(result.held)}. Open it to compare."
    return ""


def _close_note(bulk: BulkDecision, item: BulkItem, clearance: Clearance) -> str:
    """Close a note without a change and return an empty text, or the reason why it was left."""
    note = item.correction
    if bulk.accept:
        return "It is a note: nothing is published by accepting it. Open it to read it."
    if reason := _why_to_look_closer(item, clearance, Trial(), []):
        return reason
    try:
        notes.close(note, by=bulk.by, version=note.version, dealt_with=False, words=bulk.why)
    except Refused as error:
        return Discretion(clearance).refusal(note, error)
    return ""


def _why_to_look_closer(item: BulkItem, clearance: Clearance, trial: Trial, to_publish: list[Change]) -> str:
    """Return why a correction must not be decided from the list, or an empty text."""
    if clearance.folds(item.correction, trial.latest_episode(clearance.reading_episode(item.correction))):
        return worded("It is about a later {one} than you have {watched}. Open it on purpose to decide it.")
    if item.version != item.correction.version:
        return "It was changed since the list was loaded. Open it to decide it."
    if reason := _to_be_looked_at(to_publish):
        return reason
    if trial.is_too_large:
        return "It is too large for its texts to be checked. Open it to decide it."
    if trial.warnings:
        return "Its texts mention something that is revealed later. Open it to decide it."
    if trial.shared_names:
        return "Another page has the same name. Open it to decide it."
    return ""


def _to_be_looked_at(changes: Iterable[Change]) -> str:
    """Return why somebody has to look at these changes before they are published, or an empty text."""
    changes = list(changes)
    if any(change.survivors for change in changes):
        return "It is for a page that became one with another. Open it to decide it."
    if any(change.action == Change.Action.REMOVE for change in changes):
        return "It removes something. Open it to decide it."
    if any(_has_picture(change) for change in changes):
        return "It has a picture. Open it to look at it."
    if any(map(_adds_page_of_made_up_key, changes)):
        return "It adds a page, whose key was made up. Open it to give it another."
    return ""


def _adds_page_of_made_up_key(change: Change) -> bool:
    kind = rows.editable(change.model)
    if change.action != Change.Action.ADD or kind.page is None or kind.handle is None:
        return False
    return str((change.wanted or {}).get(kind.handle.field, "")).startswith(MADE_UP)


def _has_picture(change: Change) -> bool:
    files = rows.editable(change.model).files
    return change.path in files if change.path else any((change.wanted or {}).get(name) for name in files)
