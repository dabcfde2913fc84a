"""Comparing a change with the row as it is now: publish it, leave it out as already so, or hold it as a conflict."""

import json
from collections.abc import Iterable
from contextlib import suppress
from itertools import batched
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from episodes.axes import is_on_second_axis

from . import rows
from .models import Change
from .rows import Editable, Json, Values

Action, Outcome = Change.Action, Change.Outcome

FEW = 3  # additions of one kind that are looked for one by one


def current_value(change: Change, row: models.Model | None) -> Json:
    """Return what a change is about as it is now: a value, all values of the row, or None if the row is gone."""
    if row is None:
        return None
    return rows.value_of(row, change.path) if change.action == Action.SET else rows.values_of(row)


def outcome_of(
    change: Change, kind: Editable, row: models.Model | None, current: Json, *, is_there: bool | None = None
) -> Change.Outcome:
    """Return what accepting a change would lead to, given its row and `current_value()`.

    Of an addition it may be known already whether there is the same row.
    """
    match change.action:
        case Action.ADD:
            if is_same_row(kind, change, row) if is_there is None else is_there:
                return Outcome.ALREADY
            return Outcome.APPLIED if row is None else Outcome.CONFLICT
        case Action.SET if row is None:
            return Outcome.CONFLICT
        case Action.SET if change.path in kind.many:
            merged = merge_lists(change.before, current, change.wanted)
            return Outcome.ALREADY if merged == current else Outcome.APPLIED
        case Action.SET:
            if _is_same(change.path, current, kind.published(change.path, change.wanted)):
                return Outcome.ALREADY
            return Outcome.APPLIED if _is_same(change.path, current, change.before) else Outcome.CONFLICT
        case Action.REMOVE if row is None:
            return Outcome.ALREADY
    before = change.before
    if change.action == Action.REMOVE and before is not None:
        before = rows.completed(kind, before)
    return Outcome.APPLIED if current == before else Outcome.CONFLICT


def _is_same(path: str, current: Json, value: Json) -> bool:
    """Return whether a field has a value. A row that chapters alone tell has no place on the first axis."""
    is_told_there = path not in rows.EPISODES or not isinstance(current, int) or not is_on_second_axis(current)
    return bool(current == value or (value is None and not is_told_there))


def can_be_overridden(change: Change, row: models.Model | None) -> bool:
    """Return whether a moderator may publish a change in spite of its conflict: there must be a row to overwrite."""
    return row is not None and change.action != Action.ADD


def merge_lists(before: list[str] | None, current: list[str], wanted: list[str]) -> list[str]:
    """Add to the current list what a change adds, and take out what it takes out, whatever else has happened to it."""
    base = set(before or ())
    return sorted((set(current) | (set(wanted) - base)) - (base - set(wanted)))


def is_same_row(kind: Editable, change: Change, row: models.Model | None) -> bool:
    """Return whether a row with exactly these values exists already, under this key or under another."""
    wanted = _published(kind, change)
    if row is not None:
        return rows.values_of(row) == wanted
    if change.row and _key_says_which(kind.model._meta.pk):
        return False
    columns = {_column(kind, name): wanted.get(name) for name in kind.fields if name not in kind.many}
    try:
        candidates = list(kind.model._base_manager.filter(**columns)[:10])
    except (ValidationError, ValueError, TypeError):
        return False
    return any(rows.values_of(other) == wanted for other in candidates)


def same_rows(kind: Editable, additions: Iterable[Change]) -> dict[Any, bool]:
    """Return the same for the additions of many rows that are not there under their keys, by the ids of the changes."""
    wanted = {change.pk: _published(kind, change) for change in additions}
    if all(change.row for change in additions) and _key_says_which(kind.model._meta.pk):
        return dict.fromkeys(wanted, False)
    # Candidates are found by the field that tells most of them apart.
    name = max(
        (name for name in kind.fields if name not in kind.many and all(each.get(name) for each in wanted.values())),
        key=lambda name: len({str(values[name]) for values in wanted.values()}),
    )
    there: set[str] = set()
    for some in batched(sorted({values[name] for values in wanted.values()}), rows.AT_ONCE):
        keys = kind.model._base_manager.filter(**{f"{_column(kind, name)}__in": some}).values_list("pk", flat=True)
        there |= {_told_apart(values) for _, values in rows.read((kind.label, str(key)) for key in keys).values()}
    return {pk: _told_apart(values) in there for pk, values in wanted.items()}


def rows_there_already(changes: Iterable[Change]) -> dict[Any, bool]:
    """Return for each of many additions whose keys are not there whether there is the same row; of few, nothing."""
    additions: dict[str, list[Change]] = {}
    for change in changes:
        if change.action == Action.ADD and change.decision == Change.Decision.PENDING:
            additions.setdefault(change.model, []).append(change)
    are_there: dict[Any, bool] = {}
    for label, of_kind in additions.items():
        if len(of_kind) > FEW:
            with suppress(ValidationError, ValueError, TypeError):  # of one; they are looked for one by one then
                are_there |= same_rows(rows.editable(label), of_kind)
    return are_there


def _published(kind: Editable, change: Change) -> Values:
    whole = rows.completed(kind, change.wanted)
    return {name: kind.published(name, value) for name, value in whole.items()}


def _column(kind: Editable, name: str) -> str:
    field = kind.field(name)
    return str(field.attname) if field.is_relation else name


def _told_apart(values: Values) -> str:
    return json.dumps(values, sort_keys=True)


def _key_says_which(key: Any) -> bool:
    """Return whether people know rows by this key, as the number of an episode, so that another key is another row."""
    return not key.has_default() and not isinstance(key, models.AutoField)
