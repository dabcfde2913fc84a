"""What the site tells those who run it: logs, errors, numbers; and nothing of the show or of people in it."""

import gzip
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import brotli
import pytest
from django.conf import settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from sentry_sdk.envelope import Envelope

from corrections.models import Correction, State
from episodes.models import Series
from rougedb.logs import Json, RouteForPath
from tests.people import person

SECRET_PATH = "/characters/zzzzzzzz/who-the-killer-is/"
QUERY = {"q": "who the killer is"}


@pytest.fixture
def client(db: None) -> Client:
    Series.objects.create(id=1, title="Metallic Rouge")
    return Client(raise_request_exception=False)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What goes to the console in JSON, whatever the level."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Json())
    handler.addFilter(RouteForPath())
    loggers = [logging.getLogger(name) for name in ("django", "rougedb")]
    for each in loggers:
        each.addHandler(handler)
    yield written
    for each in loggers:
        each.removeHandler(handler)


def lines(log: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("Eden is the killer")

    monkeypatch.setattr("characters.middleware.Lore", fail)


def test_a_line_names_the_request_and_the_route_alone(client: Client, log: io.StringIO, breaking: None) -> None:
    page = client.get(SECRET_PATH, QUERY).content.decode()
    (line,) = [each for each in lines(log) if each["logger"] == "django.request"]
    assert line["message"].startswith("Internal Server Error: /characters/<public_id:public_id>/<str:slug>/\n")
    assert "killer-is" not in json.dumps(line)
    assert len(line["request"]) == 32
    assert f"<code>{line['request']}</code>" in page


def test_a_missing_page_is_no_line_with_its_address(client: Client, log: io.StringIO) -> None:
    assert client.get("/nowhere/who-the-killer-is/").status_code == 404
    assert "killer" not in log.getvalue()
    (line,) = [each for each in lines(log) if each["message"] == "Not Found: (no such address)"]
    assert len(line["request"]) == 32


def test_each_request_has_an_id_of_its_own(client: Client, log: io.StringIO, settings: Any) -> None:
    settings.LOG_REQUESTS = True
    for _ in range(2):
        client.get("/search/", QUERY)
    one, other = (each for each in lines(log) if each["logger"] == "rougedb.logs")
    assert one["request"] != other["request"]
    assert one["message"].startswith("GET /search/ 200 ")
    assert "killer" not in log.getvalue()


@pytest.mark.parametrize(
    ("behind", "told", "taken"),
    [(True, "c0ffee" * 4, True), (False, "c0ffee" * 4, False), (True, "c0ffee forged", False), (True, "Rouge", False)],
)
def test_the_id_is_that_of_the_proxy(
    client: Client, log: io.StringIO, settings: Any, behind: bool, told: str, taken: bool
) -> None:
    settings.LOG_REQUESTS, settings.BEHIND_PROXY = True, behind
    client.get("/", headers={"X-Request-ID": told})
    (line,) = (each for each in lines(log) if each["logger"] == "rougedb.logs")
    assert (line["request"] == told) == taken


def numbers_of(client: Client, token: str) -> dict[tuple[str, str], float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer["Cache-Control"] == "private, no-store"
    families = text_string_to_metric_families(answer.content.decode())
    return {(each.name, each.labels.get("state", "")): each.value for family in families for each in family.samples}


def test_numbers_are_for_whoever_has_the_token(client: Client, settings: Any) -> None:
    missing = client.get("/nowhere/").content
    for expected, sent in (("", ""), ("", "x"), ("right", ""), ("right", "wrong"), ("right", "ri")):
        settings.METRICS_TOKEN = expected
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {sent}"})
        assert (answer.status_code, answer.content) == (404, missing)


def test_the_numbers(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "right"
    person("ann")
    person("bob", is_active=False)
    for state in (State.OPEN, State.OPEN, State.REJECTED):
        Correction.objects.create(state=state)
    numbers = numbers_of(client, "right")
    assert numbers["rougedb_accounts", ""] == 1
    assert [numbers["rougedb_corrections", state] for state in ("open", "rejected", "accepted")] == [2, 1, 0]
    assert numbers["rougedb_oldest_correction_seconds", ""] > 0


def test_whom_to_tell_of_a_weakness(client: Client, settings: Any) -> None:
    settings.CONTACT_EMAIL = ""
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.CONTACT_EMAIL = "help@example.org"
    answer = client.get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert set(fields) == {"Contact", "Expires", "Preferred-Languages", "Canonical"}
    assert fields["Contact"] == "mailto:help@example.org"


def test_a_server_is_asked_by_its_own_address(client: Client, settings: Any) -> None:
    """A balancer or a monitor knows one of several servers by that, and asks without https."""
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["rougedb.example"], True
    settings.SECURE_REDIRECT_EXEMPT = ["^(?:healthz|readyz|metrics)$"]
    settings.METRICS_TOKEN = "right"
    client.defaults["SERVER_NAME"] = "192.0.2.1"
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path, headers={"Authorization": "Bearer right"}).status_code == 200, path
    for path in ("/robots.txt", "/", "/metrics"):
        assert client.get(path, secure=True).status_code == 400, path


def test_no_other_site_loads_what_is_here(client: Client) -> None:
    for path in ("/", "/nowhere/", "/admin/", "/static/css/site.css", "/robots.txt"):
        answer = client.get(path)
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin", path
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", path


class Collector(BaseHTTPRequestHandler):
    """Takes reports as Sentry does."""

    events: list[dict[str, Any]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpacked = {"gzip": gzip.decompress, "br": brotli.decompress}[self.headers["Content-Encoding"]](body)
        event = Envelope.deserialize(unpacked).get_event()
        assert event is not None
        self.events.append(dict(event))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[str]:
    Collector.events = []
    server = HTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://key@127.0.0.1:{server.server_port}/1"
    server.shutdown()
    server.server_close()


POST_TO_A_SITE_WITHOUT_TABLES = """
from rougedb.wsgi import application
from django.test import RequestFactory
told = {"host": "example.org", "user-agent": "a browser of Ann", "cookie": "progress=7"}
address = "/corrections/new/characters/zzzzzzzz/?q=killer"
request = RequestFactory().post(address, {"text": "who the killer is"}, secure=True, headers=told)
application(request.environ, lambda status, headers: print(status))
"""


def test_a_report_says_where_it_broke_and_nothing_else(collector: str, tmp_path: Path) -> None:
    (tmp_path / "no-tables.sqlite3").touch()
    environment = {
        "PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "rougedb.settings", "SECRET_KEY": "k" * 50,
        "ALLOWED_HOSTS": "example.org", "SITE_URL": "https://example.org", "LOG_FORMAT": "json",
        "DATABASE_URL": f"sqlite:///{tmp_path}/no-tables.sqlite3", "SENTRY_DSN": collector,
    }  # fmt: skip
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", POST_TO_A_SITE_WITHOUT_TABLES],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "503 Service Unavailable\n", done.stderr
    (report,) = Collector.events
    assert report["exception"]["values"][-1]["type"] == "OperationalError"
    said = json.dumps(report, default=str)
    for private in ("killer", "Ann", "progress=", "zzzzzzzz", "no such table", "example.org", "127.0.0.1"):
        assert private not in said, private
    line = json.loads(done.stderr.splitlines()[-1])
    assert report["tags"] == {"request": line["request"]}
