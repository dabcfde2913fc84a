"""The page of a subject of whom there is too much for one page goes on in parts, and no part leaves anything out."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from characters.lore.pages import chapters, subject, tags
from characters.lore.pages import episode as episode_pages
from characters.models import Character
from tests.conftest import Visitor
from tests.shows import character, episode, load_show, revelation

pytestmark = pytest.mark.django_db

TOLD = [f"Ann does thing number {number:03}." for number in range(60)]


@pytest.fixture
def parts(tmp_path: Path, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """All parts of Ann's page, the first first; five episodes tell of her, and twelve have to do with her."""
    monkeypatch.setattr(chapters, "MOST_TOLD", 4_000)
    monkeypatch.setattr(subject, "MOST_LISTED", 5)
    monkeypatch.setattr(subject, "MOST_OF_TIES", 1_000)
    others = [character(f"b{number:02}", f"Bob {number:02}") for number in range(12)]
    names = [{"name": f"Annie {number:02}", "revealed_in": 1} for number in range(12)]
    load_show(
        tmp_path,
        episodes=[episode(number) for number in range(1, 6)],
        characters=[character("ann", aliases=names), *others],
        relationships=[
            {"source": "ann", "kind": "friend", "target": other["key"], "revealed_in": 1} for other in others
        ],
        revelations=[
            revelation(f"r{number}", text, since=1 + number // 12, characters=["ann"])
            for number, text in enumerate(TOLD)
        ],
    )
    address = visitor(5).get(f"/c/{Character.objects.as_of(5).get(key='ann').public_id}/")["Location"]

    def read() -> list[str]:
        first = visitor(5).get(address).content.decode()
        last = max(map(int, re.findall(r"\?page=(\d+)", first)), default=1)
        pages = [first, *(visitor(5).get(address, {"page": number}).content.decode() for number in range(2, last + 1))]
        assert visitor(5).get(address, {"page": 99}).content.decode() == pages[-1]
        return pages

    return read


def test_nothing_is_left_out_and_nothing_told_twice(parts: Any) -> None:
    pages = parts()
    assert len(pages) > 2
    for text in TOLD:
        assert sum(text in re.sub(r'<span class="gist">.*?</span>', "", page) for page in pages) == 1, text
    for number in range(12):
        assert sum(f">Annie {number:02}<" in page for page in pages) == 1
        assert sum(f">Bob {number:02}</a> (since episode\u00a01)" in page for page in pages) == 1
    assert TOLD[-1] in pages[0]  # the newest come first


def test_the_rail_of_each_part_leads_to_the_chapters_of_all(parts: Any) -> None:
    pages = parts()
    for at, page in enumerate(pages, start=1):
        rail = page.partition('<nav class="jumps"')[2].partition("</nav>")[0]
        for address, number in re.findall(r'href="([^"#]*)#episode-(\d+)"', rail):
            part = int(address.rpartition("=")[2]) if address else at
            assert f'id="episode-{number}"' in pages[part - 1]
        assert len(re.findall("#episode-", rail)) == 5


def test_an_episode_with_too_much_leads_to_its_own_page(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapters, "MOST_IN_CHAPTER", 10)
    assert '<a class="standalone" href="/episodes/5/">2 more in this episode</a>' in parts()[0]


LONG_NAME = f"Robert {'of the “Äußere” Harbour ' * 4}"[:110].strip()


@pytest.mark.parametrize(
    ("name", "most"), [("Robert of the Harbour", 12_000), (LONG_NAME, 12_000), ("ア" * 110, 24_000)]
)
def test_what_is_full_of_links_goes_on_in_more_parts(
    name: str, most: int, tmp_path: Path, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapters, "MOST_TOLD", most)
    load_show(
        tmp_path,
        episodes=[episode(number) for number in range(1, 11)],
        characters=[character("ann"), *(character(f"b{number:02}", f"{name} {number:02}") for number in range(20))],
        revelations=[
            revelation(
                f"r{number}", " and ".join(f"[[b{other:02}]]" for other in range(20)), since=number, characters=["ann"]
            )
            for number in range(1, 11)
        ],
    )
    address = visitor(10).get(f"/c/{Character.objects.as_of(10).get(key='ann').public_id}/")["Location"]
    empty = len(visitor(10).get("/nothing/").content)
    first = visitor(10).get(address).content
    assert b"?page=2" in first
    assert len(first) - empty < most


def test_ties_to_those_with_long_names_go_on_in_more_parts(
    tmp_path: Path, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "MOST_OF_TIES", 4_000)
    others = [character(f"b{number:02}", f"{LONG_NAME[:100]} {number:02}") for number in range(24)]
    friends = [{"source": "ann", "kind": "friend", "target": each["key"], "revealed_in": 1} for each in others]
    load_show(tmp_path, characters=[character("ann"), *others], relationships=friends)
    address = visitor(1).get(f"/c/{Character.objects.as_of(1).get(key='ann').public_id}/")["Location"]
    parts = [visitor(1).get(address, {"page": number}).content.decode() for number in (1, 2, 3)]
    of_each = [set(re.findall(r" (\d\d)</a> \(since", part)) for part in parts]
    assert all(of_each), of_each
    assert sum(map(len, of_each)) == len(others)


def test_of_a_long_name_an_address_has_the_beginning(tmp_path: Path, visitor: Visitor) -> None:
    load_show(tmp_path, characters=[character("ann", LONG_NAME)])
    short = f"/c/{Character.objects.as_of(1).get(key='ann').public_id}/"
    address = visitor(1).get(short)["Location"]
    name = unquote(address.rstrip("/").rpartition("/")[2])
    assert name == "robert-of-the-äußere-harbour-of-the-äußere-harbour-of-the-äu"
    longer = visitor(1).get(f"{address.rstrip('/')}ßere-harbour/")
    assert (longer.status_code, longer["Location"]) == (302, address)


def test_an_episode_that_names_many_goes_on_in_parts(
    tmp_path: Path, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(episode_pages, "MOST_TOLD", 4_000)
    named = [{"name": f"The Number {number:02}", "revealed_in": 1} for number in range(30)]
    load_show(
        tmp_path,
        characters=[
            character(f"b{number:02}", f"Bob {number:02}", since=0, aliases=[alias])
            for number, alias in enumerate(named)
        ],
        revelations=[revelation("all", "They go by numbers.", since=1, characters=["b00"])],
    )
    first = visitor(1).get("/episodes/1/").content.decode()
    last = max(map(int, re.findall(r"\?page=(\d+)", first)))
    pages = [first, *(visitor(1).get(f"/episodes/1/?page={number}").content.decode() for number in range(2, last + 1))]
    of_each = [re.findall(r"The Number \d\d", page) for page in pages]
    assert sorted(name for names in of_each for name in names) == [alias["name"] for alias in named]
    assert max(map(len, of_each)) < 10
    assert "They go by numbers." in first
    assert not any("Nothing is recorded" in page for page in pages)


def test_a_list_of_many_tags_goes_on_in_parts(
    tmp_path: Path, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "MOST_LISTED", 1_000)
    borne = [{"name": name, "revealed_in": 1} for name in ("zeal", *(f"trade {number:02}" for number in range(30)))]
    load_show(
        tmp_path, characters=[character("ann", since=1, tags=borne), character("bob", since=1, tags=[dict(borne[0])])]
    )
    first = visitor(1).get("/tags/").content.decode()
    last = max(map(int, re.findall(r"/tags/\?page=(\d+)", first)))
    pages = [first, *(visitor(1).get(f"/tags/?page={number}").content.decode() for number in range(2, last + 1))]
    of_each = [re.findall(r'<li><a href="/tags/[^"]+">([^<]+)</a>', page) for page in pages]
    assert [name for names in of_each for name in names] == [tag["name"] for tag in borne]
    assert max(map(len, of_each)) <= 15
    assert all("31 in use" in page for page in pages)
