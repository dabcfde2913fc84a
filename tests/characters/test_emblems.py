"""Emblems depend on what is visible of somebody alone, and differ from name to name."""

import re
from pathlib import Path
from typing import Any

import pytest

from characters.lore import Lore
from characters.models import Alias
from characters.pictures import emblems
from characters.values.basics import Face
from tests.conftest import Visitor
from tests.shows import character, load_show, unmasking

NUMBER = re.compile(r"-?\d*\.?\d+")
DRAWN = (emblems.monogram_for, emblems.mask_for, emblems.seal_for)


@pytest.mark.parametrize("draw", DRAWN)
def test_a_name_has_its_figure(draw: type[str]) -> None:
    assert draw("Rouge Redstar") == draw("rouge redstar")
    assert draw("Rouge Redstar") != draw("Rouge")


@pytest.mark.parametrize("draw", [emblems.mask_for, emblems.seal_for])
def test_figures_differ_from_name_to_name(draw: type[str]) -> None:
    assert len({draw(f"Somebody {number}") for number in range(200)}) > 190


@pytest.mark.parametrize("name", ["Ann Lee", "Æ", "ルジュ", "月 光", "Élan Ørst", "…", "7 of 9", "Wendy Wu"])
@pytest.mark.parametrize("draw", DRAWN)
def test_a_figure_stays_on_its_field(draw: type[str], name: str) -> None:
    for number in range(50):
        path = draw(f"{name} {number}" if number else name)
        assert re.fullmatch(r"[MLHVazmlhv\d .-]+", path)
        assert all(-25 <= float(value) <= 48 for value in NUMBER.findall(path)), path
        assert len(path) < 1700


@pytest.mark.parametrize(
    ("words", "accent"),
    [("red", "red"), ("dark-blue", "blue"), ("purple and gold", "violet"), ("gray", "grey"), ("Yellow", "gold")],
)
def test_the_first_colour_counts(words: str, accent: str) -> None:
    assert emblems.accent_for("Ann", words) == accent
    assert emblems.accent_for("The Reds", words, house=3) == accent


def test_without_a_colour_it_is_a_quiet_one() -> None:
    assert {emblems.accent_for(f"Somebody {number}", "bright") for number in range(99)} == set(emblems.UNCOLOURED)


def test_a_seal_has_as_many_spokes_as_its_name_says() -> None:
    rays = {word: emblems.seal_for(f"The {word} of Mars").count("M") for word in ("Seven", "Eight", "Nine")}
    figures = {word: emblems.seal_for(f"{word} sisters") for word in emblems.NUMBERS}
    assert len(set(figures.values())) == len(emblems.NUMBERS)
    assert rays["Nine"] != rays["Seven"]
    # Two circles as its rim, nine spokes, and a middle with a corner for each.
    assert emblems.seal_for("Immortal Nine").count("M") == 2 + 9 + 1


def faces(progress: int) -> dict[str, Face]:
    lore = Lore(progress)
    cards = [card for kind in ("characters", "factions") for card in lore.subjects(kind).cards]
    return {card.face.name: card.face for card in cards}


def species(value: str, since: int) -> dict[str, Any]:
    return {"attribute": "species", "value": value, "revealed_in": since}


@pytest.fixture
def show(db: None, tmp_path: Path) -> None:
    """Ann is taken for a human until 3, nobody knows what Bea is, and Zoe, a Nean, turns out to be the mask in 2."""
    load_show(
        tmp_path,
        factions=[character("red"), character("blue", since=2), character("green", since=2)],
        characters=[
            character("ann", traits=[species("human", 1), species("Nean", 3)]),
            character("bea"),
            character("mask"),
            character("zoe", since=2, traits=[species("android", 2)]),
        ],
        unmaskings=[unmasking("mask", "zoe", since=2)],
    )


def test_only_who_is_known_to_be_no_human_has_a_mask(show: None) -> None:
    assert {name for name, face in faces(1).items() if face.is_monogram} == {"Ann", "Bea", "Mask"}
    assert {name for name, face in faces(2).items() if face.is_monogram} == {"Ann", "Bea"}
    assert {name for name, face in faces(3).items() if face.is_monogram} == {"Bea"}
    assert faces(3)["Ann"].figure == emblems.mask_for("Ann")
    assert faces(2)["Ann"].figure == emblems.monogram_for("Ann")


@pytest.mark.parametrize(
    ("species", "masked"), [("", False), ("human", False), ("half human", False), ("unknown", False), ("Nean", True)]
)
def test_of_whom_it_is_unknown_nobody_has_a_mask(species: str, masked: bool) -> None:
    assert emblems.is_masked(species) == masked


def test_the_page_says_by_its_class_how_an_emblem_is_drawn(show: None, visitor: Visitor) -> None:
    for progress, drawn in ((2, "monogram"), (3, "mask")):
        page = visitor(progress).get(faces(progress)["Ann"].url).content.decode()
        assert f'<path class="{drawn}" d="{faces(progress)["Ann"].figure}"/>' in page


def test_each_faction_has_a_colour_of_its_own_that_it_keeps(show: None) -> None:
    before, after = faces(1), faces(3)
    assert before["Red"].accent == after["Red"].accent == emblems.HOUSES[0]
    assert {after["Blue"].accent, after["Green"].accent} == set(emblems.HOUSES[1:3])


def test_the_first_factions_of_the_real_show_differ_in_colour(real_show: None) -> None:
    accents = [face.accent for face in faces(13).values() if face.is_seal]
    assert len(set(accents)) == min(len(accents), len(emblems.HOUSES))


def test_everybody_in_the_show_looks_different(real_show: None) -> None:
    names = set(Alias.objects.filter(headline=True, character__isnull=False).values_list("name", flat=True))
    assert len({emblems.mask_for(name) for name in names}) == len(names)
