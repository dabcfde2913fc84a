"""Then and now: what was believed of a character at an earlier episode, next to what is known."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from characters.lore import Lore
from characters.models import Character
from characters.values.pages import Belief, ThenPage
from tests.conftest import Visitor
from tests.shows import character, headline, load_show, revelation, trait, unmasking
from tests.twins import text_of


@pytest.fixture
def show(db: None, tmp_path: Path) -> None:
    """The stranger is Ann, as one learns in 2, and the mask is hers, as one learns in 3."""
    load_show(
        tmp_path,
        characters=[
            character(
                "ann",
                "the stranger",
                kind="placeholder",
                aliases=[headline("Ann", since=2)],
                traits=[
                    trait("species", "human", since=1),
                    trait("species", "Nean", since=3),
                    trait("colour", "red", since=1),
                ],
            ),
            character("mask", "The Mask", traits=[trait("habit", "whistles", since=1)]),
            character("late", since=3),
        ],
        revelations=[
            revelation("a", "[[ann]] is a queen.", since=1, characters=["ann"]),
            revelation("b", "[[ann]] is a thief.", since=2, characters=["ann"], supersedes="a"),
            revelation("c", "[[ann]] is a spy.", since=3, characters=["ann"], supersedes="b"),
        ],
        unmaskings=[unmasking("mask", "ann", since=3)],
    )


def id_of(key: str) -> str:
    return Character.objects.as_of(9).get(key=key).public_id


def then(key: str, episode: int | None, *, progress: int = 3) -> ThenPage:
    page = Lore(progress).then(id_of(key), episode)
    assert page is not None
    return page


def said(held: Iterable[Belief]) -> list[tuple[str, bool]]:
    return [(text_of(each.html.encode()), each.changed) for each in held]


def sides(page: ThenPage) -> dict[str, list[list[tuple[str, bool]]]]:
    return {row.label: [said(held for part in row.then for held in part.held), said(row.now)] for row in page.rows}


def by_persona(page: ThenPage) -> dict[str, list[tuple[str, list[tuple[str, bool]]]]]:
    return {
        row.label: [(part.face.name if part.face else "", said(part.held)) for part in row.then] for row in page.rows
    }


def test_facts_stand_side_by_side_and_what_changed_is_marked(show: None) -> None:
    assert sides(then("ann", 1)) == {
        "Name": [[("The stranger", True), ("The Mask", True)], [("Ann", True)]],
        "Species": [[("Human", True)], [("Nean", True)]],
        "Colour": [[("Red", False)], [("Red", False)]],
        "Habits": [[("Whistles", False)], [("Whistles", False)]],
    }
    assert not any(row.changed for row in then("ann", 1, progress=2).rows if row.label != "Name")


def test_a_belief_is_told_with_what_it_gave_way_to_in_the_end(show: None) -> None:
    def turned(episode: int, progress: int) -> list[tuple[str, str, int]]:
        return [
            (text_of(belief.then.encode()).strip(), text_of(belief.now.encode()).strip(), belief.episode.number)
            for belief in then("ann", episode, progress=progress).turned
        ]

    assert turned(1, 2) == [("The stranger is a queen.", "Ann is a thief.", 2)]
    assert turned(1, 3) == [("The stranger is a queen.", "Ann is a spy.", 3)]
    assert turned(2, 3) == [("Ann is a thief.", "Ann is a spy.", 3)]


def test_who_were_several_then_are_all_told_of(show: None, visitor: Visitor) -> None:
    page = then("ann", 2)
    assert [face.name for face in page.then] == ["Ann", "The Mask"]
    assert by_persona(page) == {
        "Name": [("", [("Ann", False)]), ("", [("The Mask", True)])],
        "Species": [("Ann", [("Human", True)])],
        "Colour": [("Ann", [("Red", False)])],
        "Habits": [("The Mask", [("Whistles", False)])],
    }
    assert page.telling == page.rows
    told = visitor(3).get(f"{page.url}?episode=2")
    assert "Back then you took Ann for two different characters:" in text_of(told.content)
    assert told.content.decode().count(page.then[1].url) >= 2
    assert [face.name for face in then("ann", 1, progress=2).then] == ["the stranger"]
    assert "Back then you took" not in visitor(2).get(f"{page.url}?episode=1", follow=True).content.decode()


def test_merged_characters_of_the_real_show_are_told_apart_as_they_were(real_show: None) -> None:
    roy, *others = (face.name for face in then("roy_junghardt", 9, progress=13).then)
    assert roy == "Roy Junghardt"
    assert set(others) == {"the Puppeteer", "the red figure in the murder video"}
    assert {face.name for face in then("aes", 6, progress=8).then} == {"Aes", "Alice"}


def test_what_has_not_changed_is_folded_and_nothing_turned_is_said(show: None, visitor: Visitor) -> None:
    page = then("ann", 1, progress=2)
    assert [row.label for row in page.telling] == ["Name"]
    assert [row.label for row in page.unchanged] == ["Species", "Colour"]
    same = then("mask", 1, progress=2)
    assert same.telling == ()
    assert same.all_still_holds
    answer = visitor(2).get(f"{same.url}?episode=1").content.decode()
    assert "So far, everything believed then still holds." in answer
    assert "<table" not in answer
    assert not page.all_still_holds
    assert not then("ann", 2).all_still_holds


def test_before_anybody_had_heard_of_them(show: None, visitor: Visitor) -> None:
    assert then("late", 1).then == ()
    assert then("late", 1).choices == ()
    address = f"/characters/{id_of('late')}/late/then/"
    assert b"nobody had heard of Late" in visitor(3).get(f"{address}?episode=1").content
    assert b"only just heard of Late" in visitor(3).get(address).content


def test_its_address_is_that_of_the_character(show: None, visitor: Visitor) -> None:
    ann, mask = id_of("ann"), id_of("mask")
    for address in (f"/characters/{ann}/x/then/?episode=1", f"/characters/{mask}/the-mask/then/?episode=1"):
        response = visitor(3).get(address)
        assert (response.status_code, response["Location"]) == (302, f"/characters/{ann}/ann/then/?episode=1")
    assert visitor(3).get(f"/characters/{ann}/ann/then/?episode=1").status_code == 200
    assert visitor(0).get(f"/characters/{ann}/the-stranger/then/").status_code == 404


@pytest.mark.parametrize("asked", ["2", "3", "99", "-1", "x", ""])
def test_an_episode_that_does_not_lie_behind_is_taken_for_none(show: None, visitor: Visitor, asked: str) -> None:
    address = f"/characters/{id_of('ann')}/ann/then/"
    assert visitor(2).get(f"{address}?episode={quote(asked)}").content == visitor(2).get(address).content


def test_it_takes_as_many_queries_whoever_it_is_for_each_they_were_taken_for(
    real_show: None, visitor: Visitor, django_assert_max_num_queries: Any
) -> None:
    for key in ("rouge_redstar", "roy_junghardt", "emily"):
        page = then(key, 5, progress=13)
        with django_assert_max_num_queries(50 + 20 * len(page.then)):
            assert visitor(13).get(f"{page.url}?episode=5").status_code == 200


def test_it_takes_as_many_queries_of_however_many_they_were_taken_for(show: None) -> None:
    def count(progress: int) -> int:
        then("ann", 1, progress=progress)  # what is kept for an episode is there from here on
        with CaptureQueriesContext(connection) as queries:
            assert len(then("ann", 1, progress=progress).then) == progress - 1
        return len(queries)

    assert count(3) == count(2)
