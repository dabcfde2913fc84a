"""Who only reads leaves no session behind, and a passkey's challenge is good for one sign-in."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.internal.flows import reauthentication
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from episodes.accounts import session_age
from tests.people import PASSWORD, person, sign_in, signed_in, who

pytestmark = pytest.mark.django_db
PASSKEY = "/accounts/2fa/webauthn/login/"
JSON = {"Accept": "application/json"}


def addresses() -> list[str]:
    """Return every address of accounts that takes nothing in its path."""
    found = set()
    for name in get_resolver().reverse_dict:
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue
        if address.startswith("/accounts/"):
            found.add(address)
    return sorted(found)


def test_no_get_of_a_visitor_writes_a_session() -> None:
    assert len(addresses()) > 20
    for address in addresses():
        for headers in ({}, JSON):
            response = Client().get(address, headers=headers)
            assert "sessionid" not in response.cookies, address
    assert not Session.objects.exists()


def test_forms_that_fail_write_no_session() -> None:
    person("ann")
    for address in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", PASSKEY):
        Client().post(address, {"login": "ann", "password": "wrong", "credential": "{}", "email": "ann@example.org"})
    assert not Session.objects.exists()


@pytest.mark.parametrize("nonsense", ["9" * 5_000, '{"id": "a"}', '{"id": "\\ud800"}', '{"response": [1]}', "NaN"])
def test_an_answer_that_no_key_gives_is_a_wrong_one(nonsense: str) -> None:
    client = Client()
    client.get(PASSKEY, headers=JSON)
    assert client.post(PASSKEY, {"credential": nonsense})["Location"] == "/accounts/login/"


@pytest.fixture
def passkey(monkeypatch: pytest.MonkeyPatch) -> User:
    """Ann has a passkey, and her browser's answer is right if it answers the challenge that is in the session."""
    user = person("ann")
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})

    def complete(user: User, response: dict[str, Any]) -> Authenticator:
        state = auth.get_state()
        if not state or state["challenge"] != response["answers"]:
            raise auth.get_adapter().validation_error("incorrect_code")
        auth.clear_state()
        return Authenticator.objects.get(user=user)

    monkeypatch.setattr(auth, "extract_user_from_response", lambda response: user)
    monkeypatch.setattr(auth, "complete_authentication", complete)
    monkeypatch.setattr(auth, "parse_authentication_response", lambda response: SimpleNamespace(**response))
    return user


def challenge_for(client: Client) -> str:
    return client.get(PASSKEY, headers=JSON).json()["request_options"]["publicKey"]["challenge"]


def answer(client: Client, challenge: str) -> None:
    client.post(PASSKEY, {"credential": f'{{"answers": "{challenge}"}}'})


def test_a_passkey_signs_in_without_a_session_before(passkey: User) -> None:
    client = Client()
    challenge = challenge_for(client)
    assert not Session.objects.exists()
    cookie = client.cookies["passkey_challenge"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (PASSKEY, True, "Strict")
    answer(client, challenge)
    assert who(client) == "ann"


def test_a_challenge_is_good_for_one_answer(passkey: User) -> None:
    first, second = Client(), Client()
    challenge = challenge_for(first)
    second.cookies["passkey_challenge"] = first.cookies["passkey_challenge"].value
    answer(first, challenge)
    answer(second, challenge)
    assert (who(first), who(second)) == ("ann", None)


def test_a_challenge_that_we_did_not_make_is_none(passkey: User) -> None:
    client = Client()
    client.cookies["passkey_challenge"] = "eyJjaGFsbGVuZ2UiOiJhIn0:1tXXXX:forged"
    answer(client, "a")
    assert who(client) is None
    assert not Session.objects.exists()


def test_a_challenge_of_a_second_step_is_none(passkey: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be answered without the PIN, by whoever has found the key, as a password came before."""
    monkeypatch.setattr(auth, "get_credentials", lambda user: [])
    Authenticator.objects.create(user=person("bob"), type=Authenticator.Type.WEBAUTHN, data={})
    client = Client()
    client.get(sign_in(client, "bob")["Location"])
    session = client.session
    session["account_login"]["initiated_at"] -= 3600  # what was begun with a password is given up after a while
    session.save()
    answer(client, session[auth.STATE_SESSION_KEY]["challenge"])
    assert who(client) is None


def test_whoever_is_signed_in_stays_so(passkey: User) -> None:
    client = Client()
    client.force_login(passkey)
    client.get(PASSKEY, headers=JSON)
    answer(client, "nonsense")
    assert who(client) == "ann"


# How a session begins and ends


def test_signing_in_gives_a_new_session(settings: Any) -> None:
    person("ann")
    client = Client()
    session = client.session  # such as somebody else has planted
    session["planted"] = "yes"
    session.save()
    planted = str(session.session_key)
    client.cookies[settings.SESSION_COOKIE_NAME] = planted
    sign_in(client)
    assert who(client) == "ann"
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert who(other) is None


def test_a_session_that_was_left_is_gone(settings: Any) -> None:
    person("ann")
    client, other = signed_in("ann"), Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert who(other) == "ann"
    client.post("/accounts/logout/")
    assert who(other) is None
    assert not Session.objects.exists()


def test_who_is_deactivated_is_out_everywhere_at_once() -> None:
    user = person("ann")
    clients = [signed_in("ann"), signed_in("ann")]
    user.is_active = False
    user.save()
    assert [who(client) for client in clients] == [None, None]


def test_a_new_password_ends_all_other_sessions() -> None:
    person("ann")
    here, elsewhere = signed_in("ann"), signed_in("ann")
    form = {"oldpassword": PASSWORD, "password1": "a-quite-odd-new-one", "password2": "a-quite-odd-new-one"}
    assert here.post("/accounts/password/change/", form).status_code == 302
    assert (who(here), who(elsewhere)) == ("ann", None)


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/accounts/email/", {"email": "other@example.org", "action_add": ""}),
        ("/accounts/2fa/totp/activate/", {"code": "000000"}),
        ("/accounts/2fa/webauthn/add/", {"name": "key", "credential": "{}"}),
        ("/accounts/delete/", {"sure": "on"}),
    ],
)
def test_what_changes_how_one_signs_in_asks_for_the_password_again(
    address: str, form: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = person("ann")
    client = signed_in("ann")
    in_an_hour = time.time() + 3600
    monkeypatch.setattr(reauthentication.time, "time", lambda: in_an_hour)
    assert client.post(address, form).get("Location", "").startswith("/accounts/reauthenticate/")
    user.refresh_from_db()
    assert (user.is_active, user.emailaddress_set.count()) == (True, 1)


@pytest.mark.parametrize(("role", "days"), [("", 14), ("moderator", 7)])
def test_a_session_ends_however_much_it_is_used(monkeypatch: pytest.MonkeyPatch, role: str, days: int) -> None:
    person("ann", role=role)
    client, now = signed_in("ann"), time.time()
    for day in range(1, days + 1):
        monkeypatch.setattr(session_age.time, "time", lambda day=day: now + day * 86_400 - 60)
        session = client.session
        session["used"] = day  # which lets it live for another two weeks
        session.save()
        assert who(client) == "ann", day
    monkeypatch.setattr(session_age.time, "time", lambda: now + days * 86_400 + 60)
    assert who(client) is None
    assert not Session.objects.exists()


def test_a_session_from_before_begins_when_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    person("ann")
    client = signed_in("ann")
    session = client.session
    del session[session_age.SIGNED_IN_AT]
    session.save()
    assert who(client) == "ann"
    assert time.time() - client.session[session_age.SIGNED_IN_AT] < 60
