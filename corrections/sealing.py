"""Seals values that a form carries along: a browser gives them back, but nobody can read or change them.

A signature alone would let whoever has not watched everything read the values that their form leaves out.
"""

import json
import zlib
from typing import Any

from cryptography.fernet import InvalidToken, MultiFernet
from django.conf import settings

from episodes.ciphers import cipher_for

STEP = 512  # bytes: the length of what is sealed is a multiple of it, as a length can tell, too


def seal(values: Any) -> str:
    packed = zlib.compress(json.dumps(values, separators=(",", ":")).encode())
    return _cipher().encrypt(packed.ljust(-(-len(packed) // STEP) * STEP, b"\0")).decode()


def unseal(sealed: str) -> Any:
    """Return what was sealed, or None if it was not sealed here."""
    try:
        packed = _cipher().decrypt(sealed.encode())
    except InvalidToken:
        return None
    return json.loads(zlib.decompressobj().decompress(packed))  # which leaves alone what fills it up


def _cipher() -> MultiFernet:
    return cipher_for("sealing", first=[settings.CONTENT_KEY])  # drafts and forms that wait hold seals for months
