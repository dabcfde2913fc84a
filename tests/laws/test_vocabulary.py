"""Law 1 on a show with words of its own: a kind of relation that comes with an episode is nowhere before it."""

from pathlib import Path

import pytest

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from tests.laws.test_no_leak import assert_twins
from tests.shows import load_show
from tests.twins import NONSENSE, answers, every_word, everything_asked, forms, found_by_words, narrowed_lists, searches
from tests.vows import EPISODES, vows

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("progress", range(EPISODES))
def test_a_vocabulary_tells_nothing_early(tmp_path: Path, progress: int) -> None:
    load_show(tmp_path / "show", **vows())
    words = every_word()
    asked = {*NONSENSE, *searches(progress), *narrowed_lists(progress), *forms(progress)}
    asked |= {f"/characters/?relation={kind}" for kind in ("sworn", "sworn-by", "oathbreaker", "avenges")}
    full = everything_asked(progress, also=asked)
    found = found_by_words(words, progress=progress)
    dump(tmp_path / "cut", as_of=progress)
    load(tmp_path / "cut", replace=True)
    assert_twins(full, answers(full, progress=progress))
    assert found_by_words(words, progress=progress) == found
