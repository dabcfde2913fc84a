"""The rows that a page is made of, collected before anything is put into words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q

from characters.models import CharacterTag, FactionTag

from . import rows
from .cast import Cast
from .knowledge import Knowledge
from .rows import Row


@dataclass(slots=True)
class Material:
    """The rows of one character or faction, or all that some episodes brought."""

    names: list[Row] = field(default_factory=list)
    traits: list[Row] = field(default_factory=list)
    tags: list[Row] = field(default_factory=list)
    revelations: list[Row] = field(default_factory=list)
    memberships: list[Row] = field(default_factory=list)
    relationships: list[Row] = field(default_factory=list)
    unmaskings: list[Row] = field(default_factory=list)
    portraits: list[Row] = field(default_factory=list)

    def note_in(self, cast: Cast) -> None:
        """Note everybody whom these rows and their texts name."""
        for row in self.memberships:
            cast.characters.add(row["character_id"])
            cast.factions.add(row["faction_id"])
        for row in self.relationships:
            cast.characters |= {row["source_id"], row["target_id"]}
        for row in self.unmaskings:
            cast.characters |= {row["persona_id"], row["identity_id"]}
        cast.note_texts(row["value"] for row in self.traits)
        cast.note_texts(row["caption"] for row in self.portraits)
        note_revelations(self.revelations, cast)


def note_revelations(revelations: Iterable[Row], cast: Cast) -> None:
    """Note everybody whom revelations concern or name."""
    for row in revelations:
        cast.characters |= set(row["characters"])
        cast.factions |= set(row["factions"])
        cast.note_texts((row["text"], row["believed_before"]))


def of_characters(knowledge: Knowledge, family: set[UUID]) -> Material:
    """Collect what is known of a character under all its names."""
    at = knowledge.progress
    return Material(
        names=rows.names(at, Q(character__in=family)),
        traits=rows.traits(at, Q(character__in=family)),
        tags=rows.tags(at, CharacterTag, Q(content_object__in=family)),
        revelations=rows.revelations(at, Q(characters__in=family)),
        memberships=rows.memberships(at, Q(character__in=family)),
        relationships=rows.relationships(at, Q(source__in=family) | Q(target__in=family)),
        unmaskings=[row for row in knowledge.unmaskings if row["persona_id"] in family],
        portraits=rows.portraits(at, Q(character__in=family)),
    )


def of_faction(knowledge: Knowledge, faction: UUID) -> Material:
    """Collect what is known of a faction."""
    at = knowledge.progress
    return Material(
        names=rows.names(at, Q(faction=faction)),
        traits=rows.traits(at, Q(faction=faction)),
        tags=rows.tags(at, FactionTag, Q(content_object=faction)),
        revelations=rows.revelations(at, Q(factions=faction)),
        memberships=rows.memberships(at, Q(faction=faction)),
    )


def since(knowledge: Knowledge, episode: int) -> Material:
    """Collect what the episodes after that one brought: what began in them, and what ended."""
    at = knowledge.progress
    began = Q(revealed_in__gt=episode)
    over = Q(ended_in__gt=episode, ended_in__lte=at)
    return Material(
        names=rows.names(at, began),
        traits=rows.traits(at, began),
        tags=[row for model in (CharacterTag, FactionTag) for row in rows.tags(at, model, over)],
        revelations=rows.revelations(at, began),
        memberships=rows.memberships(at, began | over),
        relationships=rows.relationships(at, began | over),
        unmaskings=[row for row in knowledge.unmaskings if row["revealed_in_id"] > episode],
    )
