"""Statements by hand, for the few questions that are asked so often that making them anew each time is what costs.

They read through the gate like all others; the net in the tests looks at them too.
"""

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from episodes import reading
from episodes.known import Which as Which

type Row = dict[str, Any]
"""A row by the names of its columns."""


ALL = Which("TRUE")
NONE = Which("FALSE")


def among(column: str, ids: Iterable[UUID]) -> Which:
    """Return the condition that a column holds one of these ids."""
    stored = tuple(as_stored(ids))
    return Which(f'"{column}" IN ({placeholders(stored)})', stored) if stored else NONE


def read(columns: Sequence[str], sql: str, params: Sequence[Any]) -> list[Row]:
    """Return all rows of a statement that reads these columns in this order, ids as UUIDs."""
    rows = [dict(zip(columns, row, strict=True)) for row in fetched(sql, params)]
    for column in filter(is_of_ids, columns):
        for row in rows:
            if row[column] is not None:
                row[column] = as_uuid(row[column])
    return rows


@cache
def is_of_ids(column: str) -> bool:
    """Return whether a column holds UUIDs; an episode's id is its number, and a public id a text."""
    return column == "id" or (column.endswith("_id") and not column.endswith(("_in_id", "public_id")))


def fetched(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a statement."""
    with reading.connection().cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def placeholders(values: Sequence[Any]) -> str:
    """Return the placeholders of an IN for these values."""
    return ", ".join(["%s"] * len(values))


def as_stored(ids: Iterable[UUID]) -> list[UUID] | list[str]:
    """Return ids as the database has them: on SQLite, which has no such type, as hexadecimal digits."""
    return list(ids) if connection.features.has_native_uuid_field else [row.hex for row in ids]


def as_text(row: UUID) -> str:
    """Return an id as the database writes it."""
    return str(row) if connection.features.has_native_uuid_field else row.hex


@lru_cache(2**14)  # the same rows are met again and again, and a UUID is slow to make of digits
def as_uuid(stored: UUID | str) -> UUID:
    """Return the id that a database returned."""
    return stored if isinstance(stored, UUID) else UUID(stored)
