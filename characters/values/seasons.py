"""Episodes by the season that they are of, or else by the hundred."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, groupby
from operator import attrgetter

from episodes.axes import own_number
from episodes.names import Name, capital
from episodes.units import current, named

from .basics import EpisodeRow

MOST_LISTED = 100  # episodes on one page of their list, or in a list to choose from
NEARBY = 30  # episodes to choose from one by one, where there are more than that


@dataclass(frozen=True, slots=True)
class Season:
    """Episodes that stand together: those of a season, a volume or a part, or some between two of these."""

    name: Name  # empty for those of none
    episodes: tuple[EpisodeRow, ...]

    @property
    def first(self) -> int:
        return self.episodes[0].number

    @property
    def last(self) -> int:
        return self.episodes[-1].number

    @property
    def own_first(self) -> int:
        """The number of the first on its own axis."""
        return own_number(self.first)

    @property
    def own_last(self) -> int:
        return own_number(self.last)

    @property
    def span(self) -> str:
        """Which episodes these are, such as “Episodes 101–200”."""
        return capital(current().span(self.first, self.last) if self.first < self.last else named(self.first))

    @property
    def heading(self) -> str:
        return self.name or self.span


@dataclass(frozen=True, slots=True)
class EpisodeList:
    """The list of episodes: all of them by season, or of many those of one season, with the others to go to."""

    shown: tuple[Season, ...]
    others: tuple[Season, ...]  # the one that is shown among them; none if all are shown
    chapters: tuple[Season, ...] = ()  # the same of the second axis
    other_chapters: tuple[Season, ...] = ()

    def headed(self, season: Season) -> bool:
        """Return whether a season has a heading in the list: those between two seasons need none."""
        return bool(season.name or self.others)


def seasons(episodes: Iterable[EpisodeRow]) -> tuple[Season, ...]:
    """Return the episodes by season, in order; what is known beforehand is none."""
    numbered = (episode for episode in episodes if episode.number)
    return tuple(Season(name, tuple(rows)) for name, rows in groupby(numbered, attrgetter("season")))


def episode_list(episodes: tuple[EpisodeRow, ...], at: int) -> EpisodeList:
    """Return the list of episodes; of many, with the part that holds a number open."""
    all_of_them = seasons(episodes)
    if sum(len(season.episodes) for season in all_of_them) <= MOST_LISTED:
        return EpisodeList(all_of_them, ())
    parts = tuple(part for season in all_of_them for part in _parts(season))
    here = next((part for part in parts if part.last >= at), parts[-1])
    return EpisodeList((here,), parts)


def to_choose(episodes: Sequence[EpisodeRow], chosen: int | None) -> tuple[EpisodeRow, ...]:
    """Return the episodes of a list to choose from; of many the first, the newest, and the last of each season."""
    if len(episodes) <= MOST_LISTED:
        return tuple(episodes)
    ends = {part.last for season in seasons(episodes) for part in _parts(season)}
    ends |= {row.number for row in (episodes[0], *episodes[-NEARBY:])}
    return tuple(row for row in episodes if row.number in ends or row.number == chosen)


def _parts(season: Season) -> Iterator[Season]:
    for number, some in enumerate(batched(season.episodes, MOST_LISTED)):
        yield Season(season.name if number == 0 else Name(f"{season.name} · {number + 1}" if season.name else ""), some)
