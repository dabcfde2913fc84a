"""Somebody at episode 5 of the real show, on a phone and at a desk, with and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, Response, expect

from characters.models import Character
from tests.browser.conftest import Open, go_on, pick, say_watched
from tests.browser.findings import looks, watched

LATER = ("Flash Silvia", "proto-Nean", "Cyan Bluestar")  # first told of in 6 to 8
WAYS = {
    "on a phone": {"viewport": {"width": 390, "height": 844}},
    "at a desk": {"viewport": {"width": 1440, "height": 900}},
    "on a phone, without JavaScript": {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False},
    "at a desk, without JavaScript": {"viewport": {"width": 1440, "height": 900}, "java_script_enabled": False},
}


@pytest.mark.parametrize("way", looks(*WAYS))
def test_reads_about_and_goes_back_without_meeting_what_comes_later(
    whole_show: None, browser_at: Open, way: str
) -> None:
    page = browser_at(**WAYS[way]).new_page()
    said = watched(page)
    bodies = bodies_of(page)
    page.goto("/")
    pick(page, 5)
    expect(page.get_by_label("Your progress")).to_contain_text("You are at episode 5")
    main = page.locator("main")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Characters").click()
    main.get_by_role("link", name=re.compile("^Rouge Redstar")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rouge Redstar")
    page.get_by_role("link", name="On the map").click()
    expect(page.locator("#map")).to_contain_text("After episode 5")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Recap").click()
    page.get_by_label("What has happened since").select_option("3")
    page.get_by_role("button", name="Tell me").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Since episode 3")
    page.locator("#search-field").fill("Giallon")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(main.locator(".results")).to_contain_text("Giallon")
    assert len(bodies) >= 6
    for body in [*bodies, page.content()]:
        assert [name for name in LATER if name in body] == []
    assert said == []


def bodies_of(page: Page) -> list[str]:
    """Whatever is sent to this page; what a redirect brings cannot be read, but where it leads is."""
    bodies: list[str] = []

    def keep(response: Response) -> None:
        if response.request.resource_type in ("document", "fetch", "xhr") and response.status == 200:
            bodies.append(response.text())

    page.on("response", keep)
    return bodies


def told_in(page: Page) -> str:
    page.wait_for_load_state()
    return page.content()


@pytest.mark.parametrize("javascript", [True, False])
def test_the_back_button_after_lowering_progress_shows_nothing_later(
    whole_show: None, browser_at: Open, javascript: bool
) -> None:
    page = browser_at(java_script_enabled=javascript).new_page()
    page.goto("/")
    say_watched(page, 2)
    say_watched(page, 4)
    for address in ("/episodes/4/", "/graph/", "/search/?q=doctor", "/recap/?since=2"):
        page.goto(address)
    assert "Afdal Bashal" in told_in(page)
    say_watched(page, 1)
    assert "Afdal Bashal" not in told_in(page)
    for _ in range(4):
        page.go_back()
        assert "Afdal Bashal" not in told_in(page), page.url


def test_by_keyboard_the_content_is_one_key_away_and_the_focus_is_seen(whole_show: None, browser_at: Open) -> None:
    page = browser_at(viewport={"width": 390, "height": 844}).new_page()
    page.goto("/characters/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    say_watched(page, 5)
    page.goto("/characters/")
    for _ in range(25):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "() => { const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);"
            " return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2; }"
        )
        assert seen, page.evaluate("document.activeElement.outerHTML")


def test_whoever_wants_no_motion_gets_none(whole_show: None, browser_at: Open) -> None:
    moving = "[...document.querySelectorAll('*')].some((it) => parseFloat(getComputedStyle(it).transitionDuration) > 0)"
    page = browser_at(reduced_motion="no-preference").new_page()
    page.goto("/characters/")
    assert page.evaluate(moving)
    page.emulate_media(reduced_motion="reduce")
    assert not page.evaluate(moving)
    page.evaluate("() => { document.startViewTransition = () => ({ ready: Promise.resolve() }); }")
    say_watched(page, 1)  # shown at once, as whoever waited for that would wait for ever


def box(page: Page, selector: str) -> dict[str, float]:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return dict(found)


ROOM_BESIDE_TITLE = """
() => {
  const picker = document.querySelector(".progress select"), style = getComputedStyle(picker);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const room = picker.clientWidth - parseFloat(style.paddingLeft);
  return room - pen.measureText(picker.selectedOptions[0].text).width;
}
"""


@pytest.mark.parametrize("width", looks(320, 768, 1440))
def test_the_step_stays_where_it_is(whole_show: None, browser_at: Open, width: int) -> None:
    """And neither undo nor a longer title moves anything, up to the last episode."""
    page = browser_at(viewport={"width": width, "height": 844}, reduced_motion="reduce").new_page()
    page.goto("/episodes/")
    first, top = box(page, ".progress .step"), box(page, "main")["y"]
    for episode in range(1, 14):
        go_on(page, episode)
        expect(page.get_by_label("Your progress")).to_contain_text(f"You are at episode {episode}")
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        assert (box(page, ".progress .step"), box(page, "main")["y"]) == (first, top), episode
    expect(page.locator(".progress .step")).to_have_text("All watched")


def test_the_picker_is_as_wide_as_its_longest_title_where_there_is_room(whole_show: None, browser_at: Open) -> None:
    page = browser_at(viewport={"width": 1440, "height": 900}).new_page()
    page.goto("/episodes/")
    say_watched(page, 2)
    narrow = box(page, ".progress select")["width"]
    say_watched(page, 4)
    say_watched(page, 5)  # Carnival Dances with Lost Memories
    assert narrow < box(page, ".progress select")["width"] > 240
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(ROOM_BESIDE_TITLE) >= 20  # for the arrow


@pytest.mark.parametrize("scripted", looks(True, False))
@pytest.mark.parametrize("width", looks(320, 390, 768, 1440))
def test_episode_and_step_stay_at_hand_and_cover_no_anchor(
    whole_show: None, browser_at: Open, width: int, scripted: bool
) -> None:
    page = browser_at(viewport={"width": width, "height": 844}, java_script_enabled=scripted).new_page()
    naomi = Character.objects.get(key="naomi_orthmann")
    page.goto(f"/c/{naomi.public_id}/")
    say_watched(page, 1)
    page.goto(f"/c/{naomi.public_id}/#episode-1")
    expect(page.locator("#episode-1")).to_be_in_viewport()
    bar, step = box(page, ".progress"), box(page, "details.step")
    assert page.evaluate("scrollY") > 300
    assert step["y"] >= 0
    assert bar["y"] + bar["height"] <= box(page, "#episode-1")["y"]
    assert bar["y"] + bar["height"] < 80


def test_the_jumps_follow_at_a_desk_and_cover_no_chapter(whole_show: None, browser_at: Open) -> None:
    page = browser_at(viewport={"width": 1440, "height": 900}).new_page()
    naomi = Character.objects.get(key="naomi_orthmann")
    page.goto("/")
    say_watched(page, 1)
    page.goto(f"/c/{naomi.public_id}/")
    page.get_by_role("navigation", name="Go to episode").get_by_role("link", name="episode 1").click()
    expect(page.locator("#episode-1")).to_be_in_viewport()
    bar, jumps = box(page, ".progress"), box(page, ".jumps")
    assert abs(bar["y"] + bar["height"] - jumps["y"]) < 2
    assert jumps["y"] + jumps["height"] < box(page, "#episode-1")["y"]
