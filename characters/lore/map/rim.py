"""Everybody around the rim of the map, and what ties them: made once for an edition and an episode.

The order around the rim is that in which factions and characters were first heard of, and within an episode that of
their public ids, which tell nothing. It is the same at every episode, so nobody jumps about when the map is moved
along the episodes; a newcomer moves the others by one place. For the same reason whoever has left a faction for no
other stays where they stood, marked as former.

There may be a hundred thousand ties, so they are kept in columns, and everybody is a number: their place in this order.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from sys import getsizeof
from typing import NamedTuple
from uuid import UUID

from characters.lore.kept import kept
from characters.lore.knowledge import Knowledge
from characters.lore.statements import ALL, Which, as_text, fetched
from characters.models import Faction
from characters.vocabulary import Certainty, RelationKind
from episodes.known import current_rows, former_rows, known_rows, place_ended, place_in_order, stands

BYTES_OF_ID = 16
HYPHENS = (0, 8, 12, 16, 20, 32)  # between which digits of an id PostgreSQL writes one
CERTAINTIES = tuple(Certainty)

type Id = str  # of a character or a faction, as the database writes it: UUIDs are slow to make and to hash

type Roots = dict[Id, Id]
"""Whom each persona that is unmasked is known to be in the end."""

type Places = dict[Id, list[Id]]
"""The factions to which each character belongs."""


class Group(NamedTuple):
    """A faction that is known."""

    id: Id
    public_id: str


@dataclass(frozen=True, slots=True)
class FormerFaction:
    """The last faction of a character who belongs to none now."""

    faction: Id
    until: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the rim: those who stand beside one faction, or with no allegiance."""

    faction: Id | None
    places: range
    members: int  # who belong to the faction now, wherever they stand
    belonging: "array[int]"  # the places of those, and of who did last

    @property
    def size(self) -> int:
        return getsizeof(self.belonging)


@dataclass(frozen=True, slots=True)
class Rim:
    """All characters by place, and each tie that has not ended, by the places of its ends."""

    ids: bytes
    first: "array[int]"  # the episode in which each was first heard of
    stretches: tuple[Stretch, ...]
    sources: "array[int]"
    targets: "array[int]"
    relations: tuple[RelationKind, ...]  # of which `kinds` are the places
    kinds: "array[int]"
    certainties: bytes
    since: "array[int]"
    tied: "array[int]"  # to how many others each is tied
    pairs: int
    hyphens: bool  # whether the database writes ids with them

    def __len__(self) -> int:
        return len(self.first)

    def subject(self, place: int) -> UUID:
        return UUID(bytes=self.ids[place * BYTES_OF_ID : (place + 1) * BYTES_OF_ID])

    def place_of(self, subject: UUID) -> int:
        """Return the place of somebody who is known, as whom they are known to be."""
        found = self.ids.find(subject.bytes)
        while found % BYTES_OF_ID:  # across the border of two ids
            found = self.ids.find(subject.bytes, found + 1)
        return found // BYTES_OF_ID

    def id(self, place: int) -> Id:
        """Return the id of whoever has a place as the database writes it, which `as_text` does ten times as slowly."""
        digits = self.ids[place * BYTES_OF_ID : (place + 1) * BYTES_OF_ID].hex()
        return "-".join(digits[at:end] for at, end in pairwise(HYPHENS)) if self.hyphens else digits

    def ends(self, ties: Iterable[int]) -> set[int]:
        """Return the places that some ties join."""
        return {end for tie in ties for end in (self.sources[tie], self.targets[tie])}

    @property
    def size(self) -> int:
        columns = (
            self.ids,
            self.first,
            self.sources,
            self.targets,
            self.kinds,
            self.certainties,
            self.since,
            self.tied,
        )
        return sum(map(getsizeof, columns)) + sum(stretch.size for stretch in self.stretches)


def rim_of(knowledge: Knowledge) -> Rim:
    """Return everybody and all ties that are known."""
    return kept(knowledge, "rim of the map", lambda: _made(knowledge))


def _made(knowledge: Knowledge) -> Rim:
    roots = roots_of(knowledge)
    stretches, first = _stretches(knowledge, roots)
    places = {character: place for place, character in enumerate(first)}
    places |= {persona: places[root] for persona, root in roots.items()}
    relations, (sources, targets, kinds, certainties, since) = _ties(knowledge, places)
    tied = counts(zip(sources, targets, strict=True), len(first))
    return Rim(
        ids=bytes.fromhex("".join(first).replace("-", "")),
        first=array("I", first.values()),
        stretches=stretches,
        sources=array("I", sources),
        targets=array("I", targets),
        relations=relations,
        kinds=array("H", kinds),
        certainties=bytes(certainties),
        since=array("I", since),
        tied=array("I", tied),
        pairs=sum(tied) // 2,
        hyphens=any("-" in character for character in first),
    )


def counts(ties: Iterable[tuple[int, int]], length: int) -> list[int]:
    """Return to how many others each of so many places is tied."""
    others: list[set[int]] = [set() for _ in range(length)]
    for one, other in ties:
        others[one].add(other)
        others[other].add(one)
    return list(map(len, others))


def _ties(knowledge: Knowledge, places: dict[Id, int]) -> tuple[tuple[RelationKind, ...], Sequence[Sequence[int]]]:
    """Return the kinds of ties, and in columns all of these but those between two masks of one character."""
    current = current_rows(knowledge.progress, "characters_relationship")
    rows = fetched(
        'SELECT CAST("source_id" AS text), CAST("target_id" AS text), "kind", "certainty",'  # noqa: S608 - our own
        f' {stands(knowledge.progress, "characters_relationship")} FROM "characters_relationship"'
        f' WHERE {current.sql} AND "certainty" <> %s',
        [*current.params, Certainty.DISPROVED.value],
    )
    relations = [knowledge.vocabulary.relation(key) for key in sorted({kind for _, _, kind, *_ in rows})]
    kinds = {kind.key: number for number, kind in enumerate(relations)}
    certainties = {certainty.value: number for number, certainty in enumerate(CERTAINTIES)}
    ties = (
        (places[source], places[target], kinds[kind], certainties[certainty], since)
        for source, target, kind, certainty, since in rows
    )
    return tuple(relations), [*zip(*(tie for tie in ties if tie[0] != tie[1]), strict=True)] or [()] * 5


def _stretches(knowledge: Knowledge, roots: Roots) -> tuple[tuple[Stretch, ...], dict[Id, int]]:
    """Return the stretches of the rim, and everybody in their order, with the episode in which each was heard of."""
    people = _people(knowledge, roots)
    factions = [group.id for group in factions_of(knowledge)]
    places = places_of(knowledge, factions, roots)
    former = former_of(knowledge, factions, places, roots)
    homes = {character: left.faction for character, left in former.items()} | {
        character: groups[0] for character, groups in places.items()
    }
    beside: dict[Id | None, list[Id]] = {faction: [] for faction in [*factions, None]}
    for character in sorted(people, key=people.__getitem__):
        beside[homes.get(character)].append(character)
    order = [character for characters in beside.values() for character in characters]
    belonging: dict[Id | None, list[int]] = defaultdict(list)
    members: dict[Id | None, int] = defaultdict(int)
    for place, character in enumerate(order):
        for group in places.get(character, ()):
            belonging[group].append(place)
            members[group] += 1
        if character in former:
            belonging[former[character].faction].append(place)
    stretches, begin = [], 0
    for faction, characters in beside.items():
        where = range(begin, begin + len(characters))
        stretches.append(Stretch(faction, where, members[faction], array("I", belonging[faction])))
        begin = where.stop
    return tuple(stretches), {character: people[character][0] for character in order}


# Rows, each gated


def roots_of(knowledge: Knowledge) -> Roots:
    """Return whom each persona is known to be, by the ids that the database writes."""
    return {as_text(persona): as_text(root) for persona, root in knowledge.identities.items()}


def factions_of(knowledge: Knowledge) -> list[Group]:
    """Return the factions in the order in which they were heard of."""
    known = Faction.objects.as_of(knowledge.progress).order_by(place_in_order(knowledge.progress), "public_id")
    return [Group(as_text(faction), public_id) for faction, public_id in known.values_list("id", "public_id")]


def _people(knowledge: Knowledge, roots: Roots) -> dict[Id, tuple[int, str]]:
    """Return everybody as who they are known to be, with their first episode and public id, which give their place."""
    known = known_rows(knowledge.progress, "characters_character")
    rows = {
        character: (episode, public_id)
        for character, episode, public_id in fetched(
            f'SELECT CAST("id" AS text), {stands(knowledge.progress, "characters_character")}, "public_id"'  # noqa: S608
            f' FROM "characters_character" WHERE {known.sql}',
            known.params,
        )
    }
    first: dict[Id, int] = {}
    for character, (episode, _) in rows.items():
        root = roots.get(character, character)
        first[root] = min(first.get(root, episode), episode)
    return {root: (episode, rows[root][1]) for root, episode in first.items()}


def places_of(knowledge: Knowledge, factions: Sequence[Id], roots: Roots, which: Which = ALL) -> Places:
    """Return the factions that each character has not left, the one they have been in longest first."""
    current = current_rows(knowledge.progress, "characters_membership")
    joined = fetched(
        'SELECT CAST("faction_id" AS text), CAST("character_id" AS text),'  # noqa: S608 - our own
        f' MIN({stands(knowledge.progress, "characters_membership")}) AS "since" FROM "characters_membership"'
        f' WHERE {current.sql} AND {which.sql} GROUP BY "faction_id", "character_id"',
        [*current.params, *which.params],
    )
    order = {faction: at for at, faction in enumerate(factions)}
    places: Places = defaultdict(list)
    for group, character, _ in sorted(joined, key=lambda row: (row[2], order[row[0]])):
        root = roots.get(character, character)
        if group not in places[root]:
            places[root].append(group)
    return places


def former_of(
    knowledge: Knowledge, factions: Sequence[Id], places: Places, roots: Roots, which: Which = ALL
) -> dict[Id, FormerFaction]:
    """Return the last faction of those who belong to none; of several left at once, that beside which they stood."""
    known = former_rows(at := knowledge.progress, "characters_membership")
    left = fetched(
        f'SELECT {place_ended(at)}, {stands(at, "characters_membership")}, CAST("faction_id" AS text),'  # noqa: S608
        f' CAST("character_id" AS text) FROM "characters_membership" WHERE {known.sql} AND {which.sql}',
        [*known.params, *which.params],
    )
    order = {faction: at for at, faction in enumerate(factions)}
    former = {}
    for until, _, group, character in sorted(left, key=lambda row: (row[0], -row[1], -order[row[2]])):
        root = roots.get(character, character)
        if root not in places:
            former[root] = FormerFaction(group, until)
    return former
