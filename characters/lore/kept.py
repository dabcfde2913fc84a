"""Keeps in memory what is made of all the rows that are known at an episode, until anything is published."""

from collections.abc import Callable
from typing import Protocol, cast

from django.core.cache import caches

from corrections import editions


class Measured(Protocol):
    """A value that cannot change, and knows how many bytes it takes."""

    @property
    def size(self) -> int: ...


def kept[Value: Measured](progress: int, name: str, make: Callable[[], Value]) -> Value:
    """Return what `make` returns: a function of the rows that are known at that episode, and of nothing else.

    It is kept under the edition, as pages are, in this process alone: others may run other code.
    """
    edition = editions.current()
    if edition is None:
        return make()
    memory, key = caches["lists"], f"{edition.stamp}:{progress}:{name}"
    value = cast("Value | None", memory.get(key))
    if value is None:
        value = make()
        if editions.current() == edition:  # or else it may hold something of both
            memory.set(key, value)
    return value
