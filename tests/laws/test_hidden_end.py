"""Whoever does not want to know how many episodes there are is told nothing of those after the next one."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Visitor
from tests.people import OWN, person, signed_in
from tests.shows import character, episode, load_show, revelation

ADDRESSES = (
    "/", "/characters/", "/characters/?sort=newest", "/factions/", "/terms/", "/tags/", "/episodes/", "/episodes/0/",
    "/voices/", "/staff/",
    "/episodes/2/", "/episodes/3/", "/episodes/4/", "/episodes/7/", "/graph/", "/graph/?as_of=1", "/recap/",
    "/recap/?since=1", "/recap/?since=5", "/search/", "/search/?q=ann", "/search/suggest/?q=an", "/changes/", "/about/",
    "/privacy/", "/sitemap.xml", "/nothing/", "/nothing/?as_of=1", "/?as_of=1", "/?as_of=3", "/?as_of=4", "/?as_of=7",
    "/episodes/?as_of=1", "/episodes/4/?as_of=1", "/went-back/?to=/c/zzzzzzzzzzzz/", "/corrections/new/episodes/2/",
    "/corrections/new/episodes/4/",
)  # fmt: skip


def load_with(directory: Path, episodes: int) -> None:
    load_show(
        directory,
        episodes=[episode(number) for number in range(1, episodes + 1)],
        characters=[character("ann")],
        revelations=[revelation("r", "[[ann]] is a queen.", since=1, characters=["ann"])],
    )


def answers(client: Client) -> dict[str, tuple[int, Any, bytes]]:
    responses = {address: client.get(address) for address in ADDRESSES}
    return {address: (told.status_code, told.get("Location"), told.content) for address, told in responses.items()}


@pytest.mark.parametrize("kept", [True, False])
def test_a_show_with_more_episodes_gives_the_same_bytes(
    visitor: Visitor, tmp_path: Path, settings: Any, kept: bool
) -> None:
    if not kept:
        settings.PAGE_CACHE_BYTES = 0
    load_with(tmp_path, 3)
    client = visitor(2)
    client.cookies["ahead"] = "hidden"
    few = answers(client)
    assert few["/episodes/4/"] == few["/episodes/7/"]
    assert b"/episodes/3/" in few["/episodes/"][2]
    load_with(tmp_path, 12)
    many = answers(client)
    assert [address for address in ADDRESSES if many[address] != few[address]] == []
    client.cookies["ahead"] = "shown"
    shown = answers(client)
    assert shown["/episodes/"] != many["/episodes/"]
    assert b"of 12" in shown["/episodes/"][2]


def test_who_is_signed_in_is_told_no_more(visitor: Visitor, tmp_path: Path) -> None:
    person("ann", at=2)
    client = signed_in("ann", at=2)
    client.cookies["ahead"] = "hidden"
    bodies = []
    for episodes in (3, 12):
        load_with(tmp_path, episodes)
        bodies.append([client.get(address).content for address in ("/", "/episodes/", "/accounts/", "/nothing/")])
    assert bodies[0][:2] == bodies[1][:2]
    assert bodies[0][3] == bodies[1][3]
    assert b"12" not in bodies[1][1].partition(b"<main")[2].partition(b"</main>")[0]


def test_nothing_says_that_the_last_was_the_last(visitor: Visitor, tmp_path: Path) -> None:
    load_with(tmp_path, 3)
    client = visitor(3)
    assert b"All watched" in client.get("/").content
    client.cookies["ahead"] = "hidden"
    body = client.get("/episodes/").content.decode()
    assert "All watched" not in body
    assert "watched up to 3<" in body


def test_it_is_chosen_by_the_own_hand_and_kept_beside_the_theme(visitor: Visitor, tmp_path: Path) -> None:
    load_with(tmp_path, 12)
    client = visitor(2)
    client.cookies["theme"] = "dark"
    refused = client.post("/theme/", {"ahead": "hidden"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    response = client.post("/theme/", {"ahead": "hidden", "next": "/episodes/"}, headers=OWN)
    assert (response.status_code, response["Location"]) == (303, "/episodes/")
    assert "theme" not in response.cookies
    body = client.get("/episodes/").content.decode()
    assert 'data-theme="dark"' in body
    assert "/episodes/4/" not in body
    assert "Show how many episodes there are" in body
    client.post("/theme/", {"ahead": "shown"}, headers=OWN)
    assert "/episodes/12/" in client.get("/episodes/").content.decode()


def test_progress_and_its_undo_work_as_ever(visitor: Visitor, tmp_path: Path) -> None:
    load_with(tmp_path, 12)
    client = visitor(9)
    client.cookies["ahead"] = "hidden"
    client.post("/progress/", {"episode": "4", "next": "/"}, headers=OWN)
    assert 'value="9" form="progress-undo"' in client.get("/").content.decode()
    client.post("/progress/", {"episode": "9", "next": "/", "sure": "yes"}, headers=OWN)
    assert client.cookies["progress"].value == "9"
