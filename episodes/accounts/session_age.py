"""Ends a session some time after its owner signed in, however much it is used: one that was stolen does not last."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase

DAYS, DAYS_OF_STAFF = 14, 7
SIGNED_IN_AT = "signed_in_at"  # key in the session: seconds


def begin(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Note when a session begins (receives `user_logged_in`)."""
    if request is not None:
        request.session[SIGNED_IN_AT] = int(time.time())


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Sign out whoever signed in too long ago."""

    def ending(request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            days = DAYS_OF_STAFF if request.user.is_staff else DAYS
            # One from before this was noted begins now.
            if time.time() - request.session.setdefault(SIGNED_IN_AT, int(time.time())) > days * 86_400:
                logout(request)
        return get_response(request)

    return ending
