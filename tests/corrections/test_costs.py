"""What the moderators' pages cost, with a real show."""

import re
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from characters.models import Alias, Character, Relationship, Revelation, Trait
from corrections import rows, trial
from corrections.errors import CouldNotApply
from corrections.imports import record_import
from corrections.models import Change, Correction, State
from corrections.sending import Proposed, Sender, removing, withdraw
from corrections.thread import version_for_author
from episodes.progress import last_episode
from tests.corrections.desk import QUEUE, at_the_desk, content_of, page_of
from tests.corrections.letters import accepted, new, sent, set_to, somebody
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


def statements_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def various(ann: Character, count: int, name: str) -> list[Proposed]:
    """Changes of several kinds, each of which mentions and points to somebody."""
    others = [somebody(f"{name}_{n}", name=f"{name.title()} {n}") for n in range(count)]
    for other in others:
        Trait.objects.create(character=other, attribute="habit", value=f"Waits for [[{other.key}]].", revealed_in_id=1)
    return [
        *(
            set_to(trait, "value", f"{trait.value} And for [[ann]].")
            for trait in Trait.objects.filter(attribute="habit", character__in=others)
        ),
        *(
            new(Trait, character=other, attribute="ability", value=f"Sees [[{other.key}]].", revealed_in_id=1)
            for other in others
        ),
        *(new(Relationship, source=ann, target=other, kind="friend", revealed_in_id=1) for other in others),
    ]


def test_the_page_of_a_correction_costs_the_same_however_many_changes(desk: Client, author: User) -> None:
    ann = somebody()

    def statements(count: int, name: str) -> int:
        correction = sent(*various(ann, count, name), by=author, kind=Correction.Kind.EDIT)
        cost = statements_of(desk, page_of(correction))
        correction.delete()
        return cost

    statements(7, "first")  # what is read once per process
    assert statements(14, "many") <= statements(7, "few") + 2


def test_lists_of_corrections_cost_the_same_however_many(desk: Client, halfway: Client, author: User) -> None:
    ann = somebody()
    history = f"/admin/characters/character/{ann.pk}/history/"

    def statements(count: int, name: str) -> dict[str, int]:
        Correction.objects.all().delete()
        each = [sent(proposed, by=author, kind=Correction.Kind.EDIT) for proposed in various(ann, count, name)]
        costs = {"the queue": statements_of(desk, QUEUE), "the folded queue": statements_of(halfway, QUEUE)}
        for correction in each:
            assert accepted(correction, by=User.objects.get(username="moderator")).correction.state == State.ACCEPTED
        costs["a history"] = statements_of(desk, history)
        costs["the public history"] = statements_of(at_the_desk(None), "/changes/")
        return costs

    statements(1, "first")  # what is read once per process
    few, many = statements(2, "few"), statements(5, "many")
    assert {page: cost for page, cost in many.items() if cost > few[page] + 2} == {}


def test_a_large_correction_is_tried_once_for_all_its_parts(desk: Client, author: User) -> None:
    ann = somebody()
    said = [new(Trait, character=ann, attribute="habit", value=f"H {n}", revealed_in_id=2) for n in range(60)]
    correction = sent(*said, new(Alias, character=ann, name="Nan", revealed_in_id=2), by=author)

    def last_part(**others: Any) -> str:
        page = content_of(desk.get(page_of(correction), {"part": "9"}, **others))
        return re.sub(r'value="[^"]{40,}"|<time.*?</time>', "", page)  # what is signed anew each time, or says how old

    first = last_part()
    with patch.object(trial, "as_if_applied", side_effect=AssertionError):
        assert last_part() == first
        desk.get(page_of(correction))
    bea = somebody("bea", name="Bea")
    Alias.objects.create(character=bea, name="Nan", revealed_in_id=1)
    assert "Also a name of" not in first
    assert "Also a name of" in last_part()  # of another edition of the show
    change = correction.changes.get(model="characters.alias")
    Change.objects.filter(pk=change.pk).update(after={**change.wanted, "name": "Nanny"})
    assert "Also a name of" not in last_part()  # as its author changed it


def test_of_what_is_hidden_from_somebody_nothing_is_kept(desk: Client, halfway: Client, author: User) -> None:
    """What a trial says names keys as its reader may see them."""
    ann = somebody()
    said = [new(Trait, character=ann, attribute="habit", value=f"H {n}", revealed_in_id=1) for n in range(60)]
    correction = sent(*said, by=author)
    desk.get(page_of(correction))
    with patch.object(trial, "as_if_applied", side_effect=CouldNotApply({None: ["Tried."]})) as tried:
        halfway.get(page_of(correction))
        halfway.get(page_of(correction))
    assert tried.call_count == 2
