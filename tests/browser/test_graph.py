"""The map of relations in a real browser: by keyboard, along the episodes, and never with anybody who is hidden."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from characters.lore.map import graph
from tests.browser.conftest import Open, say_watched
from tests.browser.findings import looks
from tests.shows import character, headline, load_show, unmasking


@pytest.fixture
def show(live_server: object, tmp_path: Path) -> None:
    def tie(source: str, kind: str, target: str, since: int) -> dict[str, Any]:
        return {"source": source, "kind": kind, "target": target, "revealed_in": since}

    load_show(
        tmp_path,
        factions=[character("red", "The Reds")],
        characters=[
            character("ann", "the stranger", aliases=[headline("Ann Lee", since=3)]),
            character("bea", memberships=[{"faction": "red", "revealed_in": 2}]),
            character("mask", "The Mask"),
            character("zoe", "Zoe Later", since=3),
        ],
        relationships=[
            tie("ann", "sibling", "bea", 1),
            tie("mask", "hunts", "bea", 1),
            tie("zoe", "killed", "ann", 3),
        ],
        unmaskings=[unmasking("mask", "ann", since=3)],
    )


def at_episode(page: Page, number: int) -> Page:
    page.goto("/")
    say_watched(page, number)
    page.goto("/graph/")
    return page


@pytest.fixture
def page(show: None, browser_at: Open) -> Page:
    return browser_at(viewport={"width": 1440, "height": 900}).new_page()


def nodes(page: Page) -> Locator:
    return page.locator(".chart.wide .node")


def test_by_keyboard_alone(page: Page) -> None:
    at_episode(page, 1)
    expect(nodes(page)).to_have_count(3)
    first = nodes(page).first
    first.focus()
    expect(page.locator(".chart.wide.pointed")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(nodes(page).nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(nodes(page).last).to_be_focused()
    page.keyboard.press("Home")
    expect(nodes(page).first).to_be_focused()
    page.keyboard.press("End")
    name = nodes(page).last.locator("text").text_content()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/graph/\?of=\w+#map"))
    expect(page.locator(".chart.wide .hub text")).to_have_text(name or "")
    page.locator(".chart.wide .hub").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name or "")


def test_the_map_is_one_stop_for_the_tab_key(page: Page) -> None:
    at_episode(page, 2)
    expect(page.locator(".chart.wide .headings a")).to_have_count(1)
    page.locator("#map figcaption a").last.focus()
    page.keyboard.press("Tab")
    expect(nodes(page).first).to_be_focused()
    page.keyboard.press("ArrowLeft")
    chosen = page.evaluate("document.activeElement.getAttribute('href')")
    assert chosen != nodes(page).first.get_attribute("href")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.in-words') !== null")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == chosen
    expect(page.locator("#map-keys")).to_be_visible()


def test_weaker_ties_are_shown_when_asked_for_and_of_whom_one_points_at(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "_strongest", lambda ties, numbers: set())
    at_episode(page, 1)
    weak = page.locator(".chart.wide .bond.weak")
    expect(weak).to_have_count(2)
    expect(weak.first).to_be_hidden()
    page.get_by_role("link", name="The Mask: tied to 1 other").locator("visible=true").hover()
    expect(page.locator(".chart.wide .bond.lit")).to_have_count(1)
    expect(page.locator(".chart.wide .bond.lit")).to_be_visible()
    page.get_by_label("Weaker ties too").check()
    expect(weak.first).to_be_visible()
    expect(weak.last).to_be_visible()


def test_on_a_phone_everybody_is_listed_and_one_tap_shows_their_ties(show: None, browser_at: Open) -> None:
    page = at_episode(browser_at(viewport={"width": 390, "height": 844}, java_script_enabled=False).new_page(), 3)
    expect(page.locator(".chart").locator("visible=true")).to_have_count(0)
    page.locator("summary", has_text="Ann Lee").click()
    expect(page.get_by_text("Sibling of Bea")).to_be_visible()
    page.get_by_role("link", name="Map of these ties").locator("visible=true").click()
    expect(page.locator(".chart.narrow .hub")).to_be_visible()
    expect(page.locator(".chart.narrow .node")).to_have_count(3)


def test_pointing_at_somebody_shows_what_ties_them(page: Page) -> None:
    at_episode(page, 1)
    page.get_by_role("link", name="The Mask: tied to 1 other").locator("visible=true").hover()
    expect(page.locator(".chart.wide .bond.lit")).to_have_count(1)
    expect(page.locator(".chart.wide .node.lit")).to_have_count(2)
    page.get_by_role("checkbox", name="Pursuit").uncheck()
    expect(page.locator(".chart.wide .bond.pursuit")).to_be_hidden()
    expect(page.locator(".chart.wide .bond.kin")).to_be_visible()


def test_moving_along_the_episodes_without_a_new_page(page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    at_episode(page, 3)
    page.evaluate("window.stayed = true")
    expect(nodes(page)).to_have_count(3)
    page.get_by_label("As it stood at episode").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".map figcaption")).to_contain_text("After episode 2")
    expect(page.locator(".chart.wide")).to_contain_text("The Mask")
    expect(page).to_have_url(re.compile("as_of=2"))
    page.get_by_role("link", name="Episode 1", exact=True).click()
    expect(page.locator(".map figcaption")).to_contain_text("After episode 1")
    expect(page.locator(".stops [aria-current]")).to_have_text("Episode 1")
    assert page.evaluate("window.stayed") is True
    assert said == []


def test_moving_along_the_episodes_without_javascript(show: None, browser_at: Open) -> None:
    page = at_episode(browser_at(java_script_enabled=False).new_page(), 3)
    expect(page.locator(".chart.wide")).not_to_contain_text("The Mask")
    page.get_by_role("link", name="Episode 1", exact=True).click()
    expect(page.locator(".map figcaption")).to_contain_text("After episode 1")
    expect(page.locator(".chart.wide")).to_contain_text("The Mask")
    page.get_by_role("link", name="Episode 2", exact=True).click()
    page.get_by_label("Faction", exact=True).select_option("The Reds (1)")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".map figcaption")).to_contain_text("After episode 2")
    expect(page.locator(".map figcaption")).to_contain_text("The Reds and everybody tied to it")


def test_nobody_hidden_is_in_the_page_or_in_any_answer(page: Page) -> None:
    bodies: list[str] = []
    page.on("response", lambda response: bodies.append(response.text()) if "/static/" not in response.url else None)
    at_episode(page, 2)
    bodies.clear()
    page.goto("/graph/")
    slider = page.get_by_label("As it stood at episode")
    expect(slider).to_have_attribute("max", "2")
    slider.focus()
    for key, number in (("ArrowLeft", 1), ("End", 2), ("Home", 0)):
        page.keyboard.press(key)
        expect(page.locator("#map")).to_contain_text(
            f"After episode {number}" if number else "You have not heard of anybody yet"
        )
    page.goto("/graph/?as_of=3")
    bodies.append(page.content())
    assert len(bodies) >= 5
    for body in bodies:
        assert "Zoe" not in body
        assert "Ann Lee" not in body


@pytest.mark.parametrize("width", looks(390, 1440, 820))
def test_the_map_fits_the_screen(show: None, browser_at: Open, width: int) -> None:
    page = at_episode(browser_at(viewport={"width": width, "height": 844}).new_page(), 3)
    if width < 800:
        page.locator("summary").first.click()
        page.get_by_role("link", name="Map of these ties").locator("visible=true").click()
    chart = page.locator(".chart").locator("visible=true")
    expect(chart).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = chart.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
