"""The shipped configuration of nginx, in front of the command that is documented for a server."""

import random
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from django.conf import settings
from django.test import RequestFactory

from characters.kinds import SUBJECTS
from corrections.editions import CurrentEdition
from episodes.axes import key_of
from episodes.progress import previous_progress, progress_in_cookie
from episodes.themes import hides_ahead, theme_in_cookie
from rougedb.page_cache.encodings import encoding_for
from tests.server.conftest import Running, Start, free_port, running
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
    assert "larger than 4 kB" in reply.text


def test_of_a_body_that_is_too_large_the_length_is_told_that_was_announced(start_nginx: Start) -> None:
    """However much of it has come; and nobody else's request follows on that connection, in place of the body."""
    arrived: list[dict[str, str]] = []

    class Recorder(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            arrived.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as behind:
        Thread(target=behind.serve_forever, daemon=True).start()
        with start_nginx(behind.server_port) as nginx:
            for come in (1, 1_000, 30_000):
                body = b"x" * come
                for sent in (
                    request("POST", "/accounts/login/", "Content-Length: 70000", body=body),
                    request("POST", "/accounts/login/", "Transfer-Encoding: chunked", body=b"%x\r\n" % 70_000 + body),
                ):
                    assert ask(nginx.port, sent).status == 204
        behind.shutdown()
    lengths = [(headers.get("content-length"), headers.get("transfer-encoding")) for headers in arrived]
    assert lengths == [("70000", None), (None, "chunked")] * 3
    assert {headers.get("connection") for headers in arrived} == {"close"}


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
        "/watching/stop/a-secret/",
        "/accounts/password/reset/key/a-secret-1-2/",
        "/accounts/confirm-email/a-secret/",
        "/changes/feed/at/a-secret/",
        "/changes/characters/rouge/feed/at/a-secret/",
    )
    for path in paths:
        ask(nginx.port, request("GET", f"{path}?next={path}", f"Referer: https://127.0.0.1{path}"))
        ask(nginx.port, request("POST", path, "Content-Length: 99999999"))
    logs = nginx.log.read_text() + nginx.log.with_name("error.log").read_text()
    assert '"GET /corrections/receipt/-/" 404' in logs
    assert "a-secret" not in logs


def test_what_somebody_reads_does_not_stand_in_the_log(nginx: Running) -> None:
    """Names tell whoever reads the log of later episodes, and with an address what somebody has read."""
    subjects = [f"/{kind.plural}/zzzzzzzzzzzz/" for kind in SUBJECTS]
    for before in (*subjects, "/voices/zzzzzzzzzzzz/", "/tags/", "/changes/characters/"):
        for after in ("", "who-dies-in-the-end/", "who-dies-in-the-end/then/"):
            ask(nginx.port, request("GET", f"{before}{after}"))
    ask(nginx.port, request("GET", "/graph/"))
    log = nginx.log.read_text()
    assert "who-dies" not in log
    for path in (*subjects, f"{subjects[0]}-", "/tags/", "/tags/-", "/changes/characters/-", "/graph/"):
        assert f'"GET {path}" ' in log
    assert {line.split(" ")[0] for line in log.splitlines()} == {"127.0.0.0"}


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


EVERYWHERE = ("strict-transport-security", "x-content-type-options", "content-security-policy")


def test_every_answer_has_the_headers_that_keep_browsers_safe(
    start_nginx: Start, nginx: Running, environment: dict[str, str]
) -> None:
    portraits = Path(environment["MEDIA_ROOT"]) / "portraits"
    portraits.mkdir(parents=True, exist_ok=True)
    (portraits / "face.webp").write_bytes(b"a face")
    for path, status in {
        "/accounts/login/": 200, "/healthz": 200, "/static/css/site.css": 200, "/static/no.css": 404,
        "/media/portraits/face.webp": 200, "/media/no.webp": 404,
    }.items():  # fmt: skip
        reply = ask(nginx.port, request("GET", path))
        assert reply.status == status, path
        hsts, sniffing, policy = (reply.headers[name] for name in EVERYWHERE)
        assert (hsts, sniffing) == ("max-age=31536000; includeSubDomains; preload", "nosniff"), path
        assert (policy.count("default-src 'none'"), policy.count("frame-ancestors 'none'")) == (1, 1), path
    with start_nginx(free_port()) as before_nothing:
        for asked in (request("GET", "/"), request("POST", "/progress/", "Content-Length: 9", body=b"episode=1")):
            reply = ask(before_nothing.port, asked)
            assert (reply.status, set(EVERYWHERE) <= set(reply.headers)) == (503, True)
            assert (reply.headers["retry-after"], reply.headers["cache-control"]) == ("10", "private, no-store")
            assert "it may not have been saved" in reply.text


def test_texts_say_in_which_letters_they_are_written(nginx: Running, environment: dict[str, str]) -> None:
    for path in ("/static/css/site.css", "/static/js/page.js", "/robots.txt", "/healthz"):
        assert ask(nginx.port, request("GET", path)).headers["content-type"].endswith("; charset=utf-8"), path


def test_it_speaks_no_old_tls() -> None:
    shipped = (settings.BASE_DIR / "deploy/nginx/rougedb.conf").read_text()
    assert re.findall(r"^    ssl_protocols (.*);$", shipped, re.MULTILINE) == ["TLSv1.2 TLSv1.3"]
    [ciphers] = re.findall(r"^    ssl_ciphers (.*);$", shipped, re.MULTILINE)
    assert all(re.fullmatch(r"ECDHE-(?:ECDSA|RSA)-(?:AES.*-GCM|CHACHA20)-\w+", each) for each in ciphers.split(":"))


# Kept pages

COOKIES = (
    "", "a=b", "__Host-progress=3", "__Host-progress=12", "a=b; __Host-progress=3; c=d",
    "__Host-progress=3;__Host-theme=dark", "__Host-theme=dark", "__Host-theme=light; __Host-progress=3",
    "__Host-theme=red", "__Host-theme=dark; __Host-theme=light", "my__Host-theme=dark",
    "__Host-progress=3; __Host-progress_before=1", "__Host-progress_before=1",
    "__Host-progress_before=x; __Host-theme=dark", "__Host-progress_before=2; __Host-progress=3",
    "__Host-progress=3; __Host-progress=1", '__Host-progress="3"', "__Host-progress =3", "__Host-progress= 3",
    "__Host-progress=3 ; a=b", "__Host-progress=00003", "__Host-progress=", "__Host-progress", "x__Host-progress=3",
    "__Host-progressx=3", "__Host-progress=3x", "a=__Host-progress=3", "a=b;__Host-progress=3",
    "a=b;\t__Host-progress=4", "__Host-progress=12345", "__Host-progress=-1", "progress=7",
    "__Host-progress=3, __Host-progress=4", "__Host-progress=3;__Host-progress_before=4;__Host-progress_before=2",
    "__Host-ahead=hidden", "__Host-ahead=shown", "theme=dark; ahead=hidden",
    "__Host-theme=dark; __Host-ahead=hidden; __Host-progress=3", "__Host-ahead=hidden; __Host-ahead=x",
    "go_ahead=hidden", "__Host-ahead=hidden;__Host-theme=light", "__Host-ahead=hiddenx", "a=__Host-ahead=hidden",
    "__Host-ahead=", "__Host-sessionid=x; __Host-progress=3", "__Host-progress=3; __Host-sessionid=y",
    "sessionid=x; __Host-theme=dark", "__Host-progress=3+20", "__Host-progress=3+2", "__Host-progress=3+0",
    "__Host-progress=3+", "__Host-progress=+20", "__Host-progress=3++20", "__Host-progress=3+20+1",
    "__Host-progress=3+12345", "__Host-progress=3+020", "__Host-progress=3+20; __Host-progress_before=3",
    "__Host-progress=3+20; __Host-progress_before=3+2", "__Host-progress=3+20; __Host-progress=1+30",
)  # fmt: skip


class AsItIsRead(BaseHTTPRequestHandler):
    """Answers with what the site reads of a request, and lets the proxy keep it for a minute."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = read_by_the_site(self.headers.get("Cookie", ""), self.headers.get("Accept-Encoding", "")).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        for header in ("Cache-Control: private, no-store", "Vary: Accept-Encoding, Cookie", "X-Accel-Expires: 60"):
            self.send_header(*header.split(": "))
        if self.path == "/with-a-cookie/":
            self.send_header("Set-Cookie", "a=b")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def read_by_the_site(cookie: str, encoding: str) -> str:
    """Return all that the site would choose a page by."""
    request = RequestFactory().get("/", headers={"cookie": cookie}, secure=True)
    request.edition = CurrentEdition("", 9999, last_chapter=9999)
    progress = progress_in_cookie(request)
    previous = previous_progress(request, progress)
    choices = theme_in_cookie(request), hides_ahead(request)
    chosen = key_of(progress), previous if previous is None else key_of(previous), *choices, encoding_for(encoding)
    return f"{chosen} {request.COOKIES.get('__Host-sessionid', '')}"


@pytest.fixture
def nginx_before_a_reader(start_nginx: Start) -> Iterator[Running]:
    AsItIsRead.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), AsItIsRead) as behind:
        Thread(target=behind.serve_forever, daemon=True).start()
        with start_nginx(behind.server_port) as nginx:
            yield nginx
        behind.shutdown()


def test_what_nginx_keeps_goes_to_those_for_whom_the_site_would_say_the_same(nginx_before_a_reader: Running) -> None:
    port = nginx_before_a_reader.port
    for path in ("/", "/search/?q=a", "/tags/"):
        cookies = random.Random(path).sample(COOKIES * 3, len(COOKIES) * 3)
        for cookie in cookies:
            for encoding in ("", "gzip, br", "gzip"):
                headers = [f"Cookie: {cookie}"] * bool(cookie) + [f"Accept-Encoding: {encoding}"] * bool(encoding)
                assert ask(port, request("GET", path, *headers)).text == read_by_the_site(cookie, encoding), cookie


def test_nginx_asks_once_for_what_is_plain(nginx_before_a_reader: Running) -> None:
    port, asked = nginx_before_a_reader.port, AsItIsRead.asked
    asked.clear()
    for number in range(20):
        noise = f"visit={number}; __Host-progress=3"
        assert ask(port, request("GET", "/tags/", f"Cookie: {noise}", f"User-Agent: {number}")).status == 200
        assert ask(port, request("HEAD", "/tags/", f"Cookie: {noise}")).text == ""
    assert asked == ["/tags/"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/accounts/login/", []), ("/admin/", []), ("/corrections/", []), ("/corrections/new/x/", []), ("/theme/", []),
        ("/healthz", []), ("/with-a-cookie/", []), ("/", ["Cookie: __Host-sessionid=x"]),
        ("/", ["Cookie: __Host-theme=x"]),
    ],
)  # fmt: skip
def test_nginx_keeps_nothing_of_one_visitor(nginx_before_a_reader: Running, path: str, headers: list[str]) -> None:
    AsItIsRead.asked.clear()
    for _ in range(3):
        ask(nginx_before_a_reader.port, request("GET", path, *headers))
    assert AsItIsRead.asked == [path] * 3


def test_the_site_lets_nginx_keep_its_pages_and_nothing_else(
    environment: dict[str, str], start_nginx: Start, tmp_path: Path, real_show: None
) -> None:
    port, told = free_port(), environment | {"PROXY_CACHE_SECONDS": "60"}
    command = [str(settings.BASE_DIR / "deploy/serve")]
    with running(command, port, tmp_path / "site.log", **told, PORT=str(port)), start_nginx(port) as nginx:
        for path in ("/", "/characters/", "/nothing/", "/search/?q=rouge", "/graph/"):
            for progress in (1, 9, 1, 9):
                at = [f"Cookie: __Host-progress={progress}"]
                direct = ask(port, request("GET", path, *at, "X-Forwarded-Proto: https"))
                through = ask(nginx.port, request("GET", path, *at))
                assert (through.status, through.text) == (direct.status, direct.text), path
                assert direct.headers["x-accel-expires"] == "60"
                assert "x-accel-expires" not in through.headers
                assert through.headers["cache-control"] == "private, no-store"
        for path in ("/accounts/login/", "/admin/", "/corrections/", "/healthz", "/corrections/new/episodes/1/"):
            assert "x-accel-expires" not in ask(port, request("GET", path, "X-Forwarded-Proto: https")).headers
        session = "Cookie: __Host-sessionid=x"
        assert "x-accel-expires" not in ask(port, request("GET", "/", session, "X-Forwarded-Proto: https")).headers


def test_the_policy_for_content_arrives_as_the_site_said_it(nginx: Running, site: Running) -> None:
    direct = ask(site.port, request("GET", "/accounts/login/", "X-Forwarded-Proto: https"))
    through = ask(nginx.port, request("GET", "/accounts/login/"))
    assert through.headers["content-security-policy"] == direct.headers["content-security-policy"]
