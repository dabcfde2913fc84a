"""The cookies of those who want pages otherwise: in light or dark colours, and without how many episodes are ahead."""

from django.http import HttpRequest, HttpResponse

from .progress import ONE_YEAR
from .requests import cookie_name

COOKIE = "theme"
THEMES = ("light", "dark")
AHEAD_COOKIE = "ahead"
HIDDEN = "hidden"


def theme_in_cookie(request: HttpRequest) -> str:
    """Return the chosen theme, or an empty text where the system decides."""
    theme = request.COOKIES.get(cookie_name(request, COOKIE), "")
    return theme if theme in THEMES else ""


def set_theme_cookie(response: HttpResponse, request: HttpRequest, theme: str) -> None:
    """Store the theme; delete the cookie if the system is to decide."""
    _store(response, request, COOKIE, theme if theme in THEMES else "")


def hides_ahead(request: HttpRequest) -> bool:
    """Return whether pages are to end at the next episode, and not say how many there are."""
    return request.COOKIES.get(cookie_name(request, AHEAD_COOKIE)) == HIDDEN


def set_ahead_cookie(response: HttpResponse, request: HttpRequest, ahead: str) -> None:
    """Store that what is ahead is hidden; delete the cookie if it is to be shown."""
    _store(response, request, AHEAD_COOKIE, HIDDEN if ahead == HIDDEN else "")


def _store(response: HttpResponse, request: HttpRequest, cookie: str, value: str) -> None:
    """Set a cookie, or delete it where there is no value."""
    name = cookie_name(request, cookie)
    if value:
        response.set_cookie(name, value, max_age=ONE_YEAR, httponly=True, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(name, samesite="Lax")
