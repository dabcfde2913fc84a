"""A tab is closed, and what was typed in it is there again: from the server, or from the browser for the nameless."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect

from characters.models import Alias, Character
from corrections.models import Correction, FormDraft
from tests.browser.conftest import Open
from tests.browser.test_moderator import signed_in
from tests.characters.test_admin import section_address
from tests.corrections.desk import page_of
from tests.corrections.letters import new, sent
from tests.people import person
from tests.shows import character, load_show, trait

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def ann(live_server: object, tmp_path: Path) -> Character:
    load_show(tmp_path, characters=[character("ann", "Ann", traits=[trait("status", "alife", since=1)])])
    return Character.objects.get()


def watched(context: BrowserContext) -> Page:
    """A new tab, in which nothing fails unseen."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


def go_to(context: BrowserContext, site: Any, episode: int) -> None:
    context.add_cookies([{"name": "progress", "value": str(episode), "url": site.url}])


def test_an_editor_goes_on_where_the_tab_was_closed(ann: Character, browser_at: Open) -> None:
    person(role="moderator")
    context = browser_at(viewport=PHONE)
    signed_in(context).close()
    page, address = watched(context), section_address(ann, "facts")
    page.goto(address)
    page.locator("[name=traits-0-value]").fill("alive")
    expect(page.locator("[data-draft-says]")).to_contain_text("Kept as a draft")
    page.close()
    page = watched(context)
    page.goto(address)
    page.get_by_role("link", name="Go on with your draft").click()
    expect(page.locator("[name=traits-0-value]")).to_have_value("alive")
    page.locator("[name=traits-0-value]").fill("alive and well")
    expect(page.locator("[data-draft-says]")).to_contain_text("Kept as a draft")
    page.locator("[name=_save]:visible").first.click()
    expect(page.locator(".messagelist")).to_contain_text("is published")
    assert ann.traits.get().value == "alive and well"
    assert not FormDraft.objects.exists()


def test_a_moderator_goes_on_where_the_tab_was_closed(ann: Character, browser_at: Open) -> None:
    person(role="moderator")
    said = [new(Alias, character=ann, name=name, revealed_in_id=1) for name in ("Anna", "Annie")]
    correction = sent(*said, by=person("author"))
    context = browser_at(viewport=PHONE)
    signed_in(context).close()
    page, address = watched(context), page_of(correction)
    page.goto(address)
    second = page.locator("article.change").nth(1)
    second.get_by_label("Reason for a rejection").fill("No source.")  # which chooses “Reject”
    expect(page.locator("[data-draft-says]")).to_contain_text("Kept as a draft")
    page.close()
    page = watched(context)
    page.goto(address)
    second = page.locator("article.change").nth(1)
    expect(second.get_by_label("Reason for a rejection")).to_have_value("No source.")
    expect(second.locator("input[value=reject]")).to_be_checked()
    expect(page.locator("article.change").nth(0).locator("input[value=leave]")).to_be_checked()
    expect(page.locator("[data-draft-says]")).to_contain_text("nothing of it is sent yet")
    page.get_by_role("button", name="Throw it away").click()
    second = page.locator("article.change").nth(1)
    expect(second.locator("input[value=leave]")).to_be_checked()
    second.locator("label.choice.reject").click()
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(second).to_contain_text("reason")
    expect(second).to_be_focused()  # where the reason is missing


def test_leaving_a_form_that_is_not_kept_is_asked_about(ann: Character, browser_at: Open) -> None:
    person(role="moderator")
    context = browser_at()
    signed_in(context).close()
    page, address = watched(context), section_address(ann, "facts")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", stay)
    page.goto(address)
    page.locator("[name=traits-0-value]").press_sequentially("y")
    expect(page.locator("[data-draft-says]")).to_contain_text("Kept as a draft")
    page.goto(address)  # kept, so nothing is asked; from here on there is a draft that was not taken up
    assert not asked
    page.locator("[name=traits-0-value]").press_sequentially("z")
    expect(page.locator("[data-draft-says]")).to_contain_text("Nothing was kept")
    page.goto(address)
    assert asked == ["beforeunload"]


def test_the_browser_keeps_what_the_nameless_type(ann: Character, browser_at: Open, live_server: Any) -> None:
    context = browser_at(viewport=PHONE)
    page, address = watched(context), f"/corrections/new/characters/{ann.public_id}/"
    go_to(context, live_server, 2)
    page.goto(f"{address}?add=alias")
    page.locator("[name=new0-name]").fill("Annie")
    said = page.locator("[data-draft-here='']")
    expect(said).to_contain_text("Kept in this browser")
    page.close()

    page = watched(context)
    said = page.locator("[data-draft-here='']")
    page.goto(address)
    page.get_by_role("link", name="Go on with your draft").click()
    expect(said).to_contain_text("This is your draft")
    expect(page.locator("[name=new0-name]")).to_have_value("Annie")

    kept = "Object.keys(localStorage).filter((name) => name.includes('draft')).length"
    page.get_by_role("button", name="Send to the moderators").click()
    expect(page.locator("main [role=alert]").first).to_be_focused()  # it says no reason yet
    expect(page.locator("main [role=alert]").first).to_be_in_viewport()
    assert page.evaluate(kept) == 1
    page.get_by_label("Why?").fill("It is so.")
    page.get_by_role("button", name="Send to the moderators").click()
    expect(page.get_by_role("heading", name="Keep this address")).to_be_visible()
    page.wait_for_function(f"{kept} === 0")
    assert Correction.objects.filter(kind="suggestion").count() == 1

    page.goto(address)
    page.locator("[name=note]").fill("She is missing.")
    expect(page.locator("[data-draft-here=own-words]")).to_contain_text("Kept in this browser")
    page.goto(address)
    page.get_by_role("link", name="Go on with your draft").click()
    expect(page.locator("[name=note]")).to_have_value("She is missing.")
    page.get_by_role("button", name="Send this note").click()
    expect(page.get_by_role("heading", name="Keep this address")).to_be_visible()
    page.wait_for_function(f"{kept} === 0")


def test_the_browser_folds_a_later_draft_and_throws_one_away(
    ann: Character, browser_at: Open, live_server: Any
) -> None:
    context = browser_at(viewport=PHONE)
    page = watched(context)
    go_to(context, live_server, 2)
    address = f"/corrections/new/characters/{ann.public_id}/"
    page.goto(f"{address}?add=alias")
    page.locator("[name=new0-name]").fill("Annie the Late")
    said = page.locator("[data-draft-here='']")
    expect(said).to_contain_text("Kept in this browser")
    go_to(context, live_server, 1)
    page.goto(address)
    expect(page.get_by_label("Find in this list")).to_be_visible()  # the scripts have run
    expect(said).to_be_hidden()
    go_to(context, live_server, 3)
    page.goto(address)
    expect(said).to_contain_text("has a draft of this form")
    said.get_by_role("button", name="Throw it away").click()
    page.goto(address)
    expect(page.get_by_label("Find in this list")).to_be_visible()
    expect(said).to_be_hidden()
