"""Writes down who signs in and out, who fails, and who changes how they sign in, for `docs/operations.md`.

A line names an account by its id and never repeats what was typed: people type passwords into the field for the name.
"""

import logging
from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.contrib.auth import signals as auth_signals
from django.contrib.auth.models import AnonymousUser, User
from django.dispatch import Signal
from django.http import HttpRequest

from ..requests import client_address
from .backends import account_of

logger = logging.getLogger("rougedb.accounts")

WHAT_HAPPENED: dict[Signal, str] = {
    auth_signals.user_logged_in: "signed in",
    auth_signals.user_logged_out: "signed out",
    account_signals.user_signed_up: "signed up",
    account_signals.password_changed: "password changed",
    account_signals.password_reset: "password replaced by mail",
    account_signals.email_added: "address added",
    account_signals.email_removed: "address removed",
    account_signals.email_changed: "address changed",
    mfa_signals.authenticator_added: "second factor added",
    mfa_signals.authenticator_removed: "second factor removed",
    mfa_signals.authenticator_reset: "recovery codes replaced",
}


def install() -> None:
    for signal in WHAT_HAPPENED:
        signal.connect(_note)
    auth_signals.user_login_failed.connect(note_failure)
    mfa_signals.authentication_failed.connect(_note_wrong_code)


def note(what: str, request: HttpRequest | None, user: User | AnonymousUser | None, **also: object) -> None:
    """Write a line; `docs/operations.md` shows its form, which fail2ban reads."""
    account = user.pk if user is not None and user.pk else "unknown"
    address = client_address(request) if request is not None else "none"
    details = "".join(f" {name}={value}" for name, value in also.items())
    logger.info("accounts: %s user=%s address=%s%s", what, account, address, details)


def note_failure(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Note a wrong password (receives `user_login_failed`)."""
    typed = credentials.get("username") or credentials.get("email") or ""
    note("sign-in failed", request, account_of(typed))


def _note(
    sender: Any, signal: Signal, request: HttpRequest | None = None, user: User | None = None, **kwargs: Any
) -> None:
    authenticator = kwargs.get("authenticator")
    note(WHAT_HAPPENED[signal], request, user, **({"type": authenticator.type} if authenticator else {}))


def _note_wrong_code(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    note("second factor failed", request, user)
