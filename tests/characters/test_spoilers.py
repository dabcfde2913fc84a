"""The spoiler linter: its rules one by one, twenty-five spoilers put into the real show, its command, the loader."""

import json
import re
import shutil
import weakref
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from characters.datasets.linting import spoilers_in
from characters.datasets.loading import load
from characters.kinds import CHARACTER
from characters.models import Character, Faction, Revelation
from characters.spoilers.linter import TAG_KIND, Corpus, KnownName, LintedText, Location, Vocabulary, findings_in
from characters.spoilers.rows import corpus_of_database
from episodes.models import Series
from tests.shows import (
    REAL_SHOW,
    character,
    episode,
    load_show,
    revelation,
    trait,
    write_show,
)

# The rules


def name(words: str, since: int, kind: str = "name", **more: Any) -> KnownName:
    return KnownName(words, kind, since, **more)


EVA = name("Eva Kristella", 8)
ROY = name("Roy Junghardt", 1)
MASK = name("the masked man", 5, "placeholder")
PUPPETEER = name("the Puppeteer", 5, "codename")
PROTO_NEAN = name("proto-nean", 7, TAG_KIND)
USURPERS = name("Usurpers", 2, group="faction")
ION = name("リオン", 3)
CYAN = name("シアン・ブルースター", 8)
FOURTH_WALL = name("第四の壁", 6, "title")


def names_in(text: str, *names: KnownName, at: int = 0, any_case: bool = False) -> list[str]:
    """Return the later names in a text, as they are written there."""
    matches = Vocabulary(names).mentions_of_later_names(text, at, any_case=any_case)
    return [text[match.start : match.end] for match in matches]


def names_in_markdown(text: str, *names: KnownName, at: int = 0) -> list[str]:
    """Return the later names in Markdown, as a reader sees them."""
    findings = findings_in(LintedText(text, at, Location(), "text", markdown=True), Vocabulary(names))
    return [finding.words for finding in findings]


@pytest.mark.parametrize("at", [8, 9])
def test_a_name_is_no_spoiler_once_it_is_revealed(at: int) -> None:
    assert names_in("It was Eva Kristella.", EVA, at=7) == ["Eva Kristella"]
    assert names_in("It was Eva Kristella.", EVA, at=at) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("the house of Kristella", ["Kristella"]),
        ("Eva played", ["Eva"]),
        ("Evangeline, Medieva, Kristellana", []),
        ("Eva, then Kristella", ["Kristella"]),  # one finding for one name
        ("Eva\u00a0Kristella", ["Eva\u00a0Kristella"]),
        ("Eva-Kristella", ["Eva-Kristella"]),
    ],
)
def test_the_words_of_somebodys_name_count(text: str, names: list[str]) -> None:
    assert names_in(text, EVA) == names


def test_the_words_of_other_names_do_not_stand_alone() -> None:
    names = [name("Flash Silvia", 7, "codename"), name("Sons of Ares", 2, group="faction"), name("Mk II", 3)]
    assert names_in("A Flash, two Sons, and Ares; Mk and II.", *names) == []


@pytest.mark.parametrize(
    ("text", "name_as_written"),
    [
        ("Kristella's song", "Kristella"),
        ("Kristella’s song", "Kristella"),
        ("the Kristellas", "Kristellas"),
        ("the Kristellas' house", "Kristellas"),
        ("a Usurper", "Usurper"),
        ("the Usurpers'", "Usurpers"),
        ("two proto-Neans", "proto-Neans"),
    ],
)
def test_inflected_names_are_found(text: str, name_as_written: str) -> None:
    assert names_in(text, EVA, USURPERS, PROTO_NEAN) == [name_as_written]


def test_capitals_are_part_of_a_name() -> None:
    assert names_in("a field of roses", name("Rose", 3)) == []
    assert names_in("Roses", name("Rose", 3)) == ["Roses"]


def test_a_description_may_have_a_capital_at_the_start_of_a_sentence() -> None:
    assert names_in("It was the masked man.", MASK) == ["the masked man"]
    for start in ("", "It is late. ", "“Late?” ", "Late!\n", "*"):
        assert names_in(f"{start}The masked man is here.", MASK) == ["The masked man"], start
    assert names_in("a play by name of The masked man", MASK) == []


def test_an_article_before_a_name_is_no_part_of_it() -> None:
    assert names_in("a Puppeteer", PUPPETEER) == ["Puppeteer"]
    assert names_in("a puppeteer", PUPPETEER) == []


def test_a_tag_counts_as_a_phrase_in_any_case() -> None:
    assert names_in("a proto-Nean", PROTO_NEAN) == ["proto-Nean"]
    assert names_in("Code Eve", name("code eve", 8, TAG_KIND)) == ["Code Eve"]
    assert names_in("she is dead", name("dead", 8, TAG_KIND)) == []
    assert names_in("she is dead", name("dead", 8, "variant")) == ["dead"]


def test_a_common_word_is_passed_over_and_longer_names_with_it_are_not() -> None:
    first, cyan = name("First", 9, common_word=True), name("Cyan", 8, common_word=True)
    assert names_in("First she sings. The First.", first) == []
    assert names_in("Cyan sings. Cyan Bluestar", cyan, name("Cyan Bluestar", 8)) == ["Cyan Bluestar"]


def test_the_words_of_a_name_that_is_a_common_word_do_not_stand_alone() -> None:
    commoner = name("King's Landing Commoner", 3, common_word=True)
    assert names_in("King's Landing", commoner) == []
    assert names_in("Landing", commoner, name("Ann Landing", 5)) == ["Landing"]


def test_the_name_that_a_word_is_of_is_named_and_no_other_that_has_it() -> None:
    baker, commoner = name("King's Landing Baker", 2, "title"), name("King's Landing Commoner", 3)
    vocabulary = Vocabulary([baker, commoner])
    [finding] = findings_in(LintedText("They reach King's Landing.", 1, Location(), "text"), vocabulary)
    assert (finding.words, finding.name, finding.known_from) == ("Landing", "King's Landing Commoner", 3)
    assert finding.claim == "that is a word of the name “King's Landing Commoner”, which is revealed in episode 3"
    assert not [
        *findings_in(LintedText("King's Landing", 2, Location(), "text"), vocabulary)
    ]  # the baker's title has it
    assert names_in("King's Landing", commoner, name("King's Landing", 1), at=1) == []  # and so has the place


def test_later_texts_with_a_word_that_was_said_are_named_with_the_first() -> None:
    def told(words: str, at: int) -> LintedText:
        return LintedText(words, at, Location("f.yaml", at, "the text"), "text")

    said = [told("Kristella went.", 3), told("Kristella came.", 2), told("The Kristellas", 4), told("Eva!", 5)]
    first, other = Corpus([EVA], said).findings()
    assert (first.words, first.known_in, [where.line for where in first.again]) == ("Kristella", 2, [3, 4])
    assert str(first).endswith(": Kristella came. (said again by f.yaml:3, f.yaml:4)")
    assert (other.words, other.known_in, other.again) == ("Eva", 5, ())
    whole = Corpus([EVA], [told("Eva Kristella", 2), told("Eva Kristella", 3)])
    assert [finding.known_in for finding in whole.findings()] == [2, 3]  # a whole name is no word of a place


def test_a_name_that_two_have_is_known_when_the_first_is() -> None:
    assert names_in("Rose", name("Rose", 5), name("Rose", 2), at=2) == []
    assert names_in("Rose", name("Rose", 5), name("Rose", 2), at=1) == ["Rose"]


def test_who_knows_the_long_name_knows_its_words() -> None:
    late = [name("Junghardt", 6), name("Roy", 6)]
    assert names_in("Junghardt, called Roy", *late, at=5) == ["Junghardt", "Roy"]
    assert names_in("Junghardt, called Roy", *late, ROY, at=5) == []
    assert names_in("Nean", name("Nean", 9), name("Council of Free Neans", 3, group="faction"), at=3) == []


def test_who_knows_a_description_knows_no_name_by_it() -> None:
    slip = name("the sister of Bluestar", 3, "placeholder")
    assert names_in("Bluestar", name("Cyan Bluestar", 8), slip, at=3) == ["Bluestar"]


def test_a_later_name_within_a_known_one_is_none() -> None:
    assert names_in("the Rose Garden", name("Rose", 5), name("Rose Garden Club", 1, "title"), at=1) == []
    assert names_in("a Rose of the Garden", name("Rose", 5), name("Club of Roses", 1, "placeholder"), at=1) == ["Rose"]
    inside = [name("masked", 9, "variant"), name("the masked man", 1, "placeholder")]
    assert names_in("see the masked man", *inside, at=1) == []
    assert names_in("see a masked man", *inside, at=1) == ["masked"]


def test_a_description_is_no_excuse_for_what_it_says() -> None:
    slip = name("Bluestar's sister", 3, "placeholder")
    assert names_in("Bluestar's sister", slip, name("Cyan Bluestar", 8), at=3) == ["Bluestar"]
    assert names_in("Bluestar's sister", slip, name("Cyan Bluestar", 8), at=2) == ["Bluestar's sister"]


def test_both_apostrophes_are_one() -> None:
    for named in ("Bluestar's sister", "Bluestar’s sister"):
        for said in ("Bluestar's sister", "Bluestar’s sister"):
            assert len(names_in_markdown(said, name(named, 3, "placeholder"), at=2)) == 1, (named, said)


def test_of_names_that_overlap_the_longest_is_reported_once() -> None:
    names = [name("Metal Rouge", 3, "title"), name("Rouge", 3), name("Rouge Redstar", 3), name("Redstar", 3)]
    assert names_in("Metal Rouge Redstar", *names) == ["Rouge Redstar"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("彼女はシアンに似ている", ["シアン"]),
        ("シアン・ブルースターの姉", ["シアン・ブルースター"]),
        ("リオンが来た", ["リオン"]),
        ("オリオンが来た", []),
        ("リオンー", []),
        ("その第四の壁の前", ["第四の壁"]),
    ],
)
def test_japanese_has_no_spaces(text: str, names: list[str]) -> None:
    assert names_in(text, CYAN, ION, FOURTH_WALL) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("It is **Eva**.", ["Eva"]),
        ("It is E**va** Kristella.", ["Eva Kristella"]),
        ("It is *Eva* **Kristella**.", ["Eva Kristella"]),
        (r"It is Eva\ Kristella, E\va.", ["Kristella"]),
        ("It is Eva\nKristella.", ["Eva Kristella"]),
        ("It is Ｅｖａ.", ["Eva"]),
        ("It is E\u00adva.", ["Eva"]),
        ("It is &#69;va.", []),  # shown as it is written
        ("a girl\n\n- the masked man", ["the masked man"]),
        ("a girl\n\n- The masked man", ["The masked man"]),
        ("It is [[eva]].", []),
        ("It is [[kristella|Eva Kristella]].", ["Eva Kristella"]),
        ("It is [[x|Eva]] Kristella.", ["Eva Kristella"]),
        ("It is [[the-masked-man]], [[Eva]].", ["Eva"]),
    ],
)
def test_the_words_are_those_that_the_reader_sees(text: str, names: list[str]) -> None:
    assert names_in_markdown(text, EVA, MASK) == names


@pytest.mark.parametrize("text", ["&amp;", "<b>", "a<i>", "???", ""])
def test_a_text_without_words_says_nothing(text: str) -> None:
    assert names_in(text, name("Roy Junghardt", 2)) == []


def test_an_excerpt_keeps_mentions_and_shows_the_surroundings() -> None:
    text = f"{'Long ago. ' * 20}[[roy]] met **Eva**, {'and so on ' * 20}"
    (finding,) = findings_in(LintedText(text, 0, Location(), "text", markdown=True), Vocabulary([EVA]))
    assert re.fullmatch(r"….{10,40}\[\[roy\]\] met Eva, and so on.{10,40}…", finding.excerpt)


# The real show

CHARACTERS, EPISODES, FACTIONS = "characters.yaml", "episodes.yaml", "factions.yaml"
REVELATIONS, SERIES = "revelations.yaml", "series.yaml"
DESCRIPTION = "name: a Machias, kind: placeholder, revealed_in: 1"
PICTURE = "file: a.png, credit: somebody, licence: none, revealed_in: 1, "


def row_of(key: str, section: str, row: str) -> tuple[str, str]:
    """Return the edit that adds one more row to a section of somebody."""
    return rf"(- key: {key}\n(?:  .*\n|\n)*?  {section}:\n)", rf"\1    - {{{row}}}  # slip" + "\n"


def habit_of(key: str, words: str, since: int) -> tuple[str, str]:
    return row_of(key, "traits", f"attribute: habit, value: {words}, revealed_in: {since}")


def first_of(key: str, section: str, row: str) -> tuple[str, str]:
    """Return the edit that adds a section with one row to somebody who has none."""
    return rf"(- key: {key}\n  revealed_in: \d+\n)", rf"\1  {section}:\n    - {{{row}}}  # slip" + "\n"


def sentence_in_synopsis(number: int, sentence: str) -> tuple[str, str]:
    return rf"(- number: {number}\n(?:  .*\n)*?  synopsis: >-)\n", r"\1  # slip" + f"\n    {sentence}\n"


def sentence_in_summary(key: str, number: int, sentence: str) -> tuple[str, str]:
    before = rf"(- key: {key}\n(?:  .*\n)*?    - attribute: summary\n      revealed_in: {number}\n      value: >-)\n"
    return before, r"\1  # slip" + f"\n        {sentence}\n"


def new_revelation(number: int, text: str) -> tuple[str, str]:
    return r"\A", f'- key: new.slip\n  revealed_in: {number}\n  text: "{text}"  # slip\n'


# What it is, its file, the edit that puts it there, and the name that the linter has to report.
SLIPS = [
    ("later surname", CHARACTERS, habit_of("rion", "hums like Kristella", 3), "Eva Kristella"),
    ("full name", CHARACTERS, habit_of("jill_sturgeon", "asks for Eden Varok", 2), "Eden Varok"),
    ("first name", CHARACTERS, habit_of("ash_stahl", "waits for Gene", 2), "Gene Junghardt"),
    ("codename", CHARACTERS, habit_of("eden_varok", "fights as Jet Black Noir", 5), "Jet Black Noir"),
    ("title", CHARACTERS, habit_of("noid_262", "bows to the Divine Facilitator", 4), "Divine Facilitator"),
    ("Japanese form", CHARACTERS, habit_of("vision_double", "彼女はシアンに似ている", 5), "シアン・ブルースター"),
    ("faction", FACTIONS, habit_of("sons_of_ares", "fear Ochrona", 2), "Ochrona"),
    ("plural", CHARACTERS, habit_of("roy_junghardt", "at home with the Kristellas", 5), "Eva Kristella"),
    ("singular of a group", CHARACTERS, habit_of("hermann_hayward", "is a Usurper", 1), "Usurpers"),
    ("possessive", CHARACTERS, habit_of("juval", "reads Silvia's paper", 3), "Silvia"),
    ("possessive, typographic", CHARACTERS, habit_of("juval", "reads Silvia’s paper", 3), "Silvia"),
    ("at the start of a sentence", CHARACTERS, habit_of("opera", "Obeys. The masked man nods.", 4), "the masked man"),
    ("placeholder", CHARACTERS, habit_of("huey", "dreams of the silver Gladiator", 3), "the silver Gladiator"),
    ("tag", CHARACTERS, habit_of("dumas", "speaks of a proto-Nean", 3), "proto-nean"),
    ("in a synopsis", EPISODES, sentence_in_synopsis(4, "It is Cyan."), "Cyan"),
    ("in a title", EPISODES, (r"  title: Marginal City\n", "  title: Marginal Grauphon  # slip\n"), "Grauphon"),
    ("in a summary", CHARACTERS, sentence_in_summary("rouge_redstar", 1, "Far away is Aerkos."), "Aerkos"),
    ("in a revelation", REVELATIONS, new_revelation(6, "[[rouge_redstar]] meets Bluestar."), "Cyan Bluestar"),
    ("in a caption", CHARACTERS, first_of("nius", "portraits", PICTURE + "alt_text: X, caption: by *Opera*"), "Opera"),
    ("in an alt text", CHARACTERS, first_of("achillus", "portraits", PICTURE + "alt_text: Chau stands by"), "Chau"),
    ("in a role", CHARACTERS, row_of("giallon", "memberships", "faction: panacea, role: Aes, revealed_in: 1"), "Aes"),
    ("in the words of a mention", REVELATIONS, new_revelation(5, "It is [[eden_varok|Noir]]."), "Noir"),
    ("in the premise", SERIES, (r"premise: >-\n", "premise: >-  # slip\n  Sarah sings.\n"), "Sarah Fitzgerald"),
    ("in emphasis", REVELATIONS, new_revelation(1, "It is **Alice**."), "Alice"),
    ("in a description", CHARACTERS, row_of("nius", "aliases", DESCRIPTION), "Aes Machias"),
    ("in a tag", CHARACTERS, row_of("miguel", "tags", "name: friend of grauphon, revealed_in: 2"), "Grauphon"),
]  # fmt: skip


def put_into(directory: Path, number: int) -> None:
    _, file, (before, after), _ = SLIPS[number]
    path = directory / file
    text, times = re.subn(before, after.replace("# slip", f"# slip {number}."), path.read_text(), count=1)
    assert times == 1, SLIPS[number]
    path.write_text(text)


def places_of_slips(directory: Path) -> dict[int, tuple[str, int]]:
    return {
        int(mark): (path.name, line)
        for path in directory.glob("*.yaml")
        for line, text in enumerate(path.read_text().splitlines(), start=1)
        for mark in re.findall(r"# slip (\d+)\.", text)
    }


@pytest.fixture
def copy_of_the_real_show(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REAL_SHOW, tmp_path / "show"))


def test_the_real_show_says_nothing_too_early() -> None:
    assert [str(finding) for finding in spoilers_in(REAL_SHOW)] == []


@pytest.mark.laws  # all of them together are found by the test below
@pytest.mark.parametrize("number", range(len(SLIPS)), ids=[slip[0] for slip in SLIPS])
def test_a_slip_in_the_real_show_is_found(number: int, copy_of_the_real_show: Path) -> None:
    put_into(copy_of_the_real_show, number)
    places = [(finding.where.file, finding.where.line, finding.name) for finding in spoilers_in(copy_of_the_real_show)]
    assert places == [(*places_of_slips(copy_of_the_real_show)[number], SLIPS[number][3])]


def test_all_slips_together_are_found_and_nothing_else(copy_of_the_real_show: Path) -> None:
    for number in range(len(SLIPS)):
        put_into(copy_of_the_real_show, number)
    places = [
        (where.file, where.line, finding.name)
        for finding in spoilers_in(copy_of_the_real_show)
        for where in (finding.where, *finding.again)
    ]
    expected = places_of_slips(copy_of_the_real_show)
    assert sorted(places) == sorted((*expected[number], slip[3]) for number, slip in enumerate(SLIPS))


# The command

SLIP = trait("habit", "asks for Bea", since=1)


def a_show(*, slip: bool) -> dict[str, Any]:
    return {"characters": [character("ann", traits=[SLIP] if slip else []), character("bea", since=3)]}


def checked(*arguments: Any) -> tuple[int, str]:
    """Run check_spoilers; return the exit status and what it printed."""
    out = StringIO()
    try:
        call_command("check_spoilers", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


def line_of(directory: Path, words: str, file: str = CHARACTERS) -> int:
    (line,) = [number for number, text in enumerate((directory / file).read_text().splitlines(), 1) if words in text]
    return line


def test_the_command_prints_file_and_line(tmp_path: Path) -> None:
    assert checked(write_show(tmp_path, **a_show(slip=False))) == (0, "")
    status, output = checked(write_show(tmp_path, **a_show(slip=True)))
    line = line_of(tmp_path, "asks for Bea")
    assert status == 1
    assert output == (
        f"characters.yaml:{line}: the habit of ann (episode 1) says “Bea”, "
        "but the name “Bea” is revealed in episode 3 only: asks for Bea\n"
    )


def test_the_command_writes_json_with_flat_rows(tmp_path: Path) -> None:
    assert checked(write_show(tmp_path, **a_show(slip=False)), "--format=json") == (0, "[]\n")
    status, output = checked(write_show(tmp_path, **a_show(slip=True)), "--format=json")
    assert status == 1
    assert json.loads(output) == [
        {
            "name": "Bea",
            "kind": "name",
            "known_from": 3,
            "known_in": 1,
            "place": "the habit of ann",
            "file": "characters.yaml",
            "line": line_of(tmp_path, "asks for Bea"),
            "url": "",
            "found": "Bea",
            "excerpt": "asks for Bea",
            "revealed_by": f"characters.yaml:{line_of(tmp_path, 'name: Bea')}",
            "again": "",
        }
    ]


def test_a_data_set_that_cannot_be_read_is_another_matter(tmp_path: Path) -> None:
    assert checked(tmp_path / "nowhere")[0] == 2
    assert checked(write_show(tmp_path, characters=[{"key": "ann"}]))[0] == 2


@pytest.mark.django_db
def test_without_a_directory_it_reads_the_database(tmp_path: Path) -> None:
    load_show(tmp_path, **a_show(slip=False))
    assert checked() == (0, "")
    load_show(tmp_path, **a_show(slip=True))
    status, output = checked("--format=json")
    assert status == 1
    (row,) = json.loads(output)
    ann, bea = (change_address(Character.objects.get(key=key)) for key in ("ann", "bea"))
    assert (row["url"], row["file"], row["line"], row["revealed_by"]) == (ann, "", 0, bea)


@pytest.mark.django_db
def test_the_database_and_the_files_have_the_same_findings(tmp_path: Path) -> None:
    every_text = {
        "series": {"title": "Dee", "premise": "Dee"},
        "episodes": [episode(1, title="Dee", native_title="Dee", synopsis="Dee"), episode(2), episode(3)],
        "characters": [
            character(
                "ann",
                traits=[trait("summary", "Dee", since=1)],
                memberships=[{"faction": "guild", "role": "Dee", "revealed_in": 1}],
                tags=[{"name": "friend of dee", "revealed_in": 1}],
                aliases=[{"name": "the foe of Dee", "kind": "placeholder", "revealed_in": 1}],
            ),
            character("dee", since=3),
        ],
        "factions": [character("guild", "Guild", traits=[trait("purpose", "finds Dee", since=2)])],
        "revelations": [revelation("r1", "It is Dee.", since=2)],
    }
    load_show(tmp_path, **every_text)
    in_files = {(finding.where.what, finding.known_in, finding.words) for finding in spoilers_in(tmp_path)}
    in_rows = {(finding.where.what, finding.known_in, finding.words) for finding in corpus_of_database().findings()}
    assert in_files == in_rows
    assert {what for what, _, _ in in_files} == {
        "the premise", "the title of episode 1", "the native title of episode 1", "the synopsis of episode 1",
        "the summary of ann", "a role of ann", "a tag of ann", "a name of ann", "the purpose of guild",
        "the text of revelation r1",
    }  # fmt: skip


@pytest.mark.django_db
def test_every_finding_in_the_database_has_a_link(tmp_path: Path) -> None:
    show = a_show(slip=True) | {
        "revelations": [revelation("r1", "It is Bea.", since=2)],
        "series": {"title": "S", "premise": "Bea"},
    }
    show["factions"] = [character("guild", traits=[trait("purpose", "finds Bea", since=2)])]
    show["episodes"] = [episode(1, synopsis="Bea"), episode(2), episode(3)]
    load_show(tmp_path, **show)
    rows = [Character.objects.get(key="ann"), Faction.objects.get(), Revelation.objects.get(), Series.objects.get()]
    urls = {finding.where.url for finding in corpus_of_database().findings()}
    assert urls == {*map(change_address, rows), reverse("admin:episodes_episode_change", args=[1])}


@pytest.mark.usefixtures("real_show")
def test_the_database_is_read_in_a_dozen_queries(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(12):
        assert corpus_of_database().findings() == []


def change_address(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


# The loader


def loaded(*arguments: Any) -> str:
    """Run load_dataset; return its warnings."""
    warnings = StringIO()
    call_command("load_dataset", *arguments, stdout=StringIO(), stderr=warnings, no_color=True)
    return warnings.getvalue()


@pytest.mark.django_db
def test_the_loader_warns_with_lines_and_loads(tmp_path: Path) -> None:
    show = a_show(slip=True) | {"revelations": [revelation("r1", "It is Bea.", since=2)]}
    warnings = loaded(write_show(tmp_path, **show)).splitlines()
    assert [line.split(": ")[0] for line in warnings] == [
        f"characters.yaml:{line_of(tmp_path, 'asks for Bea')}",
        f"revelations.yaml:{line_of(tmp_path, 'It is Bea', REVELATIONS)}",
    ]
    assert Character.objects.count() == 2


@pytest.mark.django_db
def test_the_loader_says_nothing_of_a_clean_show(tmp_path: Path) -> None:
    assert loaded(write_show(tmp_path, **a_show(slip=False)), "--strict") == ""
    assert Character.objects.count() == 2


@pytest.mark.django_db
def test_the_strict_loader_refuses(tmp_path: Path) -> None:
    write_show(tmp_path, **a_show(slip=True))
    with pytest.raises(CommandError, match=r"(?s)characters.yaml:\d+: .*1 spoiler; nothing was written"):
        loaded(tmp_path, "--strict")
    assert not Character.objects.exists()


@pytest.mark.django_db
def test_texts_are_checked_only_if_somebody_takes_the_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "characters.datasets.loading.corpus_of_files", lambda dataset: pytest.fail("They were checked.")
    )
    assert load(write_show(tmp_path, **a_show(slip=True))).added[CHARACTER] == 2


def test_a_vocabulary_is_gone_once_nobody_has_it() -> None:
    """Were it held by what it holds, a load, which searches for no garbage, would have all names twice."""
    vocabulary = Vocabulary([KnownName("Ann", "name", 1)])
    assert vocabulary.has_word("Ann")
    held = weakref.ref(vocabulary)
    del vocabulary
    assert held() is None
