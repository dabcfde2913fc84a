"""What the log says of sign-ins: who, whence and how it went, and nothing that somebody typed."""

import logging
import re
from typing import Any

import pytest
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from tests.accounts import test_second_factor
from tests.accounts.test_second_factor import Clock, code_for
from tests.people import PASSWORD, link_in_last_mail, person, sign_in, signed_in

pytestmark = pytest.mark.django_db
clock, secret = test_second_factor.clock, test_second_factor.secret
FAILED = re.compile(
    r"accounts: (?:sign-in (?:failed|locked)|second factor failed) user=\S+ address=\S+"
)  # for fail2ban


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "rougedb.accounts")
    return caplog


def lines(log: pytest.LogCaptureFixture) -> list[str]:
    """Return what was written since this was last asked."""
    written = [record.getMessage() for record in log.records if record.name == "rougedb.accounts"]
    log.clear()
    return written


def test_who_signs_in_and_out(log: pytest.LogCaptureFixture) -> None:
    user = person("ann")
    signed_in("ann").post("/accounts/logout/")
    assert lines(log) == [f"accounts: {what} user={user.pk} address=127.0.0.1" for what in ("signed in", "signed out")]


def test_what_is_typed_is_not_in_the_log(log: pytest.LogCaptureFixture) -> None:
    user = person("ann")
    sign_in(Client(), PASSWORD, "ann")  # into the wrong fields
    sign_in(Client(), "ann@example.org", "wrong-one")
    written = lines(log)
    assert written == [
        "accounts: sign-in failed user=unknown address=127.0.0.1",
        f"accounts: sign-in failed user={user.pk} address=127.0.0.1",
    ]
    assert all(FAILED.fullmatch(line) for line in written)


def test_who_is_locked(log: pytest.LogCaptureFixture, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {}
    user = person("ann")
    for _ in range(6):
        sign_in(Client(), "ann", "wrong-one")
    assert lines(log)[-1] == f"accounts: sign-in locked user={user.pk} address=127.0.0.1"


def test_who_changes_how_they_sign_in(log: pytest.LogCaptureFixture, secret: str, clock: Clock) -> None:
    user = User.objects.get(username="ann")
    client = Client()
    sign_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert lines(log) == [f"accounts: second factor failed user={user.pk} address=127.0.0.1"]
    client.post("/accounts/2fa/authenticate/", {"code": code_for(secret, clock.now)})
    new = "a-quite-odd-new-one"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    Client().post("/accounts/password/reset/", {"email": "ann@example.org"})
    visitor = Client()
    form = visitor.get(link_in_last_mail())["Location"]
    visitor.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    whats = [line.partition(" user=")[0] for line in lines(log)]
    assert whats == ["accounts: signed in", "accounts: password changed", "accounts: password replaced by mail"]


@pytest.mark.parametrize("what", ["added", "removed"])
def test_second_factors_come_and_go(log: pytest.LogCaptureFixture, what: str) -> None:
    """Allauth reports it when the transaction is committed, which tests never do."""
    app = Authenticator(user=person("ann"), type=Authenticator.Type.TOTP)
    signal = getattr(signals, f"authenticator_{what}")
    signal.send(Authenticator, request=RequestFactory().post("/"), user=app.user, authenticator=app)
    assert lines(log) == [f"accounts: second factor {what} user={app.user.pk} address=127.0.0.1 type=totp"]


def test_who_comes_and_goes(log: pytest.LogCaptureFixture) -> None:
    Client().post("/accounts/signup/", {"username": "bea", "email": "bea@example.org", "password1": PASSWORD})
    assert lines(log) == [f"accounts: signed up user={User.objects.get().pk} address=127.0.0.1"]
    user = person("ann")
    client = signed_in("ann")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/delete/", {"sure": "on"})
    assert f"accounts: account deleted user={user.pk} address=127.0.0.1" in lines(log)
