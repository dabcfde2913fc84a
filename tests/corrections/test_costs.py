"""What the moderators' pages cost, with a real show."""

from typing import Any

import pytest

from characters.models import Alias, Character, Relationship, Revelation, Trait
from corrections.models import State
from corrections.sending import removing
from episodes.progress import last_episode
from tests.corrections.desk import QUEUE, at_the_desk, page_of
from tests.corrections.letters import new, sent, set_to
from tests.people import person

pytestmark = pytest.mark.django_db


def test_a_decision_costs_few_statements(real_show: None, django_assert_max_num_queries: Any) -> None:
    contributor, desk = person(), at_the_desk(person(role="moderator"), episode=last_episode())
    rouge = Character.objects.get(key="rouge_redstar")
    revelation = Revelation.objects.filter(characters=rouge).order_by("key")[0]
    tie = Relationship.objects.filter(ended_in=None).order_by("pk")[0]
    for proposed in (
        set_to(revelation, "text", f"{revelation.text} It rains."),
        set_to(tie, "ended_in", last_episode()),
        set_to(Trait.objects.filter(character=rouge, attribute="status")[0], "value", "missing"),
        new(Alias, character=rouge, name="Nickname", revealed_in_id=3),
        removing(Relationship.objects.exclude(pk=tie.pk).order_by("pk")[0]),
    ):
        correction = sent(proposed, by=contributor)
        with django_assert_max_num_queries(80):
            desk.post(page_of(correction), {"version": correction.version, "do": "accept"})
        correction.refresh_from_db()
        assert correction.state == State.ACCEPTED


def test_the_queue_costs_the_same_however_many_wait(real_show: None, django_assert_max_num_queries: Any) -> None:
    desk = at_the_desk(person(role="moderator"), episode=last_episode())
    for number, revelation in enumerate(Revelation.objects.order_by("key")[:18]):
        sent(set_to(revelation, "text", f"{revelation.text} It rains."), by=person(f"author{number}"))
    with django_assert_max_num_queries(45):
        page = desk.get(QUEUE).content.decode()
    assert page.count("It rains.") == 18
