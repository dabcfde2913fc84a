"""Find for each row of the files the one that the database has of it, also where the episode is another by now.

What tells some rows from others has their episode in it. If that was corrected in the files, no stored row is the same
any more: then one is taken that is the same but for the episode and that no other entry describes. A row that an editor
wrote is only taken for what it says itself.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

from corrections.imports import rows_written_by_people

from .drafts import RowDraft
from .memory import RowsInMemory


class Matching:
    """The stored rows that the files describe, as far as their entries were read."""

    def __init__(self, memory: RowsInMemory) -> None:
        self._memory = memory
        self._described: set[int] = set()  # the stored rows that are in the files
        # The rows of drafts that were looked at together, with the drafts, or another could get the place of one.
        self._by_draft: dict[int, tuple[RowDraft, Any]] = {}

    def look_at(self, drafts: Iterable[RowDraft]) -> None:
        """Find the rows of entries among which some may have moved: those that say the same first."""
        waiting = list(drafts)
        for candidates in (self._the_same, self._moved, self._in_its_place):
            waiting = [draft for draft in waiting if not self._takes_one(draft, candidates)]

    def row_of(self, draft: RowDraft) -> Any:
        """Return the stored row of an entry, or None."""
        if id(draft) in self._by_draft:
            return self._by_draft.pop(id(draft))[1]
        if not self._memory.stored[draft.model]:
            return None
        row = next(self._in_its_place(draft), None)
        if row is not None:
            self._described.add(id(row))
        return row

    def is_described(self, row: Any) -> bool:
        """Return whether an entry of the files describes a stored row."""
        return id(row) in self._described

    @cached_property
    def written_by_people(self) -> set[tuple[str, str]]:
        """The rows that editors wrote, or changed after a load, each by the label of its model and its key."""
        return rows_written_by_people()

    def is_of_an_editor(self, row: Any) -> bool:
        return (row._meta.label_lower, str(row.pk)) in self.written_by_people

    def _takes_one(self, draft: RowDraft, candidates: Callable[[RowDraft], Iterator[Any]]) -> bool:
        row = next(candidates(draft), None)
        if row is None:
            return False
        self._described.add(id(row))
        self._by_draft[id(draft)] = draft, row
        return True

    def _the_same(self, draft: RowDraft) -> Iterator[Any]:
        yield from self._free(draft, draft.identity | draft.moved)

    def _moved(self, draft: RowDraft) -> Iterator[Any]:
        nearest = sorted(
            self._free(draft, draft.moved),
            key=lambda row: abs(row.revealed_in_id - (draft.identity | draft.values)["revealed_in_id"]),
        )
        yield from (row for row in nearest if not self.is_of_an_editor(row))

    def _in_its_place(self, draft: RowDraft) -> Iterator[Any]:
        yield from self._free(draft, draft.identity)

    def _free(self, draft: RowDraft, values: dict[str, Any]) -> Iterator[Any]:
        rows = self._memory.find_all(draft.model, values)
        return (row for row in rows if id(row) not in self._described)
