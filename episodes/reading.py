"""From which database this thread reads: the primary, or a replica while it makes a page that is the same for all."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

_source: ContextVar[str] = ContextVar("database to read from", default=DEFAULT_DB_ALIAS)


def source() -> str:
    """Return the alias of the database that is read from here."""
    return _source.get()


def connection() -> BaseDatabaseWrapper:
    """Return the connection for statements by hand that read."""
    return connections[_source.get()]


@contextmanager
def reading_from(alias: str) -> Iterator[None]:
    """Let the block read from that database; what it writes goes to the primary all the same."""
    token = _source.set(alias)
    try:
        yield
    finally:
        _source.reset(token)


class Router:
    """Sends reads to where `reading_from` says, and writes and migrations to the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return _source.get()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True  # it is one show, whoever was asked for a row

    def allow_migrate(self, alias: str, app_label: str, **hints: Any) -> bool:
        return alias == DEFAULT_DB_ALIAS
