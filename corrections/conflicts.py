"""Comparing a change with the row as it is now: publish it, leave it out as already so, or hold it as a conflict."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from . import rows
from .models import Change
from .rows import Editable, Json

Action, Outcome = Change.Action, Change.Outcome


def current_value(change: Change, row: models.Model | None) -> Json:
    """Return what a change is about as it is now: a value, all values of the row, or None if the row is gone."""
    if row is None:
        return None
    return rows.value_of(row, change.path) if change.action == Action.SET else rows.values_of(row)


def outcome_of(change: Change, kind: Editable, row: models.Model | None, current: Json) -> Change.Outcome:
    """Return what accepting a change would lead to, given its row and `current_value()`."""
    match change.action:
        case Action.ADD:
            if is_same_row(kind, change, row):
                return Outcome.ALREADY
            return Outcome.APPLIED if row is None else Outcome.CONFLICT
        case Action.SET if row is None:
            return Outcome.CONFLICT
        case Action.SET if change.path in kind.many:
            merged = merge_lists(change.before, current, change.wanted)
            return Outcome.ALREADY if merged == current else Outcome.APPLIED
        case Action.SET:
            if current == kind.published(change.path, change.wanted):
                return Outcome.ALREADY
        case Action.REMOVE if row is None:
            return Outcome.ALREADY
    before = change.before
    if change.action == Action.REMOVE and before is not None:
        before = rows.completed(kind, before)
    return Outcome.APPLIED if current == before else Outcome.CONFLICT


def can_be_overridden(change: Change, row: models.Model | None) -> bool:
    """Return whether a moderator may publish a change in spite of its conflict: there must be a row to overwrite."""
    return row is not None and change.action != Action.ADD


def merge_lists(before: list[str] | None, current: list[str], wanted: list[str]) -> list[str]:
    """Add to the current list what a change adds, and take out what it takes out, whatever else has happened to it."""
    base = set(before or ())
    return sorted((set(current) | (set(wanted) - base)) - (base - set(wanted)))


def is_same_row(kind: Editable, change: Change, row: models.Model | None) -> bool:
    """Return whether a row with exactly these values exists already, under this key or under another."""
    whole = rows.completed(kind, change.wanted)
    wanted = {name: kind.published(name, value) for name, value in whole.items()}
    if row is not None:
        return rows.values_of(row) == wanted
    if change.row and _key_says_which(kind.model._meta.pk):
        return False
    columns: dict[str, Any] = {}
    for name in kind.fields:
        field, value = kind.field(name), wanted.get(name)
        if not field.many_to_many:
            columns[field.attname if field.is_relation else name] = value
    try:
        candidates = list(kind.model._base_manager.filter(**columns)[:10])
    except (ValidationError, ValueError, TypeError):
        return False
    return any(rows.values_of(other) == wanted for other in candidates)


def _key_says_which(key: Any) -> bool:
    """Return whether people know rows by this key, as the number of an episode, so that another key is another row."""
    return not key.has_default() and not isinstance(key, models.AutoField)
