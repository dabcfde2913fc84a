"""A show adds to its vocabulary: how its words are loaded, checked, dumped, edited and read."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.datasets.reading import DatasetError
from characters.lore import Lore
from characters.models import Character, Relationship, SearchEntry, Word
from tests.corrections.desk import at_the_desk
from tests.nets import net_lifted
from tests.people import person
from tests.shows import character, load_show, trait, write_show
from tests.twins import text_of
from tests.vows import EPISODES, PLAIN, VOWED, WORDS, tie, vows, word

pytestmark = pytest.mark.django_db

type Visitor = Any


@pytest.fixture
def show(tmp_path: Path) -> None:
    load_show(tmp_path / "show", **vows())


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def problems_of(directory: Path, **files: Any) -> list[str]:
    with pytest.raises(DatasetError) as refused:
        load(write_show(directory, **vows(**files)), replace=True)
    return [str(problem) for problem in refused.value.problems]


def page_of(visitor: Visitor, key: str, episode: int) -> str:
    with net_lifted():
        public_id = Character.objects.get(key=key).public_id
    return text_of(visitor(episode).get(f"/characters/{public_id}/", follow=True).content)


# Files


def test_what_is_loaded_is_dumped_and_loaded_as_the_same(show: None, tmp_path: Path) -> None:
    dump(tmp_path / "first")
    assert load(tmp_path / "show").rows == load(tmp_path / "first").rows == 0
    load(tmp_path / "first", replace=True)
    dump(tmp_path / "second")
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_a_show_without_words_of_its_own_has_no_such_file(tmp_path: Path) -> None:
    load_show(
        tmp_path / "show", **vows(vocabulary=[], characters=PLAIN, relationships=[tie("ann", "friend", "bea", since=1)])
    )
    dump(tmp_path / "dumped")
    assert not (tmp_path / "dumped" / "vocabulary.yaml").exists()
    assert Lore(1).vocabulary.relation("friend").label == "friend of"


def test_a_dump_as_of_an_episode_has_no_word_of_a_later_one(show: None, tmp_path: Path) -> None:
    dump(tmp_path / "cut", as_of=VOWED - 1)
    assert "sworn" not in (tmp_path / "cut" / "vocabulary.yaml").read_text()


WRONG = {
    "of no section": ([word("x", "mood", label="x")], "vocabulary.yaml:1: “section” cannot be “mood”"),
    "a key that is no word": ([word("Über x", label="x", bond="kin")], "vocabulary.yaml:2: “key” cannot be “Über x”"),
    "an unknown key": ([word("x", label="x", bond="kin", tense="past")], "“tense” is not a key that belongs here."),
    "what is for relations": (
        [word("x", "attribute", label="X", bond="kin")], "vocabulary.yaml:4: “bond”: Leave it empty: it is for a word",
    ),
    "left out and more": (
        [word("twin", left_out=True, goes_on=True)], "Leave it empty: what is left out has nothing else.",
    ),
    "an attribute that pages are made of": (
        [word("summary", "attribute", left_out=True)], "Pages are made of “summary”; it cannot be left out.",
    ),
    "how many values one of the default list has": (
        [word("ability", "attribute", label="Gifts", single=True)], "cannot be changed",
    ),
    "no label": ([word("x", bond="kin")], "vocabulary.yaml:1: “label”: Say how it reads."),
    "no sort": ([word("x", label="x")], "Say what sort of relation it is: kin, trust, power, pursuit, conflict."),
    "a sort that is none": ([word("x", label="x", bond="love")], "“bond” cannot be “love”"),
    "left out of nothing": ([word("x", left_out=True)], "The default list has no “x” that could be left out."),
    "given twice": ([word("x", label="x", bond="kin"), word("x", label="y", bond="kin")], "This is given twice"),
    "a default of later": (
        [word("ally", label="ally of", bond="trust", revealed_in=2)], "The default list has “ally”, which is known",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_with_a_word_is_said_at_its_place(tmp_path: Path, words: Any, message: str) -> None:
    problems = problems_of(tmp_path, vocabulary=words, characters=PLAIN, relationships=[])
    assert [problem for problem in problems if message in problem] == problems


def test_a_kind_that_is_not_there_is_named_with_the_nearest_and_where_to_add_it(tmp_path: Path) -> None:
    [problem] = problems_of(tmp_path, relationships=[tie("ann", "avanges", "bea", since=1)])
    assert problem.startswith("relationships.yaml:2: “kind” cannot be “avanges”: there is no such kind of relation.")
    assert problem.endswith("Did you mean “avenges”? docs/dataset.md lists what there is; vocabulary.yaml adds to it.")


def test_a_relation_of_a_word_that_is_wrong_has_no_fault_of_its_own(tmp_path: Path) -> None:
    words, relations = [word("Avenges", label="avenges", bond="kin")], [tie("ann", "Avenges", "bea", since=1)]
    assert len(problems_of(tmp_path, vocabulary=words, characters=PLAIN, relationships=relations)) == 1


def test_a_relation_comes_no_earlier_than_its_kind(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, relationships=[tie("ann", "sworn", "bea", since=VOWED - 1)])
    assert any(f"is known from episode {VOWED} on" in problem for problem in problems)


def test_no_relation_is_of_a_kind_that_is_left_out(tmp_path: Path) -> None:
    [problem] = problems_of(tmp_path, relationships=[tie("ann", "twin", "bea", since=1)])
    assert "there is no such kind of relation" in problem


def test_what_reads_alike_from_both_sides_is_said_once(tmp_path: Path) -> None:
    words = [word("bound", label="bound to", bond="kin")]
    both = [tie("ann", "bound", "bea", since=1), tie("bea", "bound", "ann", since=1)]
    problems = problems_of(tmp_path, vocabulary=words, characters=PLAIN, relationships=both)
    assert "reads alike from both sides" in problems[0]


def test_a_word_that_is_used_cannot_be_removed(show: None) -> None:
    relation = Relationship.objects.get(kind="avenges")
    client = at_the_desk(person(role="superuser"), episode=EPISODES)
    form = reverse("admin:characters_word_delete", args=[Word.objects.get(key="avenges").pk])
    page = client.post(form, {"post": "yes"}, follow=True)
    assert f"is still used by “{relation}” (episode 2)" in text_of(page.content)
    assert Word.objects.filter(key="avenges").exists()


def test_an_attribute_and_a_kind_of_name_that_are_not_there_are_named(tmp_path: Path) -> None:
    ann = character("ann", traits=[trait("bountey", "x", since=1), trait("weakness", "x", since=1)])
    bea = character("bea", aliases=[{"name": "B", "kind": "epitet", "revealed_in": 1}])
    problems = problems_of(tmp_path, characters=[ann, bea], relationships=[], revelations=[], unmaskings=[])
    assert [problem.split("; it is ")[0] for problem in problems] == [
        "characters.yaml:9: “attribute” cannot be “bountey”",
        "characters.yaml:12: “attribute” cannot be “weakness”",
        "characters.yaml:23: “kind” cannot be “epitet”",
    ]
    assert "'voice_actor_en' or 'voice_actor_de'. Did you mean “bounty”?" in problems[0]
    assert "'variant', 'epithet' or 'oath_name'. Did you mean “epithet”?" in problems[2]


def test_an_attribute_of_one_value_has_one_for_each_episode(tmp_path: Path) -> None:
    twice = [trait("bounty", "ten crowns", since=1), trait("bounty", "six crowns", since=1)]
    problems = problems_of(
        tmp_path, characters=[character("ann", traits=twice)], relationships=[], revelations=[], unmaskings=[]
    )
    assert "This is given twice" in problems[0]


# Pages


def test_an_attribute_reads_as_the_show_says(show: None, visitor: Visitor) -> None:
    early, late = page_of(visitor, "ann", 1), page_of(visitor, "ann", VOWED)
    assert "BountyTen crowns" in early
    assert "Ways aboardHums" in early
    assert "True name" not in early
    assert "BountyForty crowns" in late
    assert "True nameAnnaliese" in late
    assert "epithet" in late


def test_a_show_is_heard_in_the_languages_that_it_says(show: None, visitor: Visitor) -> None:
    assert "German" not in text_of(visitor(1).get("/voices/").content)
    voices = text_of(visitor(2).get("/voices/").content)
    assert "German" in voices
    assert "Vera Vogel" in voices


def test_a_relation_reads_as_the_show_says(show: None, visitor: Visitor) -> None:
    page = page_of(visitor, "ann", 2)
    assert all(said in page for said in ("Avenged by", "Shipmate of", "since episode\u00a01".replace("\u00a0", " ")))
    assert "Friend of" not in page
    assert "Holds the oath of" in page_of(visitor, "dora", VOWED)


def test_lists_are_narrowed_by_the_kinds_that_are_known(show: None, visitor: Visitor) -> None:
    assert "sworn" not in visitor(VOWED - 1).get("/characters/").content.decode()
    assert "blood-sworn" in visitor(VOWED).get("/characters/").content.decode().lower()
    narrowed = visitor(VOWED).get("/characters/?relation=sworn-by").content.decode()
    assert "Dora" in narrowed


def form_of(visitor: Visitor, episode: int, adding: str = "relationship") -> str:
    with net_lifted():
        public_id = Character.objects.get(key="ann").public_id
    return str(visitor(episode).get(f"/corrections/new/characters/{public_id}/?add={adding}").content.decode())


def test_contributors_choose_among_the_kinds_that_they_know(show: None, visitor: Visitor) -> None:
    early, late = form_of(visitor, VOWED - 1), form_of(visitor, VOWED)
    offered = [f'value="{kind}"' for kind in ("avenges", "twin", "sworn", "oathbreaker")]
    assert [kind in early for kind in offered] == [True, False, False, False]
    assert [kind in late for kind in offered] == [True, False, True, False]


@pytest.mark.parametrize(("adding", "key"), [("trait", "true_name"), ("alias", "oath_name")])
def test_contributors_choose_among_attributes_and_names_that_they_know(
    show: None, visitor: Visitor, adding: str, key: str
) -> None:
    assert [f'value="{key}"' in form_of(visitor, episode, adding) for episode in (VOWED - 1, VOWED)] == [False, True]
    assert 'value="weakness"' not in form_of(visitor, VOWED, adding)


def test_search_answers_who_did_what_in_the_words_of_the_show(show: None, visitor: Visitor) -> None:
    found = text_of(visitor(2).get("/search/?q=avenges+ann").content)
    assert "Cid avenges Ann" in found
    assert "Bea swore blood" not in text_of(visitor(2).get("/search/?q=swore+blood").content)
    assert "Bea swore blood to Dora" in text_of(visitor(VOWED).get("/search/?q=swore+blood").content)


# The admin


def filled(**values: Any) -> dict[str, Any]:
    return {"section": "relation", "position": 0, "revealed_in": 0, "_reason": "a word"} | values


def add_word(client: Client, **values: Any) -> Any:
    return client.post(reverse("admin:characters_word_add"), filled(**values), follow=True)


def test_superusers_alone_edit_the_vocabulary(show: None) -> None:
    address = reverse("admin:characters_word_changelist")
    for role, status in (("editor", 403), ("moderator", 403), ("superuser", 200)):
        client = at_the_desk(person(role=role), episode=EPISODES)
        assert client.get(address).status_code == status
        assert client.get(reverse("admin:characters_word_add")).status_code == status


def test_a_word_is_published_as_an_edition_and_stands_on_pages_at_once(show: None, visitor: Visitor) -> None:
    assert "Avenged by" in page_of(visitor, "ann", 2)
    client = at_the_desk(person(role="superuser"), episode=EPISODES)
    with net_lifted():
        address = reverse("admin:characters_word_change", args=[Word.objects.get(key="avenges").pk])
    values = filled(label="settles the score with", reverse="paid back by", bond="conflict")
    with net_lifted():
        assert "is published" in text_of(client.post(address, values, follow=True).content)
        assert SearchEntry.objects.filter(words__contains="settles the score").exists()
    assert "Paid back by" in page_of(visitor, "ann", 2)


def test_a_kind_is_not_made_later_than_what_is_of_it(show: None) -> None:
    client = at_the_desk(person(role="superuser"), episode=EPISODES)
    address = reverse("admin:characters_word_change", args=[Word.objects.get(key="avenges").pk])
    values = filled(label="avenges", reverse="avenged by", bond="conflict", revealed_in=4)
    page = client.post(address, values, follow=True)
    assert "is revealed in episode 2 already" in text_of(page.content)


def test_a_default_word_in_use_cannot_be_left_out(show: None) -> None:
    Word.objects.filter(key="friend").delete()
    client = at_the_desk(person(role="superuser"), episode=EPISODES)
    page = add_word(client, key="friend", left_out="on")
    assert "is still used by" in text_of(page.content)


def test_moderators_are_offered_what_they_know(show: None) -> None:
    address = reverse("admin:characters_character_change", args=[Character.objects.get(key="ann").pk])
    early = at_the_desk(person(role="editor"), episode=VOWED - 1).get(address, {"section": "relationships"})
    assert "avenges" in early.content.decode()
    assert "blood-sworn" not in early.content.decode()


def test_every_word_of_the_show_is_in_the_files_of_these_tests() -> None:
    assert len({(each["section"], each["key"]) for each in WORDS}) == len(WORDS)
