"""A row is revealed no earlier than the rows it refers to: each violation is reported with its line."""

from pathlib import Path
from typing import Any

import pytest

from characters.datasets.loading import load
from characters.datasets.reading import DatasetError
from characters.kinds import CHARACTER
from characters.models import Character
from tests.datasets.pictures import put_picture
from tests.shows import character, headline, revelation, trait, unmasking, write_show

pytestmark = pytest.mark.django_db

ANN, BEA = character("ann"), character("bea", since=3)
LATE = {"key": "late", "revealed_in": 3, "aliases": [headline("The Late", since=3)]}
TOO_EARLY = "Revealed in episode {}, before its {} “{}”, which is revealed in episode {}."


def refusals(directory: Path, **files: Any) -> list[str]:
    with pytest.raises(DatasetError) as refused:
        load(write_show(directory, **files))
    assert not Character.objects.exists()
    return [str(problem) for problem in refused.value.problems]


def line_of(directory: Path, file: str, *words: str) -> int:
    """Return the line of the last of these words, each looked for after the one before it."""
    number, lines = 0, (directory / file).read_text().splitlines()
    for word in words:
        number = next(n for n in range(number, len(lines)) if word in lines[n]) + 1
    return number


@pytest.mark.parametrize(
    ("part", "role"),
    [
        ({"aliases": [{"name": "B", "revealed_in": 2}]}, "character"),
        ({"traits": [trait("age", "40", since=2)]}, "character"),
        ({"tags": [{"name": "nean", "revealed_in": 2}]}, "character"),
        ({"memberships": [{"faction": "early", "revealed_in": 2}]}, "character"),
    ],
    ids=["alias", "trait", "tag", "membership"],
)
def test_no_row_before_its_character(tmp_path: Path, part: dict[str, Any], role: str) -> None:
    early = LATE | {"key": "early", "revealed_in": 1, "aliases": [headline("Early", since=1)]}
    [problem] = [
        problem
        for problem in refusals(tmp_path, characters=[ANN, character("bea", since=3, **part)], factions=[early])
        if "hangs on this" not in problem
    ]
    line = line_of(tmp_path, "characters.yaml", "key: bea", "revealed_in: 2")
    assert problem == f"characters.yaml:{line}: “revealed_in”: {TOO_EARLY.format(2, role, 'bea', 3)}"


@pytest.mark.parametrize(
    "part",
    [
        {"aliases": [{"name": "L", "revealed_in": 2}, headline("The Late", since=3)]},
        {"traits": [trait("purpose", "none", since=2)]},
        {"tags": [{"name": "guild", "revealed_in": 2}]},
    ],
    ids=["alias", "trait", "tag"],
)
def test_no_row_before_its_faction(tmp_path: Path, part: dict[str, Any]) -> None:
    problems = refusals(tmp_path, characters=[ANN], factions=[LATE | part])
    line = line_of(tmp_path, "factions.yaml", "key: late", "revealed_in: 2")
    assert f"factions.yaml:{line}: “revealed_in”: {TOO_EARLY.format(2, 'faction', 'late', 3)}" in problems


def test_no_membership_before_its_faction(tmp_path: Path) -> None:
    ann = character("ann", memberships=[{"faction": "late", "revealed_in": 2}])
    problems = refusals(tmp_path, characters=[ann], factions=[LATE])
    line = line_of(tmp_path, "characters.yaml", "faction: late", "revealed_in: 2")
    assert f"characters.yaml:{line}: “revealed_in”: {TOO_EARLY.format(2, 'faction', 'late', 3)}" in problems


def test_no_portrait_before_its_character(tmp_path: Path) -> None:
    bea = character("bea", since=3, portraits=[put_picture(tmp_path, since=2)])
    problems = refusals(tmp_path, characters=[bea])
    line = line_of(tmp_path, "characters.yaml", "alt_text", "revealed_in: 2")
    assert f"characters.yaml:{line}: “revealed_in”: {TOO_EARLY.format(2, 'character', 'bea', 3)}" in problems


@pytest.mark.parametrize(
    ("file", "row", "role"),
    [
        ("relationships", {"source": "ann", "kind": "friend", "target": "bea", "revealed_in": 2}, "target"),
        ("relationships", {"source": "bea", "kind": "friend", "target": "ann", "revealed_in": 2}, "source"),
        ("revelations", revelation("r", "Hello.", since=2, characters=["ann", "bea"]), "character"),
        ("unmaskings", unmasking("ann", "bea", since=2), "identity"),
        ("unmaskings", unmasking("bea", "ann", since=2), "persona"),
    ],
)
def test_no_row_between_two_before_both(tmp_path: Path, file: str, row: dict[str, Any], role: str) -> None:
    problems = refusals(tmp_path, characters=[ANN, BEA], **{file: [row]})
    line = line_of(tmp_path, f"{file}.yaml", "revealed_in: 2")
    assert f"{file}.yaml:{line}: “revealed_in”: {TOO_EARLY.format(2, role, 'bea', 3)}" in problems


def test_no_revelation_before_its_faction(tmp_path: Path) -> None:
    row = revelation("r", "Hello.", since=2, factions=["late"])
    problems = refusals(tmp_path, characters=[ANN], factions=[LATE], revelations=[row])
    assert f"revelations.yaml:3: “revealed_in”: {TOO_EARLY.format(2, 'faction', 'late', 3)}" in problems


def test_no_revelation_before_what_it_supersedes(tmp_path: Path) -> None:
    rows = [revelation("r", "So.", since=1, supersedes="s"), revelation("s", "Not so.", since=2)]
    problems = refusals(tmp_path, characters=[ANN], revelations=rows)
    assert f"revelations.yaml:3: “revealed_in”: {TOO_EARLY.format(1, 'supersedes', 's', 2)}" in problems


MENTION = "Here is [[bea|somebody]]."


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"revelations": [revelation("r", MENTION, since=2)]}, ["text:"]),
        ({"episodes": [{"number": 1}, {"number": 2, "synopsis": MENTION}, {"number": 3}]}, ["synopsis:"]),
        ({"characters": [character("ann", traits=[trait("summary", MENTION, since=2)]), BEA]}, ["value:"]),
        ({"factions": [LATE | {"revealed_in": 1, "aliases": [headline("Early", since=1)],
                               "traits": [trait("purpose", MENTION, since=2)]}]}, ["value:"]),
    ],
    ids=["revelation", "synopsis", "summary", "faction"],
)  # fmt: skip
def test_no_text_mentions_who_comes_later(tmp_path: Path, files: dict[str, Any], words: list[str]) -> None:
    problems = refusals(tmp_path, **({"characters": [ANN, BEA]} | files))
    file = f"{next(iter(files))}.yaml"
    place = f"{file}:{line_of(tmp_path, file, *words)}: "
    [problem] = [problem for problem in problems if problem.startswith(place)]
    assert problem.endswith(": It mentions “bea”, who is revealed in episode 3 only.")


def test_no_caption_mentions_who_comes_later(tmp_path: Path) -> None:
    ann = character("ann", portraits=[put_picture(tmp_path, since=2) | {"caption": MENTION}])
    problems = refusals(tmp_path, characters=[ann, BEA])
    line = line_of(tmp_path, "characters.yaml", "caption:")
    assert f"characters.yaml:{line}: “caption”: It mentions “bea”, who is revealed in episode 3 only." in problems


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[nobody]] knows.", "It mentions “nobody”, but no character, faction or term has this key."),
        ("[[Ann Lee]] knows.", "“[[Ann Lee]]” is not a mention; write [[key]] or [[key|words]]."),
        ("[[ann|]] knows.", "“[[ann|]]” is not a mention; write [[key]] or [[key|words]]."),
    ],
)
def test_a_mention_of_nobody_is_refused(tmp_path: Path, text: str, message: str) -> None:
    problems = refusals(tmp_path, characters=[ANN], revelations=[revelation("r", text, since=1)])
    assert problems == [f"revelations.yaml:2: “text”: {message}"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"characters": [character("ann", memberships=[{"faction": "nobody", "revealed_in": 1}])]},
         "characters.yaml:{}: There is no faction “nobody”."),
        ({"characters": [ANN, character("bea", memberships=[{"faction": "nobody", "revealed_in": 1}])]},
         "characters.yaml:{}: There is no faction “nobody”."),
        ({"relationships": [{"source": "nobody", "kind": "friend", "target": "ann", "revealed_in": 1}]},
         "relationships.yaml:{}: There is no character “nobody”."),
        ({"relationships": [{"source": "ann", "kind": "friend", "target": "nobody", "revealed_in": 1}]},
         "relationships.yaml:{}: There is no character “nobody”."),
        ({"revelations": [revelation("r", "x", since=1, characters=["ann", "nobody"])]},
         "revelations.yaml:{}: There is no character “nobody”."),
        ({"revelations": [revelation("r", "x", since=1, factions=["nobody"])]},
         "revelations.yaml:{}: There is no faction “nobody”."),
        ({"revelations": [revelation("r", "x", since=1, supersedes="nobody")]},
         "revelations.yaml:{}: There is no revelation “nobody”."),
        ({"unmaskings": [unmasking("nobody", "ann", since=1)]}, "unmaskings.yaml:{}: There is no character “nobody”."),
        ({"unmaskings": [unmasking("ann", "nobody", since=1)]}, "unmaskings.yaml:{}: There is no character “nobody”."),
        ({"characters": [character("ann", portraits=[
            {"file": "nobody.png", "alt_text": "x", "credit": "x", "licence": "x", "revealed_in": 1}])]},
         "characters.yaml:{}: There is no file “nobody.png” in the data set."),
    ],
)  # fmt: skip
def test_rows_refer_only_to_what_exists(tmp_path: Path, files: dict[str, Any], message: str) -> None:
    problems = refusals(tmp_path, **({"characters": [ANN]} | files))
    file = message.partition(":")[0]
    assert problems == [message.format(line_of(tmp_path, file, "nobody"))]


def test_a_character_is_no_faction(tmp_path: Path) -> None:
    ann = character("ann", memberships=[{"faction": "ann", "revealed_in": 1}])
    assert refusals(tmp_path, characters=[ann])[0].endswith("There is no faction “ann”.")


@pytest.mark.parametrize("name", ["../secret.png", "/etc/hostname", "."])
def test_no_file_outside_of_the_data_set_is_read(tmp_path: Path, name: str) -> None:
    put_picture(tmp_path, file="secret.png")
    ann = character("ann", portraits=[put_picture(tmp_path / "show") | {"file": name}])
    [problem] = refusals(tmp_path / "show", characters=[ann])
    assert problem.endswith(f"There is no file “{name}” in the data set.")


def test_a_key_belongs_to_one_character_or_faction(tmp_path: Path) -> None:
    problems = refusals(tmp_path, characters=[ANN, character("ann"), character("late")], factions=[LATE])
    assert problems == [
        f"characters.yaml:{line_of(tmp_path, 'characters.yaml', 'key: ann', 'key: ann')}: The key “ann” is given twice.",  # noqa: E501
        f"characters.yaml:{line_of(tmp_path, 'characters.yaml', 'key: late')}: The key “late” is given twice.",
    ]


@pytest.mark.parametrize("masks", ["ab ba", "ab bc ca", "ab bc cb", "aa"])
def test_masks_do_not_go_round_in_a_circle(tmp_path: Path, masks: str) -> None:
    rows = [unmasking(persona, identity, since=1) for persona, identity in masks.split()]
    problems = refusals(tmp_path, characters=[character(key) for key in "abc"], unmaskings=rows)
    assert {problem.partition(":")[0] for problem in problems} == {"unmaskings.yaml"}
    assert all("closes a circle" in problem or "as themselves" in problem for problem in problems)


@pytest.mark.parametrize("chain", ["ab ba", "ab bc ca", "ab bc cb", "aa"])
def test_beliefs_do_not_go_round_in_a_circle(tmp_path: Path, chain: str) -> None:
    over = dict(chain.split())
    rows = [revelation(key, "x", since=1, **({"supersedes": over[key]} if key in over else {})) for key in "abc"]
    problems = refusals(tmp_path, characters=[ANN], revelations=rows)
    assert problems
    assert all(problem.startswith("revelations.yaml:") and "supersed" in problem for problem in problems)


ENDS = {
    "membership": (
        "characters",
        "faction: early",
        {"memberships": [{"faction": "early", "revealed_in": 3, "ended_in": 2}]},
    ),
    "tag": ("characters", "name: nean", {"tags": [{"name": "nean", "revealed_in": 3, "ended_in": 2}]}),
    "relationship": (
        "relationships",
        "source: ann",
        {"source": "ann", "kind": "friend", "target": "bea", "revealed_in": 3, "ended_in": 2},
    ),
}


@pytest.mark.parametrize(("file", "begins", "row"), ENDS.values(), ids=ENDS.keys())
def test_nothing_ends_before_it_is_revealed(tmp_path: Path, file: str, begins: str, row: dict[str, Any]) -> None:
    early = LATE | {"key": "early"}
    files: dict[str, Any] = {"characters": [ANN, BEA], "factions": [early]}
    files |= {file: [character("ann", **row), BEA] if file == "characters" else [row]}
    [problem] = refusals(tmp_path, **files)
    assert problem.partition(": ")[2] == "It cannot end before it is revealed."
    assert problem.startswith(f"{file}.yaml:{line_of(tmp_path, f'{file}.yaml', begins)}: ")


def test_there_is_a_name_from_the_first_episode_on(tmp_path: Path) -> None:
    nameless = {"key": "bea", "revealed_in": 1, "aliases": [{"name": "Bea", "revealed_in": 1}, headline("B", since=2)]}
    [problem] = refusals(
        tmp_path, characters=[ANN, nameless, {"key": "cat", "revealed_in": 1, "aliases": [headline("Cat", since=1)]}]
    )
    line = line_of(tmp_path, "characters.yaml", "key: bea")
    assert problem.startswith(f"characters.yaml:{line}: There is no headline name for episode 1")


def test_there_is_one_headline_an_episode(tmp_path: Path) -> None:
    two = character("ann", aliases=[headline("Ann Lee", since=2), headline("Queen Ann", since=2)])
    [problem] = refusals(tmp_path, characters=[two])
    line = line_of(tmp_path, "characters.yaml", "Queen Ann")
    assert problem == f"characters.yaml:{line}: There is another headline name for this episode."


def test_one_value_an_episode_of_what_has_one_value(tmp_path: Path) -> None:
    rows = [trait("species", "human", since=1), trait("species", "Nean", since=2), trait("species", "Proto", since=2)]
    [problem] = refusals(tmp_path, characters=[character("ann", traits=rows)])
    lines = [line_of(tmp_path, "characters.yaml", *["species"] * number) for number in (2, 3)]
    assert problem == f"characters.yaml:{lines[1]}: This is given twice; the other is in line {lines[0]}."


def test_two_tags_do_not_share_an_address(tmp_path: Path) -> None:
    tags = [{"name": name, "revealed_in": 1} for name in ("red figure", "red-figure")]
    [problem] = refusals(tmp_path, characters=[character("ann", tags=tags)])
    line = line_of(tmp_path, "characters.yaml", "red-figure")
    assert problem.startswith(f"characters.yaml:{line}: ")
    assert "share an address" in problem


def test_one_episode_later_the_rows_are_accepted(tmp_path: Path) -> None:
    """So the refusals above are for the episode and nothing else."""
    bea = character("bea", since=3, tags=[{"name": "nean", "revealed_in": 3}], traits=[trait("summary", MENTION, since=3)],  # noqa: E501
                    memberships=[{"faction": "late", "revealed_in": 3, "ended_in": 3}], portraits=[put_picture(tmp_path, since=3)])  # fmt: skip  # noqa: E501
    revelations = [
        revelation("r", MENTION, since=3, characters=["ann", "bea"], supersedes="s"),
        revelation("s", "x", since=1),
    ]
    files = {
        "characters": [ANN, bea],
        "factions": [LATE],
        "revelations": revelations,
        "unmaskings": [unmasking("bea", "ann", since=3)],
    }
    write_show(tmp_path, **files)
    assert load(tmp_path).added[CHARACTER] == 2


@pytest.mark.parametrize(
    ("key", "nearest"),
    [("an", ""), ("naomi-orthman", "naomi_orthmann"), ("Naomi Orthmann", "naomi_orthmann"), ("late_one", "")],
)
def test_a_mention_is_read_to_the_letter_and_the_nearest_is_named(tmp_path: Path, key: str, nearest: str) -> None:
    people = [ANN, character("naomi_orthmann", "Naomi Orthmann"), character("late_ones", "The Late", since=3)]
    problems = refusals(tmp_path, characters=people, revelations=[revelation("r", f"[[{key}]] knows.", since=1)])
    assert len(problems) == 1
    assert problems[0].partition(" Did you mean ")[2] == (f"“{nearest}”?" if nearest else "")


def test_a_key_in_a_list_is_read_to_the_letter_and_the_nearest_is_named(tmp_path: Path) -> None:
    people = [ANN, character("naomi_orthmann", "Naomi Orthmann")]
    told = revelation("r", "So it is.", since=1, characters=["naomi-orthman", "nobody"])
    problems = refusals(tmp_path, characters=people, revelations=[told])
    assert [problem.partition(": ")[2] for problem in problems] == [
        "There is no character “naomi-orthman”. Did you mean “naomi_orthmann”?",
        "There is no character “nobody”.",
    ]
