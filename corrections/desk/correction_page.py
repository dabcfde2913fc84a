"""The page of one correction for moderators: what it would change, its thread, and the form that decides it."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.csp import CSP
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.csp import csp_override

from corrections import sending
from corrections.deciding import decide
from corrections.errors import CouldNotApply, Refused
from corrections.models import Change, Correction
from corrections.sent_forms import address_again
from corrections.thread import cleaned_message
from corrections.trial import Trial, pending_changes, try_out
from corrections.undoing import can_be_undone_as_a_whole, not_undone, reversed_changes, undos_in_force
from corrections.wording import RowNames, in_words
from episodes.axes import is_on_second_axis, second_of, second_of_place
from episodes.choices import CHOOSE, with_choice
from episodes.known import is_reached
from episodes.names import capital, listed
from episodes.requests import whole_number
from episodes.units import worded

from . import claims, queue, typed
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
from .named_rows import suggestions_of
from .next_in_queue import latest_mentioned, latest_mentioned_in, redirect_to_next
from .page_preview import pages_to_preview
from .people import address_of_person, address_of_spammer
from .questions import ask, comment
from .review import ChangeWithRow, parts_of, review, with_rows
from .thread import context_of_thread
from .verdict_forms import (
    ACCEPT,
    LEAVE,
    REASONS,
    REJECT,
    CommentForm,
    VerdictForm,
    forms_for,
    posted_forms,
    to_show_again,
)

DOUBTED = "doubted"  # the changes at which a page said what the linter finds in them
PART = "part"  # of a large correction: a parameter of the page, and a field of its form
PK_LENGTH = 36
MOST_FOLLOWING = 300  # rows that are listed
POLICY: dict[str, Any] = settings.SECURE_CSP
ASKS = "Nothing was decided yet: what is marked below tells of something that is revealed later."
NOT_UNSEEN = worded("Nothing was done: it tells of a later {one} than you have {watched}. Open it on purpose first.")


@csp_override(POLICY | {"frame-src": [CSP.SELF]})
@for_viewers
def page(request: HttpRequest, correction: Correction) -> HttpResponse:
    return answer(request, correction) if request.method == "POST" else _page(request, correction)


def _page(
    request: HttpRequest,
    correction: Correction,
    *,
    posted: Any = None,
    failure: CouldNotApply | None = None,
    wrong: Change | None = None,
    asked: Sequence[Change] = (),
) -> HttpResponse:
    """Show a correction as it is now, with the form as it was posted, and why it could not be applied.

    Of its parts that one is shown which was asked for, or has the change that is wrong. It asks about some changes
    whether they are to be accepted all the same.
    """
    related = ("author", "claimed_by", "decided_by", "undoes", "revises", "note")
    correction = Correction.objects.select_related(*related).get(pk=correction.pk)
    clearance = clearance_of(request)
    parts = parts_of(correction.changes.current())
    if posted:
        typed.keep(request, correction)  # it is not sent yet, and perhaps only a part of it is on the page
    posted = posted or typed.kept(request, correction)
    changes = [change for part in parts for change in part]
    number = _part_asked_for(request, parts, wrong)
    shown = with_rows(parts[number - 1])
    at = clearance.reading_episode(correction)
    trial = try_out(correction, at, hides_nothing=clearance.has_watched_all)
    mentioned = latest_mentioned(trial, shown, at)
    reading_episode = clearance.reading_episode(correction, mentioned)
    context = admin.site.each_context(request) | {
        "correction": correction,
        "clearance": clearance,
        "reading_episode": reading_episode,
        "ago": queue.ago(correction),
    }
    if clearance.folds(correction, mentioned):
        context |= {"title": "A correction, folded", "place": clearance.place_of(correction, mentioned)}
        return render(request, f"{TEMPLATES}/folded.html", context)
    names = RowNames(reading_episode, trial.names, changes)
    if failure is not None:
        trial.problems = {change.pk if change else None: list(texts) for change, texts in failure.messages.items()}
    if trial.problems and not clearance.reads_all_of(correction):
        trial.problems = {None: [REASON_HIDDEN]}
    discretion = Discretion(clearance)
    reviews = review(shown, names, trial, reads=lambda words: discretion.words(correction, words))
    may_decide = correction.is_undecided and request.user.has_perm("corrections.decide")
    verdict_forms = _verdict_forms(shown, names, posted) if may_decide else {}
    general_problems = trial.problems.get(None, [])
    thread = context_of_thread(request, correction, discretion, names)
    context |= {
        "changes": [(each, verdict_forms.get(each.change.pk)) for each in reviews],
        "suggestions": suggestions_of(verdict_forms.values()),
        "verdicts_elsewhere": typed.verdicts_beside(posted, [each.change for each in shown]),
        "comment": CommentForm(posted),
        "lost_texts": _lost_texts(posted, changes),
        "general_problems": general_problems,
        "is_too_large": trial.is_too_large,
        "reasons": REASONS,
        "reason": in_words([discretion.words(correction, correction.reason)], names)[0],
        "asked": {change.pk for change in asked},
    }
    context |= thread | context_of_any(request, correction, discretion) | typed.context_of_draft(request, correction)
    context |= _context_of_part(parts, number) | _context_of_what_follows(trial, names)
    context |= _context_of_correction(
        request, correction, discretion, changes, [each.change for each in shown], names, trial
    )
    failure_is_hidden = REASON_HIDDEN in [*general_problems, *(event.text for event, _ in thread["events"])]
    context["something_is_hidden"] = failure_is_hidden or discretion.has_hidden
    return render(request, f"{TEMPLATES}/page.html", context)


def _part_asked_for(request: HttpRequest, parts: list[list[Change]], wrong: Change | None) -> int:
    """Return the number of a part, of which the first is 1."""
    if wrong is not None:
        return next((number for number, part in enumerate(parts, start=1) if wrong in part), 1)
    asked = request.POST if request.method == "POST" else request.GET
    return max(1, min(whole_number(asked.get(PART)) or 1, len(parts)))


def _verdict_forms(shown: list[ChangeWithRow], names: RowNames, posted: Any) -> dict[UUID, VerdictForm]:
    """Return the forms of the changes that are shown, with what is wrong in what was posted."""
    verdict_forms = forms_for(shown, names, posted and to_show_again(posted, shown))
    for form in verdict_forms.values():
        form.is_valid()
    return verdict_forms


def _context_of_part(parts: list[list[Change]], number: int) -> dict[str, Any]:
    """Return where a part stands among the others, and how many changes come before it and in all."""
    pages = Paginator(parts, 1)
    return {
        "part": pages.page(number),
        "parts": list(pages.get_elided_page_range(number)),
        "next_part": number + 1,
        "previous_part": number - 1,
        "first": sum(map(len, parts[: number - 1])) + 1,
        "last": sum(map(len, parts[:number])),
        "count": sum(map(len, parts)),
    }


def _context_of_what_follows(trial: Trial, names: RowNames) -> dict[str, Any]:
    following = lines_of(trial.consequences, names)
    told = [line for line in following if is_reached(line.since or 0, names.episode)]
    return {
        "following": told[:MOST_FOLLOWING],
        "following_count": len(told),
        "following_more": len(told[MOST_FOLLOWING:]),
        "following_later": len(following) - len(told),
    }


def _context_of_correction(
    request: HttpRequest,
    correction: Correction,
    discretion: Discretion,
    changes: list[Change],
    shown: list[Change],
    names: RowNames,
    trial: Trial,
) -> dict[str, Any]:
    """Return who sent it, which pages it is about, what else is waiting for the same rows, and what can be done."""
    user, clearance = user_of(request), discretion.clearance
    differs_from = clearance.differs_from(correction)
    latest = clearance.latest_preview(correction)
    pages = pages_to_preview(shown, names, trial, differs_from=differs_from, latest=latest)
    others = sending.undecided_of_rows(changes).select_related("author")[:10] if changes else []
    return {
        "title": listed(page.name for page in pages[:3]) or "A correction",
        "named_as": discretion.credit(correction),
        "others": list(queue.lines(others, clearance, brief=True).items()),
        "undone_by": undos_in_force(correction),
        "pages": pages if correction.is_undecided else [],
        "differs_from": correction.besides if is_on_second_axis(differs_from) else differs_from,
        "of_place": clearance.known_in(correction),
        "differs_in": second_of_place(differs_from),
        "is_on_both": bool(clearance.progress and second_of(clearance.progress)),
        "own": correction.author_id == user.pk,
        "form_again": address_again(correction) if correction.author_id == user.pk else "",
        "can_undo": bool(reversed_changes(not_undone(correction, changes))) and can_be_undone_as_a_whole(correction),
    }


def context_of_any(request: HttpRequest, correction: Correction, discretion: Discretion) -> dict[str, Any]:
    """Return what the pages of corrections and of notes say alike: who sent it, who is on it, and who may decide it."""
    user = user_of(request)
    may_decide = user.has_perm("corrections.decide")
    has_sender = correction.kind != Correction.Kind.IMPORT
    return {
        "author": discretion.author(correction),
        "author_page": address_of_person(correction.author, correction) if may_decide and has_sender else "",
        "spammer": address_of_spammer(correction) if may_decide else "",
        "claimed_by": capital(discretion.name_of(correction, correction.claimed_by)),
        "decided_by": discretion.name_of(correction, correction.decided_by),
        "record": queue.record_of_author(correction),
        "link": discretion.link(correction),
        "hidden_link": HIDDEN_LINK,
        "may_decide": may_decide,
        "decidable": may_decide and correction.is_undecided and (correction.author != user or user.is_superuser),
        "mine": correction.is_claimed and correction.claimed_by_id == user.pk,
        "claimed_from_user": correction.is_claimed_from(user),
    }


def _lost_texts(posted: Any, changes: list[Change]) -> list[str]:
    """Return the texts that were posted for fields which the form no longer has."""
    pending = {str(change.pk) for change in changes if change.decision == Change.Decision.PENDING}
    lost = {name: text for name, text in (posted or {}).items() if re.search(r"-(why|value-\w+)\Z", name)}
    return [text for name, text in lost.items() if name[:PK_LENGTH] not in pending and str(text).strip()]


# What a moderator posts


@for_moderators
def answer(request: HttpRequest, correction: Correction) -> HttpResponse:
    if CHOOSE in request.POST:
        return _page(request, correction, posted=with_choice(request.POST))
    return answered(request, correction, show=_page, decide=_decide)


def answered(request: HttpRequest, correction: Correction, *, show: View, decide: View) -> HttpResponse:
    """Ask the author, add a comment, take the claim over, or decide, depending on the button."""
    if (about_draft := typed.answered(request, correction)) is not None:
        return about_draft
    text, by = request.POST.get("comment", "").strip(), user_of(request)
    clearance = clearance_of(request)
    if clearance.folds(correction, latest_mentioned_in(correction, clearance)):
        messages.warning(request, f"{NOT_UNSEEN} You had typed: {text}" if text else NOT_UNSEEN)
        return HttpResponseRedirect(page_address(correction))
    request.POST = typed.together(request, correction)  # type: ignore[assignment]
    version = whole_number(request.POST.get("version"), digits=8) or 0
    try:
        if text:
            text = cleaned_message(text, missing="")
        match request.POST.get("do"):
            case "ask":
                ask(correction, text, by=by, version=version)
                typed.keep(request, correction, said=True)
                waits = f"The {'note' if correction.is_note else 'correction'} waits for the answer."
                messages.success(request, link_to(correction, "Question sent.", waits))
                return redirect_to_next(request)
            case "say":
                comment(correction, text, by=by)
                typed.keep(request, correction, said=True)
                return HttpResponseRedirect(page_address(correction) + "#thread")
            case "over":
                claims.claim(correction, by=by, over=True)
                return show(request, correction, posted=request.POST)
        return decide(request, correction, version, text)
    except (Refused, ValidationError) as error:
        messages.error(request, Discretion(clearance).refusal(correction, error))
    return show(request, correction, posted=request.POST)


def _decide(request: HttpRequest, correction: Correction, version: int, text: str) -> HttpResponse:
    """Decide as the form says. One button accepts all changes without a verdict, or a single change whatever it has.

    Where the linter finds something in one of those, it asks first: it may be pressed in passing, above all by its key.
    """
    clearance, button = clearance_of(request), request.POST.get("do")
    posted = request.POST.copy()
    pending = pending_changes(correction)
    accepted = _accepted_by_button(request, pending) if button in ("accept", "sure") else []
    if doubted := [change for change in accepted if button == "accept" and f"{change.pk}" in posted.getlist(DOUBTED)]:
        messages.warning(request, _with_links(ASKS, doubted, pending))
        return _page(request, correction, posted=posted, wrong=doubted[0], asked=doubted)
    for change in accepted:
        posted[f"{change.pk}-decision"] = ACCEPT
    verdict_forms = posted_forms(correction, clearance, pending, posted)
    if wrong := [form.change for form in verdict_forms.values() if not form.is_valid()]:
        says = "Nothing was decided. Correct what is marked below, and decide again."
        messages.error(request, _with_links(says, wrong, pending))
        return _page(request, correction, posted=posted, wrong=wrong[0])
    verdicts = {pk: verdict for pk, form in verdict_forms.items() if (verdict := form.verdict()) is not None}
    if not verdicts and correction.is_undecided and version == correction.version:
        raise Refused("Nothing was decided. Accept or reject at least one change.")
    result = decide(correction, by=user_of(request), version=version, verdicts=verdicts, comment=text)
    if result.failure is not None:
        says = "Nothing was published, because the changes could not be applied. See why below."
        wrong = [change for change in result.failure.messages if change is not None]
        messages.error(request, _with_links(says, wrong, pending))
        return _page(request, correction, posted=posted, failure=result.failure, wrong=wrong[0] if wrong else None)
    typed.forget(request, correction)
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


def _with_links(says: str, wrong: Sequence[Change], pending: Sequence[Change]) -> SafeString:
    """Return what a page says, with links to those of the changes that it shows: all of one part."""
    shown = next((part for part in parts_of(pending) if wrong and wrong[0] in part), [])
    links = [(number, number) for number, change in enumerate(shown, start=1) if change in wrong]
    return format_html("{}{}", says, format_html_join("", ' <a href="#change-{}">Change {}</a>', links))


def _accepted_by_button(request: HttpRequest, pending: list[Change]) -> list[Change]:
    """Return the changes of the part on the page which nobody accepted one by one, and which one button accepts."""
    parts = parts_of(pending)
    chosen = {change: request.POST.get(f"{change.pk}-decision") or LEAVE for change in pending}
    meant = (LEAVE, REJECT) if len(pending) == 1 else (LEAVE,)
    return [change for change in parts[_part_asked_for(request, parts, None) - 1] if chosen[change] in meant]


def _line_in_words(correction: Correction, clearance: Clearance) -> str:
    line = queue.lines([correction], clearance, brief=True)[correction]
    return "" if line.folded else f"{listed(line.about) or 'The show'}: {line.kinds}."
