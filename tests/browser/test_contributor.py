"""Somebody sends a correction without an account, on a phone, with and without JavaScript, and follows the receipt."""

from pathlib import Path

import pytest
from playwright.sync_api import Dialog, FloatRect, Locator, Page, expect

from characters.contributing import draft
from characters.models import Character
from corrections import sending, thread
from corrections.models import Correction, Event
from tests.browser.conftest import Open, pick
from tests.browser.findings import WITH, WITHOUT, looks
from tests.corrections.letters import accepted, sent, set_to, status_of
from tests.people import person
from tests.shows import character, headline, load_show, revelation, trait

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def show(live_server: object, tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[
            character("ann", "Ann", traits=[trait("status", "alife", since=1)]),
            character("bea", "the stranger", aliases=[headline("Queen Mab", since=3)]),
        ],
        revelations=[revelation("r", "[[ann]] meets [[bea]].", since=1, characters=["ann", "bea"])],
    )


def open_page_of_ann(page: Page) -> None:
    page.goto("/")
    pick(page, 1)
    expect(page.get_by_label("Your progress")).to_contain_text("You are at episode 1")
    page.goto("/characters/")
    page.locator("main").get_by_role("link", name="Ann").click()


@pytest.fixture(params=looks(WITH, WITHOUT))
def page(show: None, browser_at: Open, request: pytest.FixtureRequest) -> Page:
    page = browser_at(java_script_enabled=request.param == WITH, viewport=PHONE).new_page()
    open_page_of_ann(page)
    return page


def test_who_writes_too_much_is_told_while_writing(
    show: None, browser_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_TEXT", 30)
    page = browser_at(viewport=PHONE).new_page()
    open_page_of_ann(page)
    page.get_by_role("link", name="Suggest a correction").click()
    page.locator("summary", has_text="Facts").click()
    page.get_by_label("Status: alife").check()
    page.get_by_role("button", name="Go on").click()
    note, text = page.locator("[data-length]"), page.get_by_label("What it says")
    expect(note).to_have_text("Up to 30 characters can be sent at once.")
    text.fill("a" * 31)
    expect(note).to_contain_text("These are 31 characters.")
    text.fill("a" * 30)
    expect(note).to_have_text("Up to 30 characters can be sent at once.")


def test_what_is_typed_narrows_the_list(show: None, browser_at: Open) -> None:
    page = browser_at(viewport=PHONE).new_page()
    open_page_of_ann(page)
    page.get_by_role("link", name="Suggest a correction").click()
    field, choices = page.get_by_label("Find in this list"), page.locator(".choose label:visible")
    field.fill("ALIFE")
    expect(choices).to_have_text(["Status: alife episode 1"], use_inner_text=False)
    expect(page.locator(".choose:visible")).to_have_count(1)
    field.fill("nothing of the kind")
    expect(choices).to_have_count(0)
    field.fill("")
    expect(page.get_by_label("A name", exact=True)).to_be_visible()


def test_a_long_list_goes_on_in_parts_and_loses_nothing(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft, "MOST_LISTED", 200)
    page.get_by_role("link", name="Suggest a correction").click()
    expect(page.locator("#choosing")).to_contain_text("This is part 1 of 4")
    page.locator("summary", has_text="First appearance").click()
    page.locator("details.choose input").check()
    page.get_by_label("A name", exact=True).check()
    page.get_by_role("button", name="3", exact=True).click()
    expect(page.locator("#choosing")).to_be_in_viewport()
    expect(page.locator("#choosing")).to_contain_text("This is part 3 of 4")
    page.locator("summary", has_text="Facts").click()
    page.get_by_label("Status: alife").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_label("A name", exact=True).press("Enter")
    expect(page.locator("section.row")).to_have_count(3)
    page.get_by_label("What it says").fill("alive")
    page.locator("summary", has_text="Change something else").click()
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#choosing")).to_be_in_viewport()
    expect(page.locator("#choosing")).to_contain_text("This is part 2 of 4")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.get_by_label("What it says")).to_have_value("alive")
    page.locator("summary", has_text="Names").click()
    page.locator("details.choose input").check()
    page.get_by_role("button", name="Add to this form").click()
    expect(page.locator("section.row")).to_have_count(4)
    expect(page.get_by_label("What it says")).to_have_value("alive")


def test_from_a_page_to_a_receipt_and_back(page: Page) -> None:
    page.get_by_role("link", name="Suggest a correction").click()
    page.get_by_label("A name").check()
    page.locator("summary", has_text="Facts").click()
    page.get_by_label("Status: alife").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("What it says").fill("alive, says [[the stranger]]")
    page.get_by_label("Name (required)", exact=True).fill("Annie")
    page.get_by_role("button", name="Send to the moderators").click()
    expect(page.get_by_role("alert")).to_contain_text("Not sent yet")
    expect(page.get_by_label("What it says")).to_have_value("alive, says [[the stranger]]")
    page.get_by_label("Why?").fill("A slip of the pen.")
    page.get_by_role("button", name="Send to the moderators").click()
    expect(page.get_by_role("heading", name="Keep this address")).to_be_visible()
    receipt = page.get_by_label("Your receipt").input_value()
    page.goto("/")
    page.goto(receipt)
    expect(page.get_by_text("Waiting for a moderator")).to_be_visible()
    expect(page.get_by_text("alive, says the stranger")).to_be_visible()
    accepted(Correction.objects.get(kind="suggestion"), by=person(role="moderator"))
    page.reload()
    expect(page.locator(".state strong")).to_have_text("Accepted")
    page.get_by_role("link", name="Ann", exact=True).first.click()
    expect(page.locator("main")).to_contain_text("alive, says the stranger", ignore_case=True)
    expect(page.locator("main")).to_contain_text("Annie")
    page.get_by_role("link", name="Recent changes").click()
    expect(page.locator("main")).to_contain_text("Fact changed")


def box_of(part: Locator) -> FloatRect:
    box = part.bounding_box()
    assert box is not None
    return box


def test_links_in_a_row_stand_apart_and_a_notice_has_as_much_room_below_as_above(
    show: None, browser_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread, "MOST_ENTRIES", 1)
    monkeypatch.setattr(draft, "MOST_NEW", 1)
    ann, receipt = Character.objects.get(key="ann"), sending.new_receipt()
    correction = sent(set_to(status_of(ann), "value", "alive"), receipt=receipt)
    for text in ("One.", "Two."):
        thread.add_event(correction, Event.Kind.REMARKED, None, text)
    page = browser_at(viewport=PHONE).new_page()
    open_page_of_ann(page)
    page.goto(f"/corrections/receipt/{receipt}/?thread=1")
    earlier, newest = (box_of(page.get_by_role("link", name=f"{which} entries")) for which in ("Earlier", "Newest"))
    assert newest["x"] - earlier["x"] - earlier["width"] > 15
    page.goto(f"/corrections/new/characters/{ann.public_id}/?add=alias&add=alias")
    notice = page.locator(".note[role=status]", has_text="left out")
    box, words = box_of(notice), box_of(notice.locator("p"))
    assert words["y"] - box["y"] == pytest.approx(box["y"] + box["height"] - words["y"] - words["height"], abs=1)


def test_one_revelation_is_a_pencil_away_and_so_is_the_way_back(page: Page) -> None:
    address = page.url
    page.get_by_role("link", name="Correct: Ann meets the stranger.").click()
    page.locator("main").get_by_role("link", name="Ann", exact=True).click()
    expect(page).to_have_url(address)
    page.get_by_role("link", name="Correct: Ann meets the stranger.").click()
    text = page.get_by_label("Text")
    expect(text).to_have_value("[[Ann]] meets [[the stranger]].")
    text.fill("[[Ann]] greets [[the stranger]].")
    page.get_by_label("Why?").fill("They only greet each other.")
    page.get_by_role("button", name="Send to the moderators").click()
    expect(page.locator("body")).to_contain_text("greets")  # what changed is marked
    page.get_by_role("button", name="Withdraw this correction").click()
    expect(page.locator(".state strong")).to_have_text("Withdrawn")


@pytest.mark.parametrize("width", looks(320, 390, 1440))
def test_forms_fit_the_screen_and_the_console_is_silent(show: None, browser_at: Open, width: int) -> None:
    page = browser_at(viewport={"width": width, "height": 844}).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    open_page_of_ann(page)
    page.get_by_role("link", name="Suggest a correction").click()
    for label in ("A name", "A fact", "A revelation", "A relation", "A portrait"):
        page.get_by_label(label, exact=True).check()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Send to the moderators").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto("/changes/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []


def test_the_list_narrows_while_typing_and_what_is_written_is_not_left_by_mistake(show: None, browser_at: Open) -> None:
    page = browser_at(viewport=PHONE).new_page()
    open_page_of_ann(page)
    page.get_by_role("link", name="Suggest a correction").click()
    page.get_by_label("Find in this list").fill("alife")
    page.get_by_label("Status: alife").check()
    expect(page.get_by_label("A portrait")).to_be_hidden()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("What it says").fill("alive")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_label("What it says")).to_have_value("alive")
    assert asked == ["What you wrote here is not sent yet. Leave it?"]
