"""A page that arrives in pieces is drawn in pieces, and nothing that is drawn moves."""

import http.client
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from playwright.sync_api import expect

from characters.models import Character
from tests.browser.conftest import Open
from tests.browser.findings import DESK, SHIFTS, be, restless, settle

PAUSE = 0.3  # seconds between the two pieces of a page: time to draw the first


class InTwoPieces(BaseHTTPRequestHandler):
    """Pass a request on, and a page back with a pause after its heading."""

    site: ClassVar[str]

    def do_GET(self) -> None:
        connection = http.client.HTTPConnection(self.site)
        connection.request("GET", self.path, headers={"Cookie": self.headers["Cookie"] or ""})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        self.send_response(answer.status)
        for name in ("Content-Type", "Location"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.end_headers()
        first, heading, rest = body.partition(b"</h1>")
        self.wfile.write(first + heading)
        if heading:
            time.sleep(PAUSE)
        self.wfile.write(rest)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def slow_site(live_server: Any) -> Iterator[str]:
    InTwoPieces.site = live_server.url.removeprefix("http://")
    server = ThreadingHTTPServer(("127.0.0.1", 0), InTwoPieces)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_head_of_a_page_stays_where_it_is(whole_show: None, slow_site: str, browser_at: Open) -> None:
    rouge = Character.objects.get(key="rouge_redstar")
    context = browser_at(viewport=DESK, reduced_motion="reduce")
    be(context, slow_site, episode=5)
    page = context.new_page()
    page.add_init_script(SHIFTS)
    for address in (f"{slow_site}/c/{rouge.public_id}/", f"{slow_site}/episodes/5/"):
        page.goto(address)
        settle(page)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert restless(page) == set(), address
