"""Insert thousands of rows by one statement; of `bulk_create`, most of the time goes into composing SQL."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import repeat
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.models import signals
from django.db.models.base import ModelState
from django.db.models.fetch_modes import FetchMode

PLAIN = frozenset((str, bytes, int, bool, type(None)))  # types that every driver takes as they are
PLAIN_OR_UUID = PLAIN | {UUID}


def insert(model: type[models.Model], rows: Iterable[Any]) -> None:
    """Insert new rows, all or none. As with `bulk_create`, nothing is validated, and no signal is sent.

    A key that the database numbers is not read back. What the rows refer to is read again when somebody asks for it.
    """
    columns = [column for column in model._meta.concrete_fields if not isinstance(column, models.AutoField)]
    names = [column.attname for column in columns]
    rows = list(rows)
    with_own_state = [row for row in rows if not isinstance(row._state, _SharedState)]
    for column in columns:
        if column.is_relation:
            _refer(column, with_own_state)
    insert_values(model, names, ([getattr(row, name) for name in names] for row in rows))
    for row in rows:
        row._state = _INSERTED


# With a state for each row, and what it refers to in that, tens of thousands take a third more memory.


class _OwnStateFirst(FetchMode):
    """Gives a row a state of its own before what it refers to is read into that."""

    def fetch(self, fetcher: Any, instance: Any) -> None:
        give_own_state(instance)
        fetcher.fetch_one(instance)


class _SharedState(ModelState):
    """The state of many rows. It keeps nothing of what one of them refers to."""

    db = DEFAULT_DB_ALIAS
    fetch_mode = _OwnStateFirst()

    @property
    def fields_cache(self) -> dict[str, Any]:  # type: ignore[override]
        return {}

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{name} would be set for all rows that share a state.")


class _Inserted(_SharedState):
    adding = False


_NEW, _INSERTED = _SharedState(), _Inserted()


@cache
def _relations(model: type[models.Model]) -> tuple[Any, ...]:
    return tuple(column for column in model._meta.concrete_fields if column.is_relation)


def new_row(model: type[models.Model], values: dict[str, Any]) -> Any:
    """Return a row as the model makes it of these values.

    It does without a state of its own, if it knows its key and those of all that it refers to, and if nobody follows
    how rows of its model are made. Then the values are put where the model would put them, in a seventh of the time.
    """
    columns = _columns(model)
    if columns is None or signals.pre_init.has_listeners(model) or signals.post_init.has_listeners(model):
        return model(**values)
    row = model.__new__(model)
    row._state = _NEW
    made = row.__dict__  # filled in the same order for all rows, so that these share its keys
    for name, attname, key_of_other, default in columns:
        if attname in values:
            made[attname] = values[attname]
        elif (other := values.get(name)) is not None:
            key = getattr(other, key_of_other)
            if key is None:
                return model(**values)
            made[attname] = key
        else:
            made[attname] = None if name in values else default()
    return row


@cache
def _columns(model: type[models.Model]) -> tuple[tuple[str, str, str, Callable[[], Any]], ...] | None:
    """Return the columns of a model, each with the key of what it may refer to, and with what makes its default.

    None if its rows need a state of their own.
    """
    if isinstance(model._meta.pk, models.AutoField) or model.__init__ is not models.Model.__init__:
        return None
    columns: Iterable[Any] = model._meta.concrete_fields
    return tuple(
        (column.name, column.attname, column.target_field.attname if column.is_relation else "", column.get_default)
        for column in columns
    )


def refer(row: Any, values: dict[str, Any]) -> None:
    """Let a row refer to the rows among the values that it was made of, not to their keys alone."""
    give_own_state(row)
    for name, value in values.items():
        if isinstance(value, models.Model):
            setattr(row, name, value)


def give_own_state(row: Any) -> None:
    if isinstance(row._state, _SharedState):
        state = ModelState()
        state.adding, state.db = row._state.adding, row._state.db
        row._state = state


def referring[Row: models.Model](rows: Iterable[Row], by_key: Mapping[Any, Mapping[Any, Any]]) -> Iterator[Row]:
    """Yield rows, and let each that was inserted refer to others, of these models by key, until the next one comes."""
    state = ModelState()  # of each in turn
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    columns_of: dict[type[models.Model], list[tuple[str, str, Mapping[Any, Any]]]] = {}
    for row in rows:
        if row._state is not _INSERTED:
            yield row
            continue
        if (columns := columns_of.get(type(row))) is None:
            relations = [each for each in _relations(type(row)) if each.related_model in by_key]
            columns = [(each.cache_name, each.attname, by_key[each.related_model]) for each in relations]
            columns_of[type(row)] = columns
        keys = row.__dict__
        found = ((name, others.get(keys[attname])) for name, attname, others in columns)
        state.fields_cache = {name: other for name, other in found if other is not None}
        row._state = state
        yield row
        row._state = _INSERTED


def _refer(column: Any, rows: list[Any]) -> None:
    """Fill in the keys of rows that had none when they were referred to."""
    for row in rows:
        if getattr(row, column.attname) is None and column.is_cached(row):
            setattr(row, column.attname, getattr(column.get_cached_value(row), "pk", None))


def insert_values(
    model: type[models.Model],
    names: Sequence[str],
    values: Iterable[Sequence[Any]],
    same: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Insert rows that are given by the values of these columns, and by what is the same for all; all or none."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    columns: list[Any] = [model._meta.get_field(name) for name in (*names, *same)]
    quoted = ", ".join(connection.ops.quote_name(column.column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    rows = list(values)
    if not rows:
        return
    known: dict[int, Any] = {}
    of_columns = zip(columns, zip(*rows, strict=True), strict=False)
    prepared = zip(
        *(_prepared(column, of_rows, connection, known) for column, of_rows in of_columns),
        *(
            repeat(column.get_db_prep_save(same[column.attname], connection), len(rows))
            for column in columns[len(names) :]
        ),
        strict=True,
    )
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # where each row of an INSERT fires the triggers of a statement
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
                for row in prepared:
                    copy.write_row(row)
        else:
            placeholders = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({placeholders})", prepared)  # noqa: S608


def _prepared(column: Any, values: Sequence[Any], connection: Any, known: dict[int, Any]) -> Iterable[Any]:
    """Return the values of a column as the driver takes them. `known` has JSON by the object that it was made of.

    What a change writes is also what its row became: both are one object, which is made into JSON once.
    """
    kinds = set(map(type, values))
    if type(column) is models.JSONField:
        for value in values:
            if id(value) not in known:
                known[id(value)] = column.get_db_prep_save(value, connection)
        return [known[id(value)] for value in values]
    if kinds <= PLAIN or (kinds <= PLAIN_OR_UUID and connection.features.has_native_uuid_field):
        return values
    if kinds <= PLAIN_OR_UUID:
        return [f"{value.int:032x}" if type(value) is UUID else value for value in values]
    return [value if type(value) in PLAIN else column.get_db_prep_save(value, connection) for value in values]
