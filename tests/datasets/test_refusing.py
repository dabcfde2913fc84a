"""The shape of the files: everything wrong with a directory is reported at once, each problem with file and line."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from characters.datasets import reading
from characters.datasets.linting import corpus_of_files, read
from characters.datasets.loading import load
from characters.datasets.reading import DatasetError, Problem
from characters.datasets.schema import FILES
from characters.kinds import RELATIONSHIP
from characters.models import Alias, Character
from episodes.models import Episode
from tests.axes import both, two_axes
from tests.shows import character, episode, revelation, write_show

pytestmark = pytest.mark.django_db

EPISODES = "- {number: 1}\n- {number: 2}\n"
ANN = "- key: ann\n  revealed_in: 1\n  aliases:\n  - {name: Ann, headline: true, revealed_in: 1}\n"


def write(directory: Path, **files: str | bytes) -> Path:
    """Write files just as given, with episodes and one character unless others are given."""
    for name, text in ({"episodes": EPISODES, "characters": ANN} | files).items():
        (directory / f"{name}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return directory


def problems_of(directory: Path, **files: str | bytes) -> list[Problem]:
    with pytest.raises(DatasetError) as refused:
        load(write(directory, **files))
    assert not Character.objects.exists()
    assert not Episode.objects.exists()
    return refused.value.problems


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("- name: Ann\n  text: Salt: a tale\n", 2, "A text with “: ” in it needs quotes"),
        ("- name: Ann\n   text: Salt\n", 2, "the same indent as its neighbours"),
        ("- {name: Ann, text: x\n- {name: Bea}\n", 2, "The bracket of line 1 is not closed before this"),
        ("- {name: Ann, text: Salt: a, b}\n", 1, "a text in it needs quotes"),
        ("- name: Ann\n  text: [[ann]] came.\n", 2, "begins with a bracket or a quote"),
        ("- name: Ann\n- name: Bea\n  text: x\n age: 3\n", 4, "indented otherwise than those it belongs to"),
        ('- name: Ann\n- text: "Salt\n- name: Bea\n- name: Cole\n', 2, "The quote that begins here is not closed."),
        ('- text: "Salt\n- name: "Bea"\n', 2, "begins with a bracket or a quote"),
        ("- name: Ann\n\ttext: x\n", 2, "Indent with spaces"),
        ("- name: Ann\n  text: @ann\n", 2, "A text that begins with this sign needs quotes."),
        ("- name: Ann\n  text: * of ours\n", 2, "A text that begins with & or * needs quotes."),
        ("- name: Ann\n  text\n  more: x\n", 3, "After a key stands “: ”"),
        ('- text: "C:\\salt"\n', 1, "a backslash is written twice"),
    ],
)
def test_what_is_no_yaml_is_shown_with_what_to_write_instead(tmp_path: Path, text: str, line: int, hint: str) -> None:
    (tmp_path / "characters.yaml").write_text(text)
    problem, *others = reading.read(tmp_path / "characters.yaml").problems
    assert not others
    assert hint in problem.message
    assert problem.line == line


def test_the_files_these_tests_begin_with_can_be_loaded(tmp_path: Path) -> None:
    load(write(tmp_path))
    assert Character.objects.get().key == "ann"


def test_all_problems_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path,
        series="titel: Typo\n",
        episodes=EPISODES + "- {number: three}\n",
        factions="- key: Not A Key\n  revealed_in: 1\n",
        characters=ANN + "\n# a comment\n- key: bea\n  revealed_in: 9\n",
        relationships="- {source: ann, kind: adores, target: ann, revealed_in: 1}\n",
        revelations="- {key: r1, revealed_in: 1, text: Hello, supersedes: r0}\n- {key: r2, text: Hello}\n",
        unmaskings="- {persona: ann, identity: nobody, revealed_in: 1}\n",
    )
    places = [(problem.file, problem.line) for problem in problems]
    assert places == [
        ("characters.yaml", 8),
        ("episodes.yaml", 3),
        ("factions.yaml", 1),
        ("factions.yaml", 1),
        ("relationships.yaml", 1),
        ("revelations.yaml", 1),
        ("revelations.yaml", 2),
        ("series.yaml", 1),
        ("series.yaml", 1),
        ("unmaskings.yaml", 1),
    ]
    assert str(problems[0]) == "characters.yaml:8: There is no episode 9 in episodes.yaml."


SHAPES = {
    "unknown key": ("  colour: red  # wrong\n", "“colour” is not a key that belongs here."),
    "unknown key below": ("  traits:\n  - attribute: age\n    value: x\n    revealed_in: 1\n    epsode: 1  # wrong\n",
                          "“epsode” is not a key that belongs here."),
    "missing key": ("  tags:\n  - name: red\n    revealed_in: 1\n  - name: blue  # wrong\n", "“revealed_in” is missing."),  # noqa: E501
    "text for a number": ('  tags:\n  - name: red\n    revealed_in: "1"  # wrong\n', "must be a plain number"),
    "true for a number": ("  tags:\n  - name: red\n    revealed_in: true  # wrong\n", "must be a plain number"),
    "a fraction": ("  tags:\n  - name: red\n    revealed_in: 1.5  # wrong\n", "must be a plain number"),
    "a negative number": ("  tags:\n  - name: red\n    revealed_in: -1  # wrong\n", "greater than or equal to 0"),
    "a huge number": (f"  tags:\n  - name: red\n    revealed_in: {'9' * 5000}  # wrong\n", "cannot be read"),
    "a number for text": ("  tags:\n  - revealed_in: 1\n    name: 2128  # wrong\n", "must be text; put it in quotes"),
    "no as a name": ("  tags:\n  - revealed_in: 1\n    name: no  # wrong\n", "must be text; put it in quotes"),
    "nothing as a name": ("  tags:\n  - revealed_in: 1\n    name:  # wrong\n", "must be text; put it in quotes"),
    "blank text": ('  tags:\n  - revealed_in: 1\n    name: "  "  # wrong\n', "at least 1 character"),
    "text for a list": ("  tags: red  # wrong\n", "valid list"),
    "text for a mapping": ("  tags:\n  - red  # wrong\n", "“tags” must be keys with values"),
    "a kind that is none": ("  traits:\n  - attribute: mood  # wrong\n    value: x\n    revealed_in: 1\n", "cannot be “mood”"),  # noqa: E501
    "a key given twice": ("  revealed_in: 2  # wrong\n", "“revealed_in” is given twice."),
    "a key that is a list": ("  ? [a, b]  # wrong\n  : c\n", "A key must be a plain word."),
    "a merge": ("  <<: {revealed_in: 2}  # wrong\n", "“<<” is not a key that belongs here."),
    "an anchor": ("  tags: &all []  # wrong\n", "YAML anchors (&) are not allowed."),
    "an alias": ("  tags: *all  # wrong\n", "YAML aliases (*) are not allowed."),
    "a tag that runs code": ('  tags: !!python/object/apply:os.system ["true"]  # wrong\n', "YAML tags (tag:yaml.org,2002:python"),  # noqa: E501
    "a harmless tag": ('  public_id: !!str "abcdefgh"  # wrong\n', "YAML tags (tag:yaml.org,2002:str) are not allowed."),  # noqa: E501
    "an escaped control character": ('  tags:\n  - revealed_in: 1\n    name: "a\\x07b"  # wrong\n', "U+0007"),
    "half a character": ('  tags:\n  - revealed_in: 1\n    name: "a\\ud800b"  # wrong\n', "“name”"),
    "too long a name": (f"  tags:\n  - revealed_in: 1\n    name: {'a' * 101}  # wrong\n", "“name”: Ensure this value has at most 100"),  # noqa: E501
    "a tag without a letter": ('  tags:\n  - name: "!?"  # wrong\n    revealed_in: 1\n', "at least one letter or digit"),  # noqa: E501
    "a bad public id": ("  public_id: ../../x  # wrong\n", "“public_id”"),
    "a tab": ("  tags:\n\t- red  # wrong\n", "This is not YAML: found character '\\t'"),
    "an open bracket": ("  tags: ]  # wrong\n", "This is not YAML"),
}  # fmt: skip


@pytest.mark.parametrize(("addition", "message"), SHAPES.values(), ids=SHAPES.keys())
def test_a_malformed_entry_is_reported_with_its_line(tmp_path: Path, addition: str, message: str) -> None:
    text = "# The cast\n\n" + ANN + addition
    problems = problems_of(tmp_path, characters=text)
    reported = [problem for problem in problems if message in problem.message]
    assert {problem.line for problem in reported} == {text[: text.index("# wrong")].count("\n") + 1}, problems


NUMBERS = {
    "episodes": "- {number: 1}\n- {number: 2}\n- number: N  # wrong\n",
    "characters": ANN + "- key: bea\n  revealed_in: N  # wrong\n",
    "factions": "- key: guild\n  revealed_in: 1\n  tags:\n  - {name: a, revealed_in: 1}\n  - {name: b, ended_in: N, revealed_in: 1}  # wrong\n",  # noqa: E501
    "relationships": "- source: ann\n  target: ann\n  kind: ally\n  revealed_in: N  # wrong\n",
    "unmaskings": "- {persona: ann, identity: ann, revealed_in: N}  # wrong\n",
}
UNCLEAR = ["010", "012", "08", "00", "0x10", "0b11", "0o10", "1_0", "1e1", "1.0e+1", "10.0", "1:30", "+3", "-0", "１０",
           "१०", "'10'", "true", "yes", "2024-01-11", "1 0", "10,"]  # fmt: skip


@pytest.mark.parametrize("number", UNCLEAR)
@pytest.mark.parametrize("name", NUMBERS)
def test_an_episode_that_is_no_plain_number_is_refused(tmp_path: Path, name: str, number: str) -> None:
    text = NUMBERS[name].replace("N", f'"{number}"' if "{" in NUMBERS[name] and "," in number else number)
    problems = problems_of(tmp_path, **{name: text})
    line = text[: text.index("# wrong")].count("\n") + 1
    message = "must be a plain number, such as 10: without quotes, and no 0 or other sign before it."
    assert [(problem.file, problem.line) for problem in problems if message in problem.message] == [
        (f"{name}.yaml", line)
    ]


# What YAML takes for something else than text is refused as text; the rest is the text that stands there.
MISREAD = ["no", "on", "Yes", "OFF", "true", "null", "~", "Null", "010", "0x10", "1_0", "10", "10.5", "1:30", ".inf",
           "1.0e+3", "2024-01-11", "2024-01-11 23:30:00"]  # fmt: skip
TEXTS = ["1e3", "0o10", "=", "<<", "n", "y", "none", "nan", "１０", "08x", "2024-1-11", "1.2.3", "C++", "C#", "???"]


@pytest.mark.parametrize("word", MISREAD)
def test_a_name_that_yaml_takes_for_something_else_is_refused(tmp_path: Path, word: str) -> None:
    text = f"- key: ann\n  revealed_in: 1\n  aliases:\n  - headline: true\n    revealed_in: 1\n    name: {word}\n"
    [problem] = problems_of(tmp_path, characters=text)
    assert str(problem) == "characters.yaml:6: “name” must be text; put it in quotes."
    load(write(tmp_path, characters=text.replace(f"name: {word}", f"name: '{word}'")))
    assert Alias.objects.get().name == word


@pytest.mark.parametrize("word", TEXTS)
def test_a_name_that_yaml_takes_for_text_stays_as_it_is(tmp_path: Path, word: str) -> None:
    text = f"- key: ann\n  revealed_in: 1\n  aliases:\n  - headline: true\n    revealed_in: 1\n    name: {word}\n"
    load(write(tmp_path, characters=text))
    assert Alias.objects.get().name == word


@pytest.mark.parametrize("key", ["no", "null", "010", "1e3", "2024-01-11"])
def test_a_word_that_is_a_key_stays_as_it_is(tmp_path: Path, key: str) -> None:
    problems = problems_of(tmp_path, characters=f"{ANN}  {key}: 1\n")
    assert [problem.message for problem in problems] == [f"“{key}” is not a key that belongs here."]


def test_a_time_without_quotes_is_a_number_to_yaml(tmp_path: Path) -> None:
    revelations = "- key: r\n  revealed_in: 1\n  text: Hello\n  time: 21:40\n"
    [problem] = problems_of(tmp_path, revelations=revelations)
    assert str(problem) == "revelations.yaml:4: “time” must be text; put it in quotes."
    load(write(tmp_path, revelations=revelations.replace("21:40", '"21:40"')))


@pytest.mark.parametrize("time", ["21:60", "21.40", "late", "1:2"])
def test_an_invalid_time_is_refused(tmp_path: Path, time: str) -> None:
    revelations = f'- key: r\n  revealed_in: 1\n  text: Hello\n  time: "{time}"\n'
    [problem] = problems_of(tmp_path, revelations=revelations)
    assert (problem.line, problem.message.startswith("“time”: ")) == (4, True)


@pytest.mark.parametrize(
    "day", ["2024-13-45", "2024-02-30", "11 January", "20240111", '"2024-01-32"', "2024-01-11 23:30:00"]
)
def test_an_invalid_date_is_refused(tmp_path: Path, day: str) -> None:
    problems = problems_of(tmp_path, episodes=f"- number: 1\n  aired_on: {day}\n")
    assert [problem.line for problem in problems if problem.file == "episodes.yaml"] == [2]


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2024-1-7", "“aired_on”: 2024-1-7 is no date: write 2024-01-07."),
        ("2024/01/07", "“aired_on”: 2024/01/07 is no date: write 2024-01-07."),
        ('"2024-02-30"', "“aired_on”: 2024-02-30 is no date: day"),
        ("2024-02-30", "“2024-02-30” is no date: day"),
        ("20240111", "“aired_on”: 20240111 is no date: write one such as 2024-01-07."),
        ("2024-01-11 23:30:00", "“aired_on”: 2024-01-11 23:30:00 is a time: write 2024-01-11."),
    ],
)
def test_a_wrong_date_is_said_to_be_wrong_and_how_to_write_it(tmp_path: Path, day: str, message: str) -> None:
    [problem] = problems_of(tmp_path, episodes=f"- number: 1\n  aired_on: {day}\n")
    assert problem.message.startswith(message)


def test_a_date_may_be_in_quotes(tmp_path: Path) -> None:
    load(write_show(tmp_path, episodes=[episode(1, aired_on="2024-01-07")], characters=[]))
    assert Episode.objects.get(number=1).aired_on == date(2024, 1, 7)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{key: Jon Snow, revealed_in: 1}", "“key” cannot be “Jon Snow”: it is written of a-z, 0-9, “_”, “-” and “.”,"),
        ("{key: jon, revealed_in: 1, aliases: [{name: J, language: japanese, revealed_in: 1}]}",
         "“language” cannot be “japanese”: it is written as a code such as ja or zh-Hant."),
        ("{key: jon, revealed_in: 1, aliases: [{name: J, kind: nickname, revealed_in: 1}]}",
         "“kind” cannot be “nickname”; it is 'name', 'codename'"),
        ("{key: jon, revealed_in: 1, memberships: [{faction: No!, revealed_in: 1}]}",
         "“faction” cannot be “No!”: it is written of a-z"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_what_is_right(tmp_path: Path, entry: str, message: str) -> None:
    problems = [problem.message for problem in problems_of(tmp_path, characters=f"- {entry}\n")]
    assert len([problem for problem in problems if problem.startswith(message)]) == 1
    assert all(problem.startswith((message, "There is no headline name")) for problem in problems)  # nor is there


# The same said twice


def ties_between(*rows: tuple[str, str, str, int, int | None, str]) -> dict[str, Any]:
    entries = [
        {"source": source, "kind": kind, "target": target, "revealed_in": since, "certainty": certainty}
        | ({"ended_in": until} if until else {})
        for source, kind, target, since, until, certainty in rows
    ]
    return {"characters": [character("ann"), character("bea")], "relationships": entries}


SURE, CLAIMED = "confirmed", "claimed"


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        (("ann", "sibling", "bea", 1, None, SURE), ("bea", "sibling", "ann", 1, None, SURE), 1),
        (("ann", "sibling", "bea", 1, None, SURE), ("bea", "sibling", "ann", 1, None, CLAIMED), 1),
        (("ann", "friend", "bea", 1, None, SURE), ("ann", "friend", "bea", 2, None, SURE), 1),
        (("ann", "friend", "bea", 1, 3, SURE), ("bea", "friend", "ann", 2, None, SURE), 1),
        (("ann", "parent", "bea", 1, None, SURE), ("ann", "parent", "bea", 3, None, SURE), 1),
    ],
)
def test_a_tie_is_said_once_for_the_same_time(tmp_path: Path, first: Any, second: Any, lines: int) -> None:
    for rows in ((first, second), (second, first)):
        with pytest.raises(DatasetError) as refused:
            load(write_show(tmp_path, **ties_between(*rows)))
        assert len(refused.value.problems) == lines
        [problem] = refused.value.problems
        assert "says the same from episode" in problem.message
        assert ("which reads alike from both sides" in problem.message) == (first[0] != second[0])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("ann", "friend", "bea", 1, 2, SURE), ("bea", "friend", "ann", 2, None, SURE)),
        (("ann", "parent", "bea", 1, None, CLAIMED), ("ann", "parent", "bea", 2, None, SURE)),
        (("ann", "attacked", "bea", 1, None, SURE), ("ann", "attacked", "bea", 2, None, SURE)),
        (("ann", "parent", "bea", 1, None, SURE), ("bea", "parent", "ann", 1, None, SURE)),
        (("ann", "friend", "bea", 1, None, SURE), ("bea", "sibling", "ann", 1, None, SURE)),
    ],
)
def test_a_tie_may_come_again_or_become_sure_or_read_another_way(tmp_path: Path, first: Any, second: Any) -> None:
    assert load(write_show(tmp_path, **ties_between(first, second))).added[RELATIONSHIP] == 2


def test_a_tie_in_the_files_that_an_editor_has_said_the_other_way_is_refused(tmp_path: Path) -> None:
    load(write_show(tmp_path, **ties_between(("ann", "sibling", "bea", 2, None, SURE))))
    with pytest.raises(DatasetError, match=r"relationships.yaml:1: “ann sibling of bea”, which reads alike"):
        load(write_show(tmp_path, **ties_between(("bea", "sibling", "ann", 1, None, SURE))))


# What is refused only because of something else


def test_what_refers_to_a_wrong_row_is_counted_and_not_listed(tmp_path: Path) -> None:
    ann = character("ann") | {"colour": "red"}
    early = character("early", since=9)
    bea = character("bea", memberships=[{"faction": "nobody", "revealed_in": 1}])
    ties = [
        {"source": source, "kind": "ally", "target": "bea", "revealed_in": 1} for source in ("ann", "early", "nobody")
    ]
    told = [
        {"key": "r1", "revealed_in": 9, "text": "Hello.", "characters": ["ann"]},
        {"key": "r2", "revealed_in": 1, "text": "Hello.", "characters": ["bea"], "supersedes": "r1"},
    ]
    with pytest.raises(DatasetError) as error:
        load(write_show(tmp_path, characters=[ann, early, bea], relationships=ties, revelations=told))
    assert sorted(problem.message for problem in error.value.problems) == [
        "There is no character “nobody”.",
        "There is no episode 9 in episodes.yaml.",
        "There is no episode 9 in episodes.yaml.",
        "There is no faction “nobody”.",
        "“colour” is not a key that belongs here.",
    ]
    assert error.value.consequences == 2  # a tie of somebody who is too early, and what is superseded


def test_episodes_that_are_wrong_make_no_other_row_wrong(tmp_path: Path) -> None:
    episodes = [{"number": number, "aired_on": f"2024-1-{number}"} for number in range(1, 10)]
    show = write_show(tmp_path, episodes=episodes, characters=[character(f"c{number}") for number in range(40)])
    with pytest.raises(CommandError) as error:
        call_command("load_dataset", str(show))
    *problems, summary = str(error.value).splitlines()
    assert len(problems) == 9
    assert summary == "9 problems; nothing was written."


def test_all_causes_are_found_in_one_run_and_each_once(tmp_path: Path) -> None:
    """What is wrong in the shape of an entry hides nothing else of it, and nothing is blamed for another's fault."""
    problems = problems_of(
        tmp_path,
        episodes="- {number: 1}\n- {number: 2}\n- {number: 3, aired_on: 2024-13-01}\n",
        characters="""\
- key: Ann Lee
  revealed_in: 1
  aliases:
    - {name: Ann, kind: nickname, headline: true, revealed_in: 1}
    - {name: Anna, revealed_in: 9}
  traits:
    - {attribute: actor, value: Somebody, revealed_in: 1}
    - {attribute: status, value: alive, revealed_in: 1}
    - {attribute: status, value: dead, revealed_in: 1}
    - {attribute: habit, value: "knows [[nobody]] and [[late]]", revealed_in: 1}
  memberships:
    - {faction: nosuch, revealed_in: 8}
- key: late
  revealed_in: 3
  aliases:
    - {name: Late, headline: true, revealed_in: 1}
- key: bea
  revealed_in: soon
  aliases:
    - {name: Bea, headline: true, revealed_in: 1}
    - {name: Bea B, headline: true, revealed_in: 1}
""",
        revelations="""\
- {key: r1, revealed_in: 1, text: "[[late]] came.", characters: [Late!, late, zoe], time: "1:02:03:04", certainty: sure}
- {key: r2, revealed_in: 1, text: "[[Late]] came.", characters: [late]}
""",
    )
    assert [f"{problem.file.removesuffix('.yaml')}:{problem.line} {problem.message[:38]}" for problem in problems] == [
        "characters:1 “key” cannot be “Ann Lee”: it is writt",
        "characters:4 “kind” cannot be “nickname”; it is 'na",
        "characters:5 There is no episode 9 in episodes.yaml",
        "characters:7 “attribute” cannot be “actor”; it is '",
        "characters:9 This is given twice; the other is in l",
        "characters:10 “value”: It mentions “late”, who is re",
        "characters:10 “value”: It mentions “nobody”, but no ",
        "characters:12 There is no episode 8 in episodes.yaml",
        "characters:12 There is no faction “nosuch”.",
        "characters:16 “revealed_in”: Revealed in episode 1, ",
        "characters:18 “revealed_in” must be a plain number, ",
        "characters:21 There is another headline name for thi",
        "episodes:3 “2024-13-01” is no date: month must be",
        "revelations:1 There is no character “zoe”.",
        "revelations:1 “certainty” cannot be “sure”; it is 'h",
        "revelations:1 “characters” cannot be “Late!”: it is ",
        "revelations:1 “text”: It mentions “late”, who is rev",
        "revelations:1 “time”: A time in the episode is writt",
        "revelations:2 “revealed_in”: Revealed in episode 1, ",
        "revelations:2 “text”: “[[Late]]” is not a mention; w",
    ]


@pytest.mark.parametrize("text", ["- [", "just words", "number: 1"])
def test_a_file_that_cannot_be_read_makes_no_other_row_wrong(tmp_path: Path, text: str) -> None:
    show = write_show(tmp_path, characters=[character("ann")])
    (show / "episodes.yaml").write_text(text)
    with pytest.raises(DatasetError) as error:
        load(show)
    assert {problem.file for problem in error.value.problems} == {"episodes.yaml"}
    assert error.value.consequences == 1


def test_whom_an_unreadable_file_has_may_be_mentioned(tmp_path: Path) -> None:
    show = write_show(
        tmp_path,
        episodes=[episode(1, synopsis="[[ann]] comes."), episode(2)],
        characters=[character("ann")],
        revelations=[revelation("r1", "[[ann]] came.", since=1)],
    )
    (show / "characters.yaml").write_text("- {key: ann, text: [[ann]] came.}\n")
    with pytest.raises(DatasetError) as error:
        load(show)
    assert {problem.file for problem in error.value.problems} == {"characters.yaml"}
    assert error.value.consequences == 2


def test_what_is_wrong_on_the_second_axis_is_called_as_in_the_files(tmp_path: Path) -> None:
    """Beside the line of the field, and once: of a word and of what is of it, the latter says so."""
    files = two_axes()
    files["vocabulary"].append(both(1, None, section="name", key="epithet", label="Epithet"))
    files["characters"][0]["aliases"].append(both(2, 3, name="The Tall", kind="epithet"))
    files["characters"][1]["traits"].append(both(3, 2, attribute="ability", value="swims"))
    with pytest.raises(DatasetError) as error:
        load(write_show(tmp_path, **files))
    lines = (tmp_path / "characters.yaml").read_text().splitlines()
    assert [problem.message for problem in error.value.problems] == [
        "“kind”: “Epithet” is known in no part: nothing in part 3 can be of it.",
        "“or_revealed_in”: Revealed in part 2, before its character “mask”, which is revealed in part 5.",
    ]
    assert lines[error.value.problems[1].line - 1].strip() == "or_revealed_in: 2"


def test_episode_0_has_nothing_to_watch(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, episodes=EPISODES + "- {number: 0, title: Trailer}\n")
    assert [str(problem) for problem in problems] == [
        "episodes.yaml:3: Episode 0 stands for what is known beforehand; it has no title or synopsis."
    ]


def test_entities_that_would_expand_a_billion_times_are_refused(tmp_path: Path) -> None:
    lines = ['a: &a ["ha", "ha"]'] + [
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    problems = problems_of(tmp_path, series="\n".join(lines))
    assert {problem.line for problem in problems if "aliases" in problem.message} == set(range(2, 10))
    assert {problem.line for problem in problems if "anchors" in problem.message} == set(range(1, 10))


@pytest.mark.parametrize(
    "text", ["[" * 5000 + "]" * 5000, "{a: " * 5000, "".join(f"{' ' * n}-\n" for n in range(1500))]
)
def test_deep_nesting_is_refused(tmp_path: Path, text: str) -> None:
    problems = problems_of(tmp_path, revelations=text)
    assert [str(problem) for problem in problems] == ["revelations.yaml:1: It is nested too deeply."]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe\xfa", "This is not UTF-8."), (b"caf\xe9", "This is not UTF-8."), (b"\x07", "The character U+0007 is not allowed.")],  # noqa: E501
    ids=["bytes", "latin-1", "bell"],
)  # fmt: skip
def test_content_that_is_not_text_is_reported_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    problems = problems_of(tmp_path, series="title: ルジュ\npremise: ".encode() + content + b"\nstudio: Bones\n")
    assert [str(problem) for problem in problems] == [f"series.yaml:2: {message}"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 1024**2)
    problems = problems_of(tmp_path, series="title: x\n" + "#" * 1024**2)
    assert [str(problem) for problem in problems] == ["series.yaml:1: The file is larger than 1 MB."]


@pytest.mark.parametrize("name", ["episodes", "characters"])
def test_a_missing_required_file_is_reported(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    (tmp_path / f"{name}.yaml").unlink()
    with pytest.raises(DatasetError, match=rf"{name}\.yaml:1: It cannot be read: No such file"):
        load(tmp_path)


def test_a_missing_directory_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="There is no directory"):
        load(tmp_path / "nowhere")


def test_the_beginning_of_a_file_name_says_which_is_meant(tmp_path: Path) -> None:
    (tmp_path / "relations.yaml").write_text("[]")
    [problem] = problems_of(tmp_path)
    assert problem.message.endswith("Did you mean “relationships.yaml”?")


@pytest.mark.parametrize("name", ["character.yaml", "characters.yml", "Episodes.yaml"])
def test_an_unknown_file_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(ANN)
    [problem] = problems_of(tmp_path)
    assert (problem.file, problem.line) == (name, 1)
    assert problem.message.startswith("No file of a data set has this name; there are series.yaml, episodes.yaml")
    assert problem.message.endswith(
        "Did you mean “episodes.yaml”?" if "pisodes" in name else "Did you mean “characters.yaml”?"
    )


@pytest.mark.parametrize("name", [name.removesuffix(".yaml") for name in FILES if name != "series.yaml"])
def test_a_list_is_expected(tmp_path: Path, name: str) -> None:
    message = f"{name}.yaml:1: The file must be a list: every entry begins with “- ”."
    for text in ("key: ann\n", "Ann\n"):
        files: dict[str, Any] = {name: text}
        assert message in map(str, problems_of(tmp_path, **files))


def test_series_is_one_mapping(tmp_path: Path) -> None:
    [problem] = problems_of(tmp_path, series="- title: x\n")
    assert (problem.file, problem.line) == ("series.yaml", 1)


def test_what_is_said_too_early_is_told_with_the_problems(tmp_path: Path) -> None:
    told = "- {key: seen, revealed_in: 1, text: Bea Bell came.}\n- {key: gone, revealed_in: 9, text: She left.}\n"
    bea = "- key: bea\n  revealed_in: 2\n  aliases:\n  - {name: Bea Bell, headline: true, revealed_in: 2}\n"
    files = {"characters": ANN + bea, "revelations": told}
    with pytest.raises(CommandError) as refused:
        call_command("load_dataset", str(write(tmp_path, **files)), verbosity=0)
    said = str(refused.value)
    assert "revelations.yaml:2: " in said
    assert "says “Bea Bell”, but the name “Bea Bell” is revealed in" in said
    assert "1 problem, 1 said too early; nothing was written." in said
    (tmp_path / "relationships.yaml").write_text("- text: [[ann]] came\n")  # where a file is lost, nobody knows
    with pytest.raises(CommandError) as refused:
        call_command("load_dataset", str(tmp_path), verbosity=0)
    assert "Bea Bell" not in str(refused.value)


def test_a_name_that_is_far_too_long_is_looked_for_in_no_text(tmp_path: Path) -> None:
    ann = character("ann", "Ann " * 60, aliases=[{"name": "Annie", "revealed_in": 1}])
    with pytest.raises(DatasetError, match="at most 120 characters"):
        load(write_show(tmp_path, characters=[ann]))
    assert [name.name for name in corpus_of_files(read(tmp_path)).names] == ["Annie"]
