"""Searching in a real browser: as a combobox, by keyboard alone, and as a plain form where there is no JavaScript."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, go_on, say_watched
from tests.browser.findings import looks
from tests.shows import character, headline, load_show, trait


@pytest.fixture
def show(live_server: object, tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[
            character("roy", "Roy Junghardt"),
            character("rosa", "Rosa Lind", traits=[trait("habit", "reads by candlelight", since=1)]),
            character("eve", "the stranger", aliases=[headline("Rosalind", since=3)]),
        ],
    )


def at_episode_1(page: Page) -> Page:
    page.goto("/")
    say_watched(page, 1)
    return page


@pytest.fixture
def page(show: None, browser_at: Open) -> Page:
    return at_episode_1(browser_at(viewport={"width": 390, "height": 844}).new_page())


@pytest.fixture
def plain_page(show: None, browser_at: Open) -> Page:
    return at_episode_1(browser_at(java_script_enabled=False).new_page())


def test_suggestions_by_keyboard_alone(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    field = page.get_by_role("combobox", name="Search names")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.focus()
    page.keyboard.type("ro")
    options = page.locator("#suggestions").get_by_role("option")
    expect(options).to_have_count(2)
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#suggestion-count")).to_have_text("2 suggestions")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator('[role=option][aria-selected="true"]')
    expect(chosen).to_contain_text("Roy Junghardt")
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("ArrowUp")
    expect(chosen).to_contain_text("Roy Junghardt")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Roy Junghardt")
    assert complaints == []


@pytest.mark.parametrize("width", looks(320, 390, 700))
def test_suggestions_have_room_for_a_line_of_text_and_stay_on_the_page(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.get_by_role("combobox", name="Search names").press_sequentially("ro")
    expect(page.locator("#suggestions").get_by_role("option")).to_have_count(2)
    box = page.locator("#suggestions").bounding_box()
    assert box
    assert box["width"] >= min(0.9 * width, 400)
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("width", looks(1060, 1130, 1200, 1280))
def test_the_masthead_has_one_row_on_a_screen_of_some_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    field, ways = page.locator(".search").bounding_box(), page.locator(".masthead nav").bounding_box()
    assert field
    assert ways
    assert abs(field["y"] - ways["y"]) < 5
    assert field["width"] > 180


def test_nothing_later_is_suggested_or_sent(page: Page) -> None:
    bodies: list[str] = []
    page.on("response", lambda response: bodies.append(response.text()) if "/search/" in response.url else None)
    page.get_by_role("combobox", name="Search names").press_sequentially("rosal")
    page.wait_for_timeout(600)
    expect(page.locator("#suggestions").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("rosal")
    assert bodies
    assert not any("Rosalind" in body for body in bodies)


def test_enter_without_a_choice_searches(page: Page) -> None:
    page.get_by_role("combobox", name="Search names").press_sequentially("candlelight")
    page.keyboard.press("Enter")
    expect(page.locator("main mark")).to_have_text("candlelight")
    expect(page.locator("#search-field")).to_have_value("candlelight")


def test_without_javascript_it_is_a_plain_form(plain_page: Page) -> None:
    page = plain_page
    page.get_by_role("searchbox").fill("junghart")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("main")).to_contain_text("Nothing you know of goes by that")
    page.get_by_role("link", name="Roy Junghardt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Roy Junghardt")


def test_the_search_stays_when_progress_moves(plain_page: Page) -> None:
    page = plain_page
    page.get_by_role("searchbox").fill("rosalind")
    page.get_by_role("button", name="Search").click()
    go_on(page, 2)
    go_on(page, 3)
    expect(page.locator("main .results")).to_contain_text("Rosalind")
