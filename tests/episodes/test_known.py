"""What a viewer knows is the same by each way to ask for it."""

from itertools import product

import pytest
from django.db.models import Q

from characters.lore.statements import Which, as_uuid, fetched
from characters.models import Character, Faction, Membership
from episodes.axes import Progress, place_of
from episodes.gate import content_may_be_written
from episodes.known import (
    current_rows,
    former_rows,
    is_known,
    is_over,
    is_reached,
    known_end,
    known_entries,
    known_rows,
    place_in_order,
    place_of_end,
    stands,
)
from episodes.models import Episode

LAST = 3
TABLE = Membership._meta.db_table


@pytest.mark.django_db
def test_conditions_for_django_for_sql_and_for_values_agree() -> None:
    with content_may_be_written():
        for number in range(LAST + 1):
            Episode.objects.get_or_create(number=number)
        ann = Character.objects.create(key="ann", revealed_in_id=0)
        guild = Faction.objects.create(key="guild", revealed_in_id=0)
        rows = Membership.objects.bulk_create(
            Membership(character=ann, faction=guild, role=f"{until}", revealed_in_id=since, ended_in_id=until)
            for since, until in product(range(LAST + 1), (None, *range(LAST + 1)))
            if until is None or until >= since
        )
    assert len(rows) == 14
    for progress in range(LAST + 1):
        known = {row.pk for row in rows if is_reached(row.revealed_in_id, progress)}
        until = {
            row.pk: row.ended_in_id if row.ended_in_id is not None and is_reached(row.ended_in_id, progress) else None
            for row in rows
            if row.pk in known
        }
        former = {pk for pk in known if until[pk] is not None}

        assert known == set(Membership.objects.filter(is_known(progress)).values_list("pk", flat=True))
        assert former == set(
            Membership.objects.filter(is_known(progress), is_over(progress)).values_list("pk", flat=True)
        )
        for by_index in (True, False):
            assert known == _found(known_rows(progress, TABLE, by_index=by_index))
        assert former == _found(former_rows(progress, TABLE))
        assert known - former == _found(current_rows(progress, TABLE))
        end, gate = known_end(progress), known_rows(progress, TABLE)
        sql = f'SELECT "id", {end.sql} FROM "{TABLE}" WHERE {gate.sql}'
        assert until == {as_uuid(pk): value for pk, value in fetched(sql, [*end.params, *gate.params])}


@pytest.mark.django_db
def test_conditions_agree_for_who_is_on_both_axes() -> None:
    """Each row has one place, both, or a chapter in both columns, and so may its end."""
    places = [(since, also) for since in (0, 1, 3) for also in (None, 2, 4) if since or also is None]
    places += [(place_of(chapter), chapter) for chapter in (2, 4)]
    with content_may_be_written():
        for number in (*range(LAST + 1), *map(place_of, range(1, 6))):
            Episode.objects.get_or_create(number=number)
        ann = Character.objects.create(key="ann", revealed_in_id=0)
        guild = Faction.objects.create(key="guild", revealed_in_id=0)
        rows = Membership.objects.bulk_create(
            Membership(
                character=ann,
                faction=guild,
                role=f"{number}",
                revealed_in_id=first,
                also_in_id=second and place_of(second),
                ended_in_id=end,
                also_ended_in_id=also_end and place_of(also_end),
            )
            for number, ((first, second), (end, also_end)) in enumerate(
                product(places, [(None, None), (3, None), (3, 5), (place_of(4), 4)])
            )
            if end is None or end >= first
        )
    assert len(rows) > 20
    for episode, chapter in product(range(LAST + 1), range(6)):
        at = Progress(episode, chapter)
        known = {
            row.pk
            for row in rows
            if row.revealed_in_id <= episode or (row.also_in_id is not None and row.also_in_id <= place_of(chapter))
        }
        stand = {
            row.pk: row.revealed_in_id if row.revealed_in_id <= episode else row.also_in_id
            for row in rows
            if row.pk in known
        }
        until = {
            row.pk: next(
                (
                    end
                    for end, last in ((row.ended_in_id, episode), (row.also_ended_in_id, place_of(chapter)))
                    if end is not None and end <= last
                ),
                None,
            )
            for row in rows
            if row.pk in known
        }
        former = {pk for pk in known if until[pk] is not None}

        assert known == set(Membership.objects.filter(is_known(at)).values_list("pk", flat=True))
        assert former == set(Membership.objects.filter(is_known(at), is_over(at)).values_list("pk", flat=True))
        for by_index in (True, False):
            assert known == _found(known_rows(at, TABLE, by_index=by_index))
        assert former == _found(former_rows(at, TABLE))
        assert known - former == _found(current_rows(at, TABLE))
        end, gate = known_end(at), known_rows(at, TABLE)
        sql = f'SELECT "id", {stands(at, TABLE)}, {end.sql} FROM "{TABLE}" WHERE {gate.sql}'
        found = {as_uuid(pk): (place, over) for pk, place, over in fetched(sql, [*end.params, *gate.params])}
        assert found == {pk: (stand[pk], until[pk]) for pk in known}
        for place, row_end in found.values():
            assert is_reached(place, at)
            assert row_end is None or is_reached(row_end, at)
        in_order = Membership.objects.filter(is_known(at)).values_list("pk", place_in_order(at), place_of_end(at))
        assert {pk: (place, over) for pk, place, over in in_order} == found


def test_places_are_reached_on_the_axis_that_they_are_on() -> None:
    at = Progress(3, 20)
    assert [is_reached(place, at) for place in (3, 4, 9_999, place_of(1), place_of(20), place_of(21))] == [
        True, False, False, True, True, False,
    ]  # fmt: skip
    assert not is_reached(place_of(1), 3)


def test_who_reads_one_axis_is_asked_for_as_before() -> None:
    for at in (3, Progress(3)):
        assert known_rows(at, "t") == Which('"t"."revealed_in_id" <= %s', (3,))
        assert stands(at, "t") == '"t"."revealed_in_id"'
        assert (
            current_rows(at, "t").sql == '"t"."revealed_in_id" <= %s AND ("ended_in_id" IS NULL OR "ended_in_id" > %s)'
        )
        assert known_end(at).sql == 'CASE WHEN "ended_in_id" <= %s THEN "ended_in_id" END'
        assert known_entries(at, "e") == Which('"e"."revealed_in_id" <= %s', (3,))
        assert is_known(at) == Q(revealed_in__lte=3)


def _found(which: Which) -> set[object]:
    return {as_uuid(pk) for (pk,) in fetched(f'SELECT "id" FROM "{TABLE}" WHERE {which.sql}', which.params)}
