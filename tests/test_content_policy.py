"""The Content-Security-Policy: our own files and nothing inline, on every kind of page."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.conftest import Visitor

POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'", "font-src": "'self'",
    "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
}  # fmt: skip
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*(?:\ssrc=|application/json))[^>]*>")


def policy_of(response: Any) -> dict[str, str]:
    directives = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: values for name, _, values in directives}


@pytest.mark.parametrize(
    "address", ["/", "/characters/", "/no-such-page/", "/?as_of=3", "/search/?q=a", "/accounts/login/", "/robots.txt"]
)
def test_every_answer_brings_the_policy(real_show: None, visitor: Visitor, address: str) -> None:
    response = visitor(1).get(address)
    assert policy_of(response) == POLICY
    assert not INLINE.search(response.content.decode())
    assert {"camera=()", "clipboard-write=(self)", "publickey-credentials-get=(self)"} <= {
        *response["Permissions-Policy"].split(", ")
    }


def test_so_does_the_admin(real_show: None) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("mod"))
    for address in ("/admin/", "/admin/characters/character/", "/admin/characters/character/add/"):
        response = client.get(address)
        assert response.status_code == 200
        assert policy_of(response) == POLICY
        assert not INLINE.search(response.content.decode()), address


def test_what_is_refused_unread_is_as_safe(db: None, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    response = Client().post("/progress/", b"x" * 5000, content_type="text/plain")
    assert response.status_code == 413
    assert policy_of(response) == POLICY
    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert (response["X-Content-Type-Options"], response["Referrer-Policy"]) == ("nosniff", "same-origin")


@pytest.mark.parametrize("address", ["/", "/robots.txt", "/sitemap.xml", "/healthz", "/readyz", "/admin/login/?x=1"])
def test_every_text_says_in_which_letters_it_is_written(real_show: None, address: str) -> None:
    assert Client().get(address)["Content-Type"].endswith("; charset=utf-8")


@pytest.mark.parametrize("address", ["/", "/characters/", "/accounts/login/", "/admin/", "/healthz", "/no-such-page/"])
def test_nothing_that_was_asked_is_repeated_to_trace(real_show: None, address: str) -> None:
    response = Client().trace(address, headers={"X-Secret": "a-secret"})
    assert response.status_code in (302, 404, 405)
    assert b"a-secret" not in response.content
