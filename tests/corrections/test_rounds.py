"""Two moderators at once, and a process that dies while it applies: with real processes on a real database."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from corrections import sending
from tests.corrections.rounds import FEW, KILLS, ROUNDS

type Played = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="session")
def database(
    django_db_setup: None, django_db_blocker: Any, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of an empty database of the kind that the tests run on."""
    if connection.vendor == "sqlite":
        path = tmp_path_factory.mktemp("rounds") / "rounds.sqlite3"
        shutil.copyfile(migrated, path)
        yield f"sqlite:///{path}"
        return
    name, where = f"rounds_{os.getpid()}", connection.settings_dict
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    password = f":{where['PASSWORD']}" if where["PASSWORD"] else ""
    yield f"postgres://{where['USER']}{password}@{where['HOST']}:{where['PORT'] or 5432}/{name}"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def played(database: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Played:
    """What became of all rounds, which are played once for all workers of a run."""
    directory = tmp_path_factory.getbasetemp()
    kept = (directory if worker_id == "master" else directory.parent) / "rounds.jsonl"
    with kept.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        if not (lines := file.read().splitlines()):
            lines = _play(database, tmp_path_factory.mktemp("files"))
            file.write("\n".join(lines))
    rounds: Played = {}
    for kind, round_ in map(json.loads, lines):
        rounds.setdefault(kind, []).append(round_)
    return rounds


def _play(database: str, tmp_path: Path) -> list[str]:
    environment = os.environ | {
        "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "rougedb.settings", "DEBUG": "true", "REDIS_URL": "",
        "MEDIA_ROOT": str(tmp_path / "media"), "ARCHIVE_ROOT": str(tmp_path / "archive"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.corrections.rounds"],
        env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [line for line in done.stdout.splitlines() if line.startswith('["')]  # mails are printed there as well


def test_of_two_moderators_at_once_exactly_one_decides(played: Played) -> None:
    rounds = played["race"]
    assert len(rounds) == ROUNDS
    for each in rounds:
        winner = each["said"].index("decided")
        loser = each["said"][1 - winner]
        first = ("one", "other")[winner]
        assert loser.startswith(f"AlreadyDecided: {first} has already "), each
        assert each["state"] == ("accepted", "rejected")[winner], each
        assert each["by"] == first, each
        assert each["rows"] == (1, 0)[winner], each
        assert each["decided"] == 1, each


def test_the_same_name_from_two_sides_is_one_name(played: Played) -> None:
    rounds = played["twins"]
    assert len(rounds) == ROUNDS
    for each in rounds:
        assert each["said"] == ["accepted", "accepted"], each
        assert each["rows"] == 1, each
        assert each["outcomes"] == ["already", "applied"], each


def test_of_two_who_save_the_same_field_one_is_told(played: Played) -> None:
    rounds = played["edit"]
    assert len(rounds) == ROUNDS
    for each in rounds:
        winner = each["said"].index("published")
        assert each["said"][1 - winner].startswith("HeldBack"), each
        assert each["value"] == each["wanted"][winner], each


def test_no_more_than_the_limit_is_taken_from_one_address_however_many_send_at_once(played: Played) -> None:
    (only,) = played["crowd"]
    assert only["sent"] == sending.MOST_AN_HOUR
    assert only["said"].count("sent") == sending.MOST_AN_HOUR
    assert all(each == "sent" or "at most 10 corrections within an hour" in each for each in only["said"]), only


def test_who_is_killed_while_applying_leaves_nothing_behind(played: Played) -> None:
    rounds = played["kill"]
    assert len(rounds) == KILLS
    for each in rounds:
        assert each == {"exit": -9, "untouched": True, "then": "accepted"}, each


def test_undoing_everything_leaves_what_is_accepted_at_that_moment_or_says_so(played: Played) -> None:
    rounds = played["undo_all"]
    assert len(rounds) == FEW
    for each in rounds:
        undoing, accepting = each["said"]
        if undoing == "undone":  # before the other, whose correction then sees another value than its author did
            assert (each["outcome"], each["value"]) == ("conflict", "alive"), each
            assert accepting == "open", each
        else:
            assert undoing.startswith("Refused: Nothing was undone yet: something was published meanwhile."), each
            assert (each["outcome"], each["value"], accepting) == ("applied", "second", "accepted"), each


def test_who_is_blocked_while_sending_has_sent_it_or_is_told(played: Played) -> None:
    rounds = played["block"]
    assert len(rounds) == FEW
    for each in rounds:
        sending, blocked = each["said"]
        assert blocked == "blocked", each
        assert each["blocks"] == 1, each
        assert each["sent"] == (sending == "sent"), each
        assert sending == "sent" or sending.startswith("Blocked: This was not sent"), each
        assert each["again"].startswith("This was not sent: a moderator has blocked your account."), each


def test_whoever_loses_their_role_while_deciding_has_decided_or_is_told(played: Played) -> None:
    rounds = played["dismiss"]
    assert len(rounds) == FEW
    for each in rounds:
        deciding, dismissed = each["said"]
        assert dismissed == "dismissed", each
        if deciding == "accepted":
            assert (each["state"], each["value"]) == ("accepted", "dead"), each
        else:
            assert deciding == "Refused: Only moderators can decide corrections.", each
            assert (each["state"], each["value"]) == ("open", "alive"), each
        assert each["again"] == "Only moderators can decide corrections.", each


def test_a_row_that_comes_during_a_merge_moves_or_is_refused(played: Played) -> None:
    rounds = played["merge"]
    assert len(rounds) == FEW
    for number, each in enumerate(rounds):
        merging, habit = each["said"]
        stays = f"merge_{number}_stays"
        assert (merging, each["there"]) == ("accepted", [stays]), each
        if habit == "accepted":
            assert each["habits"] == [stays], each
        else:
            assert "Its character does not exist." in habit, each
            assert each["habits"] == [], each


def test_of_two_merges_of_the_same_two_one_is_done(played: Played) -> None:
    rounds = played["merge_both"]
    assert len(rounds) == FEW
    for each in rounds:
        assert sorted(each["said"])[0] == "accepted", each
        assert "does not exist any more" in sorted(each["said"])[1], each
        assert len(each["there"]) == 1, each
        assert each["names"] == ["ann", "bea"], each


def test_a_text_that_is_accepted_while_a_key_changes_names_the_new_one(played: Played) -> None:
    rounds = played["rename"]
    assert len(rounds) == FEW
    for number, each in enumerate(rounds):
        assert each["said"] == ["accepted", "accepted"], each
        assert each["texts"] == [f"[[renamed_{number}]] sings."], each


def test_what_two_hold_back_while_others_change_it_is_held_once_at_most(played: Played) -> None:
    rounds = played["hold_back"]
    assert len(rounds) == FEW
    for number, each in enumerate(rounds):
        holding, changing = each["said"][:2], each["said"][2:]
        assert changing == ["accepted"] * 2 * (number % 2), each
        assert each["state"] == ("accepted" if changing else "open"), each
        assert holding.count("held") == each["holds"], each
        assert each["holds"] == 1 or (changing and each["holds"] == 0), each
        assert each["told_in"] == 2 + each["holds"], each
        assert all(said == "held" or said.startswith("Refused: ") for said in holding), each


def test_of_two_who_change_a_field_of_the_same_rows_one_is_told(played: Played) -> None:
    rounds = played["bulk_edit"]
    assert len(rounds) == ROUNDS
    for each in rounds:
        assert sorted(each["said"]) == ["saved", "told"], each
        assert each["values"] == [("Volume 1", "Volume 2")[each["said"].index("saved")]], each
        assert each["states"] == ["accepted"], each


def test_each_keeps_a_draft_of_their_own_and_of_two_windows_one(played: Played) -> None:
    rounds = played["drafts"]
    assert len(rounds) == ROUNDS
    for each in rounds:
        *windows, other = each["said"]
        assert other == "kept", each
        assert windows.count("kept") == 1, each
        assert any("there is one already" in said for said in windows), each
        assert each["kept"] == [["one", each["typed"][windows.index("kept")]], ["other", "of the other"]], each
