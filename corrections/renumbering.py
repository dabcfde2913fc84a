"""Move episodes to later places, with all that is said of them: rows, the record of changes, and how far accounts are.

It is no change of what is known: every row stays with its episode. So no correction records it, and what was recorded
before names the new places.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Case, F, Q, Value, When

from episodes.axes import BEYOND_ALL, SECOND_AXIS, is_on_second_axis, second_of_place
from episodes.models import Episode, Viewer
from episodes.numbers import in_address

from .models import Change, ChangeSubject, Correction, FormDraft, Watch
from .rows import WHEN

OUT_OF_THE_WAY = BEYOND_ALL
AT_ONCE = 500  # changes
BY_SECOND = {Viewer: ("second",), FormDraft: ("second",)}  # as numbers of the second axis
BY_NUMBER = {  # without a foreign key
    Viewer: ("progress",),
    Correction: ("evidence_episode", "revealed_in", "sent_in", "also_in", "besides"),
}
OF_A_ROW = WHEN
SUBJECT = f"{Episode._meta.label_lower}:"
OF_EPISODES = "episodes"  # as a watched page is called that is of one

type Moves = Mapping[int, int]
"""The new place of each episode by its former one; a later one, or the same."""


def renumber(moves: Moves) -> None:
    """Move episodes within a transaction; foreign keys are checked when it ends."""
    for model, columns in _columns():
        _move(model, columns, moves)
    _move_seconds({number: new for number, new in moves.items() if is_on_second_axis(number)})
    _move_watches(moves)
    _rewrite_record(moves)


def _move_watches(moves: Moves) -> None:
    """Let those who watch the page of an episode watch it where it is now; each in turn, as none may be there twice."""
    for number, new in sorted(moves.items(), reverse=True):
        if new != number:
            Watch.objects.filter(kind=OF_EPISODES, key=in_address(number)).update(key=in_address(new))


def _move_seconds(moves: Moves) -> None:
    """Move how far accounts are on the second axis."""
    steps = [(second_of_place(start), step) for start, step in _steps(moves)]
    for model, columns in BY_SECOND.items() if steps else ():
        for column in columns:
            back = [(Q(**{f"{column}__gte": start}), step) for start, step in reversed(steps)]
            model._base_manager.filter(back[-1][0]).update(**{column: _added(column, back)})


def _columns() -> Iterator[tuple[type[models.Model], tuple[str, ...]]]:
    """Yield every model with the columns of its table that hold the number of an episode."""
    yield Episode, ("number",)
    for model in apps.get_models():
        keys = tuple(column.attname for column in model._meta.local_concrete_fields if column.related_model is Episode)
        if columns := keys + BY_NUMBER.get(model, ()):
            yield model, columns


def _move(model: type[models.Model], columns: tuple[str, ...], moves: Moves) -> None:
    """Move the numbers of a table in two steps, as no two rows may have one number even for a moment.

    Each axis has steps of its own; all columns move at once, as a row must never end before it begins.
    """
    for second in (False, True):
        of_axis = {number: new for number, new in moves.items() if is_on_second_axis(number) == second}
        if not (changed := [number for number, new in of_axis.items() if new != number]):
            continue
        first, last = min(changed), max(of_axis)
        start_aside, end_aside = _out_of_the_way(first, last)
        aside = start_aside - first
        there = {column: Q(**{f"{column}__gte": first, f"{column}__lte": last}) for column in columns}
        rows = model._base_manager.filter(Q(*there.values(), _connector=Q.OR))
        rows.update(**{column: _added(column, [(is_there, aside)]) for column, is_there in there.items()})
        moved = model._base_manager.filter(
            Q(*(_between(column, start_aside, end_aside) for column in columns), _connector=Q.OR)
        )
        back = [(start + aside, step - aside) for start, step in reversed([*_steps(of_axis)])]
        moved.update(
            **{
                column: _added(column, [(_between(column, start, end_aside), step) for start, step in back])
                for column in columns
            }
        )


def _out_of_the_way(first: int, last: int) -> tuple[int, int]:
    """Return between which numbers those from one to another stand aside for a moment: none that is in use.

    Those of the first axis stay before the second if they can, as a row may begin in an episode and end in a chapter.
    """
    count = last - first + 1
    if last < SECOND_AXIS - count:
        return SECOND_AXIS - count, SECOND_AXIS
    return OUT_OF_THE_WAY, OUT_OF_THE_WAY + count


def _between(column: str, start: int, end: int) -> Q:
    return Q(**{f"{column}__gte": start, f"{column}__lt": end})


def _added(column: str, steps: list[tuple[Q, int]]) -> Case:
    """Return a column to which something is added under the first of some conditions that holds."""
    whens = [When(condition, then=F(column) + Value(step, models.IntegerField())) for condition, step in steps]
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
