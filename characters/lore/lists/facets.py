"""What a list of subjects can be narrowed by: who has which value, as known at some episode.

A set of subjects is a number with a bit for the place of each on the roster (`roster.py`); such sets are combined and
counted in no time. Everything is read through the gate, row by row, as there may be a hundred thousand rows: a persona
has the place of whom it is known to be, so nothing else has to merge them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.db.models import CharField, Max, Model
from django.db.models.functions import Cast as CastTo

from characters.kinds import CHARACTER, Kind, tagging_of
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.statements import as_uuid, fetched
from characters.models import Faction, Membership, Relationship, Revelation, Trait
from characters.text.slugs import slug_of
from characters.vocabulary import Attribute, Certainty, RelationKind
from episodes.known import current_rows, place_in_order
from episodes.names import CommonName, Name, capital
from episodes.order import sort_key
from episodes.units import before_the_first, named

type Id = str  # of a row, as the database writes it: making UUIDs of them would take longer than all the rest

type Choosable = tuple[str, Name, int]  # the value in the address, the value in words, who has it

BY = "-by"  # the other side of a kind of relation: killed, killed-by


class Facet:
    """The values that one can choose from, in the order in which they are listed, and who has each."""

    def __init__(self, values: Iterable[Choosable], *, are_episodes: bool = False) -> None:
        labels: dict[str, set[Name]] = defaultdict(set)
        bearers: dict[str, int] = defaultdict(int)
        for value, label, bits in values:
            if value and bits:
                bearers[value] |= bits
                labels[value].add(label)
        by_value = {value: min(words, key=sort_key) for value, words in labels.items()}
        self.labels = dict(sorted(by_value.items(), key=_place_of_episode if are_episodes else _place_of_choice))
        self.bearers = {value: bearers[value] for value in self.labels}

    def having(self, values: Iterable[str]) -> int:
        """Return all who have any of these values."""
        return reduce(or_, map(self.bearers.__getitem__, values), 0)


def _place_of_choice(choice: tuple[str, str]) -> tuple[str, str]:
    value, label = choice
    return sort_key(label), value


def _place_of_episode(choice: tuple[str, str]) -> int:
    return int(choice[0])


def places_of(bits: int) -> list[int]:
    """Return the places for which a number has a bit, in order."""
    return [place for place, bit in enumerate(reversed(f"{bits:b}")) if bit == "1"]


def as_written(column: str) -> CastTo:
    """Return the expression for a column of ids as text."""
    return CastTo(column, CharField())


@dataclass(frozen=True)
class Source:
    """Reads the facets of one list as known at an episode."""

    knowledge: Knowledge
    kind: Kind
    places: Mapping[Id, int]  # of all who are known on the roster; of a persona, that of whom it is known to be
    first: Sequence[int]  # the episode in which each place was first seen or heard of

    def choices(self, name: str) -> Iterable[Choosable]:
        """Return what a list can be narrowed by under that name, with who has which value."""
        return FACETS[name](self)

    def sets[Value](self, pairs: Iterable[tuple[Value, int]]) -> dict[Value, int]:
        """Return the set of the places that come with each value."""
        sets: dict[Value, bytearray] = defaultdict(lambda: bytearray(len(self.first) // 8 + 1))
        for value, place in pairs:
            sets[value][place >> 3] |= 1 << (place & 7)
        return {value: int.from_bytes(bits, "little") for value, bits in sets.items()}

    @cached_property
    def memberships(self) -> list[tuple[Id, str, int]]:
        """The faction, the role and the place of everybody who belongs to a faction."""
        rows = self.current(Membership, 'CAST("faction_id" AS text)', '"role"', 'CAST("character_id" AS text)')
        return [(faction, role, self.places[who]) for faction, role, who in rows]

    def current(self, model: type[Model], *columns: str) -> list[tuple[Any, ...]]:
        """Return columns of the rows that have not ended; by hand, for Django takes longer than the database."""
        current = current_rows(self.knowledge.progress, table := model._meta.db_table)
        sql = f'SELECT {", ".join(columns)} FROM "{table}" WHERE {current.sql}'  # noqa: S608 - our own
        return fetched(sql, current.params)


def newest_episodes(source: Source) -> list[int]:
    """Return the episode in which something was last learned of each place."""
    newest = list(source.first)
    concerning = Revelation.objects.as_of(source.knowledge.progress).filter(characters__isnull=False)
    last = (
        concerning.order_by()
        .values_list(as_written("characters"))
        .annotate(last=Max(place_in_order(source.knowledge.progress)))
    )
    for subject, episode in last:
        place = source.places[subject]
        newest[place] = max(newest[place], episode)
    return newest


def _species(source: Source) -> Iterator[Choosable]:
    return _worded(source, _newest(source, Attribute.SPECIES))


def _status(source: Source) -> Iterator[Choosable]:
    return _worded(source, _newest(source, Attribute.STATUS))


def _voices(source: Source) -> Iterator[Choosable]:
    voices = _traits(source, *source.knowledge.vocabulary.spoken_in)
    return _worded(source, ((value, source.places[who]) for _, value, who in voices), Name)


def _traits(source: Source, *attributes: str) -> list[tuple[int, str, Id]]:
    known = Trait.objects.as_of(source.knowledge.progress).filter(attribute__in=attributes, character__isnull=False)
    return list(
        known.order_by().values_list(place_in_order(source.knowledge.progress), "value", as_written("character_id"))
    )


def _newest(source: Source, attribute: Attribute) -> Iterator[tuple[str, int]]:
    """Yield the newest value of each; of those of one episode the identity's own, as in `telling.newest_of`."""
    personas = source.knowledge.identities
    newest: dict[int, tuple[int, bool, str]] = {}
    for episode, value, who in _traits(source, attribute):
        place, dated = source.places[who], (-episode, as_uuid(who) in personas, value)
        newest[place] = min(newest.get(place, dated), dated)
    for place, (_, _, value) in newest.items():
        yield value, place


def _worded(source: Source, values: Iterable[tuple[str, int]], as_name: type[Name] = CommonName) -> Iterator[Choosable]:
    """Yield values as they are read, with whom they mention by the names known now."""
    by_value = source.sets(values)
    cast = Cast(source.knowledge)
    cast.note_texts(by_value)
    cast.look_up()
    for value, bits in by_value.items():
        words = cast.words(value, inline=True)
        yield slug_of(words), as_name(words), bits


def _factions(source: Source) -> Iterator[Choosable]:
    members = {
        as_uuid(faction): bits
        for faction, bits in source.sets((faction, place) for faction, _, place in source.memberships).items()
    }
    factions = Faction.objects.as_of(source.knowledge.progress).filter(id__in=members)
    public_ids = dict(factions.values_list("id", "public_id"))
    cast = Cast(source.knowledge)
    cast.note(members)
    cast.look_up()
    for faction, bits in members.items():
        yield public_ids[faction], cast.name(faction), bits


def _roles(source: Source) -> Iterator[Choosable]:
    for role, bits in source.sets((role, place) for _, role, place in source.memberships).items():
        yield slug_of(role), CommonName(role), bits


def _tags(source: Source) -> Iterator[Choosable]:
    tagged = source.current(tagging_of(source.kind), '"tag_id"', 'CAST("content_object_id" AS text)')
    bearers = source.sets((tag, source.places[who]) for tag, who in tagged)
    for tag, slug, name in fetched('SELECT "id", "slug", "name" FROM "characters_tag"', ()):
        if tag in bearers:
            yield slug, CommonName(name), bearers[tag]


def _relations(source: Source) -> Iterator[Choosable]:
    columns = ('"kind"', '"certainty"', 'CAST("source_id" AS text)', 'CAST("target_id" AS text)')
    ties = [
        (kind, source.places[one], source.places[other])
        for kind, certainty, one, other in source.current(Relationship, *columns)
        if certainty != Certainty.DISPROVED
    ]
    relation = source.knowledge.vocabulary.relation
    for key, bits in source.sets((kind, one) for kind, one, other in ties if one != other).items():
        yield key, CommonName(relation(key).label), bits
    for key, bits in source.sets((kind, other) for kind, one, other in ties if one != other).items():
        yield *_from_target(relation(key)), bits


def _from_target(kind: RelationKind) -> tuple[str, Name]:
    return kind.key if kind.is_mutual else kind.key + BY, CommonName(kind.seen_from_target)


def _first_episodes(source: Source) -> Iterator[Choosable]:
    for episode, bits in source.sets((episode, place) for place, episode in enumerate(source.first)).items():
        yield str(episode), Name(capital(named(episode) if episode else before_the_first())), bits


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
