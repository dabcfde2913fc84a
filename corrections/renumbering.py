"""Move episodes to later places, with all that is said of them: rows, the record of changes, and how far accounts are.

It is no change of what is known: every row stays with its episode. So no correction records it, and what was recorded
before names the new places.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Case, F, Q, Value, When

from episodes.models import Episode, Viewer

from .models import Change, ChangeSubject, Correction

OUT_OF_THE_WAY = 10_000  # more than the number of any episode
AT_ONCE = 500  # changes
BY_NUMBER = {Viewer: ("progress",), Correction: ("evidence_episode", "revealed_in", "sent_in")}  # without a foreign key
OF_A_ROW = ("revealed_in", "ended_in")
SUBJECT = f"{Episode._meta.label_lower}:"

type Moves = Mapping[int, int]
"""The new place of each episode by its former one; a later one, or the same."""


def renumber(moves: Moves) -> None:
    """Move episodes within a transaction; foreign keys are checked when it ends."""
    for model, columns in _columns():
        _move(model, columns, moves)
    _rewrite_record(moves)


def _columns() -> Iterator[tuple[type[models.Model], tuple[str, ...]]]:
    """Yield every model with the columns of its table that hold the number of an episode."""
    yield Episode, ("number",)
    for model in apps.get_models():
        keys = tuple(column.attname for column in model._meta.local_concrete_fields if column.related_model is Episode)
        if columns := keys + BY_NUMBER.get(model, ()):
            yield model, columns


def _move(model: type[models.Model], columns: tuple[str, ...], moves: Moves) -> None:
    """Move the numbers of a table in two steps, as no two rows may have one number even for a moment."""
    first, steps = min(number for number, new in moves.items() if new != number), list(_steps(moves))
    rows = model._base_manager.filter(Q(*((f"{column}__gte", first) for column in columns), _connector=Q.OR))
    rows.update(**{column: _added(column, [(first, OUT_OF_THE_WAY)]) for column in columns})
    back = [(OUT_OF_THE_WAY + start, step - OUT_OF_THE_WAY) for start, step in steps]
    rows.update(**{column: _added(column, back) for column in columns})


def _added(column: str, steps: list[tuple[int, int]]) -> Case:
    """Return a column to which something is added from each of some numbers on."""
    whens = [
        When(**{f"{column}__gte": start, "then": F(column) + Value(step, models.IntegerField())})
        for start, step in reversed(steps)
    ]
    return Case(*whens, default=F(column), output_field=models.IntegerField())


def _steps(moves: Moves) -> Iterator[tuple[int, int]]:
    """Yield from which number on episodes move by how many places."""
    before = 0
    for number, new in sorted(moves.items()):
        if new - number != before:
            before = new - number
            yield number, before


def _rewrite_record(moves: Moves) -> None:
    """Let what was recorded of the moved episodes name their new places."""
    episodes = Episode._meta.label_lower
    changed = []
    for change in Change.objects.order_by().iterator(AT_ONCE):
        before = (change.row, *_values(change))
        if change.model == episodes and change.row.isdigit():
            change.row = str(moves.get(int(change.row), change.row))
        for name in VALUES:
            setattr(change, name, _moved(getattr(change, name), change.path, moves))
        if before != (change.row, *_values(change)):
            changed.append(change)
    Change.objects.bulk_update(changed, ["row", *VALUES], AT_ONCE)
    for number, new in sorted(moves.items(), reverse=True):
        if new != number:
            ChangeSubject.objects.filter(subject=f"{SUBJECT}{number}").update(subject=f"{SUBJECT}{new}")


VALUES = ("before", "after", "final", "was", "became")


def _values(change: Change) -> tuple[Any, ...]:
    return tuple(getattr(change, name) for name in VALUES)


def _moved(value: Any, path: str, moves: Moves) -> Any:
    if isinstance(value, dict):
        return {name: _moved(inner, name, moves) for name, inner in value.items()}
    return moves.get(value, value) if path in OF_A_ROW and isinstance(value, int) else value
