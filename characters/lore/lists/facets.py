"""By what a list of characters or factions can be narrowed: who has which value, as known at some episode.

The database gathers who has each value into one string of ids, for there may be a hundred thousand rows. What would
take long statements is said here, of sets: personas merge into their identity, the newest value wins, and between two
masks of one character there is no relation. Everything is read through the gate.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField, Q, QuerySet, StringAgg, Value
from django.db.models.functions import Cast as CastTo
from django.db.models.functions import Coalesce
from django.utils.text import slugify

from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.models import (
    Character,
    CharacterTag,
    Faction,
    FactionTag,
    Membership,
    Relationship,
    Revelation,
    Trait,
    Unmasking,
)
from characters.vocabulary import Attribute, Certainty, RelationshipKind

type Id = str  # of a row, as the database writes it: making UUIDs of them would take longer than all the rest

type Having = tuple[str, str, set[Id]]  # the value in the address, the value in words, who has it

type Said = tuple[int, str, set[Id]]  # in which episode, which value, of whom

BY = "-by"  # the other side of a kind of relation: killed, killed-by

READ_OFF_TRAITS = (Attribute.SPECIES, Attribute.STATUS, Attribute.VOICE_ACTOR, Attribute.VOICE_ACTOR_EN)

LABELS = {kind.value: str(kind.label) for kind in RelationshipKind}

FROM_TARGET = {
    kind.value: (kind.value if kind.seen_from_target == kind.label else kind.value + BY, str(kind.seen_from_target))
    for kind in RelationshipKind
}


class Facet:
    """The values that one can choose from, and who has each."""

    def __init__(self, values: Iterable[Having]) -> None:
        labels: dict[str, set[str]] = defaultdict(set)
        self.bearers: dict[str, set[Id]] = defaultdict(set)
        for value, label, who in values:
            if value and who:
                self.bearers[value] |= who
                labels[value].add(label)
        self.labels = {value: min(words) for value, words in labels.items()}

    def having(self, values: Iterable[str]) -> set[Id]:
        """Whoever has any of these values."""
        return {who for value in values for who in self.bearers[value]}


class Identities:
    """Whom the personas are known to be, for whole sets of ids."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._root_of = {written(persona): written(root) for persona, root in knowledge.identities.items()}
        self._personas = frozenset(self._root_of)

    def own(self, who: set[Id]) -> set[Id]:
        return who - self._personas

    def of_personas(self, who: set[Id]) -> set[Id]:
        return {self._root_of[persona] for persona in who & self._personas}

    def of(self, who: set[Id]) -> set[Id]:
        return self.own(who) | self.of_personas(who)


def written(row: UUID) -> Id:
    return str(row) if connection.features.has_native_uuid_field else row.hex


def as_written(column: str) -> CastTo:
    return CastTo(column, CharField())


def _gathered(rows: QuerySet[Any], *by: str, of: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """For each value in the columns `by` the sets of ids that stand in the columns `of`."""
    # As expressions: in the order of an index on the column itself SQLite would read the rows of the whole show.
    values = [Coalesce(column, column) for column in by]
    ids = {f"all_{column}": StringAgg(as_written(column), Value(" ")) for column in of}
    for row in rows.order_by().values_list(*values).annotate(**ids):
        yield *row[: len(by)], *(set(found.split()) for found in row[len(by) :])


def of_characters(knowledge: Knowledge) -> dict[str, Facet]:
    known = Identities(knowledge)
    traits = _traits(knowledge)
    voices = [*traits[Attribute.VOICE_ACTOR], *traits[Attribute.VOICE_ACTOR_EN]]
    return {
        "species": Facet(_worded(knowledge, _newest(traits[Attribute.SPECIES], known))),
        "status": Facet(_worded(knowledge, _newest(traits[Attribute.STATUS], known))),
        "faction": Facet(_factions(knowledge, known)),
        "role": Facet(_roles(knowledge, known)),
        "tag": Facet(_tags(knowledge, CharacterTag, known)),
        "relation": Facet(_relations(knowledge, known)),
        "first": Facet(_first_episodes(knowledge, Character, known)),
        "voice": Facet(_worded(knowledge, [(value, known.of(who)) for _, value, who in voices])),
    }


def of_factions(knowledge: Knowledge) -> dict[str, Facet]:
    known = Identities(knowledge)
    return {
        "tag": Facet(_tags(knowledge, FactionTag, known)),
        "first": Facet(_first_episodes(knowledge, Faction, known)),
    }


def first_episodes(facets: dict[str, Facet]) -> dict[Id, int]:
    return {who: int(value) for value, bearers in facets["first"].bearers.items() for who in bearers}


def newest_episodes(knowledge: Knowledge, facets: dict[str, Facet]) -> dict[Id, int]:
    """In which episode something was last learned of each character."""
    known = Identities(knowledge)
    newest = first_episodes(facets)
    told = Revelation.objects.as_of(knowledge.progress).filter(characters__isnull=False)
    for episode, who in sorted(_gathered(told, "revealed_in_id", of=["characters"]), key=_episode):
        newest.update(dict.fromkeys(known.of(who), episode))
    return newest


def _traits(knowledge: Knowledge) -> dict[str, list[Said]]:
    said: dict[str, list[Said]] = defaultdict(list)
    traits = Trait.objects.as_of(knowledge.progress).filter(attribute__in=READ_OFF_TRAITS, character__isnull=False)
    for attribute, episode, value, who in _gathered(traits, "attribute", "revealed_in_id", "value", of=["character"]):
        said[attribute].append((episode, value, who))
    return said


def _newest(said: Iterable[Said], known: Identities) -> Iterator[tuple[str, set[Id]]]:
    """The newest value wins; of those of one episode the identity's own, as in `telling.newest_of`."""
    in_turn = sorted(said, key=lambda one: (-one[0], one[1]))
    settled: set[Id] = set()
    for _, together in groupby(in_turn, key=_episode):
        values = [(value, who) for _, value, who in together]
        for whose in (known.own, known.of_personas):
            for value, who in values:
                yield value, whose(who) - settled
                settled |= whose(who)


def _worded(knowledge: Knowledge, values: Iterable[tuple[str, set[Id]]]) -> Iterator[Having]:
    """Values as they are read, with whom they mention by the names known now."""
    together: dict[str, set[Id]] = defaultdict(set)
    for value, who in values:
        together[value] |= who
    cast = Cast(knowledge)
    cast.note_texts(together)
    cast.look_up()
    for value, who in together.items():
        words = cast.words(value, inline=True)
        yield slugify(words, allow_unicode=True), words, who


def _factions(knowledge: Knowledge, known: Identities) -> Iterator[Having]:
    gathered = list(_gathered(knowledge.current(Membership), "faction_id", of=["character"]))
    public_ids = dict(Faction.objects.as_of(knowledge.progress).values_list("id", "public_id"))
    cast = Cast(knowledge)
    cast.factions |= {faction for faction, _ in gathered}
    cast.look_up()
    for faction, who in gathered:
        yield public_ids[faction], cast.name(faction), known.of(who)


def _roles(knowledge: Knowledge, known: Identities) -> Iterator[Having]:
    for role, who in _gathered(knowledge.current(Membership), "role", of=["character"]):
        yield slugify(role, allow_unicode=True), role, known.of(who)


def _tags(knowledge: Knowledge, model: type[CharacterTag | FactionTag], known: Identities) -> Iterator[Having]:
    for slug, name, who in _gathered(knowledge.current(model), "tag__slug", "tag__name", of=["content_object"]):
        yield slug, name, known.of(who)


def _relations(knowledge: Knowledge, known: Identities) -> Iterator[Having]:
    current = knowledge.current(Relationship).exclude(certainty=Certainty.DISPROVED)
    unmasked = Unmasking.objects.as_of(knowledge.progress)
    personas, identities = unmasked.values("persona"), unmasked.values("identity")
    # Only where both have several names can they be one and the same; those are looked at one by one.
    maybe_one = (Q(source__in=personas) | Q(source__in=identities)) & (
        Q(target__in=personas) | Q(target__in=identities)
    )
    for kind, sources, targets in _gathered(current.exclude(maybe_one), "kind", of=["source", "target"]):
        yield kind, LABELS[kind], known.of(sources)
        yield *FROM_TARGET[kind], known.of(targets)
    for kind, source, target in current.filter(maybe_one).order_by().values_list("kind", "source_id", "target_id"):
        here, there = knowledge.root_of(source), knowledge.root_of(target)
        if here != there:
            yield kind, LABELS[kind], {written(here)}
            yield *FROM_TARGET[kind], {written(there)}


def _first_episodes(knowledge: Knowledge, model: type[Character | Faction], known: Identities) -> Iterator[Having]:
    seen: set[Id] = set()
    gathered = _gathered(model.objects.as_of(knowledge.progress), "revealed_in_id", of=["pk"])
    for episode, who in sorted(gathered, key=_episode):
        fresh = known.of(who) - seen
        seen |= fresh
        yield str(episode), f"Episode {episode}" if episode else "Before the first episode", fresh


def _episode(said: tuple[int, *tuple[Any, ...]]) -> int:
    return said[0]
