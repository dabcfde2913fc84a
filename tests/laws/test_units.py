"""Law 1 on a show of seasons and specials: what its episodes are called is public, and nothing else of them is."""

from pathlib import Path

import pytest

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from tests.laws.test_no_leak import assert_twins
from tests.seasons import EPISODES, harbour
from tests.shows import load_show
from tests.twins import NONSENSE, answers, every_word, everything_asked, found_by_words, searches

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("progress", range(len(EPISODES)))
def test_a_show_of_seasons_tells_nothing_early(tmp_path: Path, progress: int) -> None:
    load_show(tmp_path / "show", **harbour())
    words = every_word()
    full = everything_asked(progress, also=(*NONSENSE, *searches(progress), "/episodes/?from=3"))
    found = found_by_words(words, progress=progress)
    dump(tmp_path / "cut", as_of=progress)
    load(tmp_path / "cut", replace=True)
    assert_twins(full, answers(full, progress=progress))
    assert found_by_words(words, progress=progress) == found
    assert b"S2 E1" in full["/episodes/"].body
