"""Light or dark, where the visitor wants it otherwise than their system does."""

from django.http import HttpRequest, HttpResponse

from .progress import ONE_YEAR

COOKIE = "theme"
THEMES = ("light", "dark")


def chosen(request: HttpRequest) -> str:
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in THEMES else ""


def remember(response: HttpResponse, request: HttpRequest, theme: str) -> None:
    if theme in THEMES:
        response.set_cookie(COOKIE, theme, max_age=ONE_YEAR, httponly=True, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
