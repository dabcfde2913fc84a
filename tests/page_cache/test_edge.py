"""What was answered before is answered again in the event loop, as long as the edition is the same."""

import asyncio
from collections.abc import Iterator
from itertools import chain
from threading import Event
from typing import Any

import pytest
from cachetools import LRUCache
from django.db import connection

from corrections import editions
from episodes.models import Episode
from rougedb import asgi
from rougedb.page_cache import edge, store
from tests.people import person, signed_in
from tests.server.sockets import in_a_loop

pytestmark = pytest.mark.django_db(transaction=True)

BR = (b"accept-encoding", b"gzip, br")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(asgi, "_free_threads", asyncio.Semaphore(2))
    monkeypatch.setattr(edge, "_editions", edge.EditionReader())
    edge._remembered.clear()
    store.clear()
    for number in range(4):
        Episode.objects.create(number=number, title=f"Title of {number}" if number else "")
    yield
    in_a_loop(_closed())


async def _closed() -> None:
    """Let the threads of the site close their connections, or the database could not be dropped."""
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(edge._editions._thread, _close)
    for _ in range(20):
        await loop.run_in_executor(asgi._threads, _close)


def ask(
    *requests: tuple[str, str], at_once: bool = False, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> list[tuple[Any, ...]]:
    """Return status, headers and body of the answers to requests, each a path with its query and a Cookie header."""

    async def one(address: str, cookie: str) -> tuple[Any, ...]:
        sent: list[dict[str, Any]] = []
        path, _, query = address.partition("?")

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": path, "query_string": query.encode(), "http_version": "1.1",
            "scheme": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
            "headers": [(b"host", b"testserver"), (b"cookie", cookie.encode()), *headers],
        }  # fmt: skip
        await asgi.application(scope, receive, send)
        return sent[0]["status"], sorted(sent[0]["headers"]), sent[1]["body"]

    async def all_of_them() -> list[tuple[Any, ...]]:
        if at_once:
            return await asyncio.gather(*(one(*request) for request in requests))
        return [await one(*request) for request in requests]

    return in_a_loop(all_of_them())


def _close() -> None:
    connection.close()  # that of the thread


@pytest.fixture
def django_is_away(monkeypatch: pytest.MonkeyPatch) -> Any:
    def gone(*arguments: Any) -> Any:
        raise AssertionError("a thread was asked")

    return lambda: monkeypatch.setattr(asgi, "_run", gone)


def test_the_same_question_has_the_same_answer(django_is_away: Any) -> None:
    asked = [("/episodes/", "progress=2"), ("/nothing/", "progress=1; theme=dark"), ("/episodes/?x=1", "")]
    first = ask(*asked, headers=(BR,))
    assert [status for status, _, _ in first] == [200, 404, 200]
    django_is_away()
    assert ask(*asked, headers=(BR,)) == first
    assert ask(*asked * 20, at_once=True, headers=(BR,)) == first * 20


@pytest.mark.parametrize(
    ("address", "cookie", "header"),
    [
        ("/episodes/", "progress=3", None), ("/episodes/", "progress=2; theme=dark", None),
        ("/episodes/?as_of=1", "progress=2", None), ("/episodes/2/", "progress=2", None),
        ("/episodes/", "progress=2", BR), ("/episodes/", "progress=2", (b"content-length", b"0")),
        ("/episodes/", "progress=2; sessionid=x", None), ("/episodes/", "progress=2", (b"host", b"evil.example")),
    ],
)  # fmt: skip
def test_another_question_is_answered_elsewhere(
    django_is_away: Any, address: str, cookie: str, header: tuple[bytes, bytes] | None
) -> None:
    ask(("/episodes/", "progress=2"))
    django_is_away()
    with pytest.raises(AssertionError, match="a thread was asked"):
        ask((address, cookie), headers=(header,) if header else ())


@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/healthz", "/progress/", "/static/none.css", "/corrections/receipt/not-yet/"]
)
def test_what_is_not_kept_is_not_remembered(address: str) -> None:
    ask((address, "progress=2"), (address, "progress=2"))
    assert len(edge._remembered) == 0


def test_what_is_of_one_visitor_is_not_remembered() -> None:
    person("ann", at=2)
    session = signed_in("ann", at=2).cookies["sessionid"].value
    (of_ann,) = ask(("/episodes/", f"progress=2; sessionid={session}"))
    assert b"Account<span" in of_ann[2]
    ask(("/episodes/", "progress=2; progress_before=1"), ("/episodes/", "progress=2; sessionid=gone"))
    assert len(edge._remembered) == 0


def test_a_new_edition_is_answered_at_once() -> None:
    for title in ("One", "Two", "Three"):
        Episode.objects.filter(number=1).update(title=title)
        for _ in range(2):
            ((_, _, body),) = ask(("/episodes/", "progress=2"))
            assert title.encode() in body


def test_whoever_comes_while_the_edition_is_read_waits_for_the_next_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def reading() -> str:
        read.append(len(read))
        return str(len(read))

    monkeypatch.setattr(edge, "_read_edition", reading)

    async def many() -> list[str]:
        reader = edge.EditionReader()
        first = asyncio.create_task(reader.edition_now())
        await asyncio.sleep(0)  # it is being read
        rest = [asyncio.create_task(reader.edition_now()) for _ in range(5)]
        return [await first, *[await each for each in rest]]

    assert in_a_loop(many()) == ["1", *["2"] * 5]


def test_an_edition_that_cannot_be_read_is_left_to_who_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = ask(("/episodes/", "progress=2"))

    def broken() -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(editions, "current", broken)
        assert ask(("/episodes/", "progress=2"))[0][0] == 500
    assert ask(("/episodes/", "progress=2")) == [first]
    assert editions.current() is not None


def test_an_edition_that_is_not_read_in_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = Event()

    def reading() -> str:
        goes_on.wait()
        return "an edition"

    async def before_and_after() -> list[str]:
        reader = edge.EditionReader()
        late = [await reader.edition_now() for _ in range(2)]  # the second meets a reading that hangs
        monkeypatch.setattr(edge, "PATIENCE", 60)
        goes_on.set()
        return [*late, await reader.edition_now()]

    monkeypatch.setattr(edge, "_read_edition", reading)
    monkeypatch.setattr(edge, "PATIENCE", 0.05)
    assert in_a_loop(asyncio.wait_for(before_and_after(), 30)) == ["", "", "an edition"]


def test_what_is_remembered_of_requests_has_a_bound_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "_remembered", LRUCache(30_000, lambda kept: kept.size))
    for number in range(30):
        ask(("/episodes/", f"progress=2; other={'x' * 1_000}{number}"))
    held = [(*question, *chain.from_iterable(kept.headers)) for (_, question), kept in edge._remembered.items()]
    assert held
    assert sum(map(len, chain.from_iterable(held))) < 30_000
