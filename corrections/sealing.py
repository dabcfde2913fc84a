"""Seals values that a form carries along: a browser gives them back, but nobody can read or change them.

A signature alone would let whoever has not watched everything read the values that their form leaves out.
"""

import json
import zlib
from typing import Any

from cryptography.fernet import InvalidToken

from episodes.ciphers import cipher_for

STEP = 512  # bytes: the length of what is sealed is a multiple of it, as a length can tell, too


def seal(values: Any) -> str:
    packed = zlib.compress(json.dumps(values, separators=(",", ":")).encode())
    return cipher_for("sealing").encrypt(packed.ljust(-(-len(packed) // STEP) * STEP, b"\0")).decode()


def unseal(sealed: str) -> Any:
    """Return what was sealed, or None if it was not sealed here."""
    try:
        packed = cipher_for("sealing").decrypt(sealed.encode())
    except InvalidToken:
        return None
    return json.loads(zlib.decompressobj().decompress(packed))  # which leaves alone what fills it up
