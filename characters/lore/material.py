"""The rows that a page is made of, collected before anything is put into words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from characters.kinds import CHARACTER, MEMBERSHIP, PORTRAIT, Kind, tagging_of
from episodes.known import began_within, ended_within, is_between

from . import rows
from .cast import Cast
from .knowledge import Knowledge
from .rows import Row
from .statements import among


@dataclass(slots=True)
class Material:
    """The rows of one subject, or all that some episodes brought."""

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
            cast.note([row["character_id"], row["faction_id"]])
        for row in self.relationships:
            cast.note([row["source_id"], row["target_id"]])
        note_unmaskings(self.unmaskings, cast)
        note_revelations(self.revelations, cast)
        cast.note_texts(row["value"] for row in self.traits)
        cast.note_texts(row["caption"] for row in self.portraits)


def note_revelations(revelations: Iterable[Row], cast: Cast) -> None:
    """Note everybody whom revelations concern or name."""
    for row in revelations:
        cast.note(row["everybody"])
        cast.note_texts((row["text"], row["believed_before"]))


def note_unmaskings(unmaskings: Iterable[Row], cast: Cast) -> None:
    """Note both sides of unmaskings."""
    for row in unmaskings:
        cast.note([row["persona_id"], row["identity_id"]])


def of_subject(knowledge: Knowledge, kind: Kind, family: set[UUID]) -> Material:
    """Collect what is known of a subject: of a character under all its names, of others under their own id."""
    at = knowledge.progress
    own = among(f"{kind.name}_id", family)
    material = Material(
        names=rows.names(at, own),
        traits=rows.traits(at, own),
        tags=rows.tags(at, tagging_of(kind), among("content_object_id", family)),
        revelations=rows.revelations(at, rows.concerning(kind, family)),
        unmaskings=[row for row in knowledge.unmaskings if row["persona_id"] in family],
    )
    if kind.name in MEMBERSHIP.connects:
        material.memberships = rows.memberships(at, own)
    if kind is CHARACTER:
        material.relationships = rows.relationships(at, among("source_id", family) | among("target_id", family))
    if kind.name in PORTRAIT.owners:
        material.portraits = rows.portraits(at, own)
    return material


def of_beliefs(knowledge: Knowledge, characters: set[UUID]) -> Material:
    """Collect what is known of characters besides what was told of them, which is what changes from time to time."""
    at = knowledge.progress
    own = among("character_id", characters)
    return Material(
        traits=rows.traits(at, own),
        memberships=rows.memberships(at, own),
        relationships=rows.relationships(at, among("source_id", characters) | among("target_id", characters)),
    )


def between(knowledge: Knowledge, since: int, until: int) -> Material:
    """Collect what the episodes after one and up to another brought: began and ended; of tags only what ended."""
    collected = changed_between(knowledge, since, until)
    collected.revelations = rows.revelations(knowledge.progress, began_within(since, until))
    return collected


def changed_between(knowledge: Knowledge, since: int, until: int) -> Material:
    """Collect the same but for what was told."""
    at = knowledge.progress
    began = began_within(since, until)
    over = ended_within(since, until)
    return Material(
        names=rows.names(at, began),
        traits=rows.traits(at, began),
        tags=rows.tags_dropped(at, since, until),
        memberships=rows.memberships(at, began | over),
        relationships=rows.relationships(at, began | over),
        unmaskings=[row for row in knowledge.unmaskings if is_between(row["revealed_in_id"], since, until)],
    )
