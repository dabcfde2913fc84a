"""Looking back, going back, and passing a page on, with and without JavaScript."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from characters.models import Character
from tests.browser.conftest import Open, say_watched
from tests.browser.findings import DESK, PHONE, WITH, WITHOUT, axe_findings, axe_findings_by_night, be, looks, unhandy
from tests.shows import character, episode, headline, load_show, revelation


@pytest.fixture
def show(live_server: object, tmp_path: Path) -> None:
    load_show(
        tmp_path,
        series={"title": "A Show", "premise": "[[ann]] sets out."},
        characters=[
            character("ann", "the stranger", since=0, aliases=[headline("Ann Lee", since=2)]),
            character("bea"),
            character("cleo", since=3, tags=[{"name": "sea-born", "revealed_in": 3}]),
        ],
        factions=[character("crew", "Crew")],
        revelations=[revelation("r", "[[ann]] is a queen.", since=2, characters=["ann"])],
    )


@pytest.fixture(params=looks(WITH, WITHOUT))
def page(show: None, browser_at: Open, live_server: Any, request: pytest.FixtureRequest) -> Page:
    context = browser_at(java_script_enabled=request.param == WITH, viewport=PHONE)
    be(context, live_server.url, episode=3)
    return context.new_page()


def bar(page: Page) -> Any:
    return page.get_by_label("Your progress")


def box(found: Locator) -> dict[str, float]:
    place = found.bounding_box()
    assert place is not None
    return dict(place)


def short(key: str) -> str:
    return f"/c/{Character.objects.as_of(3).get(key=key).public_id}/"


def test_one_looks_back_step_by_step_and_returns(page: Page) -> None:
    page.goto(short("ann"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Ann Lee")
    plain = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("link", name="Look back").click()
    expect(bar(page)).to_contain_text("Looking back to episode 2")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != plain
    page.get_by_role("link", name="One episode back, to 1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("the stranger")
    expect(page.get_by_role("link", name="As of episode 1", exact=True)).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="As of episode 0", exact=True).click()
    expect(bar(page)).to_contain_text("Looking back to what is known before the first episode")
    expect(page.get_by_role("link", name=re.compile("One episode back"))).to_have_count(0)
    page.get_by_role("link", name="One episode on, to 1").click()
    expect(bar(page)).to_contain_text("Looking back to episode 1")
    for link in page.locator(".travel a").all():
        assert "nofollow" in (link.get_attribute("rel") or "")
    page.get_by_role("link", name="Return to episode 3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ann Lee")
    expect(bar(page)).to_contain_text("You are at episode 3")


def test_a_search_and_a_miss_are_looked_back_from(page: Page) -> None:
    page.goto("/search/?q=queen")
    page.get_by_role("link", name="Look back").click()
    page.get_by_role("link", name="One episode back, to 1").click()
    expect(page).to_have_url(re.compile(r"/search/\?q=queen&as_of=1"))
    page.goto(short("cleo") + "?as_of=1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")
    expect(page.locator("main")).to_contain_text("You are looking back to episode 1")
    expect(page.locator("main").get_by_role("link", name="Home, as known at episode 1")).to_have_attribute(
        "href", "/?as_of=1"
    )
    page.get_by_role("link", name="One episode on, to 2").click()
    expect(page).to_have_url(re.compile(re.escape(short("cleo")) + r"\?as_of=2"))
    page.get_by_role("link", name="One episode on, to 3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cleo")


def test_from_a_miss_in_the_past_one_returns_to_the_same_address(page: Page) -> None:
    page.goto(short("cleo") + "?as_of=0")
    page.locator("main").get_by_role("link", name="Open this address at episode 3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cleo")


def test_who_goes_back_before_somebody_was_known_reads_why_and_how_to_return(page: Page) -> None:
    page.goto(short("cleo"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Cleo")
    bar(page).get_by_label("Episode", exact=True).select_option("1")
    bar(page).get_by_role("button", name="Set").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are at episode 1 now")
    assert "Cleo" not in page.content()
    assert "cleo" not in page.url
    page.get_by_role("button", name="Return to episode 3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cleo")


def test_the_bar_tells_where_the_map_is(show: None, browser_at: Open, live_server: Any) -> None:
    context = browser_at(viewport=DESK)
    be(context, live_server.url, episode=3)
    page = context.new_page()
    page.goto("/graph/")
    page.locator(".stops").get_by_role("link", name="Episode 1").click()
    expect(page.locator("#map")).to_contain_text("After episode 1")
    expect(bar(page)).to_contain_text("Looking back to episode 1")
    bar(page).get_by_role("link", name="Return to episode 3").click()
    expect(page.locator("#map")).to_contain_text("After episode 3")


@pytest.mark.parametrize("screen", looks(PHONE, DESK), ids=["on a phone", "at a desk"])
def test_of_many_episodes_any_is_in_reach(live_server: Any, tmp_path: Path, browser_at: Open, screen: Any) -> None:
    load_show(
        tmp_path,
        episodes=[episode(number) for number in range(1, 301)],
        characters=[character(f"ann{n}") for n in range(60)],
    )
    context = browser_at(viewport=screen)
    be(context, live_server.url, episode=300)
    page = context.new_page()
    page.goto("/characters/?as_of=150")
    assert page.locator(".travel li").count() <= 20
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_role("link", name="Return to episode 300")).to_be_in_viewport()
    covered = page.evaluate("document.querySelector('#progress').getBoundingClientRect().bottom")
    assert covered < 160
    page.evaluate("scrollTo(0, 0)")
    bar(page).get_by_label("Episode", exact=True).fill("273")
    bar(page).get_by_role("button", name="Look back").click()
    expect(bar(page)).to_contain_text("Looking back to episode 273")
    page.get_by_role("link", name="One episode back, to 272").click()
    expect(bar(page)).to_contain_text("Looking back to episode 272")


@pytest.mark.parametrize("scripted", looks(True, False), ids=["with JavaScript", "without JavaScript"])
def test_on_a_phone_the_episodes_are_one_row_with_the_current_one_in_sight(
    live_server: Any, tmp_path: Path, browser_at: Open, *, scripted: bool
) -> None:
    load_show(tmp_path, episodes=[episode(number) for number in range(1, 14)], characters=[character("ann")])
    context = browser_at(viewport=PHONE, java_script_enabled=scripted)
    be(context, live_server.url, episode=13)
    page = context.new_page()
    for number in (0, 6, 12):
        page.goto(f"/tags/?as_of={number}")
        tops = {round(box(stop)["y"]) for stop in page.locator(".travel li").all()}
        assert len(tops) == 1
        stop, row = (box(page.locator(f".travel {which}")) for which in ("[aria-current]", "ol"))
        assert row["x"] - 1 <= stop["x"], number
        assert stop["x"] + stop["width"] <= row["x"] + row["width"] + 1, number
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("screen", looks(PHONE, DESK), ids=["on a phone", "at a desk"])
def test_looking_back_keeps_nobody_out(show: None, browser_at: Open, live_server: Any, screen: Any) -> None:
    context = browser_at(viewport=screen, reduced_motion="reduce")
    be(context, live_server.url, episode=3)
    page = context.new_page()
    for address in (
        "/tags/?as_of=1",
        short("ann") + "?as_of=1",
        "/nothing/?as_of=1",
        f"/went-back/?to={short('cleo')}",
    ):
        page.goto(address)
        assert axe_findings(page) == [], address
        assert axe_findings_by_night(page) == [], address
        assert screen == DESK or unhandy(page) == set(), address


SHARED = ("/", "/characters/", "/episodes/2/", "/tags/", "/graph/", "/search/?q=queen", "/recap/", "/about/")


def test_a_link_that_tells_nothing_stands_on_every_page(show: None, browser_at: Open, live_server: Any) -> None:
    context = browser_at(java_script_enabled=False)
    be(context, live_server.url, episode=3)
    page = context.new_page()
    for address in SHARED:
        page.goto(address)
        link = page.locator(".colophon").get_by_role("link", name="A link that tells nothing")
        assert link.get_attribute("href") == address.partition("?")[0]
    page.goto(short("cleo"))
    cleo = page.url
    for address in (cleo, f"{cleo}then/", f"{cleo}?as_of=3", "/tags/sea-born/"):
        page.goto(address)
        heading = page.get_by_role("heading", level=1).inner_text()
        page.get_by_role("link", name="A link that tells nothing").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Cleo" if heading.startswith("What") else heading)
    href = page.locator(".share a").get_attribute("href") or ""
    assert re.fullmatch(r"/t/\w{12}/", href)


def test_with_javascript_a_button_copies_it_and_says_so(show: None, browser_at: Open, live_server: Any) -> None:
    context = browser_at(viewport=PHONE, permissions=["clipboard-read", "clipboard-write"])
    be(context, live_server.url, episode=3)
    page = context.new_page()
    page.goto(short("cleo"))
    address = f"{live_server.url}{short('cleo')}"
    page.get_by_role("button", name="Copy a link that tells nothing").click()
    expect(page.get_by_role("status").filter(has_text=f"Copied: {address}")).to_have_count(1)
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()") == address
    say_watched(page, 2)  # the page is filled anew, and so is the button
    expect(page.locator("a[data-copy]")).to_have_count(0)


def test_what_cannot_be_copied_is_a_link_again(show: None, browser_at: Open) -> None:
    page = browser_at().new_page()
    page.goto("/episodes/")
    page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('no')))")
    page.get_by_role("button", name="Copy a link that tells nothing").click()
    expect(page.locator(".share a")).to_be_focused()
    expect(page.locator(".share a")).to_have_text(page.url)


def test_how_many_episodes_there_are_is_hidden_and_shown(page: Page) -> None:
    page.goto("/episodes/")
    bar(page).get_by_label("Episode", exact=True).select_option("1")
    bar(page).get_by_role("button", name="Set").click()
    expect(bar(page)).to_contain_text("You are at episode 1")
    options = bar(page).locator("select option")
    expect(options).to_have_count(4)
    page.get_by_role("button", name="Hide how many episodes there are").click()
    expect(options).to_have_count(3)
    expect(page.locator(".episodes li")).to_have_count(2)
    show = page.get_by_role("button", name="Show how many episodes there are")
    if page.evaluate("document.activeElement !== document.body"):
        expect(show).to_be_focused()
        expect(page.get_by_role("status").filter(has_text="end with the next one")).to_have_count(1)
    page.goto("/")
    expect(options).to_have_count(3)
    show.click()
    expect(options).to_have_count(4)
