from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from . import themes
from .axes import Progress, last_chapter_for, second_of
from .kept_pages import kept, page_number
from .kept_pages import number as number_in_query
from .progress import (
    has_to_be_confirmed,
    is_first_answer,
    is_further,
    last_episode,
    parse_episode,
    parse_progress,
    set_previous_cookie,
    set_progress_cookie,
    target_of,
)
from .requests import form_of, is_same_origin, whole_number
from .units import current
from .viewers import update_account
from .visits import Visit


@kept({"from": number_in_query(4), "chapter": number_in_query(4)})
@require_safe
def episode_list(request: Visit) -> HttpResponse:
    at, chapter = (parse_episode(request.GET.get(name)) for name in ("from", "chapter"))
    page = request.lore.episode_list(at, chapter)
    return render(request, "episodes/episode_list.html", {"page": page})


@kept({"page": page_number})
@require_safe
def episode(request: Visit, number: int) -> HttpResponse:
    page = request.lore.episode(number, whole_number(request.GET.get("page")) or 1)
    if page is None:
        raise Http404
    return render(request, "episodes/episode.html", {"page": page})


@csrf_exempt  # is_same_origin() is the guard: with a token each visitor would get a page of their own
@require_POST
def set_progress(request: Visit) -> HttpResponse:
    if not is_same_origin(request):
        return render(request, "episodes/cross_origin.html", status=403)
    form = form_of(request)
    target, last_chapter = target_of(request, form.get("next", "/")), last_chapter_for(request)
    asked = _asked(form, request.progress) if last_chapter else _asked_on_one_axis(form)
    if asked is None or asked > last_episode() or second_of(asked) > last_chapter:
        is_of_second = last_chapter and ("second" in form or "second_said" in form)
        return render(request, "episodes/no_such_episode.html", {"is_of_second": is_of_second}, status=400)
    if has_to_be_confirmed(request, request.progress, asked) and not form.get("sure"):
        is_first = is_first_answer(request, request.progress)
        context = {"episode": int(asked), "asked": asked, "target": target, "is_first": is_first}
        return render(request, "episodes/so_far_ahead.html", context)
    if is_further(request.progress, asked) and not request.lore.at(asked).has_page_at(target):
        target = _instead_of(target, request.lore.at(asked))
    response = HttpResponseRedirect(target, status=303)
    set_progress_cookie(response, request, asked)
    set_previous_cookie(response, request, request.progress, asked)
    if request.account:
        update_account(request, request.account, request.browser_progress, asked, answered=form.get("account"))
    return response


def _asked_on_one_axis(form: QueryDict) -> Progress | None:
    """Return how far somebody says they have watched, or None if they name no episode."""
    said = form.get("said")
    number = parse_episode(form.get("episode")) if said is None else current().number_of(said)
    return None if number is None else Progress(number)


def _asked_on_second_axis(form: QueryDict) -> int | None:
    said = form.get("second_said")
    return parse_episode(form.get("second")) if said is None else current().second_number_of(said)


def _asked(form: QueryDict, progress: Progress) -> Progress | None:
    """Return how far somebody says they are on both axes; a form that names one alone leaves them where they are.

    Buttons that lead to a place on both name that as a cookie does.
    """
    if "both" in form:
        return parse_progress(form.get("both"))
    names_second = "second" in form or "second_said" in form
    second = _asked_on_second_axis(form) if names_second else second_of(progress)
    names_first = "episode" in form or "said" in form
    first = _asked_on_one_axis(form) if names_first or not names_second else progress
    return None if first is None or second is None else Progress(int(first), second)


def _instead_of(target: str, lore: Any) -> str:
    """Return where to lead somebody who no longer knows a page, as its address may contain a name."""
    nameless = lore.without_name(target)
    return nameless if lore.has_page_at(nameless) else f"{reverse('went-back')}?{urlencode({'to': nameless})}"


@csrf_exempt  # as above
@require_POST
def set_theme(request: Visit) -> HttpResponse:
    if not is_same_origin(request):
        return render(request, "episodes/cross_origin.html", status=403)
    form = form_of(request)
    response = HttpResponseRedirect(target_of(request, form.get("next", "/")), status=303)
    if "ahead" in form:
        themes.set_ahead_cookie(response, request, form.get("ahead", ""))
    else:
        themes.set_theme_cookie(response, request, form.get("theme", ""))
    return response
