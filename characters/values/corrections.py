"""What contributors and visitors see of corrections."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.safestring import SafeString

from corrections.recent import About
from episodes.names import Name

from .basics import Link

NO_DIFFERENCE = SafeString("")


@dataclass(frozen=True, slots=True)
class ChangedField:
    label: str
    before: str
    after: str
    final: str  # what a moderator made of it, where that is another and known to the reader
    difference: SafeString = NO_DIFFERENCE  # of two texts, with what changed marked
    changes: bool = True  # or else it stands there only to tell which row it is


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change of a correction, for whoever sent it."""

    what: str
    title: str
    fields: tuple[ChangedField, ...]
    decision: str
    why: str
    altered: bool
    hidden_until: int | None  # its author has gone back before the episode that it is about


@dataclass(frozen=True, slots=True)
class LatelyLine:
    """What kind of thing changed, and on which pages; never what it said."""

    what: str
    pages: tuple[Link, ...]
    title: str = ""  # the row in words, as the reader knows it now
    others: int = 0  # pages that are not named


@dataclass(frozen=True, slots=True)
class Lately:
    at: datetime
    credit: Name
    lines: tuple[LatelyLine, ...]
    more: int

    @property
    def day(self) -> date:
        return self.at.date()


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The page that a history is of."""

    name: Name
    url: str
    address: str  # of the history
    about: About
