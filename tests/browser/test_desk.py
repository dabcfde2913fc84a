"""The week of an episode, in a real browser: with rows added by the script, and by the server where there is none."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from characters.models import Revelation, Trait
from tests.browser.conftest import Open
from tests.browser.findings import WITH, WITHOUT, looks
from tests.browser.test_moderator import signed_in
from tests.people import person
from tests.shows import character, load_show

SHEET = "/admin/episodes/episode/2/learned/"


@pytest.fixture(params=looks(WITH, WITHOUT))
def page(live_server: object, tmp_path: Path, browser_at: Open, request: pytest.FixtureRequest) -> Page:
    load_show(tmp_path, characters=[character("ann", "Ann")])
    person(role="moderator")
    page = signed_in(browser_at(java_script_enabled=request.param == WITH, viewport={"width": 390, "height": 900}))
    page.on("console", lambda message: pytest.fail(message.text))
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(SHEET)
    return page


def test_three_revelations_and_a_fact_in_one_go(page: Page) -> None:
    for number, text in enumerate(("[[ann]] runs.", "[[ann]] hides.", "[[ann]] is found.")):
        field = page.locator(f"#id_revelations-{number}-text")
        if not field.count():
            page.locator("button[value=revelations]").click()
        field.fill(text)
    page.get_by_role("heading", name="Facts and summaries").click()
    page.locator("#id_traits-0-whose").fill("ann")
    page.locator("#id_traits-0-attribute").select_option("status")
    page.locator("#id_traits-0-value").fill("found")
    page.get_by_role("button", name="Publish it all").click()
    expect(page.locator(".messagelist")).to_contain_text("is published")
    expect(page.locator("ol.told")).to_contain_text("[[ann]] is found.")
    assert [row.text for row in Revelation.objects.order_by("position")] == [
        "[[ann]] runs.", "[[ann]] hides.", "[[ann]] is found.",
    ]  # fmt: skip
    assert Trait.objects.get().value == "found"


def test_a_mistake_opens_its_section_and_keeps_the_rest(page: Page) -> None:
    page.locator("#id_revelations-0-text").fill("[[ann]] runs.")
    page.get_by_role("heading", name="Tags").click()
    page.locator("#id_tags-0-whose").fill("nobody")
    page.locator("#id_tags-0-tag").fill("brave")
    page.get_by_role("button", name="Publish it all").click()
    expect(page.get_by_text("has the key or the name “nobody”")).to_be_visible()
    expect(page.locator("#id_revelations-0-text")).to_have_value("[[ann]] runs.")
    assert not Revelation.objects.exists()
