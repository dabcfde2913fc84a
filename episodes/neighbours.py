"""Where the checks of a row find the rows beside it: in the database, or in memory, for whoever holds all of them.

So the models say each rule once, and it holds for a form as for a load of thousands of rows.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q


class Neighbours:
    """The rows of the database."""

    def where(self, model: type[models.Model], **values: Any) -> Iterable[Any]:
        """Return the rows with these values; a name may end in `__lt`."""
        return model._base_manager.filter(**values)

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

    def keys(self, kinds: Iterable[type[models.Model]], until: int) -> Iterable[str]:
        """Return the keys of all these that are revealed by an episode."""
        for kind in kinds:
            yield from kind._base_manager.filter(revealed_in__lte=until).order_by().values_list("key", flat=True)

    def mentioning(self, key: str) -> Iterator[tuple[Any, Any]]:
        """Yield each row with a text that may mention a key, and the field of the text."""
        for model, field in prose_fields():
            mention = Q(**{f"{field.name}__contains": f"[[{key}]]"})
            mention |= Q(**{f"{field.name}__contains": f"[[{key}|"})
            for row in model._base_manager.filter(mention):
                yield row, field


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
