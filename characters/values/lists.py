"""What a list shows: cards, filters and pages."""

from dataclasses import dataclass

from characters.text.phrases import counted
from episodes.names import Name
from episodes.requests import with_parameter
from episodes.units import named

from .basics import Face


@dataclass(frozen=True, slots=True)
class Card:
    """An entry of a list."""

    face: Face
    line: str
    first_episode: int
    members: int = 0

    @property
    def caption(self) -> str:
        first = f"First in {named(self.first_episode)}" if self.first_episode else "Known from the premise"
        return f"{first} · {counted(self.members, 'member')}" if self.members else first


@dataclass(frozen=True, slots=True)
class CardPage:
    """One page of a list."""

    heading: str
    intro: str
    cards: tuple[Card, ...]
    total: int
    number: int
    last: int
    narrowing: "Narrowing"


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Name
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """A filter and what it offers."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    rarer: int = 0  # values that are not offered as long as the list is so long

    @property
    def is_used(self) -> bool:
        return any(choice.chosen for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, with the address of the list without it, and how many that would hold."""

    label: str
    url: str
    without: int


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How a list is filtered and sorted, and could be."""

    groups: tuple[ChoiceGroup, ...]
    chips: tuple[Chip, ...]
    sorts: tuple[Choice, ...]
    left_out: bool  # the address named something that nobody at this episode knows
    url: str
    url_now: str  # as url, but not looking back
    clear_url: str

    @property
    def loosening(self) -> list[Chip]:
        """What to take away, where nobody fits."""
        return [chip for chip in self.chips if chip.without]

    @property
    def page_url(self) -> str:
        """To be followed by the number of a page."""
        return with_parameter(self.url, "page=")
