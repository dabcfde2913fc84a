"""A story on two axes: whoever is at an episode and a chapter knows what either has told, and nothing else."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.kinds import EPISODE, SUBJECTS
from characters.lore import Lore
from characters.lore.correctable import page_of
from characters.lore.rows import visible
from characters.models import Alias, Membership, Relationship, Revelation, Trait
from characters.text.phrases import role_in_words
from episodes.axes import Progress, key_of, place_of
from episodes.known import is_known, is_read_by_now
from episodes.models import Episode
from tests.axes import both, two_axes
from tests.laws.test_no_leak import assert_twins
from tests.laws.test_random_shows import files_of
from tests.shows import load_show
from tests.twins import (
    Answer,
    answers,
    ask,
    crawl,
    every_word,
    everything_asked,
    found_by_words,
    known_addresses,
    text_of,
)

pytestmark = pytest.mark.django_db


# Chapters tell some of it early and some late: one pair is swept with the other tests, the rest is exhaustive.
FIRST = [(3, 18)]
CHAPTERS = (0, 1, 2, 4, 6, 9, 14, 17, 20, 25, 31, 33, 39)  # of which each episode is asked for with a fourth
OTHERS = [(episode, chapter) for episode in range(7) for chapter in CHAPTERS[episode % 4 :: 4]]
OTHERS = OTHERS if connection.vendor == "sqlite" else [(2, 39), (6, 9)]
PAIRS = [*FIRST, *(pytest.param(*pair, marks=pytest.mark.laws) for pair in OTHERS)]


def names_at(episode: int, chapter: int) -> set[str]:
    lore = Lore(Progress(episode, chapter))
    return {f"{card.face.name}" for card in lore.subjects("characters").cards}


def test_either_axis_tells(tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes())
    assert names_at(0, 0) == {"Ann"}
    assert names_at(3, 0) == {"Ann", "The Mask", "Bea", "Dora"}
    assert names_at(0, 20) == {"Ann of the Harbour", "Beatrix Vane", "Cole"}
    assert names_at(3, 20) == {"Ann of the Harbour", "Beatrix Vane", "Cole", "Dora"}
    assert names_at(6, 0) == {"Ann of the Harbour", "Beatrix Vane", "Dora"}


def places_found(words: list[str], at: Progress) -> dict[str, Any]:
    """What the index finds, without the ids of rows: some are made of the place on the first axis."""
    return {
        word: (sorted(rank for _, rank in names), {entry: [place for _, place in rows] for entry, rows in texts})
        for word, (names, texts) in found_by_words(words, progress=at).items()
    }


def all_forms(at: Progress) -> dict[str, str]:
    """The contributors' forms with all rows of each page; what forms call a row is another word in another database."""
    client, lore = Client(), Lore(at)
    client.cookies["progress"] = key_of(at)
    pages = [
        (kind, public_id) for kind in SUBJECTS for public_id in visible(at, kind).values_list("public_id", flat=True)
    ]
    pages += [(EPISODE, f"{place}") for place in (int(at), *([place_of(at.second)] if at.second else []))]
    forms = {"missing": client.get("/corrections/new/characters/").content.decode()}
    for kind, key in pages:
        page = page_of(lore, kind.own_page.plural, key)
        assert page is not None
        chosen = [("row", row.ref) for row in page.rows] + [("add", short) for short, _ in page.additions]
        form = client.get(f"{page.address}?{urlencode(chosen)}").content.decode()
        for number, row in enumerate(page.rows):
            form = form.replace(row.ref, f"row-{number}") if row.kind is not EPISODE else form
        forms[page.address] = form
    return forms


@pytest.mark.parametrize(("episode", "chapter"), PAIRS)
def test_a_pair_is_told_all_that_either_tells_and_nothing_early(tmp_path: Path, episode: int, chapter: int) -> None:
    at = Progress(episode, chapter)
    load_show(tmp_path / "full", **two_axes())
    crawled = crawl(at)
    assert_all_is_told(crawled, at)
    words = sorted(every_word())
    some = words[chapter % 3 :: 3]  # what the index answers to all of them is asked below
    also = {f"/search/?q={word}" for word in some} | {f"/search/suggest/?q={word[:3]}" for word in some}
    also |= {"/recap/?since=0&read=0", f"/recap/?since={episode}&read=0", "/recap/?since=1&read=9", "/staff/"}
    full = everything_asked(at, also=also | known_addresses(), known=crawled)
    found, written = places_found(words, at), all_forms(at)
    dump(tmp_path / "cut", as_of=at)
    load(tmp_path / "cut", replace=True)
    assert_twins(full, answers(full, progress=at))
    assert places_found(words, at) == found
    assert all_forms(at) == written


def assert_all_is_told(crawled: dict[str, Answer], at: Progress) -> None:
    pages = {address: text_of(answer.body) for address, answer in crawled.items() if answer.status == 200}
    lore = Lore(at)

    def page_of(subject: str, kind: str = "characters") -> str:
        shown = lore.subject(kind, subject)
        assert shown is not None
        return pages[shown.face.url]

    for alias in Alias.objects.filter(is_known(at)):
        kind = "characters" if alias.character else "factions"
        assert alias.name in page_of(alias.owner.public_id, kind), alias
    for trait in Trait.objects.filter(is_known(at)).exclude(value__contains="[["):
        assert trait.value.casefold() in page_of(trait.owner.public_id).casefold(), trait
    for membership in Membership.objects.filter(is_known(at)):
        assert role_in_words(membership.role) in page_of(membership.character.public_id), membership
    for tie in Relationship.objects.filter(is_known(at)):
        assert page_of(tie.source.public_id)
    for revelation in Revelation.objects.filter(is_known(at)):
        said = revelation.text.split("]]")[-1].split("[[")[0].strip()
        for character in revelation.characters.all():
            assert said in page_of(character.public_id), revelation
    for unit in Episode.objects.filter(is_read_by_now(at)).exclude(title=""):
        assert any(unit.title in page for page in pages.values()), unit
        assert any(address.startswith("/episodes/") and unit.title in page for address, page in pages.items()), unit


def test_load_dump_load_is_the_identity(tmp_path: Path) -> None:
    load_show(tmp_path / "0", **two_axes())
    dump(tmp_path / "1")
    assert load(tmp_path / "1").rows == 0
    load(tmp_path / "1", replace=True)
    dump(tmp_path / "2")
    assert files_of(tmp_path / "1") == files_of(tmp_path / "2")


def test_what_a_chapter_tells_stands_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Whatever episodes tell it, and in a database cut before these as well."""
    told = [
        both(episode, 21, key=key, text=f"[[ann]] {key}.", characters=["ann"])
        for key, episode in (("sails", 6), ("rows", None), ("swims", 5), ("dives", 6), ("floats", 2))
    ]
    shown = ["sails", "rows", "swims", "dives", "floats"]
    words = [both(place, 9, section="attribute", key=key, label=key) for key, place in (("tide", 6), ("moon", 5))]
    files = two_axes()
    files["revelations"] += told
    files["vocabulary"] += words
    load_show(tmp_path / "full", **files)

    def in_chapter(at: Progress) -> list[str]:
        page = text_of(ask("/episodes/chapter-21/", progress=at).body)
        return sorted((key for key in shown if f"{key}." in page), key=lambda key: page.index(f"{key}."))

    assert in_chapter(Progress(0, 21)) == shown
    assert in_chapter(Progress(2, 21)) == shown  # though an episode has told the last before
    dump(tmp_path / "again")
    for name, at in (("cut", Progress(1, 21)), ("again", Progress(1, 40))):
        if name == "cut":
            dump(tmp_path / name, as_of=at)
        load(tmp_path / name, replace=True)
        assert in_chapter(at) == shown, name
        assert [key for key in Lore(at).vocabulary.keys("attribute") if key in ("tide", "moon")] == ["tide", "moon"]
