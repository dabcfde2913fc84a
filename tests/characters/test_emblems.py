"""Masks and seals depend on the name alone, and differ from name to name."""

import re

import pytest

from characters.models import Alias
from characters.pictures import emblems

NUMBER = re.compile(r"-?\d*\.?\d+")


@pytest.mark.parametrize("draw", [emblems.mask_for, emblems.seal_for])
def test_a_name_has_its_figure(draw: type[str]) -> None:
    assert draw("Rouge Redstar") == draw("rouge redstar")
    assert draw("Rouge Redstar") != draw("Rouge")
    assert len({draw(f"Somebody {number}") for number in range(200)}) > 190


@pytest.mark.parametrize("draw", [emblems.mask_for, emblems.seal_for])
def test_a_figure_stays_on_its_field(draw: type[str]) -> None:
    for number in range(200):
        path = draw(f"Somebody {number}")
        assert re.fullmatch(r"[MLaz\d .-]+", path)
        assert all(-25 <= float(value) <= 48 for value in NUMBER.findall(path)), path
        assert len(path) < 1700


@pytest.mark.parametrize(
    ("words", "accent"),
    [("red", "red"), ("dark-blue", "blue"), ("purple and gold", "violet"), ("gray", "grey"), ("Yellow", "gold")],
)
def test_the_first_colour_counts(words: str, accent: str) -> None:
    assert emblems.accent_for("Ann", words) == accent
    assert emblems.colour_for("Ann", words) == emblems.ACCENTS[accent]


def test_without_a_colour_it_is_a_quiet_one() -> None:
    assert {emblems.accent_for(f"Somebody {number}", "bright") for number in range(99)} == set(emblems.UNCOLOURED)


def test_everybody_in_the_show_looks_different(real_show: None) -> None:
    names = set(Alias.objects.filter(headline=True, character__isnull=False).values_list("name", flat=True))
    assert len({emblems.mask_for(name) for name in names}) == len(names)
