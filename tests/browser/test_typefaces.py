"""Typefaces that come late move nothing, those of the system fit in their place, and no bold letter is smeared."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from characters.models import Character
from tests.browser.conftest import Open
from tests.browser.findings import DESK, PHONE, SHIFTS, be, looks, restless, settle, wait_for_typefaces

# Of every element with text of its own that asks for bold letters: the typeface and weight.
ASKED_FOR_BOLD = """
() => [...document.querySelectorAll("body *")]
  .filter((it) => it.checkVisibility() && [...it.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .map((it) => [getComputedStyle(it), it.outerHTML.slice(0, 90)])
  .filter(([{ fontWeight }]) => fontWeight > 500)
  .map(([{ fontFamily, fontWeight }, html]) => [fontFamily.split(",")[0] + " " + fontWeight, html])
"""
BOLD = {"Spectral 600", '"Barlow Condensed" 600'}  # slanted letters are never made by force: `font-synthesis-style`


def late(context: BrowserContext) -> list[Route]:
    """Return the list that requests for typefaces will wait in."""
    waiting: list[Route] = []
    context.route("**/*.woff2", lambda route: waiting.append(route))
    return waiting


@pytest.mark.parametrize("screen", looks(PHONE, DESK), ids=["phone", "desk"])
def test_nothing_moves_when_typefaces_come_late(
    whole_show: None, live_server: Any, browser_at: Open, screen: Any
) -> None:
    for address in ("/", "/characters/", "/episodes/", "/recap/"):
        context = browser_at(viewport=screen, reduced_motion="reduce")
        be(context, live_server.url, episode=13)
        waiting = late(context)
        page = context.new_page()
        page.add_init_script(SHIFTS)
        page.goto(address, wait_until="domcontentloaded")
        page.wait_for_timeout(300)  # more than the tenth of a second in which a page waits for its typefaces
        assert waiting
        for route in waiting:
            route.continue_()
        waiting.clear()
        context.unroute_all(behavior="ignoreErrors")
        settle(page)
        assert restless(page) == set(), address


def test_without_our_typefaces_nothing_takes_more_room(whole_show: None, live_server: Any, browser_at: Open) -> None:
    heights = []
    for has_typefaces in (True, False):
        context = browser_at(viewport=PHONE)
        be(context, live_server.url, episode=5)
        if has_typefaces:
            wait_for_typefaces(context)
        else:
            context.route("**/*.woff2", lambda route: route.abort())
        page = context.new_page()
        page.goto("/episodes/5/")
        settle(page)
        heights.append(page.evaluate("document.querySelector('#main').offsetTop"))
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert heights[0] == heights[1]


def test_every_letter_is_one_that_was_drawn(whole_show: None, live_server: Any, browser_at: Open) -> None:
    """A weight that there is no typeface of would be made by the browser, which smears the letters."""
    rouge = Character.objects.get(key="rouge_redstar")
    context = browser_at(viewport=DESK)
    be(context, live_server.url, episode=13)
    page = context.new_page()
    addresses = ["/", "/characters/", "/tags/", "/episodes/9/", "/recap/?since=0", "/graph/", "/about/", "/nothing/"]
    addresses += [f"/c/{rouge.public_id}/", f"/corrections/new/characters/{rouge.public_id}/", "/accounts/login/"]
    for address in addresses:
        page.goto(address)
        settle(page)
        found = dict(page.evaluate(ASKED_FOR_BOLD))
        assert {asked: html for asked, html in found.items() if asked not in BOLD} == {}, address


def drawn_by(page: Page, selector: str) -> set[str]:
    """Return the typefaces that the text of this element was drawn in."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    return {font["familyName"] for font in session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]}


def test_no_line_mixes_our_typeface_with_one_of_the_system(
    whole_show: None, live_server: Any, browser_at: Open
) -> None:
    """The bold one comes too late for a page that has to find it in the sheet first, and is not used there then."""
    rouge = Character.objects.get(key="rouge_redstar")
    context = browser_at(viewport=DESK)
    be(context, live_server.url, episode=5)
    page = context.new_page()
    page.goto(f"/c/{rouge.public_id}/?as_of=1")
    settle(page)
    assert page.evaluate("getComputedStyle(document.querySelector('.progress strong')).fontWeight") == "500"
    for address in (f"/corrections/new/characters/{rouge.public_id}/?add=revelation", "/accounts/login/"):
        page.goto(address)
        settle(page)
        assert page.locator("main .field > label").count()
        assert page.locator('link[rel=preload][href*="barlow-condensed-600"]').count() == 1, address


def test_japanese_is_drawn_in_our_typeface_and_english_in_none_for_japanese(
    whole_show: None, live_server: Any, browser_at: Open
) -> None:
    context = browser_at(viewport=DESK)
    be(context, live_server.url, episode=9)
    page = context.new_page()
    page.goto("/episodes/9/")
    settle(page)
    assert drawn_by(page, "h1 small") == {"Shippori Mincho Medium"}
    context.route("**/*.woff2", lambda route: route.abort())
    page = context.new_page()
    page.goto("/recap/")
    settle(page)
    for selector in ("h1", "main p", ".masthead nav a"):
        assert not any("CJK" in family or "Mincho" in family for family in drawn_by(page, selector)), selector
