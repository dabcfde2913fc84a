"""The small values that many pages share: an episode in a list, a link, a face, a tag."""

from dataclasses import dataclass
from datetime import date

from episodes.axes import is_on_second_axis, own_number
from episodes.licences import Licence
from episodes.names import Name, capital, with_capital
from episodes.units import before_the_first, named


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    title: Name
    native_title: Name
    native_language: str  # of all native titles; empty if that is not said
    credits: tuple[tuple[str, tuple[Name, ...]], ...]
    licence: Licence | None


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """As it stands in the list; `title` is empty beyond the viewer's progress."""

    number: int
    aired_on: date | None
    url: str
    known: bool
    title: Name
    native_title: Name
    label: Name
    season: Name
    kind: Name

    @property
    def is_chapter(self) -> bool:
        """Whether it is a unit of the second axis."""
        return is_on_second_axis(self.number)

    @property
    def own_number(self) -> int:
        """Its number on its own axis."""
        return own_number(self.number)

    @property
    def heading(self) -> str:
        return capital(named(self.number)) if self.number else with_capital(before_the_first())

    @property
    def full_title(self) -> str:
        return f"{self.heading} · {self.title}" if self.title else self.heading

    @property
    def as_known(self) -> str:
        return f"after {named(self.number)}" if self.number else "from the premise"


@dataclass(frozen=True, slots=True)
class Link:
    name: Name
    url: str


@dataclass(frozen=True, slots=True)
class Face:
    """A character or a faction, small: name, address, and a picture or an emblem in its colour."""

    name: Name
    url: str
    thumbnail: str = ""
    accent: str = ""  # the name of its colour, for `class="accent-…"`
    figure: str = ""  # path data of the emblem
    is_seal: bool = False  # round, as factions' are
    is_monogram: bool = False  # drawn in strokes


@dataclass(frozen=True, slots=True)
class TagLink:
    name: Name
    url: str
    count: int = 0
