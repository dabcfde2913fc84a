"""How far the visitor has watched. Only their own hand moves it forward."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from .models import Episode

ONE_YEAR = 365 * 24 * 60 * 60  # seconds


def parse_episode(text: str | None) -> int | None:
    """The number that the text says, if it says one at all."""
    return int(text) if text and len(text) <= 4 and text.isascii() and text.isdigit() else None


def last_episode() -> int:
    return Episode.objects.order_by("-number").values_list("number", flat=True).first() or 0


def cookie_name(request: HttpRequest) -> str:
    """Over https, one that no neighbouring host can set: browsers see to that by the name."""
    return "__Host-progress" if request.is_secure() else "progress"


def watched_so_far(request: HttpRequest) -> int:
    """What this browser says. Of several cookies, as a neighbouring host could add one over http, the lowest counts."""
    cookie = cookie_name(request)
    pairs = (pair.partition("=") for pair in request.META.get("HTTP_COOKIE", "").split(";"))
    told = [parse_episode(value.strip().strip('"')) or 0 for name, _, value in pairs if name.strip() == cookie]
    return min(*told, last_episode()) if any(told) else 0


def inside(target: str) -> str:
    """The target if it is a path on this site, or else the home page."""
    return target if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "/"


def remember(response: HttpResponseBase, request: HttpRequest, episode: int) -> None:
    response.set_cookie(
        cookie_name(request), str(episode), max_age=ONE_YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
    )


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
