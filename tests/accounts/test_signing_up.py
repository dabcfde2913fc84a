"""Sign up, look into the mail, confirm, sign in."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from characters.roles import CONTRIBUTORS
from tests.people import PASSWORD, link_in_last_mail, person, sign_in, signed_in, who

pytestmark = pytest.mark.django_db


def sign_up(client: Client, name: str = "ann", **values: str) -> Any:
    told = {"username": name, "email": f"{name}@example.org", "password1": PASSWORD} | values
    return client.post("/accounts/signup/", told)


def test_from_the_form_to_the_first_sign_in() -> None:
    client = Client()
    assert sign_up(client)["Location"] == "/accounts/confirm-email/"
    assert b"Check your mail" in client.get("/accounts/confirm-email/").content
    user = User.objects.get(username="ann")
    assert not user.groups.exists()

    link = link_in_last_mail()
    assert mail.outbox[-1].to == ["ann@example.org"]
    assert not user.emailaddress_set.get().verified
    assert b"Confirm" in client.get(link).content
    assert not user.emailaddress_set.get().verified, "opening the link is not enough: programs do that too"
    client.post(link)
    assert [group.name for group in user.groups.all()] == [CONTRIBUTORS]

    assert sign_in(client).status_code == 302
    assert who(client) == "ann"


def test_nobody_signs_in_with_an_address_that_is_not_confirmed() -> None:
    sign_up(Client())
    client = Client()
    assert sign_in(client)["Location"] == "/accounts/confirm-email/"
    assert who(client) is None


def test_the_form_says_next_to_each_field_what_is_wrong() -> None:
    body = sign_up(Client(), "a@b", email="nonsense", password1="1234").content.decode()
    for field in ("username", "email", "password1"):
        assert re.search(rf'<input[^>]+name="{field}"[^>]+aria-invalid="true"', body), field
        assert re.search(rf'id="id_{field}_error"', body), field
        assert f'<label for="id_{field}">' in body
    assert 'autocomplete="new-password"' in body
    assert 'autocomplete="username"' in body
    assert 'autocomplete="email"' in body
    assert not User.objects.exists()


def test_a_name_cannot_pass_for_an_address() -> None:
    person("ann")
    sign_up(Client(), "ann@example.org", email="mallory@example.org")
    assert User.objects.count() == 1


@pytest.mark.parametrize("login", ["ann", "ann@example.org", "Ann@Example.org"])
def test_a_name_or_an_address_will_do(login: str) -> None:
    person("ann")
    client = Client()
    assert sign_in(client, login)["Location"] == "/"
    assert who(client) == "ann"


def test_whom_an_administrator_made_needs_no_mail() -> None:
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    User.objects.create_superuser("bare", "", PASSWORD)
    for name in ("root", "bare"):
        client = Client()
        sign_in(client, name)
        assert who(client) == name
    assert mail.outbox == []


def test_nobody_keeps_them_out_by_asking_for_a_new_password() -> None:
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    Client().post("/accounts/password/reset/", {"email": "root@example.org"})
    client = Client()
    sign_in(client, "root")
    assert who(client) == "root"


@pytest.mark.parametrize("address", ["ſam@example.org", '"\x01"@example.org', f"sam@{'ü' * 62}.org"])
@pytest.mark.parametrize("page", ["/accounts/signup/", "/accounts/password/reset/", "/accounts/email/"])
def test_an_address_that_no_mail_can_be_sent_to_is_refused(page: str, address: str) -> None:
    person("ann")
    client = signed_in("ann") if page == "/accounts/email/" else Client()
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    form = {"action_add": "", "username": "sam", "email": address, "password1": PASSWORD}
    assert b"No mail can be sent to this address." in client.post(page, form).content
    assert User.objects.count() == 1
    assert mail.outbox == []


@pytest.mark.parametrize(
    "address", ["sam@exämple.org", "sam@例え.jp", "s.a'm+b@xn--exmple-cua.org", '"sam"@example.org']
)
def test_any_other_address_is_taken(address: str) -> None:
    sign_up(Client(), "sam", email=address)
    assert mail.outbox[-1].to == [address]


def test_a_link_to_confirm_an_address_signs_nobody_else_out() -> None:
    sign_up(Client())
    link = link_in_last_mail()
    person("bob")
    client = signed_in("bob")
    client.get(link)
    assert who(client) == "bob"
    client.post(link)
    assert who(client) is None
    assert EmailAddress.objects.get(email="ann@example.org").verified


def test_of_two_accounts_that_confirm_an_address_at_the_same_moment_one_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    links = []
    for name in ("ann", "bea"):
        sign_up(Client(), name, email="us@example.org")
        links.append(link_in_last_mail())
    monkeypatch.setattr(EmailAddress, "can_set_verified", lambda address: True)  # as each sees before the other has it
    first, second = (Client().post(link) for link in links)
    assert first["Location"] != second["Location"] == links[1]
    assert EmailAddress.objects.get(verified=True).user.username == "ann"


def test_the_last_confirmed_address_stays() -> None:
    user = person("ann")
    client = Client()
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"action_remove": "", "email": "ann@example.org"})
    assert user.emailaddress_set.count() == 1
