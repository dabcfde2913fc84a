"""Where the checks of a row find the rows beside it: in the database, or in memory, for whoever holds all of them.

So the models say each rule once, and it holds for a form as for a load of thousands of rows.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import product
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from .known import is_known

MAY_MENTION = re.compile(r"(?=\[\[([^]|[]*)(?:\]\]|\|))")


class Neighbours:
    """The rows of the database."""

    def where(self, model: type[models.Model], **values: Any) -> Iterable[Any]:
        """Return the rows with these values."""
        return model._base_manager.filter(**values)

    def earlier(self, model: type[models.Model], first: int, second: int, **values: Any) -> Iterable[Any]:
        """Return the rows with these values that are revealed before a place of either axis, and say so in no check."""
        is_earlier = Q(revealed_in_id__lt=first) | Q(also_in_id__lt=second)
        return model._base_manager.filter(is_earlier, **values)

    def linked(self, row: models.Model, name: str) -> Iterable[Any]:
        """Return the rows that a row has in a list."""
        return getattr(row, name).all()

    def will_check(self, row: models.Model) -> bool:
        """Return whether a row is checked as well, so that of two that do not fit together one alone says so."""
        return False

    def first_episodes(self, kinds: Iterable[type[models.Model]], keys: set[str]) -> dict[str, int]:
        """Return the episode in which each of these is revealed, by its key, in one statement for all kinds."""
        first, *others = (
            kind._base_manager.filter(key__in=keys).order_by().values_list("key", "revealed_in_id") for kind in kinds
        )
        return dict(first.union(*others, all=True))

    def second_places(self, kinds: Iterable[type[models.Model]], keys: set[str]) -> dict[str, int | None]:
        """Return from which place on the second axis on each of these is known there, by its key; None if it never is.

        What is known from the start is known from 0 on.
        """
        found = ((key, self.where(kind, key=key)) for kind in kinds for key in keys)
        return {key: row.also_known_in for key, there in found for row in there}

    def keys(self, kinds: Iterable[type[models.Model]], until: int) -> Iterable[str]:
        """Return the keys of all these that are revealed by an episode."""
        for kind in kinds:
            yield from kind._base_manager.filter(is_known(until)).order_by().values_list("key", flat=True)

    def mentioning(self, key: str) -> Iterator[tuple[Any, Any]]:
        """Yield each row with a text that may mention a key, and the field of the text; none that is checked itself."""
        for model, field in prose_fields():
            mention = Q(**{f"{field.name}__contains": f"[[{key}]]"})
            mention |= Q(**{f"{field.name}__contains": f"[[{key}|"})
            for row in model._base_manager.filter(mention):
                yield row, field


class TablesReadOnce(Neighbours):
    """The rows of the database, of which each table is read once, for whoever checks many of them."""

    def __init__(self) -> None:
        self._rows: dict[type[models.Model], dict[Any, Any]] = {}
        self._found: dict[tuple[type[models.Model], tuple[str, ...]], dict[tuple[Any, ...], list[Any]]] = {}
        self._lists: dict[tuple[type[models.Model], str], dict[Any, list[Any]]] = {}
        self._mentioning: dict[str, list[tuple[Any, Any]]] | None = None

    def rows(self, model: type[models.Model]) -> dict[Any, Any]:
        """Return all rows of a model by their keys; what they point to is read for all of them at once."""
        if model not in self._rows:
            every = model._base_manager.all().fetch_mode(models.FETCH_PEERS)
            self._rows[model] = {row.pk: row for row in every}
        return self._rows[model]

    def where(self, model: type[models.Model], **values: Any) -> Iterable[Any]:
        names = tuple(values)
        if (by_values := self._found.get((model, names))) is None:
            by_values = self._found[model, names] = {}
            for row in self.rows(model).values():
                for told in product(*(self._values(row, name, _column(model, name)) for name in names)):
                    by_values.setdefault(told, []).append(row)
        return by_values.get(tuple(getattr(value, "pk", value) for value in values.values()), ())

    def earlier(self, model: type[models.Model], first: int, second: int, **values: Any) -> Iterable[Any]:
        return [row for row in self.where(model, **values) if is_earlier(row, first, second)]

    def _values(self, row: models.Model, name: str, column: str) -> list[Any]:
        """Return the value of a row, or the keys of all that it has in a list."""
        return [getattr(row, column)] if column else [other.pk for other in self.linked(row, name)]

    def linked(self, row: models.Model, name: str) -> Iterable[Any]:
        model, field = type(row), row._meta.get_field(name)
        if (model, name) not in self._lists:
            own, other = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"  # type: ignore[union-attr]
            lists = self._lists[model, name] = {}
            others = self.rows(field.related_model)  # type: ignore[arg-type]
            for key, linked in field.remote_field.through._base_manager.values_list(own, other):  # type: ignore[union-attr]
                lists.setdefault(key, []).append(others[linked])
        return self._lists[model, name].get(row.pk, ())

    def first_episodes(self, kinds: Iterable[type[models.Model]], keys: set[str]) -> dict[str, int]:
        found = ((key, self.where(kind, key=key)) for kind in kinds for key in keys)
        return {key: row.revealed_in_id for key, there in found for row in there}

    def keys(self, kinds: Iterable[type[models.Model]], until: int) -> Iterable[str]:
        for kind in kinds:
            yield from (row.key for row in self.rows(kind).values() if row.revealed_in_id <= until)

    def mentioning(self, key: str) -> Iterator[tuple[Any, Any]]:
        if self._mentioning is None:
            self._mentioning = {}
            for model, field in prose_fields():
                for row in self.rows(model).values():
                    for mentioned in set(MAY_MENTION.findall(getattr(row, field.attname))):
                        self._mentioning.setdefault(mentioned, []).append((row, field))
        yield from self._mentioning.get(key, ())


def is_earlier(row: Any, first: int, second: int) -> bool:
    """Return whether a row is revealed before a place of the first axis, or before one of the second."""
    return row.revealed_in_id < first or (row.also_in_id is not None and row.also_in_id < second)


def _column(model: type[models.Model], name: str) -> str:
    """Return the attribute that has the value of a field as it is named in a query; nothing for a list of rows."""
    columns = (field.attname for field in model._meta.concrete_fields if name in (field.name, field.attname))
    return "pk" if name == "pk" else next(columns, "")


_current: ContextVar[Neighbours] = ContextVar("where checks look")
_database = Neighbours()


def neighbours() -> Neighbours:
    """Return where checks look for other rows."""
    return _current.get(_database)


@contextmanager
def looking_in(others: Neighbours) -> Iterator[None]:
    """Let the checks within the block look there."""
    token = _current.set(others)
    try:
        yield
    finally:
        _current.reset(token)


def prose_fields() -> Iterator[tuple[type[models.Model], Any]]:
    """Yield every field of every model that holds Markdown with mentions."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if getattr(field, "holds_mentions", False):
                yield model, field
