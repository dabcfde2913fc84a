"""`start_show` writes a data set that loads at once."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from characters.datasets import heroes
from characters.datasets.linting import spoilers_in
from characters.datasets.loading import load
from characters.models import Character
from episodes.axes import SECOND_AXIS
from episodes.models import Episode, Series

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "options",
    [
        {"number": 1},
        {"number": 12, "language": "zh-Hant"},
        {"number": 6, "chapters": 40},
        {"number": 40, "unit": "chapter", "watched": "read", "accent": "#aa0000", "hero": "towers"},
    ],
)
def test_a_started_show_loads_as_it_is_and_has_pages(tmp_path: Path, options: dict[str, Any]) -> None:
    directory = tmp_path / "show"
    call_command("start_show", str(directory), title="“Ours”: a show", verbosity=0, **options)
    load(directory, replace=True)
    assert spoilers_in(directory) == []
    assert Series.objects.get().title == "“Ours”: a show"
    assert Episode.objects.filter(number__gt=0).count() == options["number"] + options.get("chapters", 0)
    assert Character.objects.count() == 3
    client = Client()
    client.cookies["progress"] = "1"
    assert {str(each).lower() for each in Episode.objects.filter(number__gt=SECOND_AXIS)} == {
        f"chapter {number}" for number in range(1, options.get("chapters", 0) + 1)
    }  # so that no page says “Chapter 1 · Chapter 1”
    page = client.get("/characters/").content.decode()
    assert ("Your chapters" in page) == ("chapters" in options)
    assert "Ari Vale" in page
    assert f"I’ve {options.get('watched', 'watched')} 2" in page or options["number"] == 1
    assert options.get("accent", "#2a6f97") in (directory / "look/look.css").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"number": 3}, "What is the show called"),
        ({"title": "A"}, "How many"),
        ({"title": "A", "number": 0}, "from 1 to 9999"),
        ({"title": "A", "number": 3, "chapters": -1}, "from 0 to 9999 chapters"),
        ({"title": "A", "number": 3, "unit": "Chapter", "chapters": 9}, "Both axes"),
        ({"title": "A", "number": 10_000}, "from 1 to 9999"),
        ({"title": "A", "number": 3, "language": "Japanese"}, "a code such as ja"),
        ({"title": "A", "number": 3, "accent": "red"}, "is no colour"),
        ({"title": "A", "number": 3, "hero": "cats"}, "choose one of waves, peaks"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    tmp_path: Path, options: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(CommandError, match=message):
        call_command("start_show", str(tmp_path / "show"), **options)
    assert not (tmp_path / "show").exists()


def test_whoever_only_reads_meets_somebody(tmp_path: Path) -> None:
    directory = tmp_path / "show"
    call_command("start_show", str(directory), title="Ours", number=6, chapters=40, verbosity=0)
    load(directory, replace=True)
    client = Client()
    for progress, is_met in (("0+1", False), ("0+2", True), ("1", True)):
        client.cookies["progress"] = progress
        assert ("stranger" in client.get("/characters/").content.decode()) == is_met
        assert ("knocks at the door" in client.get("/recap/?since=0").content.decode()) == is_met
    assert "second_unit: chapter" in (directory / "series.yaml").read_text()


@pytest.mark.parametrize("kind", heroes.KINDS)
def test_pictures_are_whole_and_each_title_has_its_own(kind: str) -> None:
    drawn = heroes.hero(kind, seed="Ours", colour="#7cc0e8")
    assert (
        drawn == heroes.hero(kind, seed="Ours", colour="#7cc0e8") != heroes.hero(kind, seed="Yours", colour="#7cc0e8")
    )
    for picture in (drawn, heroes.mark(kind, colour="#7cc0e8")):
        assert ElementTree.fromstring(picture).tag.endswith("svg")  # noqa: S314 - drawn here
        assert "#7cc0e8" in picture
        assert len(picture) < 30_000


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="not empty"):
        call_command("start_show", str(tmp_path), title="A", number=3)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
