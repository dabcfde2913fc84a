"""Requests that nobody means: every address of the site, with parameters, headers, cookies and forms made up."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from io import BytesIO
from traceback import format_exception
from typing import Any
from urllib.parse import quote_from_bytes, unquote, urlencode, urlsplit

from django.conf import settings as site_settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import got_request_exception
from django.http import HttpResponse
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RegexPattern
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from characters.kinds import SUBJECTS
from characters.lore import Lore
from characters.models import Alias, Tag
from tests.conventions.source import APPS, ROOT
from tests.conventions.test_pages import patterns
from tests.corrections.forms import fields_of
from tests.nets import gate_net, net_lifted
from tests.twins import COUNTS_ALL, TOKEN, Answer, links_of, site

SEED = int(os.environ.get("FUZZ_SEED", "1"))
CSRF = "a" * 32
READ = re.compile(r'(?:GET|POST|COOKIES)(?:\.get|\.getlist)?[(\[]"([\w-]+)"')
FIELD = re.compile(r'<(?:input|select|textarea)\b[^>]*?\bname="([^"]+)"(?:[^>]*?\bvalue="([^"]*)")?')
ODD = (
    "", " ", "0", "1", "-1", "01", "1.0", "1e9", "99999999999999999999", "NaN", "None", "null", "true", "on", "\x00",
    "\ud800", "\u202e", "\u200b", "\ufeff", "e\u0301", "ﬀ", "İ", "１", "ルジュ", "🦊", "'", '"', "<b>", "%", "%%",
    "%s", "%00", "{{", "{%", "[[", "]]", "[[rouge]]", "\\", "/", "//", "..", "../..", "?", "#", "&", "=", ";", ",", ":",
    "*", "(", ")", "[", "^", "$", "~", "OR 1=1 --", "a" * 300, "a " * 2000, "é" * 700, "http://x/", "//x.example/",
    "javascript:0", "\r\nX: y", "\n", "\t",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    method: str
    path: bytes
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


@cache
def parameter_names() -> list[str]:
    """Return the names of parameters, fields and cookies that the code reads anywhere."""
    sources = [path.read_text() for app in (*APPS, "rougedb") for path in (ROOT / app).rglob("*.py")]
    return sorted({name for source in sources for name in READ.findall(source)} | {"as_of", "page"})


@cache
def words_of_the_show() -> list[str]:
    """Return ids, names and addresses of the real show, of what is hidden too."""
    with net_lifted():
        ids = [key for kind in SUBJECTS for key in kind.model._base_manager.values_list("public_id", flat=True)]
        names = Alias._base_manager.values_list("name", flat=True)
        return sorted({*ids, *names, *Tag._base_manager.values_list("slug", flat=True)})


@cache
def values() -> st.SearchStrategy[str]:
    words = words_of_the_show()
    plain = st.sampled_from(ODD) | st.sampled_from(words) | st.integers(-5, 20).map(str)
    return plain | st.text(max_size=30) | st.tuples(plain, plain).map("".join)


@st.composite
def paths(draw: st.DrawFn) -> str:
    """An address of a view, walked from the table of all views, with its parts filled in."""
    route, pattern = draw(st.sampled_from(_views()))
    if isinstance(pattern.pattern, RegexPattern) or "(?P" in route:
        return "/" + draw(st.from_regex(route.replace("^", "").removesuffix("\\Z"), fullmatch=True))
    fitting = values() | st.sampled_from([*words_of_the_show(), "2", "13", "x", "5f0a3c52-6a0e-4f0e-9d5e-1c9b1f7c9d3a"])

    def part(found: re.Match[str]) -> str:
        return draw(st.integers(0, 15).map(str)) if found[0].startswith("<int") else draw(fitting)

    return "/" + re.sub(r"<[^>]+>", part, route)


@cache
def linked(progress: int) -> list[tuple[str, str]]:
    """Return the paths and queries that some pages of each kind lead to, forms among them."""
    lore_addresses = Lore(progress).addresses()
    addresses = ["/", *lore_addresses[:: len(lore_addresses) // 20], "/accounts/login/", "/accounts/signup/"]
    cookie = ("Cookie", f"progress={progress}")
    pages = [send(Sent("GET", _raw(address), "", (cookie,))).body for address in addresses]
    links = {urlsplit(link)[2:4] for page in pages for link in links_of(page)}
    return sorted((unquote(path), query) for path, query in links if not path.startswith(("/static/", "/media/")))


@cache
def forms(progress: int) -> list[tuple[str, str]]:
    """Return those of them that have a form for corrections: so few of all that chance may pass them over."""
    return [(path, query) for path, query in linked(progress) if path.startswith("/corrections/new/")]


@cache
def _views() -> list[tuple[str, URLPattern]]:
    return list(patterns(get_resolver()))


def _quoted(text: str) -> str:
    return quote_from_bytes(text.encode(errors="surrogatepass"))


@st.composite
def requests(draw: st.DrawFn, most: int, fields_at: Callable[[str], dict[str, str]] | None = None) -> Sent:
    """A request whose sender has seen `most` episodes at most; one that posts fills in what `fields_at` finds there."""
    value = values()
    addresses = st.sampled_from(linked(most)) | paths().map(lambda path: (path, ""))
    path, query = draw(addresses if fields_at is None else addresses | st.sampled_from(forms(most)))
    names = st.sampled_from(parameter_names()) | value
    pairs = draw(st.lists(st.tuples(names, value), max_size=4))
    query = "&".join([query, *(f"{_quoted(name)}={_quoted(given)}" for name, given in pairs)]).removeprefix("&")
    query += draw(st.sampled_from(["", "", "", "&&=", "&%", "%ff%fe=%c3%28", "&a=1&a=2"]))
    seen = st.sampled_from([*map(str, range(most + 1)), "", "x", "-1", "01", "1.5"])
    cookies = [("progress", draw(seen))]
    cookies += draw(st.lists(st.tuples(st.sampled_from(["theme", "ahead", "progress_before", "known_browser"]), value)))
    headers = [("Cookie", "; ".join(f"{name}={_header(given)}" for name, given in cookies))]
    headers += [(name, _header(given)) for name, given in draw(st.lists(st.tuples(st.sampled_from(HEADERS), value)))]
    if fields_at is None:
        return Sent(draw(st.sampled_from(["GET", "GET", "GET", "HEAD", "OPTIONS"])), _raw(path), query, tuple(headers))
    headers = [header for header in headers if header[0] != "Origin"]  # else each is refused for what it says
    fields = fields_at(path) | {"csrfmiddlewaretoken": CSRF}
    chosen = draw(st.lists(st.sampled_from(sorted(fields)), max_size=6)) + draw(st.lists(names, max_size=2))
    fields |= {name: draw(value | st.text(max_size=2000)) for name in chosen if name != "csrfmiddlewaretoken"}
    body = urlencode({name.encode(errors="surrogatepass"): text.encode(errors="surrogatepass")
                      for name, text in fields.items()}).encode()  # fmt: skip
    headers[0] = ("Cookie", f"{headers[0][1]}; csrftoken={CSRF}")
    kinds = ["application/x-www-form-urlencoded"] * 8 + ["multipart/form-data; boundary=x", "text/plain; charset=zz"]
    headers += [("Content-Type", draw(st.sampled_from(kinds))), ("Content-Length", str(len(body)))]
    headers += [("Sec-Fetch-Site", draw(st.sampled_from(["same-origin"] * 5 + ["cross-site", ""])))]
    return Sent(draw(st.sampled_from(["POST"] * 9 + ["PUT"])), _raw(path), query, tuple(headers), body)


HEADERS = (
    "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "HX-Request", "If-Modified-Since", "If-None-Match",
    "Origin", "Range", "Referer", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Requested-With",
)  # fmt: skip


def _raw(path: str) -> bytes:
    return path.encode(errors="surrogatepass")


def _header(text: str) -> str:
    """Return what a server lets through in a header."""
    return re.sub(r"[\x00-\x1f\x7f]", "", text).encode(errors="surrogatepass").decode("latin-1")


def as_it_is(path: str, fields: dict[str, str], progress: int) -> Sent:
    """Return what a browser sends of a form in which nobody has changed anything."""
    body = urlencode(fields | {"csrfmiddlewaretoken": CSRF}).encode()
    headers = {
        "Cookie": f"progress={progress}; csrftoken={CSRF}", "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)), "Sec-Fetch-Site": "same-origin",
    }  # fmt: skip
    return Sent("POST", _raw(path), "", tuple(headers.items()), body)


def drawn(strategy: st.SearchStrategy, count: int) -> list[Any]:
    """Return so many examples, the same for the same seed."""
    found: list[Any] = []

    @seed(SEED)
    @settings(
        max_examples=count, derandomize=False, database=None, phases=[Phase.generate], deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


def send(sent: Sent, *, number: int = 0, session: str = "") -> Answer:
    """Return the answer of the site to a request, as its server asks it; an error of the site's own is raised."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": sent.method, "PATH_INFO": sent.path.decode("latin-1"), "QUERY_STRING": sent.query,
        "SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(sent.body), "REMOTE_ADDR": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
    }  # fmt: skip
    for name, value in sent.headers:
        key = name.upper().replace("-", "_")
        environ[key if name.startswith("Content-") else f"HTTP_{key}"] = value
    if session:
        environ["HTTP_COOKIE"] += f"; {site_settings.SESSION_COOKIE_NAME}={session}"
    failed: list[str] = []

    def note_error(sender: Any, **kwargs: Any) -> None:
        failed.append("".join(format_exception(sys.exception())))

    got_request_exception.connect(note_error)
    try:
        with net_lifted() if sent.path == COUNTS_ALL.encode() else gate_net():
            response: Any = site().get_response(WSGIRequest(environ))
            body = b"".join(response) if response.streaming else response.content
    finally:
        got_request_exception.disconnect(note_error)
    assert not failed, f"{sent}\n{failed[0][-3000:]}"
    assert response.status_code < 500, f"{sent}: {response.status_code}"
    cookies = [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
    headers = sorted(_lasting([*response.headers.items(), *cookies]))
    return Answer(response.status_code, tuple(headers), TOKEN.sub(rb"\1", body))


def _lasting(headers: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Return headers without what a clock or a lot decides."""
    for name, value in headers:
        if name != "Expires" and not value.startswith("csrftoken="):
            yield name, re.sub(r"expires=[^;]+", "", value)


def fields_on(page: bytes) -> dict[str, str]:
    """Return what the forms of a page would send, the one for corrections as a browser fills it in."""
    fields = {unescape(name): unescape(value) for name, value in FIELD.findall(page.decode(errors="replace"))}
    return fields | {name: values[-1] for name, values in fields_of(HttpResponse(page)).items()}
