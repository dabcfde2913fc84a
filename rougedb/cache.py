import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


class DispensableRedisCache(RedisCache):
    """A cache in Redis that is empty while Redis is down: pages are slower then, and a warning says so."""

    def _try(self, operation: Callable[..., Any], otherwise: Any, *arguments: Any) -> Any:
        try:
            return operation(*arguments)
        except RedisError as error:
            logger.warning("Going on without the cache: %s", error)
            return otherwise

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(super().get, default, key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> Any:
        return self._try(super().set, None, key, value, timeout, version)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> Any:
        return self._try(super().add, True, key, value, timeout, version)

    def delete(self, key: Any, version: int | None = None) -> Any:
        return self._try(super().delete, False, key, version)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        return self._try(super().incr, delta, key, delta, version)
