"""What a list of subjects can be narrowed by: who has which value, as known at some episode.

The database gathers who has each value into one string of ids, for there may be a hundred thousand rows. The rest is
done on sets in Python, where SQL would take long statements: personas merge into their identity, the newest value wins,
and between two masks of one character there is no relation. Everything is read through the gate, and kept as numbers
with a bit for each subject (`roster.py`), which are combined and counted in no time.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

from django.db.models import CharField, Max, Q, QuerySet, StringAgg, Value
from django.db.models.functions import Cast as CastTo
from django.db.models.functions import Coalesce

from characters.kinds import CHARACTER, Kind, tagging_of
from characters.lore import rows
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.statements import as_text
from characters.models import Faction, Membership, Relationship, Revelation, Trait
from characters.text.slugs import slug_of
from characters.vocabulary import Attribute, Certainty, RelationshipKind
from episodes.names import CommonName, Name
from episodes.order import sort_key

type Id = str  # of a row, as the database writes it: making UUIDs of them would take longer than all the rest

type Choosable = tuple[str, Name, set[Id]]  # the value in the address, the value in words, who has it
type DatedValue = tuple[int, str, set[Id]]  # the episode, the value, who has it

BY = "-by"  # the other side of a kind of relation: killed, killed-by

OWN_LABELS = {kind.value: (kind.value, CommonName(kind.label)) for kind in RelationshipKind}
FROM_TARGET = {
    kind.value: (
        kind.value if kind.seen_from_target == kind.label else kind.value + BY,
        CommonName(kind.seen_from_target),
    )
    for kind in RelationshipKind
}


class Facet:
    """The values that one can choose from, in the order in which they are listed, and who has each.

    `places` says which bit stands for whom.
    """

    def __init__(self, values: Iterable[Choosable], places: Mapping[Id, int]) -> None:
        labels: dict[str, set[Name]] = defaultdict(set)
        bearers: dict[str, set[Id]] = defaultdict(set)
        for value, label, ids in values:
            if value and ids:
                bearers[value] |= ids
                labels[value].add(label)
        by_value = {value: min(words, key=sort_key) for value, words in labels.items()}
        self.labels = dict(sorted(by_value.items(), key=_place_of_choice))
        self.bearers = {value: bits_of(map(places.get, bearers[value]), len(places)) for value in self.labels}

    def having(self, values: Iterable[str]) -> int:
        """Return all who have any of these values."""
        return reduce(or_, map(self.bearers.__getitem__, values), 0)


def _place_of_choice(choice: tuple[str, str]) -> tuple[str, str]:
    value, label = choice
    return sort_key(label), value


def bits_of(places: Iterable[int | None], length: int) -> int:
    """Return the number that has a bit for each of some places, of so many; who has no place is left out."""
    bits = bytearray(length // 8 + 1)
    for place in places:
        if place is not None:
            bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


def places_of(bits: int) -> list[int]:
    """Return the places for which a number has a bit, in order."""
    return [place for place, bit in enumerate(reversed(f"{bits:b}")) if bit == "1"]


class Identities:
    """Replaces personas by whom they are known to be, in whole sets of ids."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._root_of = {as_text(persona): as_text(root) for persona, root in knowledge.identities.items()}
        self._personas = frozenset(self._root_of)

    def root_of(self, subject: Id) -> Id:
        """Return whom one of them is known to be."""
        return self._root_of.get(subject, subject)

    def without_personas(self, ids: set[Id]) -> set[Id]:
        """Return those that are no personas."""
        return ids - self._personas

    def roots_of_personas(self, ids: set[Id]) -> set[Id]:
        """Return whom those that are personas are known to be."""
        return {self._root_of[persona] for persona in ids & self._personas}

    def roots_of(self, ids: set[Id]) -> set[Id]:
        """Return whom all of them are known to be."""
        return self.without_personas(ids) | self.roots_of_personas(ids)


def as_written(column: str) -> CastTo:
    """Return the expression for a column of ids as text."""
    return CastTo(column, CharField())


def _gathered(queryset: QuerySet[Any], *by: str, of: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """Yield each value in the columns `by` with the sets of ids in the columns `of`."""
    # As expressions: in the order of an index on the column itself SQLite would read the rows of the whole show.
    values = [Coalesce(column, column) for column in by]
    ids = {f"all_{column}": StringAgg(as_written(column), Value(" ")) for column in of}
    for row in queryset.order_by().values_list(*values).annotate(**ids):
        yield *row[: len(by)], *(set(joined.split()) for joined in row[len(by) :])


@dataclass(frozen=True, slots=True)
class Source:
    """Reads the facets of one list as known at an episode."""

    knowledge: Knowledge
    kind: Kind
    identities: Identities

    def choices(self, name: str) -> Iterable[Choosable]:
        """Return what a list can be narrowed by under that name, with who has which value."""
        return FACETS[name](self)


def source_of(knowledge: Knowledge, kind: Kind) -> Source:
    """Return what reads the facets of a kind."""
    return Source(knowledge, kind, Identities(knowledge))


def first_episodes(source: Source) -> dict[Id, int]:
    """Return the episode in which each was first seen or heard of."""
    return {subject: int(value) for value, _, bearers in _first_episodes(source) for subject in bearers}


def newest_episodes(source: Source) -> dict[Id, int]:
    """Return the episode in which something was last learned of each character."""
    newest = first_episodes(source)
    concerning = Revelation.objects.as_of(source.knowledge.progress).filter(characters__isnull=False)
    last = concerning.order_by().values_list(as_written("characters")).annotate(last=Max("revealed_in_id"))
    for subject, episode in last:
        root = source.identities.root_of(subject)
        newest[root] = max(newest[root], episode)
    return newest


def _traits(source: Source, *attributes: Attribute) -> list[DatedValue]:
    known = Trait.objects.as_of(source.knowledge.progress).filter(attribute__in=attributes, character__isnull=False)
    return list(_gathered(known, "revealed_in_id", "value", of=["character"]))


def _species(source: Source) -> Iterator[Choosable]:
    return _worded(source.knowledge, _newest(_traits(source, Attribute.SPECIES), source.identities))


def _status(source: Source) -> Iterator[Choosable]:
    return _worded(source.knowledge, _newest(_traits(source, Attribute.STATUS), source.identities))


def _voices(source: Source) -> Iterator[Choosable]:
    voices = _traits(source, Attribute.VOICE_ACTOR, Attribute.VOICE_ACTOR_EN)
    return _worded(source.knowledge, [(value, source.identities.roots_of(ids)) for _, value, ids in voices], Name)


def _newest(values: Iterable[DatedValue], identities: Identities) -> Iterator[tuple[str, set[Id]]]:
    """Yield the newest value of each; of those of one episode the identity's own, as in `telling.newest_of`."""
    newest_first = sorted(values, key=lambda each: (-each[0], each[1]))
    settled: set[Id] = set()
    for _, same_episode in groupby(newest_first, key=_episode):
        pairs = [(value, ids) for _, value, ids in same_episode]
        for select in (identities.without_personas, identities.roots_of_personas):
            for value, ids in pairs:
                yield value, select(ids) - settled
                settled |= select(ids)


def _worded(
    knowledge: Knowledge, values: Iterable[tuple[str, set[Id]]], as_name: type[Name] = CommonName
) -> Iterator[Choosable]:
    """Yield values as they are read, with whom they mention by the names known now."""
    by_value: dict[str, set[Id]] = defaultdict(set)
    for value, ids in values:
        by_value[value] |= ids
    cast = Cast(knowledge)
    cast.note_texts(by_value)
    cast.look_up()
    for value, ids in by_value.items():
        words = cast.words(value, inline=True)
        yield slug_of(words), as_name(words), ids


def _factions(source: Source) -> Iterator[Choosable]:
    members = list(_gathered(source.knowledge.current(Membership), "faction_id", of=["character"]))
    factions = Faction.objects.as_of(source.knowledge.progress).filter(id__in=[faction for faction, _ in members])
    public_ids = dict(factions.values_list("id", "public_id"))
    cast = Cast(source.knowledge)
    cast.note(faction for faction, _ in members)
    cast.look_up()
    for faction, ids in members:
        yield public_ids[faction], cast.name(faction), source.identities.roots_of(ids)


def _roles(source: Source) -> Iterator[Choosable]:
    for role, ids in _gathered(source.knowledge.current(Membership), "role", of=["character"]):
        yield slug_of(role), CommonName(role), source.identities.roots_of(ids)


def _tags(source: Source) -> Iterator[Choosable]:
    current = source.knowledge.current(tagging_of(source.kind))
    for slug, name, ids in _gathered(current, "tag__slug", "tag__name", of=["content_object"]):
        yield slug, CommonName(name), source.identities.roots_of(ids)


def _relations(source: Source) -> Iterator[Choosable]:
    knowledge = source.knowledge
    current = knowledge.current(Relationship).exclude(certainty=Certainty.DISPROVED)
    # Only where both have several names can they be one and the same; those are looked at one by one.
    masked = knowledge.families_of(knowledge.identity_of)
    maybe_one = Q(source__in=masked, target__in=masked)
    for side, labels in (("source", OWN_LABELS), ("target", FROM_TARGET)):
        for kind, ids in _gathered(current.exclude(maybe_one), "kind", of=[side]):
            yield *labels[kind], source.identities.roots_of(ids)
    for kind, one, other in current.filter(maybe_one).order_by().values_list("kind", "source_id", "target_id"):
        here, there = knowledge.root_of(one), knowledge.root_of(other)
        if here != there:
            yield *OWN_LABELS[kind], {as_text(here)}
            yield *FROM_TARGET[kind], {as_text(there)}


def _first_episodes(source: Source) -> Iterator[Choosable]:
    seen: set[Id] = set()
    visible = rows.visible(source.knowledge.progress, source.kind)
    for episode, ids in sorted(_gathered(visible, "revealed_in_id", of=["pk"]), key=_episode):
        new = source.identities.roots_of(ids) - seen
        seen |= new
        yield str(episode), Name(f"Episode {episode}" if episode else "Before the first episode"), new


def _episode(row: tuple[int, *tuple[Any, ...]]) -> int:
    return row[0]


FACETS: dict[str, Callable[[Source], Iterable[Choosable]]] = {
    "species": _species,
    "status": _status,
    "faction": _factions,
    "role": _roles,
    "tag": _tags,
    "relation": _relations,
    "first": _first_episodes,
    "voice": _voices,
}

FACETS_OF_OTHERS = ("tag", "first")


def facets_of(kind: Kind) -> tuple[str, ...]:
    """Return the names of what the list of a kind can be narrowed by."""
    return tuple(FACETS) if kind is CHARACTER else FACETS_OF_OTHERS
