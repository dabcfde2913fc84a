"""`import_characters` makes files for an editor out of tables and wikis, and guesses no episode."""

import json
from html import escape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from characters.datasets import wiki
from characters.datasets.importing import FirstAppearances
from characters.datasets.reading import read
from tests.seasons import EPISODES, harbour
from tests.shows import write_show

TABLE = """\
Name,First appearance,Affiliation,Occupation
Tam Reed,S1 E2,Harbour Watch,diver
Mara,S1 E1,,
Una,Season 2,Harbour Watch;Tide House,
Old Ben,,,"smith, of sorts"
,S1 E1,,
"""


def page(title: str, text: str, *, ns: int = 0, more: str = "") -> str:
    revisions = (
        f"<revision><text>{{{{Infobox|name=Former}}}}</text></revision><revision><text>{escape(text)}</text></revision>"
    )
    return f"<page><title>{escape(title)}</title><ns>{ns}</ns>{more}{revisions}</page>"


def dump(*pages: str, before: str = "") -> str:
    return f'{before}<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/">{"".join(pages)}</mediawiki>'


def make(tmp_path: Path, name: str, content: str | bytes, **options: Any) -> tuple[Path, str]:
    """Import a file into a show, and return the directory of what was made, and what the command said."""
    show = write_show(tmp_path / "show", **harbour())
    source, into, said = tmp_path / name, tmp_path / "made", StringIO()
    source.write_bytes(content.encode() if isinstance(content, str) else content)
    call_command("import_characters", str(source), into=into, show=show, stdout=said, **options)
    return into, said.getvalue()


def entries(into: Path, name: str = "characters.yaml") -> Any:
    """Return what a loader would read; what is a comment is not there."""
    document = read(into / name)
    assert not document.problems
    return document.data


def uncommented(into: Path, name: str = "characters.yaml") -> str:
    return "\n".join(line.strip().removeprefix("# ") for line in (into / name).read_text().splitlines())


def test_a_table_becomes_entries_for_those_who_have_a_first_appearance(tmp_path: Path) -> None:
    into, said = make(tmp_path, "people.csv", TABLE)
    assert entries(into) == [
        {
            "key": "tam_reed",
            "revealed_in": 102,
            "aliases": [{"name": "Tam Reed", "headline": True, "revealed_in": 102}],
        }
    ]
    assert "With a first appearance: 1 character; without: 2." in said
    assert "Una: “Season 2” is told (people.csv:4)" in said
    assert "Old Ben: nothing is told (people.csv:5)" in said
    assert "Mara: is in the data set already" in said
    assert "people.csv:6: has no name" in said


def test_what_has_no_episode_is_written_as_a_comment_with_a_question_mark(tmp_path: Path) -> None:
    into, _ = make(tmp_path, "people.csv", TABLE)
    text = uncommented(into)
    assert "- {faction: harbour_watch, revealed_in: ?}" in text
    assert "- {attribute: occupation, value: diver, revealed_in: ?}" in text
    assert "people.csv:4; first appearance: Season 2\n- key: una\n" in text
    assert "- {attribute: occupation, value: 'smith, of sorts', revealed_in: ?}" in text
    assert entries(into, "factions.yaml") is None
    assert uncommented(into, "factions.yaml").count("- key: ") == 2


def test_a_list_of_objects_and_headings_of_ones_own(tmp_path: Path) -> None:
    people = [{"Who": "Tam", "Seen": "Fog", "Crew": ["A", "B"]}, {"Who": "Tam", "Seen": 102.5, "Crew": None}]
    into, _ = make(tmp_path, "people.json", json.dumps(people), map=["name=Who", "since=Seen", "faction=Crew"])
    assert [(each["key"], each["revealed_in"]) for each in entries(into)] == [("tam", 102), ("tam_2", 102.5)]
    assert uncommented(into).count("{faction: ") == 2


@pytest.mark.parametrize(
    ("said", "number"),
    [
        (["101"], 101),
        (["part 101"], 101),
        (["S1 E2"], 102),
        (["s2e1"], 201),
        (["Fog"], 102),
        (["S1 E2: Fog"], 102),
        (["S1 E2: “Fog”"], 102),
        (["S1 E2: Return"], None),  # another's title
        (["Chapter 4", "S2 E1"], 201),
        (["S1 E1", "S2 E1"], None),
        (["S1 E1, S2 E1"], None),
        (["S1 E1 (special)"], None),
        (["2"], None),
        (["Season 1"], None),
        ([""], None),
        ([], None),
    ],
)
def test_an_episode_is_one_that_is_named_and_no_other(said: list[str], number: float | None) -> None:
    assert FirstAppearances(EPISODES, "part").number_of(said) == number


def test_the_infoboxes_of_a_wiki(tmp_path: Path) -> None:
    box = (
        "{{Infobox character\n| name = '''Tam''' [[Reed (family)|Reed]]<!-- so -->\n"
        "| first appearance = [[Fog (part)|Fog]]<ref>Twice.</ref>\n"
        "| affiliation = * [[Harbour Watch]]\n* Tide<br/>House {{small|former}}\n| image = [[File:Tam.png|200px]]\n}}"
        "'''Tam''' is a {{Infobox character|name=Somebody else}}."
    )
    into, said = make(
        tmp_path, "wiki.xml",
        dump(
            page("Tam", box),
            page("Una", "{{Infobox_Character|first_appearance=S2 E1}}"),
            page("Talk:Tam", box, ns=1),
            page("Tammy", box, more='<redirect title="Tam"/>'),
            page("Salt", "Salt is {{what}}."),
        ),
    )  # fmt: skip
    assert [(each["aliases"][0]["name"], each["revealed_in"]) for each in entries(into)] == [
        ("Tam Reed", 102),
        ("Una", 201),
    ]
    assert "With a first appearance: 2 characters; without: 0." in said
    names = [line for line in uncommented(into, "factions.yaml").splitlines() if "name: " in line]
    assert [name for name in ("Harbour Watch", "Tide", "House") if any(f"name: {name}," in line for line in names)] == [
        "Harbour Watch", "Tide", "House",
    ]  # fmt: skip


def test_infoboxes_are_those_that_one_names(tmp_path: Path) -> None:
    text = "{{Infobox place|name=Pier}}{{Person|name=Tam|first appearance=101}}"
    into, _ = make(tmp_path, "wiki.xml", dump(page("Tam", text)), template=["Person"])
    assert [each["key"] for each in entries(into)] == ["tam"]


@pytest.mark.parametrize(
    "name",
    ["Tam\n- key: evil", "Tam: {x", "# Tam", "'Tam", '"Tam\\', "Tam\u2028- key: evil", "Tam\x00\x1b[2J",
     "&a *a !!python/x", "Tam\u202eevil", "null", "2024-01-01"],
)  # fmt: skip
def test_no_name_can_write_anything_but_itself(tmp_path: Path, name: str) -> None:
    people = [{"name": name, "since": since, "faction": name, "occupation": name} for since in ("101", name)]
    into, _ = make(tmp_path, "people.json", json.dumps(people))
    [only] = entries(into)
    assert only.keys() == {"key", "revealed_in", "aliases"}
    [alias] = only["aliases"]
    assert isinstance(alias["name"], str)
    assert alias["name"].split()[0] in name.replace("\u202e", "")
    assert entries(into, "factions.yaml") is None


LAUGHS = '<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("people.csv", "Who,Seen\nTam,1\n", "people.csv has no column “name” for name; it has Who, Seen. Say which"),
        ("people.csv", b"name\nTam\n\xff\n", "people.csv:3 is not UTF-8"),
        ("people.csv", 'name\n"Tam', "people.csv:1 is not CSV"),
        ("people.json", '{"name": "Tam"}', "people.json must be a list of objects"),
        ("people.json", "[\n{]", "people.json:2 is not JSON"),
        ("people.json", "[" * 200_000, "people.json is nested too deeply"),
        ("people.txt", "Tam", "people.txt is neither .csv nor .json nor .xml"),
        ("wiki.xml", dump(page("Tam", "&"), before=LAUGHS), "wiki.xml has a document type"),
        ("wiki.xml", dump(page("Tam", "&"), before=OUTSIDE), "wiki.xml has a document type"),
        ("wiki.xml", dump(page("Tam", "Tam"))[:-20], "is not XML"),
        ("wiki.xml", dump(page("Tam", "T" * 100_000)), "wiki.xml has a page of over"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str | bytes, message: str
) -> None:
    monkeypatch.setattr(wiki, "MOST_OF_A_PAGE", 40_000)
    with pytest.raises(CommandError) as error:
        make(tmp_path, name, content)
    assert message in str(error.value)
    assert not (tmp_path / "made").exists()


def test_a_page_that_is_nested_without_end_is_read_to_its_end(tmp_path: Path) -> None:
    box = "{{Infobox|name=Tam|first appearance=101|faction="
    deep = [box + opening * 20_000 for opening in ("{{a|[[b|", "{{Infobox|", "[[", "<b a=", "{{{a|", "<!--")]
    ended = [f"{box}{'<b a=' * 2_000}}}}}"]
    pages = [page(f"Tam {number}", text) for number, text in enumerate([*deep, *ended])]
    _, said = make(tmp_path, "wiki.xml", dump(*pages, page("Una", "{{Infobox|since=101}}")))
    assert "With a first appearance: 2 characters;" in said


def test_many_pages_are_not_one_large_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiki, "MOST_OF_A_PAGE", 200_000)
    pages = [page(f"P{number}", "{{Infobox|since=101}}" + "x" * 20_000) for number in range(40)]
    _, said = make(tmp_path, "wiki.xml", dump(*pages))
    assert "With a first appearance: 40 characters;" in said


def test_nothing_is_written_over(tmp_path: Path) -> None:
    make(tmp_path, "people.csv", TABLE)
    with pytest.raises(CommandError, match="is there already"):
        make(tmp_path, "people.csv", TABLE)


@pytest.mark.parametrize("given", ["name", "who=Name", "name="])
def test_a_map_says_ours_and_theirs(tmp_path: Path, given: str) -> None:
    with pytest.raises(CommandError, match="maps nothing: write OURS=THEIRS"):
        make(tmp_path, "people.csv", TABLE, map=[given])


def test_headings_are_read_as_programs_write_them(tmp_path: Path) -> None:
    people = [{"name": "Una", "first_appearance": "S1 E2"}, {"name": "Tam", "firstAppearance": "S1 E1"}]
    into, _ = make(tmp_path, "people.json", json.dumps(people))
    assert [entry["revealed_in"] for entry in entries(into)] == [102, 101]


def test_what_is_not_read_is_named(tmp_path: Path) -> None:
    _, said = make(tmp_path, "people.csv", "Name,First appearance,Eye colour,Shoes\nTam,S1 E1,grey,\nUna,S1 E1,,\n")
    listed = said.partition("Not read")[2].splitlines()
    assert listed[1] == "  Eye colour"
    assert "Shoes" not in said


def test_each_that_is_listed_has_a_line_of_its_own(tmp_path: Path) -> None:
    _, said = make(tmp_path, "people.csv", "Name,First appearance\nTam,\nUna,\n")
    assert [line for line in said.splitlines() if "is told" in line] == [
        "  Tam: nothing is told (people.csv:2)", "  Una: nothing is told (people.csv:3)",
    ]  # fmt: skip


@pytest.mark.parametrize("title", ['"Salt"', "“Salt”", "Salt"])
def test_a_title_may_stand_in_quotes(title: str) -> None:
    assert FirstAppearances([{"number": 4, "title": "Salt"}], "episode").number_of([title]) == 4


def test_a_group_is_known_with_its_article_and_without_notes(tmp_path: Path) -> None:
    box = "{{Infobox character|first=S1 E1|affiliation=The Harbour Watch (formerly)<br>Harbour Watch<br>Order (East)}}"
    into, _ = make(tmp_path, "wiki.xml", dump(page("Tam", box)))
    text = uncommented(into)
    assert "- {faction: the_harbour_watch, revealed_in: ?}  # formerly" in text
    assert text.count("faction: the_harbour_watch") == 2
    assert "order_east" in text
    assert uncommented(into, "factions.yaml").count("- key:") == 2


def test_other_names_are_left_to_an_editor(tmp_path: Path) -> None:
    into, _ = make(tmp_path, "people.json", json.dumps([{"name": "Una", "since": "S1 E1", "aliases": ["Una", "Fox"]}]))
    assert [alias["name"] for alias in entries(into)[0]["aliases"]] == ["Una"]
    assert uncommented(into).splitlines()[-1].strip() == "- {name: Fox, revealed_in: ?}"


def test_a_file_without_characters_is_told(tmp_path: Path) -> None:
    box = "{{Infobox person|first=S1 E1}}"
    with pytest.raises(CommandError, match="has no characters"):
        make(tmp_path, "wiki.xml", dump(page("Tam", box)), template=["Person"])
    assert not (tmp_path / "made").exists()
    into, _ = make(tmp_path, "wiki.xml", dump(page("Tam", box)), template=["Infobox_person"])
    assert entries(into)[0]["revealed_in"] == 101
