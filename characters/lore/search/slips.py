"""Correct a query by the nearest visible names."""

from django.db.models import StringAgg, Value
from rapidfuzz import process
from rapidfuzz.distance import OSA

from characters.lore.knowledge import Knowledge
from characters.lore.statements import fetched
from characters.models import Alias
from characters.text.words import Query, QueryTerm, name_parts, parse, parts_of_names

from .index import AS_OF, matching


def respelled(knowledge: Knowledge, query: Query, *, keeping_others: bool = False) -> Query | None:
    """Return the query with each word replaced by the nearest word of a visible name; None if that changes nothing.

    With `keeping_others` a word that is near to none stays; without it there is no correction then. Both databases
    follow the same rule.
    """
    if not query.is_plain:
        return None
    parts = name_parts(query.text)
    if all(part.isascii() and _is_in_a_name(knowledge, part) for part in parts):
        return None  # the names of two, say: nothing to look for
    # In one piece: row by row it would take longer than the comparing.
    names = Alias.objects.as_of(knowledge.progress).aggregate(all=StringAgg("name", Value("\n")))["all"] or ""
    known = parts_of_names(names)
    words = []
    for part in parts:
        nearest = part if part in known else _nearest(part, known)
        if nearest is None and not keeping_others:
            return None
        words.append(nearest or part)
    return parse(" ".join(words)) if words and tuple(words) != parts else None


def _is_in_a_name(knowledge: Knowledge, word: str) -> bool:
    which, params = matching(knowledge, Query(word, (QueryTerm((word,)),)), 1, of_names=True, prefix=False)
    sql = f'SELECT 1 FROM "characters_searchentry" WHERE {AS_OF} AND {which} LIMIT 1'  # noqa: S608 - our own
    return bool(fetched(sql, [knowledge.progress, *params]))


def _nearest(word: str, known: set[str]) -> str | None:
    """Return the word at most one slip away, in longer words two; of equally near ones that which begins alike."""
    most = 0 if len(word) < 3 else 1 if len(word) < 6 else 2
    near = process.extract(word, known, scorer=OSA.distance, score_cutoff=most, limit=None)
    return min(((slips, other[0] != word[0], other) for other, slips, _ in near), default=(None,))[-1]
