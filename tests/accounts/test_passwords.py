"""A forgotten password, and a changed one."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core import mail
from django.test import Client

from episodes.models import Series
from tests.people import PASSWORD, link_in_last_mail, person, sign_in, signed_in, who

pytestmark = pytest.mark.django_db
NEW = "another-one-that-is-odd-too"


def test_a_forgotten_password_is_replaced_by_mail() -> None:
    person("ann")
    client = Client()
    assert client.post("/accounts/password/reset/", {"email": "ann@example.org"})["Location"].endswith("/done/")
    form = client.get(link_in_last_mail())["Location"]
    assert client.get(form).status_code == 200
    client.post(form, {"password1": NEW, "password2": NEW})
    assert who(client) is None
    sign_in(client, password=NEW)
    assert who(client) == "ann"


def test_the_link_in_the_mail_works_once() -> None:
    person("ann")
    client = Client()
    client.post("/accounts/password/reset/", {"email": "ann@example.org"})
    link = link_in_last_mail()
    form = client.get(link)["Location"]
    client.post(form, {"password1": NEW, "password2": NEW})
    assert b"Bad Token" in Client().get(link, follow=True).content


def test_changing_it_needs_the_old_one_and_is_told_by_mail() -> None:
    person("ann")
    client = signed_in("ann")
    wrong = {"oldpassword": "not it", "password1": NEW, "password2": NEW}
    assert client.post("/accounts/password/change/", wrong).status_code == 200
    assert client.post("/accounts/password/change/", wrong | {"oldpassword": PASSWORD}).status_code == 302
    assert mail.outbox[-1].subject.startswith("[rougedb] Password")
    assert who(client) == "ann"
    again = Client()
    sign_in(again, password=NEW)
    assert who(again) == "ann"


@pytest.mark.parametrize("changed_by", ["owner", "mail", "superuser"])
def test_an_address_that_waits_to_be_confirmed_is_forgotten_with_the_old_password(changed_by: str) -> None:
    user = person("ann")
    client = signed_in("ann")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"action_add": "", "email": "mallory@example.org"})
    waiting, twice = link_in_last_mail(), {"password1": NEW, "password2": NEW}
    if changed_by == "owner":
        client.post("/accounts/password/change/", {"oldpassword": PASSWORD} | twice)
    elif changed_by == "mail":
        Client().post("/accounts/password/reset/", {"email": "ann@example.org"})
        new = Client()
        new.post(new.get(link_in_last_mail())["Location"], twice)
    else:
        person("chief", role="superuser")
        signed_in("chief").post(f"/admin/auth/user/{user.pk}/password/", twice)
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert Client().post(waiting).status_code == 404
    assert [address.email for address in user.emailaddress_set.all()] == ["ann@example.org"]


def test_the_only_address_waits_on() -> None:
    Client().post("/accounts/signup/", {"username": "ann", "email": "ann@example.org", "password1": PASSWORD})
    waiting = link_in_last_mail()
    client = Client()
    client.post("/accounts/password/reset/", {"email": "ann@example.org"})
    client.post(client.get(link_in_last_mail())["Location"], {"password1": NEW, "password2": NEW})
    assert Client().post(waiting).status_code == 302


@pytest.mark.parametrize("hours", [23, 25])
def test_the_link_in_the_mail_is_good_for_a_day(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    person("ann")
    Client().post("/accounts/password/reset/", {"email": "ann@example.org"})
    later = datetime.now() + timedelta(hours=hours)
    monkeypatch.setattr(default_token_generator.__class__, "_now", lambda generator: later)
    page = Client().get(link_in_last_mail(), follow=True).content
    assert (b"Bad Token" in page) == (hours > 24)


def change(password: str) -> str:
    """Ask for another password, and return what is wrong with it."""
    form = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    response: Any = signed_in("ann").post("/accounts/password/change/", form)
    return "" if response.status_code == 302 else response.content.decode()


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("seven-7", "too short"),
        ("12345678", "too common"),
        ("Sunshine1", "too common"),
        ("ann@example.org", "too similar"),
        ("HarbourLights2026", "everybody knows"),
        ("rougedb-admin!", "everybody knows"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str, wrong: str) -> None:
    Series.objects.create(pk=1, title="Harbour Lights: the Sea")
    person("ann")
    assert wrong in change(password)


@pytest.mark.parametrize(
    "password",
    [
        "all lower case",
        "8-Chars!",
        " spaces around it ",
        "lights and a sofa",
        "8301946275",
        "the sea is wide",  # of the title, but short words
        "x" * 20 + "y" * 180,
        "ねこは まどに すわる",
    ],
)
def test_any_other_password_is_taken_as_it_was_typed(password: str) -> None:
    Series.objects.create(pk=1, title="Harbour Lights: the Sea")
    person("ann")
    assert not change(password)
    again = Client()
    for other in {password.strip(), password.upper(), password[:-1], password[:72]} - {password}:
        sign_in(again, password=other)
        assert who(again) is None, other
    sign_in(again, password=password)
    assert who(again) == "ann"


def test_the_common_passwords_are_many_that_are_long_enough() -> None:
    assert sum(len(password) >= 8 for password in CommonPasswordValidator().passwords) > 3000
