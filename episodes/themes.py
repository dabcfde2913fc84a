"""The cookie that holds a light or a dark theme, for visitors who want another one than their system has."""

from django.http import HttpRequest, HttpResponse

from .progress import ONE_YEAR

COOKIE = "theme"
THEMES = ("light", "dark")


def theme_in_cookie(request: HttpRequest) -> str:
    """Return the chosen theme, or an empty text where the system decides."""
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in THEMES else ""


def set_theme_cookie(response: HttpResponse, request: HttpRequest, theme: str) -> None:
    """Store the theme; delete the cookie if the system is to decide."""
    if theme in THEMES:
        response.set_cookie(COOKIE, theme, max_age=ONE_YEAR, httponly=True, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
