"""Rows that the database has and the files of a data set have not: find them, and take out those that a load wrote.

What editors added or changed is theirs and stays; a row on which theirs depend cannot go.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from characters.kinds import EPISODE, KINDS, SERIES, SUBJECTS, TAG, Kind, kind_of
from characters.models import Subject, Word
from characters.models.words import WordField
from characters.public_ids import new_public_id
from characters.vocabulary import DEFAULT
from corrections import rows
from corrections.imports import Snapshot
from episodes.neighbours import looking_in
from episodes.units import current, named

from .counting import Counted, counted_as
from .matching import Matching
from .memory import RowsInMemory
from .reading import Problem
from .writing import AT_ONCE, values_of

KEPT = (SERIES, TAG)  # of one there is one; the other is on no page without somebody who bears it

ELSEWHERE = "the database"  # in place of a file


@dataclass(frozen=True, slots=True)
class Leftover:
    """A row that is in no file."""

    row: Any
    is_of_an_editor: bool

    @property
    def kind(self) -> Kind:
        return kind_of(self.row)

    def __str__(self) -> str:
        owner = self.kind.home_of(self.row) if self.kind.is_owned else self.row
        of_whom = "" if owner is self.row else f" of {owner}"
        when = "" if self.kind is EPISODE else f" ({named(self.row.revealed_in_id)})"
        what = current().word(self.row.number) if self.kind is EPISODE else self.row._meta.verbose_name
        return f"{what} “{self.row}”{of_whom}{when}"


def leftovers(memory: RowsInMemory, matching: Matching) -> list[Leftover]:
    """Return the stored rows that no entry of the files describes, by kind and episode."""
    found = [
        Leftover(row, matching.is_of_an_editor(row))
        for kind in KINDS
        if kind not in KEPT
        for row in memory.stored[kind.model].values()
        if not matching.is_described(row) and not (kind is EPISODE and row.number == 0)
    ]
    return sorted(found, key=lambda each: (KINDS.index(each.kind), each.row.known_in, str(each)))


class Pruning:
    """Takes rows out of the database together."""

    def __init__(self, memory: RowsInMemory, found: Iterable[Leftover]) -> None:
        self._memory = memory
        self._gone: dict[int, Any] = {}
        self._kept = [each.row for each in found if each.is_of_an_editor]
        self.removed: Snapshot = {}
        before: dict[rows.Editable, dict[str, rows.Values]] = {}
        for each in found:
            if not each.is_of_an_editor:
                kind = rows.editable(each.kind.label)
                before.setdefault(kind, {})[str(each.row.pk)] = values_of(kind, each.row, memory)
                self._gone[id(each.row)] = each.row
        memory.remove(self._gone.values())
        self.removed = before

    @property
    def counts(self) -> Counter[Counted]:
        return Counter(counted_as(row) for row in self._gone.values())

    @property
    def _gone_words(self) -> Iterator[Word]:
        return (row for row in self._gone.values() if isinstance(row, Word))

    def problems(self) -> Iterator[Problem]:
        """Yield what keeps rows from being removed: what editors wrote would go with them, or speak of nobody."""
        with looking_in(self._memory):
            for row in self._kept:
                for what in self._missed_by(row):
                    said = f"An editor wrote the {Leftover(row, is_of_an_editor=True)}. {what}"
                    yield Problem(ELSEWHERE, 0, f"{said} Put that back into the files, or remove the row in the admin.")

    def _missed_by(self, row: Any) -> Iterator[str]:
        for target in (*_targets(row, self._memory), *self._words_lost_by(row)):
            if id(target) in self._gone:
                yield f"It needs the {Leftover(target, is_of_an_editor=False)}, which is in no file."
        others = {column.name for column in row._meta.fields if not getattr(column, "holds_mentions", False)}
        try:
            row.clean_fields(exclude=others)
        except ValidationError as error:
            yield " ".join(error.messages)

    def _words_lost_by(self, row: Any) -> Iterator[Word]:
        """Yield the words of a row that are removed, and that the default list does not have."""
        for column in row._meta.concrete_fields:
            if isinstance(column, WordField):
                key = getattr(row, column.attname)
                meant = (column.section, key)
                if key not in DEFAULT.keys(column.section):
                    yield from (word for word in self._gone_words if (word.section, word.key) == meant)

    def make_room(self) -> None:
        """Remove what may be in the way of what the files have: all but subjects, to which rows may still point."""
        for row in self._gone.values():
            if isinstance(row, Subject) and any(self._memory.where(type(row), public_id=row.public_id)):
                type(row)._base_manager.filter(pk=row.pk).update(public_id=new_public_id())
        self._remove(kind for kind in reversed(KINDS) if kind not in (EPISODE, *SUBJECTS))

    def remove_the_rest(self) -> None:
        """Remove subjects and episodes, once nothing points to them any more."""
        self._remove((*SUBJECTS, EPISODE))

    def _remove(self, kinds: Iterable[Kind]) -> None:
        for kind in kinds:
            keys = [row.pk for row in self._gone.values() if type(row) is kind.model]
            for start in range(0, len(keys), AT_ONCE):
                kind.model._base_manager.filter(pk__in=keys[start : start + AT_ONCE]).delete()

    def retire_files(self) -> None:
        """Take pictures that no row shows any more away from their addresses, once the transaction is through."""
        for kind, by_key in self.removed.items():
            if kind.retire_file is None:
                continue
            for values in by_key.values():
                for name in kind.files:
                    kind.retire_file(values[name])


def _targets(row: models.Model, memory: RowsInMemory) -> Iterator[Any]:
    """Yield the rows that a row points to, in its columns and in its lists."""
    for column in row._meta.concrete_fields:
        if column.is_relation and getattr(row, column.attname) is not None:
            yield getattr(row, column.name)
    for name in rows.editable(row._meta.label_lower).many:
        yield from memory.linked(row, name)
