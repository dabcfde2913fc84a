"""Statements by hand, for the few questions that are asked so often that making them anew each time is what costs.

They read through the gate like all others; the net in the tests looks at them too.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection


def fetched(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def placeholders(values: Sequence[Any]) -> str:
    """Return the placeholders of an IN for these values."""
    return ", ".join(["%s"] * len(values))


def as_stored(row: UUID) -> UUID | str:
    """Return an id as the database has it: on SQLite, which has no such type, as hexadecimal digits."""
    return row if connection.features.has_native_uuid_field else row.hex


@lru_cache(2**14)  # the same rows are met again and again, and a UUID is slow to make of digits
def as_uuid(stored: UUID | str) -> UUID:
    """Return the id that a database returned."""
    return stored if isinstance(stored, UUID) else UUID(stored)
