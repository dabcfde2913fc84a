"""What the recap since an episode shows."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from .basics import EpisodeRow, Face
from .pages import Chapter, Learned


@dataclass(frozen=True, slots=True)
class Changed:
    """A page that is not what it was some episodes ago."""

    face: Face
    is_new: bool
    unmasked: bool
    things: int  # in its timeline; a new fact or tie is seen above that alone


@dataclass(frozen=True, slots=True)
class RecapEpisode:
    """An episode in a few words, and what turned out otherwise than it had seemed."""

    episode: EpisodeRow
    synopsis: SafeString
    is_shortened: bool
    unmasked: tuple[Learned, ...]
    overturned: tuple[Learned, ...]


@dataclass(frozen=True, slots=True)
class RecapGroup:
    face: Face | None
    is_new: bool
    is_open: bool
    things: int
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True, slots=True)
class RecapPage:
    """What has been learned since an episode."""

    since: EpisodeRow
    episodes: tuple[RecapEpisode, ...]
    groups: tuple[RecapGroup, ...]
    besides: tuple[Changed, ...]  # pages that have changed without a group of their own
