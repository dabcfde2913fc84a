"""The recap between two episodes, the pages that changed, and the strip of episodes on a character's page."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from characters.lore import Lore
from characters.lore.pages import recap
from characters.models import Character
from characters.values.pages import SubjectPage
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
    changed = {page.face.name: (page.is_new, page.unmasked, page.things) for page in Lore(3).home(2).changed}
    assert changed == {"Bea": (False, True, 1), "Ann Lee": (False, False, 1), "Red": (False, False, 0)}
    assert [(page.face.name, page.is_new) for page in Lore(4).home(3).changed] == [("Cleo", True), ("Ann Lee", False)]


def test_the_home_page_says_what_is_new_with_the_episode(show: None, visitor: Visitor) -> None:
    body = visitor(4).get("/").content.decode()
    assert "New with episode 4" in body
    assert 'href="/recap/?since=3"' in body
    assert "New with" not in visitor(0).get("/").content.decode()


def test_who_comes_back_finds_the_episode_first_and_nobody_twice(real_show: None, visitor: Visitor) -> None:
    newcomer, returning = (visitor(progress).get("/").content.decode() for progress in (0, 5))
    assert "How far have you watched?" in newcomer
    assert "How far have you watched?" not in returning
    premise = str(Lore(5).premise)
    assert str(Lore(0).premise) in newcomer
    assert premise not in returning
    assert premise in visitor(5).get("/episodes/0/").content.decode()
    faces = re.findall(r'<a class="face" href="([^"]+)"', returning)
    assert len(faces) == len(set(faces)) == 12


def test_without_a_beginning_it_tells_the_last_episode_and_offers_a_choice(show: None, visitor: Visitor) -> None:
    body = visitor(3).get("/recap/").content.decode()
    assert "Since episode 2" in body
    assert "Synopsis of 3" in body
    assert "Synopsis of 2" not in body
    choice = body.partition('<select id="since"')[2].partition("</select>")[0]
    assert "Title of 2" in choice
    assert "Title of 3" not in choice
    assert 'name="next" value="/recap/"' in body, "after another step the recap is of that"


@pytest.mark.parametrize("since", ["3", "4", "99", "-1", "x", "", "1e3", "9" * 999])
def test_what_is_no_episode_behind_the_viewer_gets_the_choice_in_the_same_words(
    show: None, visitor: Visitor, since: str
) -> None:
    answer, nonsense = (visitor(3).get("/recap/", {"since": asked}) for asked in (since, "nonsense"))
    assert answer.status_code == 200
    assert answer.content == nonsense.content
    assert b"starts after an episode that you have already watched" in answer.content


def test_first_comes_each_episode_with_what_turned_out_otherwise(show: None) -> None:
    page = Lore(4).recap(2)
    assert page is not None
    third, fourth = page.episodes
    assert [text_of(entry.html.encode()).strip() for entry in third.unmasked] == ["Mask is Bea."]
    assert third.overturned == ()
    assert [text_of(entry.html.encode()).strip() for entry in fourth.overturned] == ["Ann Lee lives."]


@pytest.mark.parametrize(
    ("since", "shortened", "unfolded"), [(12, False, 3), (11, False, 3), (10, False, 0), (4, True, 0)]
)
def test_of_many_episodes_it_tells_less_at_once(real_show: None, since: int, shortened: bool, unfolded: int) -> None:
    page = Lore(13).recap(since)
    assert page is not None
    assert len(page.told) == 13 - since
    parts = [part for number in range(1, page.last + 1) if (part := Lore(13).recap(since, page=number))]
    assert [told.episode.number for part in parts for told in part.episodes] == list(range(since + 1, 14))
    assert {told.is_shortened for told in page.episodes} == {shortened}
    assert [group.is_open for group in page.groups][: unfolded + 1] == [*[True] * unfolded, False]
    assert [group.told for group in page.groups if group.face] == sorted(
        (group.told for group in page.groups if group.face), reverse=True
    )


def test_home_page_and_recap_count_alike(real_show: None, visitor: Visitor) -> None:
    home, recap = (" ".join(text_of(visitor(5).get(address).content).split()) for address in ("/", "/recap/?since=4"))
    assert "Rouge Redstar 21 new things" in home
    assert "Rouge Redstar 21 new things, 10 told here" in recap


def test_all_that_was_told_stands_in_the_page_with_nothing_to_correct(real_show: None, visitor: Visitor) -> None:
    body = visitor(8).get("/recap/?since=7").content.decode()
    page = Lore(8).recap(7)
    assert page is not None
    assert page.last == 1
    entries = [entry for group in page.groups for entry in group.entries]
    assert len(entries) > 10
    assert all((entry.line or entry.html) in body for entry in entries)
    assert "Correct: " not in body
    for heading in re.findall(r'href="#([\w-]+)"', body.partition('<nav class="contents"')[2].partition("</nav>")[0]):
        assert f'id="{heading}"' in body


def test_a_recap_of_much_is_told_on_several_pages_below_100_kb(real_show: None, visitor: Visitor) -> None:
    told = visitor(13).get("/recap/?since=0").content.decode()
    addresses = {unescape(address) for address in re.findall(r'href="(/recap/\?since=0&amp;page=\d+)"', told)}
    pages = [told, *(visitor(13).get(address).content.decode() for address in sorted(addresses))]
    first = Lore(13).recap(0)
    assert first is not None
    assert len(pages) == first.last > 2
    assert all(len(page.encode()) < 100_000 for page in pages)
    parts = [part for number in range(1, first.last + 1) if (part := Lore(13).recap(0, page=number))]
    assert [told.episode.number for part in parts for told in part.episodes] == list(range(1, 14))
    faces = [group.face.url for part in parts for group in part.groups if group.face]
    faces += [changed.face.url for part in parts for changed in part.besides]
    assert len(faces) == len(set(faces))
    assert set(faces) == {changed.face.url for changed in Lore(13).home(0).changed}
    for page, part in zip(pages, parts, strict=True):
        for group in part.groups:
            assert all((entry.line or entry.html) in page for entry in group.entries)
            assert (f"<p>{group.more} more" in page) == (group.more > 0)


def test_of_more_than_can_be_told_at_once_it_tells_the_first_episodes_and_leads_on(
    real_show: None, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recap, "MOST_REVELATIONS", 80)
    ends, since = [], 0
    while page := Lore(13).recap(since):
        assert page.until.number > since
        ends.append(since := page.until.number)
        assert bool(page.rest_url) == (since < 13)
    assert ends[-1] == 13
    assert len(ends) > 3
    body = visitor(13).get("/recap/?since=0").content.decode()
    assert f'href="/recap/?since={ends[0]}"' in body
    assert f"What happened in episodes 1 to {ends[0]}" in body
    narrower = Lore(13).recap(0, until=1)
    assert narrower is not None
    assert [told.episode.number for told in narrower.episodes] == [1]


def test_who_has_watched_nothing_has_nothing_to_look_back_on(show: None, visitor: Visitor) -> None:
    assert b"nothing to recap yet" in visitor(0).get("/recap/").content


def test_it_takes_as_many_queries_however_much_happened(
    real_show: None, visitor: Visitor, django_assert_max_num_queries: Any
) -> None:
    for at, since in ((1, 0), (13, 12), (13, 0)):
        with django_assert_max_num_queries(40):
            assert visitor(at).get(f"/recap/?since={since}").status_code == 200


def test_the_strip_has_the_watched_episodes_and_says_what_each_brought(show: None) -> None:
    def strip(key: str, progress: int) -> list[tuple[int, bool, int]]:
        return [(cell.episode.number, cell.appears, cell.learned) for cell in page_of(key, progress).strip]

    assert strip("ann", 2) == [(0, False, 0), (1, True, 1), (2, True, 2)]
    assert strip("ann", 3) == [(0, False, 0), (1, True, 1), (2, True, 2), (3, False, 1)]
    assert strip("bea", 4) == [(0, False, 0), (1, True, 0), (2, True, 2), (3, False, 1), (4, False, 0)]


def page_of(key: str, progress: int) -> SubjectPage:
    page = Lore(progress).subject("characters", Character.objects.as_of(progress).get(key=key).public_id)
    assert page is not None
    return page


EXHAUSTIVE = [pytest.param(progress, since, marks=pytest.mark.laws) for progress, since in ((1, 0), (9, 5), (13, 0))]


@pytest.mark.parametrize(("progress", "since"), [(5, 4), (9, 8), (13, 12), *EXHAUSTIVE])
def test_what_is_new_is_counted_as_in_the_timeline(
    real_show: None, visitor: Visitor, progress: int, since: int
) -> None:
    for changed in Lore(progress).home(since).changed:
        body = visitor(progress).get(changed.face.url).content.decode()
        timeline = body.partition('<h2 id="timeline">')[2]
        told = {
            int(part.partition('"')[0]): part.count(' class="learned') + part.count('class="change-label"')
            for part in timeline.split('id="episode-')[1:]
        }
        assert changed.things == sum(count for number, count in told.items() if number > since), changed.face.name
        strip = body.partition('<nav class="jumps"')[2].partition("</nav>")[0]
        counts = [int(count) for count in re.findall(r"(\d+) things? learned", strip)]
        if strip:  # a page of a single episode needs none
            assert counts == [told[number] for number in sorted(told) if told[number]]


def test_the_longest_mark_of_the_strip_is_where_most_was_learned_so_far(real_show: None) -> None:
    def weights(progress: int) -> dict[int, float]:
        return {cell.learned: cell.weight for cell in page_of("rouge_redstar", progress).strip if cell.learned}

    for progress in (1, 5, 13):
        found = weights(progress)
        assert found[max(found)] == 10
        assert sorted(found.values()) == [found[learned] for learned in sorted(found)]
        assert min(found.values()) >= 2
    assert len(set(weights(13).values())) > 6
