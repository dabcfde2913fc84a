"""Two nets, in tests alone: no SELECT on a gated table without the gate, and no write of content beside the write door.

The gate net's blind spot is an aggregate over a related table that is not named in the query's own FROM or JOIN.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

from django.apps import apps
from django.db import connection

from characters.kinds import KINDS
from characters.models import SearchEntry
from episodes.gate import Gated, is_content_writable

TABLE = re.compile(r'(?:FROM|JOIN)\s+"(\w+)"(?:\s+(?:AS\s+)?"?([A-Z]+\d+)"?)?')
BRACKETS = re.compile(r"\((?=\s*(?:SELECT|WITH)\b)|\(|\)")
COMBINED = re.compile(r"\bUNION(?:\s+ALL)?\b|\bEXCEPT\b|\bINTERSECT\b")
WRITE = re.compile(r'\s*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|UPDATE|DELETE\s+FROM)\s+"(\w+)"', re.IGNORECASE)
FULL_TEXT = ("characters_search_names", "characters_search_texts")  # of SQLite; their row ids begin with the episode

_lifted = False


class UngatedQuery(AssertionError):
    pass


class WriteBesideTheDoor(AssertionError):
    pass


# The gate net


@lru_cache(2**12)
def complaint(sql: str) -> str | None:
    """Return what is wrong with a query: each SELECT in it, in every arm and subquery, has to have the gate itself."""
    if not sql.lstrip(" (").startswith(("SELECT", "WITH")):
        return None
    for part in selects_of(sql):
        for table, alias in TABLE.findall(part):
            gate = re.compile(rf'"?{alias or table}"?\."revealed_in_id" <= ')
            if table in gated_tables() and not gate.search(part):
                return f"{table} is read without the gate: {part}"
            if table in FULL_TEXT and '"rowid" < ' not in part:
                return f"{table} is searched without the gate: {part}"
    return None


def selects_of(sql: str) -> list[str]:
    """Return each SELECT of a query by itself: without its subqueries, which are listed after it, and arm by arm."""
    levels: list[tuple[bool, str]] = [(True, "")]  # whether a bracket holds a SELECT, and what stands in it so far
    selects: list[str] = []
    end = 0
    for bracket in BRACKETS.finditer(sql):
        kind, text = levels.pop()
        levels.append((kind, text + sql[end : bracket.start()]))
        end = bracket.end()
        if bracket[0] == "(":
            levels.append((bool(re.match(r"\s*(?:SELECT|WITH)\b", sql[end:])), ""))
        elif len(levels) > 1:
            is_select, text = levels.pop()
            kind, around = levels.pop()
            if is_select:
                selects += COMBINED.split(text)
            levels.append((kind, around + ("(…)" if is_select else f"({text})")))
    return COMBINED.split(levels[0][1] + sql[end:]) + selects


@cache
def gated_tables() -> set[str]:
    gated = {model._meta.db_table for model in apps.get_models() if issubclass(model, Gated)}
    return gated | {SearchEntry._meta.db_table}


@contextmanager
def gate_net() -> Iterator[None]:
    """Fail on a SELECT that could read what is revealed later."""

    def watch(sql: str) -> None:
        if not _lifted and (wrong := complaint(sql)):
            raise UngatedQuery(wrong)

    with _watched(watch):
        yield


# The write net


def written_table(sql: str) -> str | None:
    """Return the content table that a statement writes to, if it does."""
    match = WRITE.match(sql)
    return match[1] if match and match[1] in content_tables() else None


@cache
def content_tables() -> set[str]:
    """Return the tables of all that is published; the search index is made of them and follows by itself."""
    lists = {field.remote_field.through for kind in KINDS for field in kind.model._meta.many_to_many}
    return {model._meta.db_table for model in (*(kind.model for kind in KINDS), *lists)}


@contextmanager
def write_net() -> Iterator[None]:
    """Fail on an INSERT, UPDATE or DELETE of content outside of what the write door or the loader opens."""

    def watch(sql: str) -> None:
        if not _lifted and not is_content_writable() and (table := written_table(sql)):
            raise WriteBesideTheDoor(f"{table} is written beside the write door: {sql}")

    with _watched(watch):
        yield


# Both


@contextmanager
def _watched(watch: Callable[[str], None]) -> Iterator[None]:
    def look_first(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        watch(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look_first):
        yield


@contextmanager
def net_lifted() -> Iterator[None]:
    """Let whoever prepares a test see and write everything."""
    global _lifted
    before, _lifted = _lifted, True
    try:
        yield
    finally:
        _lifted = before
