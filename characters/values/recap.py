"""What the recap since an episode shows."""

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.text import capfirst

from characters.text.phrases import counted

from .basics import EpisodeRow, Face
from .pages import Chapter, TimelineEntry


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """A page that is not what it was some episodes ago."""

    face: Face
    is_new: bool
    unmasked: bool
    things: int  # in its timeline; a new fact or tie is seen above that alone

    @property
    def label(self) -> str:
        if self.unmasked:
            return "unmasked"
        if self.is_new:
            return "new"
        return counted(self.things, "new thing") if self.things else "changed"


@dataclass(frozen=True, slots=True)
class RecapEpisode:
    """An episode in a few words, and what turned out otherwise than it had seemed."""

    episode: EpisodeRow
    synopsis: SafeString
    is_shortened: bool
    unmasked: tuple[TimelineEntry, ...]
    overturned: tuple[TimelineEntry, ...]


@dataclass(frozen=True, slots=True)
class RecapGroup:
    face: Face | None
    is_new: bool
    is_open: bool
    things: int
    chapters: tuple[Chapter, ...]

    @property
    def title(self) -> str:
        return capfirst(self.face.name) if self.face else "Besides"

    @property
    def count(self) -> str:
        return f"{counted(self.things, 'thing')} told"


@dataclass(frozen=True, slots=True)
class RecapPage:
    """What has been learned since an episode."""

    since: EpisodeRow
    episodes: tuple[RecapEpisode, ...]
    groups: tuple[RecapGroup, ...]
    besides: tuple[ChangedPage, ...]  # pages that have changed without a group of their own
