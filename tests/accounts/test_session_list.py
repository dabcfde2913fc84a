"""The list of where somebody is signed in, and how all but one of these sessions are ended."""

import time
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from episodes.accounts.session_list import browser_in_words
from tests.people import PASSWORD, person, sign_in, signed_in, who

pytestmark = pytest.mark.django_db
LIST = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


def confirm(client: Client) -> None:
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


@pytest.fixture
def here(db: None) -> Client:
    """A browser in which Ann has just typed her password; she is signed in on another one too."""
    person("ann")
    client = signed_in("ann")
    confirm(client)
    return client


@pytest.fixture
def elsewhere(here: Client) -> Client:
    client = Client(headers={"User-Agent": FIREFOX}, REMOTE_ADDR="192.0.2.7")
    sign_in(client)
    return client


def test_it_says_which_browser_where_and_when(here: Client, elsewhere: Client) -> None:
    page = here.get(LIST).content.decode()
    assert page.count("<strong>") == 2
    assert page.count("this one") == 1
    assert "<strong>Firefox on Linux</strong>" in page
    assert "from 192.0.2.7" in page


def test_all_others_are_signed_out(here: Client, elsewhere: Client) -> None:
    person("bea")
    another = signed_in("bea")
    assert here.post(LIST)["Location"] == LIST
    assert (who(here), who(elsewhere), who(another)) == ("ann", None, "bea")
    assert "Sign out all others" not in here.get(LIST).content.decode()


def test_the_password_is_asked_for_first(here: Client, elsewhere: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert elsewhere.post(LIST)["Location"].startswith("/accounts/reauthenticate/")
    assert who(here) == "ann"


@pytest.mark.parametrize("how", ["left", "ran out", "new password", "account deleted"])
def test_nothing_is_kept_of_a_session_that_is_over(here: Client, how: str) -> None:
    [before] = UserSession.objects.all()
    if how == "left":
        here.post("/accounts/logout/")
    elif how == "ran out":
        Session.objects.update(expire_date=timezone.now())
        call_command("clearsessions")
    elif how == "new password":
        new = "a-quite-odd-new-one"
        here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        assert who(here) == "ann"
    else:
        here.post("/accounts/delete/", {"sure": "on"})
    assert not UserSession.objects.filter(session_key=before.session_key).exists()
    assert UserSession.objects.count() == (how == "new password")


def test_a_deleted_account_is_signed_in_nowhere(here: Client, elsewhere: Client) -> None:
    here.post("/accounts/delete/", {"sure": "on"})
    assert not Session.objects.exists()
    assert not User.objects.filter(username="ann").exists()


@pytest.mark.parametrize(
    ("address", "shown"), [("2001:db8:1:2:3::4", "from 2001:db8:1:2::<"), ("unix:", "Signed in now<")]
)
def test_an_address_is_kept_as_a_database_takes_it(here: Client, address: str, shown: str) -> None:
    sign_in(Client(REMOTE_ADDR=address))
    assert shown in here.get(LIST).content.decode().replace("\xa0", " ")


def test_it_is_in_the_file_of_ones_own_data(here: Client, elsewhere: Client) -> None:
    data: Any = here.get("/accounts/data/").json()
    assert [(each["ip"], each["user_agent"]) for each in data["account"]["sessions"]] == [
        ("127.0.0.1", ""), ("192.0.2.7", FIREFOX),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5.0", "curl"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_named_in_short(user_agent: str, words: str) -> None:
    assert browser_in_words(user_agent) == words
