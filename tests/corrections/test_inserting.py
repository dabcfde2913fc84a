"""Rows that are inserted together share their state, and tell nothing of each other by it."""

import pytest

from characters.models import Character, Trait
from corrections import bulk
from episodes.models import Episode

pytestmark = pytest.mark.django_db


@pytest.fixture
def traits() -> list[Trait]:
    """Two traits that were inserted, of Ann and of Bea."""
    Episode.objects.get_or_create(number=0)
    cast = [Character(key=key, revealed_in_id=0) for key in ("ann", "bea")]
    rows = [Trait(character=each, attribute="ability", value="flies", revealed_in_id=0) for each in cast]
    for model, some in ((Character, cast), (Trait, rows)):
        for row in some:
            bulk.share_state(row)
        bulk.insert(model, some)
    return rows


def test_each_row_refers_to_its_own(traits: list[Trait]) -> None:
    ann, bea = traits
    assert [ann.character.key, bea.character.key, ann.character.key] == ["ann", "bea", "ann"]
    assert not ann._state.adding


def test_rows_are_given_what_they_refer_to_in_turn(traits: list[Trait], django_assert_num_queries: object) -> None:
    cast = {row.pk: row for row in Character.objects.all()}
    with django_assert_num_queries(0):  # type: ignore[operator]
        given = [row.character.key for row in bulk.referring(traits, lambda model, key: cast.get(key))]
    assert given == ["ann", "bea"]
    assert traits[0]._state is traits[1]._state


def test_a_shared_state_is_not_written_to(traits: list[Trait]) -> None:
    with pytest.raises(AttributeError, match="all rows that share a state"):
        traits[0]._state.adding = True


def test_a_row_whose_subject_has_no_key_yet_keeps_its_own_state() -> None:
    unsaved = Episode(title="Of no number")
    row = Character(key="ann", revealed_in=unsaved)
    own = row._state
    bulk.share_state(row)
    assert row._state is own
