"""A reader of the manga, who watches the anime too: says both, sees what either tells, steps on, and undoes it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.axes import two_axes
from tests.browser.conftest import Open
from tests.browser.findings import DESK, PHONE, WITH, WITHOUT, axe_findings, looks, unhandy, watched
from tests.shows import load_show

SIZES = {"on a phone": PHONE, "at a desk": DESK}


@pytest.fixture
def show(live_server: object, tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes())


def first(page: Page) -> Locator:
    return page.get_by_label("Your progress")


def second(page: Page) -> Locator:
    return page.get_by_label("Your parts")


def names(page: Page) -> list[str]:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Characters").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Characters")
    return [name.strip() for name in page.locator("main .card strong").all_inner_texts()]


@pytest.mark.parametrize("size", looks(*SIZES))
@pytest.mark.parametrize("javascript", [WITH, WITHOUT])
def test_reads_steps_on_and_undoes(show: None, browser_at: Open, size: str, javascript: str) -> None:
    page = browser_at(viewport=SIZES[size], java_script_enabled=javascript == WITH).new_page()
    said = watched(page)
    page.goto("/")
    field = page.locator("main").get_by_label("Part")
    field.fill("20")
    field.press("Enter")  # by keyboard alone
    expect(page.get_by_role("heading", level=1)).to_have_text("Have you read all the way to part 20?")
    page.get_by_role("button", name="Yes, I have read up to 20").click()
    expect(second(page)).to_contain_text("You have read up to part 20.")
    expect(first(page)).to_contain_text("You have watched nothing yet.")
    assert names(page) == ["Ann of the Harbour", "Beatrix Vane", "Cole"]
    page.get_by_role("link", name=re.compile("^Cole")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cole")
    expect(page.locator("main")).not_to_contain_text("tide tables")

    step = second(page)
    step.get_by_text("I’ve read 21", exact=True).click()
    step.get_by_role("button", name="Yes, go to 21").click()
    expect(second(page)).to_contain_text("You have read up to part 21.")
    expect(page.locator("main")).to_contain_text("tide tables")
    first(page).get_by_role("button", name=re.compile("^Undo.*to part 20$")).click()
    expect(second(page)).to_contain_text("You have read up to part 20.")
    expect(page.locator("main")).not_to_contain_text("tide tables")

    first(page).get_by_label("Episode", exact=True).select_option("1")
    first(page).get_by_role("button", name="Set").click()
    expect(first(page)).to_contain_text("You are at episode 1")
    expect(second(page)).to_contain_text("You have read up to part 20.")
    assert names(page) == ["Ann of the Harbour", "Beatrix Vane", "Cole"]
    if javascript == WITH:
        assert axe_findings(page) == []
        if size == "on a phone":
            assert unhandy(page) == set()
    assert said == []


@pytest.mark.parametrize("javascript", [WITH, WITHOUT])
def test_a_page_that_only_chapters_told_is_left_when_they_are_taken_back(
    show: None, browser_at: Open, javascript: str
) -> None:
    page = browser_at(viewport=PHONE, java_script_enabled=javascript == WITH).new_page()
    page.goto("/")
    field = page.locator("main").get_by_label("Part")
    field.fill("20")
    field.press("Enter")
    page.get_by_role("button", name="Yes, I have read up to 20").click()
    expect(second(page)).to_contain_text("up to part 20")
    names(page)
    page.get_by_role("link", name=re.compile("^Cole")).click()
    second(page).get_by_label("Part").fill("2")
    second(page).get_by_role("button", name="Set").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are at part 2 now")
    assert "Cole" not in page.content()
    page.get_by_role("button", name="Return to part 20").click()
    sure = page.get_by_role("button", name="Yes, I have read up to 20")
    expect(sure).to_be_visible()
    sure.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cole")
