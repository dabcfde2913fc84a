"""Says what a viewer knows: each comparison of an episode with a viewer's progress that anything told hangs on, once.

Django's queries take the conditions that are `Q`, statements by hand those that are `Which`, and values that were read
already go through `is_reached()`. Where somebody may go, such as to the next episode, is no matter of this module.

A row may have a second place, on another axis (`axes.py`), and is known to whoever has reached either.
For somebody who has read nothing there, as everybody in a show of one axis, each statement is as if there were none.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, Q, When

from .axes import SECOND_AXIS, is_on_second_axis, place_of, second_of


@dataclass(frozen=True, slots=True)
class Which:
    """A part of a statement, most often a condition, and what is filled in for its placeholders."""

    sql: str
    params: tuple[Any, ...] = ()

    @property
    def written_out(self) -> str:
        """The same with its numbers in their places, for where it stands in the middle of a statement."""
        return self.sql % tuple(f"{number:d}" for number in self.params)

    def __or__(self, other: "Which") -> "Which":
        return Which(f"({self.sql} OR {other.sql})", self.params + other.params)

    def __and__(self, other: "Which") -> "Which":
        return Which(f"({self.sql} AND {other.sql})", self.params + other.params)


# For Django


def is_known(progress: int, prefix: str = "") -> Q:
    """Return the condition that a viewer may know a row; a prefix such as `tag__` leads to it."""
    known = Q(**{f"{prefix}revealed_in__lte": int(progress)})
    if second := second_of(progress):
        known |= Q(**{f"{prefix}also_in__lte": place_of(second)})
    return known


def is_over(progress: int) -> Q:
    """Return the condition that a viewer knows that a row has ended."""
    over = Q(ended_in__lte=int(progress))
    if second := second_of(progress):
        over |= Q(also_ended_in__lte=place_of(second))
    return over


def is_read_by_now(progress: int) -> Q:
    """Return the condition that an episode has been watched, or a chapter read."""
    watched = Q(number__lte=int(progress))
    if second := second_of(progress):
        watched |= Q(number__gt=SECOND_AXIS, number__lte=place_of(second))
    return watched


def are_reached(progress: int) -> Q:
    """Return the condition that somebody has reached the places of a correction, which may need both axes."""
    reached = is_known(int(progress))
    if second := second_of(progress):
        reached |= Q(also_in__lte=place_of(second), besides__lte=int(progress))
    return reached


def is_reached_if_any(column: str, progress: int) -> Q:
    """Return the condition that the place in a column, of either axis, is reached, or that there is none."""
    reached = Q(**{column: None}) | Q(**{f"{column}__lte": int(progress)})
    if second := second_of(progress):
        reached |= Q(**{f"{column}__gt": SECOND_AXIS, f"{column}__lte": place_of(second)})
    return reached


def place_in_order(progress: int, prefix: str = "") -> Any:
    """Return the place at which a row that is known stands for a viewer, to sort and compare by it."""
    first = F(f"{prefix}revealed_in_id")
    if not second_of(progress):
        return first
    return Case(When(**{f"{prefix}revealed_in__lte": int(progress)}, then=first), default=F(f"{prefix}also_in_id"))


def place_of_end(progress: int) -> Case:
    """Return the place at which a row has ended for a viewer, which is NULL until that is known."""
    ends = [When(ended_in__lte=int(progress), then=F("ended_in_id"))]
    if second := second_of(progress):
        ends.append(When(also_ended_in__lte=place_of(second), then=F("also_ended_in_id")))
    return Case(*ends)


# For values that are at hand


def is_reached(place: int, progress: int) -> bool:
    """Return whether a viewer knows what is revealed at that place, of either axis."""
    return place <= progress or SECOND_AXIS < place <= place_of(second_of(progress))


def place_reached(first: int, second: int | None, progress: int) -> int | None:
    """Return by which of its two places a viewer knows something, or None if they do not."""
    return next((place for place in (first, second) if place is not None and is_reached(place, progress)), None)


def is_between(place: int, since: int, until: int) -> bool:
    """Return whether somebody came to a place after they were at one point and by another."""
    return is_reached(place, until) and not is_reached(place, since)


# For statements by hand


def known_rows(progress: int, table: str, *, by_index: bool = True) -> Which:
    """Return the condition that a viewer may know the rows of a table.

    Without `by_index` SQLite does not take the index of episodes to find them.
    """
    row = f'{"" if by_index else "+"}"{table}"'
    first = Which(f'{row}."revealed_in_id" <= %s', (int(progress),))
    second = second_of(progress)
    return first | Which(f'{row}."also_in_id" <= %s', (place_of(second),)) if second else first


def known_entries(progress: int, table: str) -> Which:
    """Return the condition that a viewer may know the entries of the search index.

    Those at places of the second axis count as long as the row is not known by the first.
    """
    first = Which(f'"{table}"."revealed_in_id" <= %s', (int(progress),))
    if not (second := second_of(progress)):
        return first
    place = Which(f'"{table}"."revealed_in_id" <= %s AND "{table}"."first_in" > %s', (place_of(second), int(progress)))
    return first | place


def current_rows(progress: int, table: str) -> Which:
    """Return the condition that the rows of a table are known, and not known to have ended."""
    rows = known_rows(progress, table)
    if second_of(progress):
        end = known_end(progress)
        return Which(f"{rows.sql} AND {end.sql} IS NULL", rows.params + end.params)
    return Which(f'{rows.sql} AND ("ended_in_id" IS NULL OR "ended_in_id" > %s)', (*rows.params, int(progress)))


def former_rows(progress: int, table: str) -> Which:
    """Return the condition that the rows of a table are known, and known to have ended."""
    rows, over = known_rows(progress, table), _is_over(progress)
    return Which(f"{rows.sql} AND {over.sql}", rows.params + over.params)


def _is_over(progress: int) -> Which:
    over = Which('"ended_in_id" <= %s', (int(progress),))
    second = second_of(progress)
    return over | Which('"also_ended_in_id" <= %s', (place_of(second),)) if second else over


def known_end(progress: int) -> Which:
    """Return the place at which a row has ended for a viewer, which is NULL until that is known."""
    if second := second_of(progress):
        later = 'WHEN "also_ended_in_id" <= %s THEN "also_ended_in_id"'
        sql = f'CASE WHEN "ended_in_id" <= %s THEN "ended_in_id" {later} END'
        return Which(sql, (int(progress), place_of(second)))
    return Which('CASE WHEN "ended_in_id" <= %s THEN "ended_in_id" END', (int(progress),))


def stands(progress: int, table: str = "") -> str:
    """Return the place at which a known row of a table stands for a viewer: that of the axis by which it is known.

    By the column itself the order of what chapters told would be that of the episodes to come. Numbers stand in it as
    they are, so that it can be chosen, compared and sorted by in one statement.
    """
    row = f'"{table}".' if table else ""
    if not second_of(progress):
        return f'{row}"revealed_in_id"'
    return f'CASE WHEN {row}"revealed_in_id" <= {int(progress):d} THEN {row}"revealed_in_id" ELSE {row}"also_in_id" END'


def place_ended(progress: int) -> str:
    """Return the place at which a row that is known to have ended did so for a viewer."""
    return known_end(progress).written_out if second_of(progress) else '"ended_in_id"'


def is_read(progress: int, column: str = '"number"') -> Which:
    """Return the condition that an episode or a chapter, whose place a column holds, has been watched or read."""
    first = Which(f"{column} <= %s", (int(progress),))
    second = second_of(progress)
    there = Which(f"{column} > {SECOND_AXIS} AND {column} <= %s", (place_of(second),))
    return first | there if second else first


# Which of the rows that are known


def began_in(place: int) -> Which:
    """Return the condition that a row is known since that episode, or that chapter on the second axis."""
    return Which(f'"{"also_in_id" if is_on_second_axis(place) else "revealed_in_id"}" = %s', (int(place),))


def began_after(since: int) -> Which:
    """Return the condition that a row came up after an episode, or will come up after it for who knows it already."""
    return Which('"revealed_in_id" > %s', (int(since),))


def began_within(since: int, until: int) -> Which:
    """Return the condition that a row came up after somebody was at one point and by another, which has to be reached.

    So it stands in one of the units between: what an episode has told by then stands there, whatever chapters told it.
    """
    return _within("revealed_in_id", "also_in_id", since, until)


def ended_within(since: int, until: int) -> Which:
    """Return the condition that a row ended after one episode and by another, which has to be watched."""
    return _within("ended_in_id", "also_ended_in_id", since, until)


def _within(first: str, second: str, since: int, until: int) -> Which:
    episodes = Which(f'("{first}" > %s AND "{first}" <= %s)', (int(since), int(until)))
    start, end = place_of(second_of(since)), place_of(second_of(until))
    chapters = Which(f'("{first}" > %s AND "{second}" > %s AND "{second}" <= %s)', (int(until), start, end))
    return episodes | chapters if end > start else episodes
