"""The gated queries behind the pages. Each takes a progress and returns plain rows."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import cache, reduce
from itertools import batched
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from characters.kinds import CHARACTER, SUBJECTS, Kind, tagging_of
from characters.models import (
    Alias,
    Character,
    Membership,
    Portrait,
    Relationship,
    Revelation,
    Tag,
    Trait,
    Unmasking,
)
from characters.models.owned import OWNERS
from characters.vocabulary import KnownWord
from episodes.axes import second_of
from episodes.known import (
    began_after,
    began_within,
    current_rows,
    ended_within,
    is_reached,
    is_read,
    is_read_by_now,
    known_end,
    known_rows,
    place_ended,
    place_of_end,
    stands,
)
from episodes.models import Episode, Series

from .statements import ALL, NONE, Which, among, as_uuid, fetched, placeholders, read
from .statements import Row as Row  # most who ask for rows name their type

WORD_COLUMNS = (
    "section",
    "key",
    "label",
    "reverse",
    "sentence",
    "bond",
    "spoken_in",
    "goes_on",
    "single",
    "left_out",
)
OWNER = f"COALESCE({', '.join(f'"{name}_id"' for name in OWNERS)})"
IDS_AT_ONCE = 2_000

BEARERS_SQL = (
    'SELECT \'{kind}\', "name", "slug", "content_object_id" FROM "{table}"'
    ' INNER JOIN "characters_tag" ON "characters_tag"."id" = "tag_id"'
    " WHERE {current} AND {which}"
)
TAGS_SQL = (
    'SELECT "content_object_id", "name", {until}, {place} FROM "{table}"'
    ' INNER JOIN "characters_tag" ON "characters_tag"."id" = "tag_id"'
    " WHERE {known} AND {over}"
)
ROOT_COUNT_SQL = (
    'SELECT COUNT(*) FROM "characters_character" WHERE {known} AND NOT EXISTS'
    ' (SELECT 1 FROM "characters_unmasking" WHERE {unmasked} AND "persona_id" = "characters_character"."id")'
)
REVELATION_COUNTS_SQL = (
    'SELECT {place}, COUNT(*) FROM "characters_revelation" WHERE {known} AND {began} GROUP BY {place}'
)
CONCERNED_SQL = (
    'SELECT "revelation_id", "{kind}_id" FROM "{through}"'
    ' INNER JOIN "characters_revelation" ON "characters_revelation"."id" = "revelation_id"'
    " WHERE {known} AND {began}"
)
# With the words of the vocabulary that come with each, as every page needs both.
EPISODES_SQL = (
    'SELECT "number", "episodes_episode"."label", "season", "kind", "aired_on",'  # noqa: S608 - our own
    " CASE WHEN {watched} THEN \"title\" ELSE '' END, CASE WHEN {watched} THEN \"native_title\" ELSE '' END,"
    f' {", ".join(f'"characters_word"."{name}"' for name in WORD_COLUMNS)} FROM "episodes_episode"'
    ' LEFT JOIN "characters_word" ON {place} = "number" AND {known_words}'
    ' ORDER BY "number", "characters_word"."position", "characters_word"."key"'
)
FORMER_ADDRESS_SQL = (
    'SELECT "{kind}_id" FROM "characters_formeraddress" WHERE {known} AND "address" = %s AND "{kind}_id" IS NOT NULL'
)
CREDITS_SQL = (
    'SELECT "number", "writers", "directors" FROM "episodes_episode" WHERE {watched} AND "number" IN ({numbers})'
    ' ORDER BY "number"'
)
KEYS_SQL = 'SELECT "key", "id" FROM "{table}" WHERE {known} AND "key" IN ({placeholders})'


# Ends: an end is gated by itself, so until it is known there is none.


def with_known_end(progress: int, model: type[Any]) -> QuerySet[Any]:
    """Return the visible rows of a model whose rows can end, with the end as `until` where it is known."""
    return model.objects.as_of(progress).annotate(until=place_of_end(progress))


def current(progress: int, model: type[Any]) -> QuerySet[Any]:
    """Return the rows that have not ended, as far as is known."""
    return with_known_end(progress, model).filter(until__isnull=True)


def ended(progress: int, model: type[Any]) -> QuerySet[Any]:
    """Return the rows that have ended, as far as is known, with their end as `until`."""
    return with_known_end(progress, model).filter(until__isnull=False)


# The show and its episodes


def series() -> Row | None:
    """Return the show, all of which is public."""
    show: Any = Series.objects.values()[:1]
    return next(iter(show), None)


def synopses(progress: int, numbers: Iterable[int]) -> list[Row]:
    """Return the number and the synopsis of those episodes that have been watched."""
    wanted = [number for number in numbers if is_reached(number, progress)]
    return [
        {"number": number, "synopsis": synopsis}
        for some in batched(wanted, IDS_AT_ONCE)
        for number, synopsis in fetched(
            f'SELECT "number", "synopsis" FROM "episodes_episode" WHERE "number" IN ({placeholders(some)})'  # noqa: S608
            ' ORDER BY "number"',
            some,
        )
    ]


def credited_episodes(progress: int) -> list[int]:
    """Return the episodes that have been watched and whose makers are named, in order."""
    watched = Episode.objects.filter(is_read_by_now(progress)).exclude(writers=[], directors=[])
    return list(watched.order_by("number").values_list("number", flat=True))


def episode_credits(progress: int, numbers: Sequence[int]) -> list[Row]:
    """Return who made some of the episodes that have been watched, in order."""
    watched = is_read(progress)
    sql = CREDITS_SQL.format(watched=watched.sql, numbers=placeholders(numbers))
    return [
        {"number": number, "writers": json.loads(writers), "directors": json.loads(directors)}
        for number, writers, directors in (fetched(sql, [*watched.params, *numbers]) if numbers else ())
    ]


def episodes_and_words(progress: int) -> tuple[list[Row], list[KnownWord]]:
    """Return all episodes in order with what is public of them, and the words of the vocabulary that are known.

    The title of an episode is empty unless it is watched.
    """
    known_words, watched = known_rows(progress, "characters_word"), is_read(progress)
    place = stands(progress, "characters_word")
    sql = EPISODES_SQL.format(known_words=known_words.sql, watched=watched.sql, place=place)
    rows = fetched(sql, [*watched.params, *watched.params, *known_words.params])
    words = [
        KnownWord(**dict(zip(WORD_COLUMNS, row[7:], strict=True)), known_in=row[0])
        for row in rows
        if row[7] is not None
    ]
    return [_episode(*row[:7]) for row in {row[0]: row for row in rows}.values()], words


def _episode(
    number: int, label: str, season: str, kind: str, aired_on: str | date | None, title: str, native_title: str
) -> Row:
    return {
        "number": number,
        "label": label,
        "season": season,
        "kind": kind,
        "aired_on": date.fromisoformat(aired_on) if isinstance(aired_on, str) else aired_on,  # SQLite has no dates
        "title": title,
        "native_title": native_title,
    }


# Characters, factions and other subjects


def visible(progress: int, kind: Kind) -> QuerySet[Any]:
    """Return the rows of a kind that are known."""
    model: Any = kind.model
    return model.objects.as_of(progress)


def id_of(progress: int, kind: Kind, public_id: str) -> UUID | None:
    """Return the id behind a public id, or None for what is unknown and what is not known yet alike."""
    ids = ids_of(progress, kind, Which('"public_id" = %s', (public_id,))) or _id_of_former(progress, kind, public_id)
    return next(iter(ids), None)


def _id_of_former(progress: int, kind: Kind, public_id: str) -> list[UUID]:
    """Return the id of whom somebody was merged into who had this public id, and was known as that by then."""
    known = known_rows(progress, "characters_formeraddress")
    sql = FORMER_ADDRESS_SQL.format(kind=kind.name, known=known.sql)
    return [as_uuid(key) for (key,) in fetched(sql, [*known.params, public_id])]


def ids_of_keys(progress: int, keys: Iterable[str]) -> dict[str, UUID]:
    """Return the ids of those known subjects, of whatever kind, that texts mention by these keys."""
    by_key: dict[str, UUID] = {}
    for some in batched(keys, IDS_AT_ONCE):
        arms, params = [], []
        for kind in SUBJECTS:
            known = known_rows(progress, table := kind.model._meta.db_table)
            arms.append(KEYS_SQL.format(table=table, known=known.sql, placeholders=placeholders(some)))
            params += [*known.params, *some]
        by_key.update((key, as_uuid(subject)) for key, subject in fetched(" UNION ALL ".join(arms), params))
    return by_key


def root_characters(progress: int) -> QuerySet[Character]:
    """Return the characters that are not known to be somebody else."""
    unmasked = Unmasking.objects.as_of(progress).filter(persona=OuterRef("pk"))
    return Character.objects.as_of(progress).filter(~Exists(unmasked))


def subjects(progress: int, kind: Kind, ids: Iterable[UUID]) -> list[Row]:
    """Return the public id and the first episode of some subjects."""
    return _known(progress, kind.model, {"id": '"id"', "public_id": '"public_id"'}, among("id", ids), '"key"')


def ids_of(progress: int, kind: Kind, which: Which) -> list[UUID]:
    """Return the ids of the known subjects of a kind that meet a condition."""
    return [row["id"] for row in _known(progress, kind.model, {"id": '"id"'}, which, '"key"')]


def root_count(progress: int) -> int:
    """Return how many characters are known that are not known to be somebody else."""
    known, unmasked = (known_rows(progress, f"characters_{name}") for name in ("character", "unmasking"))
    sql = ROOT_COUNT_SQL.format(known=known.sql, unmasked=unmasked.sql)
    [(count,)] = fetched(sql, [*known.params, *unmasked.params])
    return int(count)


# What hangs on them. By hand, as most of what a page takes would be Django's making of these statements.


def owned_by(subjects: Iterable[UUID]) -> Which:
    """Return the condition that a row belongs to one of these subjects, of whatever kind."""
    first, *others = (among(f"{name}_id", subjects) for name in OWNERS)
    return reduce(or_, others, first)


def with_attribute(attributes: Collection[str]) -> Which:
    """Return the condition that a trait says one of these things."""
    keys = tuple(map(str, sorted(attributes)))
    if not keys:
        return NONE
    return Which(f'"attribute" IN ({placeholders(keys)})', keys)


def names(progress: int, which: Which) -> list[Row]:
    """Return names in the order in which they came up."""
    columns = {"owner_id": OWNER, "name": '"name"', "kind": '"kind"', "language": '"language"'}
    return _known(progress, Alias, columns, which, '"revealed_in_id", "name"')


def traits(progress: int, which: Which) -> list[Row]:
    """Return traits in the order in which they came up."""
    columns = {"owner_id": OWNER, "attribute": '"attribute"', "value": '"value"'}
    return _known(progress, Trait, columns, which, '"revealed_in_id", "value"')


def tags(progress: int, model: type[Any], which: Which) -> list[Row]:
    """Return who bears or bore which tag."""
    columns = {"owner_id": '"content_object_id"', "tag__name": '"name"', "tag__slug": '"slug"'}
    tag = f'INNER JOIN "{Tag._meta.db_table}" ON "{Tag._meta.db_table}"."id" = "tag_id"'
    return _known(progress, model, columns, which, '"name", "revealed_in_id"', join=tag, ends=True)


def tags_dropped(progress: int, since: int, until: int) -> list[Row]:
    """Return who has lost which tag after one episode and by another."""
    dropped = ended_within(since, until)
    arms, params = [], []
    for kind in SUBJECTS:
        known = known_rows(progress, table := tagging_of(kind)._meta.db_table)
        until_and_place = {"until": place_ended(progress), "place": stands(progress, table)}
        arms.append(TAGS_SQL.format(table=table, known=known.sql, over=dropped.sql, **until_and_place))
        params += [*known.params, *dropped.params]
    return read(("owner_id", "tag__name", "until", "revealed_in_id"), " UNION ALL ".join(arms), params)


def bearers(progress: int, which: Which = ALL) -> list[tuple[str, str, str, UUID]]:
    """Return who bears which tag as far as is known: the kind, the tag's name and slug, and who."""
    arms, params = [], []
    for kind in SUBJECTS:
        current = current_rows(progress, table := tagging_of(kind)._meta.db_table)
        arms.append(BEARERS_SQL.format(kind=kind.name, table=table, current=current.sql, which=which.sql))
        params += [*current.params, *which.params]
    rows = fetched(" UNION ALL ".join(arms), params)
    return [(kind, name, tag, as_uuid(subject)) for kind, name, tag, subject in rows]


def tagged(slug: str) -> Which:
    """Return the condition that somebody bears a tag."""
    return Which('"slug" = %s', (slug,))


def is_tag(keys: Iterable[int]) -> Which:
    """Return the condition that somebody bears one of these tags."""
    there = tuple(keys) or (0,)  # a condition in any case: who asks for a tag that never was waits as long
    return Which(f'"tag_id" IN ({placeholders(there)})', there)


def memberships(progress: int, which: Which) -> list[Row]:
    """Return who belongs or belonged to which faction."""
    columns = {"character_id": '"character_id"', "faction_id": '"faction_id"', "role": '"role"'}
    return _known(progress, Membership, columns, which, '"revealed_in_id", "role"', ends=True)


def relationships(progress: int, which: Which) -> list[Row]:
    """Return who is or was tied to whom."""
    columns = {name: f'"{name}"' for name in ("source_id", "target_id", "kind", "certainty")}
    return _known(progress, Relationship, columns, which, '"revealed_in_id", "kind"', ends=True)


def portraits(progress: int, which: Which) -> list[Row]:
    """Return pictures with all that is shown of them."""
    shown = ("image", "width", "height", "alt_text", "caption", "credit", "licence")
    in_order = '"revealed_in_id", "alt_text", "image", "caption", "credit", "licence"'
    columns = {"owner_id": '"character_id"'} | {name: f'"{name}"' for name in shown}
    return _known(progress, Portrait, columns, which, in_order)


def _known(
    progress: int,
    model: type[Any],
    columns: dict[str, str],
    which: Which,
    in_order: str,
    *,
    join: str = "",
    ends: bool = False,
) -> list[Row]:
    """Return the known rows of a model, with these columns and the place at which each stands as `revealed_in_id`.

    Where they can end (`ends`) they have that as `until`, as far as it is known.
    """
    if which == NONE:
        return []
    known = known_rows(progress, table := model._meta.db_table)
    params = (*known.params, *which.params)
    if ends:
        end = known_end(progress)
        columns, params = columns | {"until": end.sql}, (*end.params, *params)
    # Where both axes count it is an expression that has the name of the column: `in_order` means it, too.
    place = f'{stands(progress)} AS "revealed_in_id"' if second_of(progress) else '"revealed_in_id"'
    sql = (
        f'SELECT {", ".join(columns.values())}, {place} FROM "{table}" {join}'  # noqa: S608 - our own names
        f" WHERE {known.sql} AND {which.sql} ORDER BY {in_order}"
    )
    return read([*columns, "revealed_in_id"], sql, params)


def unmaskings(progress: int) -> list[Row]:
    """Return every persona that is known to be somebody else, in the order in which it came out."""
    columns = {name: f'"{name}"' for name in ("persona_id", "identity_id", "also_in_id")}
    return _known(progress, Unmasking, columns, ALL, '"revealed_in_id"')


# Revelations


def concerning(kind: Kind, subjects: Iterable[UUID]) -> Which:
    """Return the condition that a revelation concerns one of these subjects of a kind."""
    subject = among(f"{kind.name}_id", subjects)
    return Which(f'"id" IN (SELECT "revelation_id" FROM "{_through(kind)}" WHERE {subject.sql})', subject.params)  # noqa: S608


AS_THEY_STAND = '"revealed_in_id", "position", "key"'
AS_IN_FILES = '"position", "key"'  # of one episode or chapter, wherever they stand for the viewer


def revelations(progress: int, which: Which, *, in_order: str = AS_THEY_STAND) -> list[Row]:
    """Return revelations with what each supersedes, when it was superseded itself, and whom it concerns.

    Those are there by kind (`concerned`) and together (`everybody`).
    """
    columns = {name: f'"{name}"' for name in ("id", "text", "certainty", "time", "supersedes_id")}
    rows = _known(progress, Revelation, columns, which, in_order)
    ids = [row["id"] for row in rows]
    superseded = among("id", {row["supersedes_id"] for row in rows} - {None})
    texts = {"id": '"id"', "text": '"text"'}
    before = {row["id"]: row["text"] for row in _known(progress, Revelation, texts, superseded, '"id"')}
    overturned = _overturned_in(progress, ids)
    concerned: dict[UUID, tuple[dict[str, list[UUID]], set[UUID]]]
    concerned = {id: ({kind.name: [] for kind in SUBJECTS}, set()) for id in ids}
    for kind, revelation, subject in _pairs(ids):
        by_kind, everybody = concerned[revelation]
        by_kind[kind].append(subject)
        everybody.add(subject)
    for row in rows:
        row["concerned"], row["everybody"] = concerned[row["id"]]
        row["believed_before"] = before.get(row["supersedes_id"], "")
        row["overturned_in"] = overturned.get(row["id"])
    return rows


def _pairs(revelations: Iterable[UUID]) -> Iterator[tuple[str, UUID, UUID]]:
    """Yield whom each of some known revelations concerns, after the kind; what they concern is gated by them."""
    for some in batched(revelations, IDS_AT_ONCE):
        these = among("revelation_id", some)
        sql = " UNION ALL ".join(
            f'SELECT \'{kind.name}\', "revelation_id", "{kind.name}_id" FROM "{_through(kind)}" WHERE {these.sql}'  # noqa: S608
            for kind in SUBJECTS
        )
        for kind_name, revelation, subject in fetched(sql, these.params * len(SUBJECTS)):
            yield kind_name, as_uuid(revelation), as_uuid(subject)


def revelation_counts(progress: int, since: int) -> dict[int, int]:
    """Return how many revelations each episode after one has brought."""
    known, began = known_rows(progress, "characters_revelation"), began_after(since)
    sql = REVELATION_COUNTS_SQL.format(known=known.sql, began=began.sql, place=stands(progress))
    return dict(fetched(sql, [*known.params, *began.params]))


def concerned_between(progress: int, since: int, until: int) -> list[list[UUID]]:
    """Return whom each revelation concerns that came up after one episode and by another, if it concerns anybody."""
    known, began = known_rows(progress, "characters_revelation"), began_within(since, until)
    arms = [
        CONCERNED_SQL.format(kind=kind.name, through=_through(kind), known=known.sql, began=began.sql)
        for kind in SUBJECTS
    ]
    concerned: dict[Any, list[UUID]] = defaultdict(list)
    for revelation, subject in fetched(" UNION ALL ".join(arms), [*known.params, *began.params] * len(SUBJECTS)):
        concerned[revelation].append(as_uuid(subject))
    return list(concerned.values())


def beliefs_of(progress: int, characters: Iterable[UUID]) -> tuple[list[Row], list[Row]]:
    """Return the texts that concern some characters, and those of others that overturned these."""
    columns = {name: f'"{name}"' for name in ("id", "text", "supersedes_id")}
    own = _known(progress, Revelation, columns, concerning(CHARACTER, characters), AS_THEY_STAND)
    ids = {row["id"] for row in own}
    successors = _known(progress, Revelation, columns, among("supersedes_id", ids), AS_THEY_STAND)
    return own, [row for row in successors if row["id"] not in ids]


@cache
def _through(kind: Kind) -> str:
    """Return the table that ties revelations to the subjects of a kind, which are gated by the revelation."""
    field: Any = Revelation._meta.get_field(kind.plural)
    table: str = field.remote_field.through._meta.db_table
    return table


def _overturned_in(progress: int, ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the episode in which each was first superseded."""
    successors = {"supersedes_id": '"supersedes_id"'}
    # Not in the order of episodes: SQLite would read all revelations in it.
    rows = _known(progress, Revelation, successors, among("supersedes_id", ids), '"supersedes_id"')
    rows.sort(key=lambda row: -row["revealed_in_id"])
    return {row["supersedes_id"]: row["revealed_in_id"] for row in rows}
