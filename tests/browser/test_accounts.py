"""Accounts in a real browser: a passkey on a virtual authenticator, and the offer of progress."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from episodes.models import Viewer
from tests.browser.conftest import Open
from tests.browser.findings import looks
from tests.people import PASSWORD, person
from tests.shows import character, load_show


@pytest.fixture
def show(live_server: object, tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("ann"), character("bea", since=3)])


@pytest.fixture(params=looks(390, 1440))
def page(show: None, browser_at: Open, request: pytest.FixtureRequest) -> Page:
    return browser_at(viewport={"width": request.param, "height": 844}).new_page()


def sign_in(page: Page, name: str = "carol") -> None:
    page.goto("/")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Username or email").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name=name)).to_be_visible()


def with_authenticator(page: Page) -> None:
    """A key that holds passkeys and whose owner always agrees."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_made_and_signs_in(page: Page) -> None:
    person("carol")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with_authenticator(page)
    sign_in(page)
    page.get_by_role("link", name="carol").click()
    page.get_by_role("link", name="Passkeys").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("textbox", name="Name optional").fill("My laptop")
    expect(page.get_by_label("Sign in with it alone")).to_be_checked()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("recovery codes").first).to_be_visible()
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["carol@example.org"], "[rougedb] Security Key Added")
    ]
    page.get_by_role("link", name="Passkeys").click()
    expect(page.locator(".keys")).to_contain_text("My laptop")

    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("button", name="Sign Out").click()
    expect(page.get_by_role("link", name="carol")).to_have_count(0)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("link", name="carol")).to_be_visible()
    assert complaints == []


def test_the_code_for_an_app_can_be_seen(page: Page) -> None:
    person("carol")
    sign_in(page)
    page.goto("/accounts/2fa/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    picture = page.get_by_role("img", name="QR code")
    expect(picture).to_be_visible()
    assert picture.evaluate("it => it.complete && it.naturalWidth") > 0


def test_a_passkey_that_is_not_there_is_told_on_the_page(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That did not work, or was cancelled.")).to_be_visible(timeout=30_000)


def test_the_number_of_the_account_is_offered(page: Page) -> None:
    user = person("carol", at=3)
    page.goto("/")
    page.get_by_role("button", name="Episode 1").click()
    page.get_by_role("button", name="Yes, I have watched it").click()
    expect(page.get_by_label("Your progress")).to_contain_text("You are at episode 1")
    sign_in(page)
    offer = page.get_by_role("region", name="Where are you?")
    expect(offer).to_contain_text("This browser was at episode 1, the account of carol at 3.")
    page.goto("/characters/")
    expect(page.locator(".card strong")).to_have_text(["Ann"])
    offer.get_by_role("button", name="Use 3").click()
    expect(offer).to_have_count(0)
    page.goto("/characters/")
    expect(page.locator(".card strong")).to_have_text(["Ann", "Bea"])
    Viewer.objects.filter(user=user).update(progress=1)
    page.reload()
    expect(page.locator(".card strong")).to_have_text(["Ann"])


@pytest.mark.parametrize("scheme", looks("light", "dark"))
def test_nothing_runs_off_the_side(show: None, browser_at: Open, scheme: str) -> None:
    person("carol", at=3)
    page = browser_at(viewport={"width": 320, "height": 844}, color_scheme=scheme).new_page()
    sign_in(page)
    for address in ("", "email/", "password/change/", "2fa/", "2fa/webauthn/", "logout/", "reauthenticate/"):
        page.goto(f"/accounts/{address}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        small = page.evaluate(
            "[...document.querySelectorAll('main a, main button, main input:not([type=hidden]), .offer button')]"
            ".map(it => (it.closest('label') ?? it).getBoundingClientRect())"
            ".filter(box => box.height > 0 && box.height < 44).length"
        )
        assert small == 0, address


def test_ones_own_data_comes_as_a_file_once_the_password_was_given(page: Page) -> None:
    """The button leads to a page first: a browser that takes it for a file would save that one."""
    person("carol")
    sign_in(page)
    page.get_by_role("link", name="carol").click()
    page.get_by_role("link", name="Download my data").click()
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_download() as download:
        page.get_by_role("button", name="Confirm").click()
    assert json.loads(Path(download.value.path()).read_text())["account"]["user_name"] == "carol"
    assert download.value.suggested_filename.endswith(".json")
