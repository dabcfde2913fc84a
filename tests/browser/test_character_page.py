"""The page of a character at the end of the show: what it may cost a phone, and how what is folded is reached."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from characters.models import Character
from tests.browser.conftest import Open
from tests.browser.findings import DESK, PHONE, SHIFTS, be, looks, restless, settle, wait_for_typefaces

KB = 1000


@pytest.fixture(params=looks(PHONE, DESK), ids=["on a phone", "at a desk"])
def screen(request: pytest.FixtureRequest) -> dict[str, int]:
    return request.param


@pytest.fixture
def page(whole_show: None, browser_at: Open, live_server: Any, screen: dict[str, int]) -> Page:
    """Rouge's page, which is the longest; nothing of it needs JavaScript."""
    context = browser_at(viewport=screen, java_script_enabled=False)
    be(context, live_server.url, episode=13)
    wait_for_typefaces(context)
    page = context.new_page()
    rouge = Character.objects.as_of(13).get(key="rouge_redstar")
    page.goto(f"/c/{rouge.public_id}/")
    page.goto(page.url)  # by now without a redirect
    page.evaluate("document.fonts.ready")
    return page


def count(page: Page, selector: str) -> int:
    return page.locator(selector).count()


def test_it_opens_short_and_prints_whole(page: Page, screen: dict[str, int]) -> None:
    body = page.content()
    assert len(body.encode()) < 125 * KB
    assert count(page, "*") <= 1_400  # from where on Lighthouse warns
    assert count(page, ".pages") == 0  # all of it is on one part
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height <= (6_000 if screen == PHONE else 5_000)
    printed = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 8
    page.emulate_media(media="print")
    assert page.locator(".told .learned").evaluate_all("all => all.every(each => each.checkVisibility())")
    mark = "it => getComputedStyle(it, '::before').printColorAdjust"
    assert page.locator(".certainty.claimed").first.evaluate(mark) == "exact"


def test_only_the_latest_two_episodes_are_open_and_a_link_opens_another(page: Page) -> None:
    told = page.locator(".told")
    assert told.evaluate_all("all => all.map(each => each.checkVisibility())") == [False] * 12 + [True] * 2
    page.get_by_role("navigation", name="Go to episode").get_by_role("link", name="Episode 4,").click()
    expect(page.locator("#episode-4")).to_be_in_viewport()
    assert page.locator("#episode-4").evaluate("it => it.checkVisibility()")
    page.goto(f"{page.url.partition('#')[0]}#episode-7")
    expect(page.locator("#episode-7")).to_be_in_viewport()
    summary = page.locator("details:has(#episode-7) > summary").bounding_box()
    rail = page.locator(".jumps").bounding_box()
    bar = page.locator("#progress").bounding_box()
    assert summary is not None
    assert rail is not None
    assert bar is not None
    assert abs(bar["y"] + bar["height"] - rail["y"]) < 2  # it stays in view, below the bar
    assert rail["y"] + rail["height"] <= summary["y"] + 1


def test_each_folded_episode_is_told_in_a_line_and_opened_by_the_keyboard(page: Page) -> None:
    first = page.locator("details.chapter").nth(1)
    expect(first.get_by_role("heading", level=3)).to_have_text("Episode 1 Crimson Is the Sound of Dawn")
    expect(first.locator(".gist")).to_be_visible()
    first.locator("summary").focus()
    outline = "it => getComputedStyle(it).outlineStyle"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert first.locator("summary").evaluate(outline) == "solid"
    page.keyboard.press("Enter")
    expect(first.locator(".told")).to_be_visible()
    expect(first.locator(".gist")).to_be_hidden()


def test_on_a_phone_facts_come_first_then_the_timeline_then_relations_and_the_map(page: Page) -> None:
    places = [page.locator(mark).first.bounding_box() for mark in (".facts", "#timeline", "#ties", "#map")]
    tops = [place["y"] for place in places if place]
    assert len(tops) == 4
    assert tops[1:] == sorted(tops[1:])
    assert tops[0] <= tops[1]


def test_nothing_moves_while_it_is_drawn(
    whole_show: None, browser_at: Open, live_server: Any, screen: dict[str, int]
) -> None:
    context = browser_at(viewport=screen)
    be(context, live_server.url, episode=13)
    page = context.new_page()
    page.add_init_script(SHIFTS)
    page.goto(f"/c/{Character.objects.as_of(13).get(key='rouge_redstar').public_id}/")
    settle(page)
    assert restless(page) == set()
