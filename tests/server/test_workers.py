"""Workers come and go under load: one that is killed is replaced, and replacing all of them costs no request."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from django.conf import settings

from tests.server.conftest import PATIENCE, free_port, wait_for, wait_until
from tests.server.sockets import ask, request

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.laws]

READERS = 4
KILLS = 3
HTTPS = "X-Forwarded-Proto: https"
# Without this the kernel resets connections that wait for a worker to take them when it ends.
MIGRATES = Path("/proc/sys/net/ipv4/tcp_migrate_req").read_text().strip() == "1"


@dataclass
class Load:
    """Readers who ask one page after the other; what fails is counted."""

    port: int
    answered: int = 0
    failed: int = 0
    ends: Event = field(default_factory=Event)

    def read(self) -> None:
        while not self.ends.is_set():
            try:
                reply = ask(self.port, request("GET", "/accounts/login/", HTTPS))
            except (OSError, IndexError):  # no answer, or a part of one
                self.failed += 1
                time.sleep(0.05)
            else:
                assert reply.status == 200
                self.answered += 1


@dataclass(frozen=True)
class Served:
    process: subprocess.Popen
    load: Load

    def workers(self) -> set[int]:
        """Return the processes that the command has started, by whichever of its threads."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return {int(pid) for children in threads for pid in children.read_text().split()}

    def has_new(self, before: set[int]) -> bool:
        return bool(self.workers() - before)

    def listening(self) -> int:
        """Return how many workers take connections: each has a socket of its own."""
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(local.endswith(f":{self.load.port:04X}") and state == "0A" for _, local, _, state, *_ in lines)


@pytest.fixture
def served(environment: dict[str, str], tmp_path: Path) -> Iterator[Served]:
    """The documented command under load."""
    port, log = free_port(), tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(  # noqa: S603
            [str(settings.BASE_DIR / "deploy/serve")], env=environment | {"PORT": str(port)},
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        load = Load(port)
        try:
            wait_for(port, process, log)
            with ThreadPoolExecutor(READERS) as pool:
                reading = [pool.submit(load.read) for _ in range(READERS)]
                try:
                    yield Served(process, load)
                finally:
                    load.ends.set()
                for each in reading:
                    each.result(PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


def more_are_answered(load: Load, more: int = 20) -> None:
    wanted = load.answered + more
    wait_until(lambda: load.answered >= wanted)


def test_a_worker_that_is_killed_is_replaced(served: Served) -> None:
    for _ in range(KILLS):
        wait_until(lambda: served.listening() == 2)
        before = served.workers()
        os.kill(min(before), signal.SIGKILL)
        wait_until(partial(served.has_new, before))
        more_are_answered(served.load)
    assert served.process.poll() is None
    assert served.load.failed <= KILLS * READERS, "more than the requests in flight"


def test_all_workers_are_replaced_without_a_lost_request(served: Served) -> None:
    wait_until(lambda: served.listening() == 2)
    before = served.workers()
    more_are_answered(served.load)
    served.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(served.workers()) == 2 and not served.workers() & before)
    more_are_answered(served.load)
    assert served.load.failed <= (0 if MIGRATES else READERS), "more than what was queued at one of them"
