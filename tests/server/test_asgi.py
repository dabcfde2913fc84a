"""How requests are taken in, without a server around it."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from rougedb import asgi, bodies
from rougedb.bodies import Bound
from tests.server.sockets import in_a_loop

HOST = (b"host", b"testserver")


@pytest.fixture(autouse=True)
def threads_of_one_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "_free_threads", asyncio.Semaphore(2))
    asgi._page.cache_clear()


def answer(
    headers: Iterable[tuple[bytes, bytes]] = (HOST,), path: str = "/healthz", method: str = "GET",
    query: bytes = b"", receive: Any = None, times: int = 1,
) -> list[list[dict[str, Any]]]:  # fmt: skip
    """Return what is sent in answer to each of some requests at once."""

    async def empty() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def one() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": method, "path": path, "query_string": query, "http_version": "1.1",
            "scheme": "http", "headers": list(headers), "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        await asgi.application(scope, receive or empty, send)
        return sent

    async def all_of_them() -> list[list[dict[str, Any]]]:
        return await asyncio.gather(*(one() for _ in range(times)))

    return in_a_loop(all_of_them())


def statuses(answers: list[list[dict[str, Any]]]) -> list[int]:
    return [sent[0]["status"] for sent in answers]


def seen(monkeypatch: pytest.MonkeyPatch, **request: Any) -> HttpRequest:
    """Return the request as Django sees it."""
    requests: list[HttpRequest] = []

    def record(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return HttpResponse()

    monkeypatch.setattr(asgi.wsgi.application, "get_response", record)
    answer(**request)
    return requests[0]


def test_headers_with_underscores_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    forged = [(b"x_forwarded_for", b"203.0.113.1"), (b"X-Forwarded_For", b"203.0.113.2"), (b"content_length", b"9")]
    request = seen(monkeypatch, headers=[HOST, *forged, (b"x-forwarded-for", b"198.51.100.1"), *forged])
    assert request.headers["X-Forwarded-For"] == "198.51.100.1"
    assert "Content-Length" not in request.headers


def test_cookies_in_several_headers_are_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    request = seen(monkeypatch, headers=[HOST, (b"cookie", b"progress=3; a=1"), (b"cookie", b"theme=dark")])
    assert request.COOKIES == {"progress": "3", "a": "1", "theme": "dark"}


def test_a_body_arrives_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [b"episode=", b"1", b"2"]

    async def in_pieces() -> dict[str, Any]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    form = (b"content-type", b"application/x-www-form-urlencoded")
    read: list[str] = []

    def record(request: HttpRequest) -> HttpResponse:
        read.append(request.POST["episode"])
        return HttpResponse()

    monkeypatch.setattr(asgi.wsgi.application, "get_response", record)
    headers = [HOST, form, (b"content-length", b"10")]
    answer(headers=headers, method="POST", path="/progress/", receive=in_pieces)
    assert read == ["12"]


def test_who_sends_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> dict[str, Any]:
        await asyncio.sleep(3600)
        raise AssertionError

    monkeypatch.setitem(bodies.BOUNDS, "/progress/", Bound(4096, 0))
    assert statuses(answer(method="POST", path="/progress/", receive=never)) == [408]


def test_who_has_gone_is_not_answered() -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    assert answer(receive=gone) == [[]]


def test_who_finds_no_free_thread_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "_free_threads", asyncio.Semaphore(0))
    monkeypatch.setattr(asgi, "PATIENCE", 0)
    (sent,) = answer()
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"5") in sent[0]["headers"]
    assert b"Too busy right now" in sent[1]["body"]


def test_what_cannot_be_an_address_is_refused() -> None:
    assert statuses(answer(query=b"q=\xff")) == [400]


def test_threads_are_given_back() -> None:
    assert statuses(answer(times=20)) == [200] * 20
