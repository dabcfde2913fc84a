"""What pages of a long show weigh: as much as those of a short one, however many rows are behind them."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import long_show
from bench.kinds_of_page import addresses
from characters.datasets.loading import load
from characters.lore import Lore
from tests.conftest import Visitor
from tests.nets import net_lifted

pytestmark = pytest.mark.django_db

ELEMENT = re.compile(rb"<[a-z]")
# Of each kind of page: kilobytes, elements, and statements once what all pages share is in memory.
MOST = {
    "home": (20, 350, 6),
    "list": (110, 2600, 4),
    "list, filtered": (110, 2600, 4),
    "list of factions": (100, 1200, 6),
    "main character": (180, 2600, 16),
    "minor character": (40, 500, 16),
    "then and now": (60, 1300, 16),
    "faction": (110, 1500, 14),
    "episode": (40, 500, 12),
    "episodes": (30, 700, 4),
    "tags": (30, 500, 5),
    "tag": (80, 1000, 6),
    "voices": (100, 1400, 4),
    "voice": (30, 400, 4),
    "staff": (30, 600, 6),
    "map": (110, 1900, 8),
    "map, since": (110, 1900, 8),
    "map of one": (90, 1300, 8),
    "map of a faction": (110, 1900, 8),
    "linked": (30, 400, 6),
    "recap": (90, 1300, 15),
    "recap, of all": (110, 2000, 15),
    "search": (60, 900, 8),
    "suggestions": (10, 100, 5),
    "history": (20, 300, 8),
    "changes": (20, 300, 6),
    "correction": (150, 3300, 24),
    "went back": (1, 1, 4),
    "about": (20, 250, 4),
    "404": (20, 250, 4),
}


@pytest.mark.parametrize(
    "size",
    [
        pytest.param({"units": 240, "characters": 150, "factions": 130}, id="quick"),
        pytest.param({"units": 73, "characters": 577, "factions": 60}, id="in seasons", marks=pytest.mark.laws),
        pytest.param({"units": long_show.UNITS}, id="the longest", marks=pytest.mark.laws),
    ],
)
def test_no_page_grows_with_the_show(tmp_path: Path, visitor: Visitor, settings: Any, size: dict[str, int]) -> None:
    settings.PAGE_CACHE_BYTES = 0
    with net_lifted():
        load(long_show.write(tmp_path, **size))
        pages = addresses(size["units"])
    assert pages.keys() == MOST.keys()
    reader, too_much = visitor(size["units"]), {}
    for kind, address in pages.items():
        first = reader.get(address)
        assert first.status_code == {"404": 404, "went back": 302}.get(kind, 200), kind
        with CaptureQueriesContext(connection) as statements:
            body = reader.get(address).content
        weight = len(body) / 1000, len(ELEMENT.findall(body)), len(statements)
        if any(of > most for of, most in zip(weight, MOST[kind], strict=True)):
            too_much[kind] = weight
    assert not too_much


def test_what_a_long_show_leaves_out_of_a_page_is_counted_and_led_to(
    tmp_path: Path, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_show, "KINDS", ("ally",))
    monkeypatch.setattr(long_show, "FEW", 100)
    with net_lifted():
        load(long_show.write(tmp_path, units=130, characters=60, factions=5))
    page = visitor(130).get(addresses(130)["main character"]).content.decode()
    told = Lore(130).subject("characters", re.findall(r"/c/(\w+)/", page)[0])
    assert told is not None
    folded = [chapter for fold in told.folds for chapter in fold.chapters]
    assert (*folded, *told.newest) == told.chapters
    assert len(told.newest) < len(told.chapters)
    for fold in told.folds:
        assert f"<h3>{fold.heading}</h3> <small>{len(fold.chapters)} chapter" in page
    for chapter in told.chapters:
        assert page.count(f'id="episode-{chapter.episode.number}"') == 1
    many = next(group for group in told.ties_by_verb if len(group.ties) > 16)
    assert f"<summary>More: {len(many.ties) - 12}</summary>" in page
    assert all(tie.other.url in page for tie in many.ties)
