"""Dumping writes what loading reads: all of it, or what is known at an episode."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.models import Alias, Character, Portrait, Revelation, Trait
from tests.datasets.pictures import files_of, put_picture
from tests.datasets.test_loading import everything, without_tags
from tests.shows import REAL_SHOW, character, episode, headline, load_show, revelation, trait, unmasking, write_show


def dumped(directory: Path, *, as_of: int | None = None) -> dict[str, Any]:
    dump(directory, as_of=as_of)
    return {path.stem: yaml.safe_load(path.read_text()) for path in directory.glob("*.yaml")}


def in_stages(name: str, *, ended_in: int | None = None) -> dict[str, Any]:
    """Return rows of each kind that subjects have, for episodes 1 and 3."""
    tag = {"name": "nean", "revealed_in": 1} | ({"ended_in": ended_in} if ended_in else {})
    return {
        "aliases": [headline(f"{name} Late", since=3)],
        "traits": [trait("age", "young", since=1), trait("age", "old", since=3), trait("ability", "late", since=3)],
        "tags": [tag, {"name": "late", "revealed_in": 3}],
    }


@pytest.fixture
def show(db: None, tmp_path: Path, django_capture_on_commit_callbacks: Any) -> None:
    directory = tmp_path / "show"
    pictures = [put_picture(directory, file=f"{n}.png", since=n, colour=(n, n, n)) for n in (1, 3)]
    memberships = [
        {"faction": "guild", "role": "agent", "revealed_in": 1, "ended_in": 3},
        {"faction": "guild", "role": "late", "revealed_in": 3},
    ]
    ann = character("ann", memberships=memberships, portraits=pictures, **in_stages("Ann", ended_in=3))
    with django_capture_on_commit_callbacks(execute=True):
        load_show(
            directory,
            series={"title": "A Show", "writers": ["Somebody"]},
            episodes=[episode(n, native_title=f"第{n}話", aired_on=date(2024, 1, n)) for n in (1, 2, 3)],
            characters=[ann, character("bea"), character("late", since=3)],
            factions=[character("guild", **in_stages("Guild", ended_in=3)), character("late_guild", since=3)],
            relationships=[
                {"source": "ann", "kind": "friend", "target": "bea", "revealed_in": 1, "ended_in": 3},
                {"source": "ann", "kind": "killed", "target": "bea", "revealed_in": 3},
            ],
            revelations=[
                revelation("early", "So.", since=1, characters=["ann"], factions=["guild"], time="21:40"),
                revelation("late_r", "Not so.", since=3, supersedes="early"),
            ],
            unmaskings=[unmasking("bea", "ann", since=3)],
        )


@pytest.mark.usefixtures("show")
def test_as_of_leaves_out_every_kind_of_row_that_comes_later(tmp_path: Path) -> None:
    files = dumped(tmp_path / "cut", as_of=2)
    assert files.keys() == {"series", "episodes", "factions", "characters", "relationships", "revelations"}
    ann, bea = files["characters"]
    [guild] = files["factions"]
    assert (ann["key"], bea["key"], guild["key"]) == ("ann", "bea", "guild")
    for row in (ann, guild):
        assert [alias["name"] for alias in row["aliases"]] == [row["key"].title()]
        assert row["traits"] == [trait("age", "young", since=1)]
    assert [portrait["alt_text"] for portrait in ann["portraits"]] == ["See 1.png"]
    assert [row["key"] for row in files["revelations"]] == ["early"]
    assert len(files_of(tmp_path / "cut" / "portraits")) == 1


@pytest.mark.usefixtures("show")
def test_as_of_leaves_out_the_ends_that_come_later(tmp_path: Path) -> None:
    files = dumped(tmp_path / "cut", as_of=2)
    ann, guild = files["characters"][0], files["factions"][0]
    assert ann["tags"] == guild["tags"] == [{"name": "nean", "revealed_in": 1}]
    assert ann["memberships"] == [{"faction": "guild", "role": "agent", "revealed_in": 1}]
    assert files["relationships"] == [{"source": "ann", "kind": "friend", "target": "bea", "revealed_in": 1}]
    assert dumped(tmp_path / "all")["relationships"][0]["ended_in"] == 3


@pytest.mark.usefixtures("show")
def test_as_of_leaves_out_the_titles_of_later_episodes(tmp_path: Path) -> None:
    episodes = dumped(tmp_path / "cut", as_of=2)["episodes"]
    assert episodes[1] == episode(2, native_title="第2話", aired_on=date(2024, 1, 2))
    assert episodes[2] == {"number": 3, "aired_on": date(2024, 1, 3)}


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize("as_of", [0, 1, 2, 3])
def test_what_is_known_at_an_episode_can_be_loaded(tmp_path: Path, as_of: int) -> None:
    dump(tmp_path / "1", as_of=as_of)
    load(tmp_path / "1", replace=True)
    dump(tmp_path / "2")
    assert files_of(tmp_path / "2") == files_of(tmp_path / "1")


@pytest.mark.usefixtures("show")
def test_a_full_dump_is_what_is_known_at_the_last_episode(tmp_path: Path) -> None:
    dump(tmp_path / "all")
    dump(tmp_path / "last", as_of=3)
    assert files_of(tmp_path / "all") == files_of(tmp_path / "last")
    assert load(tmp_path / "all").rows == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words", ["no", "21:40", "2024-01-11", "null", "1e3", "- x", "a: b", "# x", "&a", "*a", "!a", "{", "'", '"']
)
def test_words_that_yaml_could_misread_come_back_unchanged(tmp_path: Path, words: str) -> None:
    text = f"{words}\r\nand\n\n\tmore {words}"
    load_show(tmp_path / "0", characters=[character("ann", words, traits=[trait("summary", text, since=1)])])
    [ann] = dumped(tmp_path / "1")["characters"]
    assert (ann["aliases"][0]["name"], ann["traits"][0]["value"]) == (words, text)
    assert load(tmp_path / "1").rows == 0


@pytest.mark.django_db
def test_a_given_public_id_is_written_and_a_derived_one_is_not(tmp_path: Path) -> None:
    load_show(tmp_path / "0", characters=[character("ann", public_id="abcdefgh"), character("bea")])
    ann, bea = dumped(tmp_path / "1")["characters"]
    assert ann["public_id"] == "abcdefgh"
    assert "public_id" not in bea


@pytest.mark.django_db
def test_the_real_show_comes_back_as_it_was(tmp_path: Path, django_capture_on_commit_callbacks: Any) -> None:
    files = {path.stem: yaml.safe_load(path.read_text()) for path in REAL_SHOW.glob("*.yaml")}
    for row in files["characters"]:
        row.pop("portraits", None)
    for number, row in enumerate(files["characters"][:3]):
        colour = (number, 0, 0)
        row["portraits"] = [put_picture(tmp_path / "0", file=f"{number}.png", since=row["revealed_in"], colour=colour)]
    with django_capture_on_commit_callbacks(execute=True):
        load(write_show(tmp_path / "0", **files))
    before = everything()
    assert Portrait.objects.count() == 3
    dump(tmp_path / "1")
    with django_capture_on_commit_callbacks(execute=True):
        load(tmp_path / "1", replace=True)
    assert without_tags(everything()) == without_tags(before)
    dump(tmp_path / "2")
    assert files_of(tmp_path / "2") == files_of(tmp_path / "1")


@pytest.mark.django_db
def test_rows_whose_episode_was_worked_out_are_marked_and_no_others(tmp_path: Path) -> None:
    guess = {"inferred": True}
    ann = character("ann", aliases=[headline("Queen Ann", since=2) | guess]) | guess
    ann["traits"] = [trait("age", "young", since=1), trait("ability", "flies", since=2) | guess]
    files = {
        "episodes": [episode(number) for number in (1, 2)],
        "characters": [ann, character("bea")],
        "revelations": [revelation("so", "So.", since=1) | guess, revelation("not_so", "Not so.", since=1)],
    }
    load_show(tmp_path / "0", **files)
    marked = {row.pk for model in (Character, Alias, Trait, Revelation) for row in model.objects.filter(inferred=True)}
    assert len(marked) == 4
    dump(tmp_path / "1")
    text = "".join(path.read_text() for path in (tmp_path / "1").glob("*.yaml"))
    assert text.count("inferred: true") == text.count("inferred") == 4
    load(tmp_path / "1", replace=True)
    dump(tmp_path / "2")
    assert files_of(tmp_path / "2") == files_of(tmp_path / "1")


@pytest.mark.usefixtures("show")
def test_the_command_prints_where_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("dump_dataset", tmp_path / "new" / "cut", as_of=1)
    assert capsys.readouterr().out == f"Written to {tmp_path / 'new' / 'cut'}.\n"
    call_command("dump_dataset", tmp_path / "quiet", verbosity=0)
    assert capsys.readouterr().out == ""
    assert (tmp_path / "quiet" / "characters.yaml").exists()


@pytest.mark.usefixtures("show")
def test_no_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("full", "file"):
        with pytest.raises(CommandError, match="is there already and is not empty"):
            call_command("dump_dataset", tmp_path / name)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize("as_of", [-1, 4])
def test_an_unknown_episode_is_refused(tmp_path: Path, as_of: int) -> None:
    with pytest.raises(CommandError, match=f"There is no episode {as_of}"):
        call_command("dump_dataset", tmp_path / "new", as_of=as_of)
    assert not (tmp_path / "new").exists()


@pytest.mark.django_db
def test_a_show_without_anybody_can_be_dumped(tmp_path: Path) -> None:
    load_show(tmp_path / "0", characters=[])
    assert dumped(tmp_path / "1")["characters"] == []
    load(tmp_path / "1", replace=True)
    assert not Character.objects.exists()
