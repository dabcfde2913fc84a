"""The cache in the memory of a worker."""

from operator import itemgetter
from sys import getsizeof
from threading import Lock
from typing import Any

from cachetools import LRUCache
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache


class BoundedMemory(BaseCache):
    """A cache in the memory of the process, of which no more than so many bytes are kept: the least used go first.

    Keys count too. It is for values that cannot change, as they are not copied, and that know their `size` in bytes;
    they do not expire. All threads share what has the same LOCATION.
    """

    _shared: dict[str, tuple[LRUCache[str, tuple[Any, int]], Lock]] = {}

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        new: tuple[LRUCache[str, tuple[Any, int]], Lock] = (
            LRUCache(params["OPTIONS"]["MAX_BYTES"], itemgetter(1)),
            Lock(),
        )
        self._values, self._lock = self._shared.setdefault(location, new)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        with self._lock:
            return self._values.get(key, (default,))[0]

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        size = getsizeof(key) + value.size
        if size <= self._values.maxsize:
            with self._lock:
                self._values[key] = value, size

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        size = getsizeof(key) + value.size
        with self._lock:
            if key in self._values or size > self._values.maxsize:
                return False
            self._values[key] = value, size
            return True

    def delete(self, key: Any, version: int | None = None) -> bool:
        with self._lock:
            return self._values.pop(key, None) is not None

    def has_key(self, key: Any, version: int | None = None) -> bool:
        with self._lock:
            return key in self._values

    def clear(self) -> None:
        with self._lock:
            self._values.clear()

    @property
    def size(self) -> float:
        """How many bytes it holds."""
        return self._values.currsize
