"""While all threads of a server are busy, what is kept comes all the same."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest
from django.conf import settings
from django.db import connection, transaction

from episodes.models import Episode
from tests.server.conftest import free_port, running
from tests.server.sockets import ask, request

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 3
HTTPS = "X-Forwarded-Proto: https"


def test_what_is_kept_comes_while_all_threads_wait_for_the_database(
    environment: dict[str, str], tmp_path: Path
) -> None:
    Episode.objects.create(number=0)
    port = free_port()
    told = environment | {"THREADS": str(THREADS), "DATABASE_CONNECTIONS": str(THREADS), "WORKERS": "1"}
    with (
        running([str(settings.BASE_DIR / "deploy/serve")], port, tmp_path / "log", **told, PORT=str(port)),
        ThreadPoolExecutor(THREADS) as pool,
    ):
        assert ask(port, request("GET", "/episodes/", HTTPS)).status == 200
        with transaction.atomic():
            _lock_names()
            waiting = [
                pool.submit(ask, port, request("GET", f"/search/?q={number}", HTTPS)) for number in range(THREADS)
            ]
            sleep(1)  # until all of them wait
            assert ask(port, request("GET", "/episodes/", HTTPS)).status == 200
        assert {each.result().status for each in waiting} == {200}


def _lock_names() -> None:
    """Let everybody wait who searches; on SQLite nobody waits to read."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE characters_alias IN ACCESS EXCLUSIVE MODE")
