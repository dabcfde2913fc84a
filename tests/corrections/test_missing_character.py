"""Proposing a character who is missing, and what becomes of it."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from characters.models import Alias, Character, Faction, Membership, Relationship, Trait
from corrections.models import Change, Correction
from episodes.models import Episode
from tests.corrections.desk import at_the_desk, content_of, page_of
from tests.corrections.forms import OWN, fields_of
from tests.corrections.letters import accepted, somebody
from tests.people import person
from tests.visitors import at

pytestmark = pytest.mark.django_db
FORM = "/corrections/new/characters/"


@pytest.fixture
def ann(db: None) -> Character:
    for number in range(6):
        Episode.objects.create(number=number, title=f"Title {number}" if number else "")
    guild = Faction.objects.create(key="guild", revealed_in_id=1)
    Alias.objects.create(faction=guild, name="The Guild", headline=True, revealed_in_id=1)
    return somebody()


@pytest.fixture
def moderator(ann: Character) -> User:
    return person("judge", role="moderator")


def propose(client: Client, address: str = FORM, **typed: str) -> Any:
    form = client.get(address)
    return send_on(client, address, form, **typed)


def send_on(client: Client, address: str, form: Any, **typed: str) -> Any:
    data = {name: values[-1] for name, values in fields_of(form).items()}
    return client.post(address, data | {"reason": "She is in it."} | typed, headers=OWN)


def test_a_name_and_an_episode_are_enough(ann: Character, moderator: User) -> None:
    response = propose(at(2), name="Cora")
    assert response.status_code == 303
    correction = Correction.objects.get()
    assert (correction.kind, correction.revealed_in) == ("suggestion", 2)
    assert "Cora" in content_of(at_the_desk(moderator).get(page_of(correction)))
    assert "Cora" in at(2).get(response["Location"]).content.decode()
    assert accepted(correction, by=moderator).failure is None
    cora = Character.objects.get(aliases__name="Cora")
    assert (cora.revealed_in_id, cora.key[:10]) == (2, "suggested-")
    assert "Cora" in at(2).get("/characters/").content.decode()
    assert "Cora" not in at(1).get("/characters/").content.decode()


def test_all_that_is_filled_in_comes_with_it(ann: Character, moderator: User) -> None:
    propose(
        at(3), name="Cora", revealed_in="2", definition="Friend of [[Ann]]", summary="She sings.", faction="the guild",
        kind="sibling", target="ann",
    )  # fmt: skip
    assert accepted(Correction.objects.get(), by=moderator).failure is None
    cora = Character.objects.get(aliases__name="Cora")
    assert set(Trait.objects.filter(character=cora).values_list("attribute", "value", "revealed_in")) == {
        ("definition", "Friend of [[ann]]", 2), ("summary", "She sings.", 2),
    }  # fmt: skip
    assert Membership.objects.get(character=cora).faction.key == "guild"
    tie = Relationship.objects.get()
    assert (tie.source, tie.kind, tie.target, tie.revealed_in_id) == (cora, "sibling", ann, 2)


def test_a_name_that_is_known_is_pointed_at_and_one_that_comes_later_is_not(ann: Character) -> None:
    Alias.objects.create(character=ann, name="Queen Mab", revealed_in_id=4)
    known = propose(at(4), name="queen mab")
    assert known.status_code == 422
    assert f'href="/characters/{ann.public_id}/ann/"' in known.content.decode().partition('class="note"')[2]
    assert send_on(at(4), FORM, known).status_code == 303, "it may be somebody else"
    assert propose(at(3), name="Queen Mab").status_code == 303
    shown = [propose(at(3), name=name, target="nobody").content.decode() for name in ("Queen Mab", "Queen Zoe")]
    assert shown[0].replace("Queen Mab", "X") == shown[1].replace("Queen Zoe", "X")


def test_what_was_written_stays_when_something_is_wrong(ann: Character) -> None:
    response = propose(at(2), name="Cora", definition="She sings.", faction="The Choir", kind="sibling")
    content = response.content.decode()
    assert response.status_code == 422
    assert "It ends with a full stop" in content
    assert "“The Choir”" in content
    assert "Choose both" in content
    assert 'value="She sings."' in content
    assert not Correction.objects.exists()


def test_a_text_that_says_a_later_name_is_asked_about_once(ann: Character) -> None:
    somebody("bea", name="Beatrice", since=3)
    asked = propose(at(4), name="Cora", revealed_in="1", summary="She knows Beatrice.")
    assert asked.status_code == 422
    assert "known only from" in asked.content.decode()
    assert send_on(at(4), FORM, asked).status_code == 303


def test_an_episode_that_is_not_known_cannot_be_chosen(ann: Character) -> None:
    assert propose(at(2), name="Cora", revealed_in="3").status_code == 422


def test_it_opens_again_as_it_was_sent_and_is_replaced(ann: Character) -> None:
    reader = at(3)
    receipt = propose(reader, name="Cora", definition="Friend of [[Ann]]", faction="The Guild")["Location"]
    again = reader.get(f"{receipt}again/")
    assert re.search(r'name="definition" value="Friend of \[\[Ann\]\]"', again.content.decode())
    assert send_on(reader, f"{receipt}again/", again, name="Coraline").status_code == 303
    names = Change.objects.current().filter(model="characters.alias").values_list("after__name", flat=True)
    assert list(names) == ["Coraline"]
    assert at(2).get(f"{receipt}again/").status_code == 404


def test_the_list_and_a_search_in_vain_lead_to_it(ann: Character) -> None:
    assert f'href="{FORM}"' in at(2).get("/characters/").content.decode()
    assert FORM not in at(2).get("/factions/").content.decode()
    found = re.search(rf'href="({FORM}\?name=[^"]*)"', at(2).get("/search/?q=zora+%26+co").content.decode())
    assert found is not None
    assert 'name="name" value="zora &amp; co"' in at(2).get(found[1].replace("&amp;", "&")).content.decode()


def test_another_site_proposes_nobody(ann: Character) -> None:
    data = {"name": "Cora", "revealed_in": "2", "reason": "So."}
    assert at(2).post(FORM, data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert at(2).post(FORM, data | {"nothing_here": "x"}, headers=OWN).status_code == 303
    assert not Correction.objects.exists()
