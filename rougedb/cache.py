"""The cache in Redis. A site without one does not import this, as the client for it takes 6 MB in each worker."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache, RedisSerializer
from django.utils.crypto import constant_time_compare, salted_hmac
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

AWAY = 5  # seconds for which Redis is not asked after an error


class SignedSerializer(RedisSerializer):
    """Signs what is kept in Redis, and reads nothing else: to unpickle what somebody has put there would run it."""

    SIGNATURE = 32  # bytes, before the value

    def dumps(self, obj: Any) -> Any:
        value = super().dumps(obj)
        return value if isinstance(value, int) else _signature_of(value) + value

    def loads(self, data: Any) -> Any:
        """Return the value, or None if nobody with our key has written it."""
        if data.removeprefix(b"-").isdigit():  # a count, which Redis itself adds to
            return int(data)
        signature, value = data[: self.SIGNATURE], data[self.SIGNATURE :]
        return super().loads(value) if constant_time_compare(signature, _signature_of(value)) else None


def _signature_of(value: bytes) -> bytes:
    return salted_hmac("rougedb.cache", value, algorithm="sha256").digest()


class DispensableRedisCache(RedisCache):
    """A cache in Redis that is empty while Redis is down: pages are slower then, and a warning says so.

    After an error nobody in this process asks again for some seconds: a Redis that hangs would cost a page a second for
    each time that it is asked.
    """

    _away_until: dict[str, float] = {}  # by the location; of a clock that only goes forward

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(location, params)
        self._location = str(location)

    def _try(self, operation: Callable[..., Any], otherwise: Any, *arguments: Any) -> Any:
        if monotonic() < self._away_until.get(self._location, 0.0):
            return otherwise
        try:
            return operation(*arguments)
        except RedisError as error:
            logger.warning("Going on without the cache for %s seconds: %s", AWAY, error)
            self._away_until[self._location] = monotonic() + AWAY
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
