"""Nobody learns from a form who has an account here."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tests.people import PASSWORD, person, sign_in

pytestmark = pytest.mark.django_db


def shown(response: Any) -> tuple[int, str, str]:
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    body = re.sub(r'value="[^"]*"', "", body)  # what was typed stands in the form again
    return response.status_code, response.get("Location", ""), body


def test_signing_up_with_a_known_address() -> None:
    person("ann")
    answers = [
        Client().post("/accounts/signup/", {"username": name, "email": email, "password1": PASSWORD})
        for name, email in (("bea", "ann@example.org"), ("eve", "new@example.org"))
    ]
    assert shown(answers[0]) == shown(answers[1])
    assert set(User.objects.values_list("username", flat=True)) == {"ann", "eve"}
    known, new = mail.outbox
    assert known.to == ["ann@example.org"]
    assert "already exists" in known.body
    assert new.to == ["new@example.org"]


def test_a_forgotten_password() -> None:
    person("ann")
    answers = [
        Client().post("/accounts/password/reset/", {"email": f"{name}@example.org"}) for name in ("ann", "nobody")
    ]
    assert shown(answers[0]) == shown(answers[1])
    assert [message.to for message in mail.outbox] == [["ann@example.org"], ["nobody@example.org"]]


def test_signing_in() -> None:
    person("ann")
    answers = [sign_in(Client(), name, "wrong") for name in ("ann", "nobody")]
    assert shown(answers[0]) == shown(answers[1])
    assert answers[0].status_code == 200
    answers = [sign_in(Client(), f"{name}@example.org", "wrong") for name in ("ann", "nobody")]
    assert shown(answers[0]) == shown(answers[1])


def test_guessing_is_slowed_down(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "limits"}}
    settings.ACCOUNT_RATE_LIMITS = {}  # those of allauth, which hold unless others are named
    cache.clear()
    person("ann")
    for _ in range(5):
        sign_in(Client(), "ann", "wrong")
    client = Client()
    assert "Too many failed" in sign_in(client).content.decode()
    for _ in range(40):
        last = sign_in(client, "nobody", "wrong")
    assert last.status_code == 429
    assert "Too many tries" in last.content.decode()
