"""The page of a note for moderators: what somebody says of a page, what was done for it, and how it is closed."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from corrections import holding, notes, rows
from corrections.errors import Refused, messages_of
from corrections.linking import remember_note
from corrections.models import Change, Correction
from corrections.sending import Proposed
from corrections.undoing import without_undone
from corrections.wording import RowNames, in_short, in_words, noun_of
from episodes.names import listed

from . import queue, typed
from .access import TEMPLATES, for_moderators, for_viewers, link_to, page_address, user_of
from .clearance import clearance_of
from .correction_page import answered, context_of_any
from .discretion import Discretion
from .next_in_queue import redirect_to_next
from .snippets import titles_of
from .thread import context_of_thread
from .verdict_forms import CommentForm

MOST_OTHERS = 10


@for_viewers
def page(request: HttpRequest, note: Correction) -> HttpResponse:
    return answer(request, note) if request.method == "POST" else _page(request, note)


def _page(request: HttpRequest, note: Correction, *, posted: Any = None) -> HttpResponse:
    note = Correction.objects.select_related("author", "claimed_by", "decided_by").get(pk=note.pk)
    posted = posted or typed.kept(request, note)
    clearance = clearance_of(request)
    episode = clearance.reading_episode(note)
    context = admin.site.each_context(request) | {
        "correction": note,
        "clearance": clearance,
        "reading_episode": episode,
        "ago": queue.ago(note),
    }
    if clearance.folds(note):
        context |= {"title": "A note, folded", "place": clearance.place_of(note)}
        return render(request, f"{TEMPLATES}/folded.html", context)
    names, discretion = RowNames(episode), Discretion(clearance)
    about = names.of_pages(note.about[:1])
    holds = holding.holds_of(note) if note.is_report else []
    why_not_held = holding.why_not(note) if note.is_report else ""
    others = Correction.objects.undecided().filter(kind__in=Correction.NOTES, page=note.page).exclude(pk=note.pk)
    context |= context_of_any(request, note, discretion) | typed.context_of_draft(request, note)
    context |= context_of_thread(request, note, discretion, names)
    context |= {
        "title": listed(about.values()) or "A page",
        "words": in_words([discretion.words(note, note.reason)], names)[0],
        "page": discretion.page(note),
        "changes_for": list(queue.lines(notes.changes_for(note), clearance).items()),
        "holds": [(each, _held_in_words(each, names)) for each in holds],
        "why_not_held": why_not_held,
        "newly_shown": [] if why_not_held or not note.is_report else _newly_shown(note, names, posted),
        "held_until": holding.held_until(note),
        "others": list(queue.lines(others.order_by("created_at", "id")[:MOST_OTHERS], clearance, brief=True).items()),
        "wait": in_short(notes.median_of_reports()) if note.is_report else "",
        "comment": CommentForm(posted),
    }
    context["something_is_hidden"] = discretion.has_hidden
    return render(request, f"{TEMPLATES}/note.html", context)


def _held_in_words(hold: Correction, names: RowNames) -> list[str]:
    """Return the rows that are held back, in words; of one that was rewritten since, which may tell more, its kind."""
    changes = list(hold.changes.current())
    since = Change.objects.applied().filter(row__in=[each.row for each in changes], applied_at__gt=hold.decided_at)
    since = since.select_related("correction").order_by("applied_at", "position")
    in_force = (place for place, of_place in without_undone(since).items() if of_place)
    rewritten = {f"{model}:{row}": rows.editable(model) for model, row, _ in in_force}
    return [
        f"{rewritten[each].model._meta.verbose_name}, changed since" if each in rewritten else words
        for each, words in _in_words(changes, names).items()
    ]


def _newly_shown(report: Correction, names: RowNames, posted: Any) -> list[tuple[str, str, bool]]:
    """Return the rows that can be held back: the reference of each, its words, and whether it is ticked."""
    ticked = set(posted.getlist(typed.ROWS)) if posted and typed.TICKS in posted else None
    found = holding.newly_shown(report)
    words = _in_words((change for of_row in found for change in of_row), names)
    references = map(holding.reference_of, found)
    return [(each, words[each], ticked is None or each in ticked) for each in references]


def _in_words(changes: Iterable[Change | Proposed], names: RowNames) -> dict[str, str]:
    """Return the rows that changes are of, in words by their references; where only an end is told, it says so."""
    of_rows: dict[tuple[str, str], list[Change | Proposed]] = {}
    for change in changes:
        of_rows.setdefault((change.model, change.row), []).append(change)
    there = rows.read(of_rows)
    said: dict[str, str] = {}
    for place, of_row in of_rows.items():
        values = there[place][1] if place in there else of_row[0].before or {}  # of one that is removed
        row = Change(model=place[0], row=place[1])
        noun = noun_of(rows.editable(place[0]), values)
        title = titles_of([row], names, {row.pk: values}).get(row.pk, "")
        end = ", that it ends" if {each.path for each in of_row} == {"ended_in"} else ""
        said[":".join(place)] = f"{noun}: {title}{end}"
    return said


# What a moderator posts


@for_moderators
def answer(request: HttpRequest, note: Correction) -> HttpResponse:
    return answered(request, note, show=_page, decide=_close)


def _close(request: HttpRequest, note: Correction, version: int, words: str) -> HttpResponse:
    how = request.POST.get("do")
    if how not in ("done", "close"):
        return _page(request, note, posted=request.POST)
    notes.close(note, by=user_of(request), version=version, dealt_with=how == "done", words=words)
    typed.forget(request, note)
    messages.success(request, link_to(note, "Closed.", "Whoever sent it reads why."))
    return redirect_to_next(request)


@require_POST
@for_moderators
def hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hold back what is ticked of what the page of a report newly shows."""
    report = get_object_or_404(Correction, pk=pk)
    typed.keep(request, report)
    clearance = clearance_of(request)
    if clearance.folds(report):
        return HttpResponseRedirect(page_address(report))  # nobody holds back what they have not seen
    try:
        held = holding.hold(report, by=user_of(request), chosen=set(request.POST.getlist(typed.ROWS)))
    except (Refused, ValidationError) as error:
        messages.error(request, " ".join(messages_of(error)))
    else:
        names = RowNames(clearance.reading_episode(report))
        words = _in_words((change for of_row in held.left for change in of_row), names).values()
        left = f" Left as they are, because others stand on them: {'; '.join(words)}." if words else ""
        messages.success(request, link_to(held.correction, "Held back", f"until {holding.held_until(report)}.{left}"))
    return HttpResponseRedirect(page_address(report))


@require_POST
@for_viewers
def change_for(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open the form of what a note is about; what is saved there next says that it is for the note."""
    note = get_object_or_404(Correction.objects.filter(kind__in=Correction.NOTES), pk=pk)
    typed.keep(request, note)
    if clearance_of(request).folds(note):
        return HttpResponseRedirect(page_address(note))
    if not note.is_undecided:
        messages.error(request, "This note is closed already.")
        return HttpResponseRedirect(page_address(note))
    remember_note(request, note)
    label, _, key = (note.about or [""])[0].partition(":")
    is_there = bool(label) and rows.row_by_reference(note.about[0]) is not None
    form = reverse(f"admin:{label.replace('.', '_')}_change", args=[key]) if is_there else reverse("admin:index")
    return HttpResponseRedirect(form)
