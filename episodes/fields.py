"""Fields that check more than Django's, on the same columns."""

from typing import Any, ClassVar

from django.db import models

from .order import sort_key


class OnTheSameColumn(models.Field):
    """A field that migrations take for one of Django's: its column is the same, only what it lets in differs."""

    stands_for: ClassVar[type[models.Field]]

    def deconstruct(self) -> Any:
        name, _, arguments, options = super().deconstruct()
        return name, f"django.db.models.{self.stands_for.__name__}", arguments, options


class SortKey(OnTheSameColumn, models.BinaryField):
    """The place of a row in a list by name: always that of the name it has, whoever writes the row.

    Bytes, as both databases compare these alike, and text by the collation that each was made with.
    """

    stands_for = models.BinaryField

    def __init__(self, *, of: str = "", **options: Any) -> None:
        super().__init__(**{"default": b"", **options})
        self.of = of

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if self.of:  # Django's copies of models for migrations have but the column
            setattr(cls, self.attname, _KeyOfName(self.attname, self.of))


class _KeyOfName:
    """Makes the key of what the row is called now; what was stored is only noted, so that Django saves it again."""

    def __init__(self, attname: str, of: str) -> None:
        self.attname = attname
        self.of = of

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        return self if row is None else sort_key(getattr(row, self.of)).encode()

    def __set__(self, row: Any, value: Any) -> None:
        row.__dict__[self.attname] = value
