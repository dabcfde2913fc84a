"""Hashes passwords in a part of the threads at most: a hash takes half a second of CPU, and anybody may ask for one."""

import unicodedata
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import BasePasswordHasher, PBKDF2PasswordHasher

_places = BoundedSemaphore(max(1, settings.THREADS // 2))


class TooMany(Exception):
    """As many passwords are being hashed as may be at once; nothing was checked and nothing saved."""


class OneFormOfEachLetter(BasePasswordHasher):
    """Hashes é as one letter, also where a device sends it as an e with an accent (NFC); all doors hash by this."""

    def encode(self, password: str, *args: Any, **kwargs: Any) -> str:
        return super().encode(unicodedata.normalize("NFC", password), *args, **kwargs)


class Hasher(OneFormOfEachLetter, PBKDF2PasswordHasher):
    """Django's own, which raises TooMany instead of taking the threads that other visitors need."""

    def encode(self, *args: Any, **kwargs: Any) -> str:
        if not _places.acquire(blocking=False):
            raise TooMany
        try:
            return super().encode(*args, **kwargs)
        finally:
            _places.release()
