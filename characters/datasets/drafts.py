"""What an entry of a data set says of a row, before it is known whether the database has that row."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from .reading import FilePlace


@dataclass(slots=True)  # one is made for each row: to freeze it would take three times as long
class RowDraft:
    """A row as the data set describes it."""

    model: type[models.Model]
    place: FilePlace
    identity: dict[str, Any]  # what tells it from others of its kind
    values: dict[str, Any]  # everything else
    only_new: Callable[[], dict[str, Any]] = dict  # makes the values that a new row gets; an old one keeps its own
    moved: dict[str, Any] = field(default_factory=dict)  # what tells it from others in whichever episode
