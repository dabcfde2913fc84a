"""Make identifiers that reveal nothing: neither a name nor an order can be guessed from them."""

import hashlib
import hmac
import secrets
import uuid
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import salted_hmac

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no letter that looks like a digit
LENGTH = 12


def new_public_id() -> str:
    """Return a random public id."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def public_id_for(key: str) -> str:
    """Return the public id made from an editors' key, so that loading a data set again gives the same addresses.

    It depends on CONTENT_KEY, because a plain hash of `cyan_bluestar` could be found by trying names.
    """
    number = int.from_bytes(_keyed("public_id", key), "big")
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(LENGTH))


def row_id_for(*parts: str) -> uuid.UUID:
    """Return a row's UUID made from its natural key."""
    return uuid.UUID(bytes=_keyed("row", "\x1f".join(parts))[:16], version=4)


def file_token_for(content: bytes) -> str:
    """Return the name of a file made from its content."""
    return _keyed("file", hashlib.sha256(content).hexdigest()).hex()[:32]


def _keyed(purpose: str, value: str) -> bytes:
    begun = _begun(purpose, settings.CONTENT_KEY).copy()
    begun.update(value.encode())
    return begun.digest()


@lru_cache
def _begun(purpose: str, secret: str) -> hmac.HMAC:
    """Return what all ids of a purpose begin with: to make the key of a purpose takes longer than to use it."""
    return salted_hmac(f"rougedb.{purpose}", "", secret=secret, algorithm="sha256")
