"""Reads which edition it is, and remembers it for as long as no database answers.

Nobody can publish without the database, so pages of the last edition that was read are the best there are then.
"""

import logging
from time import monotonic

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError

from corrections import editions
from corrections.editions import CurrentEdition
from episodes.reading import reading_from
from rougedb.outage import outage_of
from rougedb.replicas import replicas

logger = logging.getLogger(__name__)

AWAY = 5  # seconds for which a database that has failed is not asked again, where a kept page will do

_last: CurrentEdition | None = None  # that was read in this process
_failed_at: float | None = None  # of a clock that only goes forward; None if the last reading went well


def read_edition(*, from_replica: bool) -> CurrentEdition | None:
    """Return the edition that a page is to be of, which says from where the rest of it has to be read.

    Raises what the primary raises, and notes that. Whoever may have published something reads from the primary.
    """
    global _failed_at
    good = replicas().good()
    for alias in good if from_replica else ():
        try:
            return _read(alias)
        except (DatabaseError, InterfaceError) as error:
            if not outage_of(error):
                raise
            replicas().leave(alias, error)
    try:
        return _read(DEFAULT_DB_ALIAS)
    except (DatabaseError, InterfaceError) as error:
        if outage_of(error) and from_replica and (other := replicas().good_after_all()):
            return _read(other)
        if outage_of(error) and not good:  # or else visitors get pages that a replica tells of
            if _failed_at is None:
                logger.warning("Only kept pages are served, as the edition cannot be read: %s", error)
            _failed_at = monotonic()
        raise


def _read(alias: str) -> CurrentEdition | None:
    global _last, _failed_at
    with reading_from(alias):
        _last = editions.current()
    _failed_at = None
    return _last


def edition_before(*, within: float | None = None) -> CurrentEdition | None:
    """Return the last edition that was read, if it could not be read again since (`within` so many seconds)."""
    if _failed_at is None or (within is not None and monotonic() - _failed_at > within):
        return None
    return _last


def forget() -> None:
    """Forget what was read."""
    global _last, _failed_at
    _last = _failed_at = None
