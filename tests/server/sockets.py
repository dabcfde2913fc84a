"""Requests as bytes, for what no client library would send."""

import asyncio
import re
import socket
from collections import Counter
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 60  # seconds; an answer that is not there by then will not come


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""

    @classmethod
    def of(cls, data: bytes) -> "Reply":
        head, _, body = data.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for name, _, value in (line.partition(":") for line in rest):
            before = f"{headers[name.lower()]}, " if name.lower() in headers else ""  # said twice
            headers[name.lower()] = before + value.strip()
        return cls(int(first.split(" ")[1]), headers, body.decode(errors="replace"))


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def connect(port: int, sent: bytes) -> socket.socket:
    """Return a connection on which this much was sent."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.sendall(sent)
    return connection


def reply_on(connection: socket.socket) -> Reply:
    """Return the answer, as soon as it is there: the server may go on waiting for the rest of the request."""
    data = b""
    try:
        while not _is_whole(data) and (piece := connection.recv(2**16)):
            data += piece
    except ConnectionResetError:  # the server closes while the rest of the body is under way
        pass
    return Reply.of(data)


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return bool(end and length and len(body) >= int(length[1]))


def ask(port: int, sent: bytes) -> Reply:
    with connect(port, sent) as connection:
        return reply_on(connection)


def ask_at_once(port: int, sent: bytes, times: int) -> Counter[tuple[int, bool]]:
    """Return how often each status came, and whether it said when to try again."""

    async def one() -> Reply:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        data = await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        return Reply.of(data)

    async def all_of_them() -> list[Reply]:
        return await asyncio.gather(*(one() for _ in range(times)))

    return Counter((reply.status, "retry-after" in reply.headers) for reply in in_a_loop(all_of_them()))


def in_a_loop[Result](task: Coroutine[Any, Any, Result]) -> Result:
    """Run a task to its end in a thread of its own; in this one the tests in a browser may keep a loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, task).result()
