"""Where pages are kept: in the memory of each process, and behind that in Redis, where all processes find them.

What is kept never changes, as its key names the edition and all else that it is made of. So nothing has to be taken
away when something is published: nobody asks for the old pages any more, and those that are asked for push them out.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.cache import caches

from episodes.release import release

from .parts import Gaps

OVERHEAD = 1024  # bytes that a page takes besides its body and its key: its headers, and the objects themselves


@dataclass(frozen=True, slots=True)
class KeptPage:
    """An answer as most visitors get it, and where in it the parts are that some see differently."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    gaps: Gaps = ()

    @property
    def is_absent(self) -> bool:
        """Whether it only says that there is no page: the one that tells so is kept once for all of them."""
        return self.status == 404 and not self.body

    @property
    def size(self) -> int:
        return len(self.body) + OVERHEAD


def is_on() -> bool:
    """Return whether pages are kept at all."""
    return settings.PAGE_CACHE_BYTES > 0


def kept_page(key: str, *, is_linked: bool) -> KeptPage | None:
    """Return what is kept under a key in this process; `is_linked` says where to look for it first."""
    found = _linked().get(key) if is_linked else None
    return found or _others().get(key)


def shared_page(key: str, *, is_linked: bool) -> KeptPage | None:
    """Return what another process has kept under a key, and keep it in this one too."""
    shared = _shared()
    page: KeptPage | None = shared.get(_shared_key(key)) if shared is not None else None
    if page is not None:
        keep(key, page, is_linked=is_linked, share=False)
    return page


def keep(key: str, page: KeptPage, *, is_linked: bool, share: bool = True) -> None:
    """Keep an answer. Misses and redirects, which have no body, stand with those that are without number."""
    (_linked() if is_linked and page.body else _others()).set(key, page)
    if share and (shared := _shared()) is not None:
        shared.set(_shared_key(key), page)


def is_first(key: str, seconds: int) -> bool:
    """Return whether no other process has said within so many seconds that it makes this page."""
    shared = _shared()
    return shared is None or shared.add(_shared_key(f"making:{key}"), 1, seconds)


def is_made(key: str) -> None:
    """Take back that this process makes a page."""
    if (shared := _shared()) is not None:
        shared.delete(_shared_key(f"making:{key}"))


def is_shared() -> bool:
    """Return whether processes share what they keep."""
    return "shared_pages" in settings.CACHES


def clear() -> None:
    """Forget everything in this process."""
    _linked().clear()
    _others().clear()


def _shared_key(key: str) -> str:
    return sha256(f"{release()}:{key}".encode()).hexdigest()  # of a bounded length, and of plain letters


@cache
def _linked() -> Any:
    return caches["linked_pages"]


@cache
def _others() -> Any:
    return caches["other_pages"]


def _shared() -> Any:
    return caches["shared_pages"] if is_shared() else None
