"""Rows that are inserted together share their state, and tell nothing of each other by it."""

from uuid import uuid4

import pytest
from django.db.models import signals

from characters.models import Alias, Character, Trait
from corrections import bulk
from episodes.models import Episode

pytestmark = pytest.mark.django_db


@pytest.fixture
def traits() -> list[Trait]:
    """Two traits that were inserted, of Ann and of Bea."""
    Episode.objects.get_or_create(number=0)
    cast = [bulk.new_row(Character, {"key": key, "revealed_in_id": 0}) for key in ("ann", "bea")]
    said = {"attribute": "ability", "value": "flies", "revealed_in_id": 0}
    rows = [bulk.new_row(Trait, {"character": each} | said) for each in cast]
    bulk.insert(Character, cast)
    bulk.insert(Trait, rows)
    return rows


def test_each_row_refers_to_its_own(traits: list[Trait]) -> None:
    ann, bea = traits
    assert [ann.character.key, bea.character.key, ann.character.key] == ["ann", "bea", "ann"]
    assert not ann._state.adding


def test_rows_are_given_what_they_refer_to_in_turn(traits: list[Trait], django_assert_num_queries: object) -> None:
    cast = {row.pk: row for row in Character.objects.all()}
    with django_assert_num_queries(0):  # type: ignore[operator]
        given = [row.character.key for row in bulk.referring(traits, {Character: cast})]
    assert given == ["ann", "bea"]
    assert traits[0]._state is traits[1]._state


def test_a_shared_state_is_not_written_to(traits: list[Trait]) -> None:
    with pytest.raises(AttributeError, match="all rows that share a state"):
        traits[0]._state.adding = True


def test_a_row_whose_subject_has_no_key_yet_keeps_its_own_state() -> None:
    unsaved = Episode(title="Of no number")
    row = bulk.new_row(Character, {"key": "ann", "revealed_in": unsaved})
    assert row.revealed_in is unsaved


def test_a_row_is_made_as_its_model_makes_it() -> None:
    ann = Character(key="ann", revealed_in_id=0)
    given = {"id": uuid4(), "character": ann, "faction": None, "name": "Ann", "revealed_in_id": 1}
    row = bulk.new_row(Alias, given)
    own = Alias(**given)
    names = [column.attname for column in Alias._meta.concrete_fields]
    assert [getattr(row, name) for name in names] == [getattr(own, name) for name in names]
    bulk.refer(row, given)
    assert row.character is ann
    assert row._state.adding


def test_a_row_is_made_by_its_model_where_somebody_follows() -> None:
    made = []

    def follow(instance: Episode, **kwargs: object) -> None:
        made.append(instance)

    signals.post_init.connect(follow, sender=Character)
    try:
        row = bulk.new_row(Character, {"key": "ann", "revealed_in_id": 0})
    finally:
        signals.post_init.disconnect(follow, sender=Character)
    assert made == [row]
