"""All rows of a show in memory while it is loaded: those of the database, and those that are about to be written."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.db import models

from characters.kinds import KINDS
from characters.text.mentions import mentioned_keys
from corrections import bulk
from episodes import texts
from episodes.known import is_reached
from episodes.models import Episode
from episodes.neighbours import Neighbours, is_earlier, prose_fields

type Model = type[models.Model]
type Values = tuple[Any, ...]


class RowsInMemory(Neighbours):
    """The rows as they will be once the load is written; checks look here instead of asking the database."""

    def __init__(self) -> None:
        self.rows: dict[Model, list[Any]] = {kind.model: [] for kind in KINDS}
        self.stored: dict[Model, dict[Any, Any]] = {kind.model: {} for kind in KINDS}  # by key, as they were read
        self._links: dict[tuple[Model, str], dict[Any, list[Any]]] = {key: {} for key in lists()}
        self._stored_by: dict[tuple[Model, tuple[str, ...]], dict[Values, list[Any]]] = {}
        self._by_values: dict[Model, dict[tuple[str, ...], dict[Values, list[Any]]]] = defaultdict(dict)
        self._mentioning: dict[str, list[tuple[Any, Any]]] | None = None
        self._unchecked: RowsInMemory | None = None  # the rows that are not checked, once some are

    @classmethod
    def of_the_database(cls) -> "RowsInMemory":
        """Read all rows, each with the rows that it refers to."""
        memory = cls()
        for model, stored in memory.stored.items():
            stored.update((row.pk, row) for row in model._base_manager.order_by())
            memory.rows[model] += stored.values()
        for model in memory.stored:
            memory._refer(model)
        for model, name in lists():
            memory._read_list(model, name)
        return memory

    def _refer(self, model: Model) -> None:
        for column in model._meta.concrete_fields:
            others = self.stored.get(column.related_model)  # type: ignore[arg-type]
            for row in self.stored[model].values() if others is not None else ():
                if (key := getattr(row, column.attname)) is not None:
                    column.set_cached_value(row, others[key])  # type: ignore[attr-defined, index]

    def _read_list(self, model: Model, name: str) -> None:
        field: Any = model._meta.get_field(name)
        own, other = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
        others = self.stored[field.related_model]
        for key, linked in field.remote_field.through._base_manager.values_list(own, other):
            self._links[model, name].setdefault(key, []).append(others[linked])

    # What is to be written

    def find(self, model: Model, identity: dict[str, Any]) -> Any:
        """Return the row that the database had with these values at the beginning, or None."""
        return next(iter(self.find_all(model, identity)), None)

    def find_all(self, model: Model, identity: dict[str, Any]) -> list[Any]:
        """Return all rows that the database had with these values at the beginning."""
        if not self.stored[model]:
            return []
        names = tuple(identity)
        if (found := self._stored_by.get((model, names))) is None:
            columns = [_column(model, name) for name in names]
            found = self._stored_by[model, names] = {}
            for row in self.stored[model].values():
                found.setdefault(told_apart_by(getattr(row, column) for column in columns), []).append(row)
        values = (value.pk if isinstance(value, models.Model) else value for value in identity.values())
        return found.get(told_apart_by(values), [])

    def add(self, row: Any) -> None:
        """Add a row that the database does not have yet."""
        self.rows[type(row)].append(row)
        for names, rows in self._by_values[type(row)].items():
            for values in self._values_of(row, names):
                rows.setdefault(values, []).append(row)
        self._mentioning = None

    def changed(self, row: Any) -> None:
        """Forget where a row was found by values that it may no longer have."""
        self._by_values.pop(type(row), None)
        self._mentioning = None

    def forget_what_was_found(self) -> None:
        """Free the memory of lists that checks have asked for, once they are through."""
        self._by_values.clear()
        self._mentioning = self._unchecked = None

    def remove(self, gone: Iterable[Any]) -> None:
        """Take rows back that the database refused, or that are removed from it."""
        for model, rows in _by_model(gone).items():
            places = set(map(id, rows))
            self.rows[model] = [row for row in self.rows[model] if id(row) not in places]
            self.changed(rows[0])

    def begin_checks(self, rows: Iterable[Any]) -> None:
        """Note which rows are going to be checked: `earlier` and `mentioning` leave these out, which saves most of it.

        Where one does not fit to another, it says so itself.
        """
        places = set(map(id, rows))
        self._unchecked = RowsInMemory()
        self._unchecked._links = self._links
        for model, there in self.rows.items():
            self._unchecked.rows[model] += (row for row in there if id(row) not in places)

    def link(self, row: Any, name: str, others: list[Any]) -> None:
        """Set a list of a row."""
        self._links[type(row), name][row.pk] = others

    def referring(self, rows: Iterable[Any]) -> Iterator[Any]:
        """Yield rows, each with what it refers to until the next one comes: held for all of them, that is much."""
        by_key = {model: {row.pk: row for row in self.rows[model]} for model in _referred_to()}
        return bulk.referring(rows, by_key)

    # Looking for rows

    def where(self, model: Model, **values: Any) -> Iterable[Any]:
        names, wanted = tuple(values), tuple(values.values())
        rows = self._by(model, names[:2]).get(wanted[:2], ())  # few are left then, and by three were many more lists
        for name, value in zip(names[2:], wanted[2:], strict=True):
            rows = [row for row in rows if getattr(row, name) == value]
        return rows

    def earlier(self, model: Model, first: int, second: int, **values: Any) -> Iterable[Any]:
        rows = (self._unchecked or self).where(model, **values)
        return [row for row in rows if is_earlier(row, first, second)]

    def linked(self, row: models.Model, name: str) -> Iterable[Any]:
        return self._links[type(row), name].get(row.pk, ())

    def will_check(self, row: models.Model) -> bool:
        return self._unchecked is not None and all(row is not other for other in self._unchecked.rows[type(row)])

    def first_episodes(self, kinds: Iterable[Model], keys: set[str]) -> dict[str, int]:
        by_key = [self._by(kind, ("key",)) for kind in kinds]
        return {key: rows[0].revealed_in_id for of_kind in by_key for key in keys if (rows := of_kind.get((key,)))}

    def keys(self, kinds: Iterable[Model], until: int) -> Iterable[str]:
        for kind in kinds:
            yield from (row.key for row in self.rows[kind] if is_reached(row.revealed_in_id, until))

    def mentioning(self, key: str) -> Iterator[tuple[Any, Any]]:
        if self._unchecked is not None:
            yield from self._unchecked.mentioning(key)
            return
        if self._mentioning is None:
            self._mentioning = defaultdict(list)
            for model, field in prose_fields():
                for row in self.rows.get(model, ()):
                    for mentioned in mentioned_keys(getattr(row, field.attname)):
                        self._mentioning[mentioned].append((row, field))
        yield from self._mentioning.get(key, ())

    def _by(self, model: Model, names: tuple[str, ...]) -> dict[Values, list[Any]]:
        """Return the rows of a model by some of their values, or by what is in one of their lists."""
        indexes = self._by_values[model]
        if names not in indexes:
            index = indexes[names] = {}
            for row in self.rows[model]:
                for values in self._values_of(row, names):
                    index.setdefault(values, []).append(row)
        return indexes[names]

    def _values_of(self, row: Any, names: tuple[str, ...]) -> Iterable[Values]:
        model: Model = type(row)
        if (model, names[0]) in self._links:
            return [(other.pk,) for other in self.linked(row, names[0])]
        return [tuple([getattr(row, _column(model, name)) for name in names])]


def _by_model(rows: Iterable[Any]) -> dict[Model, list[Any]]:
    by_model: dict[Model, list[Any]] = defaultdict(list)
    for row in rows:
        by_model[type(row)].append(row)
    return by_model


def told_apart_by(values: Iterable[Any]) -> Values:
    """Return values of rows so that they are equal for texts that are the same."""
    return tuple(texts.identity(value) if isinstance(value, str) else value for value in values)


@cache
def _referred_to() -> frozenset[Model]:
    """Return the models whose rows are referred to, but for episodes, for which their numbers do."""
    columns = (column for kind in KINDS for column in kind.model._meta.concrete_fields)
    return frozenset(column.related_model for column in columns if column.related_model not in (None, Episode))


@cache
def lists() -> tuple[tuple[Model, str], ...]:
    """Return the fields that hold lists of other rows."""
    return tuple(
        (kind.model, name) for kind in KINDS for name in kind.fields if kind.model._meta.get_field(name).many_to_many
    )


@cache
def _column(model: Model, name: str) -> str:
    column: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
    return str(column.attname)
