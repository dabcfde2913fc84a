"""Copy the database as it was at one moment, while others write, and put such a copy in its place."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

NAMES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


def applied_migrations() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()}


def known_migrations() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


def is_empty() -> bool:
    return not connection.introspection.table_names()


def save(target: Path) -> None:
    """Write a copy of the database to a file; raise CommandError if that cannot be done."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy)  # all at once: in steps it would begin anew at each write
            copy.execute("PRAGMA journal_mode = DELETE")  # a single file
            _refuse_damage(copy)
    else:
        _run("pg_dump", "--format=custom", f"--file={target}")


def load(source: Path) -> None:
    """Put a copy in the place of the database, all or nothing; raise CommandError if that cannot be done."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy:
            _refuse_damage(copy)
            connection.ensure_connection()
            try:
                copy.backup(connection.connection)
            except sqlite3.OperationalError as error:
                raise CommandError(f"The database is in use ({error}). Stop the server and try again.") from error
        connection.close()  # what it knows of the tables is no longer so
    else:
        connection.close()
        _run("pg_restore", "--clean", "--if-exists", "--single-transaction", "--exit-on-error", last=str(source))


def _refuse_damage(copy: sqlite3.Connection) -> None:
    [(found,)] = copy.execute("PRAGMA integrity_check(1)").fetchall()
    if found != "ok":
        raise CommandError(f"The copy of the database is damaged: {found}")


def _run(program: str, *options: str, last: str = "") -> None:
    """Run one of PostgreSQL's programs on the database of this site."""
    given, variables = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    *server, name = given[1:]  # without psql
    command = [
        program,
        *server,
        f"--dbname={name}",
        "--no-owner",
        "--no-privileges",
        *options,
        *([last] if last else []),
    ]
    try:
        subprocess.run(command, env=os.environ | (variables or {}), check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError as error:
        raise CommandError(f"{program} is not installed (on Debian: apt install postgresql-client).") from error
    except subprocess.CalledProcessError as error:
        raise CommandError(f"{program} failed: {error.stderr.strip()}") from error
