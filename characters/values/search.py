"""What the search page and the suggestions show."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from episodes.units import before_the_first, named

from .basics import EpisodeRow, Face


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence that was found, with what was looked for marked in it."""

    episode: int
    label: str
    html: SafeString
    url: str

    @property
    def episode_label(self) -> str:
        return named(self.episode) if self.episode else before_the_first()


@dataclass(frozen=True, slots=True)
class SearchGroup:
    """All that was found about one character or faction, or else in one episode."""

    face: Face | None
    episode: EpisodeRow | None
    line: SafeString  # who or what it is
    names: tuple[SafeString, ...]
    passages: tuple[Passage, ...]
    more: int  # passages that are not listed

    @property
    def subject(self) -> str:
        if self.face is not None:
            return f"{self.face.name}"
        return named(self.episode.number) if self.episode and self.episode.number else "the premise"

    @property
    def more_url(self) -> str:
        """Return the address of the page with all passages, at the section that holds them."""
        return f"{self.face.url}#timeline" if self.face else f"{self.episode.url if self.episode else ''}#learned"


@dataclass(frozen=True, slots=True)
class SearchPage:
    text: str
    groups: tuple[SearchGroup, ...]
    total: int
    number: int
    last: int
    did_you_mean: str
    shown_instead: str
    most_texts: int | None  # so many passages were looked at, the newest; there are more
    leaves_all_out: bool  # something was typed, but nothing that could be looked for

    @property
    def numbers(self) -> range:
        return range(1, self.last + 1)


@dataclass(frozen=True, slots=True)
class Suggestion:
    face: Face
    html: SafeString
    also: SafeString | None  # the name that fits, where it is another than the one shown
    line: str  # who or what it is
