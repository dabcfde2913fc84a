"""Remembers in a browser which accounts have signed in there, so that others cannot lock them out of it.

A cookie holds a random number and the ids of accounts, signed. It signs nobody in: whoever has it may go on guessing,
at a pace of its own, where tries by anybody else are refused. See OWASP's “device cookies”.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import get_random_string

from ..requests import cookie_name

DAYS = 365
MOST_ACCOUNTS = 5  # in one browser; the oldest is forgotten
SALT = "rougedb.known_browser"
REMEMBERED = "_browser_is_known_to"  # attribute of a request: the id of the account that has just signed in


@dataclass(frozen=True)
class Browser:
    id: str
    accounts: tuple[int, ...]


def browser_of(request: HttpRequest) -> Browser | None:
    """Return what the cookie says, or None if there is none or we have not signed it."""
    text = request.get_signed_cookie(_cookie_name(request), default="", salt=SALT, max_age=DAYS * 86_400)
    number, _, accounts = (text or "").partition(".")
    return Browser(number, tuple(map(int, accounts.split(".")))) if accounts else None


def remember(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Let the response remember an account in this browser (receives `user_logged_in` and `password_reset`)."""
    if request is not None:
        setattr(request, REMEMBERED, user.pk)


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Set the cookie after somebody has signed in."""

    def remembering(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if account := getattr(request, REMEMBERED, None):
            _set_cookie(response, request, account)
        return response

    return remembering


def _set_cookie(response: HttpResponseBase, request: HttpRequest, account: int) -> None:
    before = browser_of(request) or Browser(get_random_string(16), ())
    accounts = (*(each for each in before.accounts if each != account), account)[-MOST_ACCOUNTS:]
    response.set_signed_cookie(
        _cookie_name(request), ".".join([before.id, *map(str, accounts)]), salt=SALT, max_age=DAYS * 86_400,
        path="/accounts/", secure=request.is_secure(), httponly=True, samesite="Lax",
    )  # fmt: skip


def _cookie_name(request: HttpRequest) -> str:
    return cookie_name(request, "known_browser", prefix="__Secure-")
