"""Whoever comes back reads what is new since, and only their browser knows when they were here."""

from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from characters.models import Revelation
from corrections.models import Change
from tests.browser.conftest import Open, say_watched
from tests.browser.findings import PHONE, axe_findings, axe_findings_by_night, be, unhandy
from tests.corrections.letters import accepted, sent, set_to
from tests.people import person
from tests.shows import character, load_show, revelation

TIMES = (f"{minute:02}:00" for minute in cycle(range(60)))

NOTED = "localStorage.getItem('rougedb.before')"


@pytest.fixture
def moderator(live_server: object, tmp_path: Path) -> User:
    load_show(
        tmp_path,
        characters=[character("ann"), character("bea", since=3)],
        revelations=[
            revelation("early", "[[ann]] sets out.", since=1, characters=["ann"]),
            revelation("late", "[[bea]] was there.", since=3, characters=["bea"]),
        ],
    )
    return person("judge", role="moderator")


def publish(moderator: User, key: str, times: int = 1) -> None:
    for _ in range(times):
        accepted(sent(set_to(Revelation.objects.get(key=key), "time", next(TIMES)), kind="edit"), by=moderator)


def was_here(page: Page, ago: timedelta) -> None:
    """Let the last page have been shown so long ago."""
    page.goto("/about/")
    page.evaluate("at => localStorage.setItem('rougedb.last', at)", (datetime.now(UTC) - ago).isoformat())


def at(context: BrowserContext, site: Any, episode: int) -> Page:
    be(context, site.url, episode=episode)
    return context.new_page()


def test_who_comes_back_reads_what_is_new_at_their_episode(moderator: User, browser_at: Open, live_server: Any) -> None:
    publish(moderator, "early")
    Change.objects.update(applied_at=datetime.now(UTC) - timedelta(days=9))
    publish(moderator, "early", 4)
    publish(moderator, "late")
    page = at(browser_at(viewport=PHONE, reduced_motion="reduce"), live_server, 2)
    was_here(page, timedelta(days=3))
    page.goto("/")
    welcome = page.get_by_role("region", name="Welcome back")
    expect(welcome).to_contain_text("4 changes since")
    expect(welcome.get_by_role("listitem")).to_have_text(["Revelation changed: Ann"] * 3)
    assert "Bea" not in page.content()
    assert axe_findings(page) == []
    assert axe_findings_by_night(page) == []
    assert not [each for each in unhandy(page) if "seen" in each]
    page.goto("/characters/")
    page.goto("/")  # it is the same visit still
    expect(welcome).to_contain_text("4 changes since")
    say_watched(page, 3)
    expect(welcome).to_contain_text("5 changes since")
    expect(welcome.get_by_role("listitem").first).to_have_text("Revelation changed: Bea")
    welcome.get_by_role("button", name="Close").click()
    expect(welcome).to_be_hidden()
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(welcome).to_be_hidden()


def test_the_way_to_all_of_it_is_one_click_and_ends_it(moderator: User, browser_at: Open, live_server: Any) -> None:
    publish(moderator, "early", 31)
    page = at(browser_at(), live_server, 3)
    was_here(page, timedelta(days=1))
    page.goto("/")
    expect(page.locator("#welcome")).to_contain_text("30 or more changes since")
    page.locator("#welcome").get_by_role("link", name="All changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recent changes")
    assert page.evaluate(NOTED) is None


def test_where_nothing_is_new_it_says_so(moderator: User, browser_at: Open, live_server: Any) -> None:
    publish(moderator, "late")
    page = at(browser_at(), live_server, 2)
    was_here(page, timedelta(days=2))
    page.goto("/")
    expect(page.locator("#welcome")).to_contain_text("Nothing has changed since")
    page.goto("/?as_of=1")
    expect(page.locator("#welcome")).to_have_count(0)


def test_nobody_is_welcomed_back_who_never_left(moderator: User, browser_at: Open, live_server: Any) -> None:
    publish(moderator, "early")
    page = at(browser_at(), live_server, 2)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    was_here(page, timedelta(hours=11))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#welcome")).to_be_hidden()
    assert not [url for url in asked if "/changes/" in url]
    without = at(browser_at(java_script_enabled=False), live_server, 2)
    without.goto("/")
    expect(without.locator("#welcome")).to_be_hidden()
