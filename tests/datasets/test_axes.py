"""Second places in the files of a data set: what they mean, and what is wrong with them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from characters.datasets.dumping import dump
from characters.datasets.linting import spoilers_in
from characters.datasets.loading import load
from characters.datasets.reading import DatasetError
from characters.models import Alias, Character, Membership, Trait
from episodes.axes import place_of
from episodes.models import Episode
from tests.axes import both, two_axes
from tests.shows import episode, headline, load_show, write_show

pytestmark = pytest.mark.django_db

CHAPTERS = [{"number": number} for number in range(1, 6)]


def ann(**values: Any) -> dict[str, Any]:
    return both(1, 2, key="ann", aliases=[both(1, 2, name="Ann", headline=True)]) | values


def problems_of(directory: Path, **files: Any) -> list[str]:
    with pytest.raises(DatasetError) as error:
        load(write_show(directory, **{"chapters": CHAPTERS} | files))
    return [f"{problem.file}: {problem.message}" for problem in error.value.problems]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ((3, None), (None, 18), "says the same from episode 3 on. Say it once, with a place on either axis."),
        ((3, 18), (4, 19), "says the same from episode 3 or part 18 on. Leave one of the two out"),
        ((3, 18), (None, 20), "says the same from episode 3 or part 18 on. Say it once, with a place on either axis."),
        ((None, 18), (None, 20), "says the same from part 18 on. Leave one of the two out"),
    ],
)
def test_a_tie_that_is_said_twice_names_both_places(
    tmp_path: Path, first: tuple[int, int], second: tuple[int, int], said: str
) -> None:
    ties = [both(*places, source="ann", kind="ally", target="bea") for places in (first, second)]
    (problem,) = problems_of(tmp_path, **two_axes() | {"relationships": ties})
    assert said in problem


def test_a_load_says_how_many_chapters_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_dataset", str(write_show(tmp_path, **two_axes())))
    told = capsys.readouterr().out
    assert "6 episodes" in told or "7 episodes" in told  # with what is known beforehand
    assert "40 parts" in told


def test_a_row_has_a_place_on_each_axis(tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes())
    places = {alias.name: alias.also_in_id for alias in Alias.objects.all()}
    assert (places["Ann"], places["The Mask"], places["Dora"]) == (None, place_of(5), None)
    cole = Character.objects.get(key="cole")
    assert (cole.revealed_in_id, cole.also_in_id) == (place_of(14), place_of(14))
    head = Membership.objects.get(role="head")
    assert (head.revealed_in_id, head.also_in_id) == (3, place_of(10))
    assert (head.ended_in_id, head.also_ended_in_id) == (place_of(33), place_of(33))
    assert Episode.objects.get(number=place_of(7)).title == "Heading of 7"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (both(2, 1, attribute="species", value="human"), "Revealed in chapter 1, before its character “ann”"),
        (both(0, 3, attribute="species", value="human"), "known from the start"),
        (both(2, 9, attribute="species", value="human"), "There is no chapter 9 in chapters.yaml."),
        (both(2, 0, attribute="species", value="human"), "or_revealed_in"),
        (both(3, 3, attribute="habit", value="knows [[bea]]"), "It mentions “bea” in chapter 3"),
    ],
)
def test_a_row_fits_those_that_it_hangs_on_by_each_axis(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    bea = {"key": "bea", "revealed_in": 2, "aliases": [headline("Bea", since=2)]}
    found = problems_of(tmp_path, characters=[ann(traits=[row]), bea])
    assert any(said in problem for problem in found), found


def test_what_hangs_on_a_row_of_one_axis_has_no_place_on_the_other(tmp_path: Path) -> None:
    bea = {"key": "bea", "revealed_in": 1, "aliases": [headline("Bea", since=1) | {"or_revealed_in": 2}]}
    found = problems_of(tmp_path, characters=[bea])
    assert any("Its character “bea” is revealed in no chapter." in problem for problem in found), found


def test_a_page_has_a_name_from_its_first_chapter_on(tmp_path: Path) -> None:
    found = problems_of(tmp_path, characters=[ann(aliases=[both(1, 3, name="Ann", headline=True)])])
    assert any("There is no headline name for chapter 2" in problem for problem in found), found


def test_an_end_comes_after_its_beginning_on_each_axis(tmp_path: Path) -> None:
    tag = both(1, 4, name="pilot", ended_in=2, or_ended_in=3)
    found = problems_of(tmp_path, characters=[ann(tags=[tag])])
    assert any("cannot end on an axis before it is revealed there" in problem for problem in found), found


def test_what_is_said_once_in_an_episode_is_said_once_in_a_chapter(tmp_path: Path) -> None:
    traits = [both(since, 3, attribute="status", value=value) for since, value in ((1, "alive"), (2, "lost"))]
    found = problems_of(tmp_path, characters=[ann(traits=traits)])
    assert any("another value of this attribute" in problem for problem in found), found


def test_texts_say_no_name_that_readers_of_chapters_do_not_know(tmp_path: Path) -> None:
    bea = both(1, 4, key="bea", aliases=[both(1, 4, name="Beatrix", headline=True)])
    habit = both(2, 3, attribute="habit", value="looks up to Beatrix")
    show = write_show(tmp_path, chapters=CHAPTERS, characters=[ann(traits=[habit]), bea])
    [finding] = spoilers_in(show)
    assert (finding.name, finding.known_in, finding.known_from) == ("Beatrix", place_of(3), place_of(4))
    assert "chapter 4 only" in str(finding)


def test_an_episode_put_in_between_moves_no_chapter(tmp_path: Path) -> None:
    episodes = [episode(number, label=f"E{number}") for number in (1, 2, 3)]
    habit = both(3, 4, attribute="habit", value="hums")
    files: dict[str, Any] = {"chapters": CHAPTERS, "characters": [ann(traits=[habit])]}
    load_show(tmp_path / "before", episodes=episodes, **files)
    special = [
        episodes[0],
        episode(2, label="Special"),
        *(each | {"number": each["number"] + 1} for each in episodes[1:]),
    ]
    later = [ann(traits=[habit | {"revealed_in": 4}])]
    load(write_show(tmp_path / "after", episodes=special, **files | {"characters": later}))
    [trait] = Trait.objects.filter(attribute="habit")
    assert (trait.revealed_in_id, trait.also_in_id) == (4, place_of(4))
    assert Episode.objects.filter(number__gt=place_of(0)).count() == len(CHAPTERS)


def test_chapters_have_numbers_of_their_own_in_the_files(tmp_path: Path) -> None:
    chapters = [{"number": number} for number in (10, 20, 20.5, 30)]
    habit = both(1, 20.5, attribute="habit", value="hums")
    load_show(
        tmp_path / "show",
        chapters=chapters,
        characters=[ann(or_revealed_in=10, aliases=[both(1, 10, name="Ann", headline=True)], traits=[habit])],
    )
    [trait] = Trait.objects.filter(attribute="habit")
    assert trait.also_in_id == place_of(3)
    assert Episode.objects.get(number=place_of(3)).label == "20.5"
    dump(tmp_path / "dump")
    written = yaml.safe_load((tmp_path / "dump" / "chapters.yaml").read_text())
    assert [(row["number"], row["label"]) for row in written] == [(1, "10"), (2, "20"), (3, "20.5"), (4, "30")]
