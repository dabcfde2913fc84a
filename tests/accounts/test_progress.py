"""Progress in the account: the devices of somebody who is signed in agree, once they were told to."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from episodes.models import Episode, Viewer
from tests.people import answer, person, seen_by, set_progress, sign_in, signed_in
from tests.shows import episode, load_show

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("show")]


@pytest.fixture
def show(db: None, tmp_path: Path) -> None:
    load_show(tmp_path, characters=[], episodes=[episode(number) for number in range(1, 10)])


def in_account(name: str = "ann") -> int | None:
    return Viewer.objects.get(user__username=name).progress


def offered(client: Client) -> bool:
    return b'class="offer"' in client.get("/").content


def test_a_new_account_begins_where_its_browser_is() -> None:
    person("ann")
    client = signed_in("ann", at=4)
    assert in_account() == 4
    assert not offered(client)


def test_what_is_set_goes_to_the_account() -> None:
    person("ann")
    client = signed_in("ann", at=4)
    set_progress(client, 5)
    assert in_account() == 5


def test_two_devices_agree() -> None:
    person("ann", at=7)
    laptop, phone = signed_in("ann", at=7), signed_in("ann", at=3)
    answer(phone, 7)
    assert (seen_by(laptop), seen_by(phone)) == (7, 7)
    set_progress(laptop, 8)
    assert (seen_by(laptop), seen_by(phone)) == (8, 8)
    set_progress(phone, 9)
    assert (seen_by(laptop), seen_by(phone)) == (8, 9)
    answer(laptop, 9)
    for device, number in ((phone, 2), (laptop, 5), (phone, 6)):
        set_progress(device, number)
        assert (seen_by(laptop), seen_by(phone)) == (number, number)
        assert not offered(laptop)


@pytest.mark.parametrize(("here", "there"), [(3, 7), (7, 3), (0, 1), (1, 0)])
@pytest.mark.parametrize("chosen", [max, min])
def test_both_numbers_are_offered_and_the_answer_counts_for_both(here: int, there: int, chosen: Any) -> None:
    person("ann", at=there)
    client = signed_in("ann", at=here)
    page = client.get("/").content.decode()
    assert f"This browser was at episode {here}, the account of ann at {there}." in page
    buttons = page.partition('class="offer"')[2].partition("</form>")[0]
    assert f">Stay at {here}<" in buttons
    assert f">Use {there}<" in buttons
    answer(client, chosen(here, there))
    assert seen_by(client) == in_account() == chosen(here, there)
    assert not offered(client)


def test_while_they_differ_the_account_is_left_alone() -> None:
    person("ann", at=7)
    client = signed_in("ann", at=2)
    set_progress(client, 3)
    assert (seen_by(client), in_account()) == (3, 7)
    assert offered(client)


def test_an_account_beyond_the_last_episode_is_at_the_last() -> None:
    person("ann", at=9)
    client = signed_in("ann", at=3)
    answer(client, 9)
    Episode.objects.filter(number__gt=8).delete()
    assert seen_by(client) == 8


def test_an_offer_that_was_taken_is_taken_for_this_sign_in_alone() -> None:
    person("ann", at=7)
    client = signed_in("ann", at=3)
    answer(client, 7)
    client.post("/accounts/logout/")
    set_progress(client, 1)
    sign_in(client)
    assert seen_by(client) == 1
    assert offered(client)


def test_looking_back_goes_no_further_than_the_account() -> None:
    person("ann", at=2)
    client = signed_in("ann", at=5)
    answer(client, 2)
    assert b"Have you watched episode 4?" in client.get("/episodes/?as_of=4").content


def test_nobody_is_looked_up_without_a_session() -> None:
    client = Client()
    client.cookies["progress"] = "3"
    for address in ("/", "/episodes/", "/nothing-here/", "/robots.txt"):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        assert not [query for query in queries if re.search("session|auth_|viewer", query["sql"])], address
        session = getattr(response.wsgi_request, "session", None)  # answers for the server come before there is one
        assert (session is None) == (address == "/robots.txt")
        assert session is None or not session.accessed
        assert not response.cookies
        assert "Cookie" in response["Vary"]


def test_somebody_is_looked_up_in_three_queries() -> None:
    person("ann", at=3)
    client = signed_in("ann", at=3)
    with CaptureQueriesContext(connection) as queries:
        client.get("/episodes/")
    assert len([query for query in queries if re.search("session|auth_|viewer", query["sql"])]) == 3


def test_over_https_the_cookie_is_one_that_no_neighbour_can_set() -> None:
    client = Client()
    response = client.post(
        "/progress/", {"episode": "3", "sure": "yes"}, headers={"Sec-Fetch-Site": "same-origin"}, secure=True
    )
    cookie = response.cookies["__Host-progress"]
    assert (cookie.value, cookie["secure"], cookie["path"], cookie["domain"]) == ("3", True, "/", "")
    planted = {"Cookie": "progress=9; __Host-progress=3"}
    assert b"You are at episode 3<" in Client().get("/episodes/", headers=planted, secure=True).content


def test_no_number_keeps_an_account_or_an_episode_from_going() -> None:
    user = person("ann", at=9)
    Episode.objects.get(number=9).delete()
    user.delete()
    assert not Viewer.objects.exists()
    assert User.objects.count() == 0
