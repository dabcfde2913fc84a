"""A forgotten password, and a changed one."""

import pytest
from django.core import mail
from django.test import Client

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
