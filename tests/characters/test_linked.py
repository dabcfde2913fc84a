"""How are two characters linked? The shortest ways over what is known, and whom a name means."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from characters.lore import Lore
from characters.lore.map import paths
from characters.models import Character
from characters.values.basics import Link
from episodes.names import Name
from tests.conftest import Visitor
from tests.nets import net_lifted
from tests.shows import character, headline, load_show, unmasking


def tie(source: str, kind: str, target: str, *, since: int = 1, **values: Any) -> dict[str, Any]:
    return {"source": source, "kind": kind, "target": target, "revealed_in": since} | values


def member(faction: str, *, since: int = 1, **values: Any) -> dict[str, Any]:
    return {"faction": faction, "revealed_in": since} | values


@pytest.fixture
def show(db: None, tmp_path: Path) -> None:
    """Ann and Cleo are linked over Bea, as of 2 directly; Dora stands alone until 3, when the mask turns out hers.

    Eve and Fay are of the Reds, whom Fay leaves in 2. Zoe Later is the name that Dora has as of 3.
    """
    load_show(
        tmp_path,
        factions=[character("red", "The Reds")],
        characters=[
            character("ann", "Ann Lee"),
            character("bea", "Bea Lee"),
            character("cleo"),
            character("dora", aliases=[headline("Zoe Later", since=3)]),
            character("mask", "The Mask"),
            character("eve", memberships=[member("red", role="chief")]),
            character("fay", memberships=[member("red", ended_in=2)]),
            character("gil", since=2),
        ],
        relationships=[
            tie("bea", "sibling", "ann"),
            tie("bea", "killed", "cleo", certainty="claimed"),
            tie("bea", "ally", "cleo"),
            tie("cleo", "hunts", "ann", since=2),
            tie("mask", "enemy", "ann"),
            tie("dora", "enemy", "gil", since=2, ended_in=3),
        ],
        unmaskings=[unmasking("mask", "dora", since=3)],
    )


def told(progress: int, one: str, other: str) -> list[list[list[str]]]:
    page = Lore(progress).linked(one, other)
    assert page.is_clear
    return [
        [
            [" ".join(filter(None, (s.subject.name, s.verb, s.object.name, s.role, s.when))) for s in step]
            for step in way
        ]
        for way in page.ways
    ]


def public_id(key: str) -> str:
    with net_lifted():
        return Character.objects.get(key=key).public_id


def test_the_shortest_way_is_told_in_sentences_from_one_to_the_other(show: None) -> None:
    assert told(1, "ann lee", "cleo") == [
        [
            ["Ann Lee is a sibling of Bea Lee episode 1"],
            ["Bea Lee is an ally of Cleo since episode 1", "Bea Lee killed Cleo episode 1"],
        ]
    ]
    assert told(2, "ann lee", "cleo") == [[["Cleo hunts Ann Lee since episode 2"]]]
    assert told(2, "ann lee", "bea lee") == [[["Ann Lee is a sibling of Bea Lee episode 1"]]]
    page = Lore(1).linked("ann lee", "cleo")
    assert [statement.certainty for statement in page.ways[0][1]] == ["confirmed", "claimed"]


def test_of_two_sides_the_way_runs_from_the_first(show: None) -> None:
    assert [step[0] for step in told(1, "cleo", "ann lee")[0]] == [
        "Cleo is an ally of Bea Lee since episode 1",
        "Bea Lee is a sibling of Ann Lee episode 1",
    ]


def test_factions_link_those_who_belong_or_belonged_to_them(show: None) -> None:
    assert told(1, "eve", "fay") == [
        [["Eve belongs to The Reds chief since episode 1"], ["Fay belongs to The Reds since episode 1"]]
    ]
    assert told(2, "eve", "fay") == [
        [["Eve belongs to The Reds chief since episode 1"], ["Fay belonged to The Reds episodes 1–2"]]
    ]


def test_several_roles_stand_in_the_order_of_letters_on_every_database(db: None, tmp_path: Path) -> None:
    roles = [member("red", role=role) for role in ("Zealot", "émigré", "clerk")]
    load_show(
        tmp_path,
        factions=[character("red")],
        characters=[character("ann", memberships=roles), character("bea", memberships=[member("red")])],
    )
    (step, _), *_ = told(1, "ann", "bea")
    assert [words.removeprefix("Ann belongs to Red ").split()[0] for words in step] == ["clerk", "émigré", "Zealot"]


def test_no_link_is_known_before_there_is_one_nor_after_it_ended(show: None, visitor: Visitor) -> None:
    assert told(1, "dora", "ann lee") == []
    assert told(3, "zoe later", "ann lee") == [[["Zoe Later is an enemy of Ann Lee since episode 1"]]]
    assert told(2, "dora", "gil") == [[["Dora is an enemy of Gil since episode 2"]]]
    assert told(3, "dora", "gil") == []
    assert "No link is known at episode 1." in visitor(1).get("/linked/?a=dora&b=ann lee").content.decode()


def test_who_is_known_to_be_one_is_linked_to_nobody_else(show: None, visitor: Visitor) -> None:
    assert Lore(3).linked("the mask", "dora").are_one
    assert not Lore(2).linked("the mask", "dora").are_one
    assert "one and the same" in visitor(3).get("/linked/?a=the+mask&b=dora").content.decode()


def test_of_ways_that_are_equally_short_some_are_told_and_all_counted(
    db: None, tmp_path: Path, visitor: Visitor
) -> None:
    between = [f"person-{number}" for number in range(8)]
    load_show(
        tmp_path,
        factions=[character("red")],
        characters=[
            *(character(key, memberships=[member("red")]) for key in ("ann", "zoe")),
            *map(character, between),
        ],
        relationships=[
            *(tie("ann", "ally", key) for key in between),
            *(tie(key, "ally", "zoe") for key in between),
        ],
    )
    page = Lore(1).linked("ann", "zoe")
    assert [len(page.ways), page.more] == [paths.MOST_SHOWN, 9 - paths.MOST_SHOWN]
    assert all("is an ally of" in statement.verb for way in page.ways for step in way for statement in step)
    assert "There are 4 more ways of this length." in visitor(1).get("/linked/?a=ann&b=zoe").content.decode()


@pytest.mark.parametrize("typed", ["Ann Lee", "ANN  LEE", "annlee", "Ánn-Lee"])
def test_names_are_forgiven_as_in_forms(show: None, typed: str) -> None:
    (one, _) = Lore(1).linked(typed, "cleo").asked
    assert one.face is not None
    assert one.face.name == "Ann Lee"


def test_a_word_of_one_characters_names_is_enough(show: None) -> None:
    (one, other) = Lore(1).linked("Mask", "Lee").asked
    assert one.face is not None
    assert one.face.name == "The Mask"
    assert other.problem == "Nobody that you know of goes by “Lee”. Did you mean:"
    assert [choice.name for choice in other.choices] == ["Ann Lee", "Bea Lee"]


def test_a_slip_is_asked_about_and_the_other_one_kept(show: None, visitor: Visitor) -> None:
    page = Lore(1).linked("ann lew", "cleo")
    assert not page.is_clear
    one, other = page.asked
    assert one.problem == "Nobody that you know of goes by “ann lew”. Did you mean:"
    assert one.choices[0] == Link(Name("Ann Lee"), f"/linked/?a={public_id('ann')}&b=cleo")
    assert other.face is not None
    body = visitor(1).get("/linked/?a=ann lew&b=cleo").content.decode()
    assert 'value="ann lew"' in body
    assert 'value="Cleo"' in body


def test_who_is_not_known_yet_is_answered_like_nonsense(show: None, visitor: Visitor) -> None:
    def answer(typed: str) -> str:
        body = visitor(1).get(f"/linked/?a={quote(typed)}&b=cleo").content.decode()
        for written in (quote(typed), quote_plus(typed), typed):
            body = body.replace(written, "…")
        return body

    assert len({answer(typed) for typed in ("gil", "Zoe Later", public_id("gil"), "Xqq Later", "zzzzzzzzzzzz")}) == 1
    assert "goes by" in answer("gil")
    assert "goes by" not in visitor(2).get("/linked/?a=gil&b=cleo").content.decode()


def test_looking_back_is_passed_on(show: None, visitor: Visitor) -> None:
    body = visitor(3).get(f"/linked/?a={public_id('ann')}&b=cleo&as_of=1").content.decode()
    assert "is a sibling of" in body
    assert '<input type="hidden" name="as_of" value="1">' in body
    assert f'href="/linked/?a={public_id("ann")}&amp;b={public_id("cleo")}">Return to episode 3' in body


def test_the_map_and_the_map_of_one_lead_there(show: None, visitor: Visitor) -> None:
    ann = public_id("ann")
    assert 'href="/linked/">How are two characters linked?' in visitor(1).get("/graph/").content.decode()
    assert f'href="/linked/?a={ann}" rel="nofollow"' in visitor(1).get(f"/graph/?of={ann}").content.decode()
    assert (
        f'href="/graph/?of={ann}#map" rel="nofollow">On the map'
        in visitor(1).get(f"/c/{ann}/", follow=True).content.decode()
    )


def test_it_takes_as_many_queries_however_long_the_way_is(
    real_show: None, visitor: Visitor, django_assert_max_num_queries: Any
) -> None:
    for pair in ("a=rouge&b=naomi orthmann", "a=emily&b=chief chau", "a=&b=", "a=rouge", "a=x y z&b=emly"):
        with django_assert_max_num_queries(20):
            assert visitor(13).get(f"/linked/?{pair}").status_code == 200
