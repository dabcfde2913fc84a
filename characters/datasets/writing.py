"""Write rows that a data set describes, unless the database has them already, and check them.

Rows are made in memory first. When all of them are there they are written in bulk, then checked against one another;
their fields are checked before, since writing in bulk checks nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache, partial
from itertools import batched
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction

from characters.kinds import EPISODE, KINDS
from characters.models import Alias, Subject, check_headlines
from characters.models.mentions import MentionsNobody
from corrections import bulk, rows
from corrections.imports import Snapshot, ValuesOnDemand
from episodes.axes import second_of_place
from episodes.gate import Prose
from episodes.neighbours import looking_in
from episodes.texts import Line

from .counting import Counted, counted_as
from .drafts import RowDraft
from .matching import Matching
from .memory import Model, RowsInMemory, lists, told_apart_by
from .reading import FilePlace
from .schema import CHAPTERS, IN_FILES

AT_ONCE = 1_000  # rows in one statement, or in several where the database takes fewer
MOST_REMEMBERED = 2**8  # values of a column that were found in order


class RowWriter:
    """Collects rows and writes them together. What is wrong with a row is noted at its place in the files."""

    def __init__(
        self, memory: RowsInMemory, *, is_lost: Callable[[int], bool], is_nobody: Callable[[str], bool]
    ) -> None:
        self.memory = memory
        self.matching = Matching(memory)
        self._is_lost = is_lost  # whether an episode is missing only because something is wrong with it
        self._is_nobody = is_nobody  # whether a key is that of nobody, whatever else is wrong
        self.episodes: set[int] = set()  # that rows may refer to
        self._rows: list[Any] = []  # all rows of the files
        self._places: list[FilePlace] = []  # of each of them
        self._given: dict[tuple[Any, ...], FilePlace] = {}  # the places of some of them by their identity
        self._new: dict[Model, list[Any]] = defaultdict(list)
        self._in_no_file: list[Any] = []  # of the new ones
        self._changed: dict[Model, dict[int, Any]] = defaultdict(dict)
        self._moved: dict[Model, dict[int, Any]] = defaultdict(
            dict
        )  # of those, the ones with another place in the show
        self._columns: dict[Model, set[str]] = defaultdict(set)  # that were changed
        self._links: dict[tuple[Model, str], tuple[list[Any], list[Any]]] = {key: ([], []) for key in lists()}
        self._before: dict[rows.Editable, dict[str, rows.Values]] = {}
        self._replaced: dict[rows.Editable, dict[str, rows.Values]] = defaultdict(dict)

    # Collecting

    def put(self, draft: RowDraft) -> Any:
        """Return the row that will be in the database, just like that, or None after noting why not."""
        values = draft.identity | draft.values
        exists = self.episodes_exist(values, draft.place)
        if self._is_given_twice(draft) or not exists:
            return None
        row = self.matching.row_of(draft)
        row = self._added(draft, values) if row is None else self._updated(row, draft)
        if row is not None:
            self._rows.append(row)
            self._places.append(draft.place)
        return row

    def forget_what_was_given(self) -> None:
        """Free what tells whether a row is given twice: what comes next is of another kind, or of another owner."""
        self._given.clear()

    def add(self, row: models.Model) -> None:
        """Add a row that no file has."""
        self._in_no_file.append(row)
        self._add(row)

    def _add(self, row: models.Model) -> None:
        self._new[type(row)].append(row)
        self.memory.add(row)

    def set(self, row: Any, name: str, value: Any) -> None:
        """Set a field of a row that is new or was stored."""
        if not row._state.adding:
            self._remember(row)
            self._changed[type(row)][id(row)] = row
            self._columns[type(row)].add(row._meta.get_field(name).name)
            self.memory.changed(row)
        setattr(row, name, value)

    def link(self, row: Any, name: str, others: list[Any]) -> bool:
        """Set a list of other rows; return whether it was another."""
        before = list(self.memory.linked(row, name))
        to_add = [other for other in others if other not in before]
        to_remove = [other for other in before if other not in others]
        if not to_add and not to_remove:
            return False
        if not row._state.adding:
            self._remember(row)
        added, removed = self._links[type(row), name]
        added += ((row, other) for other in to_add)
        removed += ((row, other) for other in to_remove)
        self.memory.link(row, name, others)
        return True

    def _is_given_twice(self, draft: RowDraft) -> bool:
        # A new tag has no key yet; in memory each row is one object.
        values = (id(value) if isinstance(value, models.Model) else value for value in draft.identity.values())
        identity = (draft.model, *told_apart_by(values))
        if identity in self._given:
            draft.place.complain(f"This is given twice; the other is in line {self._given[identity].line}.")
            return True
        self._given[identity] = draft.place
        return False

    def episodes_exist(self, values: dict[str, Any], place: FilePlace) -> bool:
        """Return whether the episodes of a row are there, after noting which are not."""
        missing = {
            name: number
            for name in ("revealed_in_id", "ended_in_id", "also_in_id", "also_ended_in_id")
            if (number := values.get(name)) is not None and number not in self.episodes
        }
        for name, number in missing.items():
            if self._is_lost(number):
                place.document.consequences += 1
                continue
            chapter = second_of_place(number)
            what = f"chapter {chapter} in {CHAPTERS}" if chapter else f"episode {number} in {EPISODE.file}"
            field = name.removesuffix("_id")
            place.part(IN_FILES.get(field, field)).complain(f"There is no {what}.")
        return not missing

    def _added(self, draft: RowDraft, values: dict[str, Any]) -> models.Model | None:
        only_new = draft.only_new()
        if only_new.get("id") in self.memory.stored[draft.model]:
            # An editor has changed the row of that id into something else; it is left alone.
            only_new = {name: value for name, value in only_new.items() if name != "id"}
        values = only_new | values
        row = bulk.new_row(draft.model, values)
        if not self._has_valid_fields(row, draft):
            if isinstance(row._meta.pk, models.AutoField):
                return None
            bulk.refer(row, values)
            self.memory.add(row)  # so that its other faults are found; what needs it has none of its own
            return row
        self._add(row)
        return row

    def _has_valid_fields(self, row: models.Model, draft: RowDraft) -> bool:
        try:
            _clean(row, _fields_checked_alone(draft.model))
        except ValidationError as error:
            report(error, draft.place)
            return False
        return True

    def _updated(self, row: Any, draft: RowDraft) -> models.Model:
        changed = {name: value for name, value in draft.values.items() if getattr(row, name) != value}
        if draft.moved and row.revealed_in_id != (place := (draft.identity | draft.values)["revealed_in_id"]):
            changed["revealed_in_id"] = place
            self._moved[draft.model][id(row)] = row
        for name, value in changed.items():
            self.set(row, name, value)
        if changed and not self._has_valid_fields(row, draft):
            for rows_ in (self._changed, self._moved):
                rows_[draft.model].pop(id(row), None)
        return row

    # What was before and is after

    def _remember(self, row: Any) -> None:
        """Keep the values of a row that is about to be changed."""
        kind = rows.editable(row._meta.label_lower)
        before = self._before.setdefault(kind, {})
        if str(row.pk) not in before:
            before[str(row.pk)] = values_of(kind, row, self.memory)

    def remember_all(self, memory: RowsInMemory) -> None:
        """Keep the values of all rows, which are deleted."""
        for of_model in memory.stored.values():
            for row in of_model.values():
                kind = rows.editable(row._meta.label_lower)
                self._replaced[kind][str(row.pk)] = values_of(kind, row, memory)

    def before_and_after(self) -> tuple[Snapshot, Snapshot]:
        """Return the values of all rows that may have changed, and of those that are new."""
        after: dict[rows.Editable, dict[str, Any]] = defaultdict(dict)
        for model, new in self._new.items():
            after[rows.editable(model._meta.label_lower)] = {str(row.pk): row for row in new}
        if self._replaced:  # by these files, from empty: nothing of it is in the memory any more
            return self._replaced, self._on_demand(after)
        for kind, before in self._before.items():
            changed = ((key, self.memory.stored[kind.model].get(_key(kind, key))) for key in before)
            after[kind].update((key, row) for key, row in changed if row is not None)
        return self._before, self._on_demand(after)

    def _on_demand(self, by_kind: dict[rows.Editable, dict[str, Any]]) -> Snapshot:
        return {
            kind: ValuesOnDemand(by_key, partial(values_of, kind, memory=self.memory))
            for kind, by_key in by_kind.items()
        }

    def counts(self) -> tuple[Counter[Counted], Counter[Counted], Counter[Counted]]:
        """Return how many rows of each kind are new, changed, and moved to another episode."""
        new = Counter(counted_as(row) for rows_ in self._new.values() for row in rows_)
        new -= Counter(map(counted_as, self._in_no_file))
        changed: Counter[Counted] = Counter()
        moved: Counter[Counted] = Counter()
        for kind, before in self._before.items():
            for key, values in before.items():
                row = self.memory.stored[kind.model][_key(kind, key)]
                has_moved = "revealed_in" in values and values["revealed_in"] != row.revealed_in_id
                (moved if has_moved else changed)[counted_as(row)] += 1
        return new, changed, moved

    # Writing

    @property
    def size(self) -> int:
        """The number of rows that `write()` writes and of those that `check()` checks."""
        return len(self._rows)

    def write(self) -> bool:
        """Write everything; note what the constraints of the database refuse. Return whether there was anything."""
        self._make_room_for_headlines()
        self._make_room_for_moved()
        for kind in KINDS:
            changed, moved = (rows_[kind.model] for rows_ in (self._changed, self._moved))
            self._write_rows(kind.model, (row for row in changed.values() if id(row) not in moved), adding=False)
            self._write_rows(kind.model, [*moved.values(), *self._new[kind.model]], adding=True)
        for (model, name), (added, removed) in self._links.items():
            field: Any = model._meta.get_field(name)
            own, other = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
            through = field.remote_field.through
            for row, linked in removed:
                through._base_manager.filter(**{own: row.pk, other: linked.pk}).delete()
            bulk.insert_values(through, (own, other), ((row.pk, linked.pk) for row, linked in added))
        is_changed = any(map(any, self._links.values())) or any(self._changed.values()) or any(self._new.values())
        self._links.clear()
        return is_changed

    def _make_room_for_headlines(self) -> None:
        """Let headlines change places, of which there may be only one for each episode at any time."""
        before = self._before.get(rows.editable(Alias._meta.label_lower), {})
        moving = [
            alias.pk
            for alias in self._changed[Alias].values()
            if (old := before[str(alias.pk)])["headline"]
            and (
                not alias.headline
                or old["revealed_in"] != alias.revealed_in_id
                or old.get("also_in") != alias.also_in_id
            )
        ]
        if moving:
            self._columns[Alias].add("headline")
        for some in batched(moving, AT_ONCE):
            Alias._base_manager.filter(pk__in=some).update(headline=False)

    def _make_room_for_moved(self) -> None:
        """Take rows out that are put in again at another episode, where another one may stand that moves as well."""
        for model, moved in self._moved.items():
            for some in batched((row.pk for row in moved.values()), AT_ONCE):
                model._base_manager.filter(pk__in=some).delete()

    def _write_rows(self, model: Model, all_rows: Iterable[Any], *, adding: bool) -> None:
        for some in batched(list(all_rows), AT_ONCE):
            try:
                with transaction.atomic():
                    self._write_some(model, some, adding=adding)
            except IntegrityError:
                for row in some:
                    self._write_alone(row, adding=adding)

    def _write_some(self, model: Model, some: tuple[Any, ...], *, adding: bool) -> None:
        manager = model._base_manager
        key = model._meta.pk
        if adding and isinstance(key, models.AutoField):  # the rows that refer to these need their numbers
            manager.bulk_create(some)
            return
        if adding:
            bulk.insert(model, some)
            return
        manager.bulk_create(
            some,
            update_conflicts=True,
            unique_fields=[key.name],
            update_fields=sorted(self._columns[model] - {key.name}),
        )

    def _write_alone(self, row: Any, *, adding: bool) -> None:
        """Write one of several rows of which a constraint refused one; the message for people is the constraint's."""
        try:
            _save(row, adding=adding)
        except ValidationError as error:
            self.memory.remove([row])
            at = next(at for at, each in enumerate(self._rows) if each is row)
            del self._rows[at]
            report(error, self._places.pop(at))

    # Checking

    def check(self) -> Iterator[None]:
        """Check what depends on other rows, once all rows are written; yield after each row, and forget them."""
        with looking_in(self.memory):
            self.memory.begin_checks(self._rows)
            for row, place in zip(self.memory.referring(self._rows), self._places, strict=True):
                for problem in self._problems_of(row):
                    report(problem, place, is_nobody=self._is_nobody)
                yield
            self._check_headlines()
        self._rows.clear()
        self._places.clear()

    def _problems_of(self, row: Any) -> Iterator[ValidationError]:
        """Yield what is wrong with the texts of a row, and what is wrong between it and others."""
        for check in (partial(_clean, row, _prose(row._meta.model)), row.clean):
            try:
                check()
            except ValidationError as error:
                yield error

    def _check_headlines(self) -> None:
        """Require headline names, but of those of whose names or episode something is wrong, as that may be why."""
        for row, place in zip(self._rows, self._places, strict=True):
            if isinstance(row, Subject) and not (place.is_blamed("aliases") or place.is_blamed("revealed_in")):
                try:
                    check_headlines(row, row.headlines())
                except ValidationError as error:
                    report(error, place)


def values_of(kind: rows.Editable, row: Any, memory: RowsInMemory) -> rows.Values:
    """Return the values of a row, the lists of others included."""
    values = rows.single_values(kind, row)
    for name in kind.many:
        values[name] = sorted(str(other.pk) for other in memory.linked(row, name))
    return values


def _key(kind: rows.Editable, key: str) -> Any:
    return kind.model._meta.pk.to_python(key)


def _save(row: models.Model, *, adding: bool) -> None:
    """Save a row; if a constraint of the database refuses it, raise ValidationError with the message for people."""
    bulk.give_own_state(row)
    try:
        with transaction.atomic():
            row.save(force_insert=adding)
    except IntegrityError:
        row.validate_unique(exclude={"id"})
        row.validate_constraints()
        raise


type CheckedField = tuple[Any, Callable[[Any, Any], Any]]
"""A column, and what returns a value of it in order, for which it may take the row."""


def _clean(row: models.Model, fields: Iterable[CheckedField]) -> None:
    """Check some fields of a row, as its own `clean_fields` does all but those that it is told to leave out."""
    errors = {}
    for column, clean in fields:
        value = getattr(row, column.attname)
        if column.blank and value in column.empty_values:
            continue
        try:
            setattr(row, column.attname, clean(value, row))
        except ValidationError as error:
            errors[column.name] = error.error_list
    if errors:
        raise ValidationError(errors)


@cache
def _fields_checked_alone(model: Model) -> tuple[CheckedField, ...]:
    """Return the fields that need a check before saving.

    Foreign keys are set from rows that exist; texts wait for `check`, as whom they mention may come later; files were
    looked at before, and are stored once the transaction is committed. What has no form and no validators is made.
    """
    elsewhere = (Prose, models.FileField)
    return tuple(
        (column, _remembered(column))
        for column in model._meta.fields
        if not (column.is_relation or isinstance(column, elsewhere))
        if column.editable or column.validators
    )


def _remembered(column: Any) -> Callable[[Any, Any], Any]:
    """Return what checks a value of a column: of few different ones, as most have, each is checked once."""
    if isinstance(column, (models.TextField, models.JSONField, Line)):
        return column.clean
    clean = lru_cache(MOST_REMEMBERED, typed=True)(partial(column.clean, model_instance=None))
    return lambda value, row: clean(value)


@cache
def _prose(model: Model) -> tuple[CheckedField, ...]:
    """Return the fields with Markdown."""
    return tuple((column, column.clean) for column in model._meta.fields if isinstance(column, Prose))


def report(error: ValidationError, place: FilePlace, *, is_nobody: Callable[[str], bool] = bool) -> None:
    """Note the messages of an error, each on the line of its field if it is about one.

    Mentions of somebody whose own entry is wrong are counted alone.
    """
    if not hasattr(error, "error_dict"):
        for message in error.messages:
            place.complain(message)
        return
    for name, errors in error.error_dict.items():
        if len(place.path) == 1 and place.is_blamed(name):
            continue  # what was read in its place is not the files' fault
        # What has a form of its own is not too long besides.
        told = [each for each in errors if each.code != "max_length"] or errors
        lost = [each for each in told if isinstance(each, MentionsNobody) and not is_nobody(each.key)]
        place.document.consequences += len(lost)
        told = [each for each in told if each not in lost]
        name = IN_FILES.get(name, name)
        for message in ValidationError(told).messages:
            if name == NON_FIELD_ERRORS:
                place.complain(message)
            else:
                place.part(name).complain(f"“{name}”: {message}")
