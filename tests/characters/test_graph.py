"""The map of relations: who stands where, how it is drawn, and that it stays in place from episode to episode."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from characters import views
from characters.lore import Lore
from characters.lore.map import graph
from characters.models import Character, Faction
from characters.values.map import Chart, ChartNode, GraphPage, MapGroup
from characters.vocabulary import DEFAULT, RELATIONS, Bond
from episodes.progress import stops_to
from tests.conftest import Visitor
from tests.nets import net_lifted
from tests.shows import LAST_EPISODE, character, load_show, unmasking


def tie(source: str, kind: str, target: str, *, since: int = 1, **values: Any) -> dict[str, Any]:
    return {"source": source, "kind": kind, "target": target, "revealed_in": since} | values


def member(faction: str, *, since: int = 1, **values: Any) -> dict[str, Any]:
    return {"faction": faction, "revealed_in": since} | values


@pytest.fixture
def show(db: None, tmp_path: Path) -> None:
    """Ann leaves the red side for the blue one in 3; the mask is Bea's, as one learns in 3; Dora comes in 2."""
    load_show(
        tmp_path,
        factions=[character("red"), character("blue", since=2)],
        characters=[
            character("ann", memberships=[member("red", ended_in=3), member("blue", since=3)]),
            character("bea", memberships=[member("red")]),
            character("mask"),
            character("cleo"),
            character("dora", since=2),
        ],
        relationships=[
            tie("ann", "sibling", "bea"),
            tie("ann", "killed", "cleo", certainty="claimed", ended_in=2),
            tie("ann", "rescued", "cleo", since=2),
            tie("mask", "hunts", "ann"),
            tie("mask", "rival", "bea"),
            tie("dora", "enemy", "ann", since=2, certainty="disproved"),
        ],
        unmaskings=[unmasking("mask", "bea", since=3)],
    )


def standing(groups: Iterable[MapGroup]) -> dict[str, list[str]]:
    return {
        group.faction.name if group.faction else "": [person.face.name for person in group.people] for group in groups
    }


def words(page: GraphPage, name: str) -> set[str]:
    return {
        f"{tie.label} {other.name}"
        for group in page.groups
        for person in group.people
        if person.face.name == name
        for tie in person.ties
        for other, _ in tie.others
    }


def test_everybody_stands_with_the_faction_they_belong_to_by_then(show: None) -> None:
    assert {name: set(people) for name, people in standing(Lore(1).graph().groups).items()} == {
        "Red": {"Ann", "Bea"},
        "": {"Mask", "Cleo"},
    }
    assert {name: set(people) for name, people in standing(Lore(3).graph().groups).items()} == {
        "Red": {"Bea"},
        "Blue": {"Ann"},
        "": {"Cleo", "Dora"},
    }


@pytest.fixture
def leavers(db: None, tmp_path: Path) -> None:
    """Ann leaves the Reds in 2 and the Blues in 3, Cleo both in 3; the mask has left the Reds in 2.

    As of 3 it is known to be Bea, a Blue.
    """
    load_show(
        tmp_path,
        factions=[character("red", "The Reds"), character("blue", "The Blues", since=2)],
        characters=[
            character("ann", memberships=[member("red", ended_in=2), member("blue", since=2, ended_in=3)]),
            character("cleo", memberships=[member("red", ended_in=3), member("blue", since=2, ended_in=3)]),
            character("mask", memberships=[member("red", ended_in=2)]),
            character("bea", memberships=[member("blue", since=2)]),
            character("dora"),
        ],
        unmaskings=[unmasking("mask", "bea", since=3)],
    )


def former(groups: Iterable[MapGroup]) -> dict[str, tuple[str, int]]:
    return {
        person.face.name: (group.faction.name if group.faction else "", person.until)
        for group in groups
        for person in group.people
        if person.until is not None
    }


def test_who_has_left_stands_where_they_were_last_until_they_belong_somewhere(leavers: None) -> None:
    assert former(Lore(1).graph().groups) == {}
    assert former(Lore(2).graph().groups) == {"Mask": ("The Reds", 2)}
    assert former(Lore(3).graph().groups) == {"Ann": ("The Blues", 3), "Cleo": ("The Reds", 3)}
    assert standing(Lore(3).graph().groups)[""] == ["Dora"]
    assert set(standing(Lore(3).graph().groups)["The Blues"]) == {"Ann", "Bea"}


def test_who_has_left_is_marked_in_the_drawing_and_in_words(leavers: None, visitor: Visitor) -> None:
    for chart in Lore(2).graph().charts:
        assert [(node.face.name, node.label) for node in chart.nodes if node.former] == [
            ("Mask", "Mask, formerly The Reds, until episode 2: no ties known")
        ]
    assert "formerly" not in visitor(1).get("/graph/").content.decode()
    assert "hollow mark" not in visitor(1).get("/graph/").content.decode()
    page = visitor(2).get("/graph/").content.decode()
    assert page.count(" · formerly, until episode 2</small>") == 1
    assert page.count("hollow mark") == 1
    assert page.count(' former" href') == len(Lore(2).graph().charts)


def test_who_has_left_a_faction_is_picked_out_with_it_but_not_counted(leavers: None) -> None:
    red = Faction.objects.as_of(2).get(key="red").public_id
    page = Lore(2).graph(red)
    assert {name: set(people) for name, people in standing(page.groups).items()} == {"The Reds": {"Cleo", "Mask"}}
    assert [(choice.label, choice.count) for choice in page.factions if choice.chosen] == [("The Reds", 1)]


def test_nobody_of_the_real_show_who_has_belonged_somewhere_is_without_allegiance(real_show: None) -> None:
    at = {number: former(Lore(number).graph().groups) for number in (5, 8, 13)}
    assert {"Nius", "Achillus", "Sarah", "Afdal"} <= {name.split()[0] for name in at[5]}
    assert {"Dumas", "Noid"} <= {name.split()[0] for name in at[8]}
    assert {"Jill", "Grauphon"} <= {name.split()[0] for name in at[13]}


def test_ties_are_those_that_hold_told_from_both_sides(show: None) -> None:
    assert words(Lore(1).graph(), "Ann") == {"sibling of Bea", "killed Cleo", "hunted by Mask"}
    assert words(Lore(2).graph(), "Ann") == {"sibling of Bea", "rescued Cleo", "hunted by Mask"}
    assert words(Lore(3).graph(), "Ann") == {"sibling of Bea", "rescued Cleo", "hunted by Bea"}
    assert words(Lore(3).graph(), "Bea") == {"sibling of Ann", "hunts Ann"}
    assert words(Lore(3).graph(), "Dora") == set()


def test_what_is_drawn_is_what_is_said(show: None) -> None:
    page = Lore(1).graph()
    for chart in page.charts:
        names = {node.number: node.face.name for node in seats(chart)}
        drawn = {(frozenset(names[end] for end in strand.ends), strand.bond, strand.sure) for strand in chart.strands}
        assert drawn == {
            (frozenset({"Ann", "Bea"}), "kin", True),
            (frozenset({"Ann", "Cleo"}), "conflict", False),
            (frozenset({"Ann", "Mask"}), "pursuit", True),
            (frozenset({"Bea", "Mask"}), "conflict", True),
        }
        assert chart.hub is not None
        assert chart.hub.face.name == "Ann"
    assert [page.people, page.ties] == [4, 4]


def test_one_faction_and_whom_it_has_to_do_with_are_picked_out(show: None) -> None:
    blue = Faction.objects.as_of(3).get(key="blue").public_id
    page = Lore(3).graph(blue)
    assert standing(page.groups) == {"Red": ["Bea"], "Blue": ["Ann"], "": ["Cleo"]}
    assert {node.face.name for node in seats(page.charts[0])} == {"Ann", "Bea", "Cleo"}
    assert [choice.label for choice in page.factions if choice.chosen] == ["Blue"]


def id_of(key: str) -> str:
    with net_lifted():
        return Character.objects.get(key=key).public_id


def test_of_one_character_all_ties_are_drawn_and_told(show: None, visitor: Visitor) -> None:
    for key in ("bea", "mask"):  # by then they are known to be one
        page = Lore(3).graph(of=id_of(key))
        assert page.centre is not None
        assert page.centre.name == "Bea"
        assert [chart.shape for chart in page.charts] == ["wide", "narrow"]
        for chart in page.charts:
            assert chart.hub is not None
            assert chart.hub.url == page.centre.url
            assert {node.face.name for node in chart.nodes} == {"Ann"}
            assert {strand.bond for strand in chart.strands} == {"kin", "pursuit"}
        assert words(page, "Bea") == {"sibling of Ann", "hunts Ann"}
        assert standing(page.groups) == {"Red": ["Bea"]}
    assert Lore(1).graph(of=id_of("mask")).centre == Lore(1).subject("characters", id_of("mask")).face
    body = visitor(3).get(f"/graph/?of={id_of('bea')}&as_of=2").content.decode()
    assert f'href="/graph/?as_of=2&amp;of={id_of("ann")}#map"' in body
    assert f'<input type="hidden" name="of" value="{id_of("bea")}">' in body


def test_of_somebody_without_ties_the_map_shows_them_alone(show: None, visitor: Visitor) -> None:
    page = Lore(3).graph(of=id_of("dora"))
    assert [node.face.name for node in seats(page.charts[0])] == ["Dora"]
    assert visitor(3).get(f"/graph/?of={id_of('dora')}").status_code == 200


def test_a_character_that_is_not_known_yet_is_answered_like_nonsense(show: None, visitor: Visitor) -> None:
    asked_for = (id_of("dora"), "zzzzzzzzzzzz", "%00", "a" * 999)
    answers = {visitor(1).get(f"/graph/?of={asked}").content for asked in asked_for}
    assert len(answers) == 1
    assert b"means nothing as far as you are" in answers.pop()
    assert Lore(1).graph(of="\x00").centre is None  # which PostgreSQL refuses; without kept pages it comes this far


def test_the_whole_map_leads_to_that_of_each(show: None) -> None:
    page = Lore(1).graph()
    own_maps = {node.face.name: node.url for node in seats(page.charts[0])}
    assert own_maps == {key.capitalize(): f"/graph/?of={id_of(key)}#map" for key in ("ann", "bea", "mask", "cleo")}
    assert {person.map_url for group in page.groups for person in group.people} == set(own_maps.values())


def test_of_many_ties_the_strongest_are_marked_and_one_of_everybody(
    show: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not any(strand.weak for strand in Lore(1).graph().charts[0].strands)
    monkeypatch.setattr(graph, "STRONGEST", 1)
    page = Lore(1).graph()
    (chart,) = page.charts
    names = {node.number: node.face.name for node in seats(chart)}
    strong = [{names[end] for end in strand.ends} for strand in chart.strands if not strand.weak]
    # Kin come first, then one tie of whoever has none yet: not that of Mask and Bea, which is no nearer than Ann's.
    assert sorted(map(sorted, strong)) == [["Ann", "Bea"], ["Ann", "Cleo"], ["Ann", "Mask"]]
    assert page.strongest == 3


def test_the_map_is_one_stop_for_the_tab_key(show: None, visitor: Visitor) -> None:
    body = visitor(2).get("/graph/").content.decode()
    (chart,) = re.findall(r'<svg class="chart.*?</svg>', body, re.DOTALL)
    assert len(re.findall(r"<a ", chart)) > 3
    assert len(re.findall(r'<a (?![^>]*tabindex="-1")', chart)) == 1
    in_words = body[body.index('class="in-words"') :]
    for address in re.findall(r'<a [^>]*?href="([^"]+)"', chart):
        assert f'href="{address}"' in in_words


def test_a_long_show_has_few_links_along_the_episodes() -> None:
    for last in (13, 14, 100, 1134):
        for here in (0, last // 2, last):
            assert len(stops_to(last, here, views.MOST_STOPS)) <= views.MOST_STOPS + 5
    assert stops_to(13, 5, views.MOST_STOPS) == list(range(14))


def test_where_seasons_begin_the_map_of_a_long_show_can_be_moved_to() -> None:
    beginnings = range(1, 74, 10)
    assert stops_to(73, 35, 14, beginnings) == [0, 1, 11, 21, 31, 34, 35, 36, 41, 51, 61, 71, 73]
    assert stops_to(40, 40, 14, beginnings) == [0, 1, 11, 21, 31, 39, 40]
    assert len(stops_to(1134, 700, 14, range(1, 1135, 10))) <= 14 + 5
    assert stops_to(20, 3, 14, [1]) == stops_to(20, 3, 14)  # all in one season


def test_a_faction_that_is_not_known_yet_is_answered_like_nonsense(show: None, visitor: Visitor) -> None:
    with net_lifted():
        blue = Faction.objects.get(key="blue").public_id
    answers = {visitor(1).get(f"/graph/?faction={asked}").content for asked in (blue, "zzzzzzzzzzzz", "%00", "a" * 999)}
    assert len(answers) == 1
    assert b"means nothing as far as you are" in answers.pop()


def test_relations_of_one_sort_follow_each_other() -> None:
    assert len({kind.key for kind in RELATIONS}) == len(RELATIONS)
    ranks = [list(Bond).index(kind.bond) for kind in DEFAULT.relations.values()]
    assert ranks == sorted(ranks)


def seats(chart: Chart) -> tuple[ChartNode, ...]:
    return (*chart.nodes, *([chart.hub] if chart.hub else []))


def boxes(chart: Chart) -> list[tuple[float, float, float, float]]:
    """Where names are, with a generous width for each letter."""
    found = []
    for node in chart.nodes:
        for y, line in node.lines:
            start = node.x + node.text_x - (len(line) * 6.2 if node.anchor == "end" else 0)
            found.append((start, node.y + y - 10, start + len(line) * 6.2, node.y + y + 2))
    for heading in chart.headings:
        for y, line in heading.lines:
            start = heading.x - (len(line) * 6.2 if heading.anchor == "end" else 0)
            found.append((start, y - 9, start + len(line) * 6.2, y + 1))
    return found


@pytest.mark.parametrize("progress", range(LAST_EPISODE + 1))
def test_no_name_lies_on_another_or_outside(real_show: None, progress: int) -> None:
    lore = Lore(progress)
    pages = [
        lore.subject("characters", card)
        for card in Character.objects.as_of(progress).values_list("public_id", flat=True)
    ]
    charts = [*lore.graph().charts, *(page.chart for page in pages if page and page.chart)]
    for chart in charts:
        names = sorted(boxes(chart), key=lambda box: box[1])
        for at, (left, top, right, bottom) in enumerate(names):
            assert left >= chart.left
            assert right <= chart.left + chart.width
            assert top >= chart.top
            assert bottom <= chart.top + chart.height
            for other_left, other_top, other_right, _ in names[at + 1 :]:
                assert other_top >= bottom or other_left >= right or other_right <= left, chart


def test_nobody_jumps_about_from_one_episode_to_the_next(real_show: None) -> None:
    """Along the rim those whose side has not changed keep their order, and move by few places."""
    for progress in range(2, LAST_EPISODE + 1):
        before, after = (Lore(number).graph() for number in (progress - 1, progress))
        sides = [
            {
                node.face.url: (name, node.number)
                for name, group in ((str(g.faction and g.faction.url), g) for g in page.groups)
                for person in group.people
                for node in page.charts[0].nodes
                if node.number == person.number
            }
            for page in (before, after)
        ]
        stayed = [url for url, (side, _) in sides[0].items() if sides[1].get(url, ("", 0))[0] == side]
        orders = [sorted(stayed, key=lambda url, side=side: side[url][1]) for side in sides]  # type: ignore[misc]
        assert orders[0] == orders[1], progress
        assert len(stayed) >= len(sides[0]) * 0.6


def test_the_map_takes_as_many_queries_however_many_stand_on_it(
    real_show: None, visitor: Visitor, django_assert_max_num_queries: Any
) -> None:
    for at in (0, 1, 13):
        with django_assert_max_num_queries(20):
            assert visitor(at).get("/graph/").status_code == 200


def test_a_map_of_many_is_drawn_in_parts_that_reach_everybody_the_most_tied_first(
    real_show: None, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = {person.face.url for group in Lore(13).graph().groups for person in group.people}
    monkeypatch.setattr(graph, "MOST_PEOPLE", 10)
    first = Lore(13).graph()
    assert first.last == -(-len(everybody) // 10)
    assert first.people == len(everybody)
    parts = [Lore(13).graph(page=number) for number in range(1, first.last + 1)]
    shown = [[person for group in part.groups for person in group.people] for part in parts]
    assert sum(map(len, shown)) == len(everybody)
    assert {person.face.url for people in shown for person in people} == everybody
    for part, people in zip(parts, shown, strict=True):
        assert {node.number for node in part.charts[0].nodes} <= {person.number for person in people}
    counts = [[person.more + sum(len(tie.others) for tie in person.ties) for person in people] for people in shown]
    assert min(counts[0]) >= max(counts[-1])
    body = visitor(13).get("/graph/").content.decode()
    assert all(f'href="/graph/?page={number}"' in body for number in range(2, first.last + 1))


def test_of_a_map_of_many_that_is_narrowed_to_few_those_few_are_drawn(
    real_show: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "MOST_PEOPLE", 10)
    factions = [choice.value for choice in Lore(13).graph().factions]
    narrowed = [page for page in (Lore(13).graph(faction) for faction in factions) if page.last == 1]
    assert narrowed
    for page in narrowed:
        for chart in page.charts:
            assert len(chart.nodes) + (chart.hub is not None) == page.people <= 10


def test_a_map_can_be_narrowed_to_what_came_up_after_an_episode(show: None, visitor: Visitor) -> None:
    page = Lore(3).graph(since=1)
    assert words(page, "Ann") == {"rescued Cleo"}
    assert {person.face.name for group in page.groups for person in group.people} == {"Ann", "Cleo", "Dora"}
    assert not page.left_out
    for nonsense in ("3", "99", "x"):
        assert "was left out" in visitor(3).get(f"/graph/?since={nonsense}").content.decode()


def test_looking_back_shows_the_map_of_then(show: None, visitor: Visitor) -> None:
    then, now = visitor(3).get("/graph/?as_of=1").content.decode(), visitor(3).get("/graph/").content.decode()
    assert "Mask" in then
    assert "Dora" not in then
    assert "Mask" not in now
    assert 'value="1"' in then
    assert now.count('class="stops"') == 1
    assert "as_of=4" not in now


def test_the_small_map_stands_under_the_ties_of_its_page(show: None, visitor: Visitor) -> None:
    ann = Character.objects.as_of(3).get(key="ann").public_id
    page = Lore(3).subject("characters", ann)
    assert page is not None
    assert page.chart is not None
    assert [line for heading in page.chart.headings for _, line in heading.lines] == ["Kinship", "Friendship"]
    assert {node.label for node in page.chart.nodes} == {"Bea: sibling of, hunts Ann", "Cleo: rescued by Ann"}
    lonely = Lore(3).subject("characters", Character.objects.as_of(3).get(key="dora").public_id)
    assert lonely is not None
    assert lonely.chart is None


@pytest.mark.parametrize(("episode", "words"), [(0, "Before the first episode"), (2, "Episode 2")])
def test_the_slider_says_its_episode_in_words(show: None, visitor: Visitor, episode: int, words: str) -> None:
    body = visitor(3).get(f"/graph/?as_of={episode}").content.decode()
    assert f'value="{episode}" aria-valuetext="{words}"' in body
