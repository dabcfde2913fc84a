"""Processes that share what they keep: one of them makes a page, and a new version takes none of an old one."""

from collections.abc import Iterator
from threading import Timer
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from episodes import release
from episodes.models import Episode
from rougedb import budgets
from rougedb.memory import BoundedMemory
from rougedb.page_cache import store, turns
from rougedb.page_cache.pages import Page, address_of
from rougedb.page_cache.store import KeptPage

HERE, THERE = KeptPage(200, (), b"made here"), KeptPage(200, (), b"made there")


@pytest.fixture(autouse=True)
def shared(settings: Any) -> Iterator[Any]:
    """Stand in for Redis."""
    backend = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "as if it was Redis"}
    settings.CACHES = settings.CACHES | {"shared_pages": backend}
    store.clear()
    yield caches["shared_pages"]
    caches["shared_pages"].clear()


def page() -> Page:
    address = address_of("/graph/")
    assert address is not None
    return Page("an-edition", address, "", 3, None, None, "")


def make() -> KeptPage:
    return HERE


def test_what_another_process_has_made_is_taken() -> None:
    store.keep(page().key, THERE, is_linked=True)
    store.clear()
    assert turns.made_once(page(), make) == THERE
    assert store.kept_page(page().key, is_linked=True) == THERE


def test_a_page_that_another_process_is_making_is_waited_for() -> None:
    assert store.is_first(page().key, 60)
    arriving = Timer(0.2, store.keep, [page().key, THERE], {"is_linked": True})
    arriving.start()
    store.clear()
    assert turns.made_once(page(), make) == THERE
    arriving.join()


def test_a_process_that_never_ends_it_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_WITH_PROCESSES", 0.1)
    assert store.is_first(page().key, 60)
    assert turns.made_once(page(), make) == HERE


def test_whoever_made_it_stands_in_the_way_of_nobody() -> None:
    assert turns.made_once(page(), make) == HERE
    assert store.is_first(page().key, 60)


def test_a_new_version_takes_no_page_of_an_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    store.keep(page().key, THERE, is_linked=True)
    store.clear()
    monkeypatch.setattr(store, "release", lambda: "the next version")
    assert turns.made_once(page(), make) == HERE


def test_misses_of_another_process_stand_with_those_that_are_without_number() -> None:
    store.keep(page().key, KeptPage(404, (), b""), is_linked=True)
    store.clear()
    assert turns.made_once(page(), make) == KeptPage(404, (), b"")
    assert (store._linked().size, len(store._others()._values)) == (0, 1)


@pytest.mark.django_db
def test_what_another_process_has_made_costs_no_budget(settings: Any) -> None:
    Episode.objects.create(number=0)
    settings.PAGE_BUDGET = 1
    budgets._budget.cache_clear()
    client = Client()
    assert client.get("/episodes/").status_code == 200
    store.clear()
    assert client.get("/graph/").status_code == 429
    assert client.get("/episodes/").status_code == 200


def test_what_shows_in_pages_makes_another_version(settings: Any, tmp_path: Any) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "rougedb").mkdir()
    template, code = tmp_path / "templates/base.html", tmp_path / "rougedb/settings.py"
    template.write_text("<p>"), code.write_text("1")
    settings.BASE_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    versions = [release.release.__wrapped__()]
    for change in (
        lambda: template.write_text("<p>New"), lambda: code.write_text("2"),
        lambda: (settings.STATIC_ROOT / "staticfiles.json").write_text("{}"),
        lambda: setattr(settings, "SITE_URL", "https://other.example"),
        lambda: setattr(settings, "CONTACT_EMAIL", "other@example.org"),  # on “About” and “Privacy”
        lambda: setattr(settings, "CONTENT_KEY", "another"),  # in the addresses of feeds and forms
    ):  # fmt: skip
        assert release.release.__wrapped__() == versions[-1]
        change()
        versions.append(release.release.__wrapped__())
    assert len(set(versions)) == 7


@pytest.mark.django_db
def test_pages_come_out_of_it_as_they_went_in() -> None:
    Episode.objects.create(number=0)
    first = Client().get("/episodes/")
    store.clear()
    again = Client().get("/episodes/")
    assert (again.content, again.headers) == (first.content, first.headers)


def test_memory_is_bounded_in_bytes_and_the_least_used_go_first() -> None:
    memory = BoundedMemory("of this test", {"OPTIONS": {"MAX_BYTES": 10_000}})
    for number in range(100):
        memory.set(str(number), KeptPage(200, (), b"x" * 1_000))
        memory.get("0")
        assert memory.size <= 10_000
    assert memory.get("0") is not None
    assert memory.get("99") is not None
    assert memory.get("1") is None
    memory.set("too large", KeptPage(200, (), b"x" * 20_000))
    assert memory.get("too large") is None
    assert not memory.add("0", HERE)
    memory.clear()
    assert memory.size == 0


def test_long_keys_count() -> None:
    memory = BoundedMemory("of another test", {"OPTIONS": {"MAX_BYTES": 10_000}})
    for number in range(100):
        memory.set(f"{number:01000}", HERE)
    assert len(memory._values) == 4
    memory.set("x" * 20_000, HERE)
    assert memory.get("x" * 20_000) is None
    assert not memory.add("x" * 20_000, HERE)
