"""A one-line definition says who or what a subject is, and is shown wherever it is met."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.datasets.reading import DatasetError
from characters.lore import Lore
from characters.models import Character, Trait
from characters.spoilers.rows import corpus_of_database
from characters.text.definitions import LONGEST, check_definition
from tests.conftest import Visitor
from tests.corrections.letters import accepted, new, sent
from tests.nets import net_lifted
from tests.people import person
from tests.shows import character, headline, load_show, revelation, trait, unmasking, write_show

SHOW: dict[str, Any] = {
    "characters": [
        character("ann", "the stranger", kind="placeholder", aliases=[headline("Ann", since=2)], traits=[
            trait("definition", "Stranger in town", since=1),
            trait("definition", "Smith, and friend of [[bea]]", since=2),
            trait("summary", "[[ann]] works at the forge.", since=1),
            trait("species", "human", since=1), trait("occupation", "smith", since=2),
        ]),
        character("bea", traits=[trait("summary", "Friend of [[ann]].", since=2), trait("species", "robot", since=1)]),
        character("mask", "the mask", since=2, traits=[trait("definition", "Thief nobody has seen", since=2)]),
    ],
    "factions": [{
        "key": "guild", "revealed_in": 1, "aliases": [headline("Guild", since=1)],
        "traits": [trait("definition", "Union of smiths", since=1), trait("summary", "It helps [[ann]].", since=1)],
    }],
    "terms": [{
        "key": "forge", "revealed_in": 1, "aliases": [headline("Forge", since=1)],
        "traits": [trait("definition", "Workshop of [[ann]]", since=1)],
    }],
    "revelations": [revelation("e1", "In comes [[ann]].", since=1, characters=["bea"], terms=["forge"])],
    "unmaskings": [unmasking("mask", "ann", since=3)],
}  # fmt: skip


@pytest.fixture
def show(db: None, tmp_path: Path) -> None:
    load_show(tmp_path / "show", **SHOW)


def page_of(key: str, *, at: int) -> Any:
    with net_lifted():
        public_id = Character.objects.get(key=key).public_id
    page = Lore(at).subject("characters", public_id)
    assert page is not None
    return page


# What it may hold


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Star of the *club*", "“*”"),
        ("Star of the [[club", "“[”"),
        ("Star of the club.", "full stop"),
        ("Star\nof the club", "one line"),
        ("x" * (LONGEST + 1), f"{LONGEST + 1} characters"),
        (f"[[club|{'x' * LONGEST}]] star", f"{LONGEST + 5} characters"),
        (f"[[{'c' * 80}]] and its star", "93 characters"),
    ],
)
def test_it_is_one_short_line_without_markup(text: str, complaint: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(complaint)):
        check_definition(text)


@pytest.mark.parametrize("text", ["x" * LONGEST, "Star of [[club|Club Canal]], as “Viola”", f"[[club|{'x' * 90}]]"])
def test_plain_words_and_mentions_fit(text: str) -> None:
    check_definition(text)


def test_the_model_and_the_loader_refuse_what_does_not_fit(db: None, tmp_path: Path) -> None:
    files = {"characters": [character("ann", traits=[trait("definition", "A smith.", since=1)])]}
    with pytest.raises(DatasetError) as refused:
        load(write_show(tmp_path, **files))
    [problem] = refused.value.problems
    assert (problem.file, "full stop" in problem.message) == ("characters.yaml", True)
    load_show(tmp_path, characters=[character("ann")])
    with net_lifted():
        row = Trait(character=Character.objects.get(), attribute="definition", value="A smith.", revealed_in_id=1)
        with pytest.raises(ValidationError, match="full stop"):
            row.full_clean()


def test_there_is_one_for_an_episode(db: None, tmp_path: Path) -> None:
    twice = [trait("definition", value, since=1) for value in ("Smith", "Farmer")]
    with pytest.raises(DatasetError, match="twice"):
        load(write_show(tmp_path, characters=[character("ann", traits=twice)]))


# Where it is shown


@pytest.mark.usefixtures("show")
def test_it_stands_at_the_head_of_the_page_by_stages() -> None:
    assert str(page_of("ann", at=1).line) == "Stranger in town"
    assert re.sub("<[^>]*>", "", str(page_of("ann", at=2).line)) == "Smith, and friend of Bea"
    assert page_of("ann", at=2).description == "Smith, and friend of Bea. Ann works at the forge."
    assert [fact.label for fact in page_of("ann", at=2).other_facts] == ["Species", "Occupation"]


@pytest.mark.usefixtures("show")
def test_without_one_the_facts_say_who_it_is() -> None:
    page = page_of("bea", at=2)
    assert (str(page.line), page.other_facts, page.description) == ("Robot", (), "Friend of Ann.")


@pytest.mark.usefixtures("show")
def test_of_two_who_are_one_the_newest_counts_and_then_the_identitys_own() -> None:
    assert str(page_of("mask", at=2).line) == "Thief nobody has seen"
    assert "Smith, and friend of" in page_of("mask", at=3).line
    assert [card.line for card in Lore(3).subjects("characters").cards] == ["Smith, and friend of Bea", "robot"]


@pytest.mark.parametrize(
    ("plural", "lines"),
    [
        ("characters", ["robot", "Stranger in town"]), ("factions", ["Union of smiths"]),
        ("terms", ["Workshop of the stranger"]),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("show")
def test_cards_say_it_with_the_names_that_are_known(plural: str, lines: list[str]) -> None:
    assert [card.line for card in Lore(1).subjects(plural).cards] == lines


@pytest.mark.usefixtures("show")
def test_search_and_suggestions_say_it(visitor: Visitor) -> None:
    lore = Lore(2)
    assert [suggestion.line for suggestion in lore.suggest("ann")] == ["Smith, and friend of Bea"]
    first = lore.search("smith").groups[0]
    assert (first.face.name, str(first.line)) == ("Ann", "<mark>Smith</mark>, and friend of Bea")
    assert all("friend" not in passage.html for passage in first.passages)  # it is not said twice
    client = visitor(2)
    assert b"<mark>Smith</mark>, and friend of Bea" in client.get("/search/?q=smith").content
    assert b"<small>Smith, and friend of Bea</small>" in client.get("/search/suggest/?q=ann").content


@pytest.mark.usefixtures("show")
def test_links_in_texts_say_it(visitor: Visitor) -> None:
    html = visitor(2).get("/episodes/1/").content.decode()
    assert re.search(r'In comes <a href="/characters/[^"]*" title="Smith, and friend of Bea">Ann</a>', html)
    assert 'title="Stranger in town">the stranger</a>' in visitor(1).get("/episodes/1/").content.decode()


@pytest.mark.usefixtures("show")
def test_an_earlier_one_is_read_on_the_page_as_it_was(visitor: Visitor) -> None:
    page = page_of("ann", at=2)
    assert "Stranger in town" not in "".join(change.html for chapter in page.chapters for change in chapter.changes)
    chapter = next(chapter for chapter in page.chapters if chapter.episode.number == 1)
    assert "Stranger in town" in visitor(2).get(chapter.pages_then[0].url, follow=True).content.decode()
    then = Lore(2).then(page_of("ann", at=2).short_url.strip("/").rpartition("/")[2], 1)
    assert then is not None
    [line] = [row for row in then.rows if row.label == "In one line"]
    assert ([held.html for part in line.then for held in part.held], line.changed) == (["Stranger in town"], True)


# What comes by the table of kinds


@pytest.mark.usefixtures("show")
def test_it_is_dumped_as_it_was_loaded(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with net_lifted():
        dump(first)
        load(first, replace=True)
        dump(second)
    assert "attribute: definition" in (first / "terms.yaml").read_text()
    for file in first.glob("*.yaml"):
        assert file.read_bytes() == (second / file.name).read_bytes()


@pytest.mark.usefixtures("show")
def test_the_linter_reads_it() -> None:
    with net_lifted():
        Trait.objects.filter(attribute="definition", revealed_in=1, character__isnull=False).update(value="Called Ann")
        [finding] = corpus_of_database().findings()
    assert (finding.name, finding.where.what) == ("Ann", "the definition of ann")


@pytest.mark.usefixtures("show")
def test_a_correction_of_it_is_checked_and_published() -> None:
    author, moderator, bea = person("amy"), person("moe", role="moderator"), Character.objects.get(key="bea")
    values = {"character": bea, "attribute": "definition", "revealed_in_id": 1}
    refused = accepted(sent(new(Trait, **values, value="A robot."), by=author), by=moderator)
    assert "full stop" in str(refused.failure)
    assert not Trait.objects.filter(character=bea, attribute="definition").exists()
    accepted(sent(new(Trait, **values, value="Robot at the forge"), by=author), by=moderator)
    assert str(page_of("bea", at=1).line) == "Robot at the forge"
