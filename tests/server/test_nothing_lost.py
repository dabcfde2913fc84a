"""What was answered for is there, however the server ends: after it was killed, and in a backup."""

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import StringIO
from itertools import count
from pathlib import Path
from threading import Event
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse

from characters.models import Character
from corrections.models import Change, Correction
from episodes.models import Episode
from tests.corrections.forms import fields_of
from tests.corrections.letters import somebody, status_of
from tests.server.conftest import PATIENCE, free_port, wait_for
from tests.server.sockets import ask, request

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 4
HTTPS, AT_1 = "X-Forwarded-Proto: https", "Cookie: __Host-progress=1"
ACKNOWLEDGED = 12  # before the server is killed


class Writer:
    """Sends corrections, each from an address of its own, and remembers which of them were taken in."""

    def __init__(self, port: int, address: str, turn: int) -> None:
        self.port, self.address, self.turn = port, address, turn
        form = ask(port, request("GET", address, HTTPS, AT_1))
        self.fields = fields_of(HttpResponse(form.text))
        self.value = next(name for name in self.fields if name.endswith("-value"))
        self.taken: list[str] = []
        self.numbers = count()
        self.enough = Event()  # were taken in, or nobody writes any more

    def write(self) -> None:
        try:
            self._write_on()
        finally:
            self.enough.set()

    def _write_on(self) -> None:
        with suppress(OSError, IndexError, ValueError):  # it was killed: nothing was answered
            while True:
                number = next(self.numbers)
                text = f"dead, {number}"
                body = urlencode(self.fields | {self.value: [text], "reason": ["It is so."]}, doseq=True).encode()
                sender = f"X-Forwarded-For: 10.{self.turn}.{number >> 8}.{number & 255}"
                headers = (
                    HTTPS, AT_1, sender, "Sec-Fetch-Site: same-origin",
                    "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}",
                )  # fmt: skip
                reply = ask(self.port, request("POST", self.address, *headers, body=body))
                if reply.status == 303:
                    self.taken.append(text)
                    if len(self.taken) >= ACKNOWLEDGED:
                        self.enough.set()
                else:
                    assert reply.status in (429, 503), reply.text


@pytest.fixture
def ann(db: None) -> Character:
    Episode.objects.create(number=0)
    Episode.objects.create(number=1, title="First")
    return somebody()


def taken_before_it_was_killed(ann: Character, environment: dict[str, str], log: Path, turn: int) -> list[str]:
    """Run a server, write to it, and kill it and its workers in the midst of that; return what it had answered for."""
    port = free_port()
    address = f"/corrections/new/characters/{ann.public_id}/?row={status_of(ann).pk}"
    with log.open("w") as output:
        served = subprocess.Popen(  # noqa: S603
            [str(settings.BASE_DIR / "deploy/serve")], env=environment | {"PORT": str(port)},
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(port, served, log)
            writer = Writer(port, address, turn)
            with ThreadPoolExecutor(WRITERS) as pool:
                writing = [pool.submit(writer.write) for _ in range(WRITERS)]
                writer.enough.wait(PATIENCE)
                os.killpg(served.pid, signal.SIGKILL)
                for each in writing:
                    each.result(PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(served.pid, signal.SIGKILL)
            served.wait(PATIENCE)
    return writer.taken


def in_the_database() -> set[str]:
    return set(Change.objects.values_list("after", flat=True))


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.laws)])
def test_what_was_taken_in_is_there_after_the_server_was_killed(
    ann: Character, environment: dict[str, str], tmp_path: Path, rounds: int
) -> None:
    for turn in range(rounds):
        taken = taken_before_it_was_killed(ann, environment, tmp_path / "log", turn)
        assert len(taken) >= ACKNOWLEDGED
        assert set(taken) <= in_the_database()
        call_command("backup", tmp_path / f"{turn}", stdout=StringIO())
        Correction.objects.all().delete()
        [folder] = (tmp_path / f"{turn}").iterdir()
        call_command("restore", folder, replace=True, stdout=StringIO())
        connection.ensure_connection()
        assert set(taken) <= in_the_database()
        Correction.objects.all().delete()
