"""Checks a password with one hash, whatever was typed: hashing is slow, and a second one tells who has an account."""

import unicodedata
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import filter_users_by_email
from django.contrib.auth.models import User
from django.http import HttpRequest

from . import names


class Backend(AuthenticationBackend):
    """Signs in by user name or address; the parent hashes once if there is no such account."""

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        account = account_of(credentials.get("username") or credentials.get("email") or "")
        return self._check_password(account, credentials["password"])


def account_of(typed: str) -> User | None:
    """Return the account with this user name or else this address, in as many queries for any text."""
    typed = unicodedata.normalize("NFC", typed)
    by_name = names.user_called(typed)
    by_address = filter_users_by_email(typed, prefer_verified=True, for_login=True)
    return by_name or min(by_address, key=lambda user: user.pk, default=None)  # later ones have only claimed it
