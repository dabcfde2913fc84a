"""Law 5: the shape of pages tells nothing of what comes later, and what does is found."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from django.db import connection

from characters.shape.sights import Sight, sights_of_the_show
from characters.shape.telling import LIMIT, Measure, measures, rows_of
from tests.shapes import TELLING, RandomShow, sights_of, telling_show
from tests.shows import load_show

FEW_DRAWS = 400  # are enough to tell what is far beyond chance
FEW = range(20)
# What is made in memory is the same on each database, and pages nearly so: the second need not do all of it again.
IN_FULL = connection.vendor == "sqlite"
MANY = pytest.param(range(20, 120 if IN_FULL else 40), marks=pytest.mark.laws)
MANY_LOADED = pytest.param(range(1, 11 if IN_FULL else 5), marks=pytest.mark.laws)


def telling(sights: list[Sight], **options: int) -> list[Measure]:
    return [measure for measure in measures(sights, **options) if measure.chance <= LIMIT]


@pytest.mark.parametrize("seeds", [FEW, MANY], ids=["few", "many"])
def test_of_shapes_that_tell_nothing_one_in_twenty_is_reported_at_most(seeds: Iterable[int]) -> None:
    reported = [seed for seed in seeds if telling(sights_of(RandomShow(seed)), draws=FEW_DRAWS)]
    assert 20 * len(reported) <= len(list(seeds)), reported


@pytest.mark.parametrize("way", TELLING)
def test_a_shape_that_tells_is_found(way: str) -> None:
    _, outcome, feature = TELLING[way]
    for seed in range(5):
        found = telling(sights_of(telling_show(seed, way)), draws=FEW_DRAWS)
        assert (outcome, feature) in {(measure.outcome, measure.feature) for measure in found}, seed


@pytest.mark.django_db
@pytest.mark.parametrize(
    "way", [next(iter(TELLING)), *(pytest.param(w, marks=pytest.mark.laws) for w in list(TELLING)[1:])]
)
def test_pages_that_tell_are_found(tmp_path: Path, way: str) -> None:
    _, outcome, feature = TELLING[way]
    show = telling_show(1, way)
    load_show(tmp_path, **show.files())
    sights = sights_of_the_show()
    found = [measure for measure in telling(sights) if (measure.outcome, measure.feature) == (outcome, feature)]
    assert found
    for row in rows_of(found[0], sights):
        assert row.comes_in > row.sight.episode


@pytest.mark.django_db
@pytest.mark.parametrize("seeds", [range(1), MANY_LOADED], ids=["few", "many"])
def test_pages_that_tell_nothing_are_left_alone(tmp_path: Path, seeds: Iterable[int]) -> None:
    reported = []
    for seed in seeds:
        load_show(tmp_path, **RandomShow(seed).files())
        reported += [seed] * bool(telling(sights_of_the_show(), draws=FEW_DRAWS))
    assert 20 * len(reported) <= len(list(seeds)), reported


@pytest.mark.laws
def test_the_real_show_tells_nothing_by_its_shape(real_show: None) -> None:
    sights = sights_of_the_show()
    assert {sight.episode for sight in sights} == set(range(14))
    assert [str(measure) for measure in telling(sights)] == []


def test_what_is_measured_is_measured_alike_again() -> None:
    sights = sights_of(telling_show(0, next(iter(TELLING))))
    assert measures(sights, draws=50) == measures(sights, draws=50)


def test_without_anything_to_come_nothing_is_measured() -> None:
    assert measures([]) == []
    show = RandomShow(0)
    at_the_end = [sight for sight in sights_of(show) if sight.episode == max(show.dies.values())]
    assert [m for m in measures(at_the_end, draws=50) if m.outcome == "dies later"] == []
