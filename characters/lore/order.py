"""The order in which names, faces and degrees of certainty are listed."""

from collections.abc import Iterable

from characters.values.basics import Face
from characters.values.pages import Tie
from characters.vocabulary import Certainty
from episodes.order import sort_key

CERTAINTIES = (Certainty.CONFIRMED, Certainty.CLAIMED, Certainty.HINTED, Certainty.DISPROVED)  # the best first
RANKS = {certainty.value: rank for rank, certainty in enumerate(CERTAINTIES)}


def tie_sort_key(tie: Tie) -> tuple[int, int, str]:
    """Return the place of a tie among others that say the same: the surest and oldest first."""
    return certainty_rank(tie.certainty), tie.since, tie.masks


def certainty_rank(certainty: str) -> int:
    """Return how sure something is, 0 being the surest."""
    return RANKS[certainty]


def by_name(faces: Iterable[Face]) -> tuple[Face, ...]:
    """Return faces in order of name, each once."""
    different = set(faces)
    return tuple(sorted(different, key=face_key) if len(different) > 1 else different)


def face_key(face: Face) -> tuple[str, str]:
    """Return the place of a face by name; of namesakes by address."""
    return sort_key(face.name), face.url
