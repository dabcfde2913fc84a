"""Tells what keeps the site from answering, by the error that the database or the disk has raised."""

import errno
import sqlite3
from enum import Enum
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError

from episodes.accounts.hashing import TooMany


class Outage(Enum):
    """What visitors are told, and after how many seconds to try again."""

    BUSY = "busy", 5  # no lock, no connection or no place to be had
    READ_ONLY = "read-only", 60  # nothing can be saved: the disk is full, or the database takes no writes
    AWAY = "away", 60  # the database does not answer, its file cannot be read, or another is in its place

    def __init__(self, word: str, retry_after: int) -> None:
        self.word, self.retry_after = word, retry_after


OF_SQLITE = {
    sqlite3.SQLITE_BUSY: Outage.BUSY,
    sqlite3.SQLITE_LOCKED: Outage.BUSY,
    sqlite3.SQLITE_FULL: Outage.READ_ONLY,
    sqlite3.SQLITE_READONLY: Outage.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: Outage.AWAY,
    sqlite3.SQLITE_CORRUPT: Outage.AWAY,
    sqlite3.SQLITE_IOERR: Outage.AWAY,
    sqlite3.SQLITE_NOTADB: Outage.AWAY,
    sqlite3.SQLITE_PERM: Outage.AWAY,
}
NO_TABLE = "no such table"  # how the message begins; SQLite has no code for it
WRITING = {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_TRUNCATE}  # of input and output
# The beginnings of PostgreSQL's codes, the longer ones first.
OF_POSTGRESQL = {
    "25006": Outage.READ_ONLY,  # the server is a standby, or told to take no writes
    "53100": Outage.READ_ONLY,  # its disk is full
    "40": Outage.BUSY,  # a deadlock
    "53": Outage.BUSY,  # too many connections, no memory
    "55P03": Outage.BUSY,  # no lock
    "57014": Outage.BUSY,  # it took too long
    "08": Outage.AWAY,
    "42P01": Outage.AWAY,  # there is no such table: it was not migrated, or is another one
    "55000": Outage.AWAY,  # the database takes no connections
    "57P": Outage.AWAY,  # it is shutting down, or starting
    "58": Outage.AWAY,  # its files cannot be read
    "XX": Outage.AWAY,
}
OF_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def outage_of(error: BaseException | None) -> Outage | None:
    """Return what kept something from being done, or None where it is a mistake of the site's own."""
    if isinstance(error, TooMany):
        return Outage.BUSY
    if isinstance(error, OSError):
        return Outage.READ_ONLY if error.errno in OF_DISK else None
    if not isinstance(error, DatabaseError | InterfaceError):
        return None
    cause: Any = error.__cause__
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if str(cause).startswith(NO_TABLE):
            return Outage.AWAY
        return Outage.READ_ONLY if code in WRITING else OF_SQLITE.get(code & 0xFF)
    return _of_postgresql(error)


def _of_postgresql(error: DatabaseError | InterfaceError) -> Outage | None:
    from psycopg_pool import PoolTimeout  # here, as it would take 12 MB of each worker where the database is SQLite

    cause: Any = error.__cause__
    code = getattr(cause, "sqlstate", None)
    if code:
        return next((outage for beginning, outage in OF_POSTGRESQL.items() if code.startswith(beginning)), None)
    if isinstance(cause, PoolTimeout):
        return Outage.BUSY
    return Outage.AWAY if isinstance(error, OperationalError | InterfaceError) else None
