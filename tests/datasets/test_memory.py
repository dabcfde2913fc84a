"""What a load holds of each row, which is what its memory grows with."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from characters.datasets.entries import Dataset
from characters.datasets.loading import load
from tests.shows import character, trait, write_show

FEW, MANY = 20, 100  # characters
ROWS = 10  # of each: itself, a name, and traits
MOST_OF_AN_ENTRY = 400  # bytes, its texts included
MOST_OF_A_ROW = 1200  # bytes, with what the checks have found it by


def cast(size: int) -> list[dict[str, Any]]:
    """Return characters of which nothing is the same."""
    return [
        character(
            f"somebody{number}",
            f"Somebody the {number}.",
            traits=[trait("ability", f"can do {number * ROWS + each} things", since=1) for each in range(ROWS - 2)],
        )
        for number in range(size)
    ]


def held_for_each_row(directory: Path, measure: Callable[[Path], int]) -> float:
    """Return by how many bytes what is held grows with each row."""
    held = {}
    for size in (FEW, MANY):
        (directory / str(size)).mkdir()
        show = write_show(directory / str(size), characters=cast(size))
        tracemalloc.start()
        held[size] = measure(show)
        tracemalloc.stop()
    return (held[MANY] - held[FEW]) / (MANY - FEW) / ROWS


def test_entries_that_were_read_are_small(tmp_path: Path) -> None:
    def held(show: Path) -> int:
        dataset = Dataset(show)
        dataset.raise_problems()
        return tracemalloc.get_traced_memory()[0]

    assert held_for_each_row(tmp_path, held) < MOST_OF_AN_ENTRY


@pytest.mark.django_db
def test_rows_that_were_checked_are_small(tmp_path: Path) -> None:
    def held(show: Path) -> int:
        then: list[int] = []
        load(show, replace=True, check=True, on_findings=lambda _: then.append(tracemalloc.get_traced_memory()[0]))
        return then[0]

    assert held_for_each_row(tmp_path, held) < MOST_OF_A_ROW
