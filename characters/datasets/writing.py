"""Write rows that a data set describes, unless the database has them already, and check them.

Checks that depend on other rows wait until all rows are written.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, models, transaction

from characters.models import Subject, check_headlines
from episodes.gate import Prose

from .reading import FilePlace


@dataclass(frozen=True, slots=True)
class RowDraft:
    """A row as the data set describes it."""

    model: type[models.Model]
    place: FilePlace
    identity: dict[str, Any]  # what tells it from others of its kind
    values: dict[str, Any]  # everything else
    only_new: dict[str, Any] = field(default_factory=dict)  # values for a new row; an old one keeps its own
    uploads: dict[str, ContentFile] = field(default_factory=dict)  # for a new row, or one whose file is gone


class RowWriter:
    """Writes rows one by one. What is wrong with a row is noted at its place in the files."""

    def __init__(self) -> None:
        self.empty_tables: set[type[models.Model]] = set()  # at first; no row of these has to be looked for
        self.episodes: set[int] = set()  # that rows may refer to
        self.written: Counter[str] = Counter()  # rows by model
        self._rows: list[tuple[models.Model, FilePlace]] = []
        self._places: dict[tuple[Any, ...], FilePlace] = {}  # of each row, by its identity

    def put(self, draft: RowDraft) -> Any:
        """Write a row unless it is in the database already, just like that; return it, or None after noting why not."""
        if self._is_given_twice(draft) or not self._episodes_exist(draft):
            return None
        row: Any = None
        if draft.model not in self.empty_tables:
            row = draft.model._base_manager.filter(**draft.identity).first()
        try:
            row = self._add(draft) if row is None else self._update(row, draft)
        except ValidationError as error:
            report(error, draft.place)
            return None
        self._rows.append((row, draft.place))
        return row

    def _is_given_twice(self, draft: RowDraft) -> bool:
        identity = (draft.model, *draft.identity.values())
        if identity in self._places:
            draft.place.complain(f"This is given twice; the other is in line {self._places[identity].line}.")
            return True
        self._places[identity] = draft.place
        return False

    def _episodes_exist(self, draft: RowDraft) -> bool:
        values = draft.identity | draft.values
        missing = {
            name: values[name]
            for name in ("revealed_in_id", "ended_in_id")
            if values.get(name) is not None and values[name] not in self.episodes
        }
        for name, number in missing.items():
            draft.place.part(name.removesuffix("_id")).complain(f"There is no episode {number} in episodes.yaml.")
        return not missing

    def _add(self, draft: RowDraft) -> models.Model:
        only_new = draft.only_new
        may_be_taken = "id" in only_new and draft.model not in self.empty_tables
        if may_be_taken and draft.model._base_manager.filter(pk=only_new["id"]).exists():
            # An editor has changed the row of that id into something else; it is left alone.
            only_new = {name: value for name, value in only_new.items() if name != "id"}
        row = draft.model(**draft.identity | only_new | draft.uploads | draft.values)
        self._save_changed(row, adding=True)
        return row

    def _update(self, row: Any, draft: RowDraft) -> models.Model:
        changed = {name: value for name, value in draft.values.items() if getattr(row, name) != value}
        for name, value in changed.items():
            setattr(row, name, value)
        if changed:
            self._save_changed(row, adding=False)
        lost = {
            name: upload
            for name, upload in draft.uploads.items()
            if not default_storage.exists(str(getattr(row, name)))
        }
        for name, upload in lost.items():
            setattr(row, name, upload)
            row.save()
        return row

    def _save_changed(self, row: models.Model, *, adding: bool) -> None:
        row.clean_fields(exclude=_checked_otherwise(type(row)))
        _save(row, adding=adding)
        self.written[str(row._meta.model_name)] += 1

    def check(self) -> None:
        """Check what depends on other rows, once all rows are written."""
        for row, place in self._rows:
            try:
                row.clean_fields(exclude={column.name for column in row._meta.fields if not isinstance(column, Prose)})
                row.clean()
                if isinstance(row, Subject):
                    headlines = row.aliases.filter(headline=True)  # type: ignore[attr-defined]
                    check_headlines(row.revealed_in_id, set(headlines.values_list("revealed_in_id", flat=True)))
            except ValidationError as error:
                report(error, place)


def _save(row: models.Model, *, adding: bool) -> None:
    """Save a row; if a constraint of the database refuses it, raise ValidationError with the message for people.

    To check every constraint beforehand would take most of the time of a load.
    """
    try:
        with transaction.atomic():
            row.save(force_insert=adding)
    except IntegrityError:
        row.validate_unique(exclude={"id"})
        row.validate_constraints()
        raise


@cache
def _checked_otherwise(model: type[models.Model]) -> frozenset[str]:
    """Return the fields that need no check before saving.

    Foreign keys are set from rows that exist; texts wait for `check`, as whom they mention may come later.
    """
    return frozenset(column.name for column in model._meta.fields if column.is_relation or isinstance(column, Prose))


def report(error: ValidationError, place: FilePlace) -> None:
    """Note the messages of an error, each on the line of its field if it is about one."""
    if not hasattr(error, "error_dict"):
        for message in error.messages:
            place.complain(message)
        return
    for name, messages in error.message_dict.items():
        for message in messages:
            if name == NON_FIELD_ERRORS:
                place.complain(message)
            else:
                place.part(name).complain(f"“{name}”: {message}")
