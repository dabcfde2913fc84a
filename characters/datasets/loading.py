"""Load a data set: read everything, write everything, check everything, and keep it only if nothing is wrong.

The checks are the models' own. All rows are held in memory meanwhile, so that checks which depend on other rows ask no
database, and a problem anywhere rolls everything back. `kinds` says how rows are told apart and what they belong to,
`schema` which fields they have, `unchanged` whether there is anything to do.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from django.core.exceptions import ValidationError
from django.db import models, transaction

from characters import indexing, vocabulary
from characters.kinds import (
    CHARACTER,
    EPISODE,
    KINDS,
    REVELATION,
    SERIES,
    SUBJECTS,
    TAG,
    WORD,
    Kind,
    kind_of,
    kind_of_file,
)
from characters.models import Content, Subject, Tag
from characters.models.words import WordField
from characters.pictures import batch
from characters.public_ids import public_id_for, row_id_for
from characters.spoilers.linter import Finding
from characters.text.fitting import nearest_key
from characters.vocabulary import Section
from corrections import editions
from corrections.imports import begin_import, record_import
from corrections.models import Correction
from episodes.gate import content_may_be_written
from episodes.models import Episode
from episodes.neighbours import looking_in
from episodes.texts import identity
from episodes.units import using

from . import another, unchanged
from .counting import Counted
from .drafts import RowDraft
from .entries import Dataset
from .inserting import make_room
from .leftovers import Leftover, Pruning, leftovers
from .linting import corpus_of_files, units_of, vocabulary_in_force
from .memory import RowsInMemory
from .reading import DatasetError, FilePlace
from .schema import FILES, Entry, fields_of, key_in_file, parts_of
from .writing import RowWriter, report

MOST_LISTED = 30  # words in a message
OWN_WORDS = "docs/dataset.md lists what there is; vocabulary.yaml adds to it."
ONLY_ROW = {"id": 1}  # of a kind without a natural key


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did, by kind of row."""

    added: Counter[Counted] = field(default_factory=Counter)
    changed: Counter[Counted] = field(default_factory=Counter)
    moved: Counter[Counted] = field(default_factory=Counter)  # to another episode
    removed: Counter[Counted] = field(default_factory=Counter)
    left: tuple[Leftover, ...] = ()  # rows of the database that are in no file, and were not removed
    removal: Correction | None = None  # by which what was removed can be brought back
    shifted: int = 0  # episodes that others were put before, and that took all their rows along

    @property
    def rows(self) -> int:
        """The number of rows that were written."""
        return (self.added + self.changed + self.moved).total()


type OnFindings = Callable[[list[Finding]], None]
"""Takes what the texts say too early, before the transaction ends; it may refuse the data set by raising."""


class Progress(Protocol):
    """Follows work that takes its time, such as `tqdm`."""

    def __call__[T](self, items: Iterable[T], what: str, total: int) -> Iterable[T]:
        """Return the same items."""
        ...


def _unseen[T](items: Iterable[T], what: str, total: int) -> Iterable[T]:
    return items


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a data set is loaded."""

    replace: bool = False  # all content is deleted first
    prune: bool = False  # what earlier loads wrote and these files have no more is removed
    check: bool = False  # everything is done, and then taken back


@contextmanager
def _nothing_searched_for_garbage() -> Iterator[None]:
    """Spare Python to look through all rows again and again for what it could free: a load leaves nothing of that."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_nothing_searched_for_garbage()
def load(
    directory: Path,
    *,
    replace: bool = False,
    prune: bool = False,
    check: bool = False,
    on_findings: OnFindings | None = None,
    progress: Progress = _unseen,
) -> Loaded:
    """Load a data set and return what was written; raise DatasetError with all that is wrong.

    With `replace` all content is deleted first; with `prune` what earlier loads wrote and is in no file any more; with
    `check` all of it is taken back at the end. Only with `on_findings` are the texts checked for spoilers.
    """
    how = How(replace=replace, prune=prune, check=check)
    dataset = Dataset(directory)
    units, words = units_of(dataset), vocabulary_in_force(dataset, only_files=replace or prune)
    with using(lambda: units), vocabulary.using(lambda: words):
        return _load(dataset, how, on_findings, progress)


def _load(dataset: Dataset, how: How, on_findings: OnFindings | None, progress: Progress) -> Loaded:
    pictures = _prepare_pictures(dataset, progress)  # all of this before the transaction, in which others wait
    names = [picture.name for picture in pictures.values() if isinstance(picture, batch.Picture)]
    mark = unchanged.mark_of(dataset.documents, names)
    if not how.replace and not dataset.problems and unchanged.is_in_the_database(mark):
        _publish(names, progress)
        return Loaded()
    is_whole = not any(document.is_lost for document in dataset.documents)
    findings = corpus_of_files(dataset).findings() if on_findings and is_whole else []
    for document in dataset.documents:
        document.put_away()
    with _told_along(findings), transaction.atomic():
        begin_import()
        loading = _Load(dataset, pictures, progress)
        with content_may_be_written(), indexing.suspended(), editions.one_stamp():
            loaded = loading.run(how, on_valid=partial(on_findings, findings) if on_findings else None)
        transaction.on_commit(lambda: _publish(sorted(loading.shown), progress), robust=True)
        if on_findings and not findings and not loaded.left:
            unchanged.remember(mark)
        if how.check:
            transaction.set_rollback(True)
    return loaded


@contextmanager
def _told_along(findings: list[Finding]) -> Iterator[None]:
    """Let an error of a block tell what texts say too early as well, which would else come in a round of its own."""
    try:
        yield
    except DatasetError as error:
        error.findings = findings
        raise


def _publish(names: list[str], progress: Progress) -> None:
    for _ in progress(batch.publish(names), "copies of pictures", len(names)):
        pass


def holds_a_show() -> bool:
    """Return whether the database has any content."""
    return any(kind.model._base_manager.exists() for kind in SUBJECTS)


def _prepare_pictures(dataset: Dataset, progress: Progress) -> dict[Path, batch.Prepared]:
    """Encode the pictures that the data set names; those that it may not name are refused later."""
    directory = dataset.directory.resolve()
    named = {
        (directory / portrait.image).resolve()
        for entry, _ in dataset.entries[CHARACTER.file]
        for portrait in entry.portraits
    }
    paths = sorted(path for path in named if path.is_relative_to(directory) and path.is_file())
    return dict(progress(batch.prepare(paths), "pictures", len(paths)))


class _Written(NamedTuple):
    """A row that is going to be in the database, and where it comes from."""

    row: Any
    entry: Any
    place: FilePlace


class _Load:
    def __init__(self, dataset: Dataset, pictures: dict[Path, batch.Prepared], progress: Progress) -> None:
        self.dataset = dataset
        self.pictures = pictures
        self.progress = progress
        self.stored = RowsInMemory.of_the_database()
        self.with_keys: dict[tuple[type[models.Model], str], Any] = {}  # the rows that others refer to by key
        self.tags: dict[str, Any] = {}  # by name
        self.positions: Counter[tuple[Kind, int]] = Counter()  # the next number, by episode or chapter
        self.shown: set[str] = set()  # names of pictures

    def run(self, how: How, *, on_valid: Callable[[], None] | None) -> Loaded:
        # Another show is refused; it is checked all the same, as if it were alone.
        replace = how.replace or another.is_refused(self.dataset, self.stored)
        shifted = 0 if replace else make_room(self.dataset, self.stored)
        if shifted:
            self.stored = RowsInMemory.of_the_database()
        self.memory = RowsInMemory() if replace else self.stored
        self.only_files = how.prune
        self.writer = RowWriter(self.memory, is_lost=self.dataset.is_unit_lost, is_nobody=self.dataset.is_nobody)
        if replace:
            self._delete_everything()
        self._collect()
        left = leftovers(self.memory, self.writer.matching)
        pruning = Pruning(self.memory, left if how.prune else ())
        pruning.make_room()
        is_changed = self.writer.write()
        if not self.dataset.problems:  # rows that could not be read may still stand where the files have nothing
            pruning.remove_the_rest()
        for _ in self.progress(self.writer.check(), "checks", self.writer.size):
            pass
        self.dataset.raise_problems(pruning.problems(), left=() if how.prune else left)
        if on_valid is not None:
            on_valid()
        self.memory.forget_what_was_found()
        if is_changed or replace or pruning.removed:
            indexing.rebuild(lambda model: self.memory.referring(self.memory.rows[model]))
        left = [each for each in left if not how.prune or each.is_of_an_editor]
        return self._recorded(pruning, left, shifted)

    def _recorded(self, pruning: Pruning, left: list[Leftover], shifted: int) -> Loaded:
        """Record what was written, and by itself what was removed, so that it can be undone as a whole."""
        name = self.dataset.directory.resolve().name
        record_import(f"Data set {name}", *self.writer.before_and_after())
        removal = record_import(f"Data set {name}: what is no longer in its files", pruning.removed, {})
        pruning.retire_files()
        return Loaded(*self.writer.counts(), pruning.counts, tuple(left), removal, shifted)

    def _delete_everything(self) -> None:
        self.writer.remember_all(self.stored)
        for kind in reversed(KINDS):
            if self.stored.stored[kind.model]:
                kind.model._base_manager.all().delete()

    # In which order rows are collected

    def _collect(self) -> None:
        kinds = [kind_of_file(file) for file in FILES]
        self._write_episodes()
        self._write_file(SERIES)
        self._write_file(WORD)
        subjects = [subject for kind in kinds if kind in SUBJECTS for subject in self._write_subjects(kind)]
        subjects.reverse()
        while subjects:  # as their entries are large, each goes when it was written
            self._write_parts(subjects.pop())
        for kind in kinds:
            if kind not in (EPISODE, SERIES, WORD, *SUBJECTS):
                self._write_links(kind, self._write_file(kind))

    def _write_episodes(self) -> None:
        self.writer.episodes = {entry.number for entry, _ in self.dataset.entries[EPISODE.file]}
        self._write_file(EPISODE)
        known = {row.number for row in self.memory.rows[Episode]}
        if 0 not in known:
            self.writer.add(Episode(number=0))
        self.writer.episodes |= {0} if self.only_files else known | {0}

    def _write_file(self, kind: Kind) -> list[_Written]:
        """Write the rows of a file and return those without problems."""
        rows = list(self._write_entries(kind, self.dataset.entries.pop(kind.file)))
        for written in rows:
            if written.row is None and kind.file == REVELATION.file:
                self.dataset.lose(kind.file, written.entry.key)
        self.writer.forget_what_was_given()
        return [written for written in rows if written.row is not None]

    def _write_subjects(self, kind: Kind) -> list[_Written]:
        """Write the subjects of a kind; all kinds of subjects share one set of keys."""
        subjects = []
        for entry, place in self.dataset.entries.pop(kind.file):
            if any((subject.model, entry.key) in self.with_keys for subject in SUBJECTS):
                place.part("key").complain(f"The key “{entry.key}” is given twice.")
                continue
            [written] = self._write_entries(kind, [(entry, place)])
            if written.row is None:
                self.dataset.lose(kind.file, entry.key)
            else:
                subjects.append(written)
        self.writer.forget_what_was_given()
        return subjects

    def _write_parts(self, subject: _Written) -> None:
        """Write the rows that are listed within the entry of a subject."""
        for kind in parts_of(kind_of(subject.row)):
            entries = [
                (entry, subject.place.part(kind.part_of_entry, number))
                for number, entry in enumerate(getattr(subject.entry, kind.part_of_entry))
            ]
            for _ in self._write_entries(kind, entries, owner=subject.row):
                pass
            self.writer.forget_what_was_given()

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
        model: Any = written.row._meta.get_field(name).related_model
        subjects = dict.fromkeys(
            self._row_with_key(model, key, written.place.part(name, number))
            for number, key in enumerate(getattr(written.entry, name))
        )
        subjects.pop(None, None)
        self.writer.link(written.row, name, list(subjects))

    def _write_supersession(self, written: _Written) -> None:
        row, key, place = written.row, written.entry.supersedes, written.place.part("supersedes")
        earlier = self._row_with_key(type(row), key, place) if key else None
        if (key and earlier is None) or row.supersedes_id == (earlier and earlier.pk):
            return
        if earlier == row:
            place.complain("A revelation cannot supersede itself.")
            return
        self.writer.set(row, "supersedes", earlier)

    # From entries to rows

    def _write_entries(
        self, kind: Kind, entries: Iterable[tuple[Any, FilePlace]], owner: Subject | None = None
    ) -> Iterator[_Written]:
        """Write a row for each entry; yield it, or None in its place after noting what is wrong with it."""
        drafts: Iterable[tuple[Any, FilePlace, RowDraft | None]] = (
            (entry, place, self._draft_of(kind, entry, place, owner)) for entry, place in entries
        )
        if kind.moved_key and self.memory.stored[kind.model]:
            drafts = list(drafts)
            self.writer.matching.look_at(draft for *_, draft in drafts if draft is not None)
        for entry, place, draft in drafts:
            row = self.writer.put(draft) if draft is not None else None
            if row is not None and hasattr(entry, "key"):
                self.with_keys[kind.model, entry.key] = row
            yield _Written(row, entry, place)

    def _draft_of(self, kind: Kind, entry: Entry, place: FilePlace, owner: Subject | None) -> RowDraft | None:
        names, looked_up = _columns(kind.model, type(entry))  # type: ignore[arg-type]  # mypy asks for a hash of it
        given = {name: getattr(entry, name) for name in names}
        values = dict(given)
        for column in looked_up:
            values[column.name] = self._value(column, given[column.name], entry, place)
        if any(values[column.name] is None and given[column.name] is not None for column in looked_up):
            self.writer.episodes_exist({_attribute(kind.model, name): value for name, value in given.items()}, place)
            return None
        return self._draft(kind, values, place, owner)

    def _value(self, column: Any, value: Any, entry: Entry, place: FilePlace) -> Any:
        """Return a value as the model takes it; None if there is no such row or file, which is noted as a problem."""
        if isinstance(column, models.FileField):
            return self._picture(value, place.part(key_in_file(type(entry), column.name)))
        if isinstance(column, WordField):
            return self._word(column.section, value, place.part(column.name))
        if value is None:
            return None
        if column.related_model is Tag:
            return self._tag(value, place)
        return self._row_with_key(column.related_model, value, place.part(column.name))

    def _position(self, kind: Kind, values: dict[str, Any]) -> int:
        """Return a number after those of all earlier rows of the same episode, and of the same chapter."""
        places = {place for name in ("revealed_in", "also_in") if (place := values.get(name)) is not None}
        position = max(self.positions[kind, place] for place in places)
        for place in places:
            self.positions[kind, place] = position + 1
        return position

    def _draft(self, kind: Kind, values: dict[str, Any], place: FilePlace, owner: Subject | None) -> RowDraft:
        pictures = {name: value for name, value in values.items() if isinstance(value, batch.Picture)}
        owned = {kind.foreign_key_to(type(owner)): owner} if owner is not None else {}
        values = owned | values | {name: picture.name for name, picture in pictures.items()}
        if "position" in kind.fields:
            values["position"] = self._position(kind, values)
        names = (*owned, *kind.natural_key(values))
        identity = {_attribute(kind.model, name): values.pop(name) for name in names} or ONLY_ROW
        if values.get("public_id", "") is None:
            del values["public_id"]
        others = {_attribute(kind.model, name): value for name, value in values.items()}
        moved = {}
        if kind.moved_key and self.memory.stored[kind.model]:
            anywhere = identity | others
            moved = {name: anywhere[name] for name in (*owned, *kind.moved_key)}
        self.shown.update(picture.name for picture in pictures.values())
        new = partial(_derived, kind.model, identity, pictures.values())
        return RowDraft(kind.model, place, identity, others, new, moved)

    def _row_with_key(self, model: type[models.Model], key: str, place: FilePlace) -> Any:
        row = self.with_keys.get((model, key))
        if row is None and not self.only_files:
            row = self.memory.find(model, {"key": key})
        if row is None and self.dataset.is_lost(kind_of(model).file, key):
            place.document.consequences += 1
        elif row is None:
            keys = () if self.only_files else (row.key for row in self.memory.rows[model])
            near = nearest_key(key, (*keys, *(known for kind, known in self.with_keys if kind is model)))
            question = f" Did you mean “{near}”?" if near else ""
            place.complain(f"There is no {model._meta.verbose_name} “{key}”.{question}")
        return row

    def _word(self, section: Section, key: str, place: FilePlace) -> str | None:
        """Return the key of a word that the vocabulary has."""
        known = vocabulary.current().keys(section)
        if key in known:
            return key
        if self.dataset.is_lost(WORD.file, key):
            place.document.consequences += 1
            return None
        near = nearest_key(key, list(known))
        question = f" Did you mean “{near}”?" if near else ""
        *others, last = known
        which = f": there is no such {section.label.lower()}"
        if len(known) <= MOST_LISTED:
            which = f"; it is {', '.join(f"'{each}'" for each in others)} or '{last}'"
        place.complain(f"“{place.path[-1]}” cannot be “{key}”{which}.{question} {OWN_WORDS}")
        return None

    def _tag(self, name: str, place: FilePlace) -> Any:
        """Return the tag of this name, which is made if there is none."""
        name = identity(name.lower())
        existing = self.tags.get(name) or self.memory.find(Tag, {"name": name})
        if existing is not None:
            return existing
        tag = Tag(name=name)
        try:
            with looking_in(self.memory):
                tag.clean()
        except ValidationError as error:
            report(error, place)
            return None
        self.tags[tag.name] = self.writer.put(RowDraft(TAG.model, place, {"name": tag.name}, {"slug": tag.slug}))
        return self.tags[tag.name]

    def _picture(self, name: str, place: FilePlace) -> batch.Picture | None:
        picture = self.pictures.get((self.dataset.directory.resolve() / name).resolve())
        if isinstance(picture, batch.Picture):
            return picture
        if picture is None:
            place.complain(f"There is no file “{name}” in the data set.")
        else:
            place.complain(" ".join(picture.messages))
        return None


@cache
def _columns(model: type[models.Model], shape: type[Entry]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Return which columns an entry has values for, but for references to rows of the same file.

    Those by themselves for which a row, a word or a file has to be found.
    """
    columns = [
        column
        for column in model._meta.concrete_fields
        if column.name in fields_of(shape) and column.related_model is not model
    ]
    looked_up = (
        column
        for column in columns
        if isinstance(column, (models.FileField, WordField)) or column.related_model not in (None, Episode)
    )
    return tuple(column.name for column in columns), tuple(looked_up)


@cache
def _attribute(model: type[models.Model], name: str) -> str:
    """Return the name under which a row takes a value: episodes are given as numbers, all other rows as they are."""
    column: Any = model._meta.get_field(name)
    return str(column.attname) if column.related_model is Episode else name


def _derived(model: type[models.Model], identity: dict[str, Any], pictures: Iterable[batch.Picture]) -> dict[str, Any]:
    """Return what a new row gets besides: ids made from what it is, so that it has the same addresses everywhere."""
    ids: dict[str, Any] = {}
    if issubclass(model, Content):
        # A tag counts by its name, as its own id depends on when it was made.
        parts = [str(value.id if isinstance(value, Content) else value) for value in identity.values()]
        ids["id"] = row_id_for(model.__name__, *parts)
    if issubclass(model, Subject):
        ids["public_id"] = public_id_for(identity["key"])
    for picture in pictures:
        ids |= {"width": picture.width, "height": picture.height}
    return ids
