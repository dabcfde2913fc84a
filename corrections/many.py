"""Writing what follows from a merge or a removal: many rows in a few statements.

It is worked out from rows that are valid, so only what may have come to contradict each other is checked: the database
sees to keys and what must be unique, and the rows' own `clean()` to the rest, on tables that are read once.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from django.db import IntegrityError, transaction

from episodes.neighbours import TablesReadOnce, looking_in

from . import rows
from .models import Change
from .rows import AT_ONCE, Editable, Read

Action = Change.Action

type Group = list[Change]
"""The changes of one row."""


@dataclass
class ManyRows:
    """Rows that are written together."""

    _changes: dict[Any, Change] = field(default_factory=dict)  # by their ids
    _written: dict[Editable, dict[str, Change]] = field(default_factory=dict)  # by the keys of the rows
    _removed: dict[Editable, list[str]] = field(default_factory=dict)
    _tables: TablesReadOnce = field(default_factory=TablesReadOnce)

    def __contains__(self, change: Change) -> bool:
        return change.pk in self._changes

    def write(self, groups: list[Group], read: Read) -> list[Group]:
        """Write of these what follows from others, and return the rest, with what others have to make room for."""
        left: list[Group] = []
        by_kind: dict[tuple[Editable, str], list[Group]] = {}
        for group in groups:
            kind, action = rows.editable(group[0].model), group[0].action
            if _can_be_one_of_many(kind, group):
                by_kind.setdefault((kind, action), []).append(group)
            else:
                left.append(group)
        for (kind, action), of_kind in by_kind.items():
            try:
                with transaction.atomic():
                    if action == Action.REMOVE:
                        self._remove(kind, of_kind)
                    else:
                        self._set(kind, of_kind, read)
            except IntegrityError:
                left += of_kind
            else:
                self._changes |= {change.pk: change for group in of_kind for change in group}
        return left

    def _remove(self, kind: Editable, groups: list[Group]) -> None:
        keys = [group[0].row for group in groups]
        for some in batched(keys, AT_ONCE):
            doomed: Any = kind.model._base_manager.filter(pk__in=some)
            doomed._raw_delete(doomed.db)  # nothing hangs on them, and who follows them is told of all at once
        self._removed.setdefault(kind, []).extend(keys)

    def _set(self, kind: Editable, groups: list[Group], read: Read) -> None:
        changed, columns, lists = [], set(), dict[str, dict[str, list[str]]]()
        for group in groups:
            row, _ = read[kind.label, group[0].row]
            for change in group:
                if change.path in kind.many:
                    lists.setdefault(change.path, {})[change.row] = change.became or []
                else:
                    rows.set_value(kind, row, change.path, change.became)
                    columns.add(change.path)
            changed.append(row)
        if columns:
            kind.model._base_manager.bulk_update(changed, sorted(columns), AT_ONCE)
        for name, of_rows in lists.items():
            _set_lists(kind, name, of_rows)
        self._written.setdefault(kind, {}).update({group[0].row: group[0] for group in groups})

    def tell(self) -> None:
        """Tell whoever follows the rows, which signals would have told of each."""
        kinds = self._written.keys() | self._removed.keys()
        changed = {kind.model: (list(self._written.get(kind, ())), self._removed.get(kind, [])) for kind in kinds}
        for follow in rows.many_written if changed else ():
            follow(changed)

    def rows_to_check(self) -> Iterator[tuple[Change, Any]]:
        """Yield the rows as they are once all is written, each with a change of it."""
        for kind, by_key in self._written.items():
            there = {str(key): row for key, row in self._tables.rows(kind.model).items()}
            yield from ((change, there[key]) for key, change in by_key.items())

    def looking(self) -> AbstractContextManager[None]:
        """Let checks look in tables that are read once."""
        return looking_in(self._tables)


def _can_be_one_of_many(kind: Editable, group: Iterable[Change]) -> bool:
    """Return whether nothing but the row itself has to be looked at to write it."""
    return all(
        change.follows
        and (
            (change.action == Action.SET and change.path not in kind.files)
            or (change.action == Action.REMOVE and not kind.model._meta.related_objects)
        )
        for change in group
    )


def _set_lists(kind: Editable, name: str, lists: dict[str, list[str]]) -> None:
    """Write a list of each of some rows, by their keys, in a few queries."""
    field = kind.field(name)
    own, other = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
    through = field.remote_field.through
    there = through._base_manager.filter(**{f"{own}__in": list(lists)}).values_list("pk", own, other)
    links = {(str(key), str(linked)): pk for pk, key, linked in there}
    wanted = {(key, linked) for key, of_row in lists.items() for linked in of_row}
    gone = [pk for link, pk in links.items() if link not in wanted]
    for some in batched(gone, AT_ONCE):
        through._base_manager.filter(pk__in=some).delete()
    new = [through(**{own: key, other: linked}) for key, linked in sorted(wanted - links.keys())]
    through._base_manager.bulk_create(new)
