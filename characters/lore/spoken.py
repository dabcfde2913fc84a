"""Whom each voice speaks, as far as it is known: for the pages of voices, and for suggestions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from sys import getsizeof
from uuid import UUID

from characters.text.words import Query, Words, words_of
from characters.values.basics import Face
from characters.values.credits import Role
from episodes.names import Name, listed
from episodes.order import sort_key

from . import rows
from .cast import Cast
from .kept import kept
from .knowledge import Knowledge
from .order import face_key
from .telling import voice_url

ASKED_WITH = frozenset({"voice", "voiced", "voices", "va", "seiyu", "seiyuu", "actor", "actress", "spoken", "speaks"})
BYTES_OF_VOICE = 300  # with its words and those it speaks, by a measurement
BYTES_OF_ROLE = 100  # an id in a list

type Spoken = Mapping[tuple[str, str], Sequence[UUID]]
"""Whom a voice speaks, by the language and the value of the trait."""


@dataclass(frozen=True, slots=True)
class _Voice:
    value: str
    name: str
    words: str  # with a space before each
    speaks: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Voices:
    of_all: tuple[_Voice, ...]

    @property
    def size(self) -> int:
        return getsizeof(self.of_all) + len(self.of_all) * BYTES_OF_VOICE


@dataclass(frozen=True, slots=True)
class _AllSpoken:
    of_each: Spoken

    @property
    def size(self) -> int:
        return sum(BYTES_OF_VOICE + BYTES_OF_ROLE * len(owners) for owners in self.of_each.values())


@dataclass(frozen=True, slots=True)
class FoundVoice:
    """A voice with whom it speaks; its face is that of the first of them under the name of the voice."""

    face: Face
    roles: tuple[Role, ...]


def spoken_in(knowledge: Knowledge) -> Spoken:
    """Return who is known to be spoken by whom."""
    return kept(knowledge, "spoken", lambda: _AllSpoken(_read_spoken(knowledge))).of_each


def _read_spoken(knowledge: Knowledge) -> Spoken:
    spoken: dict[tuple[str, str], list[UUID]] = defaultdict(list)
    for row in rows.traits(knowledge.progress, rows.with_attribute(knowledge.vocabulary.spoken_in)):
        spoken[row["attribute"], row["value"]].append(row["owner_id"])
    return dict(spoken)


def roles_of(owners: Iterable[UUID], cast: Cast) -> tuple[Role, ...]:
    """Return whom a voice speaks, each once, as whoever it is known to be by now."""
    owners_of: dict[UUID, set[UUID]] = defaultdict(set)
    for owner in owners:
        owners_of[cast.knowledge.root_of(owner)].add(owner)
    roles = (
        Role(cast.face(root), listed(sorted(map(cast.name, those - {root}), key=sort_key)))
        for root, those in owners_of.items()
    )
    return tuple(sorted(roles, key=lambda role: face_key(role.face)))


def find_voices(knowledge: Knowledge, query: Query, most: int) -> tuple[FoundVoice, ...]:
    """Return the voices in whose names all words of a query stand or begin a word, those that begin so first."""
    wanted = [word for term in query.telling for word in term.words if word not in ASKED_WITH]
    if not wanted or not query.is_plain or most < 1:
        return ()
    beginnings = [f" {word}" for word in wanted]
    fitting = [
        voice
        for voice in kept(knowledge, "voices", lambda: _all_voices(knowledge)).of_all
        if all(typed in voice.words for typed in beginnings)
    ]
    typed = "".join(beginnings)
    fitting.sort(key=lambda voice: (not voice.words.startswith(typed), sort_key(voice.name), voice.value))
    return _with_roles(knowledge, fitting[:most])


def without_asking(query: Query) -> Query | None:
    """Return what a question about a voice names, “Vera” of “who is voiced by Vera”; None of other queries."""
    names = tuple(term for term in query.telling if ASKED_WITH.isdisjoint(term.words))
    return Query(query.text, names, (), names) if names and names != query.telling and query.is_plain else None


def asks_for_voices_alone(query: Query) -> bool:
    """Return whether a query asks for voices and names nobody: “who voices”, which is no slip of a name."""
    return bool(query.telling) and all(not ASKED_WITH.isdisjoint(term.words) for term in query.telling)


def _all_voices(knowledge: Knowledge) -> _Voices:
    speaks: dict[str, dict[UUID, None]] = defaultdict(dict)
    for (_, value), owners in spoken_in(knowledge).items():
        speaks[value].update(dict.fromkeys(owners))
    cast = Cast(knowledge)
    cast.note_texts(speaks)
    cast.look_up()
    return _Voices(
        tuple(
            _Voice(value, name := cast.words(value, inline=True), _spaced(words_of(name)), tuple(owners))
            for value, owners in speaks.items()
        )
    )


def _spaced(words: Words) -> str:
    """Return words in one text, in which one begins so wherever that stands after a space."""
    return "".join(f" {word}" for word in words)


def _with_roles(knowledge: Knowledge, voices: Iterable[_Voice]) -> tuple[FoundVoice, ...]:
    voices = list(voices)
    if not voices:
        return ()
    cast = Cast(knowledge)
    cast.note(owner for voice in voices for owner in voice.speaks)
    cast.note_texts(voice.value for voice in voices)
    cast.look_up()
    found = []
    for voice in voices:
        roles = roles_of(voice.speaks, cast)
        face = replace(roles[0].face, name=Name(voice.name), url=voice_url(voice.value, cast))
        found.append(FoundVoice(face, roles))
    return tuple(found)
