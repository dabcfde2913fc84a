"""Undoing what was published. An undo is a correction of its own, with the same checks as any other."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import prefetch_related_objects

from .errors import Refused
from .letter import Letter
from .models import Change, Correction
from .sending import Proposed, Sender, send

Action = Change.Action

type Place = tuple[str, str, str]
"""The model, the key and the field of a change."""


@transaction.atomic
def undo(correction: Correction, *, by: User, reason: str = "", only: UUID | None = None) -> Correction:
    """Send a correction that reverses what was published of another, or only one change of it."""
    if not by.is_staff or not by.is_active:
        raise Refused("Only editors can undo what was published.")
    if only is None and not can_be_undone_as_a_whole(correction):
        raise Refused("An import cannot be undone as a whole. Undo single changes in the history of the rows.")
    changes = [change for change in correction.changes.current() if only in (None, change.pk)]
    proposed = reversed_changes(not_undone(correction, changes))
    if not proposed and reversed_changes(changes):
        raise Refused("It has already been undone.")
    if not proposed:
        raise Refused("Nothing of it was published, so there is nothing to undo.")
    return send(proposed, sender=Sender(by), letter=Letter(reason), kind=Correction.Kind.UNDO, undoes=correction)


def can_be_undone_as_a_whole(correction: Correction) -> bool:
    """Return whether a correction is no import that wrote rows: that would be the whole show."""
    is_import = correction.kind == Correction.Kind.IMPORT
    return not (is_import and correction.changes.exclude(action=Action.REMOVE).exists())


def reversed_changes(changes: Iterable[Change]) -> list[Proposed]:
    """Return the changes that restore what was there before these were published, the last one first."""
    reversed_: list[Proposed] = []
    for change in sorted(changes, key=lambda change: change.position, reverse=True):
        if not change.is_applied:
            continue
        match change.action:
            case Action.ADD:
                reversed_.append(Proposed(Action.REMOVE, change.model, change.row, before=change.became))
            case Action.SET:
                reversed_.append(Proposed(Action.SET, change.model, change.row, change.path, change.became, change.was))
            case Action.REMOVE:
                reversed_.append(Proposed(Action.ADD, change.model, change.row, after=change.was))
    return reversed_


def not_undone(correction: Correction, changes: Iterable[Change]) -> list[Change]:
    """Return those of its changes that no later correction has undone, apart from undos that were undone again."""
    undone = _undone_places(correction)
    return [change for change in changes if _place(change) not in undone]


def is_undone(correction: Correction) -> bool:
    """Return whether everything that was published of a correction is undone."""
    applied = list(correction.changes.current().applied())
    return bool(applied) and not not_undone(correction, applied)


def undos_in_force(correction: Correction) -> list[Correction]:
    """Return the corrections that undo it, apart from those that came to nothing or were undone again."""
    return [later for later in correction.undone_by.all() if later.is_undecided or _has_effect(later)]


def _has_effect(correction: Correction) -> bool:
    return bool(not_undone(correction, correction.changes.current().applied()))


def _undone_places(correction: Correction) -> set[Place]:
    places: set[Place] = set()
    prefetch_related_objects([correction], "undone_by__changes")  # unless somebody has
    for later in correction.undone_by.all():
        applied = [each for each in later.changes.all() if each.is_applied]
        places |= {_place(each) for each in not_undone(later, applied)}
    return places | _places_undone_at_once(correction)


def _places_undone_at_once(correction: Correction) -> set[Place]:
    """Return the places of a correction that were undone with all of its author; a row takes its fields along."""
    if correction.undone_in is None:
        return set()
    own = correction.changes.current().applied()
    of_same_rows = correction.undone_in.changes.filter(row__in=own.values("row"))
    applied = [each for each in of_same_rows if each.is_applied]
    undone = {_place(each) for each in not_undone(correction.undone_in, applied)}
    return {place for each in own if undone & {place := _place(each), (each.model, each.row, "")}}


def without_undone(changes: Iterable[Change], *, counting: Collection[UUID] = ()) -> dict[Place, list[Change]]:
    """Return published changes by their places, but for those that were undone again, and their undos.

    The changes come in the order in which they were published. Changes of the corrections in `counting` stay, and those
    that undid these: whoever undoes such an undo wants to have again what had been published.
    """
    left: dict[Place, list[Change]] = {}
    for change in changes:
        before = left.setdefault(_place(change), [])
        known = len(before)
        while before and _is_put_back_by(before[-1], change) and not _counts([before[-1], change], counting):
            before.pop()
        if len(before) == known:
            before.append(change)
    return left


def _is_put_back_by(change: Change, later: Change) -> bool:
    """Return whether a later change undoes another, and left what had been there, not what somebody edited that to."""
    return is_undone_by(change, later) and later.became == change.was


def _counts(pair: list[Change], counting: Collection[UUID]) -> bool:
    change, later = (each.correction for each in pair)
    return bool({change.pk, change.undoes_id, later.pk} & set(counting))


def is_undone_by(change: Change, later: Change) -> bool:
    """Return whether the correction of a later change undoes that of another, by itself or with all of its author."""
    undone_in = change.correction.undone_in_id
    return later.correction.undoes_id == change.correction_id or undone_in == later.correction_id


def _place(change: Change) -> Place:
    return change.model, change.row, change.path
