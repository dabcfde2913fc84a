"""A moderator at the queue, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from characters.models import Alias, Character, Trait
from corrections.models import Correction
from tests.browser.conftest import Open
from tests.browser.findings import WITH, WITHOUT, looks
from tests.corrections.letters import new, sent, set_to
from tests.people import PASSWORD, person
from tests.shows import character, load_show, trait

QUEUE = "/admin/corrections/correction/"


@pytest.fixture
def show(live_server: object, tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[
            character("ann", "Ann", traits=[trait("summary", "Ann waits at the gate.", since=1)]),
            character("zed", "Zed the Late", since=3),
        ],
    )
    author = person("author")
    ann, zed = (Character.objects.get(key=key) for key in ("ann", "zed"))
    sent(set_to(ann.traits.get(), "value", "Ann wayts at the red gate."), by=author)
    sent(
        new(Alias, character=ann, name="Annie", revealed_in_id=2),
        new(Trait, character=ann, attribute="habit", value="hums", revealed_in_id=2), by=author,
    )  # fmt: skip
    sent(new(Alias, character=zed, name="Zeddy", revealed_in_id=3), by=author)
    person(role="moderator")


def signed_in(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(f"/accounts/login/?next={QUEUE}")
    page.locator("[name=login]").fill("moderator")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.get_by_label("You have watched up to episode").select_option("2")
    page.get_by_role("button", name="Set").click()
    page.get_by_role("button", name="Yes, I have watched up to 2").click()
    page.wait_for_url(f"**{QUEUE}")
    return page


@pytest.fixture(params=looks(WITH, WITHOUT))
def page(show: None, browser_at: Open, request: pytest.FixtureRequest) -> Page:
    return signed_in(browser_at(java_script_enabled=request.param == WITH, viewport={"width": 1280, "height": 900}))


def test_edits_a_word_accepts_and_goes_on(page: Page) -> None:
    page.get_by_role("button", name="Take the next one").click()
    expect(page.locator("article.change ins")).to_have_text(["wayts", "red "])
    page.get_by_text("Edit before accepting").click()
    page.get_by_label("Value").fill("Ann waits at the red gate.")
    page.locator("label.choice.accept").click()
    page.get_by_role("button", name="Decide").click()
    expect(page.locator(".messagelist")).to_contain_text("Accepted. Ann: change summary.")
    expect(page.locator("article.change")).to_have_count(2)
    page.goto("/characters/")
    page.get_by_role("link", name="Ann").first.click()
    expect(page.get_by_text("Ann waits at the red gate.").first).to_be_visible()


def test_what_comes_later_stays_folded_until_opened(page: Page) -> None:
    expect(page.locator("#result_list")).to_contain_text("folded · episode 3")
    assert "Zed" not in page.content()
    page.get_by_text("folded · episode 3").click()
    assert "Zed" not in page.content()
    page.get_by_role("button", name="Open it all the same").click()
    expect(page.locator("article.change")).to_contain_text("Zed the Late")


def test_the_page_as_it_would_be_is_shown_beside(page: Page, request: pytest.FixtureRequest) -> None:
    page.get_by_role("link", name="Ann", exact=True).last.click()
    page.get_by_text("Preview the page as it would be").click()
    if request.node.callspec.params["page"] == WITHOUT:  # where there is JavaScript, opening shows the first
        page.locator(".preview").get_by_role("link", name="2", exact=True).click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("status").first).to_contain_text("Nothing of it is published")
    expect(frame.locator("main")).to_contain_text("Annie")
    page.locator(".preview").get_by_role("link", name="3", exact=True).click()
    expect(frame.locator("body")).to_contain_text("later than you have watched")


def test_a_preview_opened_before_the_script_is_there_is_shown_once_it_is(show: None, browser_at: Open) -> None:
    page = signed_in(browser_at(viewport={"width": 1280, "height": 900}))
    held: list[Route] = []
    page.route("**/js/queue.js", lambda route: held.append(route))
    page.get_by_role("link", name="Ann", exact=True).last.click(no_wait_after=True)
    page.get_by_text("Preview the page as it would be").click()
    expect(page.locator("#preview iframe")).to_be_visible()
    held[0].continue_()
    expect(page.frame_locator("#preview iframe").get_by_role("status").first).to_contain_text("Nothing of it")


def test_a_link_followed_at_once_is_what_is_previewed(show: None, browser_at: Open) -> None:
    page = signed_in(browser_at(viewport={"width": 1280, "height": 900}))
    page.get_by_role("link", name="Ann", exact=True).last.click()
    expect(page.locator(".keys")).to_be_visible()
    page.evaluate(
        """() => {
            document.querySelector("#preview").open = true;
            [...document.querySelectorAll("#preview a[target=preview]")].find((link) => link.text === "1").click();
        }"""
    )
    expect(page.locator("#preview a[aria-current]")).to_have_text("1")
    expect(page.frame_locator("#preview iframe").get_by_role("status").first).to_contain_text("at episode 1 ")
    expect(page.locator("#preview .loading")).to_be_hidden()


def test_decides_by_keyboard_alone(show: None, browser_at: Open) -> None:
    page = signed_in(browser_at(viewport={"width": 1280, "height": 900}))
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.get_by_role("link", name="Ann", exact=True).last.click()
    expect(page.locator(".keys")).to_be_visible()  # the script is there
    keyboard = page.keyboard
    keyboard.press("j")
    expect(page.locator("#change-1")).to_be_focused()
    keyboard.press("j")
    expect(page.locator("#change-2")).to_be_focused()
    keyboard.press("k")
    keyboard.press("a")
    expect(page.locator("#change-1").get_by_label("Accept", exact=True)).to_be_checked()
    expect(page.locator("#change-2")).to_be_focused()
    keyboard.press("r")
    keyboard.type("a jolly guess")  # a, j and e are letters here
    keyboard.press("Escape")
    keyboard.press("p")
    expect(page.frame_locator("#preview iframe").get_by_role("status").first).to_contain_text("Preview")
    keyboard.press("p")
    expect(page.locator("#preview iframe")).to_be_hidden()
    keyboard.press("Control+Enter")
    expect(page.locator(".messagelist")).to_contain_text("Partly accepted.")
    decided = Correction.objects.get(state="partly")
    assert [(change.decision, change.why) for change in decided.changes.all()] == [
        ("accepted", ""),
        ("rejected", "a jolly guess"),
    ]
    assert complaints == []


def test_the_key_that_accepts_all_asks_about_what_the_linter_finds_something_in(show: None, browser_at: Open) -> None:
    ann = Character.objects.get(key="ann")
    Alias.objects.create(character=ann, name="Queen Ann", kind="title", revealed_in_id=2)
    correction = sent(
        new(Alias, character=ann, name="Nan", revealed_in_id=1),
        new(Trait, character=ann, attribute="habit", value="is Queen Ann", revealed_in_id=1), by=person("other"),
    )  # fmt: skip
    page = signed_in(browser_at(viewport={"width": 1280, "height": 900}))
    page.goto(f"{QUEUE}{correction.pk}/change/")
    expect(page.locator(".keys")).to_be_visible()
    for _ in range(2):  # pressed once more it accepts as little
        page.keyboard.press("Shift+A")
        expect(page.locator(".messagelist")).to_contain_text("Nothing was decided yet")
        expect(page.locator("#change-2")).to_be_focused()
    assert not correction.changes.exclude(decision="pending").exists()
    page.keyboard.press("a")
    page.keyboard.press("k")
    page.keyboard.press("a")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".messagelist")).to_contain_text("Accepted.")


def is_seen(page: Page, locator: str) -> bool:
    box = page.locator(locator).bounding_box()
    return box is not None and 0 <= box["y"] <= page.evaluate("innerHeight") - box["height"]


def test_without_a_script_a_form_that_comes_back_is_at_what_is_said_of_it(show: None, browser_at: Open) -> None:
    page = signed_in(browser_at(java_script_enabled=False, viewport={"width": 390, "height": 400}))
    page.get_by_role("link", name="Ann", exact=True).last.click()
    page.locator("#change-2 label.choice.reject").click()
    page.get_by_role("button", name="Decide").last.click()
    expect(page.locator("#notices")).to_be_focused()
    assert is_seen(page, "#notices")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Change 2")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#change-2")).to_be_focused()
    page.get_by_role("button", name="Claim").click()
    page.locator("#change-2").get_by_label("Reason for a rejection").fill("Nobody does.")
    page.locator("#change-2 label.choice.reject").click()
    page.get_by_role("button", name="Accept all not rejected").click()
    expect(page.locator("#notices")).to_contain_text("Partly accepted.")
    expect(page.locator("#notices")).to_be_focused()
    assert is_seen(page, "#notices")


@pytest.mark.parametrize("width", looks(390, 1440))
def test_nothing_runs_off_the_side(show: None, browser_at: Open, width: int) -> None:
    page = signed_in(browser_at(viewport={"width": width, "height": 844}))
    for address in (QUEUE, "/admin/"):
        page.goto(address)
        if address == QUEUE:
            assert page.locator("#changelist .results").evaluate("box => box.scrollWidth <= box.clientWidth")
            assert page.get_by_text("By author", exact=True).is_visible() == (width > 390)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    page.goto(QUEUE)
    page.get_by_role("link", name="Ann", exact=True).last.click()
    expect(page.locator("article.change").first).to_be_visible()
    assert page.locator(".submit-row").bounding_box()["height"] < 90  # type: ignore[index]
    assert page.locator(".submit-row").evaluate("row => row.scrollWidth <= row.clientWidth")
    focused = page.locator("article.change").last
    focused.evaluate("change => { change.focus(); change.scrollIntoView({ block: 'nearest' }); }")
    bar, card = page.locator(".submit-row").bounding_box(), focused.bounding_box()
    assert bar is not None
    assert card is not None
    assert card["y"] + card["height"] <= bar["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
