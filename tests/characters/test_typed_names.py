"""Names that editors and moderators type in their forms stand for whom they fit, or are asked about."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from characters.kinds import CHARACTER
from characters.models import Alias, Character, CharacterTag, Revelation, Tag, Trait
from corrections import rows
from corrections.models import Correction
from episodes.models import Episode
from tests.characters.sheets import a_newcomer, a_revelation, address_of, as_opened, fill_in
from tests.corrections.desk import at_the_desk, decide_by_form, page_of, verdict
from tests.corrections.forms import offered
from tests.corrections.letters import new, sent, set_to, somebody, summary_of
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db: None) -> Character:
    for number in range(6):
        Episode.objects.create(number=number)
    return somebody()


@pytest.fixture
def moderator(ann: Character) -> Client:
    return at_the_desk(person(role="moderator"), episode=5)


@pytest.fixture
def author(ann: Character) -> User:
    return person("author")


@pytest.fixture
def naomi(ann: Character) -> Character:
    naomi = somebody("naomi_orthmann", name="Naomi Orthmann", since=2)
    Alias.objects.create(character=naomi, name="ナオミ・オルトマン", language="ja", revealed_in_id=2)
    return naomi


SPELLINGS = [
    "naomi orthmann",
    "NaomiOrthmann",
    "Ms. Naomi Orthmann",
    "なおみおるとまん",
    "Ｎａｏｍｉ－Ｏｒｔｈｍａｎｎ",
    "Naomi_Orthmann",
]


# The form of an episode's week


@pytest.mark.parametrize("typed", SPELLINGS)
def test_the_form_of_a_week_takes_names_as_people_type_them(moderator: Client, naomi: Character, typed: str) -> None:
    Tag.objects.create(name="red star", slug="red-star")
    response = fill_in(
        moderator, 3,
        newcomers=[a_newcomer("bea", "Bea", summary=f"[[Bea]] follows [[{typed}|her]].")],
        revelations=[
            a_revelation(f"[[{typed}]] finds [[BEA]]."),
            a_revelation("They fight.", concerned=f"{typed}, be-a"),
        ],
        relationships=[{"source": typed, "kind": "ally", "target": "BEA", "certainty": "confirmed"}],
        tags=[{"whose": typed, "tag": "ＲＥＤ　Star"}],
    )  # fmt: skip
    assert response.status_code == 302, offered(response)
    bea = Character.objects.get(key="bea")
    assert bea.traits.get().value == "[[bea]] follows [[naomi_orthmann|her]]."
    first, second = Revelation.objects.order_by("position")
    assert first.text == "[[naomi_orthmann]] finds [[bea]]."
    assert set(first.characters.all()) == set(second.characters.all()) == {naomi, bea}
    assert first.key == "e03.naomi-orthmann-finds-bea"
    assert naomi.relationships.get().target == bea
    assert CharacterTag.objects.get().tag.name == "red star"


def test_the_form_of_a_week_asks_and_nothing_is_lost(moderator: Client, naomi: Character) -> None:
    somebody("naomi_two", name="Naomi-Orthmann")
    text = "[[ann]] sees [[naomi orthmann]]\nand [[naomi  orthmann|her]]."
    page = fill_in(moderator, 3, revelations=[a_revelation(text, concerned="Ann, NAOMIORTHMANN")])
    assert offered(page).keys() == {"Naomi Orthmann (naomi_orthmann)", "Naomi-Orthmann (naomi_two)"}
    assert not Correction.objects.exists()
    for place in ("revelations-0-text", "revelations-0-text", "revelations-0-concerned"):
        choice = next(value for value in choices_at(page, place) if "naomi_two" in value)
        page = moderator.post(address_of(3), as_opened(page) | {"_choose": choice})
        assert not Correction.objects.exists()
    assert as_opened(page)["revelations-0-text"] == "[[ann]] sees [[naomi_two]]\nand [[naomi_two|her]]."
    assert moderator.post(address_of(3), as_opened(page)).status_code == 302
    assert Revelation.objects.get().text == "[[ann]] sees [[naomi_two]]\nand [[naomi_two|her]]."


def choices_at(page: Any, field: str) -> list[str]:
    """Return what the buttons at a field send, in their order."""
    values = re.findall(r'name="_choose" value="([^"]*)"', page.content.decode())
    return [value for value in map(unescape, values) if json.loads(value)[0] == field]


def test_the_form_of_a_week_names_the_nearest_and_none_of_a_later_episode(moderator: Client, naomi: Character) -> None:
    somebody("naomi_late", name="Naomi Ortmann", since=4)
    page = fill_in(moderator, 3, traits=[{"whose": "Naomi Ortman", "attribute": "habit", "value": "sings"}])
    assert "No character or faction or term of episode 3 has the key or the name “Naomi Ortman”. Did you mean:" in (
        page.content.decode()
    )
    assert list(offered(page)) == ["Naomi Orthmann (naomi_orthmann)"]


def test_what_is_wrong_with_a_newcomer_is_not_said_of_other_rows(moderator: Client) -> None:
    page = fill_in(
        moderator, 3,
        newcomers=[a_newcomer("No Key!", "Bea"), a_newcomer("cora", "Cora"), a_newcomer("dora", "")],
        traits=[{"whose": who, "attribute": "habit", "value": "sings"} for who in ("bea", "Cora", "dora", "No Key!")],
    )  # fmt: skip
    sections = {section.kind.slug: section.formset for section in page.context["sheet"].sections}
    assert [sorted(form.errors) for form in sections["newcomers"].forms[:3]] == [["key"], [], ["name"]]
    assert [form.errors for form in sections["traits"].forms if form.errors] == []


@pytest.mark.parametrize(
    ("section", "row", "meant"),
    [
        ("revelations", a_revelation("It is over.", concerned="ann", supersedes="The Old-Belief"), "supersedes"),
        ("endings", {"what": "ann is an ally of naomi orthmann (from 2)"}, "what"),
    ],
)
def test_rows_are_found_as_people_type_them(
    moderator: Client, ann: Character, naomi: Character, section: str, row: dict[str, Any], meant: str
) -> None:
    tie = ann.relationships.create(target=naomi, kind="ally", revealed_in_id=2)
    old = Revelation.objects.create(key="the_old_belief", text="All is well.", revealed_in_id=1)
    assert fill_in(moderator, 3, **{section: [row]}).status_code == 302
    tie.refresh_from_db()
    overturned = Revelation.objects.filter(supersedes=old).exists()
    assert (overturned, tie.ended_in_id) == ((True, None) if meant == "supersedes" else (False, 3))


def test_who_has_not_watched_everything_finds_a_belief_by_the_key_that_they_read(ann: Character) -> None:
    halfway = at_the_desk(person(role="moderator"), episode=3)
    old = Revelation.objects.create(key="e01.ann-is-the-queen", text="All is well.", revealed_in_id=1)
    page = halfway.get(address_of(3)).content.decode()
    [found] = re.findall(r'<option value="(e01[^"]*)">All is well.', page)
    assert found != old.key
    row = a_revelation("It is over.", concerned="ann")
    guessed = fill_in(halfway, 3, revelations=[row | {"supersedes": old.key}])
    assert not Correction.objects.exists()
    assert "No revelation up to this episode has the key" in guessed.content.decode()
    assert old.key not in offered(guessed)
    assert fill_in(halfway, 3, revelations=[row | {"supersedes": found}]).status_code == 302
    assert Revelation.objects.get(supersedes=old).text == "It is over."


def test_a_name_without_brackets_is_offered_as_a_mention(moderator: Client, ann: Character, naomi: Character) -> None:
    Alias.objects.create(character=naomi, name="The Spy", revealed_in_id=2)
    text = "[[ann]] sees Naomi  Orthmann, and the spy sees Ann."
    page = fill_in(moderator, 3, revelations=[a_revelation(text), a_revelation("Now Ann is named.", concerned="ann")])
    source = page.content.decode()
    assert "“Naomi  Orthmann” stands without brackets, so the page of Naomi Orthmann will not tell this." in source
    assert list(offered(page)) == ["Put “Naomi  Orthmann” in brackets"]
    assert not Correction.objects.exists()
    (choice,) = choices_at(page, "revelations-0-text")
    page = moderator.post(address_of(3), as_opened(page) | {"_choose": choice, "_asked": "Naomi  Orthmann"})
    written = "[[ann]] sees [[naomi_orthmann|Naomi  Orthmann]], and the spy sees Ann."
    assert (as_opened(page)["revelations-0-text"], offered(page)) == (written, {})
    assert not Correction.objects.exists()
    assert moderator.post(address_of(3), as_opened(page)).status_code == 302
    assert set(Revelation.objects.get(text=written).characters.all()) == {ann, naomi}


@pytest.mark.parametrize(
    "text",
    [
        "A naomi orthmann",
        "[[ann|Naomi Orthmann]] comes.",
        "Naomi Orthmannus",
        "Kim",
        "Late",
        "First of all",
        "no spy_key",
    ],
)
def test_what_is_no_name_of_one_alone_is_not_offered(moderator: Client, naomi: Character, text: str) -> None:
    somebody("kim", name="Kim")
    somebody("other_kim", name="Kim")
    somebody("late", name="Late", since=4)
    somebody("spy_key", name="The Spy")
    Alias.objects.create(character=naomi, name="First", revealed_in_id=2, common_word=True)
    assert offered(fill_in(moderator, 3, revelations=[a_revelation(text, concerned="ann")])) == {}


def test_a_name_can_stay_without_brackets(moderator: Client, ann: Character, naomi: Character) -> None:
    row = a_revelation("Naomi Orthmann is seen by [[ann]].")
    page = fill_in(
        moderator, 3, revelations=[row], traits=[{"whose": "nobody", "attribute": "habit", "value": "sings"}]
    )
    assert 'name="_asked" value="Naomi Orthmann"' in page.content.decode()
    page = moderator.post(address_of(3), as_opened(page) | {"_asked": "Naomi Orthmann"})
    assert "Naomi Orthmann” stands" not in page.content.decode()
    assert page.content.decode().count('name="_asked" value="Naomi Orthmann"') == 1
    again = as_opened(page) | {"_asked": "Naomi Orthmann", "traits-0-whose": "ann"}
    assert moderator.post(address_of(3), again).status_code == 302
    assert set(Revelation.objects.get().characters.all()) == {ann}


# The admin's own forms


def form_of_revelation(text: str, **values: Any) -> dict[str, Any]:
    blank = {
        "key": "r",
        "revealed_in": "3",
        "text": text,
        "certainty": "confirmed",
        "time": "",
        "position": "1",
        "source": "",
    }
    return blank | {"_save": "Save"} | values


@pytest.mark.parametrize("typed", SPELLINGS)
def test_texts_in_the_admin_take_names_as_people_type_them(moderator: Client, naomi: Character, typed: str) -> None:
    response = moderator.post(
        reverse("admin:characters_revelation_add"), form_of_revelation(f"[[{typed}]], [[{typed}|she]].")
    )
    assert response.status_code == 302, offered(response)
    assert Revelation.objects.get().text == "[[naomi_orthmann]], [[naomi_orthmann|she]]."


def test_texts_in_the_admin_ask_and_nothing_is_lost(moderator: Client, naomi: Character) -> None:
    somebody("naomi_two", name="Naomi-Orthmann")
    add = reverse("admin:characters_revelation_add")
    sent_form = form_of_revelation(
        "[[ann]] and [[NaomiOrthmann]].", source="Episode 3, at the gate", _reason="So it is."
    )
    page = moderator.post(add, sent_form)
    labels = ["Naomi Orthmann (naomi_orthmann)", "Naomi-Orthmann (naomi_two)"]
    assert sorted(offered(page)) == labels
    chosen = moderator.post(add, sent_form | {"_choose": offered(page)[labels[1]]})
    assert "It now says “naomi_two” and has not been saved yet" in chosen.content.decode()
    form = chosen.context["adminform"].form
    assert form["text"].value() == "[[ann]] and [[naomi_two]]."
    assert (form["source"].value(), chosen.context["reason"]) == ("Episode 3, at the gate", "So it is.")
    assert not Revelation.objects.exists()
    assert moderator.post(add, sent_form | {"text": form["text"].value()}).status_code == 302
    assert Revelation.objects.get().text == "[[ann]] and [[naomi_two]]."


def test_a_name_stands_for_whom_it_fits_in_the_episode_of_the_text(moderator: Client, naomi: Character) -> None:
    """A later name of somebody known is no name yet; and a key of a later episode gets the model's own error."""
    Alias.objects.create(character=naomi, name="The Spy", revealed_in_id=5)
    add = reverse("admin:characters_revelation_add")
    assert (
        "of episode 3 has the key or the name “the spy”"
        in moderator.post(add, form_of_revelation("[[the spy]]")).content.decode()
    )
    early = moderator.post(add, form_of_revelation("[[naomi_orthmann]]", revealed_in="1"))
    assert "who is revealed in episode 2 only" in early.content.decode()
    assert moderator.post(add, form_of_revelation("[[the spy]]", revealed_in="5")).status_code == 302


def test_a_synopsis_takes_names_of_its_episode(moderator: Client, naomi: Character) -> None:
    address = reverse("admin:episodes_episode_change", args=[2])
    assert moderator.post(address, {"synopsis": "[[Naomi Orthmann]] comes."}).status_code == 302
    assert Episode.objects.get(number=2).synopsis == "[[naomi_orthmann]] comes."


@pytest.mark.parametrize("typed", [*SPELLINGS[:-1], "orthm", "naomi san"])
def test_whom_a_field_of_the_admin_offers(moderator: Client, naomi: Character, typed: str) -> None:
    wanted = {"term": typed, "app_label": "characters", "model_name": "membership", "field_name": "character"}
    found = moderator.get(reverse("admin:autocomplete"), wanted).json()["results"]
    assert [each["id"] for each in found] == [str(naomi.pk)]


def test_a_field_of_the_admin_offers_tags_as_people_type_them(moderator: Client) -> None:
    tag = Tag.objects.create(name="résumé writer", slug="resume-writer")
    wanted = {"app_label": "characters", "model_name": "charactertag", "field_name": "tag"}
    for typed in ("resume writer", "Résumé-Writer", "ｒésumé writer", "sumé"):
        found = moderator.get(reverse("admin:autocomplete"), wanted | {"term": typed}).json()["results"]
        assert [each["id"] for each in found] == [str(tag.pk)], typed


@pytest.mark.parametrize("typed", ["Red Star", "ｒｅｄ　ｓｔａｒ", "red\u2011star", "red  star", "re\u00add star"])
def test_a_tag_that_looks_like_another_is_that_one(moderator: Client, typed: str) -> None:
    tag = Tag.objects.create(name="red star", slug="red-star")
    page = moderator.post(reverse("admin:characters_tag_add"), {"name": typed})
    assert reverse("admin:characters_tag_change", args=[tag.pk]) in page.content.decode().partition("errorlist")[2]
    assert Tag.objects.get() == tag
    assert moderator.post(reverse("admin:characters_tag_add"), {"name": "réd star"}).status_code == 302


# The desk


@pytest.mark.parametrize("typed", SPELLINGS)
def test_a_moderator_edits_with_names_as_people_type_them(
    moderator: Client, naomi: Character, author: User, typed: str
) -> None:
    summary = summary_of(naomi, "Waits.", since=2)
    correction = sent(set_to(summary, "value", "Wayts."), by=author)
    decide_by_form(moderator, correction, verdict(correction.changes.get(), "accept", value=f"[[{typed}]] waits."))
    summary.refresh_from_db()
    assert summary.value == "[[naomi_orthmann]] waits."


@pytest.mark.parametrize("do", ["decide", "accept"])
def test_a_moderator_is_asked_and_nothing_is_lost(
    moderator: Client, ann: Character, naomi: Character, author: User, do: str
) -> None:
    somebody("naomi_two", name="Naomi-Orthmann", since=3)
    values = {"character": ann, "attribute": "habit", "value": "[[?naomi orthmann]]", "revealed_in_id": 3}
    correction = sent(new(Trait, **values), by=author)
    change = correction.changes.get()
    typed = {"character": str(ann.pk), "attribute": "habit", "value": "meets [[naomi  orthmann]]", "revealed_in": "3"}
    page = decide_by_form(
        moderator, correction, verdict(change, "accept" if do == "decide" else "leave", **typed), do=do
    )
    labels = ["Naomi Orthmann (naomi_orthmann)", "Naomi-Orthmann (naomi_two)"]
    assert sorted(offered(page)) == labels
    posted = verdict(change, "accept", **typed) | {"version": correction.version, "_choose": offered(page)[labels[1]]}
    page = moderator.post(page_of(correction), posted | {"comment": "One moment."})
    ((_, form),) = page.context["changes"]
    assert (form["value-value"].value(), form["decision"].value()) == ("meets [[naomi_two]]", "accept")
    assert page.context["comment"]["comment"].value() == "One moment."
    assert not Trait.objects.filter(attribute="habit").exists()
    decide_by_form(moderator, correction, verdict(change, "accept", **typed | {"value": form["value-value"].value()}))
    assert Trait.objects.get(attribute="habit").value == "meets [[naomi_two]]"


def test_the_queue_is_searched_by_names_as_people_type_them(ann: Character, naomi: Character) -> None:
    page: Any = rows.editable(CHARACTER.label).page
    assert set(page.find("naomiorthmann", 2)) == {str(naomi.pk)}
    assert set(page.find("naomiorthmann", 1)) == set()
