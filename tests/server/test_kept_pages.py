"""The command that is documented for a server, with its two processes: nobody sees what was there before a write."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from django.conf import settings
from django.db import connection, transaction

from corrections.imports import begin_import
from episodes.gate import content_may_be_written
from episodes.models import Episode
from tests.server.conftest import Running, free_port, running
from tests.server.sockets import Reply, ask, request

pytestmark = pytest.mark.django_db(transaction=True)

HTTPS = "X-Forwarded-Proto: https"


@pytest.fixture(params=["", *(["shared"] if os.environ.get("REDIS_URL") else [])])
def site(request: pytest.FixtureRequest, environment: dict[str, str], tmp_path: Path) -> Iterator[Running]:
    told = dict(environment)
    if request.param:
        told["REDIS_URL"] = os.environ["REDIS_URL"]
    port = free_port()
    command = [str(settings.BASE_DIR / "deploy/serve")]
    with running(command, port, tmp_path / "site.log", **told, PORT=str(port)) as started:
        yield started


def episodes(site: Running, method: str = "GET") -> Reply:
    return ask(site.port, request(method, "/episodes/", HTTPS, "Cookie: __Host-progress=2"))


def publish(title: str) -> None:
    with transaction.atomic(), content_may_be_written():
        begin_import()
        Episode.objects.filter(number=1).update(title=title)


def by_hand(title: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE episodes_episode SET title = %s WHERE number = 1", [title])


def test_nobody_sees_the_former_edition_after_a_write(site: Running) -> None:
    for number in range(3):
        Episode.objects.create(number=number, title=f"Title {number}" if number else "")
    latest, is_over = 0, Event()
    publish("Version 000")

    def read() -> int:
        count = 0
        while not is_over.is_set():
            least = latest  # what had been written, and answered, before this was asked
            text = episodes(site).text
            assert int(text.partition("Version ")[2][:3]) >= least
            count += 1
        return count

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(6)]
        try:
            for number in range(1, 31):
                (publish if number % 2 else by_hand)(f"Version {number:03}")
                latest = number
                assert f"Version {number:03}" in episodes(site).text
        finally:
            is_over.set()
        assert all(reader.result() > 5 for reader in readers)


def test_a_head_is_answered_like_a_get(site: Running) -> None:
    Episode.objects.create(number=0)
    for _ in range(6):
        got, head = episodes(site), episodes(site, "HEAD")
        assert (head.status, head.text) == (got.status, "")
        assert head.headers["content-length"] == got.headers["content-length"]
