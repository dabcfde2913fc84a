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
