"""Law 3 with accounts: signing in or out, whoever does it, shows nobody more than they saw."""

from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from episodes.models import Viewer
from tests.people import answer, person, seen_by, set_progress, sign_in, signed_in
from tests.shows import character, episode, load_show
from tests.visitors import at

pytestmark = pytest.mark.django_db
LAST = 9


@pytest.fixture(autouse=True)
def show(db: None, tmp_path: Path) -> None:
    load_show(
        tmp_path,
        episodes=[episode(number) for number in range(1, LAST + 1)],
        characters=[character(f"c{number}", since=number) for number in range(1, LAST + 1)],
    )


def main_of(client: Client, address: str) -> str:
    return client.get(address).content.decode().partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("here", [0, 3, 9])
@pytest.mark.parametrize("there", [None, 0, 3, 9])
def test_signing_in_changes_nothing_that_is_shown(here: int, there: int | None) -> None:
    person("ann", at=there)
    before = {address: main_of(at(here), address) for address in ("/characters/", "/episodes/4/", "/search/?q=C4")}
    client = signed_in("ann", at=here)
    for address, body in before.items():
        assert main_of(client, address) == body
    assert seen_by(client) == here


def test_whoever_is_signed_in_to_anothers_account_is_not_raised_by_it() -> None:
    """Mallory's page has signed the victim in to Mallory's account, whose number is the victim's own."""
    person("mallory", at=1)
    mallory, victim = signed_in("mallory", at=0), signed_in("mallory", at=1)
    answer(mallory, 1, "mallory")
    set_progress(mallory, 9)
    assert (seen_by(mallory), seen_by(victim)) == (9, 1)
    set_progress(victim, 2)
    set_progress(mallory, 8)
    assert (seen_by(mallory), seen_by(victim)) == (8, 2)
    victim.post("/accounts/logout/")
    assert seen_by(victim) == 2


def test_a_first_sign_in_elsewhere_raises_no_browser() -> None:
    """An account without a number takes that of whoever signs in, but nobody goes with it yet."""
    user = person("mallory")
    victim = signed_in("mallory", at=1)
    Viewer.objects.filter(user=user).update(progress=None)
    signed_in("mallory", at=9)
    assert seen_by(victim) == 1


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}], ids=str)
def test_another_site_cannot_answer_the_offer(headers: dict[str, str]) -> None:
    person("ann", at=9)
    client = signed_in("ann", at=3)
    response = client.post("/progress/", {"episode": "9", "account": "ann"}, headers=headers)
    assert response.status_code == 403
    assert seen_by(client) == 3


def test_an_answer_about_another_account_is_none() -> None:
    person("mallory", at=3)
    person("ann", at=3)
    client = signed_in("mallory", at=3)
    set_progress(client, 3, account="ann")
    Viewer.objects.update(progress=9)
    assert seen_by(client) == 3


@pytest.mark.parametrize("method", ["get", "head", "put", "options"])
def test_no_link_answers_the_offer(method: str) -> None:
    person("ann", at=9)
    client = signed_in("ann", at=3)
    getattr(client, method)("/progress/?episode=9&account=ann")
    client.get("/?as_of=9")
    assert seen_by(client) == 3


def test_signing_out_shows_what_was_shown_last() -> None:
    person("ann", at=7)
    client = signed_in("ann", at=3)
    answer(client, 7)
    Viewer.objects.update(progress=9)
    assert seen_by(client) == 9
    client.post("/accounts/logout/")
    assert seen_by(client) == 9


def test_signing_out_does_not_bring_back_what_was_lowered_elsewhere() -> None:
    person("ann", at=7)
    client = signed_in("ann", at=9)
    answer(client, 9)
    Viewer.objects.update(progress=2)
    client.post("/accounts/logout/")
    assert seen_by(client) == 2


def test_a_session_that_ends_by_itself_does_not_either() -> None:
    person("ann", at=9)
    client = signed_in("ann", at=3)
    answer(client, 9)
    Viewer.objects.update(progress=2)
    assert seen_by(client) == 2
    Session.objects.all().delete()
    assert seen_by(client) == 2


def test_being_signed_in_to_another_account_ends_the_step() -> None:
    person("ann", at=3)
    person("mallory", at=9)
    client = signed_in("ann", at=4)
    answer(client, 3)
    client.post("/accounts/logout/")
    sign_in(client, "mallory")
    assert seen_by(client) == 3


def test_pages_of_accounts_tell_nothing_later(tmp_path: Path) -> None:
    """They stand in the same frame as all others."""
    person("ann", at=9)
    client = signed_in("ann", at=3)
    for address in ("/accounts/", "/accounts/email/", "/accounts/login/", "/accounts/nonsense/", "/accounts/?as_of=9"):
        response = client.get(address, follow=True)
        assert response["Cache-Control"] == "private, no-store", address
        assert "Title of 4" not in response.content.decode()
    assert client.get("/accounts/nonsense/").content == client.get("/nonsense/").content
