"""The recap between two episodes, the pages that changed, and the strip of episodes on a character's page."""

from pathlib import Path
from typing import Any

import pytest

from characters.lore import Lore
from characters.models import Character
from tests.conftest import Visitor
from tests.shows import character, episode, headline, load_show, revelation, trait, unmasking
from tests.twins import text_of


@pytest.fixture
def show(db: None, tmp_path: Path) -> None:
    """Bea is the mask, as one learns in 3; in 4 Ann turns out not to have died."""
    load_show(
        tmp_path,
        episodes=[episode(number) for number in (1, 2, 3, 4)],
        factions=[character("red")],
        characters=[
            character(
                "ann",
                aliases=[headline("Ann Lee", since=3)],
                traits=[trait("status", "alive", since=1), trait("status", "dead", since=2)],
                memberships=[{"faction": "red", "role": "spy", "revealed_in": 3}],
            ),
            character("bea", since=2),
            character("mask"),
            character("cleo", since=4),
        ],
        relationships=[{"source": "cleo", "kind": "loves", "target": "ann", "revealed_in": 4}],
        revelations=[
            revelation("early", "[[ann]] arrives.", since=1, characters=["ann"]),
            revelation("death", "[[bea]] shoots [[ann]].", since=2, characters=["ann", "bea"]),
            revelation("nobody", "It rains.", since=3),
            revelation("life", "[[ann]] lives.", since=4, characters=["ann"], supersedes="death"),
        ],
        unmaskings=[unmasking("mask", "bea", since=3)],
    )


def told(progress: int, since: int) -> dict[str, list[tuple[int, list[str], list[str]]]]:
    page = Lore(progress).recap(since)
    assert page is not None
    return {
        group.face.name if group.face else "": [
            (
                chapter.episode.number,
                [text_of(entry.html.encode()).strip() for entry in chapter.revelations],
                [entry.label for entry in chapter.changes],
            )
            for chapter in group.chapters
        ]
        for group in page.groups
    }


def test_it_tells_what_lies_between_by_character(show: None) -> None:
    assert told(3, since=1) == {
        "Bea": [(2, ["Bea shoots Ann Lee."], []), (3, [], ["Unmasked"])],
        "Ann Lee": [(2, [], ["Status"]), (3, [], ["Member of", "Name"])],
        "": [(3, ["It rains."], [])],
    }


def test_a_belief_that_fell_is_told_with_what_overturned_it(show: None) -> None:
    assert told(4, since=1)["Ann Lee"][-1] == (4, ["Ann Lee lives."], [])
    page = Lore(4).recap(1)
    assert page is not None
    (life,) = [entry for g in page.groups for c in g.chapters for entry in c.revelations if "lives" in entry.html]
    assert life.believed_before is not None
    assert "shoots" in life.believed_before


def test_the_pages_that_changed(show: None) -> None:
    changed = {page.face.name: (page.is_new, page.unmasked, page.things) for page in Lore(3).changed(2)}
    assert changed == {"Bea": (False, True, 1), "Ann Lee": (False, False, 2), "Red": (False, False, 1)}
    assert [(page.face.name, page.is_new) for page in Lore(4).changed(3)] == [("Cleo", True), ("Ann Lee", False)]


def test_the_home_page_says_what_is_new_with_the_episode(show: None, visitor: Visitor) -> None:
    body = visitor(4).get("/").content.decode()
    assert "New with episode 4" in body
    assert 'href="/recap/?since=3"' in body
    assert "New with" not in visitor(0).get("/").content.decode()


def test_without_a_beginning_it_offers_a_choice(show: None, visitor: Visitor) -> None:
    body = text_of(visitor(3).get("/recap/").content)
    assert "What has happened since" in body
    assert "Title of 2" in body
    assert "Title of 3" not in body.partition("Recap")[2].partition("What has happened since")[2]


@pytest.mark.parametrize("since", ["3", "4", "99", "-1", "x", "", "1e3", "9" * 999])
def test_what_is_no_episode_behind_the_viewer_gets_the_choice_in_the_same_words(
    show: None, visitor: Visitor, since: str
) -> None:
    answer, nonsense = (visitor(3).get("/recap/", {"since": asked}) for asked in (since, "nonsense"))
    assert answer.status_code == 200
    assert answer.content == nonsense.content
    assert b"begins at an episode that lies behind you" in answer.content


def test_who_has_watched_nothing_has_nothing_to_look_back_on(show: None, visitor: Visitor) -> None:
    assert b"nothing to look back on yet" in visitor(0).get("/recap/").content


def test_it_takes_as_many_queries_however_much_happened(
    real_show: None, visitor: Visitor, django_assert_max_num_queries: Any
) -> None:
    for at, since in ((1, 0), (13, 12), (13, 0)):
        with django_assert_max_num_queries(40):
            assert visitor(at).get(f"/recap/?since={since}").status_code == 200


def test_the_strip_has_the_watched_episodes_and_says_what_each_brought(show: None) -> None:
    def strip(key: str, progress: int) -> list[tuple[int, bool, int]]:
        page = Lore(progress).character(Character.objects.as_of(9).get(key=key).public_id)
        assert page is not None
        return [(cell.episode.number, cell.appears, cell.learned) for cell in page.strip]

    assert strip("ann", 2) == [(0, False, 0), (1, True, 3), (2, True, 2)]
    assert strip("ann", 3) == [(0, False, 0), (1, True, 3), (2, True, 2), (3, False, 2)]
    assert strip("bea", 4) == [(0, False, 0), (1, True, 1), (2, True, 2), (3, False, 1), (4, False, 0)]
