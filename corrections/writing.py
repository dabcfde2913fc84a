"""Writing accepted changes to the rows of the show. Nothing else in corrections/ does.

The rows are written first and then validated together, because some are valid only beside one another.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, models, transaction

from episodes.gate import Prose, content_may_be_written

from . import renaming, rows
from .conflicts import can_be_overridden, current_value, merge_lists, outcome_of, rows_there_already
from .dependents import consequences_of, refuse_if_needed
from .errors import CouldNotApply, RowInTheWay, messages_of
from .many import ManyRows, check_row
from .models import Change
from .rows import Editable, Json, Values

Action, Outcome = Change.Action, Change.Outcome

type Override = Callable[[Json], bool]
"""Given the current value, returns whether a change is to replace it in spite of a conflict."""


def never(current: Json) -> bool:
    return False


def always(current: Json) -> bool:
    return True


@dataclass
class ChangeWriter:
    """Writes some changes in one transaction, which its caller opens: `add()` them, then `write()`, then `check()`."""

    to_write: list[Change] = field(default_factory=list)
    _written: dict[str, Change] = field(default_factory=dict)  # by the reference of the row
    _rows: dict[str, models.Model] = field(default_factory=dict)  # as they are after all was written
    _removed: list[tuple[Change, models.Model]] = field(default_factory=list)
    _subjects: set[str] = field(default_factory=set)
    _read: rows.Read = field(default_factory=dict)  # all rows as they were
    _renamed: list[tuple[Change, str]] = field(default_factory=list)  # each with the former handle of its row
    _many: ManyRows = field(default_factory=ManyRows)

    def add(self, changes: Iterable[tuple[Change, Override]]) -> None:
        """Lock the rows of changes and set the outcome of each; they will be written unless they conflict."""
        changes = list(changes)
        self._read |= rows.read(((change.model, change.row) for change, _ in changes), locked=True)
        are_there = rows_there_already(each for each, _ in changes if (each.model, each.row) not in self._read)
        for change, override in changes:
            self._add(change, override, is_there=are_there.get(change.pk))

    def _add(self, change: Change, override: Override, *, is_there: bool | None = None) -> None:
        kind = rows.editable(change.model)
        row, values = self._read.get((change.model, change.row), (None, None))
        current: Json = values[change.path] if values is not None and change.path else values
        change.outcome = outcome_of(change, kind, row, current, is_there=is_there)
        if change.outcome == Outcome.CONFLICT and can_be_overridden(change, row) and override(current):
            change.outcome = Outcome.APPLIED
        if change.action == Action.SET and row is not None:
            is_list = change.path in kind.many
            change.became = merge_lists(change.before, current, change.wanted) if is_list else change.wanted
        change.was = current
        if change.outcome == Outcome.APPLIED:
            self.to_write.append(change)

    def add_consequences(self) -> list[Change]:
        """Add and return the changes that removals make necessary in other rows."""
        consequences = consequences_of(self.to_write)
        places = [(change.model, change.row) for change in consequences if change.action != Action.ADD]
        self._read |= rows.read(places, locked=True)
        for change in consequences:
            _, change.row_values = self._read.get((change.model, change.row), (None, None))
            self._add(change, never)
        return consequences

    def write(self) -> None:
        """Remove rows, then set fields, then add rows. A row that another one blocks is tried again after the rest."""
        waiting = [
            group
            for action in (Action.REMOVE, Action.SET, Action.ADD)
            for group in _by_row(change for change in self.to_write if change.action == action)
        ]
        with content_may_be_written():
            waiting = self._many.write(waiting, self._read)
        while waiting:
            blocked: list[tuple[list[Change], list[str]]] = []
            for group in waiting:
                try:
                    with content_may_be_written():
                        self._write_row(group)
                except RowInTheWay as error:
                    blocked.append((group, error.messages))
                except (ValidationError, DataError, IntegrityError, ValueError, TypeError) as error:
                    raise CouldNotApply({group[0]: messages_of(error)}) from error
            if len(blocked) == len(waiting):
                raise CouldNotApply({group[0]: messages for group, messages in blocked})
            waiting = [group for group, _ in blocked]
        self._rewrite_texts()
        for change in self.to_write:  # only now, as a list may name rows that were written after its own
            if change in self._many:
                continue
            row = rows.row_of(rows.editable(change.model), change.row)
            change.became = current_value(change, row)
            if row is not None:
                self._rows[rows.reference(row)] = row
        self._many.settle()
        for change, former in self._many.proposed():
            self._note_many(change, former)

    def _note_many(self, change: Change, former: Values | None) -> None:
        """Note what was written of a row among many."""
        kind = rows.editable(change.model)
        if change.action == Action.REMOVE:
            self._removed.append((change, self._read[change.model, change.row][0]))
        for values in (former, change.became if change.action == Action.ADD else None):
            self._subjects |= rows.subjects_of(kind, change.row, values) if values else set()
        if change.action == Action.SET and former:
            self._subjects |= rows.subjects_of(kind, change.row, former | {change.path: change.became})

    def _rewrite_texts(self) -> None:
        """Let all texts name the rows that have another handle now by that, in the order in which these got it."""
        for change, former in self._renamed:
            handle = rows.editable(change.model).handle
            try:
                with content_may_be_written():
                    renaming.rename(handle, former, change.became)  # type: ignore[arg-type]
            except ValidationError as error:
                raise CouldNotApply({change: messages_of(error)}) from error

    def _write_row(self, changes: list[Change]) -> None:
        """Write the changes of one row."""
        first = changes[0]
        kind = rows.editable(first.model)
        if first.action == Action.ADD:
            self._add_row(kind, first)
            return
        row = rows.row_of(kind, first.row)
        if row is None:
            raise ValidationError("The row does not exist any more.")
        before = rows.values_of(row)
        if first.action == Action.REMOVE:
            refuse_if_needed([row])
            self._subjects |= rows.subjects_of(kind, first.row, before)
            self._removed.append((first, row))
            kind.model._base_manager.get(pk=row.pk).delete()
            return
        for change in changes:
            rows.set_value(kind, row, change.path, change.became)
            if kind.handle is not None and change.path == kind.handle.field:
                self._renamed.append((change, before[change.path]))
        rows.set_places(kind, row, {change.path for change in changes})
        _save(row, adding=False)
        rows.set_lists(kind, row, {change.path: change.became for change in changes})
        self._note_written(kind, first, row, before)
        self._note_written(kind, first, row, before | {change.path: change.became for change in changes})

    def _add_row(self, kind: Editable, change: Change) -> None:
        row = rows.new_row(kind, change.row, change.wanted)
        _save(row, adding=True)
        rows.set_lists(kind, row, change.wanted)
        change.row = str(row.pk)
        self._note_written(kind, change, row, change.wanted)

    def _note_written(self, kind: Editable, change: Change, row: models.Model, values: Values) -> None:
        self._written[rows.reference(row)] = change
        self._subjects |= rows.subjects_of(kind, change.row, values)

    def check(self) -> None:
        """Validate everything that was written by the models' own rules, and that the pages it is on are whole."""
        try:
            connection.check_constraints()
        except IntegrityError as error:
            message = "A row was removed that another row still points to."
            raise CouldNotApply({None: [message]}) from error
        problems: dict[Change | None, list[str]] = {}
        self._subjects |= {f"{change.model}:{change.into}" for change in self.to_write if change.into}
        with self._many.looking():
            self._check_rows(problems)
        if problems:
            raise CouldNotApply(problems)
        self._retire_files()

    def _check_rows(self, problems: dict[Change | None, list[str]]) -> None:
        of_many: dict[str, Change] = {}
        for written, row in self._many.rows_to_check():
            of_many[rows.reference(row)] = written
            with _collected(problems, written):
                check_row(written, row)
        others = rows.by_label(self._subjects - self._rows.keys())
        subjects = rows.read((label, key) for label, keys in others.items() for key in keys)
        there = {f"{label}:{key}": row for (label, key), (row, _) in subjects.items()} | self._rows
        for reference, change in (dict.fromkeys(sorted(self._subjects)) | self._written).items():
            row = there.get(reference)
            if row is not None:
                kind = rows.editable(row._meta.label_lower)
                with _collected(problems, change or of_many.get(reference)):
                    if change is not None:
                        row.full_clean(exclude=kind.files)  # files are stored once the transaction is committed
                    if kind.check is not None:
                        kind.check(row)
        for change, row in self._removed:
            if (check := rows.editable(change.model).check_removed) is not None:
                with _collected(problems, change):
                    check(row)

    def _retire_files(self) -> None:
        for change in self.to_write:
            kind = rows.editable(change.model)
            for name in kind.files:
                old = change.was if change.path == name else (change.was or {}).get(name) if not change.path else None
                if kind.retire_file is not None and old and old != change.became:
                    kind.retire_file(old)


@contextmanager
def _collected(problems: dict[Change | None, list[str]], change: Change | None) -> Iterator[None]:
    """Add validation errors to `problems` instead of raising them."""
    try:
        yield
    except ValidationError as error:
        problems.setdefault(change, []).extend(messages_of(error))


def _save(row: models.Model, *, adding: bool) -> None:
    """Save a row after checking its own fields. What it points to may be written later and is checked at the end."""
    others = {column.name for column in row._meta.concrete_fields if _is_checked_elsewhere(row, column)}
    row.clean_fields(exclude=others)
    if missing := [str(column.verbose_name) for column in row._meta.concrete_fields if _points_nowhere(row, column)]:
        raise RowInTheWay([f"Its {name} does not exist." for name in missing])
    try:
        with transaction.atomic():
            row.save(force_insert=adding)
    except IntegrityError as error:
        try:
            row.validate_unique()
            row.validate_constraints()
        except ValidationError as clash:
            raise RowInTheWay(list(clash.messages)) from error
        raise RowInTheWay(["It conflicts with another row."]) from error


def _is_checked_elsewhere(row: models.Model, column: Any) -> bool:
    """Return whether a field waits for the end, or holds a file that is stored: Django opens it, and it may be gone."""
    if isinstance(column, models.FileField):
        file = getattr(row, column.name)
        return bool(file) and file._committed
    return column.is_relation or isinstance(column, Prose)


def _points_nowhere(row: models.Model, column: Any) -> bool:
    if not column.is_relation or (key := getattr(row, column.attname)) is None:
        return False
    return not column.related_model._base_manager.filter(**{column.target_field.name: key}).exists()


def _by_row(changes: Iterable[Change]) -> list[list[Change]]:
    """Group changes by their row; each new row is a group of its own."""
    groups: dict[tuple[str, str, Any], list[Change]] = {}
    for change in changes:
        own = change.pk if change.action == Action.ADD else None
        groups.setdefault((change.model, change.row, own), []).append(change)
    return list(groups.values())
