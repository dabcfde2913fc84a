"""Collect the names and texts of a data set's files for the spoiler linter."""

from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from characters.kinds import EPISODE, SERIES, SUBJECTS, WORD, Kind, kind_of_file
from characters.models import Word
from characters.spoilers.linter import Corpus, Finding, Location
from characters.spoilers.texts import Locate, heading_of, name_of, texts_of
from characters.vocabulary import Vocabulary, vocabulary_of
from episodes.units import Units

from .entries import Dataset, PlacedEntry
from .reading import FilePlace
from .schema import Entry, key_in_file, parts_of

LONGEST_NAME = 200  # letters; a longer one is refused, and to look for it would take minutes where it has many words


def read(directory: Path) -> Dataset:
    """Return a data set; raise DatasetError if anything is wrong with its files."""
    dataset = Dataset(directory)
    dataset.raise_problems()
    return dataset


def spoilers_in(directory: Path) -> list[Finding]:
    """Return what the texts of a data set say too early; the database is neither read nor written."""
    return corpus_of_files(read(directory)).findings()


def units_of(dataset: Dataset) -> Units:
    """Return what the files call the units of the show."""
    shows = [asdict(entry) for entry, _ in dataset.entries[SERIES.file]]
    labels = {entry.number: entry.label for entry, _ in dataset.entries[EPISODE.file] if entry.label}
    return Units.of(next(iter(shows), {}), labels)


def vocabulary_in_force(dataset: Dataset, *, only_files: bool) -> Vocabulary:
    """Return the words of a show once its files are loaded: what the database has besides stays."""
    stored = () if only_files else Word._base_manager.order_by("revealed_in_id", "position", "key")
    words = {(word.section, word.key): word for word in stored}
    words |= {(entry.section, entry.key): entry for entry, _ in dataset.entries[WORD.file]}
    return vocabulary_of(words.values())


def corpus_of_files(dataset: Dataset) -> Corpus:
    """Return all names and texts of a data set."""
    corpus = Corpus()
    for file, entries in dataset.entries.items():
        kind = kind_of_file(file)
        for entry, place in entries:
            corpus.texts += texts_of(kind, entry, _owner_of(kind, entry), _locate_in(place, type(entry)))
            if kind in SUBJECTS:
                _collect_parts(corpus, kind, PlacedEntry(entry, place))
    return corpus


def _collect_parts(corpus: Corpus, kind: Kind, subject: PlacedEntry) -> None:
    for part in parts_of(kind):
        for number, entry in enumerate(getattr(subject.entry, part.part_of_entry)):
            locate = _locate_in(subject.place.part(part.part_of_entry, number), type(entry))
            name = name_of(part, entry, kind, locate)
            if name is not None and len(name.name) <= LONGEST_NAME:
                corpus.names.append(name)
            corpus.texts += texts_of(part, entry, subject.entry.key, locate, name)


def _owner_of(kind: Kind, entry: Entry) -> str:
    """Return what to call the row in whose admin form an entry of its own file will be edited."""
    ends = kind.owners + kind.connects
    return str(getattr(entry, ends[0])) if ends else heading_of(kind, entry)


def _locate_in(place: FilePlace, shape: type[Entry]) -> Locate:
    return lambda name, what: _PlaceInFile(place, shape, name, what)


class _PlaceInFile(NamedTuple):
    entry: FilePlace
    shape: type[Entry]
    field: str
    what: str

    @property
    def location(self) -> Location:
        line = self.entry.part(key_in_file(self.shape, self.field)).line
        return Location(self.entry.document.name, line, self.what)
