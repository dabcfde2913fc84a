"""Encrypts what only the site itself may read, with keys that are made of `SECRET_KEY` for each purpose."""

import base64
from collections.abc import Iterable

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def cipher_for(purpose: str, first: Iterable[str] = ()) -> MultiFernet:
    """Return what encrypts and decrypts for one purpose alone: the first key encrypts, all of them decrypt.

    They are made of the texts in `first`, and then of `SECRET_KEY` and what that was before.
    """
    texts = (*first, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_key_of(text, purpose)) for text in texts])


def _key_of(text: str, purpose: str) -> bytes:
    info = f"rougedb.{purpose}".encode()
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(text.encode())
    return base64.urlsafe_b64encode(derived)
