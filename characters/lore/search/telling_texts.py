"""Which texts say who somebody is, or whom a tie leads to; all others only mention what was looked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from characters.kinds import RELATIONSHIP, TAGGINGS, TRAIT, Kind
from characters.text.words import Query, Words, words_of
from characters.vocabulary import Attribute, RelationKind, Vocabulary

KNOWN_BY = (TRAIT, *TAGGINGS)  # the kinds of rows that may say who somebody is
KNOWN_AS = (Attribute.DEFINITION, Attribute.OCCUPATION, Attribute.CATEGORY)
PASSIVE = "by"


class Tie(NamedTuple):
    """A relation in words."""

    source: Words
    kind: RelationKind
    target: Words


@dataclass(frozen=True, eq=False)
class Readings:
    """How the relations of a vocabulary stand in the words of the index."""

    verb_of: Mapping[RelationKind, Words]
    sentences: Mapping[str, RelationKind]
    longest_first: Sequence[str]
    verbs: frozenset[str]
    known_as: Sequence[str]  # the labels of what says who somebody is


@lru_cache(2**6)
def readings_of(vocabulary: Vocabulary) -> Readings:
    """Return how the relations of a vocabulary stand in the words of the index."""
    kinds = vocabulary.relations.values()
    verb_of = {kind: words_of(kind.sentence) for kind in kinds}
    sentences = {f" {' '.join(verb)} ": kind for kind, verb in verb_of.items()}
    labels = [words_of(kind.label) for kind in kinds]
    verbs = frozenset(word for label in labels if len(label) == 1 for word in label)
    known_as = [f" {' '.join(words_of(vocabulary.attribute(attribute).label))} " for attribute in KNOWN_AS]
    return Readings(verb_of, sentences, sorted(sentences, key=len, reverse=True), verbs, known_as)


def place_as_known(kind: Kind, words: str, query: Query, vocabulary: Vocabulary) -> int | None:
    """Return how far from its beginning a text says that somebody is what the query asks for; None if it does not."""
    wanted = query.bare_words
    if kind in TAGGINGS:
        return 0 if wanted and words.endswith(f" {' '.join(wanted)}") else None
    if kind is not TRAIT:
        return None
    for label in readings_of(vocabulary).known_as:
        owner, found, value = words.partition(label)
        if found:
            said = value.split()
            places = [_place(word, said) for word in wanted]
            first = min((place for place in places if place is not None), default=None)
            known = {*owner.split(), *said}
            return first if all(word in known for word in wanted) else None
    return None


def _place(word: str, words: list[str]) -> int | None:
    return words.index(word) if word in words else None


def sides_that_answer(kind: Kind, words: str, query: Query, vocabulary: Vocabulary) -> tuple[bool, bool]:
    """Return whether the source and the target of a relation are what a query asks for that names the other.

    “Who killed Ann” asks for the source, “killed by Ann” for the target; of what holds both ways, either is meant.
    """
    readings = readings_of(vocabulary)
    tie = _tie(words, readings) if kind is RELATIONSHIP else None
    if tie is None:
        return False, False
    named = [word for word in query.bare_words if word not in readings.verb_of[tie.kind]]
    if not named or len(named) == len(query.bare_words):
        return False, False
    in_source, in_target = (set(named) <= set(side) for side in (tie.source, tie.target))
    if tie.kind.is_mutual:
        return in_target, in_source
    is_passive = PASSIVE in query.words
    return in_target and not is_passive, in_source and is_passive


@lru_cache(2**11)
def _tie(words: str, readings: Readings) -> Tie | None:
    for sentence in readings.longest_first:
        source, found, target = words.partition(sentence)
        if found:
            return Tie(tuple(source.split()), readings.sentences[sentence], tuple(target.split()))
    return None


def without_verb(query: Query, vocabulary: Vocabulary) -> tuple[Words, Words]:
    """Return the verbs of relations in a query, and its other words."""
    words, verbs = query.bare_words, readings_of(vocabulary).verbs
    return tuple(word for word in words if word in verbs), tuple(word for word in words if word not in verbs)
