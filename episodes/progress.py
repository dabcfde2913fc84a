"""How far the visitor has watched. Only their own hand moves it forward."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from .models import Episode
from .requests import whole_number

COOKIE = "progress"
LEFT_BEHIND = "progress_before"
ONE_YEAR = 365 * 24 * 60 * 60  # seconds
TEN_MINUTES = 10 * 60
LONGEST_STEP = 2  # episodes; whoever moves ahead further is asked once more


def parse_episode(text: str | None) -> int | None:
    """The number that the text says, if it says one at all."""
    return whole_number(text, digits=4)


def last_episode() -> int:
    return Episode.objects.order_by("-number").values_list("number", flat=True).first() or 0


def cookie_name(request: HttpRequest, name: str = COOKIE) -> str:
    """Over https, one that no neighbouring host can set: browsers see to that by the name."""
    return f"__Host-{name}" if request.is_secure() else name


def watched_so_far(request: HttpRequest) -> int:
    """What this browser says. Of several cookies, as a neighbouring host could add one over http, the lowest counts."""
    told = [parse_episode(value) or 0 for value in _values(request, cookie_name(request))]
    return min(*told, last_episode()) if any(told) else 0


def left_behind(request: HttpRequest, progress: int) -> int | None:
    """Where the visitor was before their last step, which they may want to undo."""
    told = [parse_episode(value) for value in _values(request, cookie_name(request, LEFT_BEHIND))]
    number = min((episode for episode in told if episode is not None), default=progress)
    return number if number != progress and number <= last_episode() else None


def is_leap(request: HttpRequest, progress: int, episode: int) -> bool:
    """Whether that is so far ahead that it may be a slip; who says it for the first time is coming from nowhere."""
    said_before = progress > 0 or _values(request, cookie_name(request))
    return bool(said_before) and episode > progress + LONGEST_STEP


def _values(request: HttpRequest, cookie: str) -> list[str]:
    pairs = (pair.partition("=") for pair in request.META.get("HTTP_COOKIE", "").split(";"))
    return [value.strip().strip('"') for name, _, value in pairs if name.strip() == cookie]


def inside(target: str) -> str:
    """The target if it is a path on this site, or else the home page."""
    return target if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "/"


def remember(response: HttpResponseBase, request: HttpRequest, episode: int) -> None:
    _set(response, request, cookie_name(request), str(episode), ONE_YEAR)


def remember_the_step(response: HttpResponseBase, request: HttpRequest, before: int, after: int) -> None:
    """Where it was taken from; going back there is the undoing, which needs none itself."""
    cookie = cookie_name(request, LEFT_BEHIND)
    if after in (before, left_behind(request, before)):
        _set(response, request, cookie, "", 0)
    else:
        _set(response, request, cookie, str(before), TEN_MINUTES)


def _set(response: HttpResponseBase, request: HttpRequest, cookie: str, value: str, seconds: int) -> None:
    response.set_cookie(cookie, value, max_age=seconds, httponly=True, samesite="Lax", secure=request.is_secure())


def is_own_hand(request: HttpRequest) -> bool:
    """Whether the form was sent from a page of this very site.

    Browsers say so themselves (Sec-Fetch-Site), so that pages need no token and are the same for everybody at the
    same episode. Older ones at least name the origin.
    """
    said = request.headers.get("Sec-Fetch-Site")
    if said is not None:
        return said == "same-origin"
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    if not origin:
        return False
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return (parts.scheme, parts.netloc) == (request.scheme, request.get_host())
