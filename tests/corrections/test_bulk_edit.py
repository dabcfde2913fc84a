"""One field of many rows at once, from the lists of the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from characters.admin.bulk import fields_for_many
from characters.kinds import CHARACTER, EPISODE, REVELATION
from characters.models import Alias, Character, Faction, Membership, Relationship, Revelation, Trait
from corrections.models import Change, Correction
from corrections.trial import MOST_TRIED
from episodes.models import Episode
from tests.corrections.desk import at_the_desk, content_of, decide_by_form, verdict
from tests.corrections.letters import somebody
from tests.people import person

pytestmark = pytest.mark.django_db

LIST = "/admin/characters/revelation/"


@pytest.fixture
def revelations(moderator: User) -> list[Revelation]:
    ann = somebody()
    told = [Revelation.objects.create(key=f"r{n}", text=f"Ann sings {n}.", revealed_in_id=1) for n in range(3)]
    for each in told:
        each.characters.set([ann])
    return told


def asked(rows: Any, field: str = "", do: str = "", **values: Any) -> dict[str, Any]:
    data = {"action": "change_one_field", "_selected_action": [str(row.pk) for row in rows]}
    return data | ({"_field": field} if field else {}) | ({"do": do} if do else {}) | values


def save(client: Client, rows: Any, field: str, **values: Any) -> Any:
    """As a browser does: look at it first, and save what was shown."""
    page = client.post(LIST, asked(rows, field, "look", **values))
    return client.post(LIST, asked(rows, field, "send", _base=page.context["base"], **values))


def test_a_field_then_a_value_then_what_changes(revelations: list[Revelation], desk: Client) -> None:
    Revelation.objects.filter(key="r2").update(certainty="hinted")
    page = content_of(desk.post(LIST, asked(revelations)))
    assert '<option value="certainty">' in page
    assert '<option value="text">' not in page
    page = content_of(desk.post(LIST, asked(revelations, "certainty")))
    assert "Save" not in page
    page = content_of(desk.post(LIST, asked(revelations, "certainty", "look", value="hinted")))
    assert page.count("<del>Confirmed</del> → <ins>Hinted</ins>") == 2
    assert "r0: Ann sings 0." in page
    assert "As it is already: r2." in page
    assert not Change.objects.exists()


def test_it_is_one_correction(revelations: list[Revelation], desk: Client) -> None:
    save(desk, revelations[:2], "source", value="Volume 1", _reason="It says so.")
    assert list(Revelation.objects.order_by("key").values_list("source", flat=True)) == ["Volume 1", "Volume 1", ""]
    correction = Correction.objects.get()
    assert (correction.changes.count(), correction.reason, correction.state) == (2, "It says so.", "accepted")


def test_each_change_of_an_editor_is_decided_by_itself(revelations: list[Revelation], desk: Client) -> None:
    save(at_the_desk(person(role="editor")), revelations, "certainty", value="claimed")
    correction = Correction.objects.get()
    assert correction.state == "open"
    first, *others = correction.changes.all()
    decide_by_form(desk, correction, verdict(first, "reject", why="No."), *(verdict(each, "accept") for each in others))
    assert Revelation.objects.filter(certainty="claimed").count() == 2
    correction.refresh_from_db()
    assert correction.state == "partly"


def test_a_list_grows_or_shrinks(revelations: list[Revelation], desk: Client) -> None:
    crew = Faction.objects.create(key="crew", revealed_in_id=0)
    Alias.objects.create(faction=crew, name="Crew", headline=True, revealed_in_id=0)
    save(desk, revelations, "factions", value=[str(crew.pk)], _how="add")
    assert crew.revelations.count() == 3
    save(desk, revelations[:1], "factions", value=[str(crew.pk)], _how="take-out")
    assert crew.revelations.count() == 2
    assert Character.objects.get().revelations.count() == 3


def test_what_breaks_a_rule_is_not_saved_and_said(revelations: list[Revelation], moderator: User) -> None:
    editor = at_the_desk(person(role="editor"))
    page = save(editor, revelations, "revealed_in", value="0")
    assert "before its" in content_of(page) or "is revealed in" in content_of(page)
    assert not Correction.objects.exists()


def test_what_texts_would_say_too_early_is_asked_about(revelations: list[Revelation], desk: Client) -> None:
    Alias.objects.create(character=Character.objects.get(), name="Zed", revealed_in_id=3)
    told = Revelation.objects.create(key="z", text="Zed comes.", revealed_in_id=3)
    page = save(desk, [told], "revealed_in", value="2")
    assert "It says “Zed”" in content_of(page)
    assert not Correction.objects.exists()
    save(desk, [told], "revealed_in", value="2", _save_all_the_same="on")
    told.refresh_from_db()
    assert told.revealed_in_id == 2


def test_what_somebody_else_changed_meanwhile_is_told(revelations: list[Revelation], desk: Client) -> None:
    page = desk.post(LIST, asked(revelations, "source", "look", value="Volume 1"))
    Revelation.objects.filter(key="r1").update(source="Volume 2")
    page = desk.post(LIST, asked(revelations, "source", "send", value="Volume 1", _base=page.context["base"]))
    assert "Volume 2" in content_of(page)
    assert not Revelation.objects.filter(source="Volume 1").exists()
    again = asked(revelations, "source", "send", value="Volume 1", _base=page.context["base"])
    assert desk.post(LIST, again).status_code == 302, "whoever saves it again has seen what it was"
    assert Revelation.objects.filter(source="Volume 1").count() == 3


def test_rows_of_later_episodes_are_left_alone(revelations: list[Revelation], halfway: Client) -> None:
    later = Revelation.objects.create(key="later", text="She leaves.", revealed_in_id=3)
    save(halfway, [*revelations, later], "source", value="Volume 1")
    later.refresh_from_db()
    assert later.source == ""
    page = content_of(halfway.post(LIST, asked(revelations, "revealed_in")))
    assert '<option value="1">' in page
    assert '<option value="3">' not in page


def test_no_more_than_can_be_looked_at_together(revelations: list[Revelation], desk: Client) -> None:
    many = [Revelation(key=f"m{n}", text="She sings.", revealed_in_id=1) for n in range(MOST_TRIED)]
    Revelation.objects.bulk_create(many)
    data = {"action": "change_one_field", "_selected_action": [str(many[0].pk)], "select_across": "1"}
    response = desk.post(LIST, data, follow=True)
    assert f"choose at most {MOST_TRIED} at once" in response.content.decode()


def test_only_what_can_be_the_same_for_many_is_offered() -> None:
    assert {"certainty", "factions", "source", "revealed_in", "supersedes"} <= set(fields_for_many(REVELATION))
    assert not {"key", "text", "position"} & set(fields_for_many(REVELATION))
    assert fields_for_many(CHARACTER) == ["revealed_in", "inferred"]
    assert not {"title", "synopsis", "label"} & set(fields_for_many(EPISODE))


def test_rows_are_called_by_names(moderator: User, desk: Client) -> None:
    ann, bea = (Character.objects.create(key=f"key_of_{name}", revealed_in_id=0) for name in ("ann", "bea"))
    for who, name in ((ann, "Ann"), (bea, "Bea")):
        Alias.objects.create(character=who, name=name, headline=True, revealed_in_id=0)
    tie = Relationship.objects.create(source=ann, target=bea, kind="ally", revealed_in_id=1)
    address = "/admin/characters/relationship/"
    page = content_of(desk.post(address, asked([tie], "certainty", "look", value="hinted")))
    assert "Ann" in page
    assert "key_of" not in page


def test_episodes_as_well(moderator: User, desk: Client) -> None:
    data = {"action": "change_one_field", "_selected_action": ["1", "2"], "_field": "season", "value": "One"}
    desk.post("/admin/episodes/episode/", data | {"do": "send"})
    assert list(Episode.objects.order_by("number").values_list("season", flat=True)) == ["", "One", "One", ""]


# Rows that have no page of their own


def test_ties_and_facts_are_changed_together(moderator: User, desk: Client, halfway: Client) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    crew = Faction.objects.create(key="crew", revealed_in_id=1)
    Alias.objects.create(faction=crew, name="Crew", headline=True, revealed_in_id=1)
    members = [Membership.objects.create(character=each, faction=crew, revealed_in_id=1) for each in (ann, bea)]
    Membership.objects.filter(pk=members[0].pk).update(ended_in=3)
    late = Relationship.objects.create(source=ann, target=bea, kind="ally", revealed_in_id=3)
    statuses = Trait.objects.filter(attribute="status")
    for rows, path, field, value in (
        (members, "membership", "ended_in", "2"),
        ([late], "relationship", "certainty", "hinted"),
        (list(statuses), "trait", "inferred", "on"),
    ):
        where = f"/admin/characters/{path}/"
        page = desk.post(where, asked(rows, field, "look", value=value))
        assert not Correction.objects.filter(changes__model=f"characters.{path}").exists()
        assert "Save" in content_of(page)
        desk.post(where, asked(rows, field, "send", _base=page.context["base"], value=value))
        correction = Correction.objects.get(changes__model=f"characters.{path}", changes__row=str(rows[0].pk))
        assert correction.changes.count() == len(rows)
    assert set(Membership.objects.values_list("ended_in", flat=True)) == {2}
    assert all(statuses.values_list("inferred", flat=True))
    assert desk.get(f"/admin/characters/trait/{statuses[0].pk}/change/")["Location"].endswith("?section=facts")
    assert desk.get(f"/admin/characters/trait/{statuses[0].pk}/history/")["Location"].endswith("?section=facts")
    # Whoever has not watched everything is shown no later row, no key that is cut off, and no end.
    Trait.objects.create(character=ann, attribute="summary", value="a" * 54 + " [[bea]]", revealed_in_id=1)
    assert "[[be" not in content_of(halfway.get("/admin/characters/trait/")).replace("[[bea]]", "")
    listed = content_of(halfway.get("/admin/characters/relationship/"))
    assert "0 relationships" in listed
    asked_first = content_of(halfway.post("/admin/characters/membership/", asked(members)))
    assert "ended in" not in asked_first.lower()
    refused = halfway.post("/admin/characters/membership/", asked(members, "ended_in", "look", value=""))
    assert "<del>" not in content_of(refused)
