"""Second places in the forms of the admin, for who has watched and read all."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from characters.models import Character, Trait
from corrections.models import Correction
from episodes.axes import Progress, key_of, place_of
from tests.axes import two_axes
from tests.characters.test_admin import as_filled_in, section_address
from tests.corrections.desk import at_the_desk
from tests.people import person
from tests.shows import load_show

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def show(tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes())


def editor_at(at: Progress) -> Client:
    client = at_the_desk(person(f"at{at}and{at.second}", role="moderator"))
    client.cookies["progress"] = key_of(at)
    return client


def place_of_occupation(page: Any) -> tuple[str, str]:
    """The name of the field for the second place of the fact that is not known from the start, and what it offers."""
    for form in page.context["inline_admin_formsets"][0].formset.forms:
        if form.instance.attribute == "occupation":
            return form["also_in"].html_name, str(form["also_in"])
    raise LookupError


def test_what_chapters_alone_tell_has_its_chapter_by_its_name() -> None:
    client = editor_at(Progress(6, 40))
    page = client.get(facts_of("cole"))
    form = as_filled_in(page)
    shown = page.content.decode()
    assert 'name="traits-0-revealed_in" value="part 15"' in shown
    assert 'name="traits-0-also_in" value="15"' in shown
    assert 'value="10015"' not in shown
    first = "traits-0-revealed_in"
    form |= {"_base": page.context["base"], first: "Part 16", "traits-0-also_in": "16"}
    assert client.post(facts_of("cole"), form).status_code == 302
    trait = Trait.objects.get(character__key="cole")
    assert (trait.revealed_in_id, trait.also_in_id) == (place_of(16), place_of(16))
    form = as_filled_in(client.get(facts_of("cole")))
    form |= {"_base": client.get(facts_of("cole")).context["base"], first: "part 99"}
    assert client.post(facts_of("cole"), form).status_code == 200


def facts_of(key: str) -> str:
    return section_address(Character.objects.get(key=key), "facts")


def test_who_sees_all_of_it_gives_rows_their_second_place() -> None:
    client = editor_at(Progress(6, 40))
    page = client.get(facts_of("mask"))
    field, offered = place_of_occupation(page)
    assert 'value="7"' in offered
    form = as_filled_in(page) | {"_base": page.context["base"], field: "6"}
    assert client.post(facts_of("mask"), form).status_code == 302
    trait = Trait.objects.get(attribute="occupation")
    assert (trait.revealed_in_id, trait.also_in_id) == (2, place_of(6))
    assert Correction.objects.exclude(kind=Correction.Kind.IMPORT).get().changes.get().path == "also_in"


def test_a_second_place_before_that_of_its_subject_is_refused_at_the_field() -> None:
    client = editor_at(Progress(6, 40))
    page = client.get(facts_of("mask"))
    field, _ = place_of_occupation(page)
    form = as_filled_in(page) | {"_base": page.context["base"], field: "4"}
    assert "Revealed in part 4, before its character" in client.post(facts_of("mask"), form).content.decode()


def test_who_has_not_read_all_of_it_is_shown_no_second_places() -> None:
    assert "also_in" in editor_at(Progress(6, 40)).get(facts_of("ann")).content.decode()
    assert "also_in" not in editor_at(Progress(6, 39)).get(facts_of("ann")).content.decode()


# What texts say too early


def value_of_occupation(page: Any) -> str:
    forms = page.context["inline_admin_formsets"][0].formset.forms
    return next(str(form["value"].html_name) for form in forms if form.instance.attribute == "occupation")


@pytest.mark.parametrize(
    ("says", "found"),
    [
        ("a friend of Ann of the Harbour", "is revealed in episode 5"),  # or in chapter 3: the fact is of 2, or of 7
        ("a friend of Bea", ""),  # of 2, or of 4
        ("a friend of Beatrix Vane", "is revealed in episode 6"),
        ("a friend of Cole", "is revealed in part 14"),
    ],
)
def test_a_form_is_read_on_each_axis(says: str, found: str) -> None:
    client = editor_at(Progress(6, 40))
    page = client.get(facts_of("mask"))
    form = as_filled_in(page) | {"_base": page.context["base"], value_of_occupation(page): says}
    answer = client.post(facts_of("mask"), form)
    assert answer.status_code == (200 if found else 302)
    assert found in answer.content.decode()


def test_what_only_the_second_axis_tells_too_early_is_found() -> None:
    client = editor_at(Progress(6, 40))
    page = client.get(facts_of("mask"))
    field, _ = place_of_occupation(page)
    says = {field: "7", value_of_occupation(page): "knows The Seventh"}  # which 2 names, and part 30
    answer = client.post(facts_of("mask"), as_filled_in(page) | {"_base": page.context["base"]} | says)
    assert "is revealed in part 30" in answer.content.decode()


# Many rows at once


def change_many(client: Client, traits: list[Trait], field: str, value: str) -> Any:
    asked = {"action": "change_one_field", "_selected_action": [str(row.pk) for row in traits], "_field": field}
    page = client.post(FACTS, asked | {"value": value, "do": "look"})
    assert page.context is not None
    return client.post(FACTS, asked | {"value": value, "do": "send", "_base": page.context["base"]})


FACTS = "/admin/characters/trait/"


def test_many_rows_are_told_by_a_chapter_as_well_or_by_another() -> None:
    traits = list(Trait.objects.filter(value__in=("missing", "human", "reads tides")))  # in 3; 1 or 9, and 15; in 25
    client = editor_at(Progress(6, 40))
    answer = change_many(client, traits, "also_in", "26")
    assert answer.status_code == 302, answer.content.decode()
    assert sorted(Trait.objects.filter(also_in=place_of(26)).values_list("revealed_in", flat=True)) == [
        1, 3, place_of(26), place_of(26),
    ]  # fmt: skip
    correction = Correction.objects.exclude(kind=Correction.Kind.IMPORT).get()
    assert (correction.is_known(Progress(3)), correction.is_known(Progress(3, 26))) == (False, True)
    assert "One of" not in answer.content.decode()


def test_nobody_takes_the_only_place_from_a_row() -> None:
    answer = change_many(editor_at(Progress(6, 40)), [Trait.objects.get(value="reads tides")], "also_in", "")
    assert "Episode or part: one of them has to tell it." in answer.content.decode()
    assert Trait.objects.get(value="reads tides").also_in_id == place_of(25)


def test_who_has_not_read_all_of_it_changes_no_second_places_of_many() -> None:
    asked = {"action": "change_one_field", "_selected_action": [str(Trait.objects.get(value="missing").pk)]}
    for at, offered in ((Progress(6, 39), False), (Progress(6, 40), True)):
        page = editor_at(at).post(FACTS, asked).content.decode()
        assert ('<option value="also_in">' in page) is offered
