"""What the recap since an episode shows."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from characters.text.phrases import counted
from episodes.axes import Progress, is_on_second_axis
from episodes.names import Name, capital
from episodes.units import from_to, named

from .basics import EpisodeRow, Face
from .pages import Chapter, TimelineEntry


def new_things(number: int) -> str:
    """Say how many entries of the timeline of a page are new, in the words of all pages that count them."""
    return counted(number, "new thing")


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
        return new_things(self.things) if self.things else "changed"


@dataclass(frozen=True, slots=True)
class RecapEpisode:
    """An episode in a few words, and what turned out otherwise than it had seemed."""

    episode: EpisodeRow
    synopsis: SafeString
    is_shortened: bool
    unmasked: tuple[TimelineEntry, ...]
    overturned: tuple[TimelineEntry, ...]

    @property
    def stands_in(self) -> tuple[bool, Name]:
        """Whether it is of the second axis, and its season or volume."""
        return self.episode.is_chapter, self.episode.season


@dataclass(frozen=True, slots=True)
class RecapGroup:
    face: Face | None
    is_new: bool
    is_open: bool
    things: int  # new in the timeline of their page, as `ChangedPage` counts them
    told: int  # of them here: what concerns several is told with one of them
    chapters: tuple[Chapter, ...]

    @property
    def entries(self) -> list[TimelineEntry]:
        """All that is shown of it."""
        return [entry for chapter in self.chapters for entry in (*chapter.revelations, *chapter.changes)]

    @property
    def more(self) -> int:
        """How much is told besides, on the page of whom it is about."""
        return self.told - len(self.entries)

    @property
    def title(self) -> str:
        return f"{capital(self.face.name)}" if self.face else "Besides"

    @property
    def count(self) -> str:
        told = counted(self.told, "thing")
        return f"{told} told" if self.told >= self.things else f"{new_things(self.things)}, {self.told} told here"


@dataclass(frozen=True, slots=True)
class RecapPage:
    """What has been learned since an episode, or a part of it."""

    since: EpisodeRow
    until: EpisodeRow  # the last episode of which it tells
    read: int  # since which chapter, in a story of two axes
    told: tuple[EpisodeRow, ...]  # all of which it tells, on all its pages
    episodes: tuple[RecapEpisode, ...]
    groups: tuple[RecapGroup, ...]
    besides: tuple[ChangedPage, ...]  # pages that have changed without a group of their own
    number: int  # of this page
    last: int
    page_url: str  # to be followed by the number of a page
    rest_url: str  # the recap of the episodes after it, if the viewer has watched some

    @property
    def told_of(self) -> str:
        """Of which episodes and chapters it tells, as a sentence names them."""
        numbers = [row.number for row in self.told]
        axes = ([number for number in numbers if is_on_second_axis(number) is second] for second in (False, True))
        return " and ".join(from_to(some[0], some[-1]) if some[1:] else named(some[0]) for some in axes if some)

    @property
    def has_episodes(self) -> bool:
        return not all(row.is_chapter for row in self.told)

    @property
    def has_chapters(self) -> bool:
        return any(row.is_chapter for row in self.told)

    @property
    def begins(self) -> Progress:
        return Progress(self.since.number, self.read)
