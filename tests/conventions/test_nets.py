"""The nets see what they are there for."""

import pytest
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from characters.lore import Lore
from characters.models import Alias, Character, Revelation, Trait, Unmasking
from episodes.gate import content_may_be_written
from episodes.models import Episode
from tests.nets import UngatedQuery, WriteBesideTheDoor, complaint, gate_net, selects_of, write_net

GATED = 'SELECT "id" FROM "characters_alias" WHERE "characters_alias"."revealed_in_id" <= 3'
UNGATED = 'SELECT "id" FROM "characters_trait" WHERE "value" = 1'


@pytest.mark.parametrize(
    "sql",
    [
        UNGATED,
        f"{GATED} UNION ALL {UNGATED}",
        f"{UNGATED} UNION {GATED}",
        f'SELECT * FROM ({GATED} UNION ALL {UNGATED}) AS "found"',
        f'SELECT * FROM (SELECT * FROM ({UNGATED} LIMIT 3) AS "a" UNION ALL {GATED}) AS "found"',
        f'WITH "found" AS ({UNGATED}) SELECT * FROM "found"',
        f'WITH "found" AS ({GATED}), "more" AS ({UNGATED}) SELECT * FROM "found"',
        f'WITH "found" AS ({GATED}) {UNGATED}',
        f"{GATED} AND EXISTS({UNGATED})",
        f'SELECT "id" FROM "characters_character" WHERE "id" IN ({GATED})',
        'SELECT U0."id" FROM "characters_alias" U0 WHERE U1."revealed_in_id" <= 3',
        'SELECT "rowid" FROM "characters_search_names" WHERE "characters_search_names" MATCH %s',
    ],
)
def test_each_arm_and_subquery_needs_the_gate(sql: str) -> None:
    assert complaint(sql)


@pytest.mark.parametrize(
    "sql",
    [
        GATED,
        f"({GATED}) UNION ALL ({GATED})",
        f'SELECT * FROM ({GATED} UNION ALL {GATED}) AS "found"',
        f'WITH "found" AS ({GATED}) SELECT * FROM "found"',
        f"{GATED} AND (1 = 1 OR (2 = 2)) AND EXISTS({GATED})",
        'SELECT U0."id" FROM "characters_alias" U0 WHERE (U0."name" = 1 AND U0."revealed_in_id" <= 3)',
        'SELECT COUNT(*) FROM "characters_tag"',
        'UPDATE "characters_alias" SET "name" = 1',
    ],
)
def test_what_has_the_gate_passes(sql: str) -> None:
    assert complaint(sql) is None


def test_subqueries_are_looked_at_by_themselves() -> None:
    assert selects_of("SELECT a FROM b WHERE c IN (SELECT d FROM e UNION SELECT f FROM g) AND (h = 1)") == [
        "SELECT a FROM b WHERE c IN (…) AND (h = 1)", "SELECT d FROM e ", " SELECT f FROM g",
    ]  # fmt: skip


def test_queries_of_django_are_seen(db: None) -> None:
    with gate_net():
        known = Character.objects.as_of(3).order_by()
        assert list(known.filter(Exists(Unmasking.objects.as_of(3).filter(persona=OuterRef("pk"))))) == []
        assert (
            list(known.values_list("id").union(Character.objects.as_of(2).order_by().values_list("id")).order_by())
            == []
        )
        for query in (
            Character.objects.all(),
            known.filter(Exists(Unmasking.objects.filter(persona=OuterRef("pk")))),
            known.values_list("id").union(Character.objects.order_by().values_list("id")).order_by(),
            known.filter(aliases__name="Ann"),
        ):
            with pytest.raises(UngatedQuery):
                list(query)
        assert Lore(3).subjects("characters").cards == ()


# Writing


def character() -> Character:
    Episode.objects.get_or_create(number=1)
    return Character.objects.create(key="ann", revealed_in_id=1)


def write_a_row(request: HttpRequest) -> HttpResponse:
    Trait.objects.filter(value="dead").update(value="alive")
    return HttpResponse()


urlpatterns = [path("write/", write_a_row)]


def test_nothing_is_written_beside_the_door(db: None) -> None:
    ann = character()
    revelation = Revelation.objects.create(key="one", revealed_in_id=1, text="One.")
    with write_net():
        for write in (
            lambda: Alias.objects.create(character=ann, name="Ann", revealed_in_id=1),
            lambda: ann.aliases.create(name="Ann", revealed_in_id=1),
            lambda: Alias.objects.bulk_create([Alias(character=ann, name="Ann", revealed_in_id=1)]),
            lambda: Alias.objects.filter(name="Ann").update(name="Bea"),
            lambda: revelation.characters.add(ann),
            lambda: ann.save(),
            lambda: Episode.objects.update_or_create(number=2),
            lambda: revelation.delete(),
        ):
            with pytest.raises(WriteBesideTheDoor), transaction.atomic():
                write()
        with content_may_be_written():
            ann.aliases.create(name="Ann", revealed_in_id=1)
            revelation.characters.add(ann)
            revelation.delete()
    assert list(Alias.objects.values_list("name", flat=True)) == ["Ann"]


@pytest.mark.urls(__name__)
def test_every_request_of_a_test_passes_over_the_net(client: Client, db: None) -> None:
    with pytest.raises(WriteBesideTheDoor):
        client.get("/write/")


def test_the_door_is_shut_again_after_a_failure(db: None) -> None:
    ann = character()
    with write_net():
        with pytest.raises(ZeroDivisionError), content_may_be_written():
            raise ZeroDivisionError
        with pytest.raises(WriteBesideTheDoor), transaction.atomic():
            ann.save()
    assert connection.execute_wrappers == []
