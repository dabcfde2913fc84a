"""Somebody who opens the site for the first time, in a real browser, with and without JavaScript."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from characters.models import Character
from tests.browser.conftest import Open, go_on, pick
from tests.browser.findings import PHONE, SHIFTS, WITH, WITHOUT, looks, restless, settle, wait_for_typefaces
from tests.shows import character, headline, load_show, revelation


@pytest.fixture
def show(live_server: object, tmp_path: Path) -> None:
    load_show(
        tmp_path,
        series={"title": "A Show", "premise": "[[ann]] sets out."},
        characters=[
            character("ann", "the stranger", since=0, aliases=[headline("Ann Lee", since=2)]),
            character("bea"),
            character("cleo", since=3),
        ],
        revelations=[revelation("r", "[[ann]] is a queen.", since=2, characters=["ann"])],
    )


@pytest.fixture(params=looks(WITH, WITHOUT))
def page(show: None, browser_at: Open, request: pytest.FixtureRequest) -> Page:
    page = browser_at(java_script_enabled=request.param == WITH, viewport={"width": 390, "height": 844}).new_page()
    page.goto("/")
    return page


def test_says_how_far_and_reads_on(page: Page) -> None:
    pick(page, 1)
    page.get_by_label("What you know").get_by_role("link", name="Characters").click()
    expect(page.locator(".card strong")).to_have_text(["Bea", "the stranger"])
    page.get_by_role("link", name="the stranger").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("the stranger")
    go_on(page, 2)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ann Lee")
    expect(page.get_by_text("Ann Lee is a queen.")).to_be_visible()


def test_going_back_in_the_story_and_then_in_the_browser_shows_nothing_later(page: Page) -> None:
    pick(page, 2)
    expect(page.get_by_label("Your progress")).to_contain_text("You are at episode 2")
    page.goto("/episodes/2/")
    expect(page.get_by_text("Ann Lee is a queen.")).to_be_visible()
    page.get_by_label("Episode", exact=True).select_option("1")
    page.get_by_role("button", name="Set").click()
    expect(page.get_by_text("You have not watched this episode")).to_be_visible()
    for _ in range(2):
        page.go_back()
        assert "queen" not in page.content()
        assert "Ann Lee" not in page.content()


def test_a_slip_is_undone_and_a_leap_is_asked_about(page: Page) -> None:
    bar = page.get_by_label("Your progress")
    go_on(page, 1)
    expect(bar).to_contain_text("You are at episode 1")
    bar.get_by_role("button", name="Undo").click()
    expect(bar).to_contain_text("You have watched nothing yet")
    expect(bar.get_by_role("button", name="Undo")).to_have_count(0)
    page.get_by_role("button", name="Episode 3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Have you watched all the way to episode 3?")
    expect(bar).to_contain_text("You have watched nothing yet")
    page.get_by_role("button", name="Yes, I have watched up to 3").click()
    expect(bar).to_contain_text("You are at episode 3")


def test_a_link_to_a_later_page_asks_how_far_and_opens(page: Page) -> None:
    cleo = Character.objects.get(key="cleo")
    page.goto(f"/c/{cleo.public_id}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")
    pick(page, 3)
    expect(page.get_by_role("heading", level=1)).to_have_text("Cleo")
    expect(page.get_by_label("Your progress")).to_contain_text("You are at episode 3")


@pytest.mark.parametrize("screen", looks(PHONE, {"width": 1366, "height": 768}), ids=["on a phone", "at a desk"])
def test_the_first_screen_asks_and_what_is_picked_begins_at_its_top(show: None, browser_at: Open, screen: Any) -> None:
    page = browser_at(viewport=screen, reduced_motion="reduce").new_page()
    page.goto("/")
    for name in ("Nothing yet", "Episode 3"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, 200)")
    page.get_by_role("button", name="Episode 3").click()
    question = page.get_by_role("heading", name="Have you watched all the way to episode 3?")
    expect(question).to_be_focused()
    page.get_by_role("button", name="Yes, I have watched up to 3").click()
    expect(page.get_by_role("status").filter(has_text="You are at episode 3")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert page.evaluate("scrollY") == 0


def test_the_step_asks_in_place_and_takes_no_for_an_answer(page: Page) -> None:
    bar = page.get_by_label("Your progress")
    step, sure = bar.get_by_text("I’ve watched 1", exact=True), bar.get_by_role("button", name="Yes, go to 1")
    step.click()
    expect(sure).to_be_visible()
    step.click()
    expect(sure).to_be_hidden()
    expect(bar).to_contain_text("You have watched nothing yet")


def test_the_theme_stays(page: Page) -> None:
    page.get_by_label("Colours").get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/tags/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_label("Colours").get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_with_javascript_no_new_page_is_opened(show: None, browser_at: Open) -> None:
    page = browser_at().new_page()
    page.goto("/characters/")
    page.evaluate("window.isStillHere = true")
    go_on(page, 1)
    expect(page.locator(".card strong")).to_have_text(["Bea", "the stranger"])
    page.get_by_label("Colours").get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("window.isStillHere")
    assert page.evaluate("history.length") == 2


def test_a_link_followed_before_the_answer_is_there_leads_to_a_page_at_the_new_progress(
    show: None, browser_at: Open
) -> None:
    page = browser_at().new_page()
    page.goto("/")
    far_away = {"offline": False, "latency": 500, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", far_away)
    go_on(page, 1)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Characters").click()
    expect(page.locator(".card strong")).to_have_text(["Bea", "the stranger"])


def test_nothing_shifts_while_a_page_is_drawn(show: None, browser_at: Open) -> None:
    page = browser_at(viewport={"width": 390, "height": 844}).new_page()
    page.add_init_script(SHIFTS)
    for address in ("/", "/characters/", "/episodes/1/"):
        page.goto(address)
        settle(page)
        assert restless(page) == set(), address


def test_a_shared_link_asks_first(page: Page) -> None:
    page.goto("/episodes/2/?as_of=2")
    expect(page.get_by_role("heading", level=1)).to_have_text("Have you watched episode 2?")
    assert "queen" not in page.content()
    page.get_by_role("button", name="Yes, I have watched up to 2").click()
    expect(page.get_by_text("Ann Lee is a queen.")).to_be_visible()


def test_the_navigation_takes_one_row_on_a_phone(show: None, browser_at: Open) -> None:
    context = browser_at(viewport={"width": 375, "height": 812})
    wait_for_typefaces(context)
    page = context.new_page()
    page.goto("/")
    page.evaluate("document.fonts.ready")
    links = page.get_by_role("navigation", name="Main").get_by_role("link").all()
    assert len(links) == 8
    assert len({box["y"] for link in links if (box := link.bounding_box())}) == 1


@pytest.mark.parametrize("scheme", looks("light", "dark"))
@pytest.mark.parametrize("width", looks(320, 390, 1440))
def test_nothing_runs_off_the_side_and_the_console_is_silent(
    show: None, browser_at: Open, scheme: str, width: int
) -> None:
    page = browser_at(viewport={"width": width, "height": 844}, color_scheme=scheme).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for address in (
        "/",
        "/characters/",
        "/factions/",
        "/episodes/",
        "/episodes/0/",
        "/tags/",
        "/graph/",
        "/recap/",
        "/about/",
        "/privacy/",
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    assert said == []
