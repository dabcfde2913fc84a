"""Middleware for all public pages: progress, theme, looking back, and what browsers may keep."""

from collections.abc import Callable

from django.http import HttpResponse, HttpResponseBase, HttpResponseNotFound
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import parse_http_date_safe
from django.views.defaults import page_not_found

from . import themes
from .progress import (
    COOKIE,
    is_same,
    local_path,
    parse_episode,
    previous_progress,
    progress_in_cookie,
    read_at,
    set_progress_cookie,
)
from .requests import cookie_name
from .viewers import Account, account_of, offer_for
from .visits import Visit

type View = Callable[[Visit], HttpResponseBase]

# Paths outside the gate: they show no lore, or all of it to those who may see it.
UNGATED_PATHS = ("/admin/", "/static/", "/media/", "/healthz", "/readyz")


def not_found(request: Visit, exception: Exception) -> HttpResponse:
    """Serve as Django's `handler404`; for public paths, `making_pages` puts the one page there that all share."""
    if request.path.startswith(UNGATED_PATHS):
        return page_not_found(request, exception)
    return HttpResponseNotFound()


def private_caching(get_response: View) -> View:
    """Forbid caching of public pages, in proxies and in the browser: a page is valid for one progress only."""

    def middleware(request: Visit) -> HttpResponseBase:
        response = get_response(request)
        if not request.path.startswith(UNGATED_PATHS):
            is_feed = response.has_header("ETag")  # which is the same for all
            response["Cache-Control"] = "private, no-cache" if is_feed else "private, no-store"
            patch_vary_headers(response, ["Cookie"])
        return response

    return middleware


def conditional(get_response: View) -> View:
    """Answer in short where a reader of a feed has it already as it is."""

    def middleware(request: Visit) -> HttpResponseBase:
        response = get_response(request)
        is_feed = response.get("Content-Type", "").startswith("application/atom+xml")
        if not is_feed or not isinstance(response, HttpResponse):
            return response
        modified = parse_http_date_safe(response["Last-Modified"])
        return get_conditional_response(request, response["ETag"], modified, response) or response

    return middleware


def progress(get_response: View) -> View:
    """Set `request.progress`, and `request.as_of`: the episode at which this page is read, never beyond progress."""

    def middleware(request: Visit) -> HttpResponseBase:
        read_progress(request, account_of(request))
        response = get_response(request)
        is_news = not is_same(request.progress, request.browser_progress)
        if is_news and cookie_name(request, COOKIE) not in response.cookies:
            set_progress_cookie(response, request, request.progress)  # it counts when nobody is signed in any more
        return response

    return middleware


def read_progress(request: Visit, account: Account | None) -> None:
    """Set what a request says of how far its sender is, who is signed in to this account or to none."""
    in_browser = request.browser_progress = progress_in_cookie(request)
    request.account = account
    request.offer = offer_for(account, in_browser)
    followed = account.progress if account and account.is_followed else None
    request.progress = in_browser if followed is None else followed
    request.previous_progress = previous_progress(request, request.progress)
    requested = request.requested_episode = parse_episode(request.GET.get("as_of"))
    request.as_of = read_at(request.progress, requested)


def theme(get_response: View) -> View:
    """Set `request.theme`, which the first tag of a page shows, and `request.hides_ahead`."""

    def middleware(request: Visit) -> HttpResponseBase:
        read_choices(request)
        return get_response(request)

    return middleware


def read_choices(request: Visit) -> None:
    """Set what a request says of how its sender wants to see pages."""
    request.theme = themes.theme_in_cookie(request)
    request.hides_ahead = themes.hides_ahead(request)


def furthest_asked(request: Visit, last: int) -> int:
    """Return the latest episode of which `?as_of=` is heeded; none that is hidden may be found by trying it."""
    return min(last, request.progress + 1) if request.hides_ahead else last


def look_back(get_response: View) -> View:
    """Ask for confirmation of an `?as_of=n` beyond the viewer's progress, in the same words for every path."""

    def middleware(request: Visit) -> HttpResponseBase:
        requested = request.requested_episode
        is_ahead = requested is not None and request.progress < requested <= furthest_asked(
            request, request.lore.last_episode
        )
        if requested is None or not is_ahead or request.path.startswith(UNGATED_PATHS):
            return get_response(request)
        return _ask_first(request, requested)

    return middleware


def _ask_first(request: Visit, episode: int) -> HttpResponse:
    return render(request, "episodes/ask_first.html", {"episode": episode, "target": local_path(request.path)})
