"""Read the rows that the index named: first whom they are about, then in full those that a page shows.

By hand, as a search reads rows of many kinds and making each statement anew would take longer than answering it. Every
statement has the gate.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any
from uuid import UUID

from characters.kinds import REVELATION, SUBJECTS, Kind, columns_of, from_columns
from characters.lore.rows import Row
from characters.lore.statements import as_stored, as_uuid, fetched, placeholders, read
from characters.models import Revelation
from episodes.gate import Ends
from episodes.known import Which, known_end, known_rows, stands

# Gated by the revelation.
CONCERNED = 'SELECT "revelation_id", "{subject}_id", 0 AS "side" FROM "characters_revelation_{subject}s"'


def whom_about(progress: int, found: Mapping[Kind, Iterable[UUID]]) -> dict[UUID, list[UUID]]:
    """Return whom each of these rows is about, as far as it is known; of a relation the source stands first."""
    arms: list[str] = []
    params: list[Any] = []
    for kind, ids in found.items():
        stored = as_stored(ids)
        known = known_rows(progress, kind.model._meta.db_table)
        for sql in _about_sql(kind):
            arms.append(sql.format(known=known.sql, placeholders=placeholders(stored)))
            params += [*(known.params if kind is not REVELATION else ()), *stored]
    about: dict[UUID, list[UUID]] = {row: [] for row in found.get(REVELATION, ())}  # some concern nobody
    # A database may return the parts of a union in any order.
    for row, subject, _ in fetched(f'{" UNION ALL ".join(arms)} ORDER BY "side"', params) if arms else ():
        about.setdefault(as_uuid(row), []).append(as_uuid(subject))
    return about


@cache
def _about_sql(kind: Kind) -> tuple[str, ...]:
    """Return the statements that say whom rows of a kind are about; whom revelations concern they have found."""
    if kind is REVELATION:
        return tuple(
            f'{CONCERNED.format(subject=kind.name)} WHERE "revelation_id" IN ({{placeholders}})' for kind in SUBJECTS
        )
    table = kind.model._meta.db_table
    columns = [f'"{name}_id"' for name in kind.search_subjects]
    # Of owners exactly one is set; of those that it connects each is.
    whose = [f"coalesce({', '.join(columns)})"] if kind.is_owned and len(columns) > 1 else columns
    return tuple(
        f'SELECT "id", {who}, {side} AS "side" FROM "{table}" WHERE {{known}} AND "id" IN ({{placeholders}})'  # noqa: S608
        for side, who in enumerate(whose)
    )


def in_full(progress: int, kind: Kind, ids: Iterable[UUID]) -> list[Row]:
    """Return those of some rows that are known, as wordings take them.

    Where their kind can end they have `until`, and revelations the episode in which each was `overturned_in`.
    """
    stored = as_stored(ids)
    columns, names, sql, gates = _in_full_sql(kind)
    asked = {name: gate(progress) for name, gate in gates.items()}
    sql = sql.format(
        placeholders=placeholders(stored),
        place=stands(progress, kind.model._meta.db_table),
        place_of_successor=stands(progress, "U0"),
        **{name: gate.sql for name, gate in asked.items()},
    )
    rows = read(columns, sql, [*(param for gate in asked.values() for param in gate.params), *stored])
    return [dict(zip(names, row.values(), strict=True)) for row in rows]


@cache
def _in_full_sql(kind: Kind) -> tuple[tuple[str, ...], tuple[str, ...], str, dict[str, Callable[[int], Which]]]:
    """Return the columns, what wordings call them, the statement, and what it asks of an episode, in that order."""
    table = kind.model._meta.db_table
    gates: dict[str, Callable[[int], Which]] = {}
    names = ["id", "revealed_in_id", *(name for name in columns_of(kind) if name != "tag__name")]
    columns = list(names)
    chosen = ["{place}" if name == "revealed_in_id" else f'"{table}"."{name}"' for name in names]
    join = ""
    if "tag__name" in columns_of(kind):
        columns.append("tag__name")
        chosen.append('"characters_tag"."name"')
        join = f' JOIN "characters_tag" ON "characters_tag"."id" = "{table}"."tag_id"'
    if issubclass(kind.model, Ends):
        columns.append("until")
        chosen.append("{end}")
        gates["end"] = known_end
    if kind.model is Revelation:
        columns.append("overturned_in")
        chosen.append(
            f'(SELECT min({{place_of_successor}}) FROM "{table}" "U0" WHERE "U0"."supersedes_id" = "{table}"."id"'  # noqa: S608
            " AND {known_successors})"
        )
        gates["known_successors"] = partial(known_rows, table="U0")
    gates["known"] = partial(known_rows, table=table)
    sql = (
        f'SELECT {", ".join(chosen)} FROM "{table}"{join} WHERE {{known}}'  # noqa: S608 - our own
        f' AND "{table}"."id" IN ({{placeholders}})'
    )
    return tuple(columns), tuple(from_columns(dict.fromkeys(columns))), sql, gates
