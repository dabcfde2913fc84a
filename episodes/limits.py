"""Limits how often something may be done, for the whole site: uses are rows, so they count over all processes.

A use counts for as long as its limit looks back, and its row is deleted some time after that by later uses. Rows hold
no names and no addresses, only keyed hashes of them. A use that is counted inside a transaction is undone with it.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .models import Use

MOST_CLEARED = 20  # rows of the past that one use deletes; more than it adds, so that they never pile up


@dataclass(frozen=True)
class Counted:
    """Uses that were recorded, and can be taken back."""

    uses: tuple[Use, ...] = ()

    def rollback(self) -> None:
        Use.objects.filter(pk__in=[use.pk for use in self.uses]).delete()


def consume(action: str, key: str, *, most: float, seconds: float, cost: float = 1) -> bool:
    """Record a use and return True, or record nothing and return False if it would exceed the limit.

    The limit is a sum of costs, at most `most` within the last `seconds`, for each pair of action and key. Of several
    uses at once exactly as many are allowed as fit in.
    """
    return record(action, key, most=most, seconds=seconds, cost=cost) is not None


@transaction.atomic
def record(action: str, key: str, *, most: float, seconds: float, cost: float = 1) -> Use | None:
    """Do what `consume` does, but return the recorded use, so that it can be deleted again, or None."""
    hashed = _hash_of(action, key)
    _lock(hashed)
    if _sum_of(hashed) + cost > most:
        return None
    use = Use.objects.create(key=hashed, cost=cost, counts_until=timezone.now() + timedelta(seconds=seconds))
    _clear_the_past()
    return use


def used(action: str, key: str) -> float:
    """Return the sum of the costs that count at this moment."""
    return _sum_of(_hash_of(action, key))


@transaction.atomic
def reset(action: str, key: str) -> None:
    """Forget all uses of this action by this key."""
    hashed = _hash_of(action, key)
    _lock(hashed)
    Use.objects.filter(key=hashed, counts_until__gt=timezone.now()).delete()  # others may be clearing the past


def hold(key: str) -> None:
    """Wait until no other transaction holds this key, and hold it until the current transaction ends.

    For limits that count rows of their own: hold, count, write. Raises TransactionManagementError outside of a
    transaction. Transactions that hold several keys have to take them in the same order.
    """
    _lock(_hash_of("hold", key))


def _hash_of(action: str, key: str) -> str:
    text = f"{action}\0{key}"
    return salted_hmac("rougedb.limits", text, secret=settings.CONTENT_KEY, algorithm="sha256").hexdigest()


def _lock(hashed: str) -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A lock is held until a transaction ends, and there is none.")
    if connection.vendor == "postgresql":  # on SQLite a transaction locks the whole database when it begins
        number = int.from_bytes(bytes.fromhex(hashed[:16]), signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _sum_of(hashed: str) -> float:
    counting = Use.objects.filter(key=hashed, counts_until__gt=timezone.now())
    return counting.aggregate(sum=Sum("cost", default=0.0))["sum"]


def _clear_the_past() -> None:
    past = Use.objects.filter(counts_until__lte=timezone.now()).order_by("counts_until")
    if connection.features.has_select_for_update_skip_locked:  # another process may be deleting the same rows
        past = past.select_for_update(skip_locked=True)
    Use.objects.filter(pk__in=list(past.values_list("pk", flat=True)[:MOST_CLEARED])).delete()
