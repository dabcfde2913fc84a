"""The cookies that the site sets over https: which hosts may set them, and who may read them."""

from http.cookies import Morsel
from typing import Any

import pytest
from django.test import Client

from tests.people import OWN, PASSWORD, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def cookies(real_show: None, settings: Any) -> dict[str, Morsel[str]]:
    """Return every cookie that a server sets for somebody who uses all that sets one, by its name."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    person("ann")
    client = Client()
    found: dict[str, Morsel[str]] = {}

    def take(response: Any) -> None:
        assert response.status_code in (200, 302, 303)
        found.update({name: cookie for name, cookie in response.cookies.items() if cookie.value})  # set, not deleted

    for form in ({"theme": "dark"}, {"ahead": "hidden"}):
        take(client.post("/theme/", form, secure=True, headers=OWN))
    take(client.post("/progress/", {"episode": "1", "sure": "yes"}, secure=True, headers=OWN))
    take(client.get("/accounts/2fa/webauthn/login/", secure=True, headers={"Accept": "application/json"}))
    take(client.get("/accounts/login/", secure=True))
    take(client.post("/accounts/login/", {"login": "ann", "password": PASSWORD}, secure=True))
    take(client.post("/accounts/", {"credit_name": ""}, secure=True))
    take(client.get("/accounts/", secure=True))
    return found


def test_no_neighbour_can_plant_any_of_them(cookies: dict[str, Morsel[str]]) -> None:
    assert {
        "__Host-theme", "__Host-ahead", "__Host-progress", "__Host-progress_before", "__Host-sessionid",
        "__Host-csrftoken", "__Host-messages", "__Secure-known_browser", "__Secure-passkey_challenge",
    } == set(cookies)  # fmt: skip
    for name, cookie in cookies.items():
        assert cookie["secure"], name
        assert (cookie["path"] == "/") == name.startswith("__Host-"), name
        assert not cookie["domain"], name


def test_no_script_reads_one_and_no_other_site_sends_one_with_a_form(cookies: dict[str, Morsel[str]]) -> None:
    for name, cookie in cookies.items():
        assert cookie["httponly"], name
        assert cookie["samesite"] in ("Lax", "Strict"), name
