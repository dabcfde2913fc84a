"""Group what the index returned by subject, and put it into words."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from characters.lore import rows, timeline
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.rows import Row
from characters.models import CharacterTag, FactionTag, Membership, Portrait, Relationship, Trait
from characters.text import prose
from characters.text.words import Query, excerpt, highlighted, occurs
from characters.values.basics import EpisodeRow, Face
from characters.values.search import Passage, SearchGroup, SearchPage, Suggestion
from characters.vocabulary import Attribute, Certainty

from .index import MOST_SUGGESTIONS, MOST_TEXTS, Kind, Rank, Texts, _Name

PASSAGES_PER_GROUP = 4

PASSAGES_FURTHER_DOWN = 2

GROUPS_TOLD_AT_LENGTH = 3

GROUPS_PER_PAGE = 20


EPISODE_ASKED_FOR = re.compile(r"(?:(?:ep|episode)\.?\s*#?)?([0-9]{1,4})", re.IGNORECASE)


# What is shown of it


@dataclass
class _Group:
    place: tuple[Rank, int]  # of the best that was found; the newest comes first, so its episode is negative
    names: list[str] = field(default_factory=list)
    best: list[str] = field(default_factory=list)  # of the names, those that fit as well as the first of them
    rows: list[tuple[Kind, UUID]] = field(default_factory=list)


class _Found:
    """What the index named, read through the gate and gathered under whom it is about.

    All of it is put in order by ids, episodes and names; only what a page shows is read in full.
    """

    def __init__(self, knowledge: Knowledge, query: Query) -> None:
        self.knowledge = knowledge
        self.query = query
        self.cast = Cast(knowledge)
        self.has_names = False
        self.is_cut = False
        self._of_subject: dict[UUID, _Group] = {}
        self._of_episode: dict[int, _Group] = {}
        self._factions: set[UUID] = set()  # the other subjects are characters
        self._rows: dict[tuple[Kind, UUID], Row] = {}

    def __len__(self) -> int:
        return len(self._of_subject) + len(self._of_episode)

    def add(self, names: list[_Name], texts: Texts) -> None:
        self._add_names(names)
        self._add_episode()
        self.is_cut |= sum(len(episodes) for ids in texts.values() for episodes in ids.values()) >= MOST_TEXTS
        for (rank, kind), ids in texts.items():
            for row, number, characters, factions in self._about(kind, ids):
                self._factions |= factions
                subjects = {self.knowledge.root_of(subject) for subject in characters} | factions
                groups = [self._group(subject, rank, number) for subject in subjects]
                for group in groups or [self._of_episode.setdefault(number, _Group((rank, -number)))]:
                    group.rows.append((kind, row))

    def _add_names(self, names: list[_Name]) -> None:
        for found in names:
            self.has_names = True
            if found.is_of_faction:
                self._factions.add(found.owner)
            group = self._group(found.owner, found.rank, found.episode)
            group.names.append(found.name)
            if found.rank == group.place[0]:
                group.best.append(found.name)

    def _add_episode(self) -> None:
        """Somebody who types “5” or “episode 5” wants that one."""
        asked = EPISODE_ASKED_FOR.fullmatch(self.query.text)
        number = int(asked[1]) if asked else 0
        if 0 < number <= self.knowledge.progress and number in self._episodes:
            group = _Group((Rank.EXACT_NAME, -number), rows=[(Kind.EPISODE, UUID(int=number))])
            self._of_episode.setdefault(number, group)

    def _group(self, subject: UUID, rank: Rank, episode: int) -> _Group:
        place = rank, -episode
        group = self._of_subject.setdefault(self.knowledge.root_of(subject), _Group(place))
        group.place = min(group.place, place)
        return group

    def _about(self, kind: Kind, ids: dict[UUID, list[int]]) -> Iterator[tuple[UUID, int, set[UUID], set[UUID]]]:
        """Each row with its episode, and the characters and factions it is about."""
        if kind == Kind.EPISODE:
            yield from ((row, number, set(), set()) for row, numbers in ids.items() for number in numbers)
        elif kind == Kind.REVELATION:
            yield from rows.concerned(self.knowledge.progress, ids)
        else:
            model, of_characters, of_factions, _ = READ[kind]
            for row in rows.by_id(self.knowledge.progress, model, ids, "id", *of_characters, *of_factions):
                characters, factions = ({row[name] for name in of} - {None} for of in (of_characters, of_factions))
                yield row["id"], row["revealed_in_id"], characters, factions

    def _in_order(self, start: int, stop: int) -> list[tuple[Face | EpisodeRow, _Group]]:
        """The groups from one place to another; only those that compete for these places are looked up."""
        self._look_up(subject for subject, group in self._of_subject.items() if group.names)
        groups: list[tuple[UUID | int, _Group]] = [*self._of_subject.items(), *self._of_episode.items()]
        groups.sort(key=self._rough_place)
        places = [self._rough_place(group) for group in groups]
        if not places[start:stop]:
            return []
        first, last = places[start], places[start:stop][-1]
        start_of_these, end_of_these = bisect_left(places, first), bisect_right(places, last)
        competing = groups[start_of_these:end_of_these]
        self._look_up(what for what, _ in competing if isinstance(what, UUID))
        competing.sort(key=lambda group: (self._rough_place(group), self._fine_place(group[0])))
        shown = competing[start - start_of_these : stop - start_of_these]
        return [(self.cast.person(what) if isinstance(what, UUID) else self._episodes[what], of) for what, of in shown]

    def _look_up(self, subjects: Iterable[UUID]) -> None:
        for subject in subjects:
            (self.cast.factions if subject in self._factions else self.cast.characters).add(subject)
        self.cast.look_up()

    @cached_property
    def _episodes(self) -> dict[int, EpisodeRow]:
        return {row.number: row for row in self.knowledge.episodes}

    def _rough_place(self, found: tuple[UUID | int, _Group]) -> tuple[Rank, int, int]:
        """Whoever is shown under the name that was found comes before those who merely bear it, and episodes last."""
        what, group = found
        rank, number = group.place
        if isinstance(what, int):
            return rank, 2, number
        return rank, 0 if self.cast.name(what) in group.best else 1, number

    def _fine_place(self, what: UUID | int) -> tuple[str, ...]:
        if isinstance(what, UUID):
            return self.cast.place(what)
        return self._episodes[what].title.casefold(), self._episodes[what].url

    def suggestions(self) -> tuple[Suggestion, ...]:
        return tuple(
            Suggestion(
                face=what,
                html=highlighted(prose.capital(what.name), self.query),
                also=None if what.name in group.names else highlighted(min(group.names, key=_by_length), self.query),
            )
            for what, group in self._in_order(0, MOST_SUGGESTIONS)
            if isinstance(what, Face)
        )

    def page(self, text: str, number: int, *, did_you_mean: str = "", shown_instead: str = "") -> SearchPage:
        total = len(self)
        last = max(1, -(-total // GROUPS_PER_PAGE))
        number = min(max(number, 1), last)
        start = (number - 1) * GROUPS_PER_PAGE
        shown = self._in_order(start, start + GROUPS_PER_PAGE)
        self._read(group for _, group in shown)
        return SearchPage(
            text=text,
            groups=tuple(
                self._shown(what, group, PASSAGES_PER_GROUP if place < GROUPS_TOLD_AT_LENGTH else PASSAGES_FURTHER_DOWN)
                for place, (what, group) in enumerate(shown, start)
            ),
            total=total,
            number=number,
            last=last,
            did_you_mean=did_you_mean,
            shown_instead=shown_instead,
            most_texts=MOST_TEXTS if self.is_cut else None,
            leaves_all_out=bool(self.query.text) and not self.query.wanted,
        )

    def _read(self, groups: Iterable[_Group]) -> None:
        """The rows in full, and whom they name."""
        ids: dict[Kind, set[UUID]] = defaultdict(set)
        for group in groups:
            for kind, row_id in group.rows:
                ids[kind].add(row_id)
        for kind, wanted in ids.items():
            for row in self._in_full(kind, wanted):
                self._rows[kind, row["id"]] = row
                self._introduce(kind, row)
        self.cast.look_up()

    def _in_full(self, kind: Kind, ids: set[UUID]) -> list[Row]:
        if kind == Kind.EPISODE:
            told = self.knowledge.synopses(row.int for row in ids)
            return [row | {"id": UUID(int=row["revealed_in_id"])} for row in told]
        if kind == Kind.REVELATION:
            return rows.revelation_texts(self.knowledge.progress, ids)
        model, of_characters, of_factions, columns = READ[kind]
        return rows.by_id(self.knowledge.progress, model, ids, "id", *of_characters, *of_factions, *columns)

    def _introduce(self, kind: Kind, row: Row) -> None:
        cast = self.cast
        if kind == Kind.RELATIONSHIP:
            cast.characters |= {row["source_id"], row["target_id"]}
        elif kind == Kind.MEMBERSHIP:
            cast.factions.add(row["faction_id"])
        cast.note_texts(row[name] for name in ("value", "text", "caption") if row.get(name))

    def _shown(self, what: Face | EpisodeRow, group: _Group, most: int) -> SearchGroup:
        rows = [(found[0], self._rows[found]) for found in group.rows if found in self._rows]
        told = {(row["revealed_in_id"], *self._told(kind, row)) for kind, row in rows}
        passages = sorted(told, key=lambda passage: (-passage[0], passage[1:]))
        marked = [passage for passage in passages if occurs(passage[2], self.query)]
        # A text may be found by whom it is about; where the name says that already, only its own words count.
        passages = marked if marked or group.names else passages
        names = (
            [what.title, what.native_title]
            if isinstance(what, EpisodeRow)
            else sorted(set(group.names), key=_by_length)
        )
        return SearchGroup(
            face=what if isinstance(what, Face) else None,
            episode=what if isinstance(what, EpisodeRow) else None,
            names=tuple(highlighted(name, self.query) for name in names if name),
            passages=tuple(
                Passage(
                    episode=number,
                    label=label,
                    html=highlighted(excerpt(words, self.query), self.query),
                    url=self.knowledge.address("episode", number),
                )
                for number, label, words in passages[:most]
            ),
            more=max(len(passages) - most, 0),
        )

    def _told(self, kind: Kind, row: Row) -> tuple[str, str]:
        """Label and words of a passage; a row that concerns several is put into words once."""
        if "told" not in row:
            label, words = self._label_and_words(kind, row)
            ended = f", until episode {row['until']}" if row.get("until") is not None else ""
            row["told"] = label + ended, words
        told: tuple[str, str] = row["told"]
        return told

    def _label_and_words(self, kind: Kind, row: Row) -> tuple[str, str]:
        cast = self.cast
        match kind:
            case Kind.TRAIT:
                return Attribute(row["attribute"]).label, cast.words(row["value"])
            case Kind.REVELATION:
                label = REVELATION_LABELS[Certainty(row["certainty"])]
                if row["overturned_in"] is not None:
                    label += f", seen differently since episode {row['overturned_in']}"
                return label, cast.words(row["text"])
            case Kind.MEMBERSHIP:
                return "Member", ", ".join(filter(None, (row["role"], cast.faction(row["faction_id"]).name)))
            case Kind.RELATIONSHIP:
                return "Relation", prose.plain(timeline.tie_sentence(row, cast))
            case Kind.CHARACTER_TAG | Kind.FACTION_TAG:
                return "Tag", row["tag__name"]
            case Kind.PORTRAIT:
                return "Picture", f"{row['alt_text']} {cast.words(row['caption'])}".strip()
        return "Episode", cast.words(row["text"])


REVELATION_LABELS = {
    Certainty.CONFIRMED: "Learned",
    Certainty.CLAIMED: "Claimed",
    Certainty.HINTED: "Hinted",
    Certainty.DISPROVED: "A belief refuted",
}

# Where a row of each kind stands, the characters and the factions it is about, and what else is told of it.
READ: dict[Kind, tuple[type[Any], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    Kind.TRAIT: (Trait, ("character_id",), ("faction_id",), ("attribute", "value")),
    Kind.MEMBERSHIP: (Membership, ("character_id",), (), ("faction_id", "role")),
    Kind.RELATIONSHIP: (Relationship, ("source_id", "target_id"), (), ("kind",)),
    Kind.CHARACTER_TAG: (CharacterTag, ("content_object_id",), (), ("tag__name",)),
    Kind.FACTION_TAG: (FactionTag, (), ("content_object_id",), ("tag__name",)),
    Kind.PORTRAIT: (Portrait, ("character_id",), (), ("alt_text", "caption")),
}


def _by_length(name: str) -> tuple[int, str]:
    return len(name), name
