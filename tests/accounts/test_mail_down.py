"""While the mail server does not answer, nothing is lost, nobody is told who has an account, and asking again helps."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from tests.accounts.test_no_enumeration import shown
from tests.people import PASSWORD, link_in_last_mail, person, sign_in, signed_in, who

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail_down(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    def refuse(*args: Any) -> int:
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    return monkeypatch


def sign_up(name: str, email: str) -> Any:
    return Client().post("/accounts/signup/", {"username": name, "email": email, "password1": PASSWORD})


def test_signing_up_says_so_and_signing_in_sends_it_later(mail_down: pytest.MonkeyPatch, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {}  # with the pause between two mails
    response = sign_up("ann", "ann@example.org")
    assert response.status_code == 503
    assert "The mail was not sent" in response.content.decode()
    assert User.objects.get().emailaddress_set.get().email == "ann@example.org"
    mail_down.undo()
    client = Client()
    assert sign_in(client)["Location"] == "/accounts/confirm-email/"
    client.post(link_in_last_mail())
    sign_in(client)
    assert who(client) == "ann"


@pytest.mark.usefixtures("mail_down")
def test_nobody_learns_by_it_who_has_an_account() -> None:
    person("ann")
    known, unknown = (sign_up(name, f"{name[1:]}@example.org") for name in ("xann", "xnobody"))
    assert shown(known) == shown(unknown)
    known, unknown = (
        Client().post("/accounts/password/reset/", {"email": f"{name}@example.org"}) for name in ("ann", "nobody")
    )
    assert known.status_code == 503
    assert shown(known) == shown(unknown)


def test_a_change_is_made_though_its_report_is_not_sent(mail_down: pytest.MonkeyPatch) -> None:
    person("ann")
    client = signed_in("ann")
    new = "a-quite-odd-new-one"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/accounts/password/change/", form).status_code == 302
    assert sign_in(Client(), password=new)["Location"] == "/"


def test_an_address_that_was_added_can_be_confirmed_later(mail_down: pytest.MonkeyPatch) -> None:
    user = person("ann")
    client = signed_in("ann")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.post("/accounts/email/", {"action_add": "", "email": "new@example.org"}).status_code == 503
    assert user.emailaddress_set.filter(email="new@example.org", verified=False).exists()
    mail_down.undo()
    client.post("/accounts/email/", {"action_send": "", "email": "new@example.org"})
    assert mail.outbox[-1].to == ["new@example.org"]
