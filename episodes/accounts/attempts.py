"""Limits how often passwords are tried: by address, by name and address, and by name; a known browser has its own pace.

What counts is the name as it was typed. To count by account would tell which address belongs to which name.
"""

import unicodedata
from dataclasses import dataclass
from typing import Any

from allauth.account import app_settings
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.http import HttpRequest

from .. import limits
from ..models import Use
from ..requests import client_address
from .backends import account_of
from .known_browsers import browser_of


@dataclass(frozen=True)
class Limit:
    action: str
    most: int
    seconds: int


OF_ADDRESS = Limit("failed sign-in of address", 10, 60)
OF_NAME_AND_ADDRESS = Limit("failed sign-in of name and address", 5, 300)
OF_NAME = Limit("failed sign-in of name", 500, 3600)  # guessed from many addresses; one alone gets to 60
OF_KNOWN_BROWSER = Limit("failed sign-in of known browser", 10, 300)


def begin(request: HttpRequest, typed: str) -> limits.Counted | None:
    """Count a try as failed and return it, to be taken back once it has succeeded; None if there were too many."""
    if not app_settings.RATE_LIMITS.get("login_failed"):
        return limits.Counted()
    uses: list[Use] = []
    for limit, key in _limits_for(request, typed):
        use = limits.record(limit.action, key, most=limit.most, seconds=limit.seconds)
        if use is None:
            return None  # what it used of the limits before counts: those who are refused go on trying
        uses.append(use)
    return limits.Counted(tuple(uses))


def _limits_for(request: HttpRequest, typed: str) -> list[tuple[Limit, str]]:
    """Return which limits a try has to keep, the narrow ones first."""
    name, address = unicodedata.normalize("NFC", typed).casefold(), client_address(request)
    browser = browser_of(request)
    if browser and (account := account_of(typed)) and account.pk in browser.accounts:
        return [(OF_KNOWN_BROWSER, f"{browser.id} {account.pk}")]
    return [(OF_ADDRESS, address), (OF_NAME_AND_ADDRESS, f"{address} {name}"), (OF_NAME, name)]


def forget(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Forget failed tries of an account whose owner has a new password by mail (receives `password_reset`)."""
    for typed in (user.username, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)):
        name = typed.casefold()
        limits.reset(OF_NAME.action, name)
        limits.reset(OF_NAME_AND_ADDRESS.action, f"{client_address(request)} {name}")
