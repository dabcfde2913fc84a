"""The names and texts of a data set's files, for the spoiler linter."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from characters.spoilers.linter import TAG, Corpus, Name, Where
from characters.spoilers.rows import Locate, _texts_of, _texts_of_name

if TYPE_CHECKING:
    from .reading import Place


# From the files of a data set ---------------------------------------------------------------------------------------


def corpus_of_files(entries: Mapping[str, Sequence[tuple[Any, "Place"]]]) -> Corpus:
    """The well-formed entries of each file, with their places."""
    corpus = Corpus()
    for entry, place in entries["series.yaml"]:
        corpus.texts += _texts_of("series", entry, 0, "", _in_file(place))
    for entry, place in entries["episodes.yaml"]:
        corpus.texts += _texts_of("episode", entry, entry.number, f"episode {entry.number}", _in_file(place))
    for file in ("factions.yaml", "characters.yaml"):
        for entry, place in entries[file]:
            _read_subject(corpus, entry, place, of_faction=file == "factions.yaml")
    for entry, place in entries["revelations.yaml"]:
        called = f"revelation {entry.key}"
        corpus.texts += _texts_of("revelation", entry, entry.revealed_in, called, _in_file(place))
    return corpus


def _read_subject(corpus: Corpus, entry: Any, place: "Place", *, of_faction: bool) -> None:
    for number, alias in enumerate(entry.aliases):
        locate = _in_file(place.part("aliases", number))
        where = locate("name", "")
        name = Name(
            alias.name, alias.kind, alias.revealed_in, where, of_faction=of_faction, common_word=alias.common_word
        )
        corpus.names.append(name)
        corpus.texts += _texts_of_name(name, entry.key, locate)
    for number, tag in enumerate(entry.tags):
        locate = _in_file(place.part("tags", number))
        name = Name(tag.name.lower(), TAG, tag.revealed_in, locate("name", ""))
        corpus.names.append(name)
        corpus.texts += _texts_of_name(name, entry.key, locate)
    for part in ("traits", "memberships", "portraits"):
        for number, row in enumerate(getattr(entry, part, [])):
            locate = _in_file(place.part(part, number))
            corpus.texts += _texts_of(part.removesuffix("s"), row, row.revealed_in, entry.key, locate)


def _in_file(place: "Place") -> Locate:
    return lambda field_name, what: Where(place.document.name, place.part(field_name).line, what)
