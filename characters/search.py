"""Search: names first (exact, beginning, word in it, one slip), then texts, the newest known first.

One index entry per gated row, and the gate is part of every question to the index. Rank is made of the visible rows
alone: no statistics of the corpus, which would count what is hidden.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import StringAgg, Value
from rapidfuzz import process
from rapidfuzz.distance import OSA

from . import prose, telling
from .cast import Cast
from .models import (
    Alias,
    CharacterTag,
    FactionTag,
    Membership,
    Portrait,
    Relationship,
    SearchEntry,
    Trait,
)
from .statements import as_uuid, fetched
from .values import EpisodeRow, Face, Passage, SearchGroup, SearchPage, Suggestion
from .vocabulary import Attribute, Certainty
from .words import Query, Term, excerpt, highlighted, name_parts, occurs, parse, parts_of_names

if TYPE_CHECKING:
    from .lore import Lore

Kind = SearchEntry.Kind
type Row = dict[str, Any]

MOST_NAMES = 60
MOST_TEXTS = 1_000  # a page says so where there are more
MOST_SUGGESTIONS = 8
PASSAGES_PER_GROUP = 4
PASSAGES_FURTHER_DOWN = 2
GROUPS_TOLD_AT_LENGTH = 3
GROUPS_PER_PAGE = 20


EPISODE_ASKED_FOR = re.compile(r"(?:(?:ep|episode)\.?\s*#?)?([0-9]{1,4})", re.IGNORECASE)


class Rank(IntEnum):
    EXACT_NAME = 0
    NAME_BEGINS = 1
    WORD_IN_NAME = 2
    TEXT = 3
    WORDS_BEGIN = 4  # in a text


def search(lore: Lore, text: str, page: int = 1) -> SearchPage:
    query = parse(text)
    if not query.wanted:
        return _Found(lore, query).page(query.text, page)
    found = _look_for(lore, query) or _look_for_each(lore, query)
    better = None if found.has_names else _corrected(lore, query, keeping_others=not found)
    if better is None:
        return found.page(query.text, page)
    if found:
        return found.page(query.text, page, did_you_mean=better.text if _names(lore, better, 1) else "")
    instead = _look_for(lore, better)
    return instead.page(query.text, page, shown_instead=better.text if instead else "")


def _look_for(lore: Lore, query: Query) -> _Found:
    found = _Found(lore, query)
    found.add(_names(lore, query, MOST_NAMES), _texts(lore, query, Rank.TEXT))
    if len(found) < GROUPS_PER_PAGE:
        found.add([], _texts(lore, query, Rank.WORDS_BEGIN))
    return found


def _look_for_each(lore: Lore, query: Query) -> _Found:
    """Whoever bears all the words, though in names of their own: the one name has the first, another the second."""
    found = _Found(lore, query)
    if query.is_plain:
        names = [_names(lore, Query(query.text, (term,)), MOST_NAMES) for term in query.wanted]
        common = set.intersection(*({lore.root_of(name.owner) for name in of_one} for of_one in names))
        fitting = [name for of_one in names for name in of_one if lore.root_of(name.owner) in common]
        found.add([name._replace(rank=Rank.WORD_IN_NAME) for name in fitting], {})
    return found


def suggest(lore: Lore, text: str) -> tuple[Suggestion, ...]:
    """Visible names that fit what has been typed so far, one for each character or faction."""
    query = parse(text)
    if not query.is_plain:
        return ()
    found = _named(lore, query) or _look_for_each(lore, query)
    if not found and (better := _corrected(lore, query)):
        found = _named(lore, better)
    return found.suggestions()


def _named(lore: Lore, query: Query) -> _Found:
    found = _Found(lore, query)
    found.add(_names(lore, query, MOST_SUGGESTIONS * 3), {})
    return found


# What the index answers


def in_index(lore: Lore, text: str) -> tuple[list[Any], list[Any]]:
    """The rows that a query finds, in the order of the index: names with their rank, texts by kind.

    For tests and the bench: they look beneath the page.
    """
    query = parse(text)
    texts: Texts = {}
    if query.wanted:
        texts = _texts(lore, query, Rank.TEXT) or _texts(lore, query, Rank.WORDS_BEGIN)
    return names_in_index(lore, text), [(kind, list(rows.items())) for (_, kind), rows in texts.items()]


def names_in_index(lore: Lore, text: str) -> list[tuple[UUID, Rank]]:
    query = parse(text)
    return [(found.row, found.rank) for found in _names(lore, query, MOST_NAMES)] if query.wanted else []


def suggested(lore: Lore, text: str) -> list[tuple[UUID, Rank]]:
    """The names from which suggestions are made."""
    return [(found.row, found.rank) for found in _names(lore, parse(text), MOST_SUGGESTIONS * 3)]


class _Name(NamedTuple):
    rank: Rank
    row: UUID
    name: str
    owner: UUID
    is_of_faction: bool
    episode: int


def _names(lore: Lore, query: Query, most: int) -> list[_Name]:
    """Names by rank, the best and newest first. Worse ones are taken only while there is room."""
    plain = " ".join(query.words)
    ways = {Rank.WORD_IN_NAME: _matching(lore, query, most, of_names=True, prefix=True)}
    if query.is_plain:
        ways = {Rank.EXACT_NAME: _exactly(lore, plain), Rank.NAME_BEGINS: _beginning(lore, plain, most), **ways}
    # All at once: what a statement costs by being made and sent is more than what most of them find.
    arms = [
        f'SELECT * FROM (SELECT {rank:d} AS "rank", "id", "row" FROM "characters_searchentry"'  # noqa: S608 - our own
        f' WHERE {AS_OF} AND {which} ORDER BY "id" DESC LIMIT %s) AS "found_{rank:d}"'
        for rank, (which, _) in ways.items()
    ]
    found = fetched(
        'SELECT "rank", "row", "name", "character_id", "faction_id", "characters_alias"."revealed_in_id"'  # noqa: S608
        f' FROM ({" UNION ALL ".join(arms)}) AS "found" JOIN "characters_alias" ON "characters_alias"."id" = "row"'
        ' WHERE "characters_alias"."revealed_in_id" <= %s ORDER BY "rank", "found"."id" DESC',
        [param for _, params in ways.values() for param in (lore.progress, *params, most)] + [lore.progress],
    )
    names: dict[UUID, _Name] = {}
    for rank, rows in groupby(found, key=itemgetter(0)):
        if len(names) < most:
            for _, row, name, character, faction, episode in rows:
                alias, owner = as_uuid(row), as_uuid(character or faction)
                names.setdefault(alias, _Name(Rank(rank), alias, name, owner, faction is not None, episode))
    return list(names.values())


type Texts = dict[tuple[Rank, Kind], dict[UUID, list[int]]]  # rows, each with the episodes of its entries


def _texts(lore: Lore, query: Query, rank: Rank) -> Texts:
    """Those with the words, or those with words that begin so."""
    which, params = _matching(lore, query, MOST_TEXTS, of_names=False, prefix=rank == Rank.WORDS_BEGIN)
    found = fetched(
        f'SELECT "kind", "row", "revealed_in_id" FROM "characters_searchentry" WHERE {AS_OF} AND {which}'  # noqa: S608
        ' ORDER BY "id" DESC LIMIT %s',
        [lore.progress, *params, MOST_TEXTS],
    )
    by_kind: Texts = defaultdict(lambda: defaultdict(list))
    for kind, row, episode in found:
        by_kind[rank, Kind(kind)][as_uuid(row)].append(episode)
    return by_kind


type Condition = tuple[str, list[Any]]  # SQL and its parameters

AS_OF = '"characters_searchentry"."revealed_in_id" <= %s'


def _exactly(lore: Lore, plain: str) -> Condition:
    return '"is_name" AND "words" = %s AND "id" < %s', [plain, SearchEntry.ceiling(lore.progress)]


def _beginning(lore: Lore, plain: str, most: int) -> Condition:
    if connection.vendor == "postgresql":
        return '"is_name" AND "words" LIKE %s AND "id" < %s', [f"{plain}%", SearchEntry.ceiling(lore.progress)]
    return _in_fts("characters_search_names", f'^ "{plain}" *', lore.progress, most)


def _matching(lore: Lore, query: Query, most: int, *, of_names: bool, prefix: bool) -> Condition:
    terms = query.wanted if of_names else query.telling
    if connection.vendor == "postgresql":
        wanted = " & ".join(f"({_tsquery(term, prefix)})" for term in terms)
        unwanted = "".join(f" & !({_tsquery(term, prefix=False)})" for term in query.unwanted)
        # The gate once more, by the key that sorts: or else the planner may walk all names of the show in its order.
        return (
            f'{"" if of_names else "NOT "}"is_name" AND "vector" @@ (to_tsquery(\'simple\', %s) && %s::tsquery)'
            ' AND "id" < %s',
            [wanted + unwanted, SearchEntry.gate_word(lore.progress), SearchEntry.ceiling(lore.progress)],
        )
    wanted = " AND ".join(_fts(term, prefix) for term in terms)
    unwanted = "".join(f" NOT {_fts(term, prefix=False)}" for term in query.unwanted)
    table = "characters_search_names" if of_names else "characters_search_texts"
    return _in_fts(table, f"({wanted}){unwanted}", lore.progress, most)


def _in_fts(table: str, expression: str, progress: int, most: int) -> Condition:
    """Asks SQLite's full-text table, whose row ids begin with the episode."""
    matching = f'SELECT "rowid" FROM "{table}" WHERE "{table}" MATCH %s AND "rowid" < %s'  # noqa: S608 - one of two
    return (
        f'"id" IN ({matching} ORDER BY "rowid" DESC LIMIT %s)',
        [expression, SearchEntry.ceiling(progress), most],
    )


def _tsquery(term: Term, prefix: bool) -> str:
    """Words are letters and digits alone, so nothing in them needs escaping."""
    return " <-> ".join(f"'{word}'" for word in term.words) + (":*" if prefix and not term.quoted else "")


def _fts(term: Term, prefix: bool) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if prefix and not term.quoted else "")


# Names with a slip


def _corrected(lore: Lore, query: Query, *, keeping_others: bool = False) -> Query | None:
    """The query with each word replaced by the nearest word of a visible name, or None if that changes nothing.

    A word that is near to none stays, or else there is no correction. By the same rule on either database.
    """
    if not query.is_plain:
        return None
    parts = name_parts(query.text)
    if all(part.isascii() and _is_in_a_name(lore, part) for part in parts):
        return None  # the names of two, say: nothing to look for
    # In one piece: row by row it would take longer than the comparing.
    names = Alias.objects.as_of(lore.progress).aggregate(all=StringAgg("name", Value("\n")))["all"] or ""
    known = parts_of_names(names)
    corrected = []
    for word in parts:
        nearest = word if word in known else _nearest(word, known)
        if nearest is None and not keeping_others:
            return None
        corrected.append(nearest or word)
    return parse(" ".join(corrected)) if corrected and tuple(corrected) != parts else None


def _is_in_a_name(lore: Lore, word: str) -> bool:
    which, params = _matching(lore, Query(word, (Term((word,)),)), 1, of_names=True, prefix=False)
    sql = f'SELECT 1 FROM "characters_searchentry" WHERE {AS_OF} AND {which} LIMIT 1'  # noqa: S608 - our own
    return bool(fetched(sql, [lore.progress, *params]))


def _nearest(word: str, known: set[str]) -> str | None:
    """By one slip, in longer words by two; of equally near ones the one that begins alike, then by alphabet."""
    most = 0 if len(word) < 3 else 1 if len(word) < 6 else 2
    near = process.extract(word, known, scorer=OSA.distance, score_cutoff=most, limit=None)
    return min(((slips, other[0] != word[0], other) for other, slips, _ in near), default=(None,))[-1]


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

    def __init__(self, lore: Lore, query: Query) -> None:
        self.lore = lore
        self.query = query
        self.cast = Cast(lore)
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
                subjects = {self.lore.root_of(subject) for subject in characters} | factions
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
        if 0 < number <= self.lore.progress and number in self._episodes:
            group = _Group((Rank.EXACT_NAME, -number), rows=[(Kind.EPISODE, UUID(int=number))])
            self._of_episode.setdefault(number, group)

    def _group(self, subject: UUID, rank: Rank, episode: int) -> _Group:
        place = rank, -episode
        group = self._of_subject.setdefault(self.lore.root_of(subject), _Group(place))
        group.place = min(group.place, place)
        return group

    def _about(self, kind: Kind, ids: dict[UUID, list[int]]) -> Iterator[tuple[UUID, int, set[UUID], set[UUID]]]:
        """Each row with its episode, and the characters and factions it is about."""
        if kind == Kind.EPISODE:
            yield from ((row, number, set(), set()) for row, numbers in ids.items() for number in numbers)
        elif kind == Kind.REVELATION:
            yield from self.lore.concerned(ids)
        else:
            model, of_characters, of_factions, _ = READ[kind]
            for row in self.lore.rows(model, ids, "id", *of_characters, *of_factions):
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
        return {row.number: row for row in self.lore.episodes}

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
                html=highlighted(telling.capital(what.name), self.query),
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
            told = self.lore.told_of_episodes(row.int for row in ids)
            return [row | {"id": UUID(int=row["revealed_in_id"])} for row in told]
        if kind == Kind.REVELATION:
            return self.lore.revelations(ids)
        model, of_characters, of_factions, columns = READ[kind]
        return self.lore.rows(model, ids, "id", *of_characters, *of_factions, *columns)

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
                    url=self.lore.address("episode", number),
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
                return "Relation", prose.plain(telling.tie_sentence(row, cast))
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
