"""A password and a user name are the same however a device sends their letters, and a name is one in all its cases."""

import unicodedata

import pytest
from django.contrib.auth.models import User
from django.test import Client

from episodes.accounts.backends import account_of
from episodes.accounts.hashing import Hasher
from tests.people import PASSWORD, person, sign_in

pytestmark = pytest.mark.django_db

COMPOSED = unicodedata.normalize("NFC", "mi-contrase\u00f1a-es-\u00e9sta-\ud55c")
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


@pytest.mark.parametrize(("first", "then"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_a_password_is_the_same_in_both_forms(first: str, then: str) -> None:
    user = person()
    user.set_password(first)
    user.save()
    assert user.check_password(then)
    assert not user.check_password(then.replace("\u00f1", "n").replace("n\u0303", "n"))
    assert sign_in(Client(), password=then).status_code == 302
    client = Client()
    client.force_login(user)
    client.post("/accounts/password/change/", {"oldpassword": then, "password1": first + "2", "password2": first + "2"})
    user.refresh_from_db()
    assert user.check_password(then + "2")
    encoded = Hasher().encode(first, "salt", 1)
    assert encoded == Hasher().encode(then, "salt", 1)
    assert Hasher().verify(then, encoded)


@pytest.mark.parametrize("typed", ["R\u00e9my", "Re\u0301my", "r\u00e9my", "R\u00c9MY", "RE\u0301MY"])
def test_a_name_is_one_in_all_its_cases_and_forms(typed: str) -> None:
    user = person("R\u00e9my")
    assert account_of(typed) == user
    assert sign_in(Client(), name=typed).status_code == 302
    taken = {"username": typed, "email": "other@example.org", "password1": PASSWORD, "password2": PASSWORD}
    Client().post("/accounts/signup/", taken)
    assert User.objects.count() == 1


def test_another_name_that_looks_alike_signs_nobody_in() -> None:
    person("R\u00e9my")
    assert account_of("Remy") is None


@pytest.mark.parametrize("name", ["\u0930\u093e\u092e", "\u0e01\u0e34\u0e19", "Re\u0301my", "Ana.Mar\u00eda"])
def test_names_of_letters_with_signs_are_taken_in_one_form(name: str) -> None:
    form = {"username": name, "email": "other@example.org", "password1": PASSWORD, "password2": PASSWORD}
    Client().post("/accounts/signup/", form)
    assert User.objects.get().username == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("name", ["a", "a b", "\u093eab", "a@b", "a\u200bb", "a" * 61])
def test_other_names_are_refused(name: str) -> None:
    form = {"username": name, "email": "other@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert Client().post("/accounts/signup/", form).status_code == 200
    assert not User.objects.exists()
