"""Insert thousands of rows by one statement; of `bulk_create`, most of the time goes into composing SQL."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction

PLAIN = frozenset((str, bytes, int, bool, type(None)))  # types that every driver takes as they are


def insert(model: type[models.Model], rows: Iterable[Any]) -> None:
    """Insert new rows, all or none. As with `bulk_create`, nothing is validated, and no signal is sent.

    A key that the database numbers is not read back.
    """
    columns = [column for column in model._meta.concrete_fields if not isinstance(column, models.AutoField)]
    names = [column.attname for column in columns]
    rows = list(rows)
    for column in columns:
        if column.is_relation:
            _refer(column, rows)
    insert_values(model, names, ([getattr(row, name) for name in names] for row in rows))
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def _refer(column: Any, rows: list[Any]) -> None:
    """Fill in the keys of rows that had none when they were referred to."""
    for row in rows:
        if getattr(row, column.attname) is None and column.is_cached(row):
            setattr(row, column.attname, getattr(column.get_cached_value(row), "pk", None))


def insert_values(model: type[models.Model], names: Sequence[str], values: Iterable[Sequence[Any]]) -> None:
    """Insert rows that are given by the values of these columns, all or none."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    columns: list[Any] = [model._meta.get_field(name) for name in names]
    quoted = ", ".join(connection.ops.quote_name(column.column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    prepare = [_prepared(column, connection) for column in columns]
    prepared = [[each(value) for each, value in zip(prepare, row, strict=True)] for row in values]
    if not prepared:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # where each row of an INSERT fires the triggers of a statement
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
                for row in prepared:
                    copy.write_row(row)
        else:
            placeholders = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({placeholders})", prepared)  # noqa: S608


def _prepared(column: Any, connection: Any) -> Callable[[Any], Any]:
    """Return what turns a value of a column into what the driver takes."""
    if isinstance(column, models.JSONField):
        return lambda value: column.get_db_prep_save(value, connection)
    is_uuid_native = connection.features.has_native_uuid_field

    def prepared(value: Any) -> Any:
        if type(value) in PLAIN:
            return value
        if type(value) is UUID:
            return value if is_uuid_native else value.hex
        return column.get_db_prep_save(value, connection)

    return prepared
