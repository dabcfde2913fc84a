"""Codes from an app, and the codes for the day it is lost."""

import base64
import hmac
import re
from io import StringIO
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from tests.people import PASSWORD, person, sign_in, signed_in, who

pytestmark = pytest.mark.django_db


class Clock(SimpleNamespace):
    now: int = 1_800_000_000

    def time(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(auth, "time", clock)
    return clock


def code_for(secret: str, at: int) -> str:
    """What an app shows (RFC 6238)."""
    digest = hmac.digest(base64.b32decode(secret), (at // 30).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return str((int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF) % 1_000_000).zfill(6)


@pytest.fixture
def secret(db: None, clock: Clock) -> str:
    """That of Ann, who has just set up her app."""
    person("ann", is_staff=True)
    client = signed_in("ann")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r'id="authenticator_secret" value="(\w+)"', page)
    assert found
    assert client.post("/accounts/2fa/totp/activate/", {"code": "000000"}).status_code == 200
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_for(found[1], clock.now)}).status_code == 302
    clock.now += 60
    return found[1]


def test_who_has_lost_all_of_them_is_let_in_by_an_operator(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    out = StringIO()
    with caplog.at_level("INFO"):
        call_command("remove_second_factors", "ann", stdout=out)
    assert out.getvalue() == "Removed 2 second factors of ann.\n"  # the app, and codes for the day it is lost
    ann = User.objects.get(username="ann")
    assert f"accounts: second factors removed by an operator user={ann.pk} address=none" in caplog.messages
    client = Client()
    assert sign_in(client)["Location"] == "/"
    assert who(client) is not None
    with pytest.raises(CommandError, match="no account “nobody”"):
        call_command("remove_second_factors", "nobody")


def test_the_password_alone_is_not_enough(secret: str, clock: Clock) -> None:
    client = Client()
    assert sign_in(client)["Location"] == "/accounts/2fa/authenticate/"
    assert who(client) is None
    assert client.get("/admin/").status_code == 302
    client.post("/accounts/2fa/authenticate/", {"code": code_for(secret, clock.now + 3600)})
    assert who(client) is None
    client.post("/accounts/2fa/authenticate/", {"code": code_for(secret, clock.now)})
    assert who(client) == "ann"
    assert client.get("/admin/").status_code == 200


def test_a_code_counts_once(secret: str, clock: Clock) -> None:
    code = code_for(secret, clock.now)
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": code})
    assert (who(first), who(second)) == ("ann", None)


def test_a_recovery_code_will_do_once(secret: str) -> None:
    codes = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes()
    assert len(codes) == 10
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert (who(first), who(second)) == ("ann", None)


def test_a_new_password_by_mail_does_not_get_around_it(secret: str) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": "ann@example.org"})
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body)
    assert link
    form = client.get(link[1])["Location"]
    client.post(form, {"password1": "a-quite-odd-new-one", "password2": "a-quite-odd-new-one"})
    sign_in(client, password="a-quite-odd-new-one")
    assert who(client) is None
