"""The entries of a data set, checked for their shape, each with its place in the files."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError as ShapeError

from characters.kinds import SUBJECTS
from characters.text.fitting import nearest_key
from episodes.axes import own_number, second_of_place

from .reading import DatasetError, Document, FilePlace, Problem, YamlPath, read
from .schema import (
    CHAPTERS,
    FILES,
    ONE_MAPPING,
    REQUIRED,
    Entry,
    EpisodeEntry,
    Positions,
    PositionsByAxis,
    SubjectEntry,
)

EPISODES = "episodes.yaml"

KEYS = ("faction", "source", "target", "persona", "identity", "supersedes", "characters", "factions", "terms")


class PlacedEntry(NamedTuple):
    entry: Any
    place: FilePlace


class Dataset:
    """A directory of files. Problems are collected, so that all of them can be reported at once."""

    def __init__(self, directory: Path) -> None:
        """Read all files; raise DatasetError if there is no such directory."""
        self.directory = directory
        if not directory.is_dir():
            document = Document(str(directory))
            document.complain((), f"There is no directory {directory}.")
            raise DatasetError(document.problems)
        self.documents: list[Document] = []
        self.entries: dict[str, list[PlacedEntry]] = {name: [] for name in FILES}
        documents = list(_documents(directory))
        by_name = {each.name: each for each in documents}
        chapters = positions_in(by_name[CHAPTERS]) if CHAPTERS in by_name else {}
        positions = PositionsByAxis(positions_in(by_name[EPISODES]), chapters)
        for document in documents:
            self.documents.append(document)
            self.entries[document.name] = list(_entries(document, positions))
            document.data = None  # the entries have it
        self.entries[EPISODES] += self.entries.pop(CHAPTERS)  # rows of one table
        self.documents += _unknown_files(directory)

    @property
    def problems(self) -> list[Problem]:
        """All problems noted so far."""
        return [problem for document in self.documents for problem in document.problems]

    def raise_problems(self, more: Iterable[Problem] = (), *, left: Sequence[object] = ()) -> None:
        """Raise DatasetError with all problems noted so far and these, if there are any.

        `left` are rows of the database that are in no file, which may be in the way.
        """
        if problems := [*self.problems, *more]:
            raise DatasetError(problems, sum(document.consequences for document in self.documents), left)

    def lose(self, file: str, key: object) -> None:
        """Remember that a row is not there because of what was noted: what refers to it has no fault of its own."""
        for document in self.documents:
            if document.name == file:
                document.lost.add(str(key))

    def is_lost(self, file: str, key: object) -> bool:
        """Return whether a row would be there, as far as can be read, were nothing wrong with it."""
        return any(
            document.is_lost or str(key) in document.lost for document in self.documents if document.name == file
        )

    def is_nobody(self, key: str) -> bool:
        """Return whether no character, faction or term has a key, as far as can be read."""
        return not any(self.is_lost(kind.file, key) for kind in SUBJECTS)

    def is_unit_lost(self, place: int) -> bool:
        """Return whether an episode, or a chapter, would be there, were nothing wrong with it."""
        chapter = second_of_place(place)
        return self.is_lost(CHAPTERS, chapter) if chapter else self.is_lost(EPISODES, place)


def _documents(directory: Path) -> Iterator[Document]:
    for name in FILES:
        path = directory / name
        if path.exists() or name in REQUIRED:
            yield read(path)


def _unknown_files(directory: Path) -> Iterator[Document]:
    for path in sorted(directory.glob("*.y*ml")):
        if path.name not in FILES:
            document = Document(path.name)
            begun = [name for name in FILES if name.startswith(path.stem.lower().removesuffix("s"))]
            near = begun[0] if len(begun) == 1 else nearest_key(path.name.lower(), list(FILES))
            question = f" Did you mean “{near}”?" if near else ""
            document.complain((), f"No file of a data set has this name; there are {', '.join(FILES)}.{question}")
            yield document


def positions_in(episodes: Document) -> Positions:
    """Return the places of the episodes by their numbers in the file; nothing if those run 1, 2, 3 and are the same."""
    entries = episodes.data if isinstance(episodes.data, list) else []
    given = {entry["number"] for entry in entries if isinstance(entry, dict) and _is_number(entry.get("number"))}
    positions = {number: place for place, number in enumerate(sorted(given | {0}))}
    return {} if all(number == place for number, place in positions.items()) else positions


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 9999


def _label(entry: EpisodeEntry, given: Any) -> None:
    """Give an episode that was just read its number in the file as its label, if it has no other and is elsewhere."""
    if not entry.label and own_number(entry.number) != given:
        object.__setattr__(entry, "label", f"{given}")  # a copy would be checked again, and its place is no number


def _entries(document: Document, positions: PositionsByAxis) -> Iterator[PlacedEntry]:
    """Yield the well-formed entries of a file; note what is wrong with the others."""
    if document.data is None:
        document.is_lost = bool(document.problems)
        return
    if document.name in ONE_MAPPING:
        values: list[tuple[Any, YamlPath]] = [(document.data, ())]
    elif isinstance(document.data, list):
        values = [(value, (number,)) for number, value in enumerate(document.data)]
    else:
        document.complain((), "The file must be a list: every entry begins with “- ”.")
        document.is_lost = True
        return
    for value, path in values:
        place = FilePlace(document, path)
        entry = _well_formed(FILES[document.name], value, place, positions)
        if isinstance(entry, EpisodeEntry):
            _label(entry, value["number"])
        if entry is not None:
            yield PlacedEntry(entry, place)
        if isinstance(value, dict) and (entry is None or place.is_blamed("key")):
            document.lost |= {str(value[name]) for name in ("key", "number") if name in value}


def _well_formed(shape: type[Entry], value: Any, place: FilePlace, positions: PositionsByAxis) -> Entry | None:
    """Return an entry, or what can be read of it, so that its other faults are found as well; note what is wrong."""
    try:
        return shape.of(value, positions)
    except ShapeError as error:
        paths = []
        for detail in error.errors():
            steps = tuple(step for step in detail["loc"] if isinstance(step, str | int))
            place.part(*steps).complain(_message(detail["type"], detail["msg"], steps, detail["input"]))
            paths.append(steps)
    if not isinstance(value, dict):
        return None
    try:
        left = _without(paths, value, place) | _stand_ins(shape, paths, place)
        return shape.of(left, positions)
    except ShapeError:
        return None


def _without(paths: list[YamlPath], value: dict[Any, Any], place: FilePlace) -> dict[str, Any]:
    """Return an entry without the fields, and the parts of lists, that are wrong."""
    left = dict(value)
    wrong_parts: dict[Any, set[Any]] = defaultdict(set)
    for path in paths:
        if len(path) > 1 and isinstance(value.get(path[0]), list):
            wrong_parts[path[0]].add(path[1])
        else:
            left.pop(path[0] if path else None, None)
    for name, numbers in wrong_parts.items():
        if name in left:
            kept = [number for number in range(len(left[name])) if number not in numbers]
            left[name] = [left[name][number] for number in kept]
            place.document.kept[*place.path, name] = kept
    return left


def _stand_ins(shape: type[Entry], paths: list[YamlPath], place: FilePlace) -> dict[str, Any]:
    """Return what lets the parts of a subject be checked whose key or episode is wrong; none of it is ever written."""
    if not issubclass(shape, SubjectEntry):
        return {}
    wrong = {path[0] for path in paths if len(path) == 1}
    values = {"key": f"in-line-{place.line}", "revealed_in": 0}
    return {name: value for name, value in values.items() if name in wrong}


WRITTEN = {  # how what has a pattern is written
    "key": "of a-z, 0-9, “_”, “-” and “.”, and begins with a letter or a digit",
    "language": "as a code such as ja or zh-Hant",
    "public_id": "of 8 to 32 of a-z and 0-9",
    "address": "of 8 to 32 of a-z and 0-9",
}


def _message(problem: str, details: str, steps: tuple[str | int, ...], given: Any) -> str:
    name = next((step for step in reversed(steps) if isinstance(step, str)), "entry")
    match problem:
        case "unexpected_keyword_argument":
            return f"“{name}” is not a key that belongs here."
        case "missing":
            return f"“{name}” is missing."
        case "dataclass_type":
            return f"“{name}” must be keys with values, such as “revealed_in: 1”."
        case "int_type":
            return f"“{name}” must be a plain number, such as 10: without quotes, and no 0 or other sign before it."
        case "string_type":
            return f"“{name}” must be text; put it in quotes."
        case "literal_error":
            return f"“{name}” cannot be “{given}”; it is {details.removeprefix('Input should be ')}."
        case "string_pattern_mismatch" if name in (*WRITTEN, *KEYS):
            return f"“{name}” cannot be “{given}”: it is written {WRITTEN.get(name, WRITTEN['key'])}."
        case "value_error":
            details = details.removeprefix("Value error, ")
    return f"“{name}”: {details}."
