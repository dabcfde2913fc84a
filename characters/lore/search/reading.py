"""Read the rows that the index named: first whom they are about, then in full those that a page shows.

By hand, as a search reads rows of many kinds and making each statement anew would take longer than answering it. Every
statement has the gate.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from characters.kinds import REVELATION, SUBJECTS, Kind, columns_of, from_columns
from characters.lore.rows import Row
from characters.lore.statements import as_stored, as_uuid, fetched, placeholders, read
from characters.models import Revelation
from episodes.gate import Ends

# Gated by the revelation.
CONCERNED = 'SELECT "revelation_id", "{subject}_id", 0 AS "side" FROM "characters_revelation_{subject}s"'


def whom_about(progress: int, found: Mapping[Kind, Iterable[UUID]]) -> dict[UUID, list[UUID]]:
    """Return whom each of these rows is about, as far as it is known; of a relation the source stands first."""
    arms: list[str] = []
    params: list[Any] = []
    for kind, ids in found.items():
        stored = as_stored(ids)
        for sql, gates in _about_sql(kind):
            arms.append(sql.format(placeholders=placeholders(stored)))
            params += [progress] * gates + stored
    about: dict[UUID, list[UUID]] = {row: [] for row in found.get(REVELATION, ())}  # some concern nobody
    # A database may return the parts of a union in any order.
    for row, subject, _ in fetched(f'{" UNION ALL ".join(arms)} ORDER BY "side"', params) if arms else ():
        about.setdefault(as_uuid(row), []).append(as_uuid(subject))
    return about


@cache
def _about_sql(kind: Kind) -> tuple[tuple[str, int], ...]:
    """Return the statements that say whom rows of a kind are about, and how often each asks for the episode."""
    if kind is REVELATION:
        return tuple(
            (f'{CONCERNED.format(subject=kind.name)} WHERE "revelation_id" IN ({{placeholders}})', 0)
            for kind in SUBJECTS
        )
    table = kind.model._meta.db_table
    columns = [f'"{name}_id"' for name in kind.search_subjects]
    # Of owners exactly one is set; of those that it connects each is.
    whose = [f"coalesce({', '.join(columns)})"] if kind.is_owned and len(columns) > 1 else columns
    return tuple(
        (
            f'SELECT "id", {who}, {side} AS "side" FROM "{table}"'  # noqa: S608 - our own
            f' WHERE "{table}"."revealed_in_id" <= %s AND "id" IN ({{placeholders}})',
            1,
        )
        for side, who in enumerate(whose)
    )


def in_full(progress: int, kind: Kind, ids: Iterable[UUID]) -> list[Row]:
    """Return those of some rows that are known, as wordings take them.

    Where their kind can end they have `until`, and revelations the episode in which each was `overturned_in`.
    """
    stored = as_stored(ids)
    columns, names, sql, gates = _in_full_sql(kind)
    rows = read(columns, sql.format(placeholders=placeholders(stored)), [progress] * gates + stored)
    return [dict(zip(names, row.values(), strict=True)) for row in rows]


@cache
def _in_full_sql(kind: Kind) -> tuple[tuple[str, ...], tuple[str, ...], str, int]:
    """Return the columns, what wordings call them, the statement, and how often it asks for the episode."""
    table = kind.model._meta.db_table
    names = ["id", "revealed_in_id", *(name for name in columns_of(kind) if name != "tag__name")]
    columns = list(names)
    chosen, join, gates = [f'"{table}"."{name}"' for name in names], "", 1
    if "tag__name" in columns_of(kind):
        columns.append("tag__name")
        chosen.append('"characters_tag"."name"')
        join = f' JOIN "characters_tag" ON "characters_tag"."id" = "{table}"."tag_id"'
    if issubclass(kind.model, Ends):
        columns.append("until")
        chosen.append(f'CASE WHEN "{table}"."ended_in_id" <= %s THEN "{table}"."ended_in_id" END')
        gates += 1
    if kind.model is Revelation:
        columns.append("overturned_in")
        chosen.append(
            f'(SELECT min("U0"."revealed_in_id") FROM "{table}" "U0" WHERE "U0"."supersedes_id" = "{table}"."id"'  # noqa: S608
            ' AND "U0"."revealed_in_id" <= %s)'
        )
        gates += 1
    sql = (
        f'SELECT {", ".join(chosen)} FROM "{table}"{join} WHERE "{table}"."revealed_in_id" <= %s'  # noqa: S608 - our own
        f' AND "{table}"."id" IN ({{placeholders}})'
    )
    return tuple(columns), tuple(from_columns(dict.fromkeys(columns))), sql, gates
