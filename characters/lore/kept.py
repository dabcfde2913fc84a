"""Keeps in memory what is made of all the rows that are known at an episode, until anything is published."""

from collections.abc import Callable, Hashable, Iterable
from threading import Lock
from typing import Any, Protocol, cast

from cachetools import LRUCache
from django.core.cache import caches

from corrections import editions
from episodes.axes import key_of


class Measured(Protocol):
    """A value that cannot change, and knows how many bytes it takes."""

    @property
    def size(self) -> int: ...


class Reader(Protocol):
    """Somebody who reads the show at an episode."""

    @property
    def progress(self) -> int: ...

    @property
    def edition(self) -> editions.CurrentEdition | None: ...


def kept[Value: Measured](reader: Reader, name: str, make: Callable[[], Value]) -> Value:
    """Return what `make` returns: a function of the rows that are known at that episode, and of nothing else.

    It is kept under the edition, as pages are, in this process alone: others may run other code.
    """
    edition = reader.edition
    if edition is None:
        return make()
    memory, key = caches["lists"], f"{edition.stamp}:{key_of(reader.progress)}:{name}"
    value = cast("Value | None", memory.get(key))
    if value is None:
        value = make()
        if editions.current() == edition:  # or else it may hold something of both
            memory.set(key, value)
    return value


type Memory = LRUCache[tuple[Any, ...], Any]

SMALL: Memory = LRUCache(2**14)  # values, some hundred bytes each
TEXTS: Memory = LRUCache(2**12)  # apart, as one search may bring a thousand
_lock = Lock()


def kept_each[Key: Hashable, Value](
    reader: Reader,
    name: str,
    keys: Iterable[Key],
    make: Callable[[set[Key]], dict[Key, Value]],
    *,
    memory: Memory = SMALL,
) -> dict[Key, Value]:
    """Return what `make` returns for some keys, and ask it only for those whose value is not in memory.

    As with `kept`, each value is a function of its key and of the rows that are known at that episode.
    """
    edition, wanted = reader.edition, set(keys)
    if edition is None:
        return make(wanted) if wanted else {}
    of_all = (edition.stamp, key_of(reader.progress), name)
    with _lock:
        found = {key: value for key in wanted if (value := memory.get((*of_all, key))) is not None}
    if missing := wanted - found.keys():
        made = make(missing)
        if editions.current() == edition:  # as above
            with _lock:
                memory.update({(*of_all, key): value for key, value in made.items()})
        found |= made
    return found


def forget() -> None:
    """Keep nothing of what was made so far."""
    caches["lists"].clear()
    with _lock:
        SMALL.clear()
        TEXTS.clear()
