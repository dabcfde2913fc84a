"""What the index answers: the SQL behind search, gated in every statement."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from characters.kinds import RELATIONSHIP, TAGGINGS, TRAIT, Kind, kind_of_entry
from characters.lore.knowledge import Knowledge
from characters.lore.rows import OWNER
from characters.lore.statements import as_uuid, fetched
from characters.models import SearchEntry
from characters.text.words import Query, QueryTerm, Words, joined, parse, spellings
from episodes.axes import second_of
from episodes.known import Which, known_entries, known_rows, stands

MOST_NAMES = 60
MOST_TEXTS = 1_000  # a page says so where there are more
MOST_SUGGESTIONS = 8
LAST_CHARACTER = chr(sys.maxunicode)


class Rank(IntEnum):
    """How well something fits, the best first."""

    AS_TYPED = 0  # a name, letter by letter: others are the same but for what is folded, as “C” is for who types “C++”
    AS_TYPED_BUT_CASE = 1
    EXACT_NAME = 2
    NAME_BEGINS = 3
    WORD_IN_NAME = 4
    KNOWN_AS = 5  # a definition, an occupation, a tag: who or what somebody is
    TIE = 6  # to somebody who is named in the query
    NAME_IN_QUERY = 7  # some words of it are a name, or the beginning of one
    TEXT = 8
    WORDS_BEGIN = 9  # in a text


class FoundName(NamedTuple):
    """A name that fits, with whose it is."""

    rank: Rank
    row: UUID
    name: str
    owner: UUID
    episode: int


class FoundText(NamedTuple):
    """A text that fits: its episode, and its words where they may say who somebody is."""

    episode: int
    words: str


type Texts = dict[Kind, dict[UUID, FoundText]]
"""Rows that fit."""

type Condition = tuple[str, list[Any]]  # SQL and its parameters


def find_names(knowledge: Knowledge, query: Query, most: int) -> list[FoundName]:
    """Return names by rank, the best and newest first. Worse ones are taken only while there is room."""
    with_words = {Rank.WORD_IN_NAME: matching(knowledge, query, most, of_names=True, prefix=True)}
    rows = _named(knowledge, with_words, most)
    if query.is_plain:
        # Every name that begins so has the words. What SQLite finds on a second axis and leaves out, as it is known by
        # the first, it finds there as well: so fewer than `most` are all.
        if len(rows) < most:
            rows = _ranked(rows, query)
        else:
            rows = _named(knowledge, _better_ways(knowledge, query, most), most) + rows
    names: dict[Any, FoundName] = {}
    for rank, of_rank in groupby(rows, key=itemgetter(0)):
        if len(names) < most:
            for _, row, name, episode, owner, _ in of_rank:
                if row not in names:
                    names[row] = FoundName(Rank(rank), as_uuid(row), name, as_uuid(owner), episode)
    return list(names.values())


def _better_ways(knowledge: Knowledge, query: Query, most: int) -> dict[Rank, Condition]:
    """Return how to find the names that are what was typed, and those that begin so, among too many with its words."""
    return {
        Rank.EXACT_NAME: _exactly(knowledge, query.words),
        Rank.NAME_BEGINS: _beginning(knowledge, " ".join(query.words), most),
    }


def _ranked(rows: Iterable[tuple[Any, ...]], query: Query) -> list[tuple[Any, ...]]:
    """Return all names with the words of a query by rank, which the words of the index say as `_better_ways` would."""
    whole, beginning = _words_of_whole(query.words), " ".join(query.words)

    def rank(words: str) -> Rank:
        if words == whole:
            return Rank.EXACT_NAME
        return Rank.NAME_BEGINS if words.startswith(beginning) else Rank.WORD_IN_NAME

    return sorted(((rank(row[-1]), *row[1:]) for row in rows), key=itemgetter(0))


def _named(knowledge: Knowledge, ways: Mapping[Rank, Condition], most: int) -> list[tuple[Any, ...]]:
    """Return the names that are found in these ways, at most so many in each.

    In all at once: what a statement costs by being made and sent is more than what most of them find.
    """
    entries = known_entries(knowledge.progress, "characters_searchentry")
    names = known_rows(knowledge.progress, "characters_alias")
    arms = [
        f'SELECT * FROM (SELECT {rank:d} AS "rank", "id", "row", "words" FROM "characters_searchentry"'  # noqa: S608
        f' WHERE {entries.sql} AND {which} ORDER BY "id" DESC LIMIT %s) AS "found_{rank:d}"'
        for rank, (which, _) in ways.items()
    ]
    return fetched(
        f'SELECT "rank", "row", "name", {stands(knowledge.progress, "characters_alias")}, {OWNER}, "words"'  # noqa: S608
        f' FROM ({" UNION ALL ".join(arms)}) AS "found" JOIN "characters_alias" ON "characters_alias"."id" = "row"'
        f' WHERE {names.sql} ORDER BY "rank", "found"."id" DESC',
        [*(param for _, params in ways.values() for param in (*entries.params, *params, most)), *names.params],
    )


def find_parts(knowledge: Knowledge, query: Query, most: int) -> list[FoundName]:
    """Return names that have any of the words of a query, the newest first; small words are none of them."""
    words = [term.words[0] for term in query.telling if len(term.words) == 1]
    if not words:
        return []
    conditions = [
        matching(knowledge, Query("", (QueryTerm((word,)),)), most, of_names=True, prefix=False) for word in words
    ]
    any_of_them = f"({' OR '.join(which for which, _ in conditions)})"
    params = [param for _, each in conditions for param in each]
    rows = _named(knowledge, {Rank.NAME_IN_QUERY: (any_of_them, params)}, most)
    rank = Rank.NAME_IN_QUERY
    return [FoundName(rank, as_uuid(row), name, as_uuid(owner), at) for _, row, name, at, owner, _ in rows]


def are_in_names(knowledge: Knowledge, queries: Iterable[Query], *, prefix: bool = False) -> bool:
    """Return whether each of these queries finds a name."""
    conditions = [matching(knowledge, query, 1, of_names=True, prefix=prefix) for query in queries]
    entries = known_entries(knowledge.progress, "characters_searchentry")
    found = [
        f'EXISTS (SELECT 1 FROM "characters_searchentry" WHERE {entries.sql} AND {which})'  # noqa: S608 - our own
        for which, _ in conditions
    ]
    params = [param for _, params in conditions for param in (*entries.params, *params)]
    return all(fetched(f"SELECT {', '.join(found)}", params)[0])


def find_texts(knowledge: Knowledge, query: Query) -> Texts:
    """Return the rows whose texts have the words."""
    return _texts(knowledge, matching(knowledge, query, MOST_TEXTS, of_names=False, prefix=False))


def find_beginnings(knowledge: Knowledge, query: Query) -> Texts:
    """Return the rows whose texts have words that begin so, which may be all that have the words themselves."""
    if not _are_beginnings(query.telling):
        return {}
    return _texts(knowledge, matching(knowledge, query, MOST_TEXTS, of_names=False, prefix=True))


def _are_beginnings(terms: Sequence[QueryTerm]) -> bool:
    """Return whether any of these begins a longer word in some text of the show, known or not.

    If not, there is nothing to find that was not found by the words themselves. This is answered in no time, and to
    look for words that begin so a database reads all entries of the show that have such words.
    """
    last = [term.words[-1] for term in terms if not term.quoted]
    if not all(map(str.isascii, last)):
        return True  # a database may take a word in a younger script for two
    longer = 'EXISTS (SELECT 1 FROM "characters_search_vocabulary" WHERE "term" > %s AND "term" < %s)'
    bounds = [bound for word in last for bound in (f"{word}\x01", f"{word}{LAST_CHARACTER}")]
    return any(fetched(f"SELECT {', '.join([longer] * len(last))}", bounds)[0]) if last else False


def _texts(knowledge: Knowledge, condition: Condition) -> Texts:
    which, params = condition
    entries = known_entries(knowledge.progress, "characters_searchentry")
    rows = fetched(
        f'SELECT "kind", "row", "revealed_in_id", {TELLING_WORDS} FROM "characters_searchentry"'  # noqa: S608
        f' WHERE {entries.sql} AND {which} ORDER BY "id" DESC LIMIT %s',
        [*entries.params, *params, MOST_TEXTS],
    )
    by_kind: dict[str, dict[UUID, FoundText]] = defaultdict(dict)
    for entry, row, episode, words in rows:
        by_kind[entry][as_uuid(row)] = FoundText(episode, words)
    return {kind_of_entry(entry): found for entry, found in by_kind.items()}


# For tests and the bench, which look beneath the page


def in_index(knowledge: Knowledge, text: str) -> tuple[list[Any], list[Any]]:
    """Return the rows that a query finds, in the order of the index: names with their rank, texts by kind."""
    query = parse(text)
    texts: Texts = {}
    if query.wanted:
        texts = find_texts(knowledge, query) or find_beginnings(knowledge, query)
    rows = [(kind.entry, [(row, text.episode) for row, text in found.items()]) for kind, found in texts.items()]
    return names_in_index(knowledge, text), rows


def names_in_index(knowledge: Knowledge, text: str) -> list[tuple[UUID, Rank]]:
    """Return the names that a query finds, with their rank."""
    query = parse(text)
    return [(name.row, name.rank) for name in find_names(knowledge, query, MOST_NAMES)] if query.wanted else []


def suggested(knowledge: Knowledge, text: str) -> list[tuple[UUID, Rank]]:
    """Return the names from which suggestions are made, with their rank."""
    return [(name.row, name.rank) for name in find_names(knowledge, parse(text), MOST_SUGGESTIONS * 3)]


# Conditions

TELLING = ", ".join(f"'{kind.entry}'" for kind in (TRAIT, RELATIONSHIP, *TAGGINGS))
TELLING_WORDS = f'CASE WHEN "kind" IN ({TELLING}) THEN "words" ELSE \'\' END'


def _exactly(knowledge: Knowledge, words: Words) -> Condition:
    keys = _reached("id", knowledge.progress)
    return f'"is_name" AND "words" = %s AND {keys.sql}', [_words_of_whole(words), *keys.params]


def _words_of_whole(words: Words) -> str:
    """Return what the index holds of a name that has these words and no others."""
    return " ".join(words + joined(words))


def _reached(column: str, progress: int) -> Which:
    """Return the condition that a key in the index, which begins with a place, is of one that a viewer has reached."""
    first = Which(f'"{column}" < %s', (SearchEntry.ceiling(int(progress)),))
    if not (second := second_of(progress)):
        return first
    return first | _on_second_axis(column, second)


def _on_second_axis(column: str, second: int) -> Which:
    return Which(f'"{column}" >= %s AND "{column}" < %s', SearchEntry.second_range(second))


def _beginning(knowledge: Knowledge, plain: str, most: int) -> Condition:
    if connection.vendor == "postgresql":
        keys = _reached("id", knowledge.progress)
        return f'"is_name" AND "words" LIKE %s AND {keys.sql}', [f"{plain}%", *keys.params]
    return _in_fts("characters_search_names", f'^ "{plain}" *', knowledge.progress, most)


def matching(knowledge: Knowledge, query: Query, most: int, *, of_names: bool, prefix: bool) -> Condition:
    """Return the condition for entries of names or of texts that hold the words of a query."""
    terms = list(spellings(query.wanted)) if of_names else [(term,) for term in query.telling]
    if connection.vendor == "postgresql":
        wanted = " & ".join(f"({' | '.join(_tsquery(each, prefix) for each in term)})" for term in terms)
        unwanted = "".join(f" & !({_tsquery(term, prefix=False)})" for term in query.unwanted)
        # The gate once more, by the key that sorts: or else the planner may walk all names of the show in its order.
        keys = _reached("id", progress := knowledge.progress)
        gate = SearchEntry.gate_word(progress)
        if second := second_of(progress):
            gate = f"{gate} | {SearchEntry.second_gate_word(second)}"
        return (
            f'{"" if of_names else "NOT "}"is_name" AND "vector" @@ (to_tsquery(\'simple\', %s) && %s::tsquery)'
            f" AND {keys.sql}",
            [wanted + unwanted, gate, *keys.params],
        )
    wanted = " AND ".join(f"({' OR '.join(_fts(each, prefix) for each in term)})" for term in terms)
    unwanted = "".join(f" NOT {_fts(term, prefix=False)}" for term in query.unwanted)
    table = "characters_search_names" if of_names else "characters_search_texts"
    return _in_fts(table, f"({wanted}){unwanted}", knowledge.progress, most)


def _in_fts(table: str, expression: str, progress: int, most: int) -> Condition:
    """Return the condition that asks SQLite's full-text table, whose row ids begin with the episode.

    Each axis is asked by itself, as the table finds a range of row ids and no two of them.
    """
    ranges = [Which('"rowid" < %s', (SearchEntry.ceiling(int(progress)),))]
    if second := second_of(progress):
        ranges.append(_on_second_axis("rowid", second))
    found = [
        f'"id" IN (SELECT "rowid" FROM "{table}" WHERE "{table}" MATCH %s AND {rows.sql}'  # noqa: S608 - one of two
        ' ORDER BY "rowid" DESC LIMIT %s)'
        for rows in ranges
    ]
    params = [param for rows in ranges for param in (expression, *rows.params, most)]
    return (found[0] if len(found) == 1 else f"({' OR '.join(found)})"), params


def _tsquery(term: QueryTerm, prefix: bool) -> str:
    """Return a term for PostgreSQL. Words are letters and digits alone, so nothing in them needs escaping."""
    return " <-> ".join(f"'{word}'" for word in term.words) + (":*" if prefix and not term.quoted else "")


def _fts(term: QueryTerm, prefix: bool) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if prefix and not term.quoted else "")
