"""The made-up show of the bench obeys the gate, and every question can be asked of it. Nothing here is timed."""

from pathlib import Path

import pytest
from django.apps import apps

from bench import ROWS_AN_EPISODE, page_worker, results, tables
from bench.loading import multiplied
from bench.pages import PAGES, Page
from bench.questions import BEGINNING, COMMON, QUESTIONS, names_and_texts, suggested
from bench.show import write
from characters.datasets.loading import load
from characters.lore import Lore
from characters.lore.search import index
from characters.lore.statements import as_uuid
from characters.models import Character, Portrait, SearchEntry
from episodes.gate import Gated

pytestmark = pytest.mark.django_db


def gated_rows() -> set[tuple[str, object]]:
    models = [model for model in apps.get_models() if issubclass(model, Gated)]
    return {(model._meta.label, pk) for model in models for pk in model._base_manager.values_list("pk", flat=True)}


def test_the_show_is_as_large_as_it_says_and_nothing_comes_before_what_it_hangs_on() -> None:
    written = write(2)
    assert written == len(gated_rows())
    assert abs(written - 2 * ROWS_AN_EPISODE) < 100
    assert SearchEntry.objects.filter(revealed_in=2).exists()
    for model in apps.get_models():
        if issubclass(model, Gated):
            for row in model._base_manager.filter(revealed_in=1):
                assert all(parent.revealed_in_id <= 1 for _, parent in row.parents())


def test_site_and_least_sql_find_the_same() -> None:
    """Whether there is an answer; and of names and texts, which rows in which order."""
    write(20)
    agreed = {question.name: bool(question.site(20)) for question in QUESTIONS}
    assert agreed == {question.name: bool(question.least(20)) for question in QUESTIONS}
    assert agreed["two words, in the index"]
    assert agreed["a filtered list"]
    lore = Lore(20)
    assert lore.suggest(BEGINNING)
    names = [as_uuid(row) for _, row, *_ in suggested(20)]
    assert list(dict.fromkeys(names)) == [row for row, _ in index.suggested(lore, BEGINNING)]
    _, texts = names_and_texts(20)
    found = dict(index.in_index(lore, COMMON)[1])
    for kind in {kind for kind, _, _ in texts}:
        assert [as_uuid(row) for its, row, _ in texts if its == kind] == [row for row, _ in found[kind]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_that_is_measured_is_there(real_show: None, page: Page) -> None:
    address = page.address or page_worker.link(page.link, page.on, page.progress)
    assert address, page.link
    answer = page_worker.ask(address + page.then, page.progress, count=True)
    assert answer["status"] == (404 if page.name == "404" else 200)
    assert answer["bytes"]
    assert answer["statements"] or page.name == "404"


def test_a_show_that_says_everything_twice_can_be_loaded(tmp_path: Path) -> None:
    load(multiplied(tmp_path / "twice", times=2))
    keys = set(Character.objects.values_list("key", flat=True))
    first = {key for key in keys if not key.endswith(".1")}
    assert keys == first | {f"{key}.1" for key in first}
    assert not Portrait.objects.filter(character__key__endswith=".1").exists()


def test_the_documentation_says_what_was_measured_last() -> None:
    text = tables.DOCUMENT.read_text()
    assert tables.filled(text, results.all_kept()) == text
    assert {match["name"] for match in tables.TABLE.finditer(text)} == tables.TABLES.keys()
