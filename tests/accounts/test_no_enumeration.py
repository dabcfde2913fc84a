"""Nobody learns from a form who has an account here."""

import re
from itertools import count
from statistics import median
from time import thread_time
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from tests.people import PASSWORD, person, sign_in, who

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
    assert set(User.objects.values_list("username", flat=True)) == {"ann", "bea", "eve"}
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


def test_whoever_signed_up_with_a_known_address_learns_nothing_later() -> None:
    """Neither by signing in nor by the name that is taken now; and nobody can confirm the address again."""
    person("ann")
    answers = {}
    for name, email in (("bea", "ann@example.org"), ("eve", "new@example.org")):
        form = {"username": name, "email": email, "password1": PASSWORD}
        Client().post("/accounts/signup/", form)
        again = Client().post("/accounts/signup/", form | {"email": "third@example.org"})
        answers[name] = [shown(sign_in(Client(), name)), shown(again)]
    assert answers["bea"] == answers["eve"]
    links = [message for message in mail.outbox if "/confirm-email/" in message.body]
    assert {message.to[0] for message in links} == {"new@example.org"}
    client = Client()
    sign_in(client, "ann@example.org")
    assert who(client) == "ann", "who has confirmed the address signs in by it"


def test_an_address_that_an_administrator_wrote_down_is_nobody_elses() -> None:
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    Client().post("/accounts/signup/", {"username": "bea", "email": "root@example.org", "password1": PASSWORD})
    assert "already exists" in mail.outbox[-1].body
    client = Client()
    sign_in(client, "root@example.org")
    assert who(client) == "root"


numbers = count()
TRIES = {
    "signing up": lambda whom: Client().post(
        "/accounts/signup/",
        {"username": f"new{next(numbers)}", "email": f"{whom}@example.org", "password1": PASSWORD},
    ),
    "signing in by name": lambda whom: sign_in(Client(), whom, "wrong"),
    "signing in by address": lambda whom: sign_in(Client(), f"{whom}@example.org", "wrong"),
    "a forgotten password": lambda whom: Client().post("/accounts/password/reset/", {"email": f"{whom}@example.org"}),
}


@pytest.mark.parametrize("kind", TRIES)
def test_each_try_hashes_as_often_for_a_known_account(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    person("ann")
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counting(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    counts = []
    for whom in ("ann", "nobody"):
        hashed.clear()
        TRIES[kind](whom)
        counts.append(len(hashed))
    assert counts == ([0, 0] if kind == "a forgotten password" else [1, 1])


@pytest.mark.parametrize("kind", TRIES)
def test_each_try_takes_as_long_for_a_known_account(kind: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The medians of what each costs, taken in turns; the hasher is the real one, at a twentieth of its iterations."""
    settings.PASSWORD_HASHERS = ["episodes.accounts.hashing.Hasher"]
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", PBKDF2PasswordHasher.iterations // 20)
    person("ann")
    times: dict[str, list[float]] = {"ann": [], "unknown": []}
    for number in range(16):
        for whom in ("ann", "unknown"):
            began = thread_time()
            TRIES[kind](whom if whom == "ann" else f"unknown{number}")
            times[whom].append(thread_time() - began)
    known, unknown = median(times["ann"]), median(times["unknown"])
    assert 0.75 < known / unknown < 1.33, f"{known * 1000:.1f} ms for a known one, {unknown * 1000:.1f} ms for another"
