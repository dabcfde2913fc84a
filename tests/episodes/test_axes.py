"""Two axes of one story: what holds how far a viewer is on both, and how the places of the second stand apart."""

import copy
import pickle

import pytest

from corrections import editions
from episodes.axes import (
    Progress,
    is_on_second_axis,
    key_of,
    last_chapter,
    place_of,
    second_of,
    second_of_place,
)
from episodes.gate import content_may_be_written
from episodes.models import Episode
from episodes.progress import last_episode


def test_progress_is_a_number_that_says_more_to_who_asks() -> None:
    viewer = Progress(3, 20)
    assert viewer == 3
    assert f"{viewer}" == str(viewer) == "3"
    assert (second_of(viewer), viewer.place) == (20, 10_020)
    assert second_of(3) == second_of(Progress(3)) == second_of(viewer + 0) == 0
    for copied in (copy.copy(viewer), copy.deepcopy(viewer), pickle.loads(pickle.dumps(viewer))):  # noqa: S301 - own
        assert (copied, second_of(copied)) == (3, 20)


def test_each_pair_has_a_key_of_its_own() -> None:
    """Values are equal whose first numbers are, so that none of them can be a key itself."""
    assert Progress(3, 20) == Progress(3, 21) == 3
    pairs = [(episode, chapter) for episode in range(13) for chapter in range(13)]
    assert len({key_of(Progress(*pair)) for pair in pairs}) == len(pairs)
    assert key_of(Progress(3)) == key_of(3) == "3"


def test_places_of_the_second_axis_come_after_all_episodes() -> None:
    assert place_of(1) > 9_999
    assert [is_on_second_axis(place) for place in (0, 9_999, place_of(0), place_of(1))] == [False, False, False, True]
    assert [second_of_place(place) for place in (0, 9_999, place_of(1), place_of(34))] == [0, 0, 1, 34]


@pytest.mark.django_db
def test_chapters_are_no_episodes() -> None:
    with content_may_be_written():
        for number in (0, 1, 2):
            Episode.objects.get_or_create(number=number)
        assert (last_episode(), last_chapter()) == (2, 0)
        for chapter in (1, 34):
            Episode.objects.create(number=place_of(chapter))
    assert (last_episode(), last_chapter()) == (2, 34)
    edition = editions.current()
    assert edition is not None
    assert (edition.last_episode, edition.last_chapter) == (2, 34)
