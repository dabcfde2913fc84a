"""What a viewer knows is the same by each way to ask for it."""

from itertools import product

import pytest

from characters.lore.statements import Which, as_uuid, fetched
from characters.models import Character, Faction, Membership
from episodes.gate import content_may_be_written
from episodes.known import current_rows, former_rows, is_known, is_over, is_reached, known_end, known_rows
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


def _found(which: Which) -> set[object]:
    return {as_uuid(pk) for (pk,) in fetched(f'SELECT "id" FROM "{TABLE}" WHERE {which.sql}', which.params)}
