"""Search: names first (exact, beginning, word in it, one slip), then texts, the newest known first.

One index entry per gated row, and the gate is part of every question to the index. Rank is made of the visible rows
alone: no statistics of the corpus, which would count what is hidden.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
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
from .values import EpisodeRow, Face, Passage, SearchGroup, SearchPage, Suggestion
from .vocabulary import Attribute, Certainty
from .words import Query, Term, excerpt, highlighted, name_parts, occurs, parse

if TYPE_CHECKING:
    from .lore import Lore

Kind = SearchEntry.Kind
type Row = dict[str, Any]

MOST_NAMES = 60
MOST_TEXTS = 300
MOST_SUGGESTIONS = 8
PASSAGES_PER_GROUP = 4
GROUPS_PER_PAGE = 20

# Not `is_name=True`: that is a parameter to SQLite, which then cannot know that an index of names alone will do.
IS_NAME = RawSQL('"characters_searchentry"."is_name"', [], output_field=BooleanField())


class Rank(IntEnum):
    EXACT_NAME = 0
    NAME_BEGINS = 1
    WORD_IN_NAME = 2
    TEXT = 3


def search(lore: Lore, text: str, page: int = 1) -> SearchPage:
    query = parse(text)
    if not query.wanted:
        return _Found(lore, query).page(query.text, page)
    found = _look_for(lore, query)
    better = None if found.has_names else _corrected(lore, query, keeping_others=not found)
    if better is None:
        return found.page(query.text, page)
    if found:
        return found.page(query.text, page, did_you_mean=better.text if _names(lore, better, 1) else "")
    instead = _look_for(lore, better)
    return instead.page(query.text, page, shown_instead=better.text if instead else "")


def _look_for(lore: Lore, query: Query) -> _Found:
    found = _Found(lore, query)
    found.add(_names(lore, query, MOST_NAMES), _texts(lore, query))
    return found


def suggest(lore: Lore, text: str) -> tuple[Suggestion, ...]:
    """Visible names that fit what has been typed so far, one for each character or faction."""
    query = parse(text)
    if not query.is_plain:
        return ()
    found = _named(lore, query)
    if not found and (better := _corrected(lore, query)):
        found = _named(lore, better)
    return found.suggestions()


def _named(lore: Lore, query: Query) -> _Found:
    found = _Found(lore, query)
    found.add(_names(lore, query, MOST_SUGGESTIONS * 3), {})
    return found


# What the index answers


def in_index(lore: Lore, text: str) -> tuple[list[Any], list[Any]]:
    """The rows that a query finds, in the order of the index: names with their rank, texts by kind."""
    query = parse(text)
    texts = _texts(lore, query) if query.wanted else {}
    return names_in_index(lore, text), [(kind, list(rows.items())) for kind, rows in texts.items()]


def names_in_index(lore: Lore, text: str) -> list[tuple[UUID, Rank]]:
    query = parse(text)
    return list(_names(lore, query, MOST_NAMES).items()) if query.wanted else []


def _names(lore: Lore, query: Query, most: int) -> dict[UUID, Rank]:
    """Alias rows by rank, the best first; more are asked for only while there is room."""
    ranks: dict[UUID, Rank] = {}
    plain = " ".join(query.words)
    names = SearchEntry.objects.as_of(lore.progress).filter(IS_NAME).order_by("-id")
    if query.is_plain:
        for row in names.filter(words=plain).values_list("row", flat=True)[:most]:
            ranks[row] = Rank.EXACT_NAME
        if len(ranks) < most:
            for row in names.filter(_begins(lore, plain)).values_list("row", flat=True)[:most]:
                ranks.setdefault(row, Rank.NAME_BEGINS)
    if len(ranks) < most:
        for row in names.filter(_matches(lore, query, of_names=True, prefix=True)).values_list("row", flat=True)[:most]:
            ranks.setdefault(row, Rank.WORD_IN_NAME)
    return ranks


def _texts(lore: Lore, query: Query) -> dict[Kind, dict[UUID, list[int]]]:
    """Rows by kind, each with the episodes of its entries. Whole words first; beginnings only if there are none."""
    texts = SearchEntry.objects.as_of(lore.progress).filter(is_name=False).order_by("-id")
    for prefix in (False, True):
        matching = texts.filter(_matches(lore, query, of_names=False, prefix=prefix))
        found = list(matching.values_list("kind", "row", "revealed_in")[:MOST_TEXTS])
        if found:
            break
    by_kind: dict[Kind, dict[UUID, list[int]]] = defaultdict(lambda: defaultdict(list))
    for kind, row, episode in found:
        by_kind[Kind(kind)][row].append(episode)
    return by_kind


def _begins(lore: Lore, plain: str) -> Q:
    if connection.vendor == "postgresql":
        return Q(words__startswith=plain)
    return _in_fts("characters_search_names", f'^ "{plain}" *', lore.progress, MOST_NAMES)


def _matches(lore: Lore, query: Query, *, of_names: bool, prefix: bool) -> RawSQL | Q:
    terms = query.wanted if of_names else query.telling
    if connection.vendor == "postgresql":
        wanted = " & ".join(f"({_tsquery(term, prefix)})" for term in terms)
        unwanted = "".join(f" & !({_tsquery(term, prefix=False)})" for term in query.unwanted)
        return RawSQL(
            '"characters_searchentry"."vector" @@ to_tsquery(\'simple\', %s)',
            [wanted + unwanted],
            output_field=BooleanField(),
        )
    wanted = " AND ".join(_fts(term, prefix) for term in terms)
    unwanted = "".join(f" NOT {_fts(term, prefix=False)}" for term in query.unwanted)
    table, most = ("characters_search_names", MOST_NAMES) if of_names else ("characters_search_texts", MOST_TEXTS)
    return _in_fts(table, f"({wanted}){unwanted}", lore.progress, most)


def _in_fts(table: str, expression: str, progress: int, most: int) -> Q:
    """Asks SQLite's full-text table, whose row ids begin with the episode. A subquery would be asked for each row."""
    matching = f'SELECT "rowid" FROM "{table}" WHERE "{table}" MATCH %s AND "rowid" < %s'  # noqa: S608 - one of two
    sql = f'{matching} ORDER BY "rowid" DESC LIMIT %s'
    with connection.cursor() as cursor:
        cursor.execute(sql, [expression, SearchEntry.ceiling(progress), most])
        return Q(pk__in=[rowid for (rowid,) in cursor.fetchall()])


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
    known = {
        part for name in Alias.objects.as_of(lore.progress).values_list("name", flat=True) for part in name_parts(name)
    }
    corrected = []
    for word in name_parts(query.text):
        nearest = word if word in known else _nearest(word, known)
        if nearest is None and not keeping_others:
            return None
        corrected.append(nearest or word)
    return parse(" ".join(corrected)) if corrected and tuple(corrected) != name_parts(query.text) else None


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
    rows: list[tuple[Kind, Row]] = field(default_factory=list)


class _Found:
    """Rows that the index named, read through the gate and gathered under whom they are about."""

    def __init__(self, lore: Lore, query: Query) -> None:
        self.lore = lore
        self.query = query
        self.cast = Cast(lore)
        self.has_names = False
        self._of_subject: dict[UUID, _Group] = {}
        self._of_episode: dict[int, _Group] = {}

    def __bool__(self) -> bool:
        return bool(self._of_subject or self._of_episode)

    def add(self, names: dict[UUID, Rank], texts: dict[Kind, dict[UUID, list[int]]]) -> None:
        self._add_names(names)
        rows = {kind: self._rows_of(kind, ids) for kind, ids in texts.items()}
        for kind, found in rows.items():
            for row in found:
                self._introduce(kind, row)
        self.cast.look_up()
        for kind, found in rows.items():
            for row in found:
                self._add_text(kind, row)

    def _add_names(self, ranks: dict[UUID, Rank]) -> None:
        columns = ("id", "name", "character_id", "faction_id", "revealed_in_id")
        for row in Alias.objects.as_of(self.lore.progress).filter(id__in=ranks).values(*columns) if ranks else ():
            self.has_names = True
            subject = row["character_id"] or row["faction_id"]
            (self.cast.characters if row["character_id"] else self.cast.factions).add(subject)
            group = self._group(subject, ranks[row["id"]], row["revealed_in_id"])
            group.names.append(row["name"])

    def _rows_of(self, kind: Kind, ids: dict[UUID, list[int]]) -> list[Row]:
        if kind == Kind.EPISODE:
            numbers = {number for episodes in ids.values() for number in episodes}
            return self.lore.told_of_episodes(numbers)
        if kind == Kind.REVELATION:
            return self.lore.revelations(ids)
        model, columns = READ[kind]
        return self.lore.rows(model, ids, *columns)

    def _introduce(self, kind: Kind, row: Row) -> None:
        cast = self.cast
        cast.characters |= {row[name] for name in ("character_id", "source_id", "target_id") if row.get(name)}
        cast.characters |= set(row.get("characters", ()))
        cast.factions |= set(row.get("factions", ())) | ({row["faction_id"]} if row.get("faction_id") else set())
        if kind in (Kind.CHARACTER_TAG, Kind.FACTION_TAG):
            (cast.characters if kind == Kind.CHARACTER_TAG else cast.factions).add(row["content_object_id"])
        cast.note_texts(row[name] for name in ("value", "text", "caption") if row.get(name))

    def _add_text(self, kind: Kind, row: Row) -> None:
        number = row["revealed_in_id"]
        subjects = {self.lore.root_of(subject) for subject in _subjects(kind, row)}
        groups = [self._group(subject, Rank.TEXT, number) for subject in subjects]
        for group in groups or [self._of_episode.setdefault(number, _Group((Rank.TEXT, -number)))]:
            group.rows.append((kind, row))

    def _group(self, subject: UUID, rank: Rank, episode: int) -> _Group:
        place = rank, -episode
        group = self._of_subject.setdefault(self.lore.root_of(subject), _Group(place))
        group.place = min(group.place, place)
        return group

    def _ordered(self) -> list[tuple[tuple[Any, ...], Face | EpisodeRow, _Group]]:
        episodes = {row.number: row for row in self.lore.episodes} if self._of_episode else {}
        about: list[tuple[Face | EpisodeRow, _Group]] = [
            *((self.cast.person(subject), group) for subject, group in self._of_subject.items()),
            *((episodes[number], group) for number, group in self._of_episode.items()),
        ]
        order = [
            ((group.place[0], _goes_by(what, group), group.place[1], _sort_key(what)), what, group)
            for what, group in about
        ]
        return sorted(order, key=lambda item: item[0])

    def suggestions(self) -> tuple[Suggestion, ...]:
        return tuple(
            Suggestion(
                face=what,
                html=highlighted(telling.capital(what.name), self.query),
                also=None if what.name in group.names else highlighted(min(group.names, key=_by_length), self.query),
            )
            for _, what, group in self._ordered()[:MOST_SUGGESTIONS]
            if isinstance(what, Face)
        )

    def page(self, text: str, number: int, *, did_you_mean: str = "", shown_instead: str = "") -> SearchPage:
        ordered = self._ordered()
        last = max(1, -(-len(ordered) // GROUPS_PER_PAGE))
        number = min(max(number, 1), last)
        shown = ordered[(number - 1) * GROUPS_PER_PAGE : number * GROUPS_PER_PAGE]
        return SearchPage(
            text=text,
            groups=tuple(self._shown(what, group) for _, what, group in shown),
            total=len(ordered),
            number=number,
            last=last,
            did_you_mean=did_you_mean,
            shown_instead=shown_instead,
        )

    def _shown(self, what: Face | EpisodeRow, group: _Group) -> SearchGroup:
        told = {(row["revealed_in_id"], *self._told(kind, row)) for kind, row in group.rows}
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
                for number, label, words in passages[:PASSAGES_PER_GROUP]
            ),
            more=max(len(passages) - PASSAGES_PER_GROUP, 0),
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
                return Attribute(row["attribute"]).label, prose.plain(cast.render(row["value"]))
            case Kind.REVELATION:
                label = REVELATION_LABELS[Certainty(row["certainty"])]
                if row["overturned_in"] is not None:
                    label += f", seen differently since episode {row['overturned_in']}"
                return label, prose.plain(cast.render(row["text"]))
            case Kind.MEMBERSHIP:
                return "Member", ", ".join(filter(None, (row["role"], cast.faction(row["faction_id"]).name)))
            case Kind.RELATIONSHIP:
                return "Relation", prose.plain(telling.tie_sentence(row, cast))
            case Kind.CHARACTER_TAG | Kind.FACTION_TAG:
                return "Tag", row["tag__name"]
            case Kind.PORTRAIT:
                return "Picture", f"{row['alt_text']} {prose.plain(cast.render(row['caption']))}".strip()
        return "Episode", prose.plain(cast.render(row["text"]))


def _subjects(kind: Kind, row: Row) -> set[UUID]:
    """Whom a passage is about."""
    match kind:
        case Kind.TRAIT:
            return {row["character_id"] or row["faction_id"]}
        case Kind.REVELATION:
            return {*row["characters"], *row["factions"]}
        case Kind.RELATIONSHIP:
            return {row["source_id"], row["target_id"]}
        case Kind.CHARACTER_TAG | Kind.FACTION_TAG:
            return {row["content_object_id"]}
        case Kind.MEMBERSHIP | Kind.PORTRAIT:
            return {row["character_id"]}
    return set()


REVELATION_LABELS = {
    Certainty.CONFIRMED: "Learned",
    Certainty.CLAIMED: "Claimed",
    Certainty.HINTED: "Hinted",
    Certainty.DISPROVED: "A belief refuted",
}
READ: dict[Kind, tuple[type[Any], tuple[str, ...]]] = {
    Kind.TRAIT: (Trait, ("character_id", "faction_id", "attribute", "value")),
    Kind.MEMBERSHIP: (Membership, ("character_id", "faction_id", "role")),
    Kind.RELATIONSHIP: (Relationship, ("source_id", "kind", "target_id")),
    Kind.CHARACTER_TAG: (CharacterTag, ("content_object_id", "tag__name")),
    Kind.FACTION_TAG: (FactionTag, ("content_object_id", "tag__name")),
    Kind.PORTRAIT: (Portrait, ("character_id", "alt_text", "caption")),
}


def _by_length(name: str) -> tuple[int, str]:
    return len(name), name


def _goes_by(what: Face | EpisodeRow, group: _Group) -> int:
    """Whoever is shown under the name that was found comes before those who merely bear it, and episodes come last."""
    return 2 if isinstance(what, EpisodeRow) else int(what.name not in group.names)


def _sort_key(what: Face | EpisodeRow) -> tuple[str, str]:
    return telling.sort_key(what) if isinstance(what, Face) else (what.title.casefold(), what.url)
