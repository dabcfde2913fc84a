"""The shape of the files of a data set. The models check what the values mean to each other.

Fields are named like those of the models; where the key in the file has another name, it is the field's alias. A dump
writes the fields in this order and leaves out those that have their default value.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StrictBool,
    StringConstraints,
    ValidationInfo,
    WrapValidator,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo

from characters.kinds import KINDS, Kind
from characters.vocabulary import AliasKind, Bond, Certainty, Section
from episodes.axes import is_on_second_axis, place_of
from episodes.texts import CONTROLS, LANGUAGE, LONGEST_LANGUAGE


def _printable(text: str) -> str:
    if not text.isprintable() and (found := CONTROLS.search(text)):
        raise ValueError(f"the character U+{ord(found[0]):04X} is not allowed")
    return text


Text = Annotated[str, Strict()]

RequiredText = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_printable)]

OptionalText = Annotated[Text, StringConstraints(strip_whitespace=True), AfterValidator(_printable)]


def _day(value: object) -> object:
    """Return a date in quotes as the date that it is."""
    if isinstance(value, datetime):
        raise ValueError(f"{value} is a time: write {value:%Y-%m-%d}")
    if value is None or isinstance(value, date):
        return value
    parts = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", str(value).strip(), re.ASCII)
    if parts is None:
        raise ValueError(f"{value} is no date: write one such as 2024-01-07")
    try:
        day = date(*map(int, parts.groups()))
    except ValueError as error:
        raise ValueError(f"{value} is no date: {error}") from error
    if value != day.isoformat():
        raise ValueError(f"{value} is no date: write {day.isoformat()}")
    return day


Day = Annotated[date, Strict(), BeforeValidator(_day)]

type Positions = dict[float, int]
"""The place of each episode in the order of release, by the number that the files give it: 10, 20, 25 are 1, 2, 3."""


class PositionsByAxis(NamedTuple):
    """The places of the episodes, and those of the chapters, which are numbers of the second axis here."""

    episodes: Positions
    chapters: Positions


class _Alone(NamedTuple):
    """What stands for the place on the first axis of what the second alone tells: the same place."""

    number: Any


def _position(value: object, handler: Callable[[object], int], positions: Positions, what: str, file: str) -> int:
    """Return the place of an episode from its number, which may be one between two others, such as 12.5."""
    if isinstance(value, float) and value in positions and not value.is_integer():
        return positions[value]
    number = handler(value)
    if positions and number not in positions:
        raise ValueError(f"there is no {what} {number} in {file}")
    return positions.get(number, number)


def _episode(value: object, handler: Callable[[object], int], info: ValidationInfo) -> int:
    if isinstance(value, _Alone):
        return _second_place(value.number, info)
    return _position(value, handler, info.context.episodes if info.context else {}, "episode", "episodes.yaml")


def _second_place(value: object, info: ValidationInfo) -> int:
    """Return the place of a chapter; what is wrong with its number is said where that stands."""
    positions: Positions = info.context.chapters if info.context else {}
    number = positions.get(value, value) if isinstance(value, int | float) else 1
    return place_of(number if isinstance(number, int) else 1)


def _chapter(value: object, handler: Callable[[object], int], info: ValidationInfo) -> int:
    positions: Positions = info.context.chapters if info.context else {}
    return place_of(_position(value, handler, positions, "chapter", "chapters.yaml"))


EpisodeNumber = Annotated[int, Strict(), Field(ge=0, le=9999), WrapValidator(_episode)]

ChapterNumber = Annotated[int, Strict(), Field(ge=1, le=9999), WrapValidator(_chapter)]

Key = Annotated[Text, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=80)]

type CertaintyValue = Literal[tuple(Certainty.values)]  # type: ignore[valid-type]

type SectionValue = Literal[tuple(Section.values)]  # type: ignore[valid-type]

type BondValue = Literal[(*Bond.values, "")]  # type: ignore[valid-type]

WordKey = Annotated[Text, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=20)]


SecondPlace = ChapterNumber | None


type Several[T] = Annotated[list[T], Strict()]

NONE: Any = Field(default_factory=list)


def _shape(cls: Any) -> Any:
    """Make a class one of entries. A load holds tens of thousands: with slots, each takes a fifth of what a model does.

    Types are strict by themselves: by the configuration, dataclasses would be made of no mapping.
    """
    return dataclass(eq=False, frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))(cls)


@_shape
class Entry:
    always_written: ClassVar[tuple[str, ...]] = ()  # by a dump, even with their default values

    @model_validator(mode="before")
    @classmethod
    def _told_on_the_second_axis_alone(cls, value: Any) -> Any:
        """Give what has a place on the second axis, and none on the first, that place on both."""
        if isinstance(value, dict) and ("or_revealed_in" in value or "or_ended_in" in value):
            names = ("revealed_in", "ended_in")
            alone = [name for name in names if name not in value and value.get(f"or_{name}") is not None]
            known = cls.__dataclass_fields__  # type: ignore[attr-defined]  # the class without slots has no others
            return value | {name: _Alone(value[f"or_{name}"]) for name in alone if name in known}
        return value

    @classmethod
    def of(cls, value: Any, positions: PositionsByAxis) -> Self:
        """Return what a file has in one place as an entry; raise pydantic's ValidationError if it is none."""
        entry: Self = cls.__pydantic_validator__.validate_python(value, context=positions)  # type: ignore[attr-defined]
        return entry

    @property
    def known_in(self) -> int:
        """The episode from which on a viewer may know it; the same property as that of the models."""
        return int(getattr(self, "revealed_in", 0))

    @property
    def also_known_in(self) -> int | None:
        """The place on the second axis; as that of the models."""
        return 0 if self.known_in == 0 else getattr(self, "also_in", None)


def _credit(value: object) -> object:
    """Return a credit as a line; without quotes YAML takes it for a mapping."""
    match value:
        case dict() if len(value) == 1 and all(isinstance(part, str) for pair in value.items() for part in pair):
            ((what, who),) = value.items()
            return f"{what}: {who}"
    return value


Credit = Annotated[RequiredText, BeforeValidator(_credit)]


@_shape
class SeriesEntry(Entry):
    title: RequiredText
    native_title: OptionalText = ""
    native_language: OptionalText = ""
    premise: OptionalText = ""
    studio: OptionalText = ""
    director: OptionalText = ""
    chief_director: OptionalText = ""
    writers: Several[RequiredText] = NONE
    character_design: OptionalText = ""
    mechanical_design: OptionalText = ""
    music: Several[RequiredText] = NONE
    opening: OptionalText = ""
    ending: OptionalText = ""
    network: OptionalText = ""
    streaming: Several[RequiredText] = NONE
    credits: Several[Credit] = NONE
    unit: OptionalText = ""
    units: OptionalText = ""
    watched: OptionalText = ""
    second_unit: OptionalText = ""
    second_units: OptionalText = ""
    second_read: OptionalText = ""
    licence: OptionalText = ""


@_shape
class EpisodeEntry(Entry):
    number: EpisodeNumber
    label: OptionalText = ""
    season: OptionalText = ""
    kind: OptionalText = ""
    title: OptionalText = ""
    native_title: OptionalText = ""
    aired_on: Day | None = None
    synopsis: OptionalText = ""
    writers: Several[RequiredText] = NONE
    directors: Several[RequiredText] = NONE

    @property
    def known_in(self) -> int:
        return self.number

    @property
    def also_known_in(self) -> int | None:
        return self.number if is_on_second_axis(self.number) else None


@_shape
class ChapterEntry(EpisodeEntry):
    """A unit of the second axis; as a row it is an episode whose place comes after all others."""

    number: ChapterNumber


@_shape
class WordEntry(Entry):
    section: SectionValue
    key: WordKey
    label: OptionalText = ""
    reverse: OptionalText = ""
    sentence: OptionalText = ""
    bond: BondValue = ""
    goes_on: StrictBool = False
    single: StrictBool = False
    spoken_in: OptionalText = ""
    left_out: StrictBool = False
    revealed_in: EpisodeNumber = 0
    also_in: SecondPlace = Field(default=None, alias="or_revealed_in")


@_shape
class AliasEntry(Entry):
    always_written = ("kind",)

    name: RequiredText
    kind: RequiredText = AliasKind.NAME.value
    language: Annotated[Text, StringConstraints(pattern=f"^{LANGUAGE}$", max_length=LONGEST_LANGUAGE)] = "en"
    headline: StrictBool = False
    common_word: StrictBool = False
    revealed_in: EpisodeNumber
    also_in: SecondPlace = Field(default=None, alias="or_revealed_in")
    inferred: StrictBool = False


@_shape
class TraitEntry(Entry):
    attribute: RequiredText
    value: RequiredText
    revealed_in: EpisodeNumber
    also_in: SecondPlace = Field(default=None, alias="or_revealed_in")
    inferred: StrictBool = False


@_shape
class MembershipEntry(Entry):
    faction: Key
    role: OptionalText = ""
    revealed_in: EpisodeNumber
    also_in: SecondPlace = Field(default=None, alias="or_revealed_in")
    ended_in: EpisodeNumber | None = None
    also_ended_in: SecondPlace = Field(default=None, alias="or_ended_in")
    inferred: StrictBool = False


@_shape
class TagEntry(Entry):
    tag: RequiredText = Field(alias="name")
    revealed_in: EpisodeNumber
    also_in: SecondPlace = Field(default=None, alias="or_revealed_in")
    ended_in: EpisodeNumber | None = None
    also_ended_in: SecondPlace = Field(default=None, alias="or_ended_in")
    inferred: StrictBool = False


@_shape
class PortraitEntry(Entry):
    image: RequiredText = Field(alias="file")
    alt_text: RequiredText
    caption: OptionalText = ""
    credit: RequiredText
    licence: RequiredText
    revealed_in: EpisodeNumber
    also_in: SecondPlace = Field(default=None, alias="or_revealed_in")
    inferred: StrictBool = False


@_shape
class FormerAddressEntry(Entry):
    address: Annotated[Text, StringConstraints(pattern=r"^[0-9a-z]{8,32}$")]
    revealed_in: EpisodeNumber
    also_in: SecondPlace = Field(default=None, alias="or_revealed_in")
    inferred: StrictBool = False


@_shape
class SubjectEntry(Entry):
    key: Key
    revealed_in: EpisodeNumber
    also_in: SecondPlace = Field(default=None, alias="or_revealed_in")
    inferred: StrictBool = False
    public_id: Annotated[Text, StringConstraints(pattern=r"^[0-9a-z]{8,32}$")] | None = None
    aliases: Several[AliasEntry] = NONE
    traits: Several[TraitEntry] = NONE
    tags: Several[TagEntry] = NONE
    former_addresses: Several[FormerAddressEntry] = NONE


@_shape
class FactionEntry(SubjectEntry):
    pass


@_shape
class TermEntry(SubjectEntry):
    pass


@_shape
class CharacterEntry(SubjectEntry):
    memberships: Several[MembershipEntry] = NONE
    portraits: Several[PortraitEntry] = NONE


@_shape
class RelationshipEntry(Entry):
    source: Key
    kind: RequiredText
    target: Key
    certainty: CertaintyValue = Certainty.CONFIRMED.value
    revealed_in: EpisodeNumber
    also_in: SecondPlace = Field(default=None, alias="or_revealed_in")
    ended_in: EpisodeNumber | None = None
    also_ended_in: SecondPlace = Field(default=None, alias="or_ended_in")
    inferred: StrictBool = False


@_shape
class RevelationEntry(Entry):
    always_written = ("certainty",)

    key: Key
    revealed_in: EpisodeNumber
    also_in: SecondPlace = Field(default=None, alias="or_revealed_in")
    inferred: StrictBool = False
    certainty: CertaintyValue = Certainty.CONFIRMED.value
    text: RequiredText
    characters: Several[Key] = NONE
    factions: Several[Key] = NONE
    terms: Several[Key] = NONE
    supersedes: Key | None = None
    time: OptionalText = ""
    source: OptionalText = ""


@_shape
class UnmaskingEntry(Entry):
    persona: Key
    identity: Key
    revealed_in: EpisodeNumber
    also_in: SecondPlace = Field(default=None, alias="or_revealed_in")
    inferred: StrictBool = False


CHAPTERS = "chapters.yaml"

IN_FILES = {"also_in": "or_revealed_in", "also_ended_in": "or_ended_in"}  # what files call them

# In the order of loading: each file may refer to those before it.
FILES: dict[str, type[Entry]] = {
    "series.yaml": SeriesEntry,
    "episodes.yaml": EpisodeEntry,
    CHAPTERS: ChapterEntry,
    "vocabulary.yaml": WordEntry,
    "factions.yaml": FactionEntry,
    "terms.yaml": TermEntry,
    "characters.yaml": CharacterEntry,
    "relationships.yaml": RelationshipEntry,
    "revelations.yaml": RevelationEntry,
    "unmaskings.yaml": UnmaskingEntry,
}

REQUIRED = ("episodes.yaml", "characters.yaml")

ONE_MAPPING = ("series.yaml",)  # the other files are lists


def fields_of(shape: type[Entry]) -> dict[str, FieldInfo]:
    """Return the fields of a shape by name, in their order."""
    fields: dict[str, FieldInfo] = shape.__pydantic_fields__  # type: ignore[attr-defined]
    return fields


@cache
def parts_of(kind: Kind) -> dict[Kind, type[Entry]]:
    """Return the kinds of rows that are listed within the entries of a kind, each with its shape."""
    fields = fields_of(FILES[kind.file]) if kind.file else {}
    return {
        part: get_args(fields[part.part_of_entry].annotation)[0]
        for part in KINDS
        if part.part_of_entry in fields and part.foreign_key_to(kind.model)
    }


def key_in_file(shape: type[Entry], name: str) -> str:
    """Return the key in the file that holds a field."""
    field = fields_of(shape).get(name)
    return (field.alias if field else None) or name
