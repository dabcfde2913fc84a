"""No word, however long, makes a page wider than a phone; and what is folded on a screen is printed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from characters.models import Alias, Character, Trait
from tests.browser.conftest import Open
from tests.browser.findings import be, looks
from tests.corrections.desk import QUEUE, page_of
from tests.corrections.desk import address as address_of
from tests.corrections.letters import new, sent
from tests.people import person
from tests.shows import character, episode, load_show, revelation, trait

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "Rhabarberbarbarabarbarbarenbartbarbierbierbarbarabierfassbar"  # 60 letters
NAMES = ("Mnemosyneticam", "Papadimitrakopoulou", "Donaudampfschifffahrtskapitän", LONG)


@pytest.fixture
def show(live_server: Any, tmp_path: Path) -> None:
    relations = [{"source": "l3", "kind": "ally", "target": f"l{n}", "revealed_in": 1} for n in range(3)]
    load_show(
        tmp_path,
        series={"title": LONG, "premise": f"A show of {LONG}.", "studio": LONG},
        episodes=[episode(number, title=f"{LONG} {number}", synopsis=f"{LONG} met [[l3]].") for number in (1, 2, 3)],
        factions=[{"key": "guild", "revealed_in": 1, "aliases": [{"name": LONG, "headline": True, "revealed_in": 1}]}],
        characters=[
            character(
                f"l{number}", name,
                aliases=[{"name": f"{LONG} {nth}", "revealed_in": 1} for nth in range(20)],
                traits=[trait("habit", LONG, since=1), trait("species", LONG, since=1),
                        trait("species", "new", since=2), trait("summary", f"{LONG} and {LONG}.", since=1)],
                tags=[{"name": LONG.lower(), "revealed_in": 1}],
                memberships=[{"faction": "guild", "role": LONG, "revealed_in": 1}],
            )
            for number, name in enumerate(NAMES)
        ],
        relationships=relations,
        revelations=[
            revelation(f"r{number}", f"[[l3]] is {LONG}.", since=number, characters=["l3"]) for number in (1, 2, 3)
        ],
    )  # fmt: skip


def too_wide(page: Page) -> list[str]:
    """Return what reaches beyond the right edge of the page, if the page can be moved sideways."""
    found: list[str] = page.evaluate(
        """() => document.scrollingElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("body *")].filter(each => each.getBoundingClientRect().right > innerWidth + 1)
        .map(each => each.tagName + "." + each.className).slice(0, 6)"""
    )
    return found or (["the page"] if page.evaluate("document.scrollingElement.scrollWidth > innerWidth") else [])


def addresses() -> Iterator[str]:
    longest = Character.objects.get(key="l3")
    page = f"/c/{longest.public_id}/"
    yield from (
        "/",
        "/characters/",
        "/factions/",
        "/terms/",
        "/episodes/",
        "/episodes/1/",
        "/tags/",
        "/graph/",
        "/recap/",
    )
    yield from (f"/search/?q={LONG}", f"/tags/{LONG.lower()}/", page, f"{page}?as_of=1", "/changes/", "/nothing/")
    yield f"/characters/{longest.public_id}/x/then/?episode=1"
    yield f"/corrections/new/characters/{longest.public_id}/"
    rows = "&".join(f"row={row.pk}" for row in (*longest.traits.all(), *longest.aliases.all()[:3]))
    yield f"/corrections/new/characters/{longest.public_id}/?{rows}&add=alias&add=relationship&add=membership"


@pytest.mark.parametrize("width", looks(320, 390))
def test_no_word_makes_a_page_wider_than_a_phone(show: None, live_server: Any, browser_at: Open, width: int) -> None:
    context = browser_at(viewport={"width": width, "height": 700})
    be(context, live_server.url, episode=3)
    page = context.new_page()
    wide = {}
    for address in addresses():
        page.goto(address)
        page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
        if found := too_wide(page):
            wide[address] = found
    assert wide == {}


def test_no_word_makes_the_desk_wider_than_a_phone(show: None, live_server: Any, browser_at: Open) -> None:
    longest = Character.objects.get(key="l3")
    correction = sent(new(Alias, character=longest, name=LONG * 2, revealed_in_id=1), receipt="x")
    context = browser_at(viewport={"width": 320, "height": 700})
    be(context, live_server.url, episode=3, user=person(LONG[:30], role="superuser"))
    page = context.new_page()
    wide = {}
    wrong = sent(new(Trait, character=longest, attribute="habit", value=f"[[{LONG}]]", revealed_in_id=1), receipt="y")
    no_preview = address_of("preview", wrong.pk, 1)
    for address in (page_of(correction), QUEUE, no_preview, "/accounts/", "/admin/"):
        page.goto(address)
        if found := too_wide(page):
            wide[address] = found
        assert address != no_preview or LONG in page.content()
    assert wide == {}


def seen(page: Page, selector: str) -> list[bool]:
    """Return of each element whether it is drawn: what is folded is there, with a place, and yet it is not."""
    drawn: list[bool] = page.evaluate(
        "selector => [...document.querySelectorAll(selector)].map(each => each.checkVisibility())", selector
    )
    return drawn


@pytest.mark.parametrize("scripts", looks(True, False))
def test_what_is_folded_is_printed(show: None, live_server: Any, browser_at: Open, scripts: bool) -> None:
    context = browser_at(java_script_enabled=scripts)
    be(context, live_server.url, episode=3)
    page = context.new_page()
    page.goto(f"/c/{Character.objects.get(key='l0').public_id}/")
    assert seen(page, ".names li").count(True) == 12
    page.emulate_media(media="print")
    assert seen(page, ".names li") == [True] * 20
    page.emulate_media(media="screen")
    page.goto("/recap/?since=0")
    assert False in seen(page, ".recap-group .learned")
    page.emulate_media(media="print")
    assert set(seen(page, ".recap-group .learned")) == {True}
    page.emulate_media(media="screen")
    page.goto(f"/characters/{Character.objects.get(key='l0').public_id}/x/then/?episode=1")
    page.emulate_media(media="print")
    assert set(seen(page, ".unchanged dd")) == {True}
    page.goto("/characters/")
    assert not any(seen(page, ".narrowing form"))
