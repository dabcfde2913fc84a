"""The pages of one correction for moderators: what it would change, the decision, and the real page as it would be."""

import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from episodes.requests import whole_number

from . import desk, queue, rows, sending
from .apply import (
    CouldNotApply,
    HeldBack,
    Refused,
    Verdict,
    as_if_applied,
    decide,
    in_measure,
    may_publish,
    messages_of,
    not_undone,
    publish,
)
from .models import Change, Correction, Event
from .queue import WHY_UNTOLD, Sight
from .reading import MOST_SHOWN, Names, Standing, Trial, read, stand, try_out
from .verdicts import ACCEPT, LEAVE, REASONS, REJECT, ChangeForm, CommentForm, again, forms_for

CHANGELIST = "admin:corrections_correction_changelist"
CHANGE = "admin:corrections_correction_change"
TEMPLATES = "admin/corrections/correction"
TOO_TELLING = "What waits tells, at a closer look, of later episodes than yours."
POLICY: dict[str, Any] = settings.SECURE_CSP

type View = Callable[..., HttpResponse]


def for_those_with(permission: str) -> Callable[[View], View]:
    """All views here are behind the login of the admin; this says who of the staff may use one."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


onlookers = for_those_with("corrections.view_correction")
moderators = for_those_with("corrections.decide")


def address_of(correction: Correction) -> str:
    return reverse(CHANGE, args=[correction.pk])


# The page


@csp_override(POLICY | {"frame-src": [CSP.SELF]})
@onlookers
def page(request: HttpRequest, correction: Correction) -> HttpResponse:
    return answer(request, correction) if request.method == "POST" else _page(request, correction)


def _page(
    request: HttpRequest, correction: Correction, *, typed: Any = None, failure: CouldNotApply | None = None
) -> HttpResponse:
    """As it stands now, with what was typed."""
    everybody = ("author", "claimed_by", "decided_by", "undoes", "revises")
    correction = Correction.objects.select_related(*everybody).get(pk=correction.pk)
    sight = queue.sight_of(request)
    changes = list(correction.changes.current().prefetch_related("subjects"))
    changes.sort(key=lambda change: change.decision != Change.Decision.PENDING)  # what is decided makes room
    standings = stand(changes[:MOST_SHOWN])
    trial = try_out(correction, sight.at(correction))
    told_in = _told_in(trial, standings)
    context = admin.site.each_context(request) | {
        "correction": correction,
        "sight": sight,
        "sight_at": sight.at(correction, told_in),
        "ago": queue.ago(correction),
    }
    if sight.folds(correction, told_in):
        episode = max(sight.reveals(correction), told_in)
        context |= {"title": "A correction, folded", "episode": episode}
        return render(request, f"{TEMPLATES}/folded.html", context)
    names = Names(sight.at(correction, told_in), trial.names)
    if failure is not None:
        trial.problems = {change.pk if change else None: list(said) for change, said in failure.messages.items()}
    if trial.problems and not sight.reads_why(correction):
        trial.problems = {None: [WHY_UNTOLD]}
    found = read(standings, names, trial)
    filled_in = {}
    if correction.is_undecided and request.user.has_perm("corrections.decide"):
        filled_in = forms_for(found, names, typed and again(typed, found))
        for form in filled_in.values():
            form.is_valid()
    context |= {
        "changes": [(each, filled_in.get(each.change.pk)) for each in found],
        "more": len(changes) - len(standings),
        "comment": CommentForm(typed),
        "kept": _kept(typed, filled_in),
        "general_problems": trial.problems.get(None, []),
        "is_too_large": trial.is_too_large,
        "reasons": REASONS,
    }
    context |= _around(request, correction, sight, changes, names, trial)
    context["why_untold"] = WHY_UNTOLD in [*trial.problems.get(None, []), *(each.text for each in context["events"])]
    return render(request, f"{TEMPLATES}/page.html", context)


def _around(
    request: HttpRequest, correction: Correction, sight: Sight, changes: list[Change], names: Names, trial: Trial
) -> dict[str, Any]:
    """Who sent it, what was said, what else waits, and what may be done with it."""
    person = person_of(request)
    pages = _pages(changes, names, trial)
    others = sending.undecided_of_rows(changes).select_related("author")[:10] if changes else []
    may_decide = person.has_perm("corrections.decide")
    is_import = correction.kind == Correction.Kind.IMPORT
    return {
        "title": ", ".join(name for _, name in pages[:3]) or "A correction",
        "author": author_of(correction),
        "named_as": named_as(correction),
        "record": queue.record_of(correction),
        "events": _thread(correction, sight),
        "others": list(queue.lines(others, sight).items()),
        "undone_by": correction.undone_by.all(),
        "pages": pages if correction.is_undecided else [],
        "episodes": range(sight.last_episode + 1),
        "differs_from": min(sight.reveals(correction), sight.last_episode),
        "may_decide": may_decide,
        "decidable": may_decide and correction.is_undecided and (correction.author != person or person.is_superuser),
        "own": correction.author_id == person.pk,
        "mine": correction.is_claimed and correction.claimed_by_id == person.pk,
        "can_undo": not is_import and bool(sending.reversed_changes(not_undone(correction, changes))),
    }


def _thread(correction: Correction, sight: Sight) -> list[Event]:
    events = list(correction.events.select_related("by"))
    for event in events:
        if event.kind == Event.Kind.FAILED:
            event.text = sight.why(correction, event.text)
    return events


def _kept(typed: Any, filled_in: dict[UUID, Any]) -> list[str]:
    """What was typed into fields that are no longer there."""
    there = {form.add_prefix(name) for form in filled_in.values() for name in form.fields}
    gone = {name: text for name, text in (typed or {}).items() if name not in there}
    return [text for name, text in gone.items() if re.search(r"-(why|value-\w+)\Z", name) and str(text).strip()]


# What a moderator answers: one form for all of it


@moderators
def answer(request: HttpRequest, correction: Correction) -> HttpResponse:
    comment = request.POST.get("comment", "").strip()
    version = whole_number(request.POST.get("version"), digits=8) or 0
    try:
        if comment:
            comment = in_measure(comment, missing="")
        match request.POST.get("do"):
            case "ask":
                desk.ask(correction, comment, by=person_of(request), version=version)
                messages.success(request, link_to(correction, "Asked.", "It waits for its author."))
                return _go_on(request)
            case "say":
                desk.remark(correction, comment, by=person_of(request))
                return HttpResponseRedirect(address_of(correction) + "#thread")
            case "accept":
                return _decide(request, correction, version, comment, rest=ACCEPT)
        return _decide(request, correction, version, comment, rest=LEAVE)
    except (Refused, ValidationError) as error:
        messages.error(request, " ".join(messages_of(error)))
    return _page(request, correction, typed=request.POST)


def _decide(request: HttpRequest, correction: Correction, version: int, comment: str, *, rest: str) -> HttpResponse:
    sight = queue.sight_of(request)
    typed = request.POST.copy()
    standings = stand(pending(correction)[:MOST_SHOWN])
    for each in standings:
        chosen = typed.get(f"{each.change.pk}-decision") or LEAVE
        if rest == ACCEPT and (chosen == LEAVE or len(standings) == 1):
            typed[f"{each.change.pk}-decision"] = ACCEPT
    filled_in = _filled_in(correction, sight, standings, typed)
    if not all([form.is_valid() for form in filled_in.values()]):  # noqa: C419 (each of them is to say what is wrong)
        raise _Again("Nothing is decided yet: please look at what is marked below.")
    verdicts = {pk: verdict for pk, form in filled_in.items() if (verdict := form.verdict()) is not None}
    if not verdicts and correction.is_undecided and version == correction.version:
        raise Refused("Accept or reject at least one of its changes.")
    decided = decide(correction, by=person_of(request), version=version, verdicts=verdicts, comment=comment)
    if decided.failure is not None:
        messages.error(request, "It could not be applied, so nothing of it is published. The reasons stand below.")
        return _page(request, correction, typed=typed, failure=decided.failure)
    if decided.held:
        messages.warning(request, f"Held: {len(decided.held)}. What stands there has changed; look at both below.")
        return HttpResponseRedirect(address_of(correction))
    if decided.correction.is_undecided:
        messages.success(request, "Decided in part; the rest waits.")
        return HttpResponseRedirect(address_of(correction))
    state = decided.correction.get_state_display()
    messages.success(request, link_to(correction, f"{state}.", _what_it_was(correction, sight)))
    return _go_on(request)


def _filled_in(
    correction: Correction, sight: Sight, standings: list[Standing], typed: QueryDict
) -> dict[UUID, ChangeForm]:
    names = Names(sight.last_episode, try_out(correction, sight.last_episode).names)
    return forms_for(read(standings, names, Trial()), names, typed)


class _Again(Refused):
    """The form has to be looked at again."""


def _what_it_was(correction: Correction, sight: Sight) -> str:
    line = queue.lines([correction], sight)[correction]
    return "" if line.folded else f"{', '.join(line.about) or 'The show'}: {line.kinds}."


def _go_on(request: HttpRequest) -> HttpResponse:
    """To the next one; nobody asked to claim it."""
    return _go_to(request, next(_coming(request), None))


def _coming(request: HttpRequest, after: Correction | None = None) -> Iterator[Correction]:
    """Without those that tell, at a closer look, of more than this moderator has watched."""
    sight = queue.sight_of(request)
    for correction in queue.coming(person_of(request), sight, after=after)[:200]:
        changes = list(correction.changes.current().prefetch_related("subjects"))
        if not sight.folds(
            correction, _told_in(try_out(correction, sight.at(correction)), stand(changes[:MOST_SHOWN]))
        ):
            yield correction


def _told_in(trial: Trial, standings: list[Standing]) -> int:
    """The latest episode that its texts or its rows tell of."""
    return max([trial.told_in, *(each.known_in for each in standings)])


def _go_to(request: HttpRequest, following: Correction | None, after: Correction | None = None) -> HttpResponse:
    if following is None:
        too_telling = queue.coming(person_of(request), queue.sight_of(request), after=after).exists()
        messages.info(request, TOO_TELLING if too_telling else "Nothing else waits for you.")
        return HttpResponseRedirect(reverse(CHANGELIST))
    return HttpResponseRedirect(address_of(following))


# What surrounds deciding


@require_POST
@moderators
def take_next(request: HttpRequest) -> HttpResponse:
    """The oldest, or the first after one that is left to others."""
    left = None
    if text := request.POST.get("after"):
        try:
            left = get_object_or_404(Correction, pk=text)
        except ValidationError:
            raise Http404 from None
        if left.is_claimed and left.claimed_by_id == request.user.pk:
            desk.release(left, by=person_of(request))
    return _go_to(request, queue.take_first(_coming(request, after=left), person_of(request)), after=left)


@require_POST
@moderators
def claim(request: HttpRequest, pk: UUID) -> HttpResponse:
    correction = get_object_or_404(Correction, pk=pk)
    try:
        if request.POST.get("do") == "release":
            desk.release(correction, by=person_of(request))
        else:
            desk.claim(correction, by=person_of(request), over=request.POST.get("do") == "over")
    except Refused as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(address_of(correction))


@require_POST
@onlookers
def unfold(request: HttpRequest, pk: UUID) -> HttpResponse:
    correction = get_object_or_404(Correction, pk=pk)
    queue.open_on_purpose(request, correction)
    return HttpResponseRedirect(address_of(correction))


@require_POST
@onlookers
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """With the right to publish at once; where something stands in the way it waits in the queue, not lost."""
    correction = get_object_or_404(Correction, pk=pk)
    person = person_of(request)
    try:
        undone = sending.undo(correction, by=person, reason=request.POST.get("reason", "").strip()[:2000])
    except (Refused, ValidationError) as error:
        messages.error(request, " ".join(messages_of(error)))
        return HttpResponseRedirect(address_of(correction))
    if str(correction.pk) in queue.sight_of(request).opened:
        queue.open_on_purpose(request, undone)
    if not may_publish(person):
        messages.success(request, "This undoes it. It waits for a moderator.")
        return HttpResponseRedirect(address_of(undone))
    try:
        publish(undone, by=person)
    except HeldBack:
        messages.warning(request, "What it would undo has changed since. It waits here for another moderator.")
    except CouldNotApply as failure:
        said = queue.sight_of(request).why(undone, f"It cannot be undone as it is: {failure}")
        messages.warning(request, f"{said} It waits here for another moderator.")
    else:
        messages.success(request, "Undone.")
    return HttpResponseRedirect(address_of(undone))


# The real page, and pictures that nobody else sees


@csp_override(POLICY | {"script-src": [CSP.NONE], "form-action": [CSP.NONE], "frame-ancestors": [CSP.SELF]})
@xframe_options_sameorigin
@require_http_methods(["GET", "HEAD", "POST"])
@onlookers
def preview(request: HttpRequest, pk: UUID, episode: int) -> HttpResponse:
    """As it was sent, or as a moderator has altered it in the form so far; nothing is kept of that."""
    if request.method == "POST" and not request.user.has_perm("corrections.decide"):
        raise PermissionDenied
    correction = get_object_or_404(Correction, pk=pk)
    sight = queue.sight_of(request)
    if episode > sight.last_episode:
        raise Http404
    beyond = sight.folds(correction) or episode > sight.at(correction)
    if beyond and request.GET.get("open") != "1":
        asked = request.GET.copy()
        asked["open"] = "1"
        return render(request, f"{TEMPLATES}/ask_first.html", {"episode": episode, "query": asked.urlencode()})
    subjects = _subjects(list(correction.changes.current().prefetch_related("subjects")))
    subject = request.GET.get("page") or next(iter(subjects), "")
    try:
        verdicts = _typed_so_far(request, correction, sight) if request.method == "POST" else None
        with as_if_applied(correction, verdicts) as applied:
            shown = _page_at(request, subject, episode)
            missing = sum(change.outcome == Change.Outcome.CONFLICT for change in applied)
    except CouldNotApply as failure:
        said = [message for found in failure.messages.values() for message in found]
        said = said if sight.reads_why(correction) else [WHY_UNTOLD]
    except _Again as failure:
        said = [str(failure)]
    else:
        if shown is not None:
            return _as_preview(shown, correction, episode, missing)
        said = ["Nothing is known of it at this episode."]
    return render(request, f"{TEMPLATES}/cannot_be_shown.html", {"episode": episode, "said": said})


def _typed_so_far(request: HttpRequest, correction: Correction, sight: Sight) -> dict[UUID, Verdict]:
    """What is not rejected counts as accepted."""
    typed = request.POST.copy()
    standings = stand(pending(correction)[:MOST_SHOWN])
    for each in standings:
        if typed.get(f"{each.change.pk}-decision") != REJECT:
            typed[f"{each.change.pk}-decision"] = ACCEPT
    filled_in = _filled_in(correction, sight, standings, typed)
    verdicts = {}
    for pk, form in filled_in.items():
        is_valid, verdict = form.is_valid(), form.verdict()
        if verdict is not None:
            verdicts[pk] = verdict
            if verdict.accept and not is_valid:
                raise _Again(" ".join(f"{form[name].label}: {said[0]}" for name, said in form.errors.items()))
    return verdicts


def _page_at(request: HttpRequest, subject: str, episode: int) -> HttpResponse | None:
    row = rows.find(subject)
    shown = rows.editable(subject.partition(":")[0]).page if row is not None else None
    if row is None or shown is None or shown.preview is None:
        return None
    try:
        return shown.preview(request, row, episode)
    except Http404:
        return None


def _as_preview(shown: HttpResponse, correction: Correction, episode: int, missing: int) -> HttpResponse:
    """With a banner, links that leave the frame, no scripts, and pictures from where they are kept until then."""
    content = re.sub(r"<script\b[^>]*></script>", "", shown.content.decode())
    for change in pending(correction):
        if name := _pictures(change).get("after"):
            public = re.escape(default_storage.url(name).rpartition(".")[0]) + r"(-\d+)?\.\w+"
            private = reverse("admin:corrections_correction_picture", args=[correction.pk, change.pk, "after"])
            content = re.sub(public, private, content)
    banner = render_to_string(f"{TEMPLATES}/banner.html", {"episode": episode, "missing": missing})
    head, _, body = banner.partition("<!-- body -->")
    content = content.replace("<head>", f"<head>{head}", 1)
    content = re.sub(r"<body[^>]*>", lambda found: found[0] + body, content, count=1)
    return HttpResponse(content, headers={"Cache-Control": "private, no-store"})


@require_safe
@onlookers
def picture(request: HttpRequest, pk: UUID, change: UUID, which: str) -> HttpResponse:
    found = get_object_or_404(Change, pk=change, correction=pk)
    open_file = rows.editable(found.model).open_file
    name = _pictures(found).get(which)
    file = open_file(name) if open_file is not None and name else None
    if file is None:
        raise Http404
    with file:
        content = file.read()
    return HttpResponse(content, content_type="image/webp", headers={"Cache-Control": "private, no-store"})


def _pictures(change: Change) -> dict[str, str]:
    """The names of the files before and after."""
    found = {}
    for which, values in (("before", change.before), ("after", change.wanted)):
        for name in rows.editable(change.model).files:
            value = values if change.path == name else (values or {}).get(name) if not change.path else None
            if isinstance(value, str) and value:
                found[which] = value
    return found


# What several of them need


def person_of(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def author_of(correction: Correction) -> str:
    if correction.author is not None:
        return correction.author.get_username()
    return "the loader" if correction.kind == Correction.Kind.IMPORT else "somebody with a receipt"


def named_as(correction: Correction) -> str:
    """What will stand in public besides the changes: to be read before it does."""
    return f"named as “{correction.credit}”" if correction.credit else ""


def pending(correction: Correction) -> list[Change]:
    return [change for change in correction.changes.current() if change.decision == Change.Decision.PENDING]


def link_to(correction: Correction, words: str, more: str) -> SafeString:
    return format_html('<a href="{}">{}</a> {}', address_of(correction), words, more)


def _subjects(changes: list[Change]) -> list[str]:
    """The pages it is about that can be previewed, those it says most about first."""
    counted: dict[str, int] = {}
    for change in changes[:MOST_SHOWN]:
        for each in change.subjects.all():
            shown = rows.editable(each.subject.partition(":")[0]).page
            if shown is not None and shown.preview is not None:
                counted[each.subject] = counted.get(each.subject, 0) + 1
    return sorted(counted, key=lambda subject: -counted[subject])


def _pages(changes: list[Change], names: Names, trial: Trial) -> list[tuple[str, str]]:
    subjects = _subjects(changes)
    known = trial.names | names.of_pages(subjects)
    return [(subject, known.get(subject, "a page that is not there")) for subject in subjects]
