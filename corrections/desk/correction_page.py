"""The page of one correction for moderators: what it would change, its thread, and the form that decides it."""

import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

from corrections import sending
from corrections.deciding import decide
from corrections.errors import CouldNotApply, Refused
from corrections.models import Change, Correction, Event
from corrections.sent_forms import address_again
from corrections.thread import cleaned_message
from corrections.trial import Trial, pending_changes, try_out
from corrections.undoing import can_be_undone_as_a_whole, not_undone, reversed_changes, undos_in_force
from corrections.wording import RowNames, in_words, names_from_additions
from episodes.choices import CHOOSE, with_choice
from episodes.known import is_reached
from episodes.names import capital, listed
from episodes.requests import whole_number

from . import claims, queue
from .access import (
    TEMPLATES,
    View,
    for_moderators,
    for_viewers,
    link_to,
    page_address,
    user_of,
)
from .clearance import REASON_HIDDEN, Clearance, clearance_of
from .consequences import lines_of
from .discretion import HIDDEN_LINK, Discretion
from .next_in_queue import latest_mentioned, latest_mentioned_in, redirect_to_next
from .page_preview import pages_to_preview
from .people import address_of_person, address_of_spammer
from .questions import ask, comment
from .review import MOST_SHOWN, review, with_rows
from .verdict_forms import ACCEPT, LEAVE, REASONS, CommentForm, VerdictForm, forms_for, posted_forms, to_show_again

POLICY: dict[str, Any] = settings.SECURE_CSP
NOT_UNSEEN = "Nothing was done: it tells of a later episode than you have watched. Open it on purpose first."


@csp_override(POLICY | {"frame-src": [CSP.SELF]})
@for_viewers
def page(request: HttpRequest, correction: Correction) -> HttpResponse:
    return answer(request, correction) if request.method == "POST" else _page(request, correction)


def _page(
    request: HttpRequest, correction: Correction, *, posted: Any = None, failure: CouldNotApply | None = None
) -> HttpResponse:
    """Show a correction as it is now, with the form as it was posted, and why it could not be applied."""
    related = ("author", "claimed_by", "decided_by", "undoes", "revises", "note")
    correction = Correction.objects.select_related(*related).get(pk=correction.pk)
    clearance = clearance_of(request)
    changes = list(correction.changes.current())
    changes.sort(key=lambda change: change.decision != Change.Decision.PENDING)  # undecided ones first
    shown = with_rows(changes[:MOST_SHOWN])
    trial = try_out(correction, clearance.reading_episode(correction))
    mentioned = latest_mentioned(trial, shown)
    reading_episode = clearance.reading_episode(correction, mentioned)
    context = admin.site.each_context(request) | {
        "correction": correction,
        "clearance": clearance,
        "reading_episode": reading_episode,
        "ago": queue.ago(correction),
    }
    if clearance.folds(correction, mentioned):
        episode = max(clearance.episode_of(correction), mentioned)
        context |= {"title": "A correction, folded", "episode": episode}
        return render(request, f"{TEMPLATES}/folded.html", context)
    names = RowNames(reading_episode, names_from_additions(changes, reading_episode) | trial.names)
    if failure is not None:
        trial.problems = {change.pk if change else None: list(texts) for change, texts in failure.messages.items()}
    if trial.problems and not clearance.reads_all_of(correction):
        trial.problems = {None: [REASON_HIDDEN]}
    discretion = Discretion(clearance)
    reviews = review(shown, names, trial, reads=lambda words: discretion.words(correction, words))
    verdict_forms = {}
    if correction.is_undecided and request.user.has_perm("corrections.decide"):
        verdict_forms = forms_for(shown, names, posted and to_show_again(posted, shown))
        for form in verdict_forms.values():
            form.is_valid()
    general_problems = trial.problems.get(None, [])
    following = lines_of(trial.consequences, names)
    told = [line for line in following if is_reached(line.since or 0, reading_episode)]
    events = thread_of(correction, discretion, names)
    context |= {
        "changes": [(each, verdict_forms.get(each.change.pk)) for each in reviews],
        "more": len(changes) - len(shown),
        "following": told,
        "following_later": len(following) - len(told),
        "comment": CommentForm(posted),
        "lost_texts": _lost_texts(posted, verdict_forms),
        "general_problems": general_problems,
        "is_too_large": trial.is_too_large,
        "reasons": REASONS,
        "reason": in_words([discretion.words(correction, correction.reason)], names)[0],
        "link": discretion.link(correction),
        "hidden_link": HIDDEN_LINK,
        "events": events,
    }
    context |= _context_of_correction(request, correction, discretion, changes, names, trial)
    failure_is_hidden = REASON_HIDDEN in [*general_problems, *(event.text for event, _ in events)]
    context["something_is_hidden"] = failure_is_hidden or discretion.has_hidden
    return render(request, f"{TEMPLATES}/page.html", context)


def _context_of_correction(
    request: HttpRequest,
    correction: Correction,
    discretion: Discretion,
    changes: list[Change],
    names: RowNames,
    trial: Trial,
) -> dict[str, Any]:
    """Return who sent it, which pages it is about, what else is waiting for the same rows, and what can be done."""
    user, clearance = user_of(request), discretion.clearance
    pages = pages_to_preview(changes, names, trial)
    others = sending.undecided_of_rows(changes).select_related("author")[:10] if changes else []
    may_decide = user.has_perm("corrections.decide")
    has_sender = correction.kind != Correction.Kind.IMPORT
    return {
        "title": listed(name for _, name in pages[:3]) or "A correction",
        "author": discretion.author(correction),
        "author_page": address_of_person(correction.author, correction) if may_decide and has_sender else "",
        "spammer": address_of_spammer(correction) if may_decide else "",
        "named_as": discretion.credit(correction),
        "claimed_by": capital(discretion.name_of(correction, correction.claimed_by)),
        "decided_by": discretion.name_of(correction, correction.decided_by),
        "record": queue.record_of_author(correction),
        "others": list(queue.lines(others, clearance, brief=True).items()),
        "undone_by": undos_in_force(correction),
        "pages": pages if correction.is_undecided else [],
        "episodes": range(clearance.latest_preview(correction) + 1),
        "differs_from": clearance.episode_of(correction),
        "may_decide": may_decide,
        "decidable": may_decide and correction.is_undecided and (correction.author != user or user.is_superuser),
        "own": correction.author_id == user.pk,
        "form_again": address_again(correction) if correction.author_id == user.pk else "",
        "mine": correction.is_claimed and correction.claimed_by_id == user.pk,
        "claimed_from_user": correction.is_claimed_from(user),
        "can_undo": bool(reversed_changes(not_undone(correction, changes))) and can_be_undone_as_a_whole(correction),
    }


def thread_of(correction: Correction, discretion: Discretion, names: RowNames) -> list[tuple[Event, str]]:
    """Return what happened to a correction, each event with the name of whose it is."""
    events = list(correction.events.select_related("by"))
    for event in events:
        if event.kind == Event.Kind.FAILED:
            event.text = discretion.clearance.failure_for(correction, event.text)
        else:
            event.text = discretion.words(correction, event.text)
    for event, text in zip(events, in_words([event.text for event in events], names), strict=True):
        event.text = text
    return [(event, discretion.name(correction, event.who)) for event in events]


def _lost_texts(posted: Any, verdict_forms: dict[UUID, VerdictForm]) -> list[str]:
    """Return the texts that were posted for fields which the form no longer has."""
    fields = {form.add_prefix(name) for form in verdict_forms.values() for name in form.fields}
    lost = {name: text for name, text in (posted or {}).items() if name not in fields}
    return [text for name, text in lost.items() if re.search(r"-(why|value-\w+)\Z", name) and str(text).strip()]


# What a moderator posts


@for_moderators
def answer(request: HttpRequest, correction: Correction) -> HttpResponse:
    if CHOOSE in request.POST:
        return _page(request, correction, posted=with_choice(request.POST))
    return answered(request, correction, show=_page, decide=_decide)


def answered(request: HttpRequest, correction: Correction, *, show: View, decide: View) -> HttpResponse:
    """Ask the author, add a comment, take the claim over, or decide, depending on the button."""
    text, by = request.POST.get("comment", "").strip(), user_of(request)
    clearance = clearance_of(request)
    if clearance.folds(correction, latest_mentioned_in(correction, clearance)):
        messages.warning(request, f"{NOT_UNSEEN} You had typed: {text}" if text else NOT_UNSEEN)
        return HttpResponseRedirect(page_address(correction))
    version = whole_number(request.POST.get("version"), digits=8) or 0
    try:
        if text:
            text = cleaned_message(text, missing="")
        match request.POST.get("do"):
            case "ask":
                ask(correction, text, by=by, version=version)
                waits = f"The {'note' if correction.is_note else 'correction'} waits for the answer."
                messages.success(request, link_to(correction, "Question sent.", waits))
                return redirect_to_next(request)
            case "say":
                comment(correction, text, by=by)
                return HttpResponseRedirect(page_address(correction) + "#thread")
            case "over":
                claims.claim(correction, by=by, over=True)
                return show(request, correction, posted=request.POST)
        return decide(request, correction, version, text)
    except (Refused, ValidationError) as error:
        messages.error(request, Discretion(clearance).refusal(correction, error))
    return show(request, correction, posted=request.POST)


def _decide(request: HttpRequest, correction: Correction, version: int, text: str) -> HttpResponse:
    """Decide as the form says. One button accepts all changes without a verdict, or a single change whatever it has."""
    clearance, accepts_rest = clearance_of(request), request.POST.get("do") == "accept"
    posted = request.POST.copy()
    pending = pending_changes(correction)[:MOST_SHOWN]
    for change in pending:
        chosen = posted.get(f"{change.pk}-decision") or LEAVE
        if accepts_rest and (chosen == LEAVE or len(pending) == 1):
            posted[f"{change.pk}-decision"] = ACCEPT
    verdict_forms = posted_forms(correction, clearance, pending, posted)
    if not all([form.is_valid() for form in verdict_forms.values()]):  # noqa: C419 (each of them shows its errors)
        messages.error(request, "Nothing was decided. Correct what is marked below, and decide again.")
        return _page(request, correction, posted=posted)
    verdicts = {pk: verdict for pk, form in verdict_forms.items() if (verdict := form.verdict()) is not None}
    if not verdicts and correction.is_undecided and version == correction.version:
        raise Refused("Nothing was decided. Accept or reject at least one change.")
    result = decide(correction, by=user_of(request), version=version, verdicts=verdicts, comment=text)
    if result.failure is not None:
        messages.error(request, "Nothing was published, because the changes could not be applied. See why below.")
        return _page(request, correction, posted=posted, failure=result.failure)
    if result.held:
        count = len(result.held)
        held = "1 change was held, as its row has" if count == 1 else f"{count} changes were held, as their rows have"
        messages.warning(request, f"{held} changed since. Compare the versions below.")
        return HttpResponseRedirect(page_address(correction))
    if result.correction.is_undecided:
        messages.success(request, "Decided in part. The other changes are still waiting.")
        return HttpResponseRedirect(page_address(correction))
    state = result.correction.get_state_display()
    messages.success(request, link_to(correction, f"{state}.", _line_in_words(correction, clearance)))
    return redirect_to_next(request)


def _line_in_words(correction: Correction, clearance: Clearance) -> str:
    line = queue.lines([correction], clearance, brief=True)[correction]
    return "" if line.folded else f"{listed(line.about) or 'The show'}: {line.kinds}."
