"""Episodes count by their place in the order of release; what people call them, and in which season, is a label."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.datasets.reading import DatasetError
from characters.models import Character, Trait
from corrections.deciding import publish
from corrections.letter import Letter
from corrections.models import Change, Correction
from corrections.sending import Proposed, Sender, send
from corrections.undoing import undo
from episodes.models import Episode, Viewer
from episodes.units import Units
from tests.seasons import harbour
from tests.shows import character, episode, load_show, revelation, trait, write_show
from tests.visitors import at

pytestmark = pytest.mark.django_db


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
    assert "Have you heard all of part 102.5?" in home
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


# Episodes that are put in between


def with_special(show: dict[str, Any]) -> dict[str, Any]:
    """Put a special between the first two episodes."""
    return show | {"episodes": [*show["episodes"], {"number": 1.5, "label": "Special 1", "title": "Recap"}]}


def three() -> dict[str, Any]:
    return {
        "series": {"title": "Three"},
        "characters": [character("ann"), character("bob", since=2, traits=[trait("status", "alive", since=3)])],
        "revelations": [revelation("one", "[[ann]] sleeps.", since=2)],
        "episodes": [episode(number) for number in (1, 2, 3)],
    }


def test_a_special_in_between_takes_no_row_from_its_episode(tmp_path: Path) -> None:
    load_show(tmp_path, **three())
    editor = User.objects.create_superuser("editor")
    for number in (1, 2, 3):
        Viewer.objects.create(user=User.objects.create_user(f"viewer{number}"), progress=number)
    ann = Character.objects.get(key="ann")
    status = {"character": str(ann.pk), "attribute": "status", "value": "missing", "revealed_in": 2}
    change = Proposed(Change.Action.ADD, "characters.trait", "", after=status)
    publish(send([change], sender=Sender(editor), letter=Letter(), kind=Correction.Kind.EDIT), by=editor)
    loaded = load(write_show(tmp_path, **with_special(three())))
    assert loaded.shifted == 2
    assert not loaded.moved
    assert list(Episode.objects.values_list("number", "label")) == [
        (0, ""), (1, ""), (2, "Special 1"), (3, "2"), (4, "3"),
    ]  # fmt: skip
    assert set(Trait.objects.values_list("value", "revealed_in")) == {("alive", 4), ("missing", 3)}
    assert set(Viewer.objects.exclude(user=editor).values_list("progress", flat=True)) == {1, 3, 4}
    edit = Correction.objects.get(kind=Correction.Kind.EDIT)
    assert edit.revealed_in == 3
    assert (edit.changes.get().after or {})["revealed_in"] == 3
    publish(undo(edit, by=editor), by=editor)
    assert [each.value for each in Trait.objects.all()] == ["alive"]
    assert load(tmp_path).rows == 0


def test_whoever_was_at_an_episode_learns_nothing_by_one_in_between(tmp_path: Path) -> None:
    client = Client()
    client.cookies["progress"] = "2"
    load_show(tmp_path, **three())
    assert "Bob" in client.get("/characters/").content.decode()
    load(write_show(tmp_path, **with_special(three())))
    assert "Bob" not in client.get("/characters/").content.decode()  # their browser says 2, which is the special now
    assert "Recap" in client.get("/episodes/2/").content.decode()


def test_an_episode_that_is_missing_brings_no_later_one_forward(tmp_path: Path) -> None:
    load_show(tmp_path, **three())
    shorter = three() | {"episodes": [episode(1), episode(3)], "revelations": [], "characters": [character("ann")]}
    with pytest.raises(DatasetError, match=r"episodes\.yaml:4: .* at place 3\. It must not come earlier"):
        load(write_show(tmp_path, **shorter))
    assert list(Episode.objects.values_list("number", flat=True)) == [0, 1, 2, 3]


def test_a_label_that_is_given_later_moves_nothing(tmp_path: Path) -> None:
    load_show(tmp_path, **three())
    labelled = [episode(number, label=f"E{number}") for number in (1, 2, 3)]
    assert load(write_show(tmp_path, **three() | {"episodes": labelled})).shifted == 0
    assert list(Episode.objects.values_list("label", flat=True)) == ["", "E1", "E2", "E3"]


# Lists and pickers


def test_lists_and_pickers_go_by_season(tmp_path: Path) -> None:
    load_show(tmp_path, **harbour())
    client = Client()
    client.cookies["progress"] = "2"
    listed = client.get("/episodes/").content.decode()
    headings = re.findall(r"<h2>(.*?)</h2>", listed)
    assert headings == ["Season 1: Salt", "Season 2: Storm"]
    assert re.findall(r'<optgroup label="(.*?)">', listed) == headings
    assert ">special</small>" in listed
    picker = Client().get("/").content.decode()
    assert re.findall(r'<p class="season">(.*?)</p>', picker) == headings
    client.cookies["ahead"] = "hidden"
    assert "Storm" not in client.get("/episodes/").content.decode()


def many(**values: Any) -> dict[str, Any]:
    """Return a show of 250 chapters in two volumes."""
    episodes = [
        {"number": number, "title": f"T{number}", "label": f"Chapter {number}", "season": f"Vol. {1 + number // 151}"}
        for number in range(1, 251)
    ]
    return {"episodes": [each | values for each in episodes], "characters": [character("ann")]}


def test_a_long_list_shows_the_part_where_the_viewer_is(tmp_path: Path) -> None:
    load_show(tmp_path, **many())
    client = Client()
    client.cookies["progress"] = "160"
    page = client.get("/episodes/").content.decode()
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Vol. 2"]
    assert page.count('<a href="/episodes/?from=') == 3  # of the first volume there are two parts
    assert "<h2>Vol. 1 · 2</h2>" in client.get("/episodes/?from=101").content.decode()
    assert client.get("/episodes/?from=9999").content.decode().count("<h2>Vol. 2</h2>") == 1


@pytest.mark.parametrize(
    ("said", "number"), [("Chapter 7", 7), ("chapter7", 7), (" CHAPTER 12 ", 12), ("7", None), ("Chapter 999", None)]
)
def test_how_far_one_is_can_be_typed_as_the_label(tmp_path: Path, said: str, number: int | None) -> None:
    load_show(tmp_path, **many())
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    assert 'name="said"' in client.get("/").content.decode()
    answer = client.post("/progress/", {"said": said, "sure": "yes"})
    assert answer.status_code == (400 if number is None else 303)
    assert number is None or client.cookies["progress"].value == str(number)


def test_of_two_units_with_one_label_the_first_is_meant() -> None:
    assert Units(labels={1: "1", 2: "2", 3: "1"}).number_of("1") == 1
    assert Units(labels={3: "2"}).number_of("2") == 3
    assert Units().number_of("2") == 2


def test_a_label_that_repeats_the_word_for_a_unit_is_read_as_its_numeral() -> None:
    labels = {1: "Chapter 1", 2: "Chapter 1.5", 3: "Chapter 2", 4: "Special 2"}
    units = Units.of({"unit": "chapter", "units": "chapters"}, labels)
    assert [units.named(number) for number in range(1, 5)] == ["chapter 1", "chapter 1.5", "chapter 2", "Special 2"]
    assert [units.number_of(said) for said in ("1", "Chapter 1", "chapter 2", "2", "1.5", "special 2")] == [
        1, 1, 3, 3, 2, 4,
    ]  # fmt: skip
    assert Units.of({"unit": "chapter"}, {1: "Chapter 1", 2: "Chapter 2"}).labels == {}
    assert Units.of({"unit": "chapter"}, {1: "Chapter 2", 2: "2"}).named(1) == "Chapter 2"  # it would be the other's


def read(address: str, *, progress: int) -> str:
    """Return a page as it is for somebody at that place."""
    return at(progress).get(address).content.decode()


def test_a_recap_of_several_seasons_says_where_each_begins(tmp_path: Path) -> None:
    load_show(tmp_path, **harbour())
    page = read("/recap/?since=0", progress=4)
    heads = re.findall(r'<p class="season-head">(.*?)</p>|<h3 id="episode-(\d)"', page)
    assert [season or number for season, number in heads] == [
        "Season 1: Salt", "1", "2", "3", "Season 2: Storm", "4",
    ]  # fmt: skip
    assert "season-head" not in read("/recap/?since=0", progress=2)  # of one


@pytest.mark.parametrize(
    ("native", "language", "written"),
    [
        ("항구의 불빛", "ko", ' lang="ko"'),
        ("Luces del puerto", "es-MX", ' lang="es-MX"'),
        ("港の灯", "", ' lang="ja"'),
        ("港口的灯", "zh-Hans", ' lang="zh-Hans"'),
        ("Luces del puerto", "", ""),
    ],
)
def test_native_titles_are_in_the_language_of_the_show(
    tmp_path: Path, native: str, language: str, written: str
) -> None:
    show = harbour()
    show["series"] |= {"native_title": native} | ({"native_language": language} if language else {})
    show["episodes"][0]["native_title"] = native
    load_show(tmp_path / "show", **show)
    for address in ("/", "/episodes/", "/episodes/1/"):
        assert f"<small{written}>{native}</small>" in read(address, progress=1)
    dump(tmp_path / "dump")
    assert ("native_language" in (tmp_path / "dump/series.yaml").read_text()) is bool(language)
    load(tmp_path / "dump", replace=True)
    assert f"<small{written}>{native}</small>" in read("/", progress=1)


@pytest.mark.parametrize("language", ["japanese!", "j", "ja_JP", 'ja" onclick="', "ja\n"])
def test_what_is_no_code_of_a_language_is_refused(tmp_path: Path, language: str) -> None:
    show = harbour()
    show["series"]["native_language"] = f"{language}x" if language.endswith("\n") else language
    with pytest.raises(DatasetError, match="a code such as ja"):
        load(write_show(tmp_path, **show), replace=True)
