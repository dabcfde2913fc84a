"""Icons that can be seen, and what colours tell where the system puts its own in their place."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from characters.models import Character
from tests.browser.conftest import Open
from tests.browser.findings import DESK, axe_findings, be, looks, settle
from tests.conventions.test_pages import contrast


def rouge(browser_at: Open, live_server: Any, **options: Any) -> Page:
    context = browser_at(viewport=DESK, reduced_motion="reduce", **options)
    be(context, live_server.url, episode=9)
    page = context.new_page()
    page.goto(f"/c/{Character.objects.get(key='rouge_redstar').public_id}/")
    settle(page)
    return page


@pytest.mark.parametrize("scheme", looks("light", "dark"))
def test_the_pencil_can_be_seen(whole_show: None, live_server: Any, browser_at: Open, scheme: str) -> None:
    page = rouge(browser_at, live_server, color_scheme=scheme)
    pencil = page.locator(".learned .correct:visible").first
    pencil.scroll_into_view_if_needed()
    picture = Image.open(BytesIO(pencil.screenshot())).convert("RGB")
    paper = as_hex(picture.getpixel((1, 1)))
    colours: Any = picture.getcolors(4096)
    seen = sum(number for number, colour in colours if contrast(as_hex(colour), paper) >= 3)
    assert seen >= 20  # pixels: the strokes, and not a corner of them alone


def as_hex(colour: Any) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def test_with_colours_of_the_system_what_is_chosen_is_told(
    whole_show: None, live_server: Any, browser_at: Open
) -> None:
    page = rouge(browser_at, live_server, forced_colors="active")
    grounds = page.locator(".theme button").evaluate_all("all => all.map((it) => getComputedStyle(it).backgroundColor)")
    assert grounds.count(grounds[0]) == 1  # the one that is pressed
    lines = page.locator(".masthead nav a").evaluate_all(
        "all => all.map((it) => getComputedStyle(it).borderBottomColor)"
    )
    assert lines[0] not in lines[1:]  # that of the page where one is
    dot, paper = page.evaluate("""() => {
      const dot = document.querySelector(".jumps .appears");
      return [getComputedStyle(dot, "::before").backgroundColor, getComputedStyle(document.body).backgroundColor];
    }""")
    assert dot != paper


@pytest.mark.parametrize("scheme", looks("light", "dark"))
def test_whoever_wants_more_contrast_gets_that_of_level_aaa(
    whole_show: None, live_server: Any, browser_at: Open, scheme: str
) -> None:
    page = rouge(browser_at, live_server, color_scheme=scheme, contrast="more")
    assert page.evaluate("matchMedia('(prefers-contrast: more)').matches")
    assert axe_findings(page, rules=["color-contrast-enhanced"]) == []
