"""A place to try writes that nobody else sees, that nobody waits for, and of which nothing is left."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from .editions import draw_no_stamp

MOST_COPIED = 128 * 1024**2  # bytes


@contextmanager
def nothing_is_kept() -> Iterator[None]:
    """Let the block write to the database, and discard what it wrote.

    SQLite lets one connection write at a time, so there the block works on a copy in memory, unless the database is
    larger than `MOST_COPIED` or this is a part of a transaction. Elsewhere, whoever writes the same rows waits until
    the block ends.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block and _size() <= MOST_COPIED:
        with _copy_in_memory(), _rolled_back():
            yield
        return
    with _rolled_back():
        yield


@contextmanager
def _rolled_back() -> Iterator[None]:
    """Roll back what the block writes, so that nothing happens either that waits for a commit, as pictures do."""
    with transaction.atomic():
        draw_no_stamp()
        try:
            yield
        finally:
            transaction.set_rollback(True)


def _size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(cursor.fetchone()[0])


@contextmanager
def _copy_in_memory() -> Iterator[None]:
    """Let this thread work on a copy of its database."""
    original = connections[DEFAULT_DB_ALIAS]
    original.ensure_connection()
    copy: BaseDatabaseWrapper = original.copy()
    copy.settings_dict = original.settings_dict | {"NAME": ":memory:"}
    # Whoever watches statements watches these as well.
    copy.execute_wrappers, copy.queries_log = original.execute_wrappers, original.queries_log
    copy.force_debug_cursor = original.force_debug_cursor
    copy.ensure_connection()
    try:
        original.connection.backup(copy.connection)
        connections[DEFAULT_DB_ALIAS] = copy
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = original
        copy.connection.close()
