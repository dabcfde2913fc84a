"""Everybody in a list in order of name, with what it can be narrowed by: made once for an edition and an episode."""

from array import array
from dataclasses import dataclass
from sys import getsizeof
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from characters.kinds import CHARACTER, Kind
from characters.lore import rows
from characters.lore.kept import kept
from characters.lore.knowledge import Knowledge
from characters.lore.statements import as_text
from characters.models import Alias
from episodes.axes import BEYOND_ALL
from episodes.known import place_in_order

from . import facets
from .facets import Facet, Id, Source

BYTES_OF_ID = 16
BYTES_OF_CHOICE = 400  # two words and their places in dictionaries, by a measurement


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number for each place of a roster."""

    values: "array[int]"

    @property
    def size(self) -> int:
        return getsizeof(self.values)


@dataclass(frozen=True, slots=True)
class Roster:
    """All subjects of a kind by name. A set of them is a number, with a bit for the place of each."""

    ids: bytes
    first: Numbers  # the episode in which each was first seen or heard of
    facets: dict[str, Facet]

    def __len__(self) -> int:
        return len(self.ids) // BYTES_OF_ID

    def subject(self, place: int) -> UUID:
        return UUID(bytes=self.ids[place * BYTES_OF_ID : (place + 1) * BYTES_OF_ID])

    @property
    def everybody(self) -> int:
        return (1 << len(self)) - 1

    @property
    def size(self) -> int:
        bearers = (bits for facet in self.facets.values() for bits in facet.bearers.values())
        return len(self.ids) + self.first.size + sum(BYTES_OF_CHOICE + getsizeof(bits) for bits in bearers)


def roster_of(knowledge: Knowledge, kind: Kind) -> Roster:
    """Return everybody of a kind who is known."""
    return kept(knowledge, f"roster of {kind.plural}", lambda: _made(knowledge, kind))


def newest_of(knowledge: Knowledge, kind: Kind, roster: Roster) -> Numbers:
    """Return the episode in which something was last learned of each on a roster."""

    def make() -> Numbers:
        ids = [as_text(roster.subject(place)) for place in range(len(roster))]
        return Numbers(array("I", facets.newest_episodes(_source(knowledge, kind, ids))))

    return kept(knowledge, f"newest of {kind.plural}", make)


def _made(knowledge: Knowledge, kind: Kind) -> Roster:
    ids = _by_name(knowledge, kind)
    source = _source(knowledge, kind, ids)
    return Roster(
        ids=bytes.fromhex("".join(ids).replace("-", "")),
        first=Numbers(array("I", source.first)),
        facets={name: Facet(source.choices(name), are_episodes=name == "first") for name in facets.facets_of(kind)},
    )


def _source(knowledge: Knowledge, kind: Kind, ids: list[Id]) -> Source:
    """Return what reads the facets of all who stand on a roster, in its order."""
    places = {subject: place for place, subject in enumerate(ids)}
    if kind is CHARACTER:
        places |= {as_text(persona): places[as_text(root)] for persona, root in knowledge.identities.items()}
    first = [BEYOND_ALL] * len(ids)
    visible = rows.visible(knowledge.progress, kind).order_by()
    for subject, episode in visible.values_list(facets.as_written("pk"), place_in_order(knowledge.progress)):
        place = places[subject]
        first[place] = min(first[place], episode)
    return Source(knowledge, kind, places, first)


def _by_name(knowledge: Knowledge, kind: Kind) -> list[Id]:
    """Return the ids of all in order of name; who is known to be somebody else stands under that name."""
    at = knowledge.progress
    known: Any = rows.root_characters(at) if kind is CHARACTER else rows.visible(at, kind)
    headlines = Alias.objects.as_of(at).filter(headline=True, **{kind.name: OuterRef("pk")})
    named = known.annotate(place=Subquery(headlines.order_by(place_in_order(at).desc()).values("sort_key")[:1]))
    return list(named.order_by("place", "public_id").values_list(facets.as_written("pk"), flat=True))
