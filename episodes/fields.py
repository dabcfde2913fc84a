"""Fields that check more than Django's, on the same columns."""

from typing import Any, ClassVar

from django.db import models


class OnTheSameColumn(models.Field):
    """A field that migrations take for one of Django's: its column is the same, only what it lets in differs."""

    stands_for: ClassVar[type[models.Field]]

    def deconstruct(self) -> Any:
        name, _, arguments, options = super().deconstruct()
        return name, f"django.db.models.{self.stands_for.__name__}", arguments, options
