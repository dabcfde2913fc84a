"""What the moderators' pages cost, with a real show."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from characters.models import Alias, Character, Relationship, Revelation, Trait
from corrections import rows
from corrections.imports import record_import
from corrections.models import Correction, State
from corrections.sending import Sender, removing, withdraw
from corrections.thread import version_for_author
from episodes.progress import last_episode
from tests.corrections.desk import QUEUE, at_the_desk, page_of
from tests.corrections.letters import new, sent, set_to, somebody
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


def test_what_is_sent_and_withdrawn_and_seen_costs_the_same_however_many_changes(desk: Client, author: User) -> None:
    ann = somebody()

    def statements(count: int, name: str) -> list[int]:
        said = [
            new(Trait, character=ann, attribute="habit", value=f"{name} {n}", revealed_in_id=2) for n in range(count)
        ]
        counts = []
        with CaptureQueriesContext(connection) as queries:
            correction = sent(*said, by=author, kind=Correction.Kind.EDIT)
            version = version_for_author(Correction.objects.get(pk=correction.pk))
            withdraw(correction, sender=Sender(author), version=version)
        counts.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            desk.get(page_of(correction))
        return [*counts, len(queries)]

    statements(1, "first")  # what is read once per process
    assert statements(60, "many") <= statements(3, "few")


def test_an_import_costs_the_same_however_many_changes(author: User) -> None:
    ann, kind = somebody(), rows.editable("characters.trait")
    Trait.objects.bulk_create(
        Trait(character=ann, attribute="habit", value=f"{n}", revealed_in_id=1 + (n >= 3)) for n in range(60)
    )

    def statements(since: int) -> int:
        before = {kind: rows.all_values(kind)}
        Trait.objects.filter(attribute="habit", revealed_in=since).update(inferred=True)
        after = {kind: rows.all_values(kind)}
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            record_import("Again", before, after)
        return len(queries)

    statements(1)
    Trait.objects.update(inferred=False)
    few = statements(1)
    assert statements(2) <= few
