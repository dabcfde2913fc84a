"""What every public response has in common: it belongs to one progress, and tells nothing by being missing."""

from collections.abc import Callable

from django.http import HttpResponse, HttpResponseBase, HttpResponseNotFound
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.defaults import page_not_found

from . import themes
from .progress import cookie_name, inside, left_behind, parse_episode, remember, watched_so_far
from .requests import Visit
from .viewers import account_of, offer_to

type View = Callable[[Visit], HttpResponseBase]

# Not gated: they show no lore, or all of it to those who may.
OUTSIDE = ("/admin/", "/static/", "/media/", "/healthz")


def same_answer_to_every_miss(get_response: View) -> View:
    """Unknown and not yet known are the same 404, byte for byte, whatever raised it and whatever DEBUG says."""

    def middleware(request: Visit) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code != 404 or request.path.startswith(OUTSIDE):
            return response
        return render(request, "404.html", status=404)

    return middleware


def missing(request: Visit, exception: Exception) -> HttpResponse:
    """Django's `handler404`: the page is made by `same_answer_to_every_miss`, once."""
    if request.path.startswith(OUTSIDE):
        return page_not_found(request, exception)
    return HttpResponseNotFound()


def private_to_this_viewer(get_response: View) -> View:
    """Nothing is shared across progress: neither by a cache on the way nor by the browser's own."""

    def middleware(request: Visit) -> HttpResponseBase:
        response = get_response(request)
        if not request.path.startswith(OUTSIDE):
            response["Cache-Control"] = "private, no-store"
            patch_vary_headers(response, ["Cookie"])
        return response

    return middleware


def progress(get_response: View) -> View:
    """Sets `request.progress`, and `request.as_of`: the episode at which this page is read, never later."""

    def middleware(request: Visit) -> HttpResponseBase:
        here = request.here = watched_so_far(request)
        account = request.account = account_of(request)
        request.offer = offer_to(account, here)
        request.progress = account.progress if account and account.in_step else here  # type: ignore[assignment]
        request.left_behind = left_behind(request, request.progress)
        asked = request.asked_for = parse_episode(request.GET.get("as_of"))
        request.as_of = request.progress if asked is None else min(asked, request.progress)
        response = get_response(request)
        if request.progress != here and cookie_name(request) not in response.cookies:
            remember(response, request, request.progress)  # what was shown last counts when nobody is signed in
        return response

    return middleware


def theme(get_response: View) -> View:
    """Sets `request.theme`, for the very first byte of a page."""

    def middleware(request: Visit) -> HttpResponseBase:
        request.theme = themes.chosen(request)
        return get_response(request)

    return middleware


def look_back(get_response: View) -> View:
    """`?as_of=n` beyond the viewer's progress asks first, in the same words for every target."""

    def middleware(request: Visit) -> HttpResponseBase:
        asked = request.asked_for
        beyond = asked is not None and request.progress < asked <= request.lore.last_episode
        if asked is None or not beyond or request.path.startswith(OUTSIDE):
            return get_response(request)
        return _ask_first(request, asked)

    return middleware


def _ask_first(request: Visit, episode: int) -> HttpResponse:
    return render(request, "episodes/ask_first.html", {"episode": episode, "target": inside(request.path)})
