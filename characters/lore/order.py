"""The order in which names, faces and degrees of certainty are listed."""

from collections.abc import Iterable

from characters.values.basics import Face
from characters.values.pages import Tie
from characters.vocabulary import Certainty

CERTAINTIES = (Certainty.CONFIRMED, Certainty.CLAIMED, Certainty.HINTED, Certainty.DISPROVED)  # the best first


def best_tie(tie: Tie) -> tuple[int, int, str]:
    return certainty_rank(tie.certainty), tie.since, tie.masks


def certainty_rank(certainty: str) -> int:
    return CERTAINTIES.index(Certainty(certainty))


# Small things


def by_name(faces: Iterable[Face]) -> tuple[Face, ...]:
    return tuple(sorted(set(faces), key=sort_key))


def sort_key(face: Face) -> tuple[str, str]:
    return face.name.casefold(), face.url
