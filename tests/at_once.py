"""Does something many times at the same moment, as many visitors would."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def at_once[T](times: int, work: Callable[[], T]) -> list[T]:
    """Return what so many threads got, each on a connection of its own; the test has to be `transaction=True`."""
    ready = Barrier(times)

    def run(_: int) -> T:
        connection.ensure_connection()
        ready.wait()
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))
