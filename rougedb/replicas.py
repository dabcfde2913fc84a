"""Tells which replica of the database is good enough to read public pages from.

One is, as long as it had the same edition as the primary within the last `REPLICA_LAG` seconds. A thread for each
database reads its edition every second, so that no visitor waits for one that is away or hangs. While the primary is
away, nobody publishes anything, and the last edition that was read of it is what a replica has to have.
"""

import logging
import os
from functools import cache
from threading import Lock, Thread
from time import monotonic, sleep

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, close_old_connections

from corrections import editions
from episodes.reading import reading_from

logger = logging.getLogger(__name__)

BETWEEN_LOOKS = 1  # seconds


class Replicas:
    """What is known in this process of the replicas with these aliases."""

    def __init__(self, aliases: list[str]) -> None:
        first = os.getpid() % max(len(aliases), 1)  # each process has its own favourite
        self.aliases = aliases[first:] + aliases[:first]
        self._of_primary: str | None = None  # the stamp of its edition; None as long as it was never read
        self._in_step_at: dict[str, float] = {}  # when a replica last had that edition
        self._lock = Lock()
        self._is_watching = False

    def good(self) -> list[str]:
        """Return the aliases of the replicas that are in step, the favourite first."""
        if not self.aliases:
            return []
        self._watch()
        least = monotonic() - settings.REPLICA_LAG
        return [alias for alias in self.aliases if self._in_step_at.get(alias, least) > least]

    def good_after_all(self) -> str | None:
        """Return the alias of a replica that is found to be in step now, as the primary does not answer either."""
        for alias in self.aliases:
            self.look(alias)
        return next(iter(self.good()), None)

    def leave(self, alias: str, error: object) -> None:
        """Read from elsewhere until this replica is seen to be in step again."""
        if self._in_step_at.pop(alias, None) is not None:
            logger.warning("Reading public pages elsewhere than from %s: %s", alias, error)

    def look(self, alias: str) -> None:
        """Read which edition a database holds, and note what follows from it."""
        try:
            with reading_from(alias):
                edition = editions.current()
        except (DatabaseError, InterfaceError) as error:
            self.leave(alias, error)
            return
        finally:
            close_old_connections()
        stamp = edition.stamp if edition else ""
        if alias == DEFAULT_DB_ALIAS:
            self._of_primary = stamp
        elif self._of_primary in (None, stamp):
            if alias not in self._in_step_at:
                logger.info("Reading public pages from %s.", alias)
            self._in_step_at[alias] = monotonic()

    def _watch(self) -> None:
        with self._lock:
            is_watching, self._is_watching = self._is_watching, True
        if not is_watching:
            for alias in (DEFAULT_DB_ALIAS, *self.aliases):
                Thread(target=self._watch_one, args=(alias,), name=f"edition of {alias}", daemon=True).start()

    def _watch_one(self, alias: str) -> None:
        while True:
            try:
                self.look(alias)
            except Exception:
                logger.exception("The edition of %s cannot be read.", alias)
            sleep(BETWEEN_LOOKS)


@cache
def replicas() -> Replicas:
    """Return the replicas that `REPLICA_URLS` names."""
    return Replicas([alias for alias in settings.DATABASES if alias != DEFAULT_DB_ALIAS])
