"""Two subjects that are one by mistake become one."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from characters import vocabulary
from characters.models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    FormerAddress,
    Membership,
    Relationship,
    Revelation,
    Tag,
    Trait,
    Unmasking,
    Word,
)
from characters.moderation import merging
from corrections import rows
from corrections.deciding import DecisionResult, publish
from corrections.errors import CouldNotApply
from corrections.models import BulkItem, Change, Correction
from corrections.sending import merging_into, removing
from corrections.undoing import undo
from episodes.axes import place_of
from tests.axes import both, two_axes
from tests.characters.test_admin import change_address
from tests.corrections.desk import QUEUE, at_the_desk, content_of, in_bulk, page_of
from tests.corrections.letters import accepted, entries, entries_made_anew, new, sent, set_to, somebody, summary_of
from tests.people import person
from tests.shows import load_show

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(moderator: User) -> Character:
    return somebody()


@pytest.fixture
def bea(ann: Character) -> Character:
    return somebody("bea", name="Bea", since=2)


def everything() -> dict[str, Any]:
    return {kind.label: rows.all_values(kind) for kind in rows.registered()}


def merged(goes: Character, stays: Character, *, by: User) -> tuple[Correction, DecisionResult]:
    correction = sent(merging_into(goes, stays), kind=Correction.Kind.EDIT)
    return correction, accepted(correction, by=by)


def done(goes: Character, stays: Character, *, by: User) -> Correction:
    correction, result = merged(goes, stays, by=by)
    assert result.failure is None
    assert result.held == ()
    return correction


def tagged(character: Character, name: str, since: int, until: int | None = None) -> CharacterTag:
    tag, _ = Tag.objects.get_or_create(name=name)
    return CharacterTag.objects.create(content_object=character, tag=tag, revealed_in_id=since, ended_in_id=until)


def related(source: Character, target: Character, since: int = 2, **values: Any) -> Relationship:
    return Relationship.objects.create(
        source=source, target=target, revealed_in_id=since, **{"kind": "ally"} | values
    )  # fmt: skip


# All of it moves


def test_all_that_hangs_on_one_moves_to_the_other(ann: Character, bea: Character, moderator: User) -> None:
    cleo = somebody("cleo", name="Cleo")
    faction = Faction.objects.create(key="crew", revealed_in_id=0)
    Alias.objects.create(faction=faction, name="Crew", headline=True, revealed_in_id=0)
    habit = Trait.objects.create(character=bea, attribute="habit", value="hums", revealed_in_id=2)
    membership = Membership.objects.create(character=bea, faction=faction, revealed_in_id=2)
    relation = related(cleo, bea)
    unmasking = Unmasking.objects.create(persona=bea, identity=cleo, revealed_in_id=3)
    tag = tagged(bea, "singer", 2)
    revelation = Revelation.objects.create(key="r", text="[[bea|She]] met [[ann]].", revealed_in_id=2)
    revelation.characters.set([ann, bea])
    text = summary_of(cleo, "With [[bea]].", since=2)
    done(bea, ann, by=moderator)
    assert not Character.objects.filter(key="bea").exists()
    for row in (habit, membership, relation, unmasking, tag, revelation, text):
        row.refresh_from_db()
    assert [habit.character, membership.character, relation.target, unmasking.persona, tag.content_object] == [ann] * 5
    assert list(revelation.characters.all()) == [ann]
    assert (revelation.text, text.value) == ("[[ann|She]] met [[ann]].", "With [[ann]].")
    assert set(ann.aliases.values_list("name", "headline")) == {("Ann", True), ("Bea", False)}


def test_it_is_undone_as_one(ann: Character, bea: Character, moderator: User) -> None:
    tagged(ann, "singer", 1, 3)
    tagged(bea, "singer", 2)
    related(ann, bea)
    summary_of(bea, "I am [[bea]], not [[ann]].", since=2)
    before = everything()
    correction = done(bea, ann, by=moderator)
    assert everything() != before
    accepted(undo(correction, by=moderator), by=person("other", role="moderator"))
    assert everything() == before


def test_who_was_there_earlier_gives_the_first_episode(ann: Character, bea: Character, moderator: User) -> None:
    done(ann, bea, by=moderator)
    bea.refresh_from_db()
    assert bea.revealed_in_id == 1
    assert set(bea.aliases.values_list("name", "headline", "revealed_in")) == {("Ann", True, 1), ("Bea", True, 2)}


# What both have


def test_of_the_same_name_the_one_known_earlier_stays(ann: Character, bea: Character, moderator: User) -> None:
    earlier = Alias.objects.create(character=bea, name="Singer", revealed_in_id=2)
    Alias.objects.create(character=ann, name="Singer", revealed_in_id=3, headline=True)
    done(bea, ann, by=moderator)
    assert ann.aliases.get(name="Singer") == earlier
    assert ann.aliases.get(name="Singer").headline


def test_names_of_who_goes_head_the_page_only_before_who_stays_had_one(
    ann: Character, bea: Character, moderator: User
) -> None:
    Alias.objects.create(character=ann, name="Annie", headline=True, revealed_in_id=2)
    Alias.objects.create(character=ann, name="Ann B.", headline=True, revealed_in_id=3)
    done(ann, bea, by=moderator)
    headlines = bea.aliases.filter(headline=True).order_by("revealed_in")
    assert list(headlines.values_list("name", flat=True)) == ["Ann", "Bea"]


def test_of_two_values_of_one_episode_that_of_who_stays_stays(ann: Character, bea: Character, moderator: User) -> None:
    Trait.objects.create(character=ann, attribute="status", value="missing", revealed_in_id=2)
    done(bea, ann, by=moderator)
    statuses = ann.traits.filter(attribute="status").order_by("revealed_in")
    assert list(statuses.values_list("value", flat=True)) == ["alive", "missing"]


def test_the_same_value_is_said_once(ann: Character, bea: Character, moderator: User) -> None:
    earlier = Trait.objects.create(character=bea, attribute="habit", value="hums", revealed_in_id=2)
    Trait.objects.create(character=ann, attribute="habit", value="hums", revealed_in_id=3)
    done(bea, ann, by=moderator)
    assert ann.traits.get(attribute="habit") == earlier


@pytest.mark.parametrize(
    ("own", "other", "left"),
    [
        ((1, None), (2, None), {(1, None)}),
        ((1, 3), (2, None), {(1, None)}),
        ((1, 2), (2, 3), {(1, 2), (2, 3)}),
        ((2, 3), (2, None), {(2, None)}),
    ],
)  # fmt: skip
def test_tags_of_the_same_time_become_one(
    ann: Character, bea: Character, moderator: User, own: Any, other: Any, left: Any
) -> None:
    tagged(ann, "singer", *own)
    tagged(bea, "singer", *other)
    done(bea, ann, by=moderator)
    assert set(CharacterTag.objects.values_list("revealed_in", "ended_in")) == left


def test_a_tie_between_the_two_is_left_out(ann: Character, bea: Character, moderator: User) -> None:
    related(ann, bea)
    Unmasking.objects.create(persona=bea, identity=ann, revealed_in_id=3)
    done(bea, ann, by=moderator)
    assert not Relationship.objects.exists()
    assert not Unmasking.objects.exists()


@pytest.mark.parametrize(("kind", "left"), [("ally", 1), ("killed", 2)])
def test_a_relation_that_reads_alike_from_both_sides_is_said_once(
    ann: Character, bea: Character, moderator: User, kind: str, left: int
) -> None:
    cleo = somebody("cleo", name="Cleo")
    related(ann, cleo, kind=kind)
    related(cleo, bea, 3, kind=kind)
    done(bea, ann, by=moderator)
    assert Relationship.objects.count() == left


def test_of_two_unmaskings_of_both_that_of_who_stays_stays(ann: Character, bea: Character, moderator: User) -> None:
    cleo, dora = somebody("cleo", name="Cleo"), somebody("dora", name="Dora")
    Unmasking.objects.create(persona=bea, identity=cleo, revealed_in_id=2)
    Unmasking.objects.create(persona=ann, identity=dora, revealed_in_id=3)
    done(bea, ann, by=moderator)
    assert Unmasking.objects.get().identity == dora


def test_a_circle_of_masks_is_refused_and_nothing_is_written(ann: Character, bea: Character, moderator: User) -> None:
    cleo = somebody("cleo", name="Cleo")
    Unmasking.objects.create(persona=ann, identity=cleo, revealed_in_id=3)
    Unmasking.objects.create(persona=cleo, identity=bea, revealed_in_id=3)
    before = everything()
    _, result = merged(bea, ann, by=moderator)
    assert "circle" in str(result.failure)
    assert everything() == before


def test_factions_become_one_as_well(ann: Character, moderator: User) -> None:
    crew, gang = (Faction.objects.create(key=key, revealed_in_id=0) for key in ("crew", "gang"))
    for faction in (crew, gang):
        Alias.objects.create(faction=faction, name=faction.key, headline=True, revealed_in_id=0)
        Membership.objects.create(character=ann, faction=faction, revealed_in_id=1)
    done(crew, gang, by=moderator)
    assert Membership.objects.get().faction == gang


def test_it_takes_as_many_statements_however_much_moves(ann: Character, bea: Character, moderator: User) -> None:
    cleo = somebody("cleo", name="Cleo")
    dora = somebody("dora", name="Dora")

    def some(character: Character, numbers: range) -> None:
        for number in numbers:
            Alias.objects.create(character=character, name=f"{character.key} {number}", revealed_in_id=2)
            Trait.objects.create(character=character, attribute="habit", value=f"hums {number}", revealed_in_id=2)
            tagged(character, f"tag {number}", 2)
            related(character, dora, kind=["ally", "rival", "killed", "created", "serves", "friend"][number])
            key = f"{character.key}.{number}"
            told = Revelation.objects.create(key=key, text=f"[[{character.key}]] sings.", revealed_in_id=2)
            told.characters.set([character])

    def statements(goes: Character, stays: Character) -> int:
        correction = sent(merging_into(goes, stays), kind=Correction.Kind.EDIT)
        with CaptureQueriesContext(connection) as captured:
            assert not accepted(correction, by=moderator).failure
        return len(captured)

    some(bea, range(2))
    some(ann, range(1))
    some(cleo, range(6))
    Trait.objects.create(character=ann, attribute="habit", value="hums 5", revealed_in_id=2)
    few, many = statements(bea, ann), statements(cleo, ann)
    assert many <= few
    assert ann.aliases.count() == 12


def test_its_undo_takes_as_many_statements_however_much_moves_back(
    ann: Character, bea: Character, moderator: User
) -> None:
    cleo, other = somebody("cleo", name="Cleo", since=2), person("other", role="moderator")

    def statements(goes: Character, count: int) -> tuple[int, int]:
        for number in range(count):
            Trait.objects.create(character=goes, attribute="habit", value=f"hums {goes.key} {number}", revealed_in_id=2)
            tagged(goes, f"tag {goes.key} {number}", 2)
            key = f"{goes.key}.{number}"
            told = Revelation.objects.create(key=key, text=f"[[{goes.key}]] sings.", revealed_in_id=2)
            told.characters.set([goes])
        correction, before = done(goes, ann, by=moderator), everything()
        with CaptureQueriesContext(connection) as sending:
            waiting = undo(correction, by=moderator)
        with CaptureQueriesContext(connection) as accepting:
            result = accepted(waiting, by=other)
        assert (result.failure, result.held) == (None, ())
        assert everything() != before
        return len(sending), len(accepting)

    few, many = statements(bea, 8), statements(cleo, 24)
    assert many[0] <= few[0]
    assert many[1] <= few[1]
    assert Trait.objects.filter(character=cleo, attribute="habit").count() == 24
    assert entries() == entries_made_anew()


def test_only_rows_that_may_say_the_same_are_compared(
    ann: Character, bea: Character, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def say_the_same(kind: Any, one: Any, other: Any) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setattr(merging, "_say_the_same", say_the_same)
    for character in (ann, bea):
        for number in range(8):
            Trait.objects.create(character=character, attribute="habit", value=f"hums {number}", revealed_in_id=2)
    merging.merging(bea, ann)
    assert len(compared) == 8


def test_it_goes_by_the_words_as_they_are_then(ann: Character, bea: Character, moderator: User) -> None:
    read_before = vocabulary.stored()
    Word.objects.create(section="attribute", key="bounty", label="Bounty", single=True, revealed_in_id=1)
    for character, value in ((ann, "ten crowns"), (bea, "six crowns")):
        Trait.objects.create(character=character, attribute="bounty", value=value, revealed_in_id=2)
    with vocabulary.using(lambda: read_before):
        done(bea, ann, by=moderator)
    assert Trait.objects.get(attribute="bounty").value == "ten crowns"


def test_search_finds_by_the_names_as_they_are_then(ann: Character, bea: Character, moderator: User) -> None:
    related(bea, somebody("cleo", name="Cleo"), kind="killed")
    Trait.objects.create(character=bea, attribute="habit", value="hums", revealed_in_id=2)
    summary_of(bea, "[[bea]] sings.", since=2)
    tagged(ann, "singer", 1)
    tagged(bea, "singer", 2)
    done(bea, ann, by=moderator)
    assert entries() == entries_made_anew()


# Its former address


def seen(episode: int, path: str) -> Any:
    client = Client()
    client.cookies["progress"] = str(episode)
    return client.get(path)


def without_token(response: Any) -> tuple[int, bytes]:
    return response.status_code, re.sub(rb'name="csrfmiddlewaretoken"[^>]*', b"", response.content)


def test_the_former_address_leads_on_for_those_who_may_know_it(ann: Character, bea: Character, moderator: User) -> None:
    former = f"/c/{bea.public_id}/"
    done(bea, ann, by=moderator)
    assert f"/{ann.public_id}/" in seen(2, former)["Location"]
    assert f"/{ann.public_id}/" in seen(3, f"/characters/{bea.public_id}/bea/")["Location"]
    unknown = seen(1, "/c/0000000000/")
    assert unknown.status_code == 404
    hidden = seen(1, former)
    assert without_token(hidden)[1].replace(bea.public_id.encode(), b"0000000000") == without_token(unknown)[1]


def test_a_former_address_leads_on_through_two_merges(ann: Character, bea: Character, moderator: User) -> None:
    cleo = somebody("cleo", name="Cleo")
    done(bea, ann, by=moderator)
    done(ann, cleo, by=moderator)
    assert f"/{cleo.public_id}/" in seen(2, f"/c/{bea.public_id}/")["Location"]
    assert FormerAddress.objects.count() == 2


# What waits


def test_a_row_that_came_meanwhile_moves_as_well(ann: Character, bea: Character, moderator: User) -> None:
    waiting = sent(merging_into(bea, ann), kind=Correction.Kind.EDIT)
    Trait.objects.create(character=bea, attribute="habit", value="hums", revealed_in_id=3)
    assert not accepted(waiting, by=moderator).failure
    assert ann.traits.filter(attribute="habit").exists()


def test_what_waits_for_who_is_gone_is_decided_for_who_stays(
    ann: Character, bea: Character, desk: Client, moderator: User, author: User
) -> None:
    cleo = somebody("cleo", name="Cleo")
    text = summary_of(cleo, "Sings.", since=2)
    tie, habit = (
        related(cleo, bea),
        Trait.objects.create(character=bea, attribute="habit", value="hums", revealed_in_id=2),
    )
    waiting = sent(
        new(Trait, character=bea, attribute="habit", value="sings", revealed_in_id=3),
        set_to(text, "value", "With [[bea]]."),
        removing(habit),
        set_to(tie, "ended_in", 3),
        by=author,
    )  # fmt: skip
    dora = somebody("dora", name="Dora")
    done(bea, dora, by=moderator)
    done(dora, ann, by=moderator)
    page = content_of(desk.get(page_of(waiting)))
    assert page.count("It names a page that became one with") == 3
    assert "cannot be applied" not in page
    desk.post(QUEUE, in_bulk(desk, "accept_selected", waiting))
    assert "became one with another" in BulkItem.objects.get().note
    assert (result := accepted(waiting, by=moderator)).failure is None
    assert result.held == ()
    added: Any = waiting.changes.get(action="add")
    assert (added.after["character"], added.final["character"]) == (str(bea.pk), str(ann.pk))
    assert [each.value for each in ann.traits.filter(attribute="habit")] == ["sings"]
    text.refresh_from_db()
    tie.refresh_from_db()
    assert (text.value, tie.ended_in_id, tie.target) == ("With [[ann]].", 3, ann)


def test_what_is_left_of_who_is_gone_can_only_be_rejected(
    ann: Character, bea: Character, desk: Client, moderator: User
) -> None:
    waiting = sent(set_to(bea, "revealed_in", 1))
    done(bea, ann, by=moderator)
    page = re.sub("[\u2066-\u2069]", "", content_of(desk.get(page_of(waiting))))
    assert "It names a page that became one with Ann." in page
    assert "nothing is left that it could change: reject it with a reason" in page
    assert accepted(waiting, by=moderator).held


def test_its_author_is_told_as_far_as_they_know_who_stays(
    ann: Character, bea: Character, moderator: User, author: User
) -> None:
    waiting = sent(new(Trait, character=bea, attribute="habit", value="sings", revealed_in_id=3), by=author)
    done(bea, ann, by=moderator)
    told = "has become one with"
    for episode, is_told in ((1, False), (2, True)):
        page = at_the_desk(author, episode=episode).get(reverse("correction", args=[waiting.pk])).content.decode()
        assert (told in page) == is_told
    assert f"/{ann.public_id}/" in page


def test_nobody_publishes_for_who_stays_unseen(ann: Character, bea: Character, moderator: User) -> None:
    waiting = sent(new(Trait, character=bea, attribute="habit", value="hums", revealed_in_id=3), by=moderator)
    done(bea, ann, by=person("other", role="moderator"))
    with pytest.raises(CouldNotApply):
        publish(waiting, by=moderator)


@pytest.mark.parametrize("goes_first", [True, False])
def test_of_two_merges_that_wait_the_second_says_that_one_is_gone(
    ann: Character, bea: Character, moderator: User, goes_first: bool
) -> None:
    second = sent(merging_into(ann, bea) if goes_first else merging_into(bea, ann), kind=Correction.Kind.EDIT)
    done(bea, ann, by=moderator)
    result = accepted(second, by=moderator)
    if goes_first:
        assert "does not exist any more" in str(result.failure)
    else:
        assert second.changes.get().outcome == Change.Outcome.ALREADY
    assert Character.objects.get() == ann


# The page


def address(character: Character) -> str:
    return change_address(character, "merge")


def test_a_moderator_looks_and_merges(ann: Character, bea: Character, desk: Client) -> None:
    tagged(ann, "singer", 1)
    tagged(bea, "singer", 2)
    assert "What it does" not in content_of(desk.get(address(bea)))
    page = desk.get(address(bea), {"other": ann.pk, "stays": "other"})
    shown = content_of(page)
    assert "Bea becomes one with Ann" in re.sub("[⁦-⁩]", "", shown)
    assert "There is one that says the same." in shown
    assert not Change.objects.exists()
    data = {"other": ann.pk, "stays": "other", "stamp": page.context["stamp"], "do": "send"}
    answer = desk.post(address(bea), data)
    assert answer["Location"] == change_address(ann)
    told = re.sub("[⁦-⁩]", "", desk.get(answer["Location"]).content.decode())
    assert "“Merge of Bea into Ann” is published." in told
    assert Character.objects.get() == ann


def test_it_says_that_another_value_is_left_out(ann: Character, bea: Character, desk: Client) -> None:
    Trait.objects.create(character=ann, attribute="status", value="missing", revealed_in_id=2)
    shown = content_of(desk.get(address(bea), {"other": ann.pk, "stays": "other"}))
    assert "Who stays has another, and there can be only one." in shown
    assert "There is one that says the same." not in shown


def test_what_is_wrong_in_its_form_has_the_focus(ann: Character, bea: Character, desk: Client) -> None:
    address = change_address(bea).replace("/change/", "/merge/")
    page = content_of(desk.post(address, {"do": "look", "stays": "other"}))
    assert re.search(r'<(select|input)[^>]* name="other"[^>]* autofocus', page)


def test_either_of_the_two_can_stay(ann: Character, bea: Character, desk: Client) -> None:
    data = {"other": ann.pk, "stays": "this"}
    stamp = desk.get(address(bea), data).context["stamp"]
    desk.post(address(bea), data | {"stamp": stamp, "do": "send"})
    assert Character.objects.get() == bea


def test_nothing_else_is_done_than_what_was_looked_at(ann: Character, bea: Character, desk: Client) -> None:
    data = {"other": ann.pk, "stays": "other"}
    stamp = desk.get(address(bea), data).context["stamp"]
    Trait.objects.create(character=bea, attribute="habit", value="hums", revealed_in_id=3)
    page = desk.post(address(bea), data | {"stamp": stamp, "do": "send"})
    assert "something was published meanwhile" in content_of(page)
    assert Character.objects.count() == 2
    desk.post(address(bea), data | {"stamp": page.context["stamp"], "do": "send"})
    assert Character.objects.get() == ann


def test_of_an_editor_it_waits_and_the_desk_shows_what_follows(ann: Character, bea: Character, desk: Client) -> None:
    editor = at_the_desk(person(role="editor"))
    data = {"other": ann.pk, "stays": "other"}
    stamp = editor.get(address(bea), data).context["stamp"]
    editor.post(address(bea), data | {"stamp": stamp, "do": "send"})
    assert Character.objects.count() == 2
    page = re.sub("[⁦-⁩]", "", content_of(desk.get(page_of(Correction.objects.get()))))
    assert "It becomes one with Ann" in page
    assert "name “Bea”: character: Bea → Ann" in page


def test_whoever_has_not_watched_everything_shows_everything_first(
    ann: Character, bea: Character, halfway: Client
) -> None:
    for query in ({}, {"other": str(bea.pk)}):
        response = halfway.get(address(ann), query)
        assert response["Location"] == change_address(ann)
        page = halfway.get(response["Location"])
        assert "show everything first" in " ".join(map(str, page.context["messages"]))


def test_one_or_two_are_chosen_in_the_list(ann: Character, bea: Character, desk: Client) -> None:
    cleo = somebody("cleo", name="Cleo")
    changelist = "/admin/characters/character/"

    def chosen(*characters: Character) -> str:
        data = {"action": "merge_into", "_selected_action": [str(each.pk) for each in characters]}
        return str(desk.post(changelist, data)["Location"])

    assert chosen(ann) == address(ann)
    first, second = sorted((ann, bea), key=lambda each: str(each.pk))
    assert chosen(ann, bea) == f"{address(first)}?other={second.pk}"
    assert chosen(ann, bea, cleo) == changelist


# Deletion


def test_a_deletion_that_is_refused_links_to_the_mentions(ann: Character, bea: Character, desk: Client) -> None:
    summary_of(bea, "With [[ann]].", since=2)
    revelation = Revelation.objects.create(key="r", text="[[ann]] sings.", revealed_in_id=2)
    summary_of(ann, "[[ann]] herself.", since=2)
    page = content_of(desk.get(change_address(ann, "delete")))
    assert f'<a href="{change_address(bea)}?section=facts">' in page
    assert f'<a href="{change_address(revelation)}">' in page
    assert f'<a href="{change_address(ann)}?section=facts">' not in page


# On two axes


@pytest.mark.parametrize("later_stays", [False, True])
def test_who_is_of_chapters_alone_is_merged_on_their_axis(
    tmp_path: Path, moderator: User, *, later_stays: bool
) -> None:
    files = two_axes()
    files["characters"].append(
        both(None, 20, key="sable", aliases=[both(None, 20, name="Sable", headline=True)])
        | {"memberships": [both(None, 22, faction="guild", role="diver", or_ended_in=30)]}
    )
    load_show(tmp_path, **files)
    cole, sable = Character.objects.get(key="cole"), Character.objects.get(key="sable")
    goes, stays = (cole, sable) if later_stays else (sable, cole)
    desk = at_the_desk(moderator)
    desk.cookies["progress"] = "6+40"
    asked = {"other": stays.pk, "stays": "other", "_reason": "One.", "do": "look"}
    preview = desk.post(change_address(goes, "merge"), asked).content.decode()
    assert "Moved and rewritten" in preview
    assert not re.search(r">[^<]*\b100\d\d\b", preview)
    assert "not known by then" not in preview
    done(goes, stays, by=moderator)
    stays.refresh_from_db()
    assert stays.also_in_id == place_of(14)
    assert not re.search(r">[^<]*\b100\d\d\b", desk.get(change_address(stays)).content.decode())
    for chapter, status in ((13, 404), (19, 302 if later_stays else 404), (20, 302)):
        reader = Client()
        reader.cookies["progress"] = f"0+{chapter}"
        assert reader.get(f"/c/{goes.public_id}/").status_code == status, chapter
