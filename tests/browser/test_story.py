"""The whole way of a correction, in real browsers: sent, followed, decided, read, credited, undone."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open, say_watched
from tests.browser.findings import looks, watched
from tests.people import PASSWORD, person
from tests.shows import character, load_show, revelation

QUEUE = "/admin/corrections/correction/"
WAYS = {
    "on a phone": {"viewport": {"width": 390, "height": 844}},
    "at a desk, without JavaScript": {"viewport": {"width": 1440, "height": 900}, "java_script_enabled": False},
}


@pytest.fixture
def show(live_server: object, tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[character("ann")],
        revelations=[revelation("r", "[[ann]] arrives.", since=1, characters=["ann"])],
    )
    person("carol", role="contributor")
    person(role="moderator")


@pytest.fixture(params=looks(*WAYS))
def open_one(show: None, browser_at: Open, request: pytest.FixtureRequest) -> Open:
    """Everybody in this story has a browser of their own, of the same kind."""
    return lambda: browser_at(**WAYS[request.param])


def reader(open_one: Open, episode: int) -> Page:
    page = open_one().new_page()
    page.goto("/")
    say_watched(page, episode)
    return page


def sign_in(page: Page, name: str) -> Page:
    page.goto("/accounts/login/")
    page.get_by_label("Username or email").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name=f"Account of {name}")).to_be_visible()
    return page


def page_of_ann(page: Page) -> Locator:
    page.goto("/characters/")
    page.locator("main").get_by_role("link", name="Ann").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ann")
    return page.locator("main")


def suggest(page: Page, *, add: str, **typed: str) -> None:
    page_of_ann(page)
    page.get_by_role("link", name="Suggest a correction").click()
    page.get_by_label(add, exact=True).check()
    page.get_by_role("button", name="Go on").click()
    for label, text in typed.items():
        page.get_by_label(f"{label} (required)", exact=True).fill(text)
    page.get_by_label("Known after").select_option("2")
    page.get_by_label("Why?").fill("It is said in the last scene.")
    page.get_by_role("button", name="Send to the moderators").click()


def test_a_correction_from_the_first_word_to_its_undoing(open_one: Open) -> None:
    anonymous = reader(open_one, 2)
    said = watched(anonymous)
    suggest(anonymous, add="A revelation", Text="[[Ann]] is the quean of Mars.")
    receipt = anonymous.get_by_label("Your receipt").input_value()
    expect(page_of_ann(anonymous)).not_to_contain_text("of Mars")

    moderator = sign_in(reader(open_one, 2), "moderator")
    said_to_moderator = watched(moderator)
    moderator.goto(QUEUE)
    moderator.get_by_role("button", name="Take the next one").click()
    moderator.get_by_text("Edit before accepting").click()
    text = moderator.locator("details.altering textarea").first
    expect(text).to_have_value("[[Ann]] is the quean of Mars.")
    text.fill("[[Ann]] is the queen of Mars.")
    moderator.locator("label.choice.accept").click()
    moderator.get_by_role("button", name="Decide").click()
    expect(moderator.locator(".messagelist")).to_contain_text("Accepted")

    anonymous.goto(receipt)
    expect(anonymous.locator(".state strong")).to_have_text("Accepted")
    expect(anonymous.locator("main")).to_contain_text("after a moderator changed it")
    expect(page_of_ann(anonymous)).to_contain_text("Ann is the queen of Mars.")
    expect(page_of_ann(reader(open_one, 1))).not_to_contain_text("of Mars")

    carol = sign_in(reader(open_one, 2), "carol")
    carol.goto("/accounts/")
    carol.get_by_label("Name me next to what I contributed").check()
    carol.get_by_label("Name to be shown").fill("Carol of Ceres")
    carol.get_by_role("button", name="Save").click()
    suggest(carol, add="A name", Name="Queen Ann")
    moderator.goto(QUEUE)
    moderator.get_by_role("button", name="Take the next one").click()
    moderator.get_by_role("button", name="Accept", exact=True).click()
    expect(moderator.locator(".messagelist")).to_contain_text("Accepted")
    anonymous.goto("/changes/")
    expect(anonymous.locator("main")).to_contain_text("thanks to Carol of Ceres")
    expect(page_of_ann(anonymous)).to_contain_text("Queen Ann")
    early = reader(open_one, 1)
    early.goto("/changes/")
    assert "Carol" not in early.content()
    carol.goto("/corrections/")
    expect(carol.locator("main")).to_contain_text("Accepted")

    for published in ("add name", "add revelation"):
        moderator.goto(f"{QUEUE}?state=accepted")
        moderator.locator("#result_list tr", has_text=published).get_by_role("link", name="Ann", exact=True).click()
        moderator.get_by_label("Undo what was published").fill("The last scene was a dream.")
        moderator.get_by_role("button", name="Undo", exact=True).click()
        expect(moderator.locator(".messagelist")).to_be_visible()
    for gone in ("of Mars", "Queen Ann"):
        expect(page_of_ann(anonymous)).not_to_contain_text(gone)
    anonymous.goto("/changes/")  # where what was done is not forgotten
    expect(anonymous.locator("main")).to_contain_text("Revelation removed: Ann")
    expect(anonymous.locator("main")).to_contain_text("Name removed: Ann")
    assert said + said_to_moderator == []
