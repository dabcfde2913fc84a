"""What is asked, and the plain SQL that the same question needs at least."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import QueryDict

from characters import search
from characters.lore import Lore

from .show import words

COMMON = " ".join((words()[20], words()[45]))
BEGINNING = words()[300][:3]
TAG = "tag-7"


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    site: Callable[[int], Any]  # the part of the site that answers it, at some progress
    least: Callable[[int], Any]


def rows(sql: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _ids(sql: str, *params: Any) -> tuple[Any, ...]:
    return tuple(row[0] for row in rows(sql, *params))


def _holes(values: tuple[Any, ...]) -> str:
    return ", ".join(["%s"] * len(values))


def texts(progress: int) -> list[Any]:
    """The newest passages with both words."""
    if connection.vendor == "sqlite":
        return rows(
            "SELECT e.kind, e.row FROM characters_searchentry e WHERE e.id IN"
            " (SELECT rowid FROM characters_search_texts WHERE characters_search_texts MATCH %s AND rowid < %s"
            " ORDER BY rowid DESC LIMIT 300) ORDER BY e.id DESC",
            " AND ".join(COMMON.split()),
            (progress + 1) << 48,
        )
    return rows(
        "SELECT kind, row FROM characters_searchentry WHERE NOT is_name AND revealed_in_id <= %s"
        " AND vector @@ to_tsquery('simple', %s) ORDER BY id DESC LIMIT 300",
        progress,
        " & ".join(COMMON.split()),
    )


def texts_with_subjects(progress: int) -> list[Any]:
    """The passages themselves, and the names that their subjects have by then."""
    found = texts(progress)
    traits = tuple(row for kind, row in found if kind == "trait") or (None,)
    revelations = tuple(row for kind, row in found if kind == "revelation") or (None,)
    told = rows(f"SELECT value, character_id FROM characters_trait WHERE id IN ({_holes(traits)})", *traits)
    told += rows(f"SELECT text, id FROM characters_revelation WHERE id IN ({_holes(revelations)})", *revelations)
    concerned = rows(
        "SELECT revelation_id, character_id FROM characters_revelation_characters"
        f" WHERE revelation_id IN ({_holes(revelations)})",
        *revelations,
    )
    subjects = tuple({who for _, who in told} | {who for _, who in concerned})
    return told + concerned + _headlines(subjects, progress)


def names(progress: int) -> tuple[Any, ...]:
    """Who bears the newest names with a word that begins so."""
    if connection.vendor == "sqlite":
        return _ids(
            "SELECT a.character_id FROM characters_searchentry e JOIN characters_alias a ON a.id = e.row WHERE e.id IN"
            " (SELECT rowid FROM characters_search_names WHERE characters_search_names MATCH %s AND rowid < %s"
            " ORDER BY rowid DESC LIMIT 24)",
            f'"{BEGINNING}" *',
            (progress + 1) << 48,
        )
    return _ids(
        "SELECT a.character_id FROM characters_searchentry e JOIN characters_alias a ON a.id = e.row"
        " WHERE e.is_name AND e.revealed_in_id <= %s AND e.vector @@ to_tsquery('simple', %s)"
        " ORDER BY e.id DESC LIMIT 24",
        progress,
        f"{BEGINNING}:*",
    )


def names_with_bearers(progress: int) -> list[Any]:
    """And how their bearers are called and addressed."""
    return _headlines(names(progress) or (None,), progress)


def _headlines(subjects: tuple[Any, ...], progress: int) -> list[Any]:
    return rows(
        "SELECT c.id, c.public_id, a.name FROM characters_character c JOIN characters_alias a ON a.character_id = c.id"
        f" WHERE c.id IN ({_holes(subjects)}) AND a.headline AND a.revealed_in_id <= %s ORDER BY a.revealed_in_id",
        *subjects,
        progress,
    )


def tagged(progress: int) -> list[Any]:
    """Who bears a tag, by name, and how many there are."""
    return rows(
        "SELECT c.public_id, max(a.name), count(*) OVER () FROM characters_character c"
        " JOIN characters_alias a ON a.character_id = c.id AND a.headline AND a.revealed_in_id <= %s"
        " WHERE c.revealed_in_id <= %s AND EXISTS (SELECT 1 FROM characters_charactertag t"
        " JOIN characters_tag g ON g.id = t.tag_id WHERE t.content_object_id = c.id AND g.slug = %s"
        " AND t.revealed_in_id <= %s AND (t.ended_in_id IS NULL OR t.ended_in_id > %s))"
        " GROUP BY c.id, c.public_id ORDER BY lower(max(a.name)) LIMIT 60",
        progress,
        progress,
        TAG,
        progress,
        progress,
    )


QUESTIONS = (
    Question("two words, in the index", lambda progress: search.in_index(Lore(progress), COMMON), texts),
    Question("two words, the page", lambda progress: Lore(progress).search(COMMON), texts_with_subjects),
    Question("suggestions, in the index", lambda progress: search.names_in_index(Lore(progress), BEGINNING), names),
    Question("suggestions, the list", lambda progress: Lore(progress).suggest(BEGINNING), names_with_bearers),
    Question("a filtered list", lambda progress: Lore(progress).characters(1, QueryDict(f"tag={TAG}")), tagged),
)
