"""Write what is known at an episode in the format that `loading` reads."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import yaml
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q

from characters.kinds import EPISODE, SERIES, Kind, kind_of, kind_of_file
from characters.public_ids import public_id_for
from episodes.axes import SECOND_AXIS, end, is_on_second_axis, own_number
from episodes.known import is_known, is_reached
from episodes.models import Episode
from episodes.names import DIRECTION_SIGN, REACHING_SIGN
from episodes.texts import Line, cleaned

from .schema import FILES, ONE_MAPPING, REQUIRED, ChapterEntry, Entry, fields_of, key_in_file, parts_of

# Of an episode; the rest is known when the episode is.
ALWAYS_PUBLIC = ("number", "label", "season", "kind", "aired_on")

SECOND = {"revealed_in": "also_in_id", "ended_in": "also_ended_in_id"}

type Row = dict[str, Any]


def dump(directory: Path, *, as_of: int | None = None) -> None:
    """Write all of it, or what somebody who is that far may know; the directory must be new or empty.

    A number is an episode, and tells what is known there of the first axis alone; a `Progress` says both.
    """
    writer = _Dump(directory, until=end() if as_of is None else as_of)
    files = {name: writer.data_of(name) for name in FILES}
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        if data or name in REQUIRED:
            (directory / name).write_bytes(as_yaml(data).encode())


def as_yaml(data: Any) -> str:
    """Return data as the content of a file."""
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=110)


class _Dump:
    def __init__(self, directory: Path, *, until: int) -> None:
        self.directory = directory
        self.until = until

    def data_of(self, file: str) -> Any:
        """Return what a file holds."""
        kind, shape = kind_of_file(file), FILES[file]
        entries = [self._entry(kind, shape, row) for row in self._rows(kind, shape)]
        return next(iter(entries), {}) if file in ONE_MAPPING else entries

    def _rows(self, kind: Kind, shape: type[Entry], **owner: Any) -> Iterable[Any]:
        """Return the rows of a kind that are known by then, in the order of the files."""
        rows = kind.model._base_manager.filter(**owner).order_by(*kind.dump_order)
        if kind is SERIES:
            return rows
        if kind is EPISODE:
            of_second = Q(number__gt=SECOND_AXIS)
            return rows.filter(of_second if shape is ChapterEntry else ~of_second, number__gt=0)
        known = rows.filter(is_known(self.until))
        references = _references(kind.model, shape)  # type: ignore[arg-type]  # mypy asks for a hash of an entry
        known = known.select_related(*references) if references else known
        return self._in_order_on_both_axes(known) if "position" in kind.fields else known

    def _in_order_on_both_axes(self, rows: Iterable[Any]) -> Iterator[Any]:
        """Yield rows by episode and then by chapter, but each after those that stand before it in any of its own."""
        in_order = sorted(rows, key=lambda row: (min(self._places_of(row)), row.position, row.key))
        by_place = defaultdict(list)
        for number, row in enumerate(in_order):
            for place in self._places_of(row):
                by_place[place].append((row.position, row.key, number))
        sorter = TopologicalSorter[int](dict.fromkeys(range(len(in_order)), ()))
        for (*_, before), (*_, after) in chain.from_iterable(pairwise(sorted(some)) for some in by_place.values()):
            sorter.add(after, before)
        sorter.prepare()
        ready: list[int] = []
        while sorter.is_active():
            for number in sorter.get_ready():
                heappush(ready, number)
            yield in_order[first := heappop(ready)]
            sorter.done(first)

    def _places_of(self, row: Any) -> set[int]:
        """Return the places of a row that are reached."""
        places = (row.revealed_in_id, row.also_in_id)
        return {place for place in places if place is not None and is_reached(place, self.until)}

    def _entry(self, kind: Kind, shape: type[Entry], row: Any) -> Row:
        parts = {part.part_of_entry: part for part in parts_of(kind)}
        hidden = kind is EPISODE and not is_reached(row.number, self.until)
        entry: Row = {}
        for name, field in fields_of(shape).items():
            if (hidden and name not in ALWAYS_PUBLIC) or self._is_told_on_the_second_axis_alone(row, name):
                continue
            value = self._part(parts[name], kind, row) if name in parts else self._value(row, name)
            if name in shape.always_written or value != field.get_default(call_default_factory=True):
                entry[key_in_file(shape, name)] = value
        return entry

    def _part(self, part: Kind, kind: Kind, row: Any) -> list[Row]:
        """Return the rows of a kind that are listed within the entry of their owner."""
        shape = parts_of(kind)[part]
        owner = {part.foreign_key_to(kind.model): row}
        return [self._entry(part, shape, part_row) for part_row in self._rows(part, shape, **owner)]

    def _value(self, row: Any, name: str) -> Any:
        """Return the value of a field as the files have it: for other rows their keys."""
        field: Any = row._meta.get_field(name)
        if name == "public_id":
            return None if row.public_id == public_id_for(row.key) else row.public_id
        if field.many_to_many:
            return sorted(_key_of(other) for other in getattr(row, name).all())
        if field.related_model is Episode:
            return self._place(row, name)
        if name == "number":
            return own_number(row.number)
        if field.is_relation:
            other = getattr(row, name)
            return None if other is None else _key_of(other)
        if isinstance(field, models.FileField):
            return self._copied(str(getattr(row, name).name))
        return _writable(field, getattr(row, name))

    def _place(self, row: Any, name: str) -> int | None:
        """Return the place of a row on an axis, as far as it is reached: each axis and each end has its own."""
        place = getattr(row, f"{name}_id")
        if place is None or not is_reached(place, self.until):
            return None
        return own_number(place)

    def _is_told_on_the_second_axis_alone(self, row: Any, name: str) -> bool:
        """Return whether a file leaves out a place on the first axis, as the one on the second is all there is."""
        also = getattr(row, SECOND[name]) if name in SECOND else None
        first = getattr(row, f"{name}_id") if also is not None else None
        return first is not None and (is_on_second_axis(first) or not is_reached(first, self.until))

    def _copied(self, name: str) -> str:
        """Copy a stored file into the data set and return its name there."""
        if not default_storage.exists(name):
            raise FileNotFoundError(f"The portrait {name} is in the database but not in MEDIA_ROOT.")
        target = self.directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with default_storage.open(name) as file:
            target.write_bytes(file.read())
        return name


def _writable(field: Any, value: Any) -> Any:
    """Return a value without what no data set may hold; forms used to let it through."""
    if isinstance(value, list):
        return [DIRECTION_SIGN.sub("", cleaned(each, one_line=True)).strip() for each in value]
    if not isinstance(value, str):
        return value
    signs = DIRECTION_SIGN if isinstance(field, Line) else REACHING_SIGN
    return signs.sub("", cleaned(value, one_line=isinstance(field, Line))).strip()


def _key_of(row: Any) -> str:
    """Return what a data set calls a row that others refer to."""
    [name] = kind_of(row).natural_key({})
    return str(getattr(row, name))


@cache
def _references(model: type[models.Model], shape: type[Entry]) -> tuple[str, ...]:
    """Return the foreign keys that an entry writes as keys."""
    columns = [column for column in model._meta.concrete_fields if column.name in fields_of(shape)]
    return tuple(column.name for column in columns if column.related_model not in (None, Episode))
