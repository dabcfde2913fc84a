"""Reads which edition it is, and remembers it for as long as the database does not answer.

Nobody can publish without the database, so pages of the last edition that was read are the best there are then.
"""

import logging
from time import monotonic

from django.db import DatabaseError, InterfaceError

from corrections import editions
from corrections.editions import CurrentEdition
from rougedb.outage import outage_of

logger = logging.getLogger(__name__)

AWAY = 5  # seconds for which a database that has failed is not asked again, where a kept page will do

_last: CurrentEdition | None = None  # that was read in this process
_failed_at: float | None = None  # of a clock that only goes forward; None if the last reading went well


def read_edition() -> CurrentEdition | None:
    """Return the edition as this connection sees it. Raises what the database raises, and notes that."""
    global _last, _failed_at
    try:
        _last = editions.current()
    except (DatabaseError, InterfaceError) as error:
        if outage_of(error):
            if _failed_at is None:
                logger.warning("Only kept pages are served, as the edition cannot be read: %s", error)
            _failed_at = monotonic()
        raise
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
