"""What is asked, and the plain SQL that the same question needs at least.

The statements find the same rows as the site, and read what it must read to show them: `tests/test_bench.py` compares
the rows. They return bare rows; the site makes frozen values of them, with merged personas and marked words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import QueryDict

from characters.lore import Lore
from characters.lore.search import index
from characters.lore.statements import placeholders

from .show import words

COMMON = " ".join((words()[20], words()[45]))
BEGINNING = words()[302][:3]  # of names that are known in episode 10 already
TAG = "tag-7"
LISTED = 60
SUGGESTED = 8
GROUPS = 20


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    site: Callable[[int], Any]  # the part of the site that answers it, at some progress
    least: Callable[[int], Any]


def rows(sql: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


# Texts


def texts(progress: int) -> list[Any]:
    """The newest passages with both words."""
    if connection.vendor == "sqlite":
        return rows(
            "SELECT e.kind, e.row, e.revealed_in_id FROM characters_searchentry e WHERE e.id IN"
            " (SELECT rowid FROM characters_search_texts WHERE characters_search_texts MATCH %s AND rowid < %s"
            f" ORDER BY rowid DESC LIMIT {index.MOST_TEXTS}) ORDER BY e.id DESC",
            " AND ".join(COMMON.split()),
            (progress + 1) << 48,
        )
    return rows(
        "SELECT kind, row, revealed_in_id FROM characters_searchentry WHERE NOT is_name AND revealed_in_id <= %s"
        f" AND vector @@ (to_tsquery('simple', %s) && %s::tsquery) ORDER BY id DESC LIMIT {index.MOST_TEXTS}",
        progress,
        " & ".join(COMMON.split()),
        f"'@{progress.bit_length()}'",
    )


def names_and_texts(progress: int) -> tuple[list[Any], list[Any]]:
    return names(progress, COMMON, 60), texts(progress)


def search_page(progress: int) -> list[Any]:
    """Whom the passages are about, the newest first; the passages of the first twenty, and how those are called."""
    _, found = names_and_texts(progress)
    traits = [row for kind, row, _ in found if kind == "trait"] or [None]
    revelations = [row for kind, row, _ in found if kind == "revelation"] or [None]
    about = rows(
        f"SELECT id, character_id FROM characters_trait WHERE id IN ({placeholders(traits)})"
        " UNION ALL SELECT revelation_id, character_id FROM characters_revelation_characters"
        f" WHERE revelation_id IN ({placeholders(revelations)})",
        *traits,
        *revelations,
    )
    since = {row: episode for _, row, episode in found}
    about.sort(key=lambda pair: -since[pair[0]])
    shown = list(dict.fromkeys(who for _, who in about))[:GROUPS]
    passages = [row for row, who in about if who in set(shown)] or [None]
    told = rows(
        f"SELECT id, value FROM characters_trait WHERE id IN ({placeholders(passages)})"
        f" UNION ALL SELECT id, text FROM characters_revelation WHERE id IN ({placeholders(passages)})",
        *passages,
        *passages,
    )
    return told + _faces(shown, progress)


# Names


def names(progress: int, text: str, most: int) -> list[Any]:
    """The newest names that are this, begin so, or hold words that begin so; and whose they are."""
    ways = _name_entries(connection.vendor, most)
    words, ceiling = text.split(), (progress + 1) << 48
    asked = {
        "sqlite": [text, f'^ "{text}" *', " AND ".join(f'"{word}" *' for word in words)],
        "postgresql": [text, f"{text}%", " & ".join(f"{word}:*" for word in words)],
    }[connection.vendor]
    gate = [f"'@{progress.bit_length()}'"] if connection.vendor == "postgresql" else []
    return rows(
        "SELECT found.rank, a.id, a.name, a.character_id, a.faction_id, a.revealed_in_id"
        f" FROM ({ways}) AS found JOIN characters_alias a ON a.id = found.row ORDER BY found.rank, found.id DESC",
        *(asked[0], ceiling),
        *(asked[1], ceiling),
        *(asked[2], *gate, ceiling),
    )


def _name_entries(vendor: str, most: int) -> str:
    exact = "is_name AND words = %s AND id < %s"
    if vendor == "sqlite":
        begins = word = (
            "id IN (SELECT rowid FROM characters_search_names WHERE characters_search_names MATCH %s AND rowid < %s"
            f" ORDER BY rowid DESC LIMIT {most})"
        )
    else:
        begins = "is_name AND words LIKE %s AND id < %s"
        word = "is_name AND vector @@ (to_tsquery('simple', %s) && %s::tsquery) AND id < %s"
    return " UNION ALL ".join(
        f"SELECT * FROM (SELECT {rank} AS rank, id, row FROM characters_searchentry WHERE {which}"
        f" ORDER BY id DESC LIMIT {most}) AS found_{rank}"
        for rank, which in enumerate((exact, begins, word))
    )


def suggested(progress: int) -> list[Any]:
    return names(progress, BEGINNING, SUGGESTED * 3)


def suggested_faces(progress: int) -> list[Any]:
    """And how their bearers are called, addressed and pictured."""
    found = suggested(progress)
    return found + _faces(list({row[3] for row in found if row[3]}), progress)


def _faces(subjects: list[Any], progress: int) -> list[Any]:
    """With who is known to be whom, which decides about all of these."""
    identities = dict(
        rows("SELECT persona_id, identity_id FROM characters_unmasking WHERE revealed_in_id <= %s", progress)
    )
    subjects = [*subjects, *(identities[who] for who in subjects if who in identities)] or [None]
    these = placeholders(subjects)
    return rows(
        f"SELECT id, public_id, 0 FROM characters_character WHERE id IN ({these})"
        " UNION ALL SELECT character_id, name, revealed_in_id FROM characters_alias"
        f" WHERE headline AND revealed_in_id <= %s AND character_id IN ({these})"
        " UNION ALL SELECT character_id, value, revealed_in_id FROM characters_trait"
        f" WHERE attribute = 'colour' AND revealed_in_id <= %s AND character_id IN ({these})"
        " UNION ALL SELECT character_id, image, revealed_in_id FROM characters_portrait"
        f" WHERE revealed_in_id <= %s AND character_id IN ({these})",
        *subjects,
        *(progress, *subjects),
        *(progress, *subjects),
        *(progress, *subjects),
    )


# Lists

RUNNING = "revealed_in_id <= {n} AND (ended_in_id IS NULL OR ended_in_id > {n})"
# Grouped by expressions, or else SQLite would read the whole show in the order of an index.
COUNTED = {  # by each filter of the list: the table, whose it is, and by what one chooses; personas are not merged here
    "species and status": (
        "SELECT attribute, value, count(DISTINCT character_id) FROM characters_trait"
        " WHERE attribute IN ('species', 'status', 'voice_actor', 'voice_actor_en') AND revealed_in_id <= {n}"
        " AND character_id IN ({among}) GROUP BY attribute, value"
    ),
    **{
        name: f"SELECT coalesce({value}, {value}), count(DISTINCT {who}) FROM {table} WHERE {RUNNING}"
        f" AND {who} IN ({{among}}) GROUP BY coalesce({value}, {value})"
        for name, table, who, value in (
            ("faction", "characters_membership", "character_id", "faction_id"),
            ("role", "characters_membership", "character_id", "role"),
            ("relation", "characters_relationship", "source_id", "kind"),
            ("relation from the other side", "characters_relationship", "target_id", "kind"),
        )
    },
    # The tags themselves are counted as if no tag were chosen.
    "tag": (
        "SELECT coalesce(tag_id, tag_id), count(DISTINCT content_object_id) FROM characters_charactertag"
        f" WHERE {RUNNING} GROUP BY coalesce(tag_id, tag_id)"
    ),
    "first": (
        "SELECT revealed_in_id, count(*) FROM characters_character WHERE id IN ({among}) GROUP BY revealed_in_id"
    ),
}


def tagged(progress: int) -> list[Any]:
    """Who bears a tag, by name, and how many there are."""
    return rows(
        "SELECT c.id, max(a.name), count(*) OVER () FROM characters_character c"
        " JOIN characters_alias a ON a.character_id = c.id AND a.headline AND a.revealed_in_id <= %s"
        " WHERE c.revealed_in_id <= %s AND EXISTS (SELECT 1 FROM characters_charactertag t"
        " JOIN characters_tag g ON g.id = t.tag_id WHERE t.content_object_id = c.id AND g.slug = %s"
        " AND t.revealed_in_id <= %s AND (t.ended_in_id IS NULL OR t.ended_in_id > %s))"
        f" GROUP BY c.id, c.public_id ORDER BY lower(max(a.name)) LIMIT {LISTED}",
        progress,
        progress,
        TAG,
        progress,
        progress,
    )


def filtered_list(progress: int) -> list[Any]:
    """And their faces, and how many there would be with each other choice."""
    found = tagged(progress)
    among = (
        "SELECT t.content_object_id FROM characters_charactertag t JOIN characters_tag g ON g.id = t.tag_id"
        f" WHERE g.slug = '{TAG}' AND t.revealed_in_id <= {progress:d}"
        f" AND (t.ended_in_id IS NULL OR t.ended_in_id > {progress:d})"
    )
    counts = [row for sql in COUNTED.values() for row in rows(sql.format(n=int(progress), among=among))]
    return found + counts + _faces([who for who, _, _ in found], progress)


QUESTIONS = (
    Question("two words, in the index", lambda progress: index.in_index(Lore(progress), COMMON), names_and_texts),
    Question("two words, the page", lambda progress: Lore(progress).search(COMMON), search_page),
    Question("suggestions, in the index", lambda progress: index.suggested(Lore(progress), BEGINNING), suggested),
    Question("suggestions, the list", lambda progress: Lore(progress).suggest(BEGINNING), suggested_faces),
    Question(
        "a filtered list",
        lambda progress: Lore(progress).subjects("characters", 1, QueryDict(f"tag={TAG}")),
        filtered_list,
    ),
)
