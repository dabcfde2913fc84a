"""Every list that goes by name has one order, whichever database sorts it and however the rows came in."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from django.contrib import admin
from django.http import QueryDict
from django.test import RequestFactory

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.derived import bring_up_to_date
from characters.kinds import CHARACTER, FACTION, TERM
from characters.lore import Lore
from characters.lore.correctable import names_to_offer
from characters.models import Alias, Character, Faction, Revelation, Tag
from characters.text.fitting import Spelling, Spellings
from episodes.models import Episode
from episodes.order import sort_key
from tests.corrections.letters import accepted, sent, set_to
from tests.names_in_order import IN_ORDER
from tests.nets import net_lifted
from tests.people import person
from tests.shows import character, load_show, revelation, trait, write_show

pytestmark = pytest.mark.usefixtures("netted")

TAGS = sorted({name.lower().replace("-", " ") for name in IN_ORDER if any(map(str.isalnum, name))}, key=sort_key)


def shuffled(names: list[str], seed: int) -> list[str]:
    return Random(seed).sample(names, len(names))


def since_1(name: str) -> dict[str, Any]:
    return {"name": name, "revealed_in": 1}


@pytest.fixture
def show(tmp_path: Path) -> Path:
    """All these names, in three kinds of lists, as voices, roles and tags, and in no order."""
    bearer = {
        "traits": [trait("voice_actor", name, since=1) for name in shuffled(IN_ORDER, 1)],
        "tags": [since_1(name) for name in ["all", *shuffled(TAGS, 2)]],
        "aliases": [since_1(f"Echo {name}") for name in shuffled(IN_ORDER, 3)],
    }
    people = [character(f"p{at}", name, tags=[since_1("all")]) for at, name in enumerate(shuffled(IN_ORDER, 4))]
    for each, role in zip(people, shuffled(IN_ORDER, 5), strict=True):
        each["memberships"] = [{"faction": "f0", "role": role, "revealed_in": 1}]
    bonds = [{"source": "p0", "target": each["key"], "kind": "friend", "revealed_in": 1} for each in people[1:]]
    files = {
        "characters": [people[0] | bearer | {"aliases": people[0]["aliases"] + bearer["aliases"]}, *people[1:]],
        "factions": [character(f"f{at}", f"Group {name}") for at, name in enumerate(shuffled(IN_ORDER, 6))],
        "terms": [character(f"t{at}", f"Thing {name}") for at, name in enumerate(shuffled(IN_ORDER, 7))],
        "relationships": bonds,
    }
    with net_lifted():
        load(write_show(tmp_path, **files), replace=True)
    return tmp_path


def names_of(kind: str) -> list[str]:
    first = Lore(1).subjects(kind)
    pages = [first, *(Lore(1).subjects(kind, number) for number in range(2, first.last + 1))]
    return [card.face.name for page in pages for card in page.cards]


def test_pages_list_names_in_order(show: Path) -> None:
    lore = Lore(1)
    for kind, before in ((CHARACTER, ""), (FACTION, "Group "), (TERM, "Thing ")):
        assert names_of(kind.plural) == [f"{before}{name}" for name in IN_ORDER]
        assert list(names_to_offer(lore, kind)) == [f"{before}{name}" for name in IN_ORDER]
    assert [tag.name for tag in lore.tags().tags] == ["all", *sorted(TAGS, key=sort_key)]
    page = lore.tag("all")
    assert page is not None
    assert [face.name for face in page.groups[0].faces] == IN_ORDER
    faction = lore.subject("factions", Faction.objects.as_of(1).get(key="f0").public_id)
    assert faction is not None
    assert [place.other.name for place in faction.places] == IN_ORDER


def test_a_page_of_somebody_lists_names_in_order(show: Path) -> None:
    page = Lore(1).subject("characters", Character.objects.as_of(1).get(key="p0").public_id)
    assert page is not None
    own = page.face.name
    assert [ties.other.name for ties in page.ties] == [name for name in IN_ORDER if name != own]
    [voices] = [fact for fact in page.facts if "Voice" in fact.label]
    assert len(voices.values) == len(IN_ORDER)
    assert [str(name.name) for name in page.names] == [f"Echo {name}" for name in IN_ORDER]


def test_search_lists_results_of_equal_weight_in_order(show: Path) -> None:
    lore = Lore(1)
    pages = [lore.search("friend", number) for number in range(1, lore.search("friend").last + 1)]
    found = [group.face.name for page in pages for group in page.groups if group.face]
    assert len(found) == len(IN_ORDER)
    assert found == IN_ORDER


def test_choices_are_in_order(show: Path) -> None:
    page = Lore(1).subjects("characters", 1, QueryDict(""))
    for group in page.narrowing.groups:
        labels = [choice.label for choice in group.choices]
        assert labels == sorted(labels, key=sort_key)
    assert max(len(group.choices) for group in page.narrowing.groups) > 10


def test_episodes_to_choose_are_in_their_own_order(tmp_path: Path) -> None:
    people = [character(f"p{at}", since=at) for at in range(13)]
    load_show(tmp_path, episodes=[{"number": at} for at in range(1, 14)], characters=people)
    [first] = [group for group in Lore(13).subjects("characters").narrowing.groups if group.name == "first"]
    assert [choice.value for choice in first.choices] == [str(at) for at in range(13)]


def test_the_admin_lists_names_in_order(show: Path) -> None:
    request: Any = RequestFactory().get("/")
    request.progress = Episode.objects.latest("number").number
    with net_lifted():
        rows = admin.site._registry[Character].get_queryset(request).order_by("by_name")
        assert [row.newest_name for row in rows] == IN_ORDER
        assert [tag.name for tag in Tag.objects.all()] == sorted([*TAGS, "all"], key=sort_key)


def test_names_as_near_as_one_another_are_offered_in_order() -> None:
    names = ["Ann Öz", "Ann Zo", "Ann 12", "Ann 3x"]
    offered = Spellings(Spelling(name, name) for name in names).near("Ann")
    assert [spelling.name for spelling in offered] == ["Ann 3x", "Ann 12", "Ann Öz", "Ann Zo"]


KEYS = ["a", "a-c", "a.b", "a0", "a_b", "a_c", "ab", "ab-a", "b"]


def test_keys_go_by_their_codes(tmp_path: Path) -> None:
    """Where editors see them, and in a dump."""
    people = [character(key) for key in shuffled(KEYS, 8)]
    told = [revelation(key, "Told.", since=1) for key in shuffled(KEYS, 9)]
    load_show(tmp_path / "show", characters=people, revelations=told)
    with net_lifted():
        assert [row.key for row in Character._base_manager.all()] == KEYS
        assert [row.key for row in Revelation._base_manager.order_by("key")] == KEYS
        dump(tmp_path / "dump")
    entries = yaml.safe_load((tmp_path / "dump" / "characters.yaml").read_text())
    assert [entry["key"] for entry in entries] == KEYS


def test_a_dump_lists_names_in_order(show: Path, tmp_path: Path) -> None:
    with net_lifted():
        dump(tmp_path / "dump")
    entries = yaml.safe_load((tmp_path / "dump" / "characters.yaml").read_text())
    [of_first] = [entry for entry in entries if entry["key"] == "p0"]
    assert [name["name"] for name in of_first["aliases"][1:]] == [f"Echo {name}" for name in IN_ORDER]
    assert [tag["name"] for tag in of_first["tags"]] == sorted([*TAGS, "all"], key=sort_key)


# In step


def out_of_step() -> list[str]:
    rows = [*Alias.objects.as_of(99).values_list("name", "sort_key"), *Tag.objects.values_list("name", "sort_key")]
    assert rows
    return [name for name, key in rows if bytes(key) != sort_key(name).encode()]


def test_keys_follow_a_name_that_is_corrected(show: Path) -> None:
    with net_lifted():
        alias = Alias.objects.get(name="Zed", character__isnull=False)
        accepted(sent(set_to(alias, "name", "Alan")), by=person(role="moderator"))
        assert not Alias.objects.filter(name="Zed", character__isnull=False).exists()
    assert out_of_step() == []
    assert names_of("characters").index("Alan") == IN_ORDER.index("Alice")


def test_loaded_names_have_keys(show: Path) -> None:
    assert out_of_step() == []


def test_migrations_fill_in_what_is_missing(show: Path) -> None:
    with net_lifted():
        Alias.objects.update(sort_key=b"")
        Tag.objects.update(sort_key=b"?")
        bring_up_to_date(plan=[])
        assert out_of_step()
        bring_up_to_date(plan=[object()])
    assert out_of_step() == []
