"""Whoever types a name that could be more than one is asked at the field, with and without JavaScript."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from characters.models import Revelation
from corrections.models import Correction
from tests.browser.conftest import Open, pick
from tests.browser.findings import looks
from tests.browser.test_moderator import signed_in
from tests.people import person
from tests.shows import character, load_show, trait


@pytest.fixture
def show(live_server: object, tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[
            character("ann", "Ann", traits=[trait("status", "alive", since=1)]),
            character("jose", "José"),
            character("joze", "Jose of the Long-Forgotten-Mountain-Monastery"),
            character("joze_two", "Josef", aliases=[{"name": "Jose", "revealed_in": 1}]),
        ],
    )
    person(role="moderator")


def is_as_wide_as_the_screen(page: Page, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


@pytest.mark.parametrize("width", looks(390, 1440))
@pytest.mark.parametrize("scripts", looks(True, False), ids=["with JavaScript", "without JavaScript"])
def test_a_contributor_clicks_whom_they_mean(show: None, browser_at: Open, width: int, scripts: bool) -> None:
    page = browser_at(java_script_enabled=scripts, viewport={"width": width, "height": 844}).new_page()
    page.goto("/")
    pick(page, 1)
    expect(page.get_by_label("Your progress")).to_contain_text("You are at episode 1")
    page.goto("/characters/")
    page.locator("main").get_by_role("link", name="Ann").click()
    page.get_by_role("link", name="Suggest a correction").click()
    page.locator("summary", has_text="Facts").click()
    page.get_by_label("Status: alive").check()
    page.get_by_role("button", name="Go on").click()
    text, send = page.get_by_label("What it says"), page.get_by_role("button", name="Send to the moderators")
    text.fill("seen with [[JOSE]] and [[Long Forgotten|a friend]]")
    page.get_by_label("Why?").fill("It is in the last scene.")
    send.click()
    expect(page.locator(".errorlist").get_by_text("“JOSE” could be more than one. Choose which:")).to_be_visible()
    assert is_as_wide_as_the_screen(page, width)
    page.get_by_role("button", name="Josef, character").click()
    expect(text).to_have_value("seen with [[Josef]] and [[Long Forgotten|a friend]]")
    page.get_by_role("button", name="Jose of the Long-Forgotten-Mountain-Monastery").click()
    expect(text).to_have_value("seen with [[Josef]] and [[Jose of the Long-Forgotten-Mountain-Monastery|a friend]]")
    expect(page.get_by_role("alert")).to_contain_text("has not been sent yet")
    expect(page.get_by_label("Why?")).to_have_value("It is in the last scene.")
    assert not Correction.objects.filter(kind="suggestion").exists()
    send.click()
    expect(page.get_by_role("heading", name="Keep this address")).to_be_visible()
    changed = Correction.objects.get(kind="suggestion").changes.get()
    assert changed.after == "seen with [[joze_two]] and [[joze|a friend]]"


@pytest.mark.parametrize("width", looks(390, 1440))
@pytest.mark.parametrize("scripts", looks(True, False), ids=["with JavaScript", "without JavaScript"])
def test_an_editor_clicks_whom_they_mean(show: None, browser_at: Open, width: int, scripts: bool) -> None:
    page = signed_in(browser_at(java_script_enabled=scripts, viewport={"width": width, "height": 900}))
    page.goto("/admin/episodes/episode/2/learned/")
    text = page.get_by_label("Text").first
    text.fill("[[JOSE]] leaves.")
    page.get_by_label("Whom it concerns").first.fill("Ann, Josey")
    page.get_by_role("button", name="Publish it all").click()
    expect(page.get_by_text("Nothing is saved yet")).to_be_visible()
    assert is_as_wide_as_the_screen(page, width)
    page.get_by_role("button", name="José (jose)").first.click()
    expect(text).to_have_value("[[jose]] leaves.")
    expect(page.get_by_label("Whom it concerns").first).to_have_value("Ann, Josey")
    page.get_by_role("button", name="Josef (josef)").first.click()  # no key, which tells
    expect(page.get_by_label("Whom it concerns").first).to_have_value("Ann, josef")
    assert not Revelation.objects.exists()
    page.get_by_role("button", name="Publish it all").click()
    expect(page.get_by_text("is published")).to_be_visible()
    told = Revelation.objects.get()
    assert (told.text, {each.key for each in told.characters.all()}) == ("[[jose]] leaves.", {"ann", "joze_two"})
