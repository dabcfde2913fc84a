"""What happened between a point that is behind and where the viewer is: by character, and page by page."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html

from characters.kinds import CHARACTER
from characters.lore import material, rows, telling, timeline
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.material import Material
from characters.lore.order import face_key
from characters.lore.rows import Row
from characters.lore.timeline import DatedEntry
from characters.text import prose
from characters.text.links import link
from characters.values.basics import EpisodeRow, Face
from characters.values.pages import Chapter, TimelineEntry
from characters.values.recap import RecapEpisode, RecapGroup, RecapPage
from characters.vocabulary import Attribute
from episodes.axes import Progress, reaching, second_of
from episodes.known import is_between
from episodes.names import capital
from episodes.parts import in_parts, number_and_last, part_of
from episodes.progress import is_behind, is_further, is_same

from .changed import pages_changed, was_heard_of

MOST_IN_FULL = 3  # episodes; of more the synopses are shortened
SENTENCES = 3
MOST_SHORT = 2  # episodes; then some characters are unfolded at once
OPEN_WHEN_SHORT = 3
# What a page bears, in characters: with all around it a page stays under 100 kB.
MOST_OF_EPISODES = 33_000
MOST_OF_GROUPS = 31_000  # and what the episodes leave free
MOST_OF_ONE = 9_000  # group, where there are several pages
MOST_BESIDES = 30  # pages that changed
WEIGHT_OF_ENTRY = 300  # of what stands around its text
WEIGHT_OF_EPISODE = 300
WEIGHT_OF_GROUP = 900
# And what is told at once, however many pages it takes: of more than that only the first episodes.
MOST_REVELATIONS = 800
MOST_EPISODES = 52


def recap_page(knowledge: Knowledge, since: int, until: int | None = None, page: int = 1) -> RecapPage | None:
    """Return what happened after a point that is behind; of any other there is none.

    It ends with `until`, or earlier where more was revealed than can be told at once; and what a page does not bear is
    on the next. In a story of two axes it tells the episodes, then the chapters, each row where it stands.
    """
    start = next((row for row in knowledge.episodes if row.number == int(since)), None)
    if start is None or not is_behind(since, knowledge.progress):
        return None
    furthest = _furthest(knowledge, since)
    within = until is not None and is_behind(since, until) and not is_further(until, furthest)
    return _Recap(knowledge, since, until if until is not None and within else furthest).page(start, page)


def asked_of(point: int, first: str, second: str) -> dict[str, int]:
    """Return the parameters that name a point on two axes."""
    return {first: int(point), second: second_of(point)}


def _furthest(knowledge: Knowledge, since: int) -> Progress:
    """Return up to where a recap can tell what happened: where the viewer is, or earlier."""
    revelations = rows.revelation_counts(knowledge.progress, since)
    furthest, told = reaching(since), 0
    for number, row in enumerate(units_between(knowledge, since, knowledge.progress), start=1):
        told += revelations.get(row.number, 0)
        if number > 1 and (told > MOST_REVELATIONS or number > MOST_EPISODES):
            break
        furthest = reaching(furthest, row.number)
    return furthest


def units_between(knowledge: Knowledge, since: int, until: int) -> list[EpisodeRow]:
    """Return the episodes and then the chapters after one point and up to another."""
    return [row for row in knowledge.by_place.values() if is_between(row.number, since, until)]


@dataclass
class _Recap:
    """What some episodes brought."""

    knowledge: Knowledge
    since: int
    until: int

    @cached_property
    def cast(self) -> Cast:
        return Cast(self.knowledge)

    @cached_property
    def happened(self) -> Material:
        return material.between(self.knowledge, self.since, self.until)

    @cached_property
    def revelations(self) -> list[Row]:
        """What is told: a revelation that was overturned meanwhile is told by its successor."""
        return [row for row in self.happened.revelations if row["overturned_in"] is None]

    def is_new(self, subject: UUID) -> bool:
        return not was_heard_of(subject, self.cast, self.since)

    # The page

    def page(self, start: EpisodeRow, number: int) -> RecapPage:
        episodes = units_between(self.knowledge, self.since, self.until)
        synopses = {
            row["revealed_in_id"]: row["text"] for row in self.knowledge.synopses(row.number for row in episodes)
        }
        cast = self.cast
        cast.note_texts(synopses.values())
        _note_with_owners(self.happened, cast)
        cast.look_up()
        changed = pages_changed(self.knowledge, self.since, self.until)
        shorten = len(episodes) > MOST_IN_FULL
        told = [self._episode(row, synopses.get(row.number, ""), cast, shorten) for row in episodes]
        things: dict[Face | None, int] = {page.face: page.things for page in changed}
        groups = self._groups(cast, things, most_open=OPEN_WHEN_SHORT if len(episodes) <= MOST_SHORT else 0)
        most_of_groups = MOST_OF_GROUPS + max(MOST_OF_EPISODES - sum(map(_weight_of_episode, told)), 0)
        if sum(map(_weight_of_group, groups)) > most_of_groups:
            groups = tuple(replace(group, chapters=_first_of(group.chapters)) for group in groups)
        faces = {group.face for group in groups}
        besides = [page for page in changed if page.face not in faces]
        parts = (
            in_parts(told, MOST_OF_EPISODES, _weight_of_episode),
            in_parts(groups, most_of_groups, _weight_of_group),
            in_parts(besides, MOST_BESIDES, lambda page: 1),
        )
        number, last = number_and_last(number, *parts)
        return RecapPage(
            since=start,
            until=episodes[-1],
            read=second_of(self.since),
            told=tuple(episodes),
            episodes=part_of(parts[0], number),
            groups=part_of(parts[1], number),
            besides=part_of(parts[2], number),
            number=number,
            last=last,
            page_url=self._address(self.since, self.until, page=""),
            rest_url=self._address(self.until) if is_further(self.knowledge.progress, self.until) else "",
        )

    def _address(self, since: int, until: int | None = None, **asked: str) -> str:
        named = asked_of(since, "since", "read")
        if until is not None and not is_same(until, self.knowledge.progress):
            named |= asked_of(until, "until", "until_read")
        if not self.knowledge.second:
            named = {name: number for name, number in named.items() if not name.endswith("read")}
        return f"{reverse('recap')}?{urlencode({**self.knowledge.carried, **named, **asked})}"

    def _episode(self, row: EpisodeRow, synopsis: str, cast: Cast, shorten: bool) -> RecapEpisode:
        opening = prose.opening(synopsis, SENTENCES) if shorten else synopsis
        unmaskings = [each for each in self.happened.unmaskings if each["revealed_in_id"] == row.number]
        overturning = [
            each for each in self.revelations if each["revealed_in_id"] == row.number and each["believed_before"]
        ]
        return RecapEpisode(
            episode=row,
            synopsis=cast.render(opening),
            is_shortened=opening != synopsis,
            unmasked=tuple(entry for _, entry in timeline.in_order(timeline.unmasked(unmaskings, cast))),
            overturned=tuple(_to_read(each, cast) for each in overturning),
        )

    def _groups(self, cast: Cast, things: Mapping[Face | None, int], *, most_open: int) -> tuple[RecapGroup, ...]:
        """Return what happened by character, those of whom most is told first; `things` are new on a page."""
        stories: dict[UUID | None, list[DatedEntry]] = defaultdict(list)
        turns: dict[UUID | None, list[DatedEntry]] = defaultdict(list)
        counts = Counter(subject for row in self.happened.revelations for subject in self._concerned(row))
        for row in self.revelations:
            told_with = self._told_with(row, cast, counts)
            stories[told_with].append((row["revealed_in_id"], _to_read(row, cast)))
        for subject, change in self._turns(cast):
            if not self.is_new(subject):
                turns[subject].append(change)
        chapters = {
            subject: self._chapters(stories[subject], timeline.in_order(turns[subject]))
            for subject in {*stories, *turns}
        }
        told = {subject: sum(chapter.things for chapter in chapters[subject]) for subject in chapters}
        faces = {subject: cast.root_face(subject) if subject else None for subject in chapters}

        def place(subject: UUID | None) -> tuple[bool, int, tuple[str, str]]:
            return subject is None, -told[subject], face_key(cast.root_face(subject)) if subject else ("", "")

        return tuple(
            RecapGroup(
                face=faces[subject],
                is_new=subject is not None and self.is_new(subject),
                is_open=number < most_open,
                things=things.get(faces[subject], told[subject]),
                told=told[subject],
                chapters=chapters[subject],
            )
            for number, subject in enumerate(sorted(chapters, key=place))
        )

    def _concerned(self, revelation: Row) -> set[UUID]:
        """Return whom it concerns, as known now; others than characters only where it concerns no character."""
        concerned = revelation["concerned"]
        characters = {self.knowledge.root_of(character) for character in concerned[CHARACTER.name]}
        return characters or revelation["everybody"]

    def _told_with(self, revelation: Row, cast: Cast, counts: Counter[UUID]) -> UUID | None:
        """Return with whom a revelation is told: whom it names first, or else whom most others concern."""
        named = cast.first_mentioned(revelation["text"], revelation["everybody"])
        if named:
            return self.knowledge.root_of(named)
        return min(
            self._concerned(revelation),
            key=lambda subject: (-counts[subject], face_key(cast.root_face(subject))),
            default=None,
        )

    def _turns(self, cast: Cast) -> Iterator[tuple[UUID, DatedEntry]]:
        """Yield the names, masks, states and sides that have changed, each with whose they are."""
        root_of = self.knowledge.root_of
        for row in self.happened.unmaskings:
            for change in timeline.unmasked([row], cast):
                yield root_of(row["identity_id"]), change
        for owner, names in self._later_names().items():
            for change in timeline.named(names, cast):
                yield root_of(owner), change
        for row in self.happened.traits:
            if row["attribute"] == Attribute.STATUS:
                entry = TimelineEntry(
                    html=cast.render_line(row["value"]),
                    label=self.knowledge.vocabulary.attribute(Attribute.STATUS).label,
                )
                yield root_of(row["owner_id"]), (row["revealed_in_id"], entry)
        for row in self.happened.memberships:
            character = root_of(row["character_id"])
            if row["until"] is None:
                yield character, (row["revealed_in_id"], _joined(row, cast))
            for change in timeline.left([row], cast):
                yield character, change

    def _later_names(self) -> dict[UUID, list[Row]]:
        """Return the names that came up for somebody who was known before."""
        by_owner: dict[UUID, list[Row]] = defaultdict(list)
        for row in self.happened.names:
            if row["revealed_in_id"] > self.cast.first_episode(row["owner_id"]):
                by_owner[row["owner_id"]].append(row)
        return by_owner

    def _chapters(self, story: Iterable[DatedEntry], turns: Iterable[DatedEntry]) -> tuple[Chapter, ...]:
        revealed: dict[int, list[TimelineEntry]] = defaultdict(list)
        changed: dict[int, list[TimelineEntry]] = defaultdict(list)
        for number, entry in story:
            revealed[number].append(entry)
        for number, entry in turns:
            if entry not in changed[number]:
                changed[number].append(entry)
        return tuple(
            Chapter(row, (), tuple(revealed[row.number]), tuple(changed[row.number]))
            for row in self.knowledge.by_place.values()
            if row.number in revealed or row.number in changed
        )


def _weight(*entries: TimelineEntry) -> int:
    """Return about how many characters entries take in a page."""
    return sum(WEIGHT_OF_ENTRY + len(entry.html) + len(entry.believed_before or "") for entry in entries)


def _weight_of_episode(told: RecapEpisode) -> int:
    return WEIGHT_OF_EPISODE + len(told.synopsis) + _weight(*told.unmasked, *told.overturned)


def _weight_of_group(group: RecapGroup) -> int:
    return WEIGHT_OF_GROUP + _weight(*group.entries)


def _first_of(chapters: tuple[Chapter, ...]) -> tuple[Chapter, ...]:
    """Return so many entries of a group as a page bears; all of them are on the page of whom it is about."""
    left = MOST_OF_ONE
    kept: list[Chapter] = []
    for chapter in chapters:
        entries: list[TimelineEntry] = []
        for entry in (*chapter.revelations, *chapter.changes):
            left -= _weight(entry)
            if left > 0 or not (kept or entries):
                entries.append(entry)
        revelations = tuple(entries[: len(chapter.revelations)])
        changes = tuple(entries[len(chapter.revelations) :])
        if entries:
            kept.append(replace(chapter, revelations=revelations, changes=changes))
    return tuple(kept)


def _note_with_owners(collected: Material, cast: Cast) -> None:
    """Note everybody in some rows, and whose names and traits they are: here they stand on no page of their own."""
    collected.note_in(cast)
    cast.note(row["owner_id"] for row in (*collected.names, *collected.traits))


def _to_read(revelation: Row, cast: Cast) -> TimelineEntry:
    """Return a revelation to be read, not to be corrected here."""
    return telling.revelation_entry(revelation, cast, form="")


def _joined(membership: Row, cast: Cast) -> TimelineEntry:
    faction = cast.face(membership["faction_id"])
    sentence = format_html("{}{}", link(faction.url, capital(faction.name)), timeline.role_after(membership))
    return TimelineEntry(html=sentence, label="Member of")
