"""Every page of an account is one of ours: real labels, no script or style inside, nothing that a strict CSP stops."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from tests.people import PASSWORD, person, signed_in

pytestmark = pytest.mark.django_db

STRANGERS = (
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_inactive",
    "account_email_verification_sent",
    "account_reset_password_from_key_done",
)
OWNERS = (
    "profile",
    "delete-account",
    "account_email",
    "account_change_password",
    "account_logout",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "usersessions_list",
)


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.labelled: set[str | None] = set()
        self.fields: list[dict[str, str | None]] = []
        self.wrong: list[str] = []
        self.in_label = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.wrong += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.wrong.append(tag)
        if tag == "label":
            self.in_label = True
            self.labelled.add(given.get("for"))
        if tag in ("input", "textarea", "select") and given.get("type") not in ("hidden", "submit"):
            self.fields.append(given | ({"labelled": ""} if self.in_label else {}))

    def handle_endtag(self, tag: str) -> None:
        self.in_label = self.in_label and tag != "label"


def check(body: str) -> None:
    page = Page(body)
    assert page.wrong == []
    for field in page.fields:
        assert "labelled" in field or field.get("id") in page.labelled, field
    for field in page.fields:
        if field.get("type") == "password":
            assert field.get("autocomplete") in ("current-password", "new-password"), field
    assert 'href="/static/css/forms.css"' in body
    assert 'class="masthead"' in body


@pytest.mark.parametrize("name", STRANGERS)
def test_for_strangers(name: str) -> None:
    response = Client().get(reverse(name))
    assert response.status_code == 200
    check(response.content.decode())


@pytest.mark.parametrize("name", OWNERS)
def test_for_owners(name: str) -> None:
    person("ann")
    client = signed_in("ann")
    if name != "account_reauthenticate":
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    response = client.get(reverse(name), follow=True)
    assert response.status_code == 200
    check(response.content.decode())


def test_the_way_to_a_code_and_the_codes_for_its_loss() -> None:
    person("ann")
    client = signed_in("ann")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    body = client.get("/accounts/2fa/totp/activate/").content.decode()
    assert re.search(r'<img class="qr" src="data:image/svg\+xml;base64,[^"]+" alt="QR code', body)


def test_for_strangers_the_header_is_the_same_everywhere() -> None:
    headers = {  # but for where one is
        re.sub(r' aria-current="\w+"', "", Client().get(address).content.decode())
        .partition("<header")[2]
        .partition("<form")[0]
        for address in ("/", "/characters/", "/accounts/login/", "/nothing/", "/accounts/signup/?next=/x/")
    }
    assert len(headers) == 1
    assert 'href="/accounts/login/"' in headers.pop()
