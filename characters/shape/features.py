"""The shape of a character's page as numbers: what is there, how many, how long, in which colour."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from statistics import mean
from typing import Any

from characters.pictures.emblems import UNCOLOURED
from characters.text.prose import plain
from characters.values.pages import Chapter, Fact, FactValue, SubjectPage, Tie
from characters.vocabulary import SUSPECTED_TO_BE, Attribute, Bond, Vocabulary
from episodes.names import CommonName

type Features = Mapping[str, float]

# Addresses, numbers of parts, what is made of other fields of the page, and what is measured by what stands in it: how
# many chapters there are says how much somebody appears.
NOT_MEASURED = {
    "list", "face", "short_url", "correct_url", "history_url", "places_url", "then_url", "page_url", "number", "last",
    "more_places", "description", "strip", "chart", "chapters", "facts", "ties",
}  # fmt: skip

# That one may be another is a hint of the show itself: it tells by what it says, as does how sure something is.
HINT = SUSPECTED_TO_BE


def revelations_on(parts: Iterable[SubjectPage]) -> int:
    """Return how many revelations concern somebody so far: how much they appear."""
    return sum(len(chapter.revelations) + chapter.more for part in parts for chapter in part.chapters)


def features_of(parts: Sequence[SubjectPage], vocabulary: Vocabulary) -> dict[str, float]:
    """Return the shape of a page, given in its parts; what is nowhere on it counts as 0."""
    first = parts[0]
    measured: dict[str, float] = {}
    for field in fields(SubjectPage):
        if field.name not in NOT_MEASURED:
            measured |= _size(field.name, [getattr(part, field.name) for part in parts])
    name = first.face.name
    measured["name: is a description"] = isinstance(name, CommonName)
    measured["name: length"] = len(name)
    if first.face.accent not in UNCOLOURED:  # or else it is made of the name
        measured[f"accent: {first.face.accent}"] = 1
    measured |= _kinds_of_names(parts, vocabulary)
    measured |= _facts([fact for part in parts for fact in part.facts], vocabulary)
    measured["emblem: monogram"] = first.face.is_monogram
    measured |= _ties([tie for part in parts for tie in part.ties if tie.kind != HINT])
    measured |= _timeline([chapter for part in parts for chapter in part.chapters])
    places = [place for part in parts for place in part.places]
    measured["places: former"] = sum(place.is_past for place in places)
    measured["places: with a role"] = sum(bool(place.role) for place in places)
    return measured


def _size(name: str, values: Sequence[Any]) -> dict[str, float]:
    """Return how long a text of a page is, or how many rows a list has in all parts."""
    if isinstance(values[0], bool):
        return {name: values[0]}
    if isinstance(values[0], str):
        return {f"{name}: length": len(plain(values[0])), f"{name}: given": bool(values[0])}
    return {f"{name}: number": sum(map(len, values))}


def _kinds_of_names(parts: Sequence[SubjectPage], vocabulary: Vocabulary) -> Features:
    names = [name for part in parts for name in part.names]
    kinds = Counter(name.kind for name in names)
    languages = Counter(name.language for name in names if name.language)
    return {f"names: {kind.label.lower()}": kinds[kind.noun] for kind in vocabulary.names.values()} | {
        f"names: in “{language}”": number for language, number in languages.items()
    }


def _facts(facts: Sequence[Fact], vocabulary: Vocabulary) -> dict[str, float]:
    """Return which facts are there, how many values each has and how long these are."""
    values: dict[str, list[FactValue]] = defaultdict(list)
    for fact in facts:
        values[fact.attribute] += fact.values
    measured: dict[str, float] = {"facts: number": len(values)}
    for attribute in vocabulary.attributes.values():
        if attribute.key in Attribute.of_a_stage():
            continue  # texts of their own
        told = values.get(attribute.key, [])
        name = attribute.key.replace("_", " ")
        measured[f"{name}: given"] = bool(told)
        if not attribute.is_single:
            measured[f"{name}: number"] = len(told)
    measured["facts: length"] = sum(len(plain(value.html)) for told in values.values() for value in told)
    return measured


def _ties(ties: Sequence[Tie]) -> Features:
    """Return with how many somebody is tied, and in which ways."""
    bonds = Counter(tie.bond for tie in ties)
    return {
        "ties: people": len({tie.other.url for tie in ties}),
        "ties: number": len(ties),
        "ties: former": sum(tie.is_past for tie in ties),
        "ties: as somebody else": sum(bool(tie.masks) for tie in ties),
    } | {f"ties: {bond.label.lower()}": bonds[bond] for bond in Bond}


def _timeline(chapters: Sequence[Chapter]) -> dict[str, float]:
    """Return how the timeline tells what it tells; how much that is says how much somebody appears."""
    told = [entry for chapter in chapters for entry in chapter.revelations]
    return {
        "timeline: changes": sum(len(chapter.changes) for chapter in chapters),
        "timeline: length of a revelation": mean(len(plain(entry.html)) for entry in told) if told else 0,
        "timeline: revelations with a time": sum(bool(entry.label) for entry in told),
        "timeline: beliefs overturned": sum(entry.believed_before is not None for entry in told),
    }
