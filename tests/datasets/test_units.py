"""Episodes count by their place in the order of release; what people call them, and in which season, is a label."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.datasets.reading import DatasetError
from characters.models import Character, Trait
from episodes.models import Episode
from episodes.units import Units
from tests.shows import character, episode, load_show, revelation, trait, write_show

pytestmark = pytest.mark.django_db

SEASONS = [
    {"number": 101, "season": "Season 1: Salt", "label": "S1 E1", "title": "The Keeper"},
    {"number": 102, "season": "Season 1: Salt", "label": "S1 E2", "title": "Fog"},
    {"number": 102.5, "kind": "special", "title": "Before the Light"},
    {"number": 201, "season": "Season 2: Storm", "label": "S2 E1", "title": "Return"},
]


def harbour() -> dict[str, Any]:
    """Two seasons with a special between them."""
    return {
        "series": {"title": "Harbour Lights", "unit": "part", "units": "parts", "watched": "heard"},
        "episodes": [dict(each) for each in SEASONS],
        "characters": [
            character("mara", since=101, traits=[trait("occupation", "keeper", since=102.5)]),
            character("ash", since=201),
        ],
        "revelations": [revelation("lamp", "[[mara]] lights the lamp.", since=102)],
    }


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_numbers_with_gaps_become_places_and_stay_as_labels(tmp_path: Path) -> None:
    load_show(tmp_path, **harbour())
    rows = Episode.objects.filter(number__gt=0).values_list("number", "label", "season", "kind")
    assert list(rows) == [
        (1, "S1 E1", "Season 1: Salt", ""),
        (2, "S1 E2", "Season 1: Salt", ""),
        (3, "102.5", "", "special"),
        (4, "S2 E1", "Season 2: Storm", ""),
    ]
    assert dict(Character.objects.values_list("key", "revealed_in")) == {"mara": 1, "ash": 4}
    assert Trait.objects.get().revealed_in_id == 3


def test_what_was_loaded_with_gaps_is_dumped_and_loaded_as_the_same(tmp_path: Path) -> None:
    load_show(tmp_path / "show", **harbour())
    dump(tmp_path / "first")
    assert load(tmp_path / "show").rows == load(tmp_path / "first").rows == 0
    load(tmp_path / "first", replace=True)
    dump(tmp_path / "second")
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_a_number_that_no_episode_has_is_refused_where_it_stands(tmp_path: Path) -> None:
    show = harbour()
    show["characters"][1]["revealed_in"] = 3  # the place of an episode, but not the number of one
    with pytest.raises(DatasetError) as refused:
        load(write_show(tmp_path, **show), replace=True)
    assert "characters.yaml:" in str(refused.value)
    assert "there is no episode 3 in episodes.yaml" in str(refused.value)


@pytest.mark.parametrize("number", [-0.5, float("inf"), 9999.5, "1.5", True])
def test_what_is_no_number_is_refused(tmp_path: Path, number: Any) -> None:
    with pytest.raises(DatasetError, match=r"episodes\.yaml:\d+: “number”"):
        load(write_show(tmp_path, episodes=[episode(1), {"number": number}], characters=[character("ann")]))


def test_problems_and_spoilers_name_an_episode_as_the_files_do(tmp_path: Path) -> None:
    show = harbour()
    show["relationships"] = [{"source": "mara", "kind": "friend", "target": "ash", "revealed_in": 102}]
    show["revelations"][0]["text"] = "[[mara]] lights the lamp of Ash."
    write_show(tmp_path, **show)
    with pytest.raises(CommandError, match="1 spoiler"):
        call_command("check_spoilers", str(tmp_path), stdout=(out := StringIO()))
    assert "(S1 E2) says “Ash”, but the name “Ash” is revealed in S2 E1" in out.getvalue()
    with pytest.raises(DatasetError, match=r"Revealed in S1 E2, before its target “ash”, which is revealed in S2 E1"):
        load(tmp_path, replace=True)


def test_pages_say_the_label_and_the_words_of_the_show(tmp_path: Path) -> None:
    load_show(tmp_path, **harbour())
    client = Client()
    client.cookies["progress"] = "2"
    home = client.get("/").content.decode()
    assert 'You are at S1 E2<span class="title">, <cite>Fog</cite></span>.' in home
    assert "I’ve heard 102.5<" in home
    assert "Have you seen all of part 102.5?" in home
    assert "episode" not in visible_text(home).lower()
    later = client.get("/episodes/4/").content.decode()
    assert "You have not heard this part yet." in later
    assert "<h1>S2 E1" in later
    assert "Return" not in later


def test_labels_say_what_sentences_call_an_episode() -> None:
    units = Units(labels={2: "2.5", 3: "Special 1"})
    assert [units.named(number) for number in (1, 2, 3)] == ["episode 1", "episode 2.5", "Special 1"]
    assert units.span(1, 2) == "episodes 1–2.5"
    assert units.span(2, 3) == "episode 2.5 to Special 1"
    assert [Units.of({"unit": unit}, {}).a for unit in ("", "chapter", "issue")] == [
        "an episode",
        "a chapter",
        "an issue",
    ]


def visible_text(page: str) -> str:
    """Return the words between the tags of a page, without its head."""
    return re.sub(r"<[^>]*>", " ", page.partition("<body>")[2])
