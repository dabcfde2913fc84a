"""Which texts say who somebody is, or whom a tie leads to; all others only mention what was looked for."""

from functools import lru_cache
from typing import NamedTuple

from characters.kinds import RELATIONSHIP, TAGGINGS, TRAIT, Kind
from characters.text.words import Query, Words, words_of
from characters.vocabulary import Attribute, RelationshipKind

KNOWN_BY = (TRAIT, *TAGGINGS)  # the kinds of rows that may say who somebody is
KNOWN_AS = (Attribute.DEFINITION, Attribute.OCCUPATION, Attribute.CATEGORY)
LABELS = tuple(f" {' '.join(words_of(attribute.label))} " for attribute in KNOWN_AS)
VERB_OF = {kind: words_of(kind.sentence) for kind in RelationshipKind}
SENTENCES = {f" {' '.join(verb)} ": kind for kind, verb in VERB_OF.items()}
LONGEST_FIRST = sorted(SENTENCES, key=len, reverse=True)
PASSIVE = "by"


class Tie(NamedTuple):
    """A relation in words."""

    source: Words
    kind: RelationshipKind
    target: Words


def place_as_known(kind: Kind, words: str, query: Query) -> int | None:
    """Return how far from its beginning a text says that somebody is what the query asks for; None if it does not."""
    wanted = query.bare_words
    if kind in TAGGINGS:
        return 0 if wanted and words.endswith(f" {' '.join(wanted)}") else None
    if kind is not TRAIT:
        return None
    for label in LABELS:
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


def sides_that_answer(kind: Kind, words: str, query: Query) -> tuple[bool, bool]:
    """Return whether the source and the target of a relation are what a query asks for that names the other.

    “Who killed Ann” asks for the source, “killed by Ann” for the target; of what holds both ways, either is meant.
    """
    tie = _tie(words) if kind is RELATIONSHIP else None
    if tie is None:
        return False, False
    named = [word for word in query.bare_words if word not in VERB_OF[tie.kind]]
    if not named or len(named) == len(query.bare_words):
        return False, False
    in_source, in_target = (set(named) <= set(side) for side in (tie.source, tie.target))
    if tie.kind.is_mutual:
        return in_target, in_source
    is_passive = PASSIVE in query.words
    return in_target and not is_passive, in_source and is_passive


@lru_cache(2**11)
def _tie(words: str) -> Tie | None:
    for sentence in LONGEST_FIRST:
        source, found, target = words.partition(sentence)
        if found:
            return Tie(tuple(source.split()), SENTENCES[sentence], tuple(target.split()))
    return None


VERBS = frozenset(word for kind in RelationshipKind if len(words_of(kind.label)) == 1 for word in words_of(kind.label))


def without_verb(query: Query) -> tuple[Words, Words]:
    """Return the verbs of relations in a query, and its other words."""
    words = query.bare_words
    return tuple(word for word in words if word in VERBS), tuple(word for word in words if word not in VERBS)
