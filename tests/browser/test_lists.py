"""Narrowing a list: at once where there is JavaScript, with a button at hand where there is none."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.findings import DESK, PHONE, be, watched
from tests.people import person


def characters_at(browser_at: Open, live_server: Any, **options: Any) -> Page:
    context = browser_at(**options)
    be(context, live_server.url, episode=9)
    page = context.new_page()
    page.goto("/characters/")
    return page


def top_of(control: Locator) -> float:
    return control.evaluate("it => it.getBoundingClientRect().top")


def test_a_filter_applies_as_soon_as_it_is_chosen(whole_show: None, live_server: Any, browser_at: Open) -> None:
    page = characters_at(browser_at, live_server, viewport=DESK)
    said = watched(page)
    page.reload()
    page.locator("summary", has_text="Status").click()
    box = page.get_by_role("checkbox", name="Deceased")
    box.focus()
    page.evaluate("scrollTo(0, 300)")
    top = top_of(box)
    page.keyboard.press("Space")
    expect(page.get_by_role("list", name="Active filters")).to_contain_text("deceased")
    told = page.locator(".list .count-line").text_content()
    expect(page.get_by_role("status").filter(has_text=told)).to_be_attached()
    assert "status=deceased" in page.url
    expect(box).to_be_checked()
    expect(box).to_be_focused()
    assert abs(top_of(box) - top) < 2
    cards = page.locator(".cards > li").count()
    page.reload()
    assert page.locator(".cards > li").count() == cards
    assert page.locator(".list .count-line").text_content() == told
    page.get_by_role("checkbox", name="Deceased").uncheck()
    expect(page.get_by_role("list", name="Active filters")).to_have_count(0)
    expect(page.locator(".page-head .count-line")).to_be_visible()
    assert said == []


def test_the_button_that_copies_a_link_stays_when_a_filter_applies(
    whole_show: None, live_server: Any, browser_at: Open
) -> None:
    page = characters_at(browser_at, live_server, viewport=DESK)
    page.get_by_label("Sort by").select_option(index=1)
    page.wait_for_url("**/characters/?*sort=*")
    expect(page.get_by_role("button", name="Copy a link that tells nothing")).to_be_visible()


def test_a_list_on_its_way_does_not_come_after_another_page(
    whole_show: None, live_server: Any, browser_at: Open
) -> None:
    page = characters_at(browser_at, live_server, viewport=DESK)
    page.route("**/characters/?*", lambda route: None)  # no answer comes
    with page.expect_request("**/characters/?*"):
        page.get_by_label("Sort by").select_option(index=1)
    with page.expect_event("requestfailed") as failed:
        page.evaluate("document.dispatchEvent(new CustomEvent('page:shown'))")
    assert "sort=" in failed.value.url
    assert page.url.endswith("/characters/")


def test_a_choice_that_cannot_be_fetched_is_sent_as_a_form(
    whole_show: None, live_server: Any, browser_at: Open
) -> None:
    page = characters_at(browser_at, live_server, viewport=DESK)
    page.route(
        "**/characters/?*", lambda route: route.abort() if route.request.resource_type == "fetch" else route.continue_()
    )
    with page.expect_navigation():
        page.get_by_label("Sort by").select_option(index=1)
    assert "sort=" in page.url


def test_on_a_phone_the_button_is_at_hand_while_one_chooses(
    whole_show: None, live_server: Any, browser_at: Open
) -> None:
    page = characters_at(browser_at, live_server, viewport=PHONE, java_script_enabled=False)
    page.locator(".narrowing > summary").click()
    show = page.get_by_role("button", name="Show", exact=True)
    assert show.evaluate("it => it.getBoundingClientRect().bottom") <= PHONE["height"]
    page.get_by_role("checkbox").first.check()
    show.click()
    expect(page.get_by_role("list", name="Active filters")).to_be_visible()


def test_a_list_of_the_admin_breaks_no_word_on_a_phone(whole_show: None, live_server: Any, browser_at: Open) -> None:
    context = browser_at(viewport=PHONE)
    be(context, live_server.url, episode=6, user=person(role="moderator"))
    page = context.new_page()
    page.goto("/admin/characters/character/")
    names = page.locator("#result_list .field-newest_name a, #result_list .field-handle a")
    broken = names.evaluate_all(
        "all => all.filter(it => it.getClientRects().length > it.textContent.split(/[ -]/).length).map(it => it.text)"
    )
    assert names.count() > 20
    assert broken == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
