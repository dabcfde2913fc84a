"""How many pages are made for one address: a crawler gets them at the pace of a reader, and nobody notices it.

Only pages that have to be made count. What is kept costs next to nothing, and whoever is signed in has a name.
"""

from dataclasses import dataclass
from functools import cache
from math import ceil
from threading import Lock
from time import monotonic

from cachetools import TTLCache
from django.conf import settings
from django.http import HttpResponse

from episodes.requests import client_address
from episodes.visits import Visit

from .pages import plain_page

MOST_ADDRESSES = 50_000  # that are remembered at once, some 10 MB
REFILL = 30  # seconds after which a budget that was spent is whole again


@dataclass(slots=True)
class Bucket:
    left: float
    counted_at: float  # seconds of a clock that only goes forward


class Budget:
    """So many at once, and so many a second after that, for each address; every process counts for itself."""

    def __init__(self, at_once: int, a_second: float) -> None:
        self.at_once, self.a_second = at_once, a_second
        self._buckets: TTLCache[str, Bucket] = TTLCache(
            MOST_ADDRESSES, ttl=at_once / a_second, timer=lambda: self.now()
        )
        self._lock = Lock()

    now = staticmethod(monotonic)

    def take(self, address: str) -> float:
        """Take one and return 0, or else the seconds after which there is one again."""
        with self._lock:
            now = self.now()
            bucket = self._buckets.get(address) or Bucket(self.at_once, now)
            left = min(self.at_once, bucket.left + (now - bucket.counted_at) * self.a_second)
            is_enough = left >= 1
            # Setting it anew lets it live on: a bucket is forgotten when it would be full again.
            self._buckets[address] = Bucket(left - is_enough, now)
        return 0.0 if is_enough else (1 - left) / self.a_second


def refusal_of(visit: Visit) -> HttpResponse | None:
    """Return the answer to somebody for whom no page is made just now, or None if one may be made."""
    if not settings.PAGE_BUDGET or visit.account is not None:
        return None
    seconds = ceil(_budget(settings.PAGE_BUDGET).take(client_address(visit)))
    return plain_page("too_fast.html", 429, {"seconds": seconds}, retry_after=seconds) if seconds else None


@cache
def _budget(at_once: int) -> Budget:
    return Budget(at_once, at_once / REFILL)
