"""A page that arrives piece by piece, as over a slow network or from a busy server, moves nothing it has shown."""

import re
from collections.abc import Iterator
from time import sleep
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse

from characters.models import Character
from tests.browser.conftest import Open
from tests.browser.findings import DESK, PHONE, SHIFTS, be, restless, settle
from tests.people import person

BEFORE_A_PART = re.compile(rb"(?=<(?:aside|details|footer|form|main|nav|search|section|table)\b)")
MOST_PIECES = 20  # the first parts are those on the screen
PAUSE = 0.08  # seconds; long enough for a browser to draw what it has, and a browser that does not draw finds no shift


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send each page of HTML in pieces, cut before its parts, with a pause after each piece."""
    send_at_once = HttpResponse.__iter__

    def send_in_pieces(response: HttpResponse) -> Iterator[bytes]:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            yield from send_at_once(response)
            return
        for piece in BEFORE_A_PART.split(response.content, maxsplit=MOST_PIECES):
            yield piece
            sleep(PAUSE)

    monkeypatch.setattr(HttpResponse, "__iter__", send_in_pieces)


@pytest.fixture
def shifts_on(whole_show: None, live_server: Any, browser_at: Open, in_pieces: None) -> Any:
    """Open pages one after the other at episode 5, and return what moved on them."""

    def open_pages(*addresses: str, screen: Any, user: User | None = None) -> list[str]:
        context = browser_at(viewport=screen, reduced_motion="reduce")
        be(context, live_server.url, episode=5, user=user)
        page = context.new_page()
        page.add_init_script(SHIFTS)
        findings = []
        for address in addresses:
            page.goto(address)
            settle(page)
            findings += [f"{address}: {finding}" for finding in sorted(restless(page))]
        return findings

    return open_pages


def test_the_filters_have_their_place_above_a_list_before_they_arrive(shifts_on: Any) -> None:
    assert shifts_on("/characters/", "/factions/", "/characters/?status=alive", screen=PHONE) == []


def test_the_filters_of_the_admin_are_shown_where_they_stay(shifts_on: Any) -> None:
    addresses = ["/admin/characters/character/", "/admin/corrections/correction/"]
    assert shifts_on(*addresses, screen=PHONE, user=person(role="moderator", at=5)) == []


@pytest.mark.laws
@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["on a phone", "at a desk"])
def test_no_page_moves_when_its_next_piece_arrives(shifts_on: Any, screen: Any) -> None:
    rouge = Character.objects.get(key="rouge_redstar")
    addresses = [
        "/", "/characters/", "/factions/", f"/c/{rouge.public_id}/", "/episodes/5/", "/graph/", "/recap/?since=2",
        "/search/?q=rouge", "/tags/", "/changes/", f"/characters/{rouge.public_id}/-/then/",
    ]  # fmt: skip
    assert shifts_on(*addresses, screen=screen) == []
