"""Rows as plain values: what a change set can hold, compare and write back. It knows no model by name.

Each app registers what of its models can be changed; everything else is read off the models themselves.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models
from django.http import HttpRequest, HttpResponse

type Json = Any
type Values = dict[str, Json]

EPISODES = ("revealed_in", "ended_in")


@dataclass(frozen=True, slots=True)
class Page:
    """A model whose rows have public pages: a change is about those it points to."""

    name: Callable[[models.Model], str]  # for editors
    address: Callable[[models.Model], str]
    preview: Callable[[HttpRequest, models.Model, int], HttpResponse] | None = None  # as it looks at an episode
    names: Callable[[Iterable[str], int], dict[str, str]] | None = None  # by key, as they are known at an episode
    find: Callable[[str, int], Iterable[str]] | None = None  # the keys of those with such a name at an episode


@dataclass(frozen=True, slots=True)
class Editable:
    """What of a model can be changed. `fields` are in the order in which people read them."""

    model: type[models.Model]
    fields: tuple[str, ...]
    page: Page | None = None
    noun: Callable[[Values], str] | None = None  # what people call such a row, where that depends on its values
    unseen: tuple[str, ...] = ()  # fields that no visitor sees: a change of theirs is no news
    check: Callable[[Any], None] | None = None  # of the row as it stands, besides its own validation
    check_removed: Callable[[Any], None] | None = None  # once all is written, of a row that is gone
    open_file: Callable[[str], File | None] | None = None  # what was sent or kept under this name
    keep_file: Callable[[Any], str] | None = None  # an upload, out of the public's reach; returns its name
    retire_file: Callable[[str], None] | None = None  # a file that a row no longer shows

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    def field(self, name: str) -> Any:
        return self.model._meta.get_field(name)

    def name_of(self, field: str) -> str:
        return str(self.field(field).verbose_name)

    @property
    def many(self) -> tuple[str, ...]:
        return tuple(name for name in self.fields if self.field(name).many_to_many)

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(name for name in self.fields if isinstance(self.field(name), models.FileField))


@dataclass(frozen=True, slots=True)
class Warned:
    """A text of a row says what is told later."""

    field: str
    found: str
    told_in: int
    claim: str
    url: str  # of what reveals it


@dataclass(frozen=True, slots=True)
class Shared:
    """Another bears the same name: no mistake by itself."""

    field: str
    subject: str  # the page of whoever bears it
    told_in: int


# How texts are read to a moderator; whoever knows what stands in them adds its own.
linters: list[Callable[[Iterable[models.Model]], list[list[Warned]]]] = []  # for each row what its texts say too early
namesakes: list[Callable[[Iterable[models.Model]], list[list[Shared]]]] = []  # for each row who bears its name as well
mention_readers: list[Callable[[Iterable[str], int], dict[str, str]]] = []  # each mention, as it is known at an episode

_registered: dict[str, Editable] = {}


class NotEditable(ValidationError):
    """Nobody may change this, or there is no such thing."""


def register(editable: Editable) -> None:
    _registered[editable.label] = editable


def editable(label: str) -> Editable:
    try:
        return _registered[label]
    except KeyError:
        raise NotEditable(f"Nothing of the kind “{label}” can be changed.") from None


def registered() -> Iterable[Editable]:
    return _registered.values()


# Reading


def values_of(row: models.Model) -> Values:
    """All that can be changed of a row, in values that JSON knows."""
    kind = editable(row._meta.label_lower)
    return {name: value_of(row, name) for name in kind.fields}


def all_values(kind: Editable) -> dict[str, Values]:
    """Every row of a kind by its key, in a bounded number of queries."""
    single = [name for name in kind.fields if name not in kind.many]
    found = {
        str(row.pk): {name: plain(kind.field(name), kind.field(name).value_from_object(row)) for name in single}
        for row in kind.model._base_manager.all()
    }
    for name in kind.many:
        field = kind.field(name)
        links = field.remote_field.through._base_manager.values_list(
            f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
        )
        for values in found.values():
            values[name] = []
        for own, other in links:
            found[str(own)][name].append(str(other))
        for values in found.values():
            values[name].sort()
    return found


def value_of(row: models.Model, name: str) -> Json:
    field: Any = row._meta.get_field(name)
    if field.many_to_many:
        return sorted(str(pk) for pk in getattr(row, name).values_list("pk", flat=True))
    return plain(field, field.value_from_object(row))


def plain(field: Any, value: Any) -> Json:
    if isinstance(field, models.FileField):
        return str(value.name or "")
    if value is None or isinstance(value, bool | int | list | dict):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def blank_values(kind: Editable) -> Values:
    """Those of a new row of which nothing is said yet."""
    blank = kind.model()
    return {
        name: [] if name in kind.many else plain(kind.field(name), kind.field(name).value_from_object(blank))
        for name in kind.fields
    }


# Writing


def build(kind: Editable, key: str, values: Values) -> models.Model:
    """A new row, not saved."""
    row = kind.model()
    if key:
        row.pk = kind.model._meta.pk.to_python(key)
    for name in kind.fields:
        if name in values:
            put(kind, row, name, values[name])
    return row


def put(kind: Editable, row: models.Model, name: str, value: Json) -> None:
    """Give a field its value; those to many rows wait until the row is saved."""
    field = kind.field(name)
    if field.many_to_many:
        return
    if isinstance(field, models.FileField):
        file = kind.open_file(value) if kind.open_file and value else None
        if file is None:
            raise ValidationError({name: "The file is gone."})
        setattr(row, name, file)
    elif field.is_relation:
        setattr(row, field.attname, field.target_field.to_python(value))
    else:
        setattr(row, name, field.to_python(value))


def put_many(kind: Editable, row: models.Model, values: Values) -> None:
    for name in kind.many:
        if name in values:
            getattr(row, name).set(values[name])


# What a row is about, and from which episode on


def reference(row: models.Model) -> str:
    return f"{row._meta.label_lower}:{row.pk}"


def subjects_of(kind: Editable, key: str, values: Values) -> set[str]:
    """The pages that show a row with these values."""
    found = {f"{kind.label}:{key}"} if kind.page and key else set()
    for name in kind.fields:
        related = kind.field(name).related_model
        if related is None or name in EPISODES or (target := _registered.get(related._meta.label_lower)) is None:
            continue
        if target.page is not None:
            keys = values.get(name) or []
            found |= {f"{target.label}:{each}" for each in (keys if isinstance(keys, list) else [keys])}
    if not found and values.get("revealed_in") is not None:
        found.add(f"episodes.episode:{values['revealed_in']}")
    return found


def known_in(kind: Editable, key: str, values: Values, told: Iterable[Json]) -> int | None:
    """The last of the episodes that a change to such a row touches; None if it shows nowhere by itself.

    An end that the change leaves alone does not count: it may lie beyond what the author of the change knows.
    """
    if "revealed_in" in kind.fields:
        touched = [values.get("revealed_in"), *told]
        return max((number for number in touched if isinstance(number, int)), default=None)
    row = kind.model()
    if key:
        row.pk = kind.model._meta.pk.to_python(key)
    own = getattr(row, "known_in", None)
    return own if isinstance(own, int) else None


def by_label(references: Iterable[str]) -> defaultdict[str, set[str]]:
    """The keys that are referred to, for each kind of row."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for each in references:
        label, _, key = each.partition(":")
        keys[label].add(key)
    return keys


def find(reference: str) -> models.Model | None:
    """The row that is referred to, if it is there."""
    label, _, key = reference.partition(":")
    if label not in _registered:
        return None
    return row_of(_registered[label], key)


def row_of(kind: Editable, key: str, *, locked: bool = False) -> models.Model | None:
    rows = kind.model._base_manager.all()
    if locked:
        rows = rows.select_for_update()
    try:
        return rows.filter(pk=kind.model._meta.pk.to_python(key)).first() if key else None
    except ValidationError:
        return None
