"""Answers what was answered before, in the event loop: without a thread, and without Django.

A request that says the same as an earlier one, in everything that a kept page is chosen by, gets the same answer as
long as the edition is the same. The edition is read for each of them after it has come, by a thread of its own; whoever
comes while it is being read waits for the next reading, so that one is enough for all that came meanwhile.

What is remembered is which page to answer with, not the page itself: a thousand ways to ask for it are no copies of it.
"""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from sys import getsizeof

from cachetools import LRUCache
from django.db import close_old_connections, connections

from . import current, store
from .middleware import PageResponse

READ = {  # headers that choose the page, or the answer
    b"host", b"cookie", b"accept-encoding", b"x-forwarded-proto", b"if-none-match", b"if-modified-since",
}  # fmt: skip
BODY = {b"content-length", b"transfer-encoding"}  # a request with one is refused or read elsewhere
MOST_REMEMBERED = 8 * 2**20  # bytes
OVERHEAD = 1_024  # bytes that a question takes besides what it and the headers of its answer say
PATIENCE = 2  # seconds to wait for the edition, before somebody else has to answer
LONGEST = 2_048  # bytes of what a request says that is remembered

type Headers = list[tuple[bytes, bytes]]
type Question = tuple[bytes, ...]
"""What a request says, as far as the answer depends on it."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Which page was the answer, and the headers that it was sent with."""

    form: str
    is_linked: bool
    status: int
    headers: Headers
    size: int


_remembered: LRUCache[tuple[str, Question], Remembered] = LRUCache(MOST_REMEMBERED, lambda kept: kept.size)
_last_edition = ""  # that was read; a hint of whether it is worth reading it again


def question_of(
    method: str, path: str, query: bytes, scheme: str, headers: Iterable[tuple[bytes, bytes]]
) -> Question | None:
    """Return what a request says, or None if it is none that is answered here; names of headers are in lower case."""
    if method not in ("GET", "HEAD") or not store.is_on():
        return None
    said = [path.encode(errors="surrogatepass"), query, scheme.encode()]
    for header, value in headers:
        if header in READ:
            said += (header, value)
        elif header in BODY:
            return None
    return tuple(said) if sum(map(len, said)) <= LONGEST else None


def remember(question: Question | None, response: PageResponse | None, status: int, headers: Headers) -> None:
    """Remember the answer to a question, if it was a page as everybody sees it who asks so."""
    global _last_edition
    if question is None or response is None or response.form is None:
        return
    edition = response.page.edition
    size = OVERHEAD + sum(map(getsizeof, (*question, *chain.from_iterable(headers))))
    _remembered[edition, question] = Remembered(response.form, response.page.is_linked, status, headers, size)
    _last_edition = edition


async def answer_to(question: Question | None) -> tuple[int, Headers, bytes] | None:
    """Return status, headers and body, or None if somebody else has to answer."""
    if question is None or (_last_edition, question) not in _remembered:
        return None
    before = current.edition_before(within=current.AWAY)
    edition = before.stamp if before else await _editions.edition_now()
    if not edition and (before := current.edition_before()):
        edition = before.stamp
    remembered = _remembered.get((edition, question))
    page = store.kept_page(remembered.form, is_linked=remembered.is_linked) if remembered else None
    return (remembered.status, remembered.headers, page.body) if remembered and page else None


class EditionReader:
    """Reads which edition it is, in a thread, once for all who ask before it begins to read."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="edition")
        self._waiting: asyncio.Future[str] | None = None  # of those who came after the reading that is going on began
        self._is_reading = False

    async def edition_now(self) -> str:
        """Return the stamp of the edition, as it is read from now on; an empty text if it cannot be read in time."""
        if self._waiting is None or self._waiting.done():
            self._waiting = _set_after(PATIENCE, "")
        waiting = self._waiting
        if not self._is_reading:
            self._read_for_those_waiting()
        return await asyncio.shield(waiting)  # one of them may go away

    def _read_for_those_waiting(self) -> None:
        waiting, self._waiting = self._waiting, None
        self._is_reading = waiting is not None
        if waiting is None:
            return

        def finish(reading: asyncio.Future[str]) -> None:
            if not waiting.done():
                waiting.set_result("" if reading.exception() else reading.result())
            self._read_for_those_waiting()

        asyncio.get_running_loop().run_in_executor(self._thread, _read_edition).add_done_callback(finish)


def _set_after(seconds: float, value: str) -> asyncio.Future[str]:
    """Return a future that has this value if it has no other by then."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()

    def set_it() -> None:
        if not future.done():
            future.set_result(value)

    timer = loop.call_later(seconds, set_it)
    future.add_done_callback(lambda done: timer.cancel())
    return future


def _read_edition() -> str:
    try:
        edition = current.read_edition(from_replica=True)  # whoever has a session is answered elsewhere
    except Exception:  # whoever answers instead meets the same error, and says so
        connections.close_all()
        raise
    close_old_connections()
    return edition.stamp if edition else ""


_editions = EditionReader()
