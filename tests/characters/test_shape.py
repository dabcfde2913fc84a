"""What is measured of the shape of pages, and what counts as coming later."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from characters.management.commands.check_shape import FOUND, UNREADABLE
from characters.shape.features import NOT_MEASURED
from characters.shape.sights import CHANGES_SIDES, DIES, UNMASKED, Sight, sights_of_the_show
from characters.values.pages import SubjectPage
from tests.shapes import telling_show
from tests.shows import character, headline, load_show, revelation, trait, unmasking, write_show

pytestmark = pytest.mark.django_db

FEW_DRAWS = "--draws=400"  # are enough to tell what is far beyond chance


def at(episode: int, name: str) -> Sight:
    return next(sight for sight in sights_of_the_show() if (sight.episode, sight.name) == (episode, name))


def later(outcome: str, name: str, *, at_episode: int = 1) -> int | None:
    return at(at_episode, name).later[outcome]


def groups(*keys: str) -> list[dict[str, Any]]:
    return [{"key": key, "revealed_in": 1, "aliases": [headline(key.title(), since=1)]} for key in keys]


def tie(kind: str, *, since: int, **values: Any) -> dict[str, Any]:
    return {"source": "ann", "kind": kind, "target": "bea", "revealed_in": since} | values


def member(faction: str, *, since: int, **values: Any) -> dict[str, Any]:
    return {"faction": faction, "role": "agent", "revealed_in": since} | values


def test_a_persona_is_unmasked_later(tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[character("ann"), character("mask")],
        unmaskings=[unmasking("mask", "ann", since=3)],
    )
    assert later(UNMASKED, "Mask") == later(UNMASKED, "Mask", at_episode=2) == 3
    assert later(UNMASKED, "Ann") is None
    assert {sight.name for sight in sights_of_the_show() if sight.episode == 3} == {"Ann"}


def test_a_death_comes_to_a_persona_by_whoever_it_turns_out_to_be(tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[
            character("ann", traits=[trait("status", "presumed dead", since=3)]),
            character("mask", traits=[trait("status", "alive", since=1)]),
        ],
        unmaskings=[unmasking("mask", "ann", since=2)],
    )
    assert later(DIES, "Mask") == later(DIES, "Ann") == 3
    assert DIES not in at(3, "Ann").later


@pytest.mark.parametrize(("status", "dies"), [("deceased", True), ("deadly tired", False), ("missing", False)])
def test_who_is_dead_by_the_words_of_the_status(tmp_path: Path, status: str, dies: bool) -> None:
    load_show(tmp_path, characters=[character("ann", traits=[trait("status", status, since=2)])])
    assert later(DIES, "Ann") == (2 if dies else None)


@pytest.mark.parametrize(
    ("places", "changes"),
    [
        ([member("red", since=1, ended_in=2)], True),
        ([member("red", since=1, ended_in=2), member("red", since=2)], False),
        ([member("red", since=1), member("blue", since=2)], False),
    ],
)
def test_who_leaves_a_group_changes_sides(tmp_path: Path, places: list[dict[str, Any]], changes: bool) -> None:
    load_show(tmp_path, factions=groups("red", "blue"), characters=[character("ann", memberships=places)])
    assert later(CHANGES_SIDES, "Ann") == (2 if changes else None)


def test_who_dies_does_not_change_sides(tmp_path: Path) -> None:
    ann = character(
        "ann", memberships=[member("red", since=1, ended_in=2)], traits=[trait("status", "deceased", since=2)]
    )
    load_show(tmp_path, factions=groups("red"), characters=[ann])
    assert later(CHANGES_SIDES, "Ann") is None


@pytest.mark.parametrize(
    ("ties", "who"),
    [
        ([tie("betrayed", since=2)], {"Ann"}),
        ([tie("betrayed", since=2, certainty="disproved")], set()),
        ([tie("friend", since=1, ended_in=2), tie("enemy", since=2)], {"Ann", "Bea"}),
        ([tie("friend", since=1, ended_in=2)], set()),
        ([tie("enemy", since=2)], set()),
    ],
)
def test_who_betrays_or_falls_out_changes_sides(tmp_path: Path, ties: list[dict[str, Any]], who: set[str]) -> None:
    load_show(tmp_path, characters=[character("ann"), character("bea")], relationships=ties)
    assert {name for name in ("Ann", "Bea") if later(CHANGES_SIDES, name) == 2} == who


def test_what_is_measured_of_a_page(tmp_path: Path) -> None:
    ann = character(
        "ann",
        aliases=[{"name": "Anna", "kind": "variant", "revealed_in": 1}],
        traits=[
            trait("species", "human", since=2),
            trait("ability", "runs", since=1),
            trait("summary", "Ann.", since=1),
        ],
    )
    load_show(
        tmp_path,
        characters=[ann, character("bea")],
        relationships=[tie("rescued", since=1), tie("suspected_to_be", since=1)],
        revelations=[revelation("r1", "She came.", since=1, characters=["ann"])],
    )
    sight = at(1, "Ann")
    expected = {
        "species: given": 0, "ability: given": 1, "ability: number": 1, "facts: number": 1, "summary: length": 4,
        "names: spelling variant": 1, "ties: number": 1, "ties: friendship": 1, "ties: pursuit": 0,
        "order: by name": 0, "pictures: number": 0, "name: is a description": 0,
    }  # fmt: skip
    assert {name: sight.features[name] for name in expected} == expected
    assert sight.revelations == 1
    assert at(2, "Ann").features["species: given"] == 1


def test_whatever_a_page_has_is_measured_unless_it_is_said_not_to_be() -> None:
    assert {field.name for field in fields(SubjectPage)} >= NOT_MEASURED


# The command


def test_the_exit_status_goes_by_the_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load_show(tmp_path, **telling_show(1, "what is missing").files())
    with pytest.raises(CommandError, match="of pages tell") as error:
        call_command("check_shape")
    assert error.value.returncode == FOUND
    assert "unmasked later: less of “species: given”" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("check_shape", FEW_DRAWS, "--format=json")
    assert json.loads(capsys.readouterr().out)[0]["rows"]
    call_command("check_shape", FEW_DRAWS, "--limit=0")
    assert "Nothing tells." in capsys.readouterr().out


def test_a_data_set_is_measured_in_a_database_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load_show(tmp_path / "here", characters=[character("ann")])
    show = write_show(tmp_path / "there", **telling_show(1, "what is missing").files())
    with pytest.raises(CommandError, match="of pages tell") as error:
        call_command("check_shape", str(show), FEW_DRAWS)
    assert error.value.returncode == FOUND
    assert "species: given" in capsys.readouterr().out
    assert {sight.name for sight in sights_of_the_show()} == {"Ann"}


def test_what_is_wrong_with_a_data_set_is_said(tmp_path: Path) -> None:
    show = write_show(tmp_path, characters=[character("ann") | {"colour": "red"}])
    with pytest.raises(CommandError, match="“colour” is not a key") as error:
        call_command("check_shape", str(show))
    assert error.value.returncode == UNREADABLE
