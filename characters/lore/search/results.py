"""Group what the index returned by subject, put the groups in order, and put them into words."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple
from unicodedata import normalize
from uuid import UUID

from django.core.paginator import Paginator
from django.utils.html import format_html
from django.utils.safestring import SafeString

from characters.kinds import EPISODE, Kind, from_columns, prose_of
from characters.lore.cast import Cast
from characters.lore.kept import TEXTS, kept_each
from characters.lore.knowledge import Knowledge
from characters.lore.rows import Row
from characters.text.words import Query, excerpt, highlighted, occurs
from characters.values.basics import EpisodeRow, Face
from characters.values.search import Passage, SearchGroup, SearchPage, Suggestion
from episodes.axes import place_of
from episodes.known import is_reached
from episodes.names import Name, capital, is_set_apart
from episodes.order import sort_key
from episodes.units import named

from .index import MOST_SUGGESTIONS, MOST_TEXTS, FoundName, FoundText, Rank, Texts
from .reading import in_full, whom_about
from .telling_texts import place_as_known, sides_that_answer

PASSAGES_PER_GROUP = 4
PASSAGES_FURTHER_DOWN = 2
GROUPS_TOLD_AT_LENGTH = 3
GROUPS_PER_PAGE = 20

EPISODE_ASKED_FOR = re.compile(r"(?:(?:ep|episode)\.?\s*#?)?(0|[1-9][0-9]{0,3})", re.IGNORECASE)


type Place = tuple[Rank, int, int]
"""Rank, how far from the beginning it says so, and the episode: negative, as the newest comes first."""


@dataclass(slots=True)
class _Group:
    """All that was found about one subject, or else in one episode."""

    place: Place  # of the best that was found
    names: list[str] = field(default_factory=list)
    best: list[str] = field(default_factory=list)  # of the names, those that fit as well as the first of them
    rows: list[UUID] = field(default_factory=list)


class _Worded(NamedTuple):
    """A text in words, in the order of passages."""

    place: int  # the newest comes first, so its episode is negative
    label: str
    words: str


class _Shown(NamedTuple):
    """A group on the page, under whom it stands, with who or what that is in one line."""

    what: Face | EpisodeRow
    group: _Group
    line: str


type _Placed = tuple[tuple[Rank, int, int, int], UUID | int, _Group]
_rough = itemgetter(0)  # of a group with its place


class Results:
    """What the index named, read through the gate and grouped by whom it is about.

    All of it is put in order by ids, episodes and names; only what a page shows is read in full.
    """

    def __init__(self, knowledge: Knowledge, query: Query) -> None:
        self.knowledge = knowledge
        self.query = query
        self.cast = Cast(knowledge)
        self.has_names = False
        self.is_cut = False
        self._found: dict[UUID, Kind] = {}  # all texts
        self._of_subject: dict[UUID, _Group] = {}
        self._of_episode: dict[int, _Group] = {}
        self._passages: dict[UUID, _Worded] = {}

    def __len__(self) -> int:
        return len(self._of_subject) + len(self._of_episode)

    def add(self, names: list[FoundName], texts: Texts, rank: Rank = Rank.TEXT, *, asked: Query | None = None) -> None:
        """Take in what the index returned; texts that are there already stay where they are.

        `asked` is the query by which they were found, where that is not the one that was typed.
        """
        self._add_names(names)
        self._add_episode()
        self.is_cut |= sum(map(len, texts.values())) >= MOST_TEXTS
        known = () if asked else self._found.keys()
        new = {kind: rows.keys() - known for kind, rows in texts.items()}
        unread = {kind: rows for kind, rows in new.items() if rows and kind is not EPISODE}
        about = whom_about(self.knowledge.progress, unread)
        for kind, rows in new.items():
            self._found.update(dict.fromkeys(rows, kind))
            for row in rows:
                subjects = () if kind is EPISODE else about.get(row)
                if subjects is not None:
                    for group in self._groups(kind, subjects, rank, texts[kind][row], asked or self.query):
                        group.rows.append(row)

    def _add_names(self, names: list[FoundName]) -> None:
        for name in names:
            self.has_names = True
            rank = self._rank(name)
            group = self._group(self.knowledge.root_of(name.owner), (rank, 0, -name.episode))
            group.names.append(name.name)
            if rank == group.place[0]:
                group.best.append(name.name)

    @cached_property
    def _typed(self) -> str:
        return normalize("NFC", self.query.text)

    def _rank(self, name: FoundName) -> Rank:
        """Return the rank of a name, the best if it stands just as it was typed."""
        written, typed = normalize("NFC", " ".join(name.name.split())), self._typed
        if written == typed:
            return Rank.AS_TYPED
        return Rank.AS_TYPED_BUT_CASE if written.casefold() == typed.casefold() else name.rank

    def _add_episode(self) -> None:
        """Add the episode that somebody means who types “5” or “episode 5”, and the chapter by its word or label."""
        match = EPISODE_ASKED_FOR.fullmatch(self.query.text)
        second = self.knowledge.units.second_number_of(self.query.text) if self.knowledge.second else None
        for number in (int(match[1]) if match else 0, place_of(second) if second else 0):
            if number and is_reached(number, self.knowledge.progress) and number in self._episodes:
                text = UUID(int=number)
                self._found[text] = EPISODE
                self._of_episode.setdefault(number, _Group((Rank.EXACT_NAME, 0, -number), rows=[text]))

    def _groups(self, kind: Kind, subjects: Sequence[UUID], rank: Rank, found: FoundText, query: Query) -> list[_Group]:
        """Return the groups that a text belongs to: of whom it is about, or else of its episode."""
        place: Place = rank, 0, -found.episode
        places = [place] * len(subjects)
        if found.words:
            if (at := place_as_known(kind, found.words, query, self.knowledge.vocabulary)) is not None:
                places = [(Rank.KNOWN_AS, at, -found.episode)] * len(subjects)
            answers = sides_that_answer(kind, found.words, query, self.knowledge.vocabulary)
            if any(answers) and len(subjects) == len(answers):
                places = [(Rank.TIE, 0, -found.episode) if is_answer else place for is_answer in answers]
        roots = [self.knowledge.root_of(subject) for subject in subjects]
        groups = {root: self._group(root, at) for root, at in zip(roots, places, strict=True)}
        return list(groups.values()) or [self._of_episode.setdefault(found.episode, _Group(place))]

    def _group(self, root: UUID, place: Place) -> _Group:
        group = self._of_subject.get(root)
        if group is None:
            group = self._of_subject[root] = _Group(place)
        elif place < group.place:
            group.place = place
        return group

    def _in_order(self, start: int, stop: int) -> list[_Shown]:
        """Return the groups from one place to another; only those that compete for these places are looked up."""
        self._look_up(subject for subject, group in self._of_subject.items() if group.best)
        groups: list[_Placed] = [(self._rough_place(*each), *each) for each in self._of_subject.items()]
        groups += [(self._rough_place(*each), *each) for each in self._of_episode.items()]
        groups.sort(key=_rough)
        if not groups[start:stop]:
            return []
        first = bisect_left(groups, _rough(groups[start]), key=_rough)
        last = bisect_right(groups, _rough(groups[start:stop][-1]), key=_rough)
        competing = groups[first:last]
        self._look_up(what for _, what, _ in competing if isinstance(what, UUID))
        competing.sort(key=lambda placed: (placed[0], self._fine_place(placed[1])))
        return [
            _Shown(self.cast.face(what), group, self.cast.definition(what))
            if isinstance(what, UUID)
            else _Shown(self._episodes[what], group, "")
            for _, what, group in competing[start - first : stop - first]
        ]

    def _look_up(self, subjects: Iterable[UUID]) -> None:
        self.cast.note(subjects)
        self.cast.look_up()

    @cached_property
    def _episodes(self) -> dict[int, EpisodeRow]:
        return self.knowledge.by_place

    def _rough_place(self, what: UUID | int, group: _Group) -> tuple[Rank, int, int, int]:
        """Return a place by rank: who is shown under the name that was found comes before who merely bears it."""
        rank, at, number = group.place
        if isinstance(what, int):
            return rank, at, 2, number
        return rank, at, 0 if group.best and self.cast.name(what) in group.best else 1, number

    @property
    def says_who_it_is(self) -> bool:
        """Whether something was found that somebody is known as."""
        return any(group.place[0] == Rank.KNOWN_AS for group in self._of_subject.values())

    @property
    def has_ties(self) -> bool:
        """Whether a relation was found that answers the query."""
        return any(group.place[0] == Rank.TIE for group in self._of_subject.values())

    def first(self) -> str:
        """Return the name of the first subject."""
        shown = self._in_order(0, 1)
        return f"{shown[0].what.name}" if shown and isinstance(shown[0].what, Face) else ""

    def _fine_place(self, what: UUID | int) -> tuple[str, ...]:
        if isinstance(what, UUID):
            return self.cast.sort_key(what)
        return sort_key(self._episodes[what].title), self._episodes[what].url

    # What a page shows of it

    def suggestions(self) -> tuple[Suggestion, ...]:
        return tuple(
            Suggestion(
                face=what,
                html=highlighted(capital(what.name), self.query),
                also=None
                if what.name in group.names
                else highlighted(Name(min(group.names, key=_by_length)), self.query),
                line=line,
            )
            for what, group, line in self._in_order(0, MOST_SUGGESTIONS)
            if isinstance(what, Face)
        )

    def page(self, text: str, number: int, *, did_you_mean: str = "", shown_instead: str = "") -> SearchPage:
        """Return a page of groups, each with the passages that fit best."""
        page = Paginator(range(len(self)), GROUPS_PER_PAGE).get_page(max(number, 1))
        start = (page.number - 1) * GROUPS_PER_PAGE
        shown = self._in_order(start, start + GROUPS_PER_PAGE)
        self._read(each.group for each in shown)
        return SearchPage(
            text=text,
            groups=tuple(
                self._in_words(each, PASSAGES_PER_GROUP if place < GROUPS_TOLD_AT_LENGTH else PASSAGES_FURTHER_DOWN)
                for place, each in enumerate(shown, start)
            ),
            total=page.paginator.count,
            number=page.number,
            last=page.paginator.num_pages,
            did_you_mean=did_you_mean,
            shown_instead=shown_instead,
            most_texts=MOST_TEXTS if self.is_cut else None,
            leaves_all_out=bool(self.query.text) and not self.query.wanted and not len(self),
        )

    def _read(self, groups: Iterable[_Group]) -> None:
        """Put all rows of some groups into words, which are kept: the same are found by other words again."""
        wanted = (row for group in groups for row in group.rows)
        self._passages = kept_each(self.knowledge, "passages", wanted, self._worded, memory=TEXTS)

    def _worded(self, wanted: set[UUID]) -> dict[UUID, _Worded]:
        """Read rows in full, look up whom they name, and put each into words, however many it concerns."""
        ids: dict[Kind, set[UUID]] = defaultdict(set)
        for row_id in wanted:
            ids[self._found[row_id]].add(row_id)
        read = [(kind, row) for kind, of_kind in ids.items() for row in self._in_full(kind, of_kind)]
        for kind, row in read:
            self._note(kind, row)
        self.cast.look_up()
        return {row["id"]: self._passage_of(kind, row) for kind, row in read}

    def _in_full(self, kind: Kind, ids: set[UUID]) -> list[Row]:
        if kind is EPISODE:
            synopses = self.knowledge.synopses(row.int for row in ids)
            return [row | {"id": UUID(int=row["revealed_in"])} for row in map(from_columns, synopses)]
        return in_full(self.knowledge.progress, kind, ids)

    def _note(self, kind: Kind, row: Row) -> None:
        self.cast.note(row[name] for name in kind.connects)
        self.cast.note_texts(row[name] for name in ("text", *prose_of(kind)) if row.get(name))

    def _in_words(self, shown: _Shown, most: int) -> SearchGroup:
        what, group, line = shown
        found = {worded for row in group.rows if (worded := self._passages.get(row))}
        passages = sorted(passage for passage in found if passage.words != line)
        marked = [passage for passage in passages if occurs(passage.words, self.query)]
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
            line=highlighted(line, self.query),
            names=tuple(highlighted(name, self.query) for name in names if name),
            passages=tuple(
                Passage(
                    episode=-passage.place,
                    label=passage.label,
                    html=_passage(passage.words, self.query),
                    url=self.knowledge.address("episode", -passage.place),
                )
                for passage in passages[:most]
            ),
            more=max(len(passages) - most, 0),
        )

    def _passage_of(self, kind: Kind, row: Row) -> _Worded:
        label, words = kind.passage(row, self.cast)
        if row.get("overturned_in") is not None:
            label += f", seen differently since {named(row['overturned_in'])}"
        if row.get("until") is not None:
            label += f", until {named(row['until'])}"
        return _Worded(-row["revealed_in"], label, words)


def _passage(words: str, query: Query) -> SafeString:
    """Return the sentences that were found; where names are set apart in them, an excerpt may have lost an end."""
    html = highlighted(excerpt(words, query), query)
    return format_html('<span dir="ltr">{}</span>', html) if is_set_apart(words) else html


def _by_length(name: str) -> tuple[int, str]:
    return len(name), sort_key(name)
