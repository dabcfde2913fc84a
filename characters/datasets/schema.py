"""The shape of the files. What the values mean to each other is the models' business."""

import unicodedata
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from characters.vocabulary import AliasKind, Attribute, Certainty, RelationshipKind

LINE_BREAKS = "\r\n\t"  # a browser sends what an editor types with “\r\n”


def _printable(text: str) -> str:
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in LINE_BREAKS:
            raise ValueError(f"the character U+{ord(character):04X} is not allowed")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_printable)]

OptionalText = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_printable)]

Number = Annotated[int, Field(ge=0, le=9999)]

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=80)]

type AliasKindValue = Literal[tuple(AliasKind.values)]  # type: ignore[valid-type]

type AttributeValue = Literal[tuple(Attribute.values)]  # type: ignore[valid-type]

type CertaintyValue = Literal[tuple(Certainty.values)]  # type: ignore[valid-type]

type RelationshipKindValue = Literal[tuple(RelationshipKind.values)]  # type: ignore[valid-type]


class Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class SeriesEntry(Entry):
    title: Text
    native_title: OptionalText = ""
    premise: OptionalText = ""
    studio: OptionalText = ""
    director: OptionalText = ""
    writers: list[Text] = []
    character_design: OptionalText = ""
    music: list[Text] = []


class EpisodeEntry(Entry):
    number: Number
    title: OptionalText = ""
    native_title: OptionalText = ""
    aired_on: date | None = None
    synopsis: OptionalText = ""


class AliasEntry(Entry):
    name: Text
    kind: AliasKindValue = AliasKind.NAME.value
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] = "en"
    headline: bool = False
    common_word: bool = False
    revealed_in: Number


class TraitEntry(Entry):
    attribute: AttributeValue
    value: Text
    revealed_in: Number


class MembershipEntry(Entry):
    faction: Key
    role: OptionalText = ""
    revealed_in: Number
    ended_in: Number | None = None


class TagEntry(Entry):
    name: Text
    revealed_in: Number
    ended_in: Number | None = None


class PortraitEntry(Entry):
    file: Text
    alt_text: Text
    caption: OptionalText = ""
    credit: Text
    licence: Text
    revealed_in: Number


class SubjectEntry(Entry):
    key: Key
    revealed_in: Number
    public_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{8,32}$")] | None = None
    aliases: list[AliasEntry] = []
    traits: list[TraitEntry] = []
    tags: list[TagEntry] = []


class FactionEntry(SubjectEntry):
    pass


class CharacterEntry(SubjectEntry):
    memberships: list[MembershipEntry] = []
    portraits: list[PortraitEntry] = []


class RelationshipEntry(Entry):
    source: Key
    kind: RelationshipKindValue
    target: Key
    certainty: CertaintyValue = Certainty.CONFIRMED.value
    revealed_in: Number
    ended_in: Number | None = None


class RevelationEntry(Entry):
    key: Key
    revealed_in: Number
    certainty: CertaintyValue = Certainty.CONFIRMED.value
    text: Text
    characters: list[Key] = []
    factions: list[Key] = []
    supersedes: Key | None = None
    time: OptionalText = ""
    source: OptionalText = ""


class UnmaskingEntry(Entry):
    persona: Key
    identity: Key
    revealed_in: Number


FILES: dict[str, type[Entry]] = {
    "series.yaml": SeriesEntry,
    "episodes.yaml": EpisodeEntry,
    "factions.yaml": FactionEntry,
    "characters.yaml": CharacterEntry,
    "relationships.yaml": RelationshipEntry,
    "revelations.yaml": RevelationEntry,
    "unmaskings.yaml": UnmaskingEntry,
}

REQUIRED = ("episodes.yaml", "characters.yaml")
