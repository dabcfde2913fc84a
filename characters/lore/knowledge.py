"""What everything below the door needs to know: how far, which episodes, who is whom, and the addresses of pages."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from sys import getsizeof
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import slugify

from characters import vocabulary
from characters.kinds import Kind
from characters.values.basics import EpisodeRow, Link
from characters.values.seasons import Season, seasons, to_choose
from characters.vocabulary import Vocabulary, vocabulary_of
from corrections import editions
from corrections.editions import CurrentEdition
from episodes.axes import is_on_second_axis, key_of, place_of, second_of, second_of_place
from episodes.known import is_reached
from episodes.names import Name
from episodes.progress import is_further, stops_to
from episodes.units import Units, use

from . import rows
from .kept import kept
from .rows import Row

LONGEST_IN_ADDRESS = 60  # characters of a name
BYTES_OF_EPISODE, BYTES_OF_UNMASKING = 500, 500  # by a measurement, without long titles


@dataclass(frozen=True, slots=True)
class Basis:
    """What every page needs at an episode: rows, and what is made of them alone when it is first asked for."""

    show: Row
    episodes: tuple[EpisodeRow, ...]
    chapters: tuple[EpisodeRow, ...]  # the units of the second axis, if the show has one
    units: Units
    vocabulary: Vocabulary
    made: dict[tuple[str, str | None], Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The bytes, of what is made as well: about as much again."""
        read = sum(map(getsizeof, self.show.values())) + len(self.episodes) * BYTES_OF_EPISODE
        return 2 * read + len(self.chapters) * BYTES_OF_EPISODE + self.vocabulary.size


@dataclass(frozen=True)
class Unmaskings:
    """Who is known to be whom at an episode, for all pages with people on them."""

    rows: tuple[Row, ...]

    @property
    def size(self) -> int:
        return len(self.rows) * BYTES_OF_UNMASKING

    @cached_property
    def identity_of(self) -> dict[UUID, UUID]:
        """The next identity of each persona that is unmasked, which may be a persona itself."""
        return {row["persona_id"]: row["identity_id"] for row in self.rows}

    @cached_property
    def identities(self) -> dict[UUID, UUID]:
        """Whom each persona that is unmasked is known to be in the end."""
        return {persona: self._end_of_chain(persona) for persona in self.identity_of}

    def _end_of_chain(self, subject: UUID) -> UUID:
        while identity := self.identity_of.get(subject):
            subject = identity
        return subject

    @cached_property
    def personas(self) -> dict[UUID, list[UUID]]:
        """The personas of each identity, which may have personas of their own."""
        personas: dict[UUID, list[UUID]] = defaultdict(list)
        for persona, identity in self.identity_of.items():
            personas[identity].append(persona)
        return dict(personas)


class Knowledge:
    """What somebody who has watched up to `progress` knows, as the basis of every page.

    With `look_back` they are reading at an episode before their own. With `ends_after`, which is their own, they do not
    want to know how many there are, and the episodes end with the one after that.
    """

    def __init__(
        self,
        progress: int,
        *,
        look_back: bool = False,
        edition: CurrentEdition | None = None,
        ends_after: int | None = None,
    ) -> None:
        self.progress = progress
        self.ends_after = ends_after
        self.look_back = look_back
        self._edition = edition

    @cached_property
    def edition(self) -> CurrentEdition | None:
        """The edition that this is read of: of the request, or else as it is now."""
        return self._edition or editions.current()

    @cached_property
    def _basis(self) -> Basis:
        basis = kept(self, f"basis{self.query}", self._read_basis)
        use(lambda: basis.units)  # pages that are made without a request, too
        vocabulary.use(lambda: basis.vocabulary)
        return basis

    def _read_basis(self) -> Basis:
        show = rows.series() or {"title": settings.SITE_NAME}
        read, words = rows.episodes_and_words(self.progress)
        units = tuple(map(self._as_value, read))
        labels = {row.number: row.label for row in units if row.label}
        behind = sum(not is_on_second_axis(row.number) for row in units)
        return Basis(show, units[:behind], units[behind:], Units.of(show, labels), vocabulary_of(words))

    def once[Value](self, name: str, make: Callable[[], Value]) -> Value:
        """Return what all pages at an episode share, made for the first: of the show and its episodes alone."""
        made, key = self._basis.made, (name, None if self.ends_after is None else key_of(self.ends_after))
        if key not in made:
            made[key] = make()
        value: Value = made[key]
        return value

    # The show and its episodes

    @property
    def units(self) -> Units:
        """What the show calls its episodes, and each of them."""
        return self._basis.units

    @property
    def vocabulary(self) -> Vocabulary:
        """The words of the show that are known, such as kinds of relations and how they read."""
        return self._basis.vocabulary

    @property
    def seasons(self) -> tuple[Season, ...]:
        """The episodes by season; none in a show without seasons."""
        return self.once("seasons", lambda: seasons(self.episodes) if any(row.season for row in self.episodes) else ())

    @property
    def volumes(self) -> tuple[Season, ...]:
        """The units of the second axis by what they stand in, such as volumes; none in a show without."""
        return self.once("volumes", lambda: seasons(self.chapters) if any(row.season for row in self.chapters) else ())

    @property
    def show(self) -> Row:
        """The row of the show, all of which is public."""
        return self._basis.show

    @cached_property
    def episodes(self) -> tuple[EpisodeRow, ...]:
        """All episodes, or those up to the next: what it is called is public, the title comes with the episode."""
        all_of_them = self._basis.episodes
        if self.ends_after is None:
            return all_of_them
        behind = sum(row.number <= self.ends_after for row in all_of_them)
        return all_of_them[: behind + 1]

    @cached_property
    def chapters(self) -> tuple[EpisodeRow, ...]:
        """All units of the second axis, or those up to the next, as of episodes."""
        all_of_them = self._basis.chapters
        if self.ends_after is None:
            return all_of_them
        return all_of_them[: sum(row.known for row in all_of_them) + 1]

    @property
    def read_chapters(self) -> tuple[EpisodeRow, ...]:
        """The units of the second axis that have been read."""
        return tuple(row for row in self.chapters if row.known)

    @cached_property
    def by_place(self) -> dict[int, EpisodeRow]:
        """The units of both axes by their places, at which rows stand."""
        return {row.number: row for row in (*self.episodes, *self.chapters)}

    def _as_value(self, row: Row) -> EpisodeRow:
        return EpisodeRow(
            number=row["number"],
            aired_on=row["aired_on"],
            url=self.address("episode", row["number"]),
            known=is_reached(row["number"], self.progress),
            title=Name(row["title"]),
            native_title=Name(row["native_title"]),
            label=Name(row["label"]),
            season=Name(row["season"]),
            kind=Name(row["kind"]),
        )

    @cached_property
    def current_episode(self) -> EpisodeRow | None:
        """The episode at which this is read."""
        return next((row for row in self.episodes if row.number == self.progress), None)

    @cached_property
    def next_episode(self) -> EpisodeRow | None:
        return next((row for row in self.episodes if row.number > self.progress), None)

    @property
    def last_episode(self) -> int:
        """The number of the show's last episode, watched or not."""
        return self.episodes[-1].number if self.episodes else 0

    @property
    def last_chapter(self) -> int:
        """The last number of the second axis, read or not; 0 in a show of one axis."""
        return second_of_place(self.chapters[-1].number) if self.chapters else 0

    @property
    def labels_chapters(self) -> bool:
        """Whether numbers alone do not say which unit of the second axis is meant."""
        return any(map(is_on_second_axis, self.units.labels))

    @property
    def has_begun(self) -> bool:
        """Whether anything was watched or read."""
        return is_further(self.progress, 0)

    @property
    def second(self) -> int:
        """How far this is read on the second axis."""
        return second_of(self.progress)

    @property
    def second_place(self) -> int:
        """The same as a place; that axis itself, which is none, before its first."""
        return place_of(self.second)

    def to_choose(self, episodes: Sequence[EpisodeRow], chosen: int | None) -> tuple[EpisodeRow, ...]:
        """Return what a list of episodes offers; where numbers say which is meant, pages ask for a number instead."""
        return to_choose(episodes, chosen) if self.units.labels else tuple(episodes)

    def stops(self, last: int, most: int) -> list[int]:
        """Return the episodes up to `last` that one can move to by a link."""
        return stops_to(last, self.progress, most)

    def synopses(self, numbers: Iterable[int]) -> list[Row]:
        """Return what is told of the episodes that have been watched; of episode 0 that is the premise."""
        return [
            {
                "revealed_in_id": row["number"],
                "text": row["synopsis"] if row["number"] else self.show.get("premise", ""),
            }
            for row in rows.synopses(self.progress, numbers)
        ]

    # Personas and identities

    @cached_property
    def _unmaskings(self) -> Unmaskings:
        return kept(self, "unmaskings", lambda: Unmaskings(tuple(rows.unmaskings(self.progress))))

    @property
    def unmaskings(self) -> tuple[Row, ...]:
        """Which personas are known to be whom."""
        return self._unmaskings.rows

    @cached_property
    def identity_of(self) -> dict[UUID, UUID]:
        """The next identity of each persona that is unmasked, which may be a persona itself."""
        return self._unmaskings.identity_of

    @cached_property
    def identities(self) -> dict[UUID, UUID]:
        """Whom each persona that is unmasked is known to be in the end."""
        return self._unmaskings.identities

    def root_of(self, subject: UUID) -> UUID:
        """Return whom a character is known to be, at the end of the chain; a faction is always itself."""
        return self.identities.get(subject, subject)

    def family_of(self, subject: UUID) -> set[UUID]:
        """Return all that are known to be the same as this one, itself included."""
        return self.families_of([subject])

    def families_of(self, subjects: Iterable[UUID]) -> set[UUID]:
        """Return all that are known to be the same as any of these."""
        personas = self._unmaskings.personas
        new = family = set(map(self.root_of, subjects))
        while new := {persona for who in new if who in personas for persona in personas[who]}:
            family |= new
        return family

    # Rows that can end

    def current(self, model: type[Any]) -> QuerySet[Any]:
        """Return the rows that have not ended, as far as is known."""
        return rows.current(self.progress, model)

    def ended(self, model: type[Any]) -> QuerySet[Any]:
        """Return the rows that have ended, as far as is known, with their end as `until`."""
        return rows.ended(self.progress, model)

    # Addresses

    def address(self, name: str, *args: str | int) -> str:
        """Return the address of a page; looking back is passed on from page to page."""
        return path(name, *args) + self.query

    def list_of(self, kind: Kind) -> Link:
        """Return the link to the list of a kind."""
        return Link(Name(kind.page.heading if kind.page else ""), self.address(kind.plural))

    @property
    def carried(self) -> dict[str, str]:
        """The parameters that every address has while looking back, where it has others too."""
        return {"as_of": f"{self.progress}"} if self.look_back else {}

    @property
    def query(self) -> str:
        """What every address ends with while looking back."""
        return f"?as_of={self.progress}" if self.look_back else ""

    @staticmethod
    @lru_cache(2**12)
    def slug(name: str, otherwise: str) -> str:
        """Return the readable part of an address, the beginning of a name, or a stand-in for one without a letter."""
        return slugify(name, allow_unicode=True)[:LONGEST_IN_ADDRESS].rstrip("-") or otherwise


@lru_cache(2**12)  # the same few are asked again and again, on every page
def path(name: str, *args: str | int) -> str:
    """Return the address of a page as it is at the viewer's own episode."""
    return reverse(name, args=args)
