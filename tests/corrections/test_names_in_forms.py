"""Names, mentions and tags in the contributors' form are found as people type them, and asked about where unclear."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from characters.lore import Lore
from characters.lore.naming import KnownNames
from characters.models import Alias, Character, CharacterTag, Faction, Tag
from corrections.models import Change, Correction
from episodes.choices import Chosen
from episodes.models import Episode
from tests.corrections.forms import choose, fields_of, offered, send_form, send_on
from tests.corrections.letters import somebody
from tests.visitors import at

pytestmark = pytest.mark.django_db

LEAVE_IT = "Leave it to the moderators"


@pytest.fixture
def ann(db: None) -> Character:
    for number in range(10):
        Episode.objects.create(number=number)
    return somebody()


def form_of(subject: Character, *, row: Any = None, add: str = "") -> str:
    return f"/corrections/new/characters/{subject.public_id}/?{f'row={row.pk}' if row else f'add={add}'}"


def only_change() -> Change:
    return Correction.objects.get(kind="suggestion").changes.get()


def whole_row() -> dict[str, Any]:
    """The values of the only row that was sent."""
    return only_change().after or {}


def tagged(character: Character, name: str, *, since: int = 1) -> Tag:
    tag, _ = Tag.objects.get_or_create(name=name, defaults={"slug": Tag().slugify(name)})
    CharacterTag.objects.create(content_object=character, tag=tag, revealed_in_id=since)
    return tag


# The name that stands there, and the same as somebody types it.
SPELLINGS = [
    ("Dr. Anna-Lena O'Brien", "dr. anna-lena o'brien"),
    ("Dr. Anna-Lena O'Brien", "Dr. Anna-Lena O’Brien"),
    ("Dr. Anna-Lena O'Brien", "Anna Lena OʼBrien"),
    ("Dr. Anna-Lena O'Brien", "ANNALENA OBRIEN"),
    ("Dr. Anna-Lena O'Brien", "Dr.  Anna‐Lena  O'Brien"),
    ("Hiếu", "Hie\u0302\u0301u"),
    ("Hiếu", "hieu"),
    ("Rouge Redstar", "ＲＯＵＧＥ　ｒｅｄｓｔａｒ"),
    ("Rouge Redstar", "Rouge Red Star"),
    ("Rouge Redstar", "Rouge\u00a0Redstar-san"),
    ("J.R. Smith", "JR Smith"),
    ("Ævar Łukasz", "aevar lukasz"),
    ("ルージュ・レッドスター", "るーじゅれっどすたー"),
    ("ルージュ・レッドスター", "ﾙｰｼﾞｭ ﾚｯﾄﾞｽﾀｰ"),
    ("ナオミ", "なおみさん"),
    ("Gesamt\u00adkonzept", "Gesamtkonzept"),
]


@pytest.mark.parametrize(("name", "typed"), SPELLINGS)
def test_a_name_is_found_as_people_type_it(ann: Character, name: str, typed: str) -> None:
    bea, status = somebody("bea", name=name), ann.traits.get()
    response = send_form(at(3), form_of(ann, row=status), **{f"{status.pk}-value": f"met [[{typed}]], [[{typed}|her]]"})
    assert response.status_code == 303, offered(response)
    assert only_change().after == "met [[bea]], [[bea|her]]"
    Correction.objects.all().delete()
    assert (
        send_form(at(3), form_of(ann, add="relationship"), new0__target=typed, new0__kind="friend").status_code == 303
    )
    assert whole_row()["target"] == str(bea.pk)
    Correction.objects.all().delete()
    told = {"new0__text": "They meet.", "new0__characters": f"{typed}\r\nANN", "new0__revealed_in": "1"}
    assert send_form(at(3), form_of(ann, add="revelation"), **told).status_code == 303
    assert whole_row()["characters"] == sorted([str(ann.pk), str(bea.pk)])


@pytest.mark.parametrize("typed", ["Red Star", "ＲＥＤ　ＳＴＡＲ", "red  star", "red-star", "red\u00a0star", "redstar"])
def test_a_tag_is_found_as_people_type_it(ann: Character, typed: str) -> None:
    tag = tagged(ann, "red star")
    assert send_form(at(3), form_of(ann, add="charactertag"), new0__tag=typed).status_code == 303
    assert whole_row()["tag"] == tag.pk


def test_who_is_named_as_they_stand_is_never_asked_about(ann: Character) -> None:
    jose, joze = somebody("jose", name="José"), somebody("joze", name="Jose")
    Alias.objects.create(character=jose, name="Pépé", revealed_in_id=1)
    Alias.objects.create(character=joze, name="Pepe", revealed_in_id=1)
    for name, meant in (("José", jose), ("Jose", joze), ("Jose\u0301", jose), ("Pépé", jose), ("Pepe", joze)):
        send_form(at(3), form_of(ann, add="relationship"), new0__target=name, new0__kind="friend")
        assert whole_row()["target"] == str(meant.pk)
        Correction.objects.all().delete()


def test_an_honorific_counts_where_it_is_typed_and_tells_two_apart(ann: Character) -> None:
    doctor, client = somebody("doctor", name="Dr. Ann"), at(3)
    address = form_of(ann, add="relationship")
    send_form(client, address, new0__target="DR ANN", new0__kind="friend")
    assert whole_row()["target"] == str(doctor.pk)
    response = send_form(client, address, new0__target="Prof. Ann", new0__kind="friend")
    assert list(offered(response)) == ["Ann, character, since episode 1", "Dr. Ann, character, since episode 1"]


def test_two_that_fit_are_asked_about_and_nothing_is_lost(ann: Character) -> None:
    somebody("jose", name="José")
    meant = somebody("joze", name="Jose", since=2)
    client, status = at(3), ann.traits.get()
    address = form_of(ann, row=status)
    response = send_form(client, address, **{f"{status.pk}-value": "[[ann]] and [[JOSE]] met. [[JOSE|He]] left."})
    assert response.status_code == 422
    assert "“JOSE” could be more than one. Choose which:" in response.content.decode()
    assert list(offered(response)) == ["José, character, since episode 1", "Jose, character, since episode 2", LEAVE_IT]
    response = choose(client, address, response, "Jose, character, since episode 2")
    assert response.status_code == 200
    assert "It now says “Jose” and has not been sent yet" in response.content.decode()
    assert fields_of(response)[f"{status.pk}-value"] == ["[[ann]] and [[Jose]] met. [[Jose|He]] left."]
    assert not Correction.objects.exists()
    assert send_on(client, address, response).status_code == 303
    assert only_change().after == f"[[ann]] and [[{meant.key}]] met. [[{meant.key}|He]] left."


def test_two_of_one_name_are_offered_by_what_tells_them_apart(ann: Character) -> None:
    one, other = somebody("one", name="Kim"), somebody("other", name="Kim", since=0)
    client, address = at(3), form_of(ann, add="revelation")
    told = {"new0__text": "They meet.", "new0__characters": "Ann\r\nkim", "new0__revealed_in": "1"}
    response = send_form(client, address, **told)
    labels = [f"Kim ({one.public_id}), character, since episode 1", f"Kim ({other.public_id}), character"]
    assert sorted(offered(response)) == sorted(labels)
    response = choose(client, address, response, labels[1])
    assert fields_of(response)["new0-characters"] == [f"Ann\r\nKim ({other.public_id})"]
    assert send_on(client, address, response).status_code == 303
    assert whole_row()["characters"] == sorted([str(ann.pk), str(other.pk)])


def test_only_those_of_the_kind_that_a_field_takes_count(ann: Character) -> None:
    group = Faction.objects.create(key="league", revealed_in_id=1)
    Alias.objects.create(faction=group, name="The League", headline=True, revealed_in_id=1)
    somebody("league_man", name="The-League")
    assert send_form(at(3), form_of(ann, add="membership"), new0__faction="the league").status_code == 303
    assert whole_row()["faction"] == str(group.pk)


def test_two_tags_that_fold_alike_are_asked_about(ann: Character) -> None:
    tagged(ann, "résumé")
    tag = tagged(ann, "resume")
    client, address = at(3), form_of(ann, add="charactertag")
    response = send_form(client, address, new0__tag="Resumé")
    assert sorted(offered(response)) == ["resume", "résumé"]
    response = choose(client, address, response, "resume")
    assert fields_of(response)["new0-tag"] == ["resume"]
    send_on(client, address, response)
    assert whole_row()["tag"] == tag.pk


@pytest.mark.parametrize(("typed", "tag"), [("c", "c++"), ("C++", "c"), ("C#", "c++")])
def test_a_sign_tells_one_tag_from_another(ann: Character, typed: str, tag: str) -> None:
    tagged(ann, tag)
    response = send_form(at(3), form_of(ann, add="charactertag"), new0__tag=typed)
    assert response.status_code == 422
    assert list(offered(response)) == [tag]


@pytest.mark.parametrize("typed", ["Naomy", "naomi orthman", "Orthmann", "Na omy"])
def test_the_nearest_is_named_where_none_fits(ann: Character, typed: str) -> None:
    somebody("naomi", name="Naomi Orthmann")
    Alias.objects.create(character=Character.objects.get(key="naomi"), name="Naomi", revealed_in_id=1)
    client, address = at(3), form_of(ann, add="relationship")
    response = send_form(client, address, new0__target=typed, new0__kind="friend")
    assert f"You do not know of anybody or anything called “{typed}”. Did you mean:" in response.content.decode()
    assert list(offered(response)) == ["Naomi Orthmann, character, since episode 1"]
    response = choose(client, address, response, "Naomi Orthmann, character, since episode 1")
    assert fields_of(response)["new0-target"] == ["Naomi Orthmann"]
    assert send_on(client, address, response).status_code == 303


@pytest.mark.parametrize("typed", ["Naomi", "naomi", "Na-omi", "Naomy", "Naomi Orthmann", "Kim"])
def test_no_error_tells_that_a_hidden_name_exists(ann: Character, typed: str) -> None:
    """The answers are the same bytes with the later names and without them."""
    status, client = ann.traits.get(), at(3)
    addresses = [form_of(ann, row=status), form_of(ann, add="relationship"), form_of(ann, add="charactertag")]

    def answers() -> list[bytes]:
        values = (
            {f"{status.pk}-value": f"[[{typed}]]"},
            {"new0-target": typed, "new0-kind": "friend"},
            {"new0-tag": typed},
        )
        return [
            client.post(
                address,
                fields_of(client.get(address)) | sent | {"reason": "So."},
                headers={"Sec-Fetch-Site": "same-origin"},
            ).content
            for address, sent in zip(addresses, values, strict=True)
        ]

    kim = somebody("kim", name="Kim")
    before = answers()
    hidden = somebody("naomi", name="Naomi Orthmann", since=4)
    Alias.objects.create(character=hidden, name="Naomi", revealed_in_id=4)
    Alias.objects.create(character=hidden, name="Kim", revealed_in_id=4)
    Alias.objects.create(character=kim, name="Naomi", revealed_in_id=5)
    tagged(hidden, "naomi", since=4)
    tagged(kim, "naomi", since=6)
    tagged(hidden, "kim", since=4)
    Correction.objects.all().delete()
    assert answers() == before


def test_a_name_left_to_the_moderators_is_found_once_it_is_known(ann: Character) -> None:
    status = ann.traits.get()
    hidden = somebody("naomi", name="Naomi", since=4)
    address, written = form_of(ann, row=status), {f"{status.pk}-value": "met [[?naomi]]"}
    assert send_form(at(3), address, **written).status_code == 303
    assert only_change().after == "met [[?naomi]]"
    Correction.objects.all().delete()
    assert send_form(at(4), address, **written).status_code == 303
    assert only_change().after == f"met [[{hidden.key}]]"


def test_a_choice_that_nobody_offered_changes_nothing_else(ann: Character) -> None:
    status = ann.traits.get()
    client, address = at(3), form_of(ann, row=status)
    for nonsense in ("", "x", "[]", '["a", "b"]', '["a", "b", "c"]', "[1, 2, 3]", "null", '{"a": 1, "b": 2, "c": 3}'):
        response = send_form(client, address, _choose=nonsense)
        assert response.status_code in (200, 422)
        assert fields_of(response)[f"{status.pk}-value"] == ["alive"]
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    "button",
    ["[" * 100_000, '["new0-target", "Ann", "\\ud800"]', '[[["a"], ["b"], ["c"]]]', '{"a": 1, "b": 2, "c": 3}'],
)
def test_a_button_that_nobody_was_offered_is_answered_like_any_form(ann: Character, button: str) -> None:
    client, address = at(3), form_of(ann, add="relationship")
    assert send_form(client, address, new0__target="Ann", new0__kind="friend", _choose=button).status_code < 500


@pytest.mark.parametrize(("typed", "entry"), [("", "\n"), ("a", "a,"), ("[[a", "[[a|")])
def test_a_button_makes_no_field_longer_than_any_form(typed: str, entry: str) -> None:
    value = entry * 5_000
    assert Chosen("text", typed, f"[[{'b' * 5_000}" if "[[" in typed else "b" * 5_000).within(value) == value


@pytest.mark.parametrize("meant", ["[[ann", "b"])
@pytest.mark.parametrize("typed", ["a " * 200 + "a", "[[" + "a " * 200 + "a"])
def test_a_button_looks_for_nothing_that_is_longer_than_any_name(typed: str, meant: str) -> None:
    """To look for half of a text in it would take the square of the time, for as long as its sender likes."""
    value = f"x, {typed}]], y"
    assert Chosen("text", typed, meant).within(value) == value


def test_names_that_are_left_to_the_moderators_are_not_looked_up_one_by_one(ann: Character) -> None:
    somebody("naomi", name="Naomi")
    names = KnownNames(Lore(3))
    names.with_keys("[[Ann]]")  # reads all names
    with CaptureQueriesContext(connection) as queries:
        assert names.with_keys("[[?Naomy]] " * 100 + "[[?Naomi]]") == "[[?Naomy]] " * 100 + "[[naomi]]"
    assert not queries
