"""Load a data set: read everything, write everything, check everything, and keep it only if nothing is wrong.

The checks are the models' own. Those that depend on other rows run when all rows are written, and a problem anywhere
rolls everything back. `kinds` says how rows are told apart and what they belong to, `schema` which fields they have.
"""

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models, transaction

from characters import indexing
from characters.kinds import EPISODE, KINDS, SERIES, SUBJECTS, TAG, Kind, kind_of, kind_of_file
from characters.models import Alias, Content, Subject, Tag
from characters.pictures import decoder, files
from characters.public_ids import public_id_for, row_id_for
from characters.spoilers.linter import Finding
from corrections.imports import recorded_as_import
from episodes.gate import content_may_be_written
from episodes.models import Episode

from .entries import Dataset
from .linting import corpus_of_files
from .reading import FilePlace
from .schema import FILES, Entry, key_in_file, parts_of
from .writing import RowDraft, RowWriter, report

ONLY_ROW = {"id": 1}  # of a kind without a natural key

type OnFindings = Callable[[list[Finding]], None]
"""Takes what the texts say too early, before the transaction ends; it may refuse the data set by raising."""


def load(directory: Path, *, replace: bool = False, on_findings: OnFindings | None = None) -> Counter[str]:
    """Load a data set and return how many rows were written, by model; raise DatasetError with all that is wrong.

    With `replace` all content is deleted first. Only with `on_findings` are the texts checked for spoilers.
    """
    return _Load(Dataset(directory)).run(replace=replace, on_findings=on_findings)


def holds_a_show() -> bool:
    """Return whether the database has any content."""
    return any(kind.model._base_manager.exists() for kind in SUBJECTS)


class _Written(NamedTuple):
    """A row that is in the database now, and where it comes from."""

    row: Any
    entry: Any
    place: FilePlace


class _Load:
    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.writer = RowWriter()
        self.with_keys: dict[tuple[type[models.Model], str], Any] = {}  # the rows that others refer to by key
        self.positions: Counter[tuple[Kind, int]] = Counter()  # rows so far, by episode

    def run(self, *, replace: bool, on_findings: OnFindings | None) -> Counter[str]:
        with (
            decoder.trusting(),  # to its end: copies are made when the transaction is committed
            transaction.atomic(),
            content_may_be_written(),
            recorded_as_import(f"Data set {self.dataset.directory.name}"),
            indexing.rebuilt_afterwards(),
        ):
            if replace:
                for kind in reversed(KINDS):
                    kind.model._base_manager.all().delete()
            self.writer.empty_tables = {kind.model for kind in KINDS if not kind.model._base_manager.exists()}
            self._write()
            self.writer.check()
            self.dataset.raise_problems()
            if on_findings is not None:
                on_findings(corpus_of_files(self.dataset).findings())
        return self.writer.written

    # The order of writing

    def _write(self) -> None:
        kinds = [kind_of_file(file) for file in FILES]
        self._write_episodes()
        self._write_file(SERIES)
        subjects = [subject for kind in kinds if kind in SUBJECTS for subject in self._write_subjects(kind)]
        for subject in subjects:
            self._write_parts(subject)
        for kind in kinds:
            if kind not in (EPISODE, SERIES, *SUBJECTS):
                self._write_links(kind, self._write_file(kind))

    def _write_episodes(self) -> None:
        self.writer.episodes = {entry.number for entry, _ in self.dataset.entries[EPISODE.file]}
        self._write_file(EPISODE)
        if not Episode.objects.filter(number=0).exists():
            Episode.objects.create(number=0)
        self.writer.episodes |= set(Episode.objects.values_list("number", flat=True))

    def _write_file(self, kind: Kind) -> list[_Written]:
        """Write the rows of a file and return those without problems."""
        rows = [
            _Written(self._write_entry(kind, entry, place), entry, place)
            for entry, place in self.dataset.entries[kind.file]
        ]
        return [written for written in rows if written.row is not None]

    def _write_subjects(self, kind: Kind) -> list[_Written]:
        """Write the subjects of a kind; all kinds of subjects share one set of keys."""
        subjects = []
        for entry, place in self.dataset.entries[kind.file]:
            if any((subject.model, entry.key) in self.with_keys for subject in SUBJECTS):
                place.part("key").complain(f"The key “{entry.key}” is given twice.")
                continue
            row = self._write_entry(kind, entry, place)
            if row is not None:
                subjects.append(_Written(row, entry, place))
        return subjects

    def _write_parts(self, subject: _Written) -> None:
        """Write the rows that are listed within the entry of a subject."""
        self._clear_moving_headlines(subject)
        for kind in parts_of(kind_of(subject.row)):
            for number, entry in enumerate(getattr(subject.entry, kind.part_of_entry)):
                place = subject.place.part(kind.part_of_entry, number)
                self._write_entry(kind, entry, place, owner=subject.row)

    def _clear_moving_headlines(self, subject: _Written) -> None:
        """Make room for headlines that change places: there may be only one for each episode at any time."""
        episodes = {alias.name: alias.revealed_in for alias in subject.entry.aliases if alias.headline}
        names = {alias.name for alias in subject.entry.aliases}
        for row in subject.row.aliases.filter(headline=True, name__in=names):
            if episodes.get(row.name) != row.revealed_in_id:
                Alias._base_manager.filter(pk=row.pk).update(headline=False)

    def _write_links(self, kind: Kind, rows: list[_Written]) -> None:
        """Write whom the rows of a file concern and which of them supersede others, once all of them are there."""
        for written in rows:
            for name in kind.fields:
                if kind.model._meta.get_field(name).many_to_many:
                    self._write_concerned(name, written)
        for written in rows:
            if "supersedes" in kind.fields:
                self._write_supersession(written)

    def _write_concerned(self, name: str, written: _Written) -> None:
        relation = getattr(written.row, name)
        subjects = {
            self._row_with_key(relation.model, key, written.place.part(name, number))
            for number, key in enumerate(getattr(written.entry, name))
        } - {None}
        if set(relation.all()) != subjects:
            relation.set(subjects)
            self.writer.written[f"{written.row._meta.model_name}'s subjects"] += 1

    def _write_supersession(self, written: _Written) -> None:
        row, key, place = written.row, written.entry.supersedes, written.place.part("supersedes")
        earlier = self._row_with_key(type(row), key, place) if key else None
        if (key and earlier is None) or row.supersedes_id == (earlier and earlier.pk):
            return
        if earlier == row:
            place.complain("A revelation cannot supersede itself.")
            return
        row.supersedes = earlier
        row.save()
        self.writer.written["supersession"] += 1

    # From entries to rows

    def _write_entry(self, kind: Kind, entry: Entry, place: FilePlace, owner: Subject | None = None) -> Any:
        """Write one row; return it, or None after noting what is wrong with it."""
        columns = _columns(kind.model, type(entry))
        given = {name: getattr(entry, name) for name in columns}
        values = {name: self._value(column, given[name], entry, place) for name, column in columns.items()}
        if any(values[name] is None and given[name] is not None for name in columns):
            return None
        row = self.writer.put(self._draft(kind, values, place, owner))
        if row is not None and "key" in values:
            self.with_keys[kind.model, values["key"]] = row
        return row

    def _value(self, column: Any, value: Any, entry: Entry, place: FilePlace) -> Any:
        """Return a value as the model takes it; None if there is no such row or file, which is noted as a problem."""
        if isinstance(column, models.FileField):
            return self._picture(value, place.part(key_in_file(type(entry), column.name)))
        if value is None or column.related_model in (None, Episode):
            return value
        if column.related_model is Tag:
            return self._tag(value, place)
        return self._row_with_key(column.related_model, value, place.part(column.name))

    def _draft(self, kind: Kind, values: dict[str, Any], place: FilePlace, owner: Subject | None) -> RowDraft:
        uploads = {name: value for name, value in values.items() if isinstance(value, ContentFile)}
        stored = {name: f"{files.DIRECTORY}{upload.name}" for name, upload in uploads.items()}
        owned = {kind.foreign_key_to(type(owner)): owner} if owner is not None else {}
        values = owned | values | stored
        if "position" in kind.fields:
            values["position"] = self.positions[kind, values["revealed_in"]]
            self.positions[kind, values["revealed_in"]] += 1
        names = (*owned, *kind.natural_key(values))
        identity = {_attribute(kind.model, name): values.pop(name) for name in names} or ONLY_ROW
        if values.get("public_id", "") is None:
            del values["public_id"]
        others = {_attribute(kind.model, name): value for name, value in values.items()}
        return RowDraft(kind.model, place, identity, others, _derived(kind.model, identity), uploads)

    def _row_with_key(self, model: type[models.Model], key: str, place: FilePlace) -> Any:
        row = self.with_keys.get((model, key)) or model._base_manager.filter(key=key).first()
        if row is None:
            place.complain(f"There is no {model._meta.verbose_name} “{key}”.")
        return row

    def _tag(self, name: str, place: FilePlace) -> Any:
        """Return the tag of this name, which is made if there is none."""
        tag = Tag(name=name.lower())
        existing = Tag.objects.filter(name=tag.name).first()
        if existing is not None:
            return existing
        try:
            tag.clean()
        except ValidationError as error:
            report(error, place)
            return None
        return self.writer.put(RowDraft(TAG.model, place, {"name": tag.name}, {"slug": tag.slug}))

    def _picture(self, name: str, place: FilePlace) -> ContentFile | None:
        directory = self.dataset.directory.resolve()
        path = (directory / name).resolve()
        if not path.is_relative_to(directory) or not path.is_file():
            place.complain(f"There is no file “{name}” in the data set.")
            return None
        try:
            with path.open("rb") as file:
                return files.normalised(file)
        except ValidationError as error:
            place.complain(" ".join(error.messages))
            return None


@cache
def _columns(model: type[models.Model], shape: type[Entry]) -> dict[str, Any]:
    """Return the columns that an entry has values for, but for references to rows of the same file."""
    return {
        column.name: column
        for column in model._meta.concrete_fields
        if column.name in shape.model_fields and column.related_model is not model
    }


@cache
def _attribute(model: type[models.Model], name: str) -> str:
    """Return the name under which a row takes a value: episodes are given as numbers, all other rows as they are."""
    column: Any = model._meta.get_field(name)
    return str(column.attname) if column.related_model is Episode else name


def _derived(model: type[models.Model], identity: dict[str, Any]) -> dict[str, Any]:
    """Return the ids that a new row gets, made from what it is, so that it has the same addresses everywhere."""
    ids: dict[str, Any] = {}
    if issubclass(model, Content):
        # A tag counts by its name, as its own id depends on when it was made.
        parts = [str(value.pk if isinstance(value, Content) else value) for value in identity.values()]
        ids["id"] = row_id_for(model.__name__, *parts)
    if issubclass(model, Subject):
        ids["public_id"] = public_id_for(identity["key"])
    return ids
