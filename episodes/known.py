"""Says what a viewer knows: each comparison of an episode with a viewer's progress that anything told hangs on, once.

Django's queries take the conditions that are `Q`, statements by hand those that are `Which`, and values that were read
already go through `is_reached()`. Where somebody may go, such as to the next episode, is no matter of this module.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Which:
    """A part of a statement, most often a condition, and what is filled in for its placeholders."""

    sql: str
    params: tuple[Any, ...] = ()

    def __or__(self, other: "Which") -> "Which":
        return Which(f"({self.sql} OR {other.sql})", self.params + other.params)

    def __and__(self, other: "Which") -> "Which":
        return Which(f"({self.sql} AND {other.sql})", self.params + other.params)


# For Django


def is_known(progress: int, prefix: str = "") -> Q:
    """Return the condition that a viewer at this episode may know a row; a prefix such as `tag__` leads to it."""
    return Q(**{f"{prefix}revealed_in__lte": progress})


def is_over(progress: int) -> Q:
    """Return the condition that a viewer at this episode knows that a row has ended."""
    return Q(ended_in__lte=progress)


# For values that are at hand


def is_reached(episode: int, progress: int) -> bool:
    """Return whether a viewer at this episode knows what is revealed in that one."""
    return episode <= progress


# For statements by hand


def known_rows(progress: int, table: str, *, by_index: bool = True) -> Which:
    """Return the condition that a viewer at this episode may know the rows of a table.

    Without `by_index` SQLite does not take the index of episodes to find them.
    """
    return Which(f'{"" if by_index else "+"}"{table}"."revealed_in_id" <= %s', (progress,))


def current_rows(progress: int, table: str) -> Which:
    """Return the condition that the rows of a table are known, and not known to have ended."""
    rows = known_rows(progress, table)
    return Which(f'{rows.sql} AND ("ended_in_id" IS NULL OR "ended_in_id" > %s)', (*rows.params, progress))


def former_rows(progress: int, table: str) -> Which:
    """Return the condition that the rows of a table are known, and known to have ended."""
    rows = known_rows(progress, table)
    return Which(f'{rows.sql} AND "ended_in_id" <= %s', (*rows.params, progress))


def known_end(progress: int) -> Which:
    """Return the episode in which a row ended, which is NULL until that is known."""
    return Which('CASE WHEN "ended_in_id" <= %s THEN "ended_in_id" END', (progress,))


# Which of the rows that are known


def began_in(number: int) -> Which:
    """Return the condition that a row is known since that episode."""
    return Which('"revealed_in_id" = %s', (number,))


def began_after(since: int) -> Which:
    """Return the condition that a row came up after an episode."""
    return Which('"revealed_in_id" > %s', (since,))


def began_within(since: int, until: int) -> Which:
    """Return the condition that a row came up after one episode and by another."""
    return Which('("revealed_in_id" > %s AND "revealed_in_id" <= %s)', (since, until))


def ended_within(since: int, until: int) -> Which:
    """Return the condition that a row ended after one episode and by another, which has to be watched."""
    return Which('("ended_in_id" > %s AND "ended_in_id" <= %s)', (since, until))
