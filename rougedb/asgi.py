"""The site for a server: an event loop takes requests in, and a few threads answer them through WSGI.

A WSGI server lends a thread to everybody who sends a body, for as long as they take. Here a body is read to its end
first, within the time and the length that its address allows, so that whoever sends slowly holds no thread. Headers
with underscores in their names are dropped: in WSGI they would pass for those with hyphens.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from asgiref.wsgi import WsgiToAsgiInstance
from django.conf import settings

from . import wsgi  # first, as it sets Django up
from .bodies import bound_of, refusal_of
from .page_cache import edge
from .page_cache.middleware import PageResponse
from .pages import plain_page

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type Headers = list[tuple[bytes, bytes]]

PATIENCE = 10  # seconds that a request waits for a free thread
IN_MEMORY = 64 * 1024  # bytes of a body; what is longer goes to a temporary file

_threads = ThreadPoolExecutor(settings.THREADS, thread_name_prefix="answering")
_free_threads = asyncio.Semaphore(settings.THREADS)


class Gone(Exception):
    """The client has closed the connection."""


@dataclass
class Answer:
    status: int = 500
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    page: PageResponse | None = None  # that is kept

    def start(self, status: str, headers: Iterable[tuple[str, str]], exc_info: object = None) -> None:
        """Take the status and the headers (WSGI's `start_response`)."""
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    if scope["type"] != "http":
        raise ValueError(f"Only HTTP is served here, not {scope['type']}.")
    scope["headers"] = unambiguous(scope["headers"])
    question = edge.question_of(
        scope["method"], scope["path"], scope["query_string"], scope["scheme"], scope["headers"]
    )
    if again := await edge.answer_to(question):
        await _send(send, *again)
        return
    with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
        try:
            answer = await _answer(scope, receive, body)
        except Gone:
            return
    if answer.page is not None:
        edge.remember(question, answer.page, answer.status, answer.headers)
    await _send(send, answer.status, answer.headers, answer.body)


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def unambiguous(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the headers without those that WSGI would take for others, and with all cookies in one."""
    kept = [(name.lower(), value) for name, value in headers if b"_" not in name]
    cookies = b"; ".join(value for name, value in kept if name == b"cookie")
    others = [(name, value) for name, value in kept if name != b"cookie"]
    return [*others, (b"cookie", cookies)] if cookies else others


async def _answer(scope: Scope, receive: Receive, body: IO[bytes]) -> Answer:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    bound = bound_of(scope["path"])
    if refusal_of(scope["path"], headers) is None:  # else it stays unread, and the middleware says why
        try:
            async with asyncio.timeout(bound.seconds):
                await _read(receive, body)
        except TimeoutError:
            return _page("unread.html", 408)
    try:
        async with asyncio.timeout(PATIENCE):
            await _free_threads.acquire()
    except TimeoutError:
        return _page("503.html", 503)
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, _run, scope, body)
    finally:
        _free_threads.release()


async def _read(receive: Receive, body: IO[bytes]) -> None:
    """Read the body to its end; the server lets no more of it through than its length says."""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        body.write(message.get("body", b""))
        if not message.get("more_body"):
            body.seek(0)
            return


def _run(scope: Scope, body: IO[bytes]) -> Answer:
    """Run Django's WSGI application, and close its response, which gives the database connection back."""
    answer = Answer()
    request = WsgiToAsgiInstance(wsgi.application)
    request.scope = scope
    try:
        environ = request.build_environ(scope, body)
    except ValueError:  # an address or headers that cannot be meant
        return _page("unread.html", 400)
    response = wsgi.application(environ, answer.start)  # type: ignore[arg-type]  # Django needs no `write()`
    answer.page = response if isinstance(response, PageResponse) else None
    try:
        answer.body = b"".join(response)
    finally:
        response.close()
    return answer


@cache
def _page(template: str, status: int) -> Answer:
    page = plain_page(template, status, {"status": status})
    answer = Answer()
    answer.start(f"{status} ", page.items())
    answer.body = page.content
    return answer


# What is loaded by now stays. To look for garbage among it again took 0.1 s of a request's time, once in some hundred.
gc.freeze()
