"""Notice that the files put episodes between those that the database has, and move the later ones with all their rows.

An episode is the same if it has the same season and label; one without a label, if its number in the files is the place
that it had. So a special between 5 and 6 leaves 6 what it was, and makes its place the 7th. One that is not found again
goes along with the one before it.
"""

from collections.abc import Iterable
from typing import Any

from characters.kinds import EPISODE
from corrections.renumbering import renumber
from episodes.axes import SECOND_AXIS, is_on_second_axis, own_number
from episodes.models import Episode

from .entries import Dataset
from .memory import RowsInMemory

EARLIER = (
    "The database has it at place {}. It must not come earlier: viewers who said how far they are would be told more. "
    "Put back what is missing before it, or load with --replace; if labels were mixed up, put them right in the admin."
)


def make_room(dataset: Dataset, stored: RowsInMemory) -> int:
    """Move stored episodes that have others before them now; return how many. Complain if one would come earlier."""
    rows = sorted(stored.stored[Episode].values(), key=lambda row: row.number)
    again = _found_again(rows, [entry for entry, _ in dataset.entries[EPISODE.file]])
    moves: dict[int, int] = {}
    step, last = 0, -1
    for row in rows:
        if is_on_second_axis(row.number) and not is_on_second_axis(last):
            step, last = 0, SECOND_AXIS  # chapters do not go along with episodes
        step = again.get(row.number, row.number + step) - row.number
        if step < 0 or row.number + step <= last:
            _refuse(dataset, again[row.number], row.number)
            return 0
        moves[row.number] = last = row.number + step
    count = sum(new != number for number, new in moves.items())
    if count:
        renumber(moves)
    return count


def _found_again(rows: Iterable[Any], entries: Iterable[Any]) -> dict[int, int]:
    """Return the places in the files of those stored episodes that are there and surely the same."""
    in_files: dict[tuple[bool, str, str], list[Any]] = {}
    for entry in entries:
        in_files.setdefault(_name(entry), []).append(entry)
    found = {}
    for row in rows:
        match in_files.get(_name(row)):
            case [entry] if not (row.title and entry.title and row.title != entry.title):
                found[row.number] = entry.number
    return found


def _name(episode: Any) -> tuple[bool, str, str]:
    return is_on_second_axis(episode.number), episode.season, episode.label or str(episode.number)


def _refuse(dataset: Dataset, place: int, before: int) -> None:
    for entry, where in dataset.entries[EPISODE.file]:
        if entry.number == place:
            where.part("number").complain(EARLIER.format(own_number(before)))
