"""Copy the database as it was at one moment, while others write, and put such a copy in its place."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryFile
from typing import IO, cast

from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

MISSING = "{} is not installed (on Debian: apt install postgresql-client)."
# Its own tables with what hangs on them, and the functions of triggers; nothing of an extension.
DROP_ALL = """
DO $$
DECLARE each text;
BEGIN
  FOR each IN SELECT oid::regclass FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND pg_has_role(relowner, 'MEMBER')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
  LOOP EXECUTE 'DROP TABLE IF EXISTS ' || each || ' CASCADE'; END LOOP;
  FOR each IN SELECT oid::regprocedure FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND prokind = 'f' AND pg_has_role(proowner, 'MEMBER')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
  LOOP EXECUTE 'DROP FUNCTION IF EXISTS ' || each || ' CASCADE'; END LOOP;
END $$;
"""
NAMES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


def applied_migrations() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()}


def known_migrations() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


def refuse_what_cannot_be_opened() -> None:
    """Raise CommandError, with the way out, if the database that is to be replaced cannot be opened."""
    try:
        connection.introspection.table_names()
    except DatabaseError as error:
        if connection.vendor != "sqlite":
            raise CommandError(f"The database does not answer: {error}") from error
        file = connection.settings_dict["NAME"]
        raise CommandError(
            f"{file} cannot be read: {error}. Move it away with those beside it, {file}-wal and {file}-shm, "
            "and try again without --replace."
        ) from error


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
                if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise CommandError(f"The database is in use ({error}). Stop the server and try again.") from error
                raise CommandError(f"The database cannot be written: {error}.") from error
        connection.close()  # what it knows of the tables is no longer so
    else:
        connection.close()
        _replace_postgresql(source)


def _replace_postgresql(source: Path) -> None:
    """Have one transaction drop all that is there and bring back what is in a copy.

    pg_restore by itself drops only what the copy knows of, and a table of a newer version keeps it from that. psql ends
    without a commit, and nothing is changed, if either of the two fails.
    """
    write = _command("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-")
    read = ["pg_restore", "--no-owner", "--no-privileges", "--clean", "--if-exists", "--file=-", str(source)]
    with TemporaryFile("w+") as said, TemporaryFile("w+") as answered:
        try:
            writer = Popen(write, env=_environment(), stdin=PIPE, stderr=answered)  # noqa: S603
            # What psql has not read by its end is of no use to anybody.
            with suppress(BrokenPipeError), writer, Popen(read, stdout=PIPE, stderr=said) as reader:  # noqa: S603
                script, into = cast(IO[bytes], reader.stdout), cast(IO[bytes], writer.stdin)
                try:
                    into.write(f"BEGIN;\n{DROP_ALL}\n".encode())
                    shutil.copyfileobj(script, into)
                    if reader.wait() == 0:
                        into.write(b"COMMIT;\n")
                    into.close()
                except BrokenPipeError:  # it has ended, and said why
                    reader.kill()
        except FileNotFoundError as error:
            raise CommandError(MISSING.format(error.filename)) from error
        for program, process, errors in (("psql", writer, answered), ("pg_restore", reader, said)):
            if process.returncode:
                errors.seek(0)
                raise CommandError(f"{program} failed: {errors.read().strip()}")


def _refuse_damage(copy: sqlite3.Connection) -> None:
    try:
        [(found,)] = copy.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise CommandError(f"The copy of the database is damaged: {found}")


def _run(program: str, *options: str) -> None:
    """Run one of PostgreSQL's programs on the database of this site."""
    command = _command(program, "--no-owner", "--no-privileges", *options)
    try:
        subprocess.run(command, env=_environment(), check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError as error:
        raise CommandError(MISSING.format(program)) from error
    except subprocess.CalledProcessError as error:
        raise CommandError(f"{program} failed: {error.stderr.strip()}") from error


def _command(program: str, *options: str) -> list[str]:
    given, _ = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    *server, name = given[1:]  # without psql
    return [program, *server, f"--dbname={name}", *options]


def _environment() -> dict[str, str]:
    _, variables = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    return os.environ | (variables or {})
