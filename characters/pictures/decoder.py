"""Have pictures decoded and encoded in a process of its own, which has hard limits; one at a time on a machine.

A picture that somebody sent can make a decoder take any time and memory, whatever its headers say. So no decoder runs
in a process that serves the site, and when one goes over a limit, that one picture is all that is lost.
"""

import fcntl
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from corrections.archive import archive

from .looking import Refused, Unreadable
from .worker import LENGTH, UNREADABLE

MOST_CPU = 10  # seconds; the dearest picture that `looking` lets through takes about 2

MOST_MEMORY = 288 * 1024 * 1024  # bytes of addresses

MOST_TIME = 30  # seconds by the clock, on a machine that has other things to do

PATIENCE = 15  # seconds that somebody waits for their turn

MOST_WAITING = 4  # threads of this process; each holds a picture in memory

BETWEEN_TRIES = 0.05  # seconds

logger = logging.getLogger(__name__)

_places = threading.BoundedSemaphore(MOST_WAITING)

_is_trusted: ContextVar[bool] = ContextVar("pictures are trusted", default=False)


class TooMuch(Refused):
    """Working on a picture took more time or memory than there is for one."""

    def __init__(self) -> None:
        super().__init__("This picture takes too much time or memory to process. Please send a smaller one.")


class Busy(Refused):
    """Other pictures are being worked on, and it is not this one's turn yet."""

    def __init__(self) -> None:
        super().__init__("We are busy with other pictures. Please choose it again and send it in a minute.")


@contextmanager
def trusting() -> Iterator[None]:
    """Let the block encode in this process: the operator's own pictures, for which a process each would take longer."""
    token = _is_trusted.set(True)
    try:
        yield
    finally:
        _is_trusted.reset(token)


def normalised(content: bytes) -> bytes:
    """Return a picture as `encoding.normalised` does; raise Refused if it is unreadable, too dear, or has to wait."""
    if _is_trusted.get():
        from . import encoding  # here, as no process that serves the site needs Pillow, which is 4 MB

        return encoding.normalised(content)
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        with _turn(PATIENCE):
            [encoded] = _run("normalised", content)
    finally:
        _places.release()
    return encoded


def copies(content: bytes) -> list[bytes]:
    """Return the copies of a normalised picture; it waits its turn for as long as several others may take."""
    if _is_trusted.get():
        from . import encoding

        return encoding.copies(content)
    with _turn(4 * MOST_TIME):
        return _run("copies", content)


@contextmanager
def _turn(patience: float) -> Iterator[None]:
    """Hold the lock that all processes of the site share, which is on the directory of the archive.

    Where the archive is a bucket, they share it on each machine.
    """
    storage = archive()
    directory = Path(storage.path("") if isinstance(storage, FileSystemStorage) else settings.ARCHIVE_ROOT)
    directory.mkdir(parents=True, exist_ok=True)
    lock = os.open(directory, os.O_RDONLY)
    try:
        _wait_for(lock, until=time.monotonic() + patience)
        yield
    finally:
        os.close(lock)


def _wait_for(lock: int, *, until: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise Busy from error
            time.sleep(BETWEEN_TRIES)
        else:
            return


def _run(task: str, content: bytes) -> list[bytes]:
    """Run a task of `worker` and return what it made; its environment is empty but for what it needs."""
    command = [sys.executable, "-m", "characters.pictures.worker", task, str(MOST_CPU), str(MOST_MEMORY)]
    inherited = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - nothing in the command comes from anybody else
            command, input=content, capture_output=True, timeout=MOST_TIME, check=False, cwd=settings.BASE_DIR,
            env=inherited | {"MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        logger.warning("A picture of %d bytes was given up: %s took %d seconds.", len(content), task, MOST_TIME)
        raise TooMuch from error
    if done.returncode == UNREADABLE:
        raise Unreadable
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        logger.warning(
            "A picture of %d bytes was given up: %s ended with %d. %s", len(content), task, done.returncode, reason
        )
        raise TooMuch
    return list(_parts(done.stdout))


def _parts(output: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(output):
        start = at + LENGTH
        at = start + int.from_bytes(output[at:start])
        yield output[start:at]
