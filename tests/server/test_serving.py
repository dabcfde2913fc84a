"""The command that is documented for a server, attacked on this machine: bursts, large and slow bodies, headers."""

import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.server.conftest import PATIENCE, SERVED, Running, free_port
from tests.server.sockets import ask, ask_at_once, connect, reply_on, request

pytestmark = pytest.mark.django_db(transaction=True)

HTTPS = "X-Forwarded-Proto: https"
AT_3 = "Cookie: __Host-progress=3"
SUGGESTIONS = request("GET", "/search/suggest/?q=a", HTTPS, AT_3)


def test_a_burst_is_answered_or_told_to_try_again(site: Running, real_show: None) -> None:
    counted = ask_at_once(site.port, SUGGESTIONS, 500)
    assert set(counted) <= {(200, False), (503, True)}
    assert counted[200, False] >= 100
    if connection.vendor == "postgresql":
        assert 0 < connections_of_the_site("count(*)") <= 2 * (2 + 1)  # workers; threads of each, and kept pages
        connections_of_the_site("count(pg_terminate_backend(pid))")  # as if it had been started again
    assert [ask(site.port, SUGGESTIONS).status for _ in range(8)] == [200] * 8


def connections_of_the_site(aggregate: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {aggregate} FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s",
            [SERVED],
        )
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("path", "most"),
    [("/progress/", "4 kB"), ("/theme/", "4 kB"), ("/accounts/login/", "64 kB"), ("/admin/", "32 MB"), ("/", "64 kB")],
)
def test_what_is_too_large_is_not_read(site: Running, path: str, most: str) -> None:
    reply = ask(site.port, request("POST", path, HTTPS, "Content-Length: 300000000", body=b"episode="))
    assert reply.status == 413
    assert f"larger than {most}, the most that can be sent" in reply.text
    assert reply.headers["cache-control"] == "private, no-store"


def test_a_body_must_say_its_length(site: Running) -> None:
    chunked = request("POST", "/accounts/login/", HTTPS, "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n")
    assert ask(site.port, chunked).status == 411


def test_unfinished_bodies_hold_up_nobody(site: Running) -> None:
    unfinished = request("POST", "/progress/", HTTPS, "Content-Length: 100", body=b"episode=")
    slow = [connect(site.port, unfinished) for _ in range(300)]
    assert ask(site.port, request("GET", "/accounts/login/", HTTPS)).status == 200
    slow[0].sendall(b"1" * 92)  # whoever comes to an end is answered
    assert reply_on(slow[0]).status == 403
    for each in slow:
        each.close()


def test_an_underscore_is_no_hyphen(site: Running) -> None:
    assert ask(site.port, request("GET", "/robots.txt", "X_Forwarded_Proto: https")).status == 301
    assert ask(site.port, request("GET", "/robots.txt", HTTPS, "X_Forwarded_Proto: http")).status == 200


def test_secrets_in_addresses_do_not_stand_in_the_log(site: Running) -> None:
    for path in ("/corrections/receipt/", "/accounts/password/reset/key/", "/accounts/confirm-email/"):
        ask(site.port, request("GET", f"{path}a-secret-1-2/", HTTPS))
        ask(site.port, request("POST", f"{path}a-secret-1-2/", HTTPS, "Content-Length: 99999999"))
    text = site.log.read_text()
    assert "Content Too Large: /corrections/receipt/<str:receipt>/" in text
    assert "a-secret" not in text


def test_it_ends_when_it_is_told_to_while_it_starts(environment: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as output:
        command, told = [str(settings.BASE_DIR / "deploy/serve")], {**environment, "PORT": str(free_port())}
        started = subprocess.Popen(command, env=told, stdout=output, stderr=output, start_new_session=True)  # noqa: S603
        try:
            while "Spawning worker-2" not in log.read_text() and started.poll() is None:
                time.sleep(0.01)
            started.terminate()
            assert started.wait(PATIENCE) == 0
        finally:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)


def test_the_documented_command_is_the_one_tested_here() -> None:
    command = "deploy/serve"
    for file in ("docs/operations.md", "deploy/rougedb.service"):
        text = (settings.BASE_DIR / file).read_text()
        assert command in text
        assert not re.search("granian --", text)
