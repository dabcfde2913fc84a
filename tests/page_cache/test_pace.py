"""Pages are made for one address at the pace of a reader. What is kept, and all for members, is sent at any pace."""

from typing import Any

import pytest
from django.test import Client

from rougedb import budgets
from rougedb.page_cache import store
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db

BUDGET = 3


@pytest.fixture(autouse=True)
def budget(real_show: None, settings: Any) -> None:
    settings.PAGE_BUDGET = BUDGET
    budgets._budget.cache_clear()
    store.clear()


def searches(number: int) -> list[str]:
    return [f"/search/?q={'x' * (length + 1)}" for length in range(number)]


def statuses(client: Client, addresses: list[str], **headers: str) -> list[int]:
    return [client.get(address, **headers).status_code for address in addresses]


def test_pages_are_made_up_to_the_budget_and_then_there_is_a_pause() -> None:
    assert statuses(Client(), searches(BUDGET)) == [200] * BUDGET
    refused = Client().get("/search/?q=one+more")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1
    assert refused["Cache-Control"] == "private, no-store"
    assert "A little slower" in refused.content.decode()


@pytest.mark.parametrize("session", ["", "of-long-ago"])
def test_what_is_kept_is_answered_all_the_same(session: str) -> None:
    client = Client()
    if session:
        client.cookies["sessionid"] = session
    kept = searches(BUDGET)
    statuses(client, kept)
    assert statuses(client, [*kept, "/search/?q=one+more", *kept]) == [200] * BUDGET + [429] + [200] * BUDGET


def test_a_refusal_is_not_kept(settings: Any) -> None:
    statuses(Client(), searches(BUDGET))
    assert statuses(Client(), ["/tags/"]) == [429]
    assert statuses(Client(), ["/tags/"], REMOTE_ADDR="192.0.2.7") == [200]


def test_whoever_is_signed_in_is_not_held_up() -> None:
    client = signed_in(person())
    assert statuses(client, searches(4 * BUDGET)) == [200] * 4 * BUDGET


def test_forms_count_and_what_is_no_page_does_not() -> None:
    assert statuses(Client(), ["/corrections/new/episodes/0/"] * (BUDGET + 1))[-2:] == [200, 429]
    assert statuses(Client(), ["/healthz", "/robots.txt", "/accounts/login/"]) == [200] * 3
    assert (
        Client()
        .post("/progress/", {"episode": "1", "sure": "yes"}, headers={"sec-fetch-site": "same-origin"})
        .status_code
        == 303
    )


def test_each_household_has_a_budget_of_its_own() -> None:
    assert statuses(Client(), searches(BUDGET), REMOTE_ADDR="2001:db8::1") == [200] * BUDGET
    assert statuses(Client(), ["/search/?q=another"], REMOTE_ADDR="2001:db8::2") == [429]
    assert statuses(Client(), ["/search/?q=another"], REMOTE_ADDR="2001:db8:0:1::1") == [200]
