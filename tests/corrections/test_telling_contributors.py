"""What contributors are told of what they write, and what moderators see of it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from characters.models import Alias, Character
from corrections.letter import Letter
from corrections.models import Change, Correction
from episodes.models import Episode
from tests.corrections.desk import at_the_desk, content_of, page_of
from tests.corrections.forms import fields_of, send_form
from tests.corrections.letters import sent, set_to, somebody, summary_of
from tests.corrections.test_contributing import at, form_of
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db: None) -> Character:
    for number in range(4):
        Episode.objects.create(number=number)
    return somebody()


def queen(ann: Character, *, since: int = 3) -> Alias:
    return Alias.objects.create(character=ann, name="Queen Annabel", kind="title", revealed_in_id=since)


def adds_a_trait(client: Client, ann: Character, value: str, **typed: Any) -> Any:
    new = {"new0__attribute": "habit", "new0__value": value, "new0__revealed_in": "1"}
    return send_form(client, form_of(ann, add="trait"), **new | typed)


# A name that is there


def test_a_name_that_stands_on_the_page_is_said_to(ann: Character) -> None:
    queen(ann, since=1)
    response = send_form(at(1), form_of(ann, add="alias"), new0__name="queen  ANNABEL", new0__revealed_in="1")
    assert "stands on this page already" in response.content.decode()
    assert not Correction.objects.exists()


def test_a_name_that_comes_later_is_taken_without_a_word(ann: Character) -> None:
    queen(ann)
    response = send_form(at(1), form_of(ann, add="alias"), new0__name="Queen Annabel", new0__revealed_in="1")
    assert response.status_code == 303
    assert Change.objects.get().after["name"] == "Queen Annabel"  # type: ignore[index]


# Names that come later than the text


def test_a_name_that_they_know_to_come_later_is_asked_about_once(ann: Character) -> None:
    queen(ann)
    asked = adds_a_trait(at(3), ann, "hums like Queen Annabel")
    assert "known only from episode 3" in asked.content.decode()
    assert not Correction.objects.exists()
    again = at(3).post(form_of(ann, add="trait"), fields_of(asked), headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 303
    assert Correction.objects.count() == 1


@pytest.mark.parametrize(("progress", "since"), [(2, "1"), (3, "3")])
def test_nothing_is_asked_about_a_name_that_is_unknown_or_in_time(ann: Character, progress: int, since: str) -> None:
    """Whoever does not know the name must not learn that it is one."""
    queen(ann)
    assert adds_a_trait(at(progress), ann, "hums like Queen Annabel", new0__revealed_in=since).status_code == 303


# What is too long


def test_what_is_too_long_is_refused_and_kept(ann: Character) -> None:
    form = at(1).get(form_of(ann, add="revelation"))
    assert "maxlength" not in form.content.decode().partition("data-writing")[2].partition("</form>")[0]
    text = "She sings. " * 1_000
    response = send_form(at(1), form_of(ann, add="revelation"), new0__text=text, new0__revealed_in="1")
    assert response.status_code == 422
    assert fields_of(response)["new0-text"][0].strip() == text.strip()
    assert "10000 characters" in response.content.decode()
    assert not Correction.objects.exists()


# Signs that nobody sees


UNSEEN = {"\u200b": "U+200B", "\u200f": "U+200F", "\u00ad": "U+00AD", "\U000e0041": "U+E0041", "\u3164": "U+3164"}


@pytest.mark.parametrize("sign", UNSEEN)
def test_a_moderator_sees_signs_that_nobody_sees(ann: Character, sign: str) -> None:
    summary = summary_of(ann, "She sings.")
    correction = sent(set_to(summary, "value", f"She si{sign}ngs."), letter=Letter(f"Be{sign}cause."))
    page = content_of(at_the_desk(person(role="moderator")).get(page_of(correction)))
    mark = f"{UNSEEN[sign]}</mark>"
    assert page.count(mark) >= 2
    assert "Be<mark" in page


def test_a_sign_that_turns_a_reason_round_is_shown_and_ours_are_not(ann: Character) -> None:
    moderator: User = person(role="moderator")
    summary = summary_of(ann, "She sings.")
    correction = sent(set_to(summary, "value", "She sings [[ann]]."), letter=Letter("Be\u202ecause of [[ann]]."))
    page = content_of(at_the_desk(moderator).get(page_of(correction)))
    assert page.count('<mark class="unseen"') == page.count("U+202E</mark>") > 0
