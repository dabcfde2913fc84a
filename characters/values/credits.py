"""Who made the show: the voices, and the staff."""

from dataclasses import dataclass

from episodes.names import Name

from .basics import EpisodeRow, Face

type Credits = tuple[tuple[str, tuple[Name, ...]], ...]
"""What somebody did, and the names of those who did it."""


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody who is spoken, under the name known now."""

    face: Face
    masks: str  # the other names under which the voice is credited


@dataclass(frozen=True, slots=True)
class Voice:
    name: Name
    url: str
    roles: tuple[Role, ...]
    more: int = 0  # roles that only the page of the voice has


@dataclass(frozen=True, slots=True)
class SpokenIn:
    """A language in which the show is heard, with its voices or with the roles of one."""

    language: str
    voices: tuple[Voice, ...]


@dataclass(frozen=True, slots=True)
class VoiceList:
    """One page of the voices, language by language."""

    count: int  # of the voices on all pages
    languages: tuple[SpokenIn, ...]
    number: int
    last: int
    page_url: str


@dataclass(frozen=True, slots=True)
class VoicePage:
    """One page of whom somebody speaks, language by language."""

    name: Name
    url: str
    url_without_name: str
    languages: tuple[SpokenIn, ...]
    number: int
    last: int
    page_url: str


@dataclass(frozen=True, slots=True)
class EpisodeCredits:
    episode: EpisodeRow
    credits: Credits


@dataclass(frozen=True, slots=True)
class StaffPage:
    """One page of who made the episodes that have been watched."""

    episodes: tuple[EpisodeCredits, ...]
    number: int
    last: int
    page_url: str
