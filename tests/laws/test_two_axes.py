"""A story on two axes: whoever is at an episode and a chapter knows what either has told, and nothing else."""

from pathlib import Path

import pytest

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.lore import Lore
from episodes.axes import Progress
from tests.axes import two_axes
from tests.laws.test_random_shows import files_of
from tests.shows import load_show

pytestmark = pytest.mark.django_db


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


def test_load_dump_load_is_the_identity(tmp_path: Path) -> None:
    load_show(tmp_path / "0", **two_axes())
    dump(tmp_path / "1")
    assert load(tmp_path / "1").rows == 0
    load(tmp_path / "1", replace=True)
    dump(tmp_path / "2")
    assert files_of(tmp_path / "1") == files_of(tmp_path / "2")
