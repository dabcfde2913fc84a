"""Whoever asks for many hashes at once takes a part of the threads, and others are told to try again."""

from threading import BoundedSemaphore
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, identify_hasher
from django.contrib.auth.models import User
from django.test import Client

from episodes.accounts import hashing
from tests.people import PASSWORD, person, sign_in

pytestmark = pytest.mark.django_db
SIGN_UP = {"username": "bea", "email": "bea@example.org", "password1": PASSWORD}


@pytest.fixture(autouse=True)
def one_quick_hash_at_a_time(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PASSWORD_HASHERS = ["episodes.accounts.hashing.Hasher"]
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 10)
    monkeypatch.setattr(hashing, "_places", BoundedSemaphore(1))


@pytest.mark.parametrize("name", ["ann", "nobody"])
def test_without_a_place_a_sign_in_is_told_to_try_again(name: str) -> None:
    person("ann")
    client = Client(raise_request_exception=False)
    with hashing._places:
        refused = sign_in(client, name)
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert sign_in(client, "ann").status_code == 302


def test_without_a_place_a_sign_up_leaves_no_account() -> None:
    client = Client(raise_request_exception=False)
    with hashing._places:
        assert client.post("/accounts/signup/", SIGN_UP).status_code == 503
    assert not User.objects.exists()
    assert client.post("/accounts/signup/", SIGN_UP).status_code == 302
    assert User.objects.get().check_password(PASSWORD)


def test_a_place_is_free_again_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> str:
        raise ValueError

    with monkeypatch.context() as patched:
        patched.setattr(PBKDF2PasswordHasher, "encode", fail)
        with pytest.raises(ValueError, match=r"\A\Z"):
            hashing.Hasher().encode("x", "salt")
    assert hashing.Hasher().encode("x", "salt")


def test_passwords_that_django_hashed_before_go_on() -> None:
    encoded = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
    assert isinstance(identify_hasher(encoded), hashing.Hasher)
    assert hashing.Hasher().verify(PASSWORD, encoded)
