"""A net under the gate, in tests alone: no SELECT on a gated table without the gate's predicate.

Its blind spot is an aggregate over a related table that is not named in the query's own FROM or JOIN.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

from django.apps import apps
from django.db import connection

from characters.models import SearchEntry
from episodes.gate import Gated

TABLE = re.compile(r'(?:FROM|JOIN)\s+"(\w+)"(?:\s+(?:AS\s+)?"?([A-Z]+\d+)"?)?')


FULL_TEXT = ("characters_search_names", "characters_search_texts")  # of SQLite; their row ids begin with the episode

_lifted = False


@lru_cache(2**12)
def complaint(sql: str) -> str | None:
    tables = gated_tables()
    for table, alias in TABLE.findall(sql) if sql.startswith("SELECT") else ():
        gate = re.compile(rf'"?{alias or table}"?\."revealed_in_id" <= ')
        if table in tables and not gate.search(sql):
            return f"{table} is read without the gate: {sql}"
        if table in FULL_TEXT and '"rowid" < ' not in sql:
            return f"{table} is searched without the gate: {sql}"
    return None


class UngatedQuery(AssertionError):
    pass


@cache
def gated_tables() -> set[str]:
    gated = {model._meta.db_table for model in apps.get_models() if issubclass(model, Gated)}
    return gated | {SearchEntry._meta.db_table}


@contextmanager
def gate_net() -> Iterator[None]:
    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not _lifted and (found := complaint(sql)):
            raise UngatedQuery(found)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield


@contextmanager
def net_lifted() -> Iterator[None]:
    """For whoever prepares a test and may see everything."""
    global _lifted
    before, _lifted = _lifted, True
    try:
        yield
    finally:
        _lifted = before
