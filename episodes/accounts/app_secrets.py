"""Encrypts the secrets of apps for codes and of recovery codes, so that a copy of the database is no second factor.

The first key encrypts, all of them decrypt: those of MFA_KEYS, and then one made of SECRET_KEY, which is the only one
where MFA_KEYS is not set.
"""

from collections.abc import Callable

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet

from episodes.ciphers import cipher_for

ENCRYPTED = "fernet:"  # what a text that is encrypted begins with


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)


def encrypt(text: str) -> str:
    return ENCRYPTED + _cipher().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Return the text; one that was written before there was a key is returned as it is.

    Raises ImproperlyConfigured if no key fits.
    """
    if not text.startswith(ENCRYPTED):
        return text
    try:
        return _cipher().decrypt(text.removeprefix(ENCRYPTED)).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured("No key in MFA_KEYS, nor SECRET_KEY, opens the secret of an app.") from error


def rewrite(authenticators: QuerySet, how: Callable[[str], str]) -> int:
    """Write the secrets of all these rows anew, as `how` returns them, and return how many rows have one."""
    rewritten = 0
    for row in authenticators.filter(type__in=["totp", "recovery_codes"]).select_for_update():
        for name in {"secret", "seed"} & row.data.keys():
            row.data[name] = how(row.data[name])
        if "migrated_codes" in row.data:
            row.data["migrated_codes"] = [how(code) for code in row.data["migrated_codes"]]
        row.save(update_fields=["data"])
        rewritten += 1
    return rewritten


def encrypt_anew(text: str) -> str:
    """Return what is encrypted or not yet so, encrypted with the first key."""
    return encrypt(decrypt(text))


def _cipher() -> MultiFernet:
    return cipher_for("app_secrets", first=settings.MFA_KEYS)
