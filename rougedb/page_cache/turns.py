"""Of many who want the same page at once, one makes it and the others wait for that one."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from time import monotonic, sleep

from django.db import close_old_connections

from . import store
from .pages import Page
from .store import KeptPage

PATIENCE = 10  # seconds to wait for another thread, before making the page oneself
PATIENCE_WITH_PROCESSES = 3  # which may be killed in between
BETWEEN_LOOKS = 0.02  # seconds, while another process makes it

_making: dict[str, Future[KeptPage | None]] = {}
_lock = Lock()


def made_once(page: Page, make: Callable[[], KeptPage | None]) -> KeptPage | None:
    """Return what `make` returns in whichever thread or process came first, or what it returns here if that failed.

    Whoever comes first needs nothing of those that wait: they give their connection to the database back.
    """
    with _lock:
        other = _making.get(page.key)
        if other is None:
            own = _making[page.key] = Future()
    if other is not None:
        close_old_connections()
        return _awaited(other) or make()
    made = None
    try:
        made = _made_in_one_process(page, make) if store.is_shared() else make()
        return made
    finally:
        with _lock:
            del _making[page.key]
        own.set_result(made)


def _awaited(other: Future[KeptPage | None]) -> KeptPage | None:
    try:
        return other.result(PATIENCE)
    except TimeoutError:
        return None


def _made_in_one_process(page: Page, make: Callable[[], KeptPage | None]) -> KeptPage | None:
    """Take the page from where processes share it, after waiting for the one that makes it, or make it."""
    key, patience = page.key, PATIENCE_WITH_PROCESSES
    end = monotonic() + patience
    while (kept := store.shared_page(key, is_linked=page.is_linked)) is None and not store.is_first(key, patience):
        if monotonic() > end:
            return make()
        sleep(BETWEEN_LOOKS)
    if kept is not None:
        return kept
    try:
        return make()
    finally:
        store.is_made(key)
