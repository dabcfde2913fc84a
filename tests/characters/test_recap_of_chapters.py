"""Recaps, what is new, and how pages lead to them in a story of two axes."""

import re
from pathlib import Path

import pytest
from django.test import Client

from characters.lore import Lore
from characters.lore.pages.changed import pages_changed
from episodes.axes import Progress, key_of
from tests.axes import two_axes
from tests.shows import load_show
from tests.twins import ask, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def show(tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes())


def told(at: tuple[int, int], since: tuple[int, int], until: tuple[int, int] | None = None) -> str:
    page = Lore(Progress(*at)).recap(Progress(*since), Progress(*until) if until else None)
    assert page is not None
    assert page.last == 1
    return " · ".join(
        f"{chapter.episode.heading}: {text_of(entry.html.encode()).strip()}"
        for group in page.groups
        for chapter in group.chapters
        for entry in (*chapter.revelations, *chapter.changes)
    )


def units(at: tuple[int, int], since: tuple[int, int]) -> str:
    page = Lore(Progress(*at)).recap(Progress(*since))
    return page.told_of if page else ""


def test_a_recap_is_of_what_was_watched_and_read_since() -> None:
    assert units((3, 20), (3, 18)) == "parts 19 to 20"
    assert units((3, 20), (2, 20)) == "episode 3"
    assert units((3, 20), (0, 19)) == "episodes 1 to 3 and part 20"
    assert units((0, 20), (0, 0)) == "parts 1 to 20"
    for nowhere in ((3, 20), (3, 21), (4, 0), (2, 21), (3, 99)):
        assert units((3, 20), nowhere) == "", nowhere


def test_each_thing_is_told_where_it_stands() -> None:
    assert "Part 21: Cole keeps the tide tables." in told((3, 21), (3, 20))
    assert "Bea trusts" not in told((3, 21), (3, 17))  # episode 3 told it before chapter 18
    assert "Part 18: Beatrix Vane trusts" in told((2, 18), (2, 17))
    assert "Episode 3: Beatrix Vane trusts" in told((3, 18), (2, 18))
    assert "Part 17: " in told((3, 17), (3, 16))
    assert "Unmasked" not in told((6, 17), (6, 16))


def test_a_part_of_a_recap_tells_no_more_and_what_follows_the_rest() -> None:
    first = told((3, 21), (0, 10), (3, 10))
    rest = told((3, 21), (3, 10))
    assert "tide tables" not in first
    assert "tide tables" in rest
    assert "lighthouse" in first
    assert "lighthouse" not in rest


def test_what_changed_by_a_chapter_is_new_with_it() -> None:
    lore = Lore(Progress(3, 17))
    changed = {f"{page.face.name}": page.label for page in pages_changed(lore, Progress(3, 16), lore.progress)}
    assert changed == {"Beatrix Vane": "unmasked"}
    lore = Lore(Progress(3, 14))
    changed = {f"{page.face.name}": page.label for page in pages_changed(lore, Progress(3, 13), lore.progress)}
    assert changed == {"Cole": "new"}


@pytest.mark.parametrize(
    ("at", "before", "heading", "recap"),
    [
        ("3+20", None, "New with episode 3", "since=2&read=20"),
        ("3+21", "3+20", "New with part 21", "since=3&read=20"),
        ("3+21", "3+18", "New since part 18", "since=3&read=18"),
        ("3+21", "2+18", "New since episode 2 and part 18", "since=2&read=18"),
        ("0+21", None, "New with part 21", "since=0&read=20"),
        ("3+19", "3+20", "New with episode 3", "since=2&read=19"),
        ("3", None, "New with episode 3", "since=2"),
    ],
)
def test_home_says_what_is_new_and_leads_to_its_recap(at: str, before: str | None, heading: str, recap: str) -> None:
    client = Client()
    client.cookies["progress"] = at
    if before:
        client.cookies["progress_before"] = before
    body = client.get("/").content.decode()
    assert heading in text_of(body.encode())
    assert f'href="/recap/?{recap.replace("&", "&amp;")}" rel="nofollow">Read it all' in body
    page = client.get(f"/recap/?{recap}").content.decode()
    assert "A recap starts after" not in page
    link = re.search(r'href="(/recap/\?since=[^"]*)" rel="nofollow">See what is new', body)
    assert bool(link) is bool((before and before != "3+20") or at == "3+21")


def test_a_recap_is_asked_for_on_both_axes() -> None:
    at = Progress(3, 20)
    page = ask("/recap/?since=2&read=18", progress=at).body.decode()
    assert "<h1>Since episode 2 and part 18</h1>" in page
    assert "What happened in episode 3 and parts 19 to 20" in text_of(page.encode())
    assert '<option value="18" selected>Part 18 · Heading of 18</option>' in page
    assert "Chapters" not in page
    assert '<p class="season-head">Parts</p>' in page
    assert "Heading of 21" not in page
    assert "Episode by episode, part by part" in page
    page = ask("/recap/?since=3&read=18", progress=at).body.decode()
    assert "<h1>Since part 18</h1>" in page
    assert "Part by part" in page
    assert "From the beginning" in ask("/recap/?since=0&read=0", progress=at).body.decode()
    assert (
        "A recap starts after what you have already watched and read"
        in ask("/recap/?since=3&read=20", progress=at).body.decode()
    )
    assert ask("/recap/?read=18", progress=at).body.decode().count("Since part 18")
    assert ask("/recap/?since=2&read=3", progress=3).body == ask("/recap/?since=2", progress=3).body
    assert key_of(at) == "3+20"
