"""Rows that depend on another: what has to be removed with it, or loses a value with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models.deletion import Collector, ProtectedError

from . import rows
from .errors import CouldNotApply, RowInTheWay
from .models import Change

Action = Change.Action

MOST_NAMED = 5  # rows in a message


@dataclass(frozen=True, slots=True)
class Dependent:
    row: models.Model
    field: str = ""  # that would lose its value; empty where the row itself would be deleted

    @property
    def would_be_deleted(self) -> bool:
        return not self.field


def dependents_of(doomed: Sequence[Any]) -> list[Dependent]:
    """Return what would lose a value or be deleted with rows of one model, in the order in which it has to be changed.

    The rows themselves are not among it.
    """
    collector = Collector(using="default", origin=doomed[0])
    try:
        collector.collect(doomed)
    except ProtectedError as error:
        if len(doomed) > 1:  # one of them is used
            return [each for row in doomed for each in dependents_of([row])]
        users = ", ".join(str(other) for other in list(error.protected_objects)[:MOST_NAMED])
        raise RowInTheWay([f"“{doomed[0]}” cannot be removed: it is still used by {users}."]) from error
    losing: list[Dependent] = []
    deleted: list[models.Model] = []
    for query in collector.fast_deletes:
        deleted += _listed(query, doomed, losing)
    deleted += [other for instances in collector.data.values() for other in instances]
    batches: Any
    for (pointer, _), batches in collector.field_updates.items():
        losing += [Dependent(other, pointer.name) for batch in batches for other in batch]
    gone, own = set(deleted), set(doomed)
    return [
        *(each for each in losing if each.row not in gone | own),
        *(Dependent(other) for other in deleted if other not in own),
    ]


def _listed(query: Any, doomed: Sequence[Any], losing: list[Dependent]) -> Iterable[models.Model]:
    """Return the rows of a query that would be deleted.

    A row of the table behind a list is none of ours. Instead, the rows whose lists would shrink are added to `losing`.
    """
    if not query.model._meta.auto_created:
        return query
    for kind in rows.registered():
        for name in kind.many:
            if kind.field(name).remote_field.through is query.model:
                own = kind.field(name).m2m_field_name()
                owners = [getattr(link, own) for link in query.select_related(own)]
                losing += [Dependent(other, name) for other in owners if other not in doomed]
    return ()


def refuse_if_needed(doomed: Sequence[Any]) -> None:
    """Raise RowInTheWay if rows have dependents: each is removed by a change of its own, so that it can be undone."""
    if dependents := dependents_of(doomed):
        row = doomed[0]
        named = ", ".join(f"{each.row._meta.verbose_name} “{each.row}”" for each in dependents[:MOST_NAMED])
        raise RowInTheWay([f"“{row}” cannot be removed, because other rows depend on it: {named}. Remove them first."])


def consequences_of(changes: Sequence[Change]) -> list[Change]:
    """Return the changes that removals make necessary: rows that list or point to a removed row no longer do.

    What hangs on a row that becomes one with another moves there.
    """
    moved = _moved_by_merges(changes)
    removed = {(change.model, change.row) for change in [*changes, *moved] if change.action == Action.REMOVE}
    set_anyway = {(change.model, change.row, change.path) for change in [*changes, *moved]}
    lost: dict[Dependent, set[str]] = {}
    others = [place for place in removed if rows.editable(place[0]).model._meta.related_objects]
    for doomed in _by_label(rows.read(others)):
        keys = {str(row.pk) for row in doomed}
        for each in _dependents_or_failure(doomed):
            place = each.row._meta.label_lower, str(each.row.pk)
            if each.field and place not in removed and (*place, each.field) not in set_anyway:
                lost.setdefault(each, set()).update(keys)
    consequences = list(moved)
    there = rows.read((each.row._meta.label_lower, str(each.row.pk)) for each in lost)
    for each, keys in lost.items():
        before = there[each.row._meta.label_lower, str(each.row.pk)][1][each.field]
        after = [key for key in before if key not in keys] if isinstance(before, list) else None
        consequences.append(
            Change(
                action=Action.SET, model=each.row._meta.label_lower, row=str(each.row.pk), path=each.field,
                before=before, after=after,
            )
        )  # fmt: skip
    if consequences:
        correction = changes[-1].correction
        last = correction.changes.order_by("-position")[0].position
        for position, change in enumerate(consequences, start=last + 1):
            change.correction, change.position, change.follows = correction, position, True
    return consequences


def _moved_by_merges(changes: Sequence[Change]) -> list[Change]:
    """Return the changes that move what hangs on rows which become one with others."""
    moved: list[Change] = []
    for change in changes:
        kind = rows.editable(change.model)
        if not change.into or kind.merge is None:
            continue
        row, other = rows.row_of(kind, change.row), rows.row_of(kind, change.into, locked=True)
        if row is None or other is None or row == other:
            raise CouldNotApply({change: ["What it should become one with does not exist any more."]})
        moved += merge_changes(kind.merge(row, other))
    return moved


def merge_changes(proposed: Iterable[tuple[Any, str]]) -> list[Change]:
    """Return what moves to the row that stays as changes that are not saved, each with why."""
    return [
        Change(
            action=each.action, model=each.model, row=each.row, path=each.path, before=each.before, after=each.after,
            why=why,
        )
        for each, why in proposed
    ]  # fmt: skip


def _by_label(read: rows.Read) -> Iterable[list[models.Model]]:
    by_label: dict[str, list[models.Model]] = {}
    for label, key in sorted(read):
        by_label.setdefault(label, []).append(read[label, key][0])
    return by_label.values()


def _dependents_or_failure(doomed: Sequence[models.Model]) -> list[Dependent]:
    try:
        return dependents_of(doomed)
    except RowInTheWay as error:
        raise CouldNotApply({None: error.messages}) from error
