"""By what a list of characters or factions can be narrowed: who has which value, as known at some episode.

Counted in Python over plain pairs of row and value: personas merge into their identity, the newest value wins, and what
has ended is left out, which would be long statements in SQL. Everything is read through the gate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.text import slugify

from . import prose, telling
from .cast import Cast
from .models import Character, CharacterTag, Faction, FactionTag, Membership, Relationship, Trait
from .vocabulary import Attribute, Certainty, RelationshipKind

if TYPE_CHECKING:
    from .lore import Lore

type Bearer = tuple[UUID, str, str]  # who, the value in the address, the value in words

BY = "-by"  # the other side of a kind of relation: killed, killed-by

LABELS = {kind.value: str(kind.label) for kind in RelationshipKind}
FROM_TARGET = {
    kind.value: (kind.value if kind.seen_from_target == kind.label else kind.value + BY, str(kind.seen_from_target))
    for kind in RelationshipKind
}


class Facet:
    """The values that one can choose from, and who has each."""

    def __init__(self, bearers: Iterable[Bearer]) -> None:
        labels: dict[str, set[str]] = defaultdict(set)
        self.bearers: dict[str, set[UUID]] = defaultdict(set)
        for who, value, label in bearers:
            if value:
                self.bearers[value].add(who)
                labels[value].add(label)
        self.labels = {value: min(words) for value, words in labels.items()}

    def having(self, values: Iterable[str]) -> set[UUID]:
        """Whoever has any of these values."""
        return {who for value in values for who in self.bearers[value]}


def of_characters(lore: Lore) -> dict[str, Facet]:
    return {
        "species": Facet(_newest(lore, Attribute.SPECIES)),
        "status": Facet(_newest(lore, Attribute.STATUS)),
        "faction": Facet(_factions(lore)),
        "role": Facet(_roles(lore)),
        "tag": Facet(_tags(lore, CharacterTag)),
        "relation": Facet(_relations(lore)),
        "first": Facet(_first_episodes(lore, Character)),
        "voice": Facet(_voices(lore)),
    }


def of_factions(lore: Lore) -> dict[str, Facet]:
    return {"tag": Facet(_tags(lore, FactionTag)), "first": Facet(_first_episodes(lore, Faction))}


def newest_episodes(lore: Lore, facets: dict[str, Facet]) -> dict[UUID, int]:
    """In which episode something was last learned of each character."""
    newest: dict[UUID, int] = {}
    pairs = lore.concerned_pairs()
    firsts = ((who, int(value)) for value, all_of_them in facets["first"].bearers.items() for who in all_of_them)
    for who, episode in (*pairs, *firsts):
        root = lore.root_of(who)
        newest[root] = max(newest.get(root, 0), episode)
    return newest


def _newest(lore: Lore, attribute: Attribute) -> Iterator[Bearer]:
    rows: dict[UUID, list[telling.Row]] = defaultdict(list)
    traits = Trait.objects.as_of(lore.progress).filter(attribute=attribute, character__isnull=False)
    columns = ("character_id", "faction_id", "value", "revealed_in_id")
    for row in traits.order_by("revealed_in_id", "value").values(*columns):
        rows[lore.root_of(row["character_id"])].append(row)
    newest = {root: telling.newest_of(found, root)["value"] for root, found in rows.items()}
    yield from _worded(lore, newest.items())


def _voices(lore: Lore) -> Iterator[Bearer]:
    voices = Trait.objects.as_of(lore.progress).filter(
        attribute__in=(Attribute.VOICE_ACTOR, Attribute.VOICE_ACTOR_EN), character__isnull=False
    )
    pairs = voices.values_list("character_id", "value")
    yield from _worded(lore, [(lore.root_of(who), value) for who, value in pairs])


def _worded(lore: Lore, pairs: Iterable[tuple[UUID, str]]) -> Iterator[Bearer]:
    """Values as they are read, with whom they mention by the names known now."""
    pairs = list(pairs)
    cast = Cast(lore)
    cast.note_texts(value for _, value in pairs)
    cast.look_up()
    words = {value: prose.plain(cast.render_line(value)) for value in {value for _, value in pairs}}
    slugs = {value: slugify(said, allow_unicode=True) for value, said in words.items()}
    for who, value in pairs:
        yield who, slugs[value], words[value]


def _factions(lore: Lore) -> Iterator[Bearer]:
    pairs = list(lore.current(Membership).order_by().values_list("character_id", "faction_id"))
    public_ids = dict(Faction.objects.as_of(lore.progress).values_list("id", "public_id"))
    cast = Cast(lore)
    cast.factions |= {faction for _, faction in pairs}
    cast.look_up()
    for who, faction in pairs:
        yield lore.root_of(who), public_ids[faction], cast.faction(faction).name


def _roles(lore: Lore) -> Iterator[Bearer]:
    pairs = list(lore.current(Membership).order_by().values_list("character_id", "role"))
    slugs = {role: slugify(role, allow_unicode=True) for role in {role for _, role in pairs}}
    for who, role in pairs:
        yield lore.root_of(who), slugs[role], role


def _tags(lore: Lore, model: type[CharacterTag | FactionTag]) -> Iterator[Bearer]:
    for who, slug, name in lore.current(model).order_by().values_list("content_object_id", "tag__slug", "tag__name"):
        yield lore.root_of(who), slug, name


def _relations(lore: Lore) -> Iterator[Bearer]:
    current = lore.current(Relationship).order_by().exclude(certainty=Certainty.DISPROVED)
    for source, kind, target in current.values_list("source_id", "kind", "target_id"):
        here, there = lore.root_of(source), lore.root_of(target)
        if here != there:  # or else it is between two masks of one character
            yield here, kind, LABELS[kind]
            yield there, *FROM_TARGET[kind]


def _first_episodes(lore: Lore, model: type[Character | Faction]) -> Iterator[Bearer]:
    first: dict[UUID, int] = {}
    for who, episode in model.objects.as_of(lore.progress).values_list("id", "revealed_in_id"):
        root = lore.root_of(who)
        first[root] = min(first.get(root, episode), episode)
    for root, episode in first.items():
        yield root, str(episode), f"Episode {episode}" if episode else "Before the first episode"
