"""The database of the tests: how the real show comes into it quickly, and how it is emptied."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import psycopg
from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from corrections.models import Edition


@dataclass(frozen=True)
class TableOfTheShow:
    """The rows of one table, as the database itself writes them: it reads them back without Django's fields."""

    name: str
    columns: str
    rows: Any

    @classmethod
    def of(cls, model: type[Model], cursor: Any) -> Self:
        name = connection.ops.quote_name(model._meta.db_table)
        columns = ", ".join(connection.ops.quote_name(field.column) for field in model._meta.concrete_fields)
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {name} ({columns}) TO STDOUT") as copy:
                return cls(name, columns, b"".join(copy))
        cursor.execute(f"SELECT {columns} FROM {name}")
        return cls(name, columns, cursor.fetchall())

    def write(self, cursor: Any) -> None:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {self.name} ({self.columns}) FROM STDIN") as copy:
                copy.write(self.rows)
        elif self.rows:
            values = ", ".join(["%s"] * len(self.rows[0]))
            cursor.executemany(f"INSERT INTO {self.name} ({self.columns}) VALUES ({values})", self.rows)


def write_show(tables: list[TableOfTheShow]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:  # rows refer to others that come later
        for table in tables:
            table.write(cursor)
        for sql in connection.ops.sequence_reset_sql(no_style(), _models_of_the_show()):
            cursor.execute(sql)  # the rows were numbered in another database


def _models_of_the_show() -> list[type[Model]]:
    return [model for name in ("episodes", "characters") for model in apps.get_app_config(name).get_models(True)]


class SharedShow:
    """A copy of the tests' database in which the real show stays: whatever only rolls back need not load it anew."""

    SUFFIX = "show"

    def __init__(self, tables: list[TableOfTheShow]) -> None:
        self.empty = str(connection.settings_dict["NAME"])
        self.name = str(connection.creation.get_test_db_clone_settings(self.SUFFIX)["NAME"])
        if connection.vendor == "sqlite":  # the file is copied, without what is written and not in it yet
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        connection.creation.clone_test_db(suffix=self.SUFFIX, verbosity=0)
        self.use(self.name)
        write_show(tables)
        self.use(self.empty)

    @property
    def is_in_use(self) -> bool:
        return connection.settings_dict["NAME"] == self.name

    def use(self, name: str) -> None:
        """Let the tests' connection be one to this database."""
        if connection.settings_dict["NAME"] != name:
            connection.close()
            connection.settings_dict["NAME"] = name

    @staticmethod
    def draw_stamp() -> None:
        """Let pages that other tests have kept, in Redis too, be of another edition, as if the show had been loaded.

        The row may be missing: what was copied had been emptied, if a test that commits came first in this process.
        """
        Edition.objects.update_or_create(id=1, defaults={"stamp": uuid4()})

    def remove(self) -> None:
        self.use(self.empty)
        connection.close()
        connection.creation.destroy_test_db(suffix=self.SUFFIX, verbosity=0)


def postgresql_server() -> psycopg.Connection:
    """Connect to the server of the tests' database, beside it."""
    told = connection.settings_dict
    return psycopg.connect(
        dbname="postgres", user=told["USER"], password=told["PASSWORD"], host=told["HOST"], port=told["PORT"],
        autocommit=True,
    )  # fmt: skip


def sql_that_deletes(ops: Any, style: Any, tables: list[str], **options: bool) -> list[str]:
    """Return what empties tables of PostgreSQL; to truncate makes new files, and waits for the disk for a second."""
    if not tables:
        return []
    without_triggers = "SET LOCAL session_replication_role = replica"  # rows refer to others, in any order
    return [without_triggers, *(f"DELETE FROM {ops.quote_name(table)}" for table in tables)]
