"""Narrowed lists: who fits, what else could be chosen, and addresses that anybody may have written."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from characters.kinds import CHARACTER
from characters.lore import Lore
from characters.lore.lists.roster import roster_of
from characters.models import Character, CharacterTag, Membership, Relationship, Trait, Unmasking
from characters.values.lists import CardPage
from corrections.scratch import nothing_is_kept
from tests.conftest import Visitor
from tests.nets import net_lifted
from tests.shows import character, headline, load_show, revelation, trait, unmasking
from tests.twins import ask, text_of

pytestmark = pytest.mark.django_db


def listed(progress: int, query: str = "", page: int = 1) -> CardPage:
    return Lore(progress).subjects("characters", page, QueryDict(query))


def names(page: CardPage) -> list[str]:
    return [card.face.name for card in page.cards]


def offered(page: CardPage, name: str) -> dict[str, int]:
    group = next(group for group in page.narrowing.groups if group.name == name)
    return {choice.value: choice.count for choice in group.choices}


@pytest.fixture
def small(tmp_path: Path, netted: None) -> Callable[..., None]:
    return lambda **files: load_show(tmp_path, **files)


# On the real show, next to a plain reckoning


class Reckoning:
    """What the filters should hold, from the rows alone."""

    def __init__(self, progress: int) -> None:
        self.progress = progress
        self.identity = dict(
            Unmasking.objects.filter(revealed_in__lte=progress).values_list("persona_id", "identity_id")
        )
        self.lore = Lore(progress)

    def root(self, who: Any) -> Any:
        while who in self.identity:
            who = self.identity[who]
        return who

    def running(self, model: Any) -> list[Any]:
        rows = model.objects.filter(revealed_in__lte=self.progress)
        return [row for row in rows if row.ended_in_id is None or row.ended_in_id > self.progress]

    def names_of(self, found: set[Any]) -> set[str]:
        pages = [self.lore.subject("characters", Character.objects.get(pk=who).public_id) for who in found]
        return {page.face.name for page in pages if page}


PROGRESSES = [0, 1, 5, *(pytest.param(progress, marks=pytest.mark.laws) for progress in (9, 13))]


@pytest.mark.parametrize("progress", PROGRESSES)
def test_tags_roles_and_factions_that_still_hold(real_show: None, progress: int) -> None:
    plain = Reckoning(progress)
    for row in plain.running(CharacterTag)[::6]:
        bearers = {plain.root(r.content_object_id) for r in plain.running(CharacterTag) if r.tag_id == row.tag_id}
        assert set(names(listed(progress, urlencode({"tag": row.tag.slug})))) == plain.names_of(bearers)
    for row in plain.running(Membership)[::5]:
        members = {plain.root(r.character_id) for r in plain.running(Membership) if r.faction_id == row.faction_id}
        page = listed(progress, urlencode({"faction": row.faction.public_id}))
        assert set(names(page)) == plain.names_of(members)


@pytest.mark.parametrize("progress", PROGRESSES)
def test_relations_from_either_side(real_show: None, progress: int) -> None:
    plain = Reckoning(progress)
    killings = [row for row in plain.running(Relationship) if row.kind == "killed"]
    pairs = {
        (plain.root(row.source_id), plain.root(row.target_id))
        for row in killings
        if row.certainty != "disproved" and plain.root(row.source_id) != plain.root(row.target_id)
    }
    if not pairs:
        assert "killed" not in offered(listed(progress), "relation")
        return
    assert set(names(listed(progress, "relation=killed"))) == plain.names_of({source for source, _ in pairs})
    assert set(names(listed(progress, "relation=killed-by"))) == plain.names_of({target for _, target in pairs})


@pytest.mark.parametrize("progress", PROGRESSES)
def test_of_species_the_newest_known_counts(real_show: None, progress: int) -> None:
    plain = Reckoning(progress)
    newest: dict[Any, tuple[int, bool, str]] = {}
    for row in Trait.objects.filter(revealed_in__lte=progress, attribute="species", character__isnull=False):
        root = plain.root(row.character_id)
        newest[root] = max(newest.get(root, (-1, False, "")), (row.revealed_in_id, row.character_id == root, row.value))
    humans = {who for who, (_, _, value) in newest.items() if value.casefold() == "human"}
    if not humans:
        assert "human" not in offered(listed(progress), "species")
    else:
        assert set(names(listed(progress, "species=human"))) == plain.names_of(humans)


@pytest.mark.parametrize("progress", [3, 13])
def test_every_count_is_what_one_gets(real_show: None, progress: int) -> None:
    everybody = listed(progress)
    choices = [(group.name, c.value, c.count) for group in everybody.narrowing.groups for c in group.choices]
    assert len(choices) > 50
    for name, value, count in choices[::5]:
        assert listed(progress, urlencode({name: value})).total == count, (name, value)


def test_counts_go_by_the_other_filters(real_show: None) -> None:
    page = listed(13, "species=nean&species=human&status=deceased")
    for value, count in offered(page, "status").items():
        assert listed(13, f"species=nean&species=human&status={value}").total == count
    for value, count in offered(page, "tag").items():
        assert listed(13, f"species=nean&species=human&status=deceased&tag={value}").total == count > 0


# On small ones


def test_values_of_one_filter_are_any_and_filters_are_all(small: Any) -> None:
    small(
        characters=[
            character("ann", traits=[trait("species", "cat", since=1), trait("status", "alive", since=1)]),
            character("bea", traits=[trait("species", "dog", since=1), trait("status", "dead", since=1)]),
            character("cat", traits=[trait("species", "owl", since=1), trait("status", "alive", since=1)]),
        ]
    )
    assert names(listed(1, "species=cat&species=dog")) == ["Ann", "Bea"]
    assert names(listed(1, "species=cat&species=dog&status=alive")) == ["Ann"]
    assert names(listed(1, "species=&status=")) == ["Ann", "Bea", "Cat"]


def test_personas_bring_what_they_have(small: Any) -> None:
    tag = {"name": "masked", "revealed_in": 1}
    small(
        characters=[
            character("mask", tags=[tag], traits=[trait("species", "cat", since=2)]),
            character("face", traits=[trait("species", "dog", since=1)]),
        ],
        unmaskings=[unmasking("mask", "face", since=3)],
    )
    assert names(listed(2, "tag=masked")) == ["Mask"]
    assert names(listed(3, "tag=masked")) == ["Face"]
    assert offered(listed(2), "species") == {"cat": 1, "dog": 1}
    assert offered(listed(3), "species") == {"cat": 1}
    assert offered(listed(3), "first") == {"1": 1}


def test_sorting(small: Any) -> None:
    small(
        characters=[character("zoe"), character("ann", since=2), character("bea", since=1)],
        revelations=[revelation("r", "Something.", since=3, characters=["zoe"])],
    )
    assert names(listed(3)) == ["Ann", "Bea", "Zoe"]
    assert names(listed(3, "sort=first")) == ["Bea", "Zoe", "Ann"]
    assert names(listed(3, "sort=newest")) == ["Zoe", "Ann", "Bea"]
    assert names(listed(2, "sort=newest")) == ["Ann", "Bea", "Zoe"]


def test_pages_keep_what_was_chosen(small: Any, visitor: Visitor) -> None:
    small(characters=[character(f"c{n:03}", tags=[{"name": "many", "revealed_in": 1}]) for n in range(70)])
    body = visitor(1).get("/characters/?tag=many&sort=first").content.decode()
    assert 'href="/characters/?tag=many&amp;sort=first&amp;page=2"' in body
    assert len(listed(1, "tag=many", page=2).cards) == 10
    assert 'name="next" value="/characters/?tag=many&amp;sort=first"' in body


def test_chips_take_one_filter_away(small: Any) -> None:
    small(characters=[character("ann", traits=[trait("species", "cat", since=1), trait("status", "alive", since=1)])])
    narrowing = listed(1, "status=alive&species=cat&sort=first").narrowing
    assert [(chip.label, chip.url) for chip in narrowing.chips] == [
        ("Species: cat", "/characters/?status=alive&sort=first"),
        ("Status: alive", "/characters/?species=cat&sort=first"),
    ]
    assert narrowing.clear_url == "/characters/"


def test_an_empty_list_says_what_to_loosen(small: Any, visitor: Visitor) -> None:
    small(
        characters=[
            character("ann", traits=[trait("species", "cat", since=1)]),
            character("bea", traits=[trait("status", "dead", since=1)]),
            character("cy", traits=[trait("voice_actor", "Zed", since=1)]),
        ]
    )
    response = visitor(1).get("/characters/?species=cat&status=dead")
    assert "Nothing known at episode 1 matches all of these filters." in text_of(response.content)
    assert '<a href="/characters/?status=dead" rel="nofollow">1 without Species: cat</a>' in response.content.decode()
    assert '<a href="/characters/?species=cat" rel="nofollow">1 without Status: dead</a>' in response.content.decode()
    hopeless = visitor(1).get("/characters/?species=cat&status=dead&voice=zed")
    assert "Removing just one does not help" in text_of(hopeless.content)


def test_looking_back_goes_along(small: Any, visitor: Visitor) -> None:
    small(characters=[character("ann", traits=[trait("species", "cat", since=1)])])
    body = visitor(3).get("/characters/?species=cat&as_of=1").content.decode()
    assert 'href="/characters/?as_of=1"' in body
    assert 'type="hidden" name="as_of" value="1"' in body


def test_unknown_and_not_yet_known_are_the_same_bytes(small: Any) -> None:
    small(
        characters=[
            character(
                "ann",
                aliases=[headline("Queen Ann", since=3)],
                tags=[{"name": "queen", "revealed_in": 3}],
                traits=[trait("species", "cat", since=3)],
                memberships=[{"faction": "club", "role": "head", "revealed_in": 3}],
            )
        ],
        factions=[character("club", since=3, public_id="c1ubc1ubc1ub")],
    )
    for known, nonsense in (
        ("tag=queen", "tag=zzzzz"),
        ("species=cat", "species=zzz"),
        ("faction=c1ubc1ubc1ub", "faction=zzzzzzzzzzzz"),
        ("role=head", "role=zzzz"),
        ("first=3", "first=8"),
    ):
        there, here = ask(f"/characters/?{known}", progress=2), ask(f"/characters/?{nonsense}", progress=2)
        assert there == here
        assert "means nothing as far as you are" in text_of(there.body)
        assert names(listed(3, known)) == ["Queen Ann"]


BAD = [
    "species=", "species=%00", "species=%E2%80%AE", "species='%3B--", 'tag="', "tag=" + "x" * 10_000, "page=-1",
    "page=0", "page=99999999999999999999", "page=x", "sort=zzz", "sort=", "sort=name&sort=first", "nonsense=1",
    "first=-1", "first=1e9",
    "&".join(f"tag=t{n}" for n in range(900)), "tag=%ff", "=", "&&&", "tag[]=a", "faction=../..", "as_of=zzz&tag=a",
]  # fmt: skip


@pytest.mark.parametrize("path", ["/characters/", "/factions/", "/tags/", "/tags/gladiator/"])
def test_whatever_stands_in_an_address_gets_a_page(real_show: None, visitor: Visitor, path: str) -> None:
    client = visitor(8)
    for query in BAD:
        assert client.get(f"{path}?{query}").status_code == 200, query


def test_factions_by_tag(real_show: None) -> None:
    page = Lore(13).subjects("factions", 1, QueryDict("tag=gladiator"))
    assert names(page) == ["Immortal Nine"]


def test_a_tag_knows_its_company(small: Any) -> None:
    def tagged(*names: str, since: int = 1) -> list[dict[str, Any]]:
        return [{"name": name, "revealed_in": since} for name in names]

    small(
        characters=[
            character("ann", tags=[*tagged("red", "old", "tall"), *tagged("late", since=3)]),
            character("bea", tags=tagged("red", "tall")),
            character("cat", tags=tagged("shy")),
        ]
    )
    page = Lore(2).tag("red")
    assert page is not None
    assert [(tag.name, tag.count) for tag in page.related] == [("tall", 2), ("old", 1)]


@pytest.mark.parametrize("query", ["", "?species=nean&tag=gladiator&sort=newest"])
def test_a_list_takes_a_bounded_number_of_queries(
    real_show: None, visitor: Visitor, query: str, django_assert_max_num_queries: Any
) -> None:
    client = visitor(13)
    with django_assert_max_num_queries(30):
        client.get(f"/characters/{query}")


# What is kept


def test_a_kept_list_takes_few_queries_at_its_own_episode(real_show: None, django_assert_max_num_queries: Any) -> None:
    everybody = [names(listed(progress)) for progress in (1, 5)]
    assert len(everybody[0]) < len(everybody[1])
    with django_assert_max_num_queries(8):
        assert set(names(listed(5, "species=nean&sort=first"))) < set(everybody[1])
    with django_assert_max_num_queries(8):
        assert names(listed(1)) == everybody[0]


def becomes_a_cat(key: str) -> None:
    with net_lifted():  # the search index follows, which must see everything
        owner = Character.objects.get(key=key)
        Trait.objects.create(character=owner, attribute="species", value="cat", revealed_in_id=1)


def test_a_list_is_made_anew_once_something_is_published(small: Any) -> None:
    small(characters=[character("ann"), character("bea")])
    assert offered(listed(1), "species") == {}
    becomes_a_cat("ann")
    assert offered(listed(1), "species") == {"cat": 1}
    assert offered(listed(0), "species") == {}


def test_nothing_is_kept_of_what_a_trial_tries(small: Any) -> None:
    small(characters=[character("ann")])
    with nothing_is_kept():
        becomes_a_cat("ann")
        assert offered(listed(1), "species") == {"cat": 1}
    assert offered(listed(1), "species") == {}


def test_a_roster_takes_no_more_than_it_says(real_show: None) -> None:
    roster = roster_of(Lore(13), CHARACTER)
    assert len(roster) == len(names(listed(13))) > 30
    assert len(pickle.dumps(roster)) < roster.size < 200_000
