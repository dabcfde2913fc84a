"""Rows as plain values: what a change can hold, compare and write back. This module knows no model by name.

Each app registers which of its models can be changed; everything else is read from the models themselves.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import batched
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models
from django.http import HttpRequest, HttpResponse

from episodes.axes import Progress, is_on_second_axis, reaching
from episodes.known import is_reached, place_reached
from episodes.names import Name
from episodes.units import worded

type Json = Any
type Values = dict[str, Json]

EPISODES = ("revealed_in", "ended_in")
ON_THE_SECOND_AXIS = ("also_in", "also_ended_in")  # what is set there is no news
WHEN = EPISODES + ON_THE_SECOND_AXIS
PLACES = tuple(zip(EPISODES, ON_THE_SECOND_AXIS, strict=True))  # each on both axes
SECOND_PLACES = dict(PLACES)  # by that on the first
FIRST_PLACES = {second: first for first, second in PLACES}
AT_ONCE = 500  # rows in one query
PLAIN = frozenset((str, int, bool, type(None)))  # types that JSON can hold as they are


@dataclass(frozen=True, slots=True)
class Page:
    """A model whose rows have public pages. A change is about the pages of the rows it points to."""

    name: Callable[[models.Model], str]  # for editors
    address: Callable[[models.Model], str]
    preview: Callable[[HttpRequest, models.Model, int], HttpResponse] | None = None  # the page at an episode
    names: Callable[[Iterable[str], int], dict[str, Name]] | None = None  # by key, as they are known at an episode
    find: Callable[[str, int], Iterable[str]] | None = None  # the keys of rows with such a name at an episode
    # The names by key that rows which are to be added (each with the label of its model) would give at an episode.
    names_from: Callable[[Iterable[tuple[str, Values]], int], dict[str, Name]] | None = None


@dataclass(frozen=True, slots=True)
class Handle:
    """A field by whose value texts name a row. Once it has another, the texts are rewritten to name it by that."""

    field: str
    rewritten: Callable[[str, str, str], str]  # takes a text, the former value and the new one


@dataclass(frozen=True, slots=True)
class Editable:
    """A model whose rows can be changed. `fields` are in the order in which people read them."""

    model: type[models.Model]
    fields: tuple[str, ...]
    page: Page | None = None
    noun: Callable[[Values], str] | None = None  # what people call such a row, where that depends on its values
    titles: Callable[[Iterable[tuple[str, Values]], Any], list[str]] | None = None  # rows with their keys, in words
    unseen: tuple[str, ...] = ()  # fields that no visitor sees: changing one is no news
    check: Callable[[Any], None] | None = None  # validates a written row, besides the model's own validation
    check_removed: Callable[[Any], None] | None = None  # validates a removal, once all changes are written
    check_text: Callable[[Any], None] | None = None  # validates a text that was rewritten, without looking elsewhere
    handle: Handle | None = None
    # Proposes, each with why, what moves all that hangs on a row to another of its kind, which stays.
    merge: Callable[[Any, Any], Iterable[tuple[Any, str]]] | None = None
    open_file: Callable[[str], File | None] | None = None  # opens the file that was sent or kept under this name
    keep_file: Callable[[Any], str] | None = None  # stores an upload privately and returns its name
    published_file: Callable[[str], str] | None = None  # the name by which a file will be published that was kept
    retire_file: Callable[[str], None] | None = None  # is called with a file that a row no longer shows

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    def field(self, name: str) -> Any:
        return self.model._meta.get_field(name)

    @property
    def is_known_from_an_episode(self) -> bool:
        """Whether its rows say when they are revealed; a tag is known by who bears it."""
        return "revealed_in" in self.fields

    def name_of(self, field: str) -> str:
        return str(self.field(field).verbose_name)

    def published(self, field: str, value: Json) -> Json:
        """Return the value of a field as a row has it once it is written: a file that was kept gets another name."""
        if self.published_file is None or field not in self.files or not isinstance(value, str):
            return value
        return self.published_file(value)

    @property
    def many(self) -> tuple[str, ...]:
        return _many(self.model, self.fields)

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(name for name in self.fields if isinstance(self.field(name), models.FileField))


@cache
def _many(model: type[models.Model], fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in fields if model._meta.get_field(name).many_to_many)


@dataclass(frozen=True, slots=True)
class SpoilerWarning:
    """A text of a row mentions something that is revealed only in a later episode."""

    field: str
    text: str  # the words that mention it
    episode: int  # in which it is revealed
    claim: str
    url: str  # of the row that reveals it
    also: int | None = None  # or there, on the second axis

    def is_known(self, progress: int) -> bool:
        """Return whether somebody knows it, by either axis."""
        return place_reached(self.episode, self.also, progress) is not None


@dataclass(frozen=True, slots=True)
class SharedName:
    """Another page has the same name, which is not a mistake by itself."""

    field: str
    subject: str  # the reference of the other page
    episode: int  # from which on it has that name
    also: int | None = None  # or from there, on the second axis

    def place_for(self, progress: int) -> int | None:
        """Return from which place on somebody knows it, or None if they do not."""
        return place_reached(self.episode, self.also, progress)


type Findings[Finding] = Callable[[], list[list[Finding]]]
"""Finds what is in each of some rows, without the database.

Texts can be long, and must not be read while a transaction keeps others waiting.
"""

type Linter[Finding] = Callable[[Iterable[models.Model]], Findings[Finding]]
"""Reads what it needs from the database to check some rows."""

# How moderators are helped to read texts. The apps that know what the texts contain add their own functions.
linters: list[Linter[SpoilerWarning]] = []
namesakes: list[Linter[SharedName]] = []  # who else has the name of each row
mention_readers: list[Callable[[Iterable[str], int, Mapping[str, str]], dict[str, str]]] = []
"""Return each mention's name at an episode, or of keys that are not there yet the one that is given."""

# Each reads the names of the show, and returns a function that finds the latest episode of those that a text says and
# that are known only after a given episode; 0 if there are none.
name_readers: list[Callable[[], Callable[[str, int], int]]] = []

# Each puts what somebody at the desk may read for the keys in a text.
key_writers: list[Callable[[str], str]] = []

# Each puts keys for the names in a text as a moderator typed it, as far as they are known at an episode.
text_readers: list[Callable[[int, str], str]] = []

# Each follows rows that were written many at once, without signals, by their model.
many_written: list[Callable[[dict[type[models.Model], "WrittenRows"]], None]] = []

# Each returns, for an episode, what writes a text for somebody to edit: with names for keys, which `text_readers` read.
text_writers: list[Callable[[int], Callable[[str], str]]] = []

_registered: dict[str, Editable] = {}


@dataclass(slots=True)
class WrittenRows:
    """Rows of one model that were written many at once."""

    saved: list[str] = field(default_factory=list)  # their keys
    former: dict[str, Values] = field(default_factory=dict)  # of those that were there before, by their keys
    removed: list[str] = field(default_factory=list)


class NotEditable(ValidationError):
    """The model or the field cannot be changed, or does not exist."""


def with_readable_keys(text: str) -> str:
    for write in key_writers:
        text = write(text)
    return text


def register(editable: Editable) -> None:
    _registered[editable.label] = editable


def editable(label: str) -> Editable:
    try:
        return _registered[label]
    except KeyError:
        raise NotEditable(f"Rows of “{label}” cannot be changed.") from None


def registered() -> Iterable[Editable]:
    return _registered.values()


# Reading


def values_of(row: models.Model) -> Values:
    """Return all editable fields of a row as JSON values."""
    kind = editable(row._meta.label_lower)
    return {name: value_of(row, name) for name in kind.fields}


def all_values(kind: Editable) -> dict[str, Values]:
    """Return the values of every row of a kind by its key, in a bounded number of queries."""
    values_by_key = {str(row.pk): single_values(kind, row) for row in kind.model._base_manager.all()}
    for name in kind.many:
        field = kind.field(name)
        links = field.remote_field.through._base_manager.values_list(
            f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
        )
        for values in values_by_key.values():
            values[name] = []
        for own, other in links:
            values_by_key[str(own)][name].append(str(other))
        for values in values_by_key.values():
            values[name].sort()
    return values_by_key


def single_values(kind: Editable, row: models.Model) -> Values:
    """Return the editable fields of a row that are no lists of other rows."""
    return {
        name: value if type(value := getattr(row, attname)) in PLAIN else plain(field, value)
        for name, attname, field in _single_fields(kind.label)
    }


@cache
def _single_fields(label: str) -> list[tuple[str, str, Any]]:
    kind = editable(label)
    return [(name, kind.field(name).attname, kind.field(name)) for name in kind.fields if name not in kind.many]


def value_of(row: models.Model, name: str) -> Json:
    """Return one field of a row as a JSON value."""
    field: Any = row._meta.get_field(name)
    if field.many_to_many:
        return sorted(str(pk) for pk in getattr(row, name).values_list("pk", flat=True))
    return plain(field, field.value_from_object(row))


def plain(field: Any, value: Any) -> Json:
    """Return the value of a field as JSON can hold it."""
    if isinstance(field, models.FileField):
        return str(value.name or "")
    if value is None or isinstance(value, bool | int | list | dict):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def text_length(values: Json) -> int:
    """Return the number of characters in the texts of a value, or of all values of a row."""
    if isinstance(values, str):
        return len(values)
    if isinstance(values, dict):
        return sum(text_length(each) for each in values.values())
    return 0


def blank_values(kind: Editable) -> Values:
    """Return the values of a new row that nobody has filled in yet."""
    blank = kind.model()
    return {
        name: [] if name in kind.many else plain(kind.field(name), kind.field(name).value_from_object(blank))
        for name in kind.fields
    }


def completed(kind: Editable, values: Values) -> Values:
    """Return the values of a whole row, with those of fields that were added to the model after it was recorded."""
    return values if len(values) == len(kind.fields) else blank_values(kind) | values


type Read = dict[tuple[str, str], tuple[models.Model, Values]]
"""Rows with their values, by the label of their model and their key."""


def read(keys: Iterable[tuple[str, str]], *, locked: bool = False) -> Read:
    """Return those of some rows that are there, with their values, in a few queries for each model."""
    found: Read = {}
    for label, of_model in by_label(f"{label}:{key}" for label, key in keys).items():
        kind = editable(label)
        for some in batched(sorted(key for key in of_model if key_in_python(kind, key) is not None), AT_ONCE):
            there = kind.model._base_manager.filter(pk__in=some).order_by("pk")
            by_key = {str(row.pk): row for row in (there.select_for_update() if locked else there)}
            values = {key: single_values(kind, row) for key, row in by_key.items()}
            for name in kind.many:
                lists = _lists(kind, name, by_key)
                for key in by_key:
                    values[key][name] = sorted(lists.get(key, ()))
            found |= {(label, key): (row, values[key]) for key, row in by_key.items()}
    return found


def key_in_python(kind: Editable, key: str) -> Any:
    """Return a key as the database takes it, or None if no row can have it."""
    try:
        return kind.model._meta.pk.to_python(key) if key else None
    except ValidationError:
        return None


def _lists(kind: Editable, name: str, keys: Iterable[str]) -> dict[str, list[str]]:
    """Return the keys that each of some rows has in a list."""
    field = kind.field(name)
    own, other = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
    lists: dict[str, list[str]] = {}
    links = field.remote_field.through._base_manager.filter(**{f"{own}__in": list(keys)})
    for key, linked in links.values_list(own, other):
        lists.setdefault(str(key), []).append(str(linked))
    return lists


# Writing


def new_row(kind: Editable, key: str, values: Values) -> models.Model:
    """Return a new row that is not saved."""
    row = kind.model()
    if key:
        row.pk = kind.model._meta.pk.to_python(key)
    for name in kind.fields:
        if name in values:
            set_value(kind, row, name, values[name])
    return row


def set_value(kind: Editable, row: models.Model, name: str, value: Json) -> None:
    """Set a field of a row that is not saved yet; lists of other rows wait for `set_lists()`."""
    field = kind.field(name)
    if field.many_to_many:
        return
    if isinstance(field, models.FileField):
        file = kind.open_file(value) if kind.open_file and value else None
        if file is None:
            raise ValidationError({name: "The file does not exist any more. Send it again."})
        setattr(row, name, file)
    elif field.is_relation:
        setattr(row, field.attname, field.target_field.to_python(value))
    else:
        setattr(row, name, field.to_python(value))


def set_places(kind: Editable, row: models.Model, changed: Collection[str]) -> set[str]:
    """Let the places of a row that is not saved yet fit together, of which some were changed; return what was set.

    What chapters alone tell has its chapter in both columns; who sets the one on the second axis need not know that.
    """
    fitted = set()
    for first, second in PLACES:
        if first not in kind.fields or second not in kind.fields:
            continue
        place, also = getattr(row, f"{first}_id"), getattr(row, f"{second}_id")
        is_alone = place is not None and is_on_second_axis(place)
        if is_alone and also is None and first in changed and second not in changed:
            fitted.add(second)
            setattr(row, f"{second}_id", place)
        elif (place is None and also is not None) or (is_alone and second in changed and first not in changed):
            fitted.add(first)
            setattr(row, f"{first}_id", also)
        if first == "revealed_in" and getattr(row, f"{first}_id") is None:
            raise ValidationError(worded("{One} or {second}: one of them has to tell it."))
    return fitted


def with_places(values: Values) -> Values:
    """Return the values of a row with what it has on the second axis alone in both columns."""
    alone = {first: values[second] for first, second in PLACES if values.get(second) and values.get(first) is None}
    return values | alone


def set_lists(kind: Editable, row: models.Model, values: Values) -> None:
    """Write the lists of other rows that a saved row points to."""
    for name in kind.many:
        if name in values:
            getattr(row, name).set(values[name])


# Which pages a row is on, and from which episode on


def reference(row: models.Model) -> str:
    return f"{row._meta.label_lower}:{row.pk}"


def subjects_of(kind: Editable, key: str, values: Values) -> set[str]:
    """Return the references of the pages that show a row with these values."""
    subjects = {f"{kind.label}:{key}"} if kind.page and key else set()
    for name, target in fields_with_pages(kind.label):
        keys = values.get(name) or []
        subjects |= {f"{target}:{each}" for each in (keys if isinstance(keys, list) else [keys])}
    if not subjects:
        places = {values.get("revealed_in"), values.get("also_in")} - {None}
        return {f"episodes.episode:{place}" for place in places}
    return subjects


@cache
def fields_with_pages(label: str) -> list[tuple[str, str]]:
    """Return the fields of a kind that point to rows with pages, each with the label of these."""
    kind = editable(label)
    related = ((name, kind.field(name).related_model) for name in kind.fields if name not in WHEN)
    targets = ((name, _registered.get(model._meta.label_lower)) for name, model in related if model is not None)
    return [(name, target.label) for name, target in targets if target is not None and target.page is not None]


def latest_episode(kind: Editable, key: str, values: Values, changed: Iterable[Json]) -> int | None:
    """Return the latest episode that a change to such a row touches, or None if the row is on no page by itself.

    `changed` are the episodes that the change itself sets. An `ended_in` that it leaves alone does not count: it may
    lie beyond what the author of the change knows.
    """
    if "revealed_in" in kind.fields:
        touched = [values.get("revealed_in"), *changed]
        return max((number for number in touched if isinstance(number, int)), default=None)
    row = kind.model()
    if key:
        row.pk = kind.model._meta.pk.to_python(key)
    episode = getattr(row, "known_in", None)
    return episode if isinstance(episode, int) else None


def place_for(values: Values, progress: int) -> int | None:
    """Return the place at which a row with these values stands for somebody, or None if they do not know it."""
    return place_reached(values.get("revealed_in") or 0, values.get("also_in"), progress)


def reader_of_row(first: int | None, second: int | None, progress: int) -> Progress | None:
    """Return how far somebody is who has just come to a row by one axis: the one by which others know it who are at
    some progress, and else the first. None if it has no place.
    """
    by_first = first is not None and not is_on_second_axis(first)
    if second and (not by_first or (not is_reached(first or 0, progress) and is_reached(second, progress))):
        return reaching(0, second)
    return None if first is None else reaching(0, first)


def later_than(row: models.Model | None, progress: int) -> int:
    """Return the episode in which a row is revealed, or 0 if it is known at some progress, by either axis."""
    first, second = getattr(row, "known_in", None) or 0, getattr(row, "also_known_in", None)
    return int(first) if place_reached(first, second, progress) is None else 0


def by_label(references: Iterable[str]) -> defaultdict[str, set[str]]:
    """Return the keys that these references name, grouped by the label of their model."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for each in references:
        label, _, key = each.partition(":")
        keys[label].add(key)
    return keys


def row_by_reference(reference: str) -> models.Model | None:
    label, _, key = reference.partition(":")
    if label not in _registered:
        return None
    return row_of(_registered[label], key)


def row_of(kind: Editable, key: str, *, locked: bool = False) -> models.Model | None:
    """Return the row with this key, or None if it does not exist."""
    # Not in the model's own order, which may join other rows: these would be locked too.
    rows = kind.model._base_manager.order_by("pk")
    if locked:
        rows = rows.select_for_update()
    in_python = key_in_python(kind, key)
    return rows.filter(pk=in_python).first() if in_python is not None else None
