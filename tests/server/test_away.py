"""While the database is away, the server goes on with the pages it has kept, and all is well once it is back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse

from corrections.models import Correction
from episodes.models import Episode
from tests.corrections.forms import fields_of
from tests.corrections.letters import somebody, status_of
from tests.databases import postgresql_server
from tests.server.conftest import free_port, running, wait_until
from tests.server.sockets import Reply, ask, request

pytestmark = pytest.mark.django_db(transaction=True)

HTTPS, AT_1 = "X-Forwarded-Proto: https", "Cookie: __Host-progress=1"
TYPED = "She was told so by somebody who was there."


@contextmanager
def database_away() -> Iterator[None]:
    """Put the file elsewhere, or let PostgreSQL end all connections to the database and take no others."""
    name = connection.settings_dict["NAME"]
    connection.close()
    if connection.vendor == "sqlite":
        path = Path(name)
        elsewhere = path.rename(path.with_name("elsewhere"))
        try:
            yield
            assert not path.exists(), "a database was made in its place"
        finally:
            elsewhere.rename(path)
        return
    with postgresql_server() as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def test_kept_pages_come_while_the_database_is_away(environment: dict[str, str], tmp_path: Path) -> None:
    for number in range(2):
        Episode.objects.create(number=number, title="First" if number else "")
    ann = somebody()
    address = f"/corrections/new/characters/{ann.public_id}/?row={status_of(ann).pk}"
    port = free_port()
    told = environment | {"WORKERS": "1", "DJANGO_SETTINGS_MODULE": "tests.server.short_connections"}

    def get(path: str) -> Reply:
        return ask(port, request("GET", path, HTTPS, AT_1))

    def send() -> Reply:
        body = urlencode(form | {"reason": [TYPED]}, doseq=True).encode()
        headers = (HTTPS, AT_1, "Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded")
        return ask(port, request("POST", address, *headers, f"Content-Length: {len(body)}", body=body))

    with running([str(settings.BASE_DIR / "deploy/serve")], port, tmp_path / "log", **told, PORT=str(port)):
        form = fields_of(HttpResponse(get(address).text))
        form[next(name for name in form if name.endswith("-value"))] = ["dead"]
        kept = get("/episodes/")
        assert "First" in kept.text
        with database_away():
            for _ in range(50):
                again = get("/episodes/")
                assert (again.status, again.text) == (200, kept.text)
            made, refused = get("/characters/"), send()
            assert (made.status, refused.status) == (503, 503)
            assert "retry-after" in refused.headers
            assert TYPED in refused.text
            assert get("/readyz").status == 503
        wait_until(lambda: get("/characters/").status == 200, "pages are made again")
        assert send().status == 303
        assert Correction.objects.get().reason == TYPED
