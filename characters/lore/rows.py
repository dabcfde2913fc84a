"""The gated queries behind the pages. Each takes a progress and returns plain rows."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from characters.models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    FactionTag,
    Membership,
    Portrait,
    Relationship,
    Revelation,
    Trait,
    Unmasking,
)
from episodes.gate import Ends
from episodes.models import Episode, Series

from .statements import as_stored, as_uuid, fetched, holes

type Row = dict[str, Any]

CONCERNED = (
    'SELECT \'{kind}\', "characters_revelation"."id", "revealed_in_id", "{kind}_id" FROM "characters_revelation"'
    ' LEFT JOIN "characters_revelation_{kind}s" ON "revelation_id" = "characters_revelation"."id"'
    ' WHERE "characters_revelation"."revealed_in_id" <= %s AND "characters_revelation"."id" IN ({holes})'
)


def owner_of(row: Row) -> UUID:
    """Return the character or faction that a name or a trait belongs to."""
    owner: UUID = row["character_id"] or row["faction_id"]
    return owner


# Ends: an end is gated by itself, so until it is known there is none.


def with_known_end(progress: int, model: type[Any]) -> QuerySet[Any]:
    """Return the visible rows of a model whose rows can end, with the end as `until` where it is known."""
    known_end = Case(When(ended_in__lte=progress, then=F("ended_in_id")))
    return model.objects.as_of(progress).annotate(until=known_end)


def current(progress: int, model: type[Any]) -> QuerySet[Any]:
    """Return the rows that have not ended, as far as is known."""
    return with_known_end(progress, model).filter(until__isnull=True)


def ended(progress: int, model: type[Any]) -> QuerySet[Any]:
    """Return the rows that have ended, as far as is known, with their end as `until`."""
    return with_known_end(progress, model).filter(until__isnull=False)


def by_id(progress: int, model: type[Any], ids: Iterable[UUID], *columns: str) -> list[Row]:
    """Return those of some rows that are known, with `until` where their kind can end."""
    ends = issubclass(model, Ends)
    known = with_known_end(progress, model) if ends else model.objects.as_of(progress)
    return _values(known.filter(id__in=ids), "revealed_in_id", *columns, *(["until"] if ends else []))


# The show and its episodes


def series() -> Row | None:
    """Return the show, all of which is public."""
    return next(iter(_values(Series.objects.all()[:1])), None)


def synopses(progress: int, numbers: Iterable[int]) -> list[Row]:
    """Return the number and the synopsis of those episodes that have been watched."""
    watched = Episode.objects.filter(number__in=numbers, number__lte=progress).order_by("number")
    return _values(watched, "number", "synopsis")


# Characters and factions


def id_of(progress: int, model: type[Character | Faction], public_id: str) -> UUID | None:
    """Return the id behind a public id, or None for what is unknown and what is not known yet alike."""
    return model.objects.as_of(progress).filter(public_id=public_id).values_list("id", flat=True).first()


def root_characters(progress: int) -> QuerySet[Character]:
    """Return the characters that are not known to be somebody else."""
    unmasked = Unmasking.objects.as_of(progress).filter(persona=OuterRef("pk"))
    return Character.objects.as_of(progress).filter(~Exists(unmasked))


def subjects(progress: int, model: type[Character | Faction], ids: Iterable[UUID]) -> list[Row]:
    """Return the public id and the first episode of some characters or factions."""
    return _values(model.objects.as_of(progress).filter(id__in=ids), "id", "public_id", "revealed_in_id")


def first_episodes(progress: int) -> dict[UUID, int]:
    """Return the first episode of every known character and faction."""
    return {
        subject: episode
        for model in (Character, Faction)
        for subject, episode in model.objects.as_of(progress).values_list("id", "revealed_in_id")
    }


# What hangs on them


def names(progress: int, which: Q) -> list[Row]:
    """Return names in the order in which they came up."""
    rows = Alias.objects.as_of(progress).filter(which).order_by("revealed_in_id", "name")
    return _values(rows, "character_id", "faction_id", "name", "kind", "language", "headline", "revealed_in_id")


def traits(progress: int, which: Q) -> list[Row]:
    """Return traits in the order in which they came up."""
    rows = Trait.objects.as_of(progress).filter(which).order_by("revealed_in_id", "value")
    return _values(rows, "character_id", "faction_id", "attribute", "value", "revealed_in_id")


def tags(progress: int, model: type[CharacterTag | FactionTag], which: Q) -> list[Row]:
    """Return who bears or bore which tag."""
    rows = with_known_end(progress, model).filter(which).order_by("tag__name", "revealed_in_id")
    return _values(rows, "content_object_id", "tag__name", "tag__slug", "revealed_in_id", "until")


def memberships(progress: int, which: Q) -> list[Row]:
    """Return who belongs or belonged to which faction."""
    rows = with_known_end(progress, Membership).filter(which).order_by("revealed_in_id", "role")
    return _values(rows, "character_id", "faction_id", "role", "revealed_in_id", "until")


def relationships(progress: int, which: Q) -> list[Row]:
    """Return who is or was tied to whom."""
    rows = with_known_end(progress, Relationship).filter(which).order_by("revealed_in_id", "kind")
    return _values(rows, "source_id", "target_id", "kind", "certainty", "revealed_in_id", "until")


def portraits(progress: int, which: Q) -> list[Row]:
    """Return pictures with all that is shown of them."""
    rows = Portrait.objects.as_of(progress).filter(which)
    return _values(rows.order_by("revealed_in_id", "alt_text", "image", "caption", "credit", "licence"))


def unmaskings(progress: int) -> list[Row]:
    """Return every persona that is known to be somebody else, in the order in which it came out."""
    rows = fetched(
        'SELECT "persona_id", "identity_id", "revealed_in_id" FROM "characters_unmasking"'
        ' WHERE "characters_unmasking"."revealed_in_id" <= %s ORDER BY "revealed_in_id"',
        [progress],
    )
    return [
        {"persona_id": as_uuid(persona), "identity_id": as_uuid(identity), "revealed_in_id": number}
        for persona, identity, number in rows
    ]


# Revelations


def revelations(progress: int, which: Q) -> list[Row]:
    """Return revelations with what each supersedes, when it was superseded itself, and whom it concerns."""
    visible = Revelation.objects.as_of(progress)
    ordered = visible.filter(id__in=visible.filter(which).values("id")).order_by("revealed_in_id", "position", "key")
    rows = _values(ordered, "id", "text", "certainty", "revealed_in_id", "time", "supersedes_id")
    ids = [row["id"] for row in rows]
    before = dict(visible.filter(id__in={row["supersedes_id"] for row in rows} - {None}).values_list("id", "text"))
    overturned = _overturned_in(progress, ids)
    concerned: dict[UUID, dict[str, list[UUID]]] = defaultdict(lambda: {"characters": [], "factions": []})
    for kind, through in (
        ("characters", Revelation.characters.through),
        ("factions", Revelation.factions.through),
    ):
        pairs = through.objects.filter(revelation_id__in=ids)
        for revelation, subject in pairs.values_list("revelation_id", f"{kind.removesuffix('s')}_id"):
            concerned[revelation][kind].append(subject)
    for row in rows:
        row |= concerned[row["id"]]
        row["believed_before"] = before.get(row["supersedes_id"], "")
        row["overturned_in"] = overturned.get(row["id"])
    return rows


def revelations_of(progress: int, characters: Iterable[UUID]) -> list[Row]:
    """Return those that concern some characters, and those that overturned these, whomever they concern."""
    own = revelations(progress, Q(characters__in=characters))
    ids = {row["id"] for row in own}
    return own + revelations(progress, Q(supersedes__in=ids) & ~Q(id__in=ids))


def revelation_texts(progress: int, ids: Iterable[UUID]) -> list[Row]:
    """Return what revelations say, and since when each is seen differently."""
    overturned = _overturned_in(progress, ids)
    rows = _values(Revelation.objects.as_of(progress).filter(id__in=ids), "id", "text", "certainty", "revealed_in_id")
    return [row | {"overturned_in": overturned.get(row["id"])} for row in rows]


def concerned(progress: int, ids: Iterable[UUID]) -> list[tuple[UUID, int, set[UUID], set[UUID]]]:
    """Return the episode, the characters and the factions of those revelations that are known."""
    stored = [as_stored(row) for row in ids]
    sql = " UNION ALL ".join(CONCERNED.format(kind=kind, holes=holes(stored)) for kind in ("character", "faction"))
    by_row: dict[tuple[UUID, int], dict[str, set[UUID]]]
    by_row = defaultdict(lambda: {"character": set(), "faction": set()})
    for kind, row, number, subject in fetched(sql, [progress, *stored] * 2):
        by_row[as_uuid(row), number][kind].update([as_uuid(subject)] if subject else [])
    return [(row, number, each["character"], each["faction"]) for (row, number), each in by_row.items()]


def _overturned_in(progress: int, ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the episode in which each was first superseded."""
    successors = Revelation.objects.as_of(progress).filter(supersedes__in=ids).order_by()
    # Sorted here: asked for the order, SQLite would read all revelations in it.
    return dict(sorted(successors.values_list("supersedes_id", "revealed_in_id"), key=lambda pair: -pair[1]))


def _values(rows: QuerySet[Any], *columns: str) -> list[Row]:
    return list(rows.values(*columns))
