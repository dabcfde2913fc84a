"""The shipped configuration of nginx, in front of the command that is documented for a server."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.server.conftest import Running, Start
from tests.server.sockets import ask, connect, reply_on, request

pytestmark = pytest.mark.django_db(transaction=True)

FORGED = [
    "X-Forwarded-For: 203.0.113.1", "X_Forwarded_For: 203.0.113.2", "X-Forwarded_For: 203.0.113.3",
    "X-Forwarded-Host: evil.example", "X-Forwarded-Port: 666", "Forwarded: for=203.0.113.4;host=evil.example",
    "X-Real-IP: 203.0.113.5", "X_Forwarded_Proto: gopher", "X-Forwarded-Proto: gopher",
]  # fmt: skip


def test_what_a_client_says_of_itself_does_not_arrive(start_nginx: Start) -> None:
    arrived: list[tuple[str, str]] = []

    class Recorder(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            arrived.extend(self.headers.items())
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Recorder) as behind:
        Thread(target=behind.serve_forever, daemon=True).start()
        with start_nginx(behind.server_port) as nginx:
            ask(nginx.port, request("GET", "/", *FORGED))
        behind.shutdown()
    told = {
        name: value for name, value in arrived if "forwarded" in name.lower().replace("_", "-") or "ip" in name.lower()
    }
    assert told == {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
    assert "127.0.0.1" in dict(arrived)["Host"]


def test_a_large_body_is_refused_by_its_length(nginx: Running) -> None:
    reply = ask(nginx.port, request("POST", "/progress/", "Content-Length: 300000000", body=b"episode="))
    assert reply.status == 413
    assert "larger than the 4 kB that may be sent here" in reply.text


@pytest.mark.parametrize("path", ["/corrections/new/characters/x/", "/corrections/receipt/x/again/", "/admin/"])
def test_forms_with_pictures_may_be_larger(nginx: Running, path: str) -> None:
    body = b"x" * 100_000
    assert ask(nginx.port, request("POST", path, f"Content-Length: {len(body)}", body=body)).status in (302, 403, 404)
    assert ask(nginx.port, request("POST", path, "Content-Length: 34000000")).status == 413


def test_unfinished_bodies_wait_at_nginx_and_are_limited(nginx: Running) -> None:
    unfinished = request("POST", "/accounts/login/", "Content-Length: 100", body=b"login=")
    slow = [connect(nginx.port, unfinished) for _ in range(40)]
    assert ask(nginx.port, request("GET", "/accounts/login/")).status == 200
    slow += [connect(nginx.port, unfinished) for _ in range(40)]
    assert reply_on(slow[-1]).status == 429
    for each in slow:
        each.close()


def test_few_large_forms_come_from_one_address_at_once(nginx: Running) -> None:
    unfinished = request("POST", "/admin/", "Content-Length: 30000000", body=b"text=")
    slow = [connect(nginx.port, unfinished) for _ in range(5)]
    assert reply_on(slow[-1]).status == 429
    assert ask(nginx.port, request("GET", "/admin/")).status == 302
    for each in slow:
        each.close()


def test_secrets_in_addresses_do_not_stand_in_the_logs(nginx: Running) -> None:
    paths = (
        "/corrections/receipt/a-secret/",
        "/accounts/password/reset/key/a-secret-1-2/",
        "/accounts/confirm-email/a-secret/",
    )
    for path in paths:
        ask(nginx.port, request("GET", f"{path}?next={path}", f"Referer: https://127.0.0.1{path}"))
        ask(nginx.port, request("POST", path, "Content-Length: 99999999"))
    logs = nginx.log.read_text() + nginx.log.with_name("error.log").read_text()
    assert '"GET /corrections/receipt/-/" 404' in logs
    assert "a-secret" not in logs


def test_pictures_are_served_without_a_list_of_them(nginx: Running, environment: dict[str, str]) -> None:
    portraits = Path(environment["MEDIA_ROOT"]) / "portraits"
    portraits.mkdir(parents=True, exist_ok=True)
    (portraits / "mask.webp").write_bytes(b"a mask")
    reply = ask(nginx.port, request("GET", "/media/portraits/mask.webp"))
    assert (reply.status, reply.text) == (200, "a mask")
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["x-content-type-options"] == "nosniff"
    for path in ("/media/", "/media/portraits/", "/media/../archive/", "/static/", "/static/css/"):
        assert ask(nginx.port, request("GET", path)).status in (400, 403, 404), path


def test_static_files_are_kept_by_browsers_if_their_names_hold_a_hash(
    nginx: Running, environment: dict[str, str]
) -> None:
    hashed = next(Path(environment["STATIC_ROOT"]).glob("css/site.*.css")).name
    reply = ask(nginx.port, request("GET", f"/static/css/{hashed}"))
    assert (reply.status, reply.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert ask(nginx.port, request("GET", "/static/css/site.css")).headers["cache-control"] == "public, max-age=60"


def test_the_policy_for_content_arrives_as_the_site_said_it(nginx: Running, site: Running) -> None:
    direct = ask(site.port, request("GET", "/accounts/login/", "X-Forwarded-Proto: https"))
    through = ask(nginx.port, request("GET", "/accounts/login/"))
    assert through.headers["content-security-policy"] == direct.headers["content-security-policy"]
