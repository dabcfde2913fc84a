import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.storage import default_storage
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from characters.pictures.files import COPIES, DIRECTORY, WIDTHS, copy_name

# The shell draws the same pages without a window around them, in less than half of the time. Letters are as wide in it
# as in a window once it is told not to fit them to whole pixels.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or ""
PATIENCE = 20_000  # milliseconds; a page that is not there by then will not come
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
]  # fmt: skip

expect.set_options(timeout=PATIENCE)

type Open = Callable[..., BrowserContext]


def say_watched(page: Page, episode: int) -> None:
    """By the bar's picker; and wait for the answer, as with JavaScript no new page is opened."""
    bar = page.get_by_label("Your progress")
    bar.get_by_label("Episode", exact=True).select_option(str(episode))
    bar.get_by_role("button", name="Set").click()
    told = f"You are at episode {episode}" if episode else "You have watched nothing yet"
    sure = page.locator("main").get_by_role("button", name="Yes, I have watched")
    expect(bar.get_by_text(told).or_(sure)).to_be_visible()
    if sure.is_visible():
        sure.click()
    expect(bar).to_contain_text(told)


def pick(page: Page, episode: int) -> None:
    """Pick an episode where the page asks for it, and confirm it."""
    page.locator("main").get_by_role("button", name=f"Episode {episode}", exact=True).click()
    page.get_by_role("button", name="Yes, I have watched").click()


def go_on(page: Page, episode: int) -> None:
    """By the bar's step to the next episode, which asks once more."""
    bar = page.get_by_label("Your progress")
    bar.get_by_text(f"I’ve watched {episode}", exact=True).click()
    bar.get_by_role("button", name=f"Yes, go to {episode}", exact=True).click()


@pytest.fixture
def whole_show(live_server: object, real_show: None) -> None:
    """Put a picture of the real show wherever a browser asks for one; no test sees that the copies are not smaller."""
    for name in default_storage.listdir(DIRECTORY)[1]:
        original = default_storage.path(f"{DIRECTORY}{name}")
        for width in WIDTHS:
            for kind in COPIES:
                os.link(original, default_storage.path(copy_name(f"{DIRECTORY}{name}", width, kind)))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if not CHROMIUM:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing, and CI skips nothing.")
        pytest.skip("Chromium is not installed (on Debian: apt install chromium-headless-shell)")
    # Playwright keeps an event loop in this thread, and Django would refuse its own queries for that.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def browser_at(chromium: Any, live_server: Any, settings: Any) -> Iterator[Open]:
    """A new browser profile, pointed at the site."""
    settings.SITE_URL = live_server.url  # addresses to keep or to pass on are made of it
    opened: list[BrowserContext] = []

    def open_at(**options: Any) -> BrowserContext:
        context = chromium.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        return context

    yield open_at
    for context in opened:
        context.close()
