"""Writing many rows in a few statements: what follows from a merge or a removal, and corrections of many changes.

What follows is worked out from rows that are valid, so only what may have come to contradict each other is checked: the
database sees to keys and what must be unique, and the rows' own `clean()` to the rest, on tables that are read once.
What somebody proposed has its fields checked besides.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models, transaction

from episodes.gate import Prose
from episodes.neighbours import TablesReadOnce, looking_in

from . import rows
from .dependents import refuse_if_needed
from .errors import RowInTheWay
from .models import Change
from .rows import AT_ONCE, Editable, Read, Values, WrittenRows

Action = Change.Action

FEW = 20  # changes; each row of so few is written by itself

type Group = list[Change]
"""The changes of one row."""


@dataclass
class ManyRows:
    """Rows that are written together."""

    _changes: dict[Any, Change] = field(default_factory=dict)  # by their ids
    _saved: dict[Editable, dict[str, Change]] = field(default_factory=dict)  # by the keys of the rows
    _told: dict[type[models.Model], WrittenRows] = field(default_factory=dict)
    _tables: TablesReadOnce = field(default_factory=TablesReadOnce)

    def __contains__(self, change: Change) -> bool:
        return change.pk in self._changes

    def write(self, groups: list[Group], read: Read) -> list[Group]:
        """Write what can be written together, with the rows as they were, and return the rest.

        So what is proposed is written unless it is little, and what follows from it unless it has to wait for a row.
        """
        is_little = sum(len(group) for group in groups if not group[0].follows) <= FEW
        left: list[Group] = []
        by_kind: dict[tuple[Editable, str], list[Group]] = {}
        for group in groups:
            kind, action = rows.editable(group[0].model), group[0].action
            if _can_be_one_of_many(kind, group) and (_only_follows(kind, group) or not is_little):
                by_kind.setdefault((kind, action), []).append(group)
            else:
                left.append(group)
        additions = [group[0] for of_kind in by_kind.values() for group in of_kind if group[0].action == Action.ADD]
        coming = {(rows.editable(change.model).model, change.row) for change in additions}
        for (kind, _), of_kind in sorted(by_kind.items(), key=_turn):
            left += self._write_as_many_as_can_be(kind, of_kind, read, coming)
        return left

    def _write_as_many_as_can_be(
        self, kind: Editable, groups: list[Group], read: Read, coming: set[tuple[Any, str]]
    ) -> list[Group]:
        """Write some rows of a kind, by halves if one is in the way of the others, and return those that are left."""
        try:
            with transaction.atomic():
                match groups[0][0].action:
                    case Action.REMOVE:
                        _remove(kind, [read[kind.label, group[0].row][0] for group in groups])
                    case Action.SET:
                        _set(kind, groups, read, coming)
                    case Action.ADD:
                        _add(kind, [group[0] for group in groups], coming)
        except (RowInTheWay, ValidationError, DataError, IntegrityError, ValueError, TypeError):
            if len(groups) == 1:
                return groups
            half = len(groups) // 2
            parts = (groups[:half], groups[half:])
            return [each for part in parts for each in self._write_as_many_as_can_be(kind, part, read, coming)]
        self._note(kind, groups, read)
        return []

    def _note(self, kind: Editable, groups: list[Group], read: Read) -> None:
        self._changes |= {change.pk: change for group in groups for change in group}
        told = self._told.setdefault(kind.model, WrittenRows())
        first = {group[0].row: next((each for each in group if not each.follows), group[0]) for group in groups}
        told.former |= {key: read[kind.label, key][1] for key in first if (kind.label, key) in read}
        if groups[0][0].action == Action.REMOVE:
            told.removed += first
        else:
            told.saved += first
            self._saved.setdefault(kind, {}).update(first)

    def settle(self) -> None:
        """Let each change say what the row has now, and tell whoever follows the rows, as signals would of each."""
        there = rows.read((change.model, change.row) for change in self._changes.values())
        for change in self._changes.values():
            _, values = there.get((change.model, change.row), (None, None))
            change.became = values[change.path] if values and change.path else values
        with self.looking():
            for follow in rows.many_written if self._told else ():
                follow(self._told)

    def rows_to_check(self) -> Iterator[tuple[Change, Any]]:
        """Yield the rows as they are once all is written, each with a change of it."""
        for kind, by_key in self._saved.items():
            there = {str(key): row for key, row in self._tables.rows(kind.model).items()}
            yield from ((change, there[key]) for key, change in by_key.items())

    def proposed(self) -> Iterator[tuple[Change, Values | None]]:
        """Yield the changes that somebody proposed, each with the values that its row had before."""
        for change in self._changes.values():
            if not change.follows:
                yield change, self._told[rows.editable(change.model).model].former.get(change.row)

    def looking(self) -> AbstractContextManager[None]:
        """Let checks look in tables that are read once."""
        return looking_in(self._tables) if self._changes else nullcontext()


def check_row(change: Change, row: Any) -> None:
    """Validate a row that was written among many, as far as the database has not."""
    if not change.follows:
        row.clean_fields(exclude=_left_to_the_database(row))
    row.clean()


def _turn(each: tuple[tuple[Editable, str], list[Group]]) -> int:
    """Return when rows have their turn: those on which others may hang go after these were removed or changed."""
    (kind, action), _ = each
    if action == Action.REMOVE:
        return 2 if kind.model._meta.related_objects else 0
    return 1 if action == Action.SET else 3


def _can_be_one_of_many(kind: Editable, group: Group) -> bool:
    """Return whether nothing has to be done with the row but to write it."""
    if group[0].action == Action.ADD:
        return not kind.files and bool(group[0].row)
    handle = kind.handle.field if kind.handle is not None else ""
    return all(change.path not in (*kind.files, handle) or not change.path for change in group)


def _only_follows(kind: Editable, group: Group) -> bool:
    """Return whether all of it follows from other changes, and no row may hang on what is removed."""
    if group[0].action == Action.ADD or not all(change.follows for change in group):
        return False
    return group[0].action == Action.SET or not kind.model._meta.related_objects


# Writing rows of one kind


def _remove(kind: Editable, doomed: Sequence[Any]) -> None:
    if kind.model._meta.related_objects:
        refuse_if_needed(doomed)
    keys = [row.pk for row in doomed]
    for some in batched(keys, AT_ONCE):
        for name in kind.many:
            field = kind.field(name)
            links = field.remote_field.through._base_manager.filter(**{f"{field.m2m_field_name()}__in": some})
            links._raw_delete(links.db)
        there: Any = kind.model._base_manager.filter(pk__in=some)
        there._raw_delete(there.db)  # nothing hangs on them, and who follows them is told of all at once


def _set(kind: Editable, groups: list[Group], read: Read, coming: set[tuple[Any, str]]) -> None:
    changed, columns, lists = [], set[str](), dict[str, dict[str, list[str]]]()
    for group in groups:
        row, _ = read[kind.label, group[0].row]
        for change in group:
            if change.path in kind.many:
                lists.setdefault(change.path, {})[change.row] = change.became or []
            else:
                rows.set_value(kind, row, change.path, change.became)
                columns.add(change.path)
        columns |= rows.set_places(kind, row, {change.path for change in group})
        changed.append(row)
    _check_alone(kind, groups, changed)
    if columns:
        _refuse_if_pointing_nowhere(kind, changed, columns, coming)
        follow = {column.name for column in kind.model._meta.concrete_fields if getattr(column, "of", "") in columns}
        kind.model._base_manager.bulk_update(changed, sorted(columns | follow), AT_ONCE)
    for name, of_rows in lists.items():
        _set_lists(kind, name, of_rows)


def _add(kind: Editable, changes: Sequence[Change], coming: set[tuple[Any, str]]) -> None:
    new = [rows.new_row(kind, change.row, change.wanted) for change in changes]
    _check_alone(kind, [[change] for change in changes], new)
    _refuse_if_pointing_nowhere(kind, new, kind.fields, coming)
    kind.model._base_manager.bulk_create(new, AT_ONCE)
    for name in kind.many:
        _set_lists(kind, name, {change.row: change.wanted.get(name) or [] for change in changes})


def _check_alone(kind: Editable, groups: list[Group], changed: Iterable[Any]) -> None:
    """Check what fields of a row say by themselves. Texts may mention what is written later, and wait for the end."""
    for group, row in zip(groups, changed, strict=True):
        if not all(change.follows for change in group):
            prose = {column.name for column in row._meta.concrete_fields if isinstance(column, Prose)}
            row.clean_fields(exclude=_left_to_the_database(row) | prose)


def _left_to_the_database(row: models.Model) -> set[str]:
    columns = row._meta.concrete_fields
    return {column.name for column in columns if column.is_relation or isinstance(column, models.FileField)}


def _refuse_if_pointing_nowhere(
    kind: Editable, written: Iterable[Any], names: Iterable[str], coming: set[tuple[Any, str]]
) -> None:
    """Raise RowInTheWay if a row points to another that is neither there nor going to be added."""
    columns = [kind.field(name) for name in names if name not in kind.many and kind.field(name).is_relation]
    for column in columns:
        keys = {getattr(row, column.attname) for row in written} - {None}
        keys = {key for key in keys if (column.related_model, str(key)) not in coming}
        target = column.target_field.name
        for some in batched(sorted(keys), AT_ONCE):
            there = column.related_model._base_manager.filter(**{f"{target}__in": some})
            if there.count() < len(some):
                raise RowInTheWay([f"Its {column.verbose_name} does not exist."])


def _set_lists(kind: Editable, name: str, lists: dict[str, list[str]]) -> None:
    """Write a list of each of some rows, by their keys, in a few queries."""
    field = kind.field(name)
    own, other = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
    through = field.remote_field.through._base_manager
    links: dict[tuple[str, str], Any] = {}
    for some in batched(lists, AT_ONCE):
        there = through.filter(**{f"{own}__in": some}).values_list("pk", own, other)
        links |= {(str(key), str(linked)): pk for pk, key, linked in there}
    wanted = {(key, linked) for key, of_row in lists.items() for linked in of_row}
    gone = [pk for link, pk in links.items() if link not in wanted]
    for some in batched(gone, AT_ONCE):
        through.filter(pk__in=some).delete()
    new = [through.model(**{own: key, other: linked}) for key, linked in sorted(wanted - links.keys())]
    through.bulk_create(new, AT_ONCE)
