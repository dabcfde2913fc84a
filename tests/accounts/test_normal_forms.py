"""A password and a user name are the same however a device sends their letters, and a name is one in all its cases."""

import unicodedata
from contextlib import suppress
from importlib import import_module
from threading import Barrier, BrokenBarrierError
from typing import Any
from unittest.mock import patch

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client

from episodes.accounts import names
from episodes.accounts.backends import account_of
from episodes.accounts.hashing import Hasher
from episodes.accounts.names import check
from episodes.models import TakenName
from tests.at_once import at_once
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


@pytest.mark.django_db(transaction=True)
def test_a_name_in_several_cases_is_taken_once_at_the_same_moment() -> None:
    """However many forms have looked before the first account is there."""
    spellings = iter(["R\u00e9my", "r\u00e9my", "R\u00c9MY", "Re\u0301my"])
    looked = Barrier(4)

    def check_with_the_others(name: str, **kwargs: Any) -> None:
        check(name, **kwargs)
        with suppress(BrokenBarrierError):
            looked.wait(30)

    def sign_up() -> int:
        name = next(spellings)
        address = f"{len(name)}{name.encode().hex()}@example.org"
        form = {"username": name, "email": address, "password1": PASSWORD, "password2": PASSWORD}
        response = Client().post("/accounts/signup/", form)
        if response.status_code == 200:
            assert "Somebody has this name already" in response.content.decode()
        return response.status_code

    with patch.object(names, "check", check_with_the_others):
        assert sorted(at_once(4, sign_up)) == [200, 200, 200, 302]
    assert User.objects.count() == TakenName.objects.count() == 1


def test_a_user_who_is_renamed_in_the_admin_takes_no_others_name() -> None:
    person("R\u00e9my")
    other = person("Ann")
    client = Client()
    client.force_login(person(role="superuser"))
    address = f"/admin/auth/user/{other.pk}/change/"
    form = {"date_joined_0": "2026-01-01", "date_joined_1": "12:00", "email": other.email, "role": "none"}
    taken = client.post(address, form | {"username": "R\u00c9MY"})
    assert "Somebody has this name already" in taken.content.decode()
    new = {"username": "RE\u0301MY", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert "Somebody has this name already" in client.post("/admin/auth/user/add/", new).content.decode()
    assert client.post(address, form | {"username": "ANN"}).status_code == 302
    other.refresh_from_db()
    assert other.username == "ANN"
    assert User.objects.count() == 3


def test_who_had_a_name_in_common_before_keeps_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The migration says who they are, and they can go on."""
    first, second = person("Remy"), person("Ann")
    User.objects.filter(pk=second.pk).update(username="REMY")
    TakenName.objects.all().delete()
    import_module("episodes.migrations.0007_taken_names").take_all(apps, None)
    assert f"Remy (user {first.pk}), REMY (user {second.pk})" in capsys.readouterr().out
    assert list(TakenName.objects.values_list("user", "folded")) == [(first.pk, "remy")]
    second.refresh_from_db()
    second.save()
    second.username = "Bea"
    second.save()
    assert TakenName.objects.get(user=second).folded == "bea"
