"""Two servers behind nginx, a primary with a replica, Redis: whichever of these stops, the site goes on without it."""

import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings

from characters.models import Character
from corrections.sending import MOST_AN_HOUR
from tests.corrections.forms import fields_of
from tests.corrections.letters import status_of
from tests.people import person
from tests.server.conftest import Start, database_url, free_port, running, wait_until
from tests.server.machines import folder_for_postgresql, primary_and_standby, program, redis
from tests.server.sockets import Reply, ask, request
from tests.shows import character, load_show, trait

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.laws, pytest.mark.postgresql]

HTTPS, AT_1 = "X-Forwarded-Proto: https", "__Host-progress=1"
LAG = 3  # seconds that a replica may be behind
NAME = "site"
TYPED = "She was told so by somebody who was there."
PAGES = (
    "/", "/characters/", "/characters/?q=ann", "/factions/", "/episodes/", "/episodes/1/", "/graph/", "/recap/",
    "/search/?q=ann", "/search/suggest/?q=an", "/tags/", "/terms/", "/changes/", "/sitemap.xml", "/nothing/",
)  # fmt: skip


class Visitor:
    """Asks a port for pages, as nginx or a server behind it is asked."""

    def __init__(self, port: int, session: str = "") -> None:
        self.port = port
        self.cookies = "; ".join(filter(None, (AT_1, session)))

    def get(self, path: str) -> Reply:
        return ask(self.port, request("GET", path, HTTPS, f"Cookie: {self.cookies}"))

    def post(self, path: str, fields: dict[str, list[str]], *headers: str) -> Reply:
        body = urlencode(fields, doseq=True).encode()
        told = ("Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded")
        length = f"Content-Length: {len(body)}"
        cookie = f"Cookie: {self.cookies}"
        return ask(self.port, request("POST", path, HTTPS, cookie, *told, *headers, length, body=body))

    def sees(self, title: str, *, at: str = "/episodes/") -> Callable[[], bool]:
        return lambda: title in self.get(at).text


def dumped_site(directory: Path, secret_key: str) -> tuple[bytes, str, str]:
    """Return a dump of a site with a small show, the address of a form for corrections, and a session's cookie."""
    ann = character("ann", "Ann", traits=[trait("status", "alive", since=1)])
    load_show(directory, characters=[ann, character("bea")], factions=[character("crew", "The Crew")])
    client = Client()
    with override_settings(SECRET_KEY=secret_key):
        client.force_login(person("ann", at=1))
    session = f"__Host-sessionid={client.cookies['sessionid'].value}"
    told = Character.objects.get(key="ann")
    form = f"/corrections/new/characters/{told.public_id}/?row={status_of(told).pk}"
    command = [program("pg_dump"), "--format=custom", "--no-owner", f"--dbname={database_url()}"]
    dump = subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603
    connection.close()
    return dump, form, session


def test_the_site_goes_on_without_any_of_its_parts(
    environment: dict[str, str], start_nginx: Start, tmp_path: Path
) -> None:
    dump, form, session = dumped_site(tmp_path / "show", environment["SECRET_KEY"])
    with ExitStack() as machines:
        folder = machines.enter_context(folder_for_postgresql())
        primary, standby = machines.enter_context(primary_and_standby(folder, NAME, dump))
        cache = machines.enter_context(redis(tmp_path))
        told = environment | {
            "DATABASE_URL": primary.url(NAME), "REPLICA_URLS": standby.url(NAME), "REPLICA_LAG": str(LAG),
            "REDIS_URL": f"redis://127.0.0.1:{cache.port}/0", "WORKERS": "1",
        }  # fmt: skip
        serve = [str(settings.BASE_DIR / "deploy/serve")]
        ports = (free_port(), free_port())
        for port in ports:
            log = tmp_path / f"{port}.log"
            machines.enter_context(running(serve, port, log, **told, PORT=str(port)))
        nginx = machines.enter_context(start_nginx(*ports))
        one, other = (Visitor(port) for port in ports)
        outside, ann = Visitor(nginx.port), Visitor(nginx.port, session)
        numbers = count()

        def everybody_sees(title: str) -> None:
            for visitor in (one, other, outside, ann):
                wait_until(visitor.sees(title), f"{title} is shown")

        def publish(title: str) -> None:
            primary.run(f"UPDATE episodes_episode SET title = '{title}' WHERE number = 1", NAME)

        def is_read_from_standby() -> bool:
            """Whether both servers asked the standby for what a page shows that was never made before."""
            words = [f"word{next(numbers)}" for _ in (one, other)]
            for visitor, word in zip((one, other), words, strict=True):
                visitor.get(f"/search/?q={word}")
            return all(word in standby.log.read_text() for word in words)

        def filled_in() -> dict[str, list[str]]:
            fields = fields_of(HttpResponse(outside.get(form).text))
            value = next(name for name in fields if name.endswith("-value"))
            return fields | {value: [f"dead, {next(numbers)}"], "reason": [TYPED]}

        wait_until(is_read_from_standby, "pages are made of what the replica has")
        for path in PAGES:
            answers = [visitor.get(path) for visitor in (one, other)]
            assert answers[0].text == answers[1].text
            assert answers[0].status == answers[1].status == (404 if path == "/nothing/" else 200), path
            assert same_headers(answers[0]) == same_headers(answers[1])

        # A replica that lags: whoever is signed in sees at once what is published, and nobody fills the cache wrongly.
        standby.run("SELECT pg_wal_replay_pause()")
        publish("Second")
        assert ann.sees("Second")()
        assert not ann.sees("Title of 1")()
        everybody_sees("Second")  # though the replica does not have it yet
        standby.run("SELECT pg_wal_replay_resume()")
        wait_until(is_read_from_standby, "the replica is asked again")
        everybody_sees("Second")

        standby.stop()
        for visitor in (one, other, outside, ann):
            assert visitor.get(f"/search/?q=more{next(numbers)}").status == 200
        publish("Third")
        everybody_sees("Third")
        standby.start()
        wait_until(is_read_from_standby, "the replica is asked again")

        written = filled_in()
        assert outside.post(form, written).status == 303
        primary.stop()
        for visitor in (one, other, outside):
            for path in (*PAGES, f"/search/?q=ann+{next(numbers)}"):
                assert visitor.get(path).status == (404 if path == "/nothing/" else 200), path
            assert visitor.sees("Third")()
        ready = ask(ports[0], request("GET", "/readyz", HTTPS))
        assert (ready.status, "from a replica" in ready.text) == (200, True)
        refused = outside.post(form, written)
        assert (refused.status, "retry-after" in refused.headers, TYPED in refused.text) == (503, True, True)
        assert ann.get("/accounts/").status == 503
        primary.start()
        wait_until(lambda: outside.get(form).status == 200, "the primary is asked again")
        assert outside.post(form, filled_in()).status == 303

        cache.stop()
        publish("Fourth")
        everybody_sees("Fourth")
        taken = 2
        while (reply := outside.post(form, filled_in())).status == 303:
            taken += 1
        assert taken == MOST_AN_HOUR, "the limit is one for both servers"
        assert f"{MOST_AN_HOUR}" in reply.text
        cache.start()

        publish("Fifth")
        everybody_sees("Fifth")
        for path in PAGES:
            assert one.get(path).text == other.get(path).text
        wait_until(is_read_from_standby, "the replica is asked")
        kept = f"redis-cli -p {cache.port} dbsize".split()
        wait_until(
            lambda: bool(one.get(f"/search/?q=kept{next(numbers)}")) and size_of(kept) > 0, "Redis is used again"
        )


def size_of(command: list[str]) -> int:
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603


def same_headers(reply: Reply) -> dict[str, str]:
    """Return the headers of an answer without those of the server and the clock."""
    return {name: value for name, value in reply.headers.items() if name not in ("date", "server")}
