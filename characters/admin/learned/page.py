"""The page for what was learned in an episode: one form, whose changes are sent as one correction."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from characters.admin.lint import SAVE_ALL_THE_SAME
from corrections import drafts
from corrections.deciding import may_publish
from corrections.editing import (
    BASE,
    OPENED_AGAIN,
    REASON,
    SaveRefused,
    focus_on_first_error,
    posted_base,
    published_since,
    send_through_door,
)
from corrections.errors import Refused
from corrections.linking import note_to_answer
from corrections.models import Correction
from corrections.sealing import seal
from corrections.sending import Proposed
from corrections.sent_forms import (
    EARLIER,
    fields_again,
    form_to_open,
    keep_uploads,
    kept_files,
    post_again,
    send_kept_files,
    waiting_at,
)
from corrections.trial import MOST_TRIED, try_out
from episodes.axes import SECOND_AXIS, end, is_on_second_axis, place_of
from episodes.choices import CHOOSE, with_choice
from episodes.horizon import horizon_of, reads_up_to, sees_both_axes, sees_up_to
from episodes.known import is_reached
from episodes.models import Episode
from episodes.requests import whole_number
from episodes.units import named, speaking_of

from .sheet import EMPTY_ROWS, MOST_ROWS, RowForm, Sheet

MORE = "_more"

WAITS_ALREADY = "Your correction that adds {} waits. Open it above, and send it again with this."


def learned(request: HttpRequest, number: int) -> HttpResponse:
    """Show the form of an episode or of a chapter, and send what was written there."""
    with speaking_of(number):
        return _learned(request, number)


def _learned(request: HttpRequest, number: int) -> HttpResponse:
    episode = Episode.objects.filter(number=number).first() or _next_episode(request, number)
    if not request.user.has_perm("episodes.change_episode"):
        raise PermissionDenied
    if again := form_to_open(request, request.path):
        post_again(request, again)
        sheet = _sheet(request, episode, request.POST.copy(), posted_base(request))
        sheet.is_valid()
        sheet.problems.append(OPENED_AGAIN)
        return _show_sheet(request, sheet, checked=True)
    if draft := drafts.opened_draft(request, request.path, _read_by(request, number)):
        return _open_draft(request, episode, draft)
    # Nobody can say more than that they have watched all there is.
    reached = number - episode._state.adding
    if request.method != "POST" and not is_reached(reached, _read_by(request, number)) and "sure" not in request.GET:
        return _show(request, episode, "admin/learned_folded.html", {})
    if request.method != "POST":
        return _show_sheet(request, _sheet(request, episode))
    try:
        if answer := drafts.answered(request, request.path, _read_by(request, number)):
            return answer
    except Refused as refused:
        sheet = _sheet(request, episode, request.POST.copy(), posted_base(request))
        sheet.is_valid()
        sheet.problems.append(str(refused))
        return _show_sheet(request, sheet, checked=True)
    send_kept_files(request)
    data, base = with_choice(request.POST).copy(), posted_base(request)
    if (more := data.get(MORE)) is not None:
        _widen(data, more, _sheet(request, episode))
        sheet = _sheet(request, episode, data, base)
        sheet.is_valid()  # so that pictures are kept
        return _show_sheet(request, sheet)
    sheet = _sheet(request, episode, data, base)
    if sheet.is_valid() and CHOOSE not in data:
        try:
            _send(request, sheet)
        except SaveRefused as refused:
            request.save_refused = refused  # type: ignore[attr-defined]
            # Show the form again with the problems. Whoever saves it then has seen the newer values.
            sheet.problems += refused.problems
            for change in refused.newer:
                sheet.base.setdefault(f"{change.model}:{change.row}", {})[change.path] = change.was
        else:
            messages.add_message(request, *request.write_door_message)  # type: ignore[attr-defined]
            return HttpResponseRedirect(request.get_full_path())
    return _show_sheet(request, sheet, checked=True)


def _sheet(request: HttpRequest, episode: Episode, data: Any = None, base: Any = None) -> Sheet:
    """Return the form, with places on the other axis where the show has one and nothing of it is hidden."""
    user: Any = request.user
    return Sheet(
        episode,
        user,
        data,
        base,
        None if data is None else request.FILES,
        horizon=_horizon(request, episode.number),
        on_both=sees_both_axes(request),
    )


def _read_by(request: HttpRequest, place: int) -> int:
    """Return how far somebody sees who opens a form: that of a chapter shows nothing but what its axis tells."""
    return reads_up_to(request) if is_on_second_axis(place) else sees_up_to(request)


def _horizon(request: HttpRequest, place: int) -> int | None:
    return None if horizon_of(request) is None else _read_by(request, place)


def _open_draft(request: HttpRequest, episode: Episode, draft: Any) -> HttpResponse:
    """Show the form as its draft was left; nothing is saved, and nothing is said of what is not finished."""
    _ = request.FILES  # is empty, and would be read from what was never sent
    request.POST, request.method = drafts.posted_by(draft), "POST"  # type: ignore[assignment]
    send_kept_files(request)
    sheet = _sheet(request, episode, request.POST.copy(), posted_base(request))
    sheet.is_valid()  # so that pictures are kept
    return _show_sheet(request, sheet)


def _next_episode(request: HttpRequest, number: int) -> Episode:
    """Return the episode or the chapter after the last, which is not there yet; raise Http404 for any other, or for
    whoever may not add it.
    """
    last = end()
    coming = [int(last) + 1, *([place_of(last.second + 1)] if last.second else [])]
    if number not in coming or not request.user.has_perm("episodes.add_episode"):
        raise Http404
    return Episode(number=number)


def _send(request: HttpRequest, sheet: Sheet) -> None:
    proposed = sheet.proposed()
    if sheet.episode._state.adding and EARLIER not in request.POST and waiting_at(request, request.path):
        raise SaveRefused([WAITS_ALREADY.format(named(sheet.episode.number))])
    if len(proposed) > MOST_TRIED:
        raise SaveRefused([f"That is more than {MOST_TRIED} changes; please save them in parts."])
    reason = request.POST.get(REASON, "").strip()
    send_through_door(
        request, [change for change, _ in proposed], reason=reason,
        what=f"What was learned in {named(sheet.episode.number)}", form_address=request.path,
        check=_trial(request, sheet, proposed),
    )  # fmt: skip


def _trial(
    request: HttpRequest, sheet: Sheet, proposed: list[tuple[Proposed, RowForm]]
) -> Callable[[Correction], None]:
    """Return a check that a correction can be applied and says nothing too early, also if it will wait in the queue."""

    def check(correction: Correction) -> None:
        confirmed = SAVE_ALL_THE_SAME in request.POST
        trial = try_out(correction, sheet.reader)
        forms = {change.pk: proposed[change.position] for change in correction.changes.all()}
        sheet.show_result(trial, forms, confirmed=confirmed, horizon=_horizon(request, sheet.episode.number))
        if trial.problems or (trial.warnings and not confirmed):
            raise SaveRefused([])

    return check


def _widen(data: QueryDict, slug: str, sheet: Sheet) -> None:
    """Add rows to a section, with the values that new rows begin with."""
    total = whole_number(str(data.get(f"{slug}-TOTAL_FORMS", "")), digits=4)
    section = next((each for each in sheet.sections if each.kind.slug == slug), None)
    if section is None or total is None:
        return
    wanted = min(total + EMPTY_ROWS, MOST_ROWS)
    data[f"{slug}-TOTAL_FORMS"] = str(wanted)
    for number in range(total, wanted):
        for blank in section.blank:
            if blank.value() not in (None, False):
                data[blank.html_name.replace("__prefix__", str(number))] = str(blank.value())


def _show_sheet(request: HttpRequest, sheet: Sheet, *, checked: bool = False) -> HttpResponse:
    keep_uploads(request, sheet.forms())
    if checked:
        focus_on_first_error(sheet.forms())
    waiting = Correction.objects.undecided().filter(
        **{"also_in" if sheet.reader.second else "revealed_in": sheet.episode.number}
    )
    context = {
        "sheet": sheet,
        "checked": checked,
        "base_name": BASE,
        "base": seal(sheet.base),
        "reason_name": REASON,
        "reason": request.POST.get(REASON, ""),
        "publishes": may_publish(request.user),
        "more_name": MORE,
        "save_all_the_same": SAVE_ALL_THE_SAME,
        "confirmed": SAVE_ALL_THE_SAME in request.POST,
        "fields_again": fields_again(request, refused=hasattr(request, "save_refused")),
        "keeps": kept_files(request),
        "note": note_to_answer(request),
        "draft": drafts.state_of(request, request.path, _read_by(request, sheet.episode.number)),
        "published_since": _published_since(request, sheet),
        "own_waiting": [] if EARLIER in request.POST else waiting_at(request, request.path),
        "queued": waiting.count() if request.user.has_perm("corrections.view_correction") else 0,
    }
    response = _show(request, sheet.episode, "admin/learned.html", context)
    return response.render() if sheet.reader.second else response  # while chapters are what it speaks of


def _published_since(request: HttpRequest, sheet: Sheet) -> list[SafeString]:
    """Say what others changed since the draft that is shown was begun; of an episode that is not there yet, nothing."""
    is_draft = hasattr(request, "opened_draft") and not sheet.episode._state.adding
    return published_since(request, posted_base(request) or {}) if is_draft else []


def _show(request: HttpRequest, episode: Episode, template: str, context: dict[str, Any]) -> TemplateResponse:
    page = admin.site.each_context(request) | {
        "title": f"What was learned in {named(episode.number)}" if episode.number else "What is known beforehand",
        "episode": episode,
        "is_new": episode._state.adding,
        "is_chapter": is_on_second_axis(episode.number),
        "episodes": Episode.objects.filter(number__lt=SECOND_AXIS).values_list("number", flat=True),
    }
    return TemplateResponse(request, template, page | context)
