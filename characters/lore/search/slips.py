"""Correct a query by the nearest visible names."""

from collections.abc import Set
from dataclasses import dataclass

from django.db import connection

from characters.lore.kept import kept
from characters.lore.knowledge import Knowledge
from characters.lore.statements import fetched
from characters.text.fitting import near_words
from characters.text.words import FILLERS, Query, name_parts, parse, parts_as_typed, parts_of_names
from episodes.known import known_rows

BYTES_OF_PART = 120  # two short strings and their places in a dictionary, by a measurement


@dataclass(frozen=True, slots=True)
class KnownParts:
    """The words of visible names, each with a spelling of it."""

    spellings: dict[str, str]

    @property
    def size(self) -> int:
        return BYTES_OF_PART * len(self.spellings)


def respelled(knowledge: Knowledge, query: Query, *, keeping_others: bool = False) -> Query | None:
    """Return the query with each word replaced by the nearest word of a visible name, as it is written there.

    None if that changes nothing. With `keeping_others` a word that is near to none stays; without it there is no
    correction then. Both databases follow the same rule.
    """
    if not query.is_plain:
        return None
    parts = name_parts(query.text)
    known = kept(knowledge, "words of names", lambda: KnownParts(parts_of_names(_names(knowledge)))).spellings
    # A small word of a name (“in”) is none that anybody means by another.
    offered = known.keys() - FILLERS
    nearest = [part if part in known else _nearest(part, offered) for part in parts]
    if None in nearest and not keeping_others:
        return None
    if all(near in (None, part) for near, part in zip(nearest, parts, strict=True)):
        return None
    typed = parts_as_typed(query.text)
    return parse(" ".join(known[near] if near else word for near, word in zip(nearest, typed, strict=True)))


def _names(knowledge: Knowledge) -> str:
    """Return all visible names in one piece: row by row it would take longer than the comparing."""
    joined = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    known = known_rows(knowledge.progress, "characters_alias")
    ((names,),) = fetched(
        f'SELECT {joined}("name", %s) FROM "characters_alias" WHERE {known.sql}',  # noqa: S608 - our own
        ["\n", *known.params],
    )
    return names or ""


def _nearest(word: str, known: Set[str]) -> str | None:
    """Return the word at most one slip away, in longer words two; of equally near ones that which begins alike."""
    return min(((slips, other[0] != word[0], other) for other, slips in near_words(word, known)), default=(None,))[-1]
