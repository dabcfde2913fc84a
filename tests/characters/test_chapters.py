"""The chapters of a show of two axes where there are many: steps in their list, volumes to choose, and search."""

import re
from pathlib import Path

import pytest

from characters.lore.statements import fetched
from characters.models import SearchEntry
from episodes.axes import Progress, place_of
from tests.axes import two_axes
from tests.shows import load_show
from tests.twins import ask, text_of

pytestmark = pytest.mark.django_db

MANY = [{"number": number, "title": f"Heading of {number}"} for number in range(1, 241)]
VOLUMES = [chapter | {"season": f"Vol. {(at + 10) // 10}"} for at, chapter in enumerate(MANY)]


def listed(body: str) -> list[str]:
    return re.findall(r'<li[^>]*><a href="/episodes/(chapter-\d+)/"', body)


@pytest.mark.parametrize(("chapters", "most", "steps"), [(MANY, 100, 3), (VOLUMES, 10, 24), (MANY[:100], 100, 0)])
def test_every_chapter_is_a_step_away_in_their_list(
    tmp_path: Path, chapters: list[dict[str, object]], most: int, steps: int
) -> None:
    load_show(tmp_path, **two_axes() | {"chapters": chapters})
    body = ask("/episodes/", progress=Progress(3, 45)).body.decode()
    assert "chapter-45" in listed(body)
    others = re.findall(r'href="(/episodes/\?chapter=\d+)#chapters"', body)
    assert len(others) == steps
    all_of_them = listed(body) if not others else []
    for other in others:
        page = ask(other, progress=Progress(3, 45)).body.decode()
        assert page.count('aria-current="page">') >= 1
        assert 0 < len(listed(page)) <= most
        all_of_them += listed(page)
    assert all_of_them == [f"chapter-{number}" for number in range(1, len(chapters) + 1)]
    assert "Heading of 46" not in body
    assert "watched up to 3 of 6 · parts: read up to 45 of" in text_of(body.encode())


def test_of_many_chapters_a_recap_asks_for_a_number(tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes() | {"chapters": MANY})
    page = ask("/recap/?since=3&read=130", progress=Progress(3, 140)).body.decode()
    assert '<input type="number" id="read" name="read" min="0" max="140" value="130">' in page
    assert page.count("<option") < 20


def test_a_volume_is_chosen_where_one_says_how_far_one_has_read(tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes() | {"chapters": VOLUMES})
    start = ask("/", progress=0).body.decode()
    assert '<option value="20">Vol. 2</option>' in start
    assert '<option value="240">Vol. 24</option>' in start


@pytest.mark.parametrize("typed", ["part 20", "Part 20", "20"])
def test_a_chapter_is_found_by_its_number(tmp_path: Path, typed: str) -> None:
    load_show(tmp_path, **two_axes())
    address = f"/search/?q={typed.replace(' ', '+')}"
    assert 'href="/episodes/chapter-20/"' in ask(address, progress=Progress(3, 20)).body.decode()
    assert 'href="/episodes/chapter-20/"' not in ask(address, progress=Progress(3, 19)).body.decode()


@pytest.mark.postgresql  # SQLite asks each axis for its own range of keys
def test_the_index_holds_words_for_the_gate_of_either_axis(tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes())

    def places(gate: str) -> set[int]:
        sql = 'SELECT DISTINCT "revealed_in_id" FROM "characters_searchentry" WHERE "vector" @@ %s::tsquery'
        return {place for (place,) in fetched(sql, [gate])}

    assert places(SearchEntry.gate_word(3)) == {0, 1, 2, 3}
    assert places(SearchEntry.second_gate_word(9)) == {place_of(number) for number in range(1, 16)}
    assert max(places(SearchEntry.gate_word(6))) == 6
