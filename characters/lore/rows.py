"""The gated queries behind the pages. Each takes a progress and returns plain rows."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from characters.kinds import SUBJECTS, Kind
from characters.models import (
    Alias,
    Character,
    Membership,
    Portrait,
    Relationship,
    Revelation,
    Trait,
    Unmasking,
)
from characters.models.owned import OWNERS
from episodes.gate import Ends
from episodes.models import Episode, Series

from .statements import as_stored, as_uuid, fetched, placeholders

type Row = dict[str, Any]

CONCERNED_SQL = (
    'SELECT \'{kind}\', "characters_revelation"."id", "revealed_in_id", "{kind}_id" FROM "characters_revelation"'
    ' LEFT JOIN "characters_revelation_{kind}s" ON "revelation_id" = "characters_revelation"."id"'
    ' WHERE "characters_revelation"."revealed_in_id" <= %s AND "characters_revelation"."id" IN ({placeholders})'
)


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


# Characters, factions and other subjects


def visible(progress: int, kind: Kind) -> QuerySet[Any]:
    """Return the rows of a kind that are known."""
    model: Any = kind.model
    return model.objects.as_of(progress)


def id_of(progress: int, kind: Kind, public_id: str) -> UUID | None:
    """Return the id behind a public id, or None for what is unknown and what is not known yet alike."""
    return visible(progress, kind).filter(public_id=public_id).values_list("id", flat=True).first()


def root_characters(progress: int) -> QuerySet[Character]:
    """Return the characters that are not known to be somebody else."""
    unmasked = Unmasking.objects.as_of(progress).filter(persona=OuterRef("pk"))
    return Character.objects.as_of(progress).filter(~Exists(unmasked))


def subjects(progress: int, kind: Kind, ids: Iterable[UUID]) -> list[Row]:
    """Return the public id and the first episode of some subjects."""
    return _values(visible(progress, kind).filter(id__in=ids), "id", "public_id", "revealed_in_id")


def first_episodes(progress: int) -> dict[UUID, int]:
    """Return the first episode of every known subject."""
    return {
        subject: episode
        for kind in SUBJECTS
        for subject, episode in visible(progress, kind).values_list("id", "revealed_in_id")
    }


# What hangs on them


def names(progress: int, which: Q) -> list[Row]:
    """Return names in the order in which they came up."""
    rows = Alias.objects.as_of(progress).filter(which).order_by("revealed_in_id", "name")
    return _owned(rows, "name", "kind", "language", "headline", "revealed_in_id")


def traits(progress: int, which: Q) -> list[Row]:
    """Return traits in the order in which they came up."""
    rows = Trait.objects.as_of(progress).filter(which).order_by("revealed_in_id", "value")
    return _owned(rows, "attribute", "value", "revealed_in_id")


def tags(progress: int, model: type[Any], which: Q) -> list[Row]:
    """Return who bears or bore which tag."""
    rows = with_known_end(progress, model).filter(which).order_by("tag__name", "revealed_in_id")
    columns = ("content_object_id", "tag__name", "tag__slug", "revealed_in_id", "until")
    return [row | {"owner_id": row["content_object_id"]} for row in _values(rows, *columns)]


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
    known = Revelation.objects.as_of(progress)
    ordered = known.filter(id__in=known.filter(which).values("id")).order_by("revealed_in_id", "position", "key")
    rows = _values(ordered, "id", "text", "certainty", "revealed_in_id", "time", "supersedes_id")
    ids = [row["id"] for row in rows]
    before = dict(known.filter(id__in={row["supersedes_id"] for row in rows} - {None}).values_list("id", "text"))
    overturned = _overturned_in(progress, ids)
    concerned: dict[UUID, dict[str, list[UUID]]] = {id: {kind.name: [] for kind in SUBJECTS} for id in ids}
    for kind in SUBJECTS:
        pairs = _through(kind).objects.filter(revelation_id__in=ids)
        for revelation, subject in pairs.values_list("revelation_id", f"{kind.name}_id"):
            concerned[revelation][kind.name].append(subject)
    for row in rows:
        row["concerned"] = concerned[row["id"]]
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


def concerned(progress: int, ids: Iterable[UUID]) -> list[tuple[UUID, int, set[UUID]]]:
    """Return the episode of those revelations that are known, and whom each concerns."""
    stored = [as_stored(row) for row in ids]
    sql = " UNION ALL ".join(
        CONCERNED_SQL.format(kind=kind.name, placeholders=placeholders(stored)) for kind in SUBJECTS
    )
    by_row: dict[tuple[UUID, int], set[UUID]] = defaultdict(set)
    for _, row, number, subject in fetched(sql, [progress, *stored] * len(SUBJECTS)):
        by_row[as_uuid(row), number].update([as_uuid(subject)] if subject else [])
    return [(row, number, subjects) for (row, number), subjects in by_row.items()]


def everybody_in(revelation: Row) -> set[UUID]:
    """Return all whom a revelation concerns, of whatever kind."""
    return {subject for subjects in revelation["concerned"].values() for subject in subjects}


def _through(kind: Kind) -> Any:
    """Return the table that ties revelations to the subjects of a kind, which are gated by the revelation."""
    field: Any = Revelation._meta.get_field(kind.plural)
    return field.remote_field.through


def _overturned_in(progress: int, ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the episode in which each was first superseded."""
    successors = Revelation.objects.as_of(progress).filter(supersedes__in=ids).order_by()
    # Sorted here: asked for the order, SQLite would read all revelations in it.
    return dict(sorted(successors.values_list("supersedes_id", "revealed_in_id"), key=lambda pair: -pair[1]))


def _values(rows: QuerySet[Any], *columns: str) -> list[Row]:
    return list(rows.values(*columns))


def _owned(rows: QuerySet[Any], *columns: str) -> list[Row]:
    """Return rows that belong to one subject each, whose id they have as `owner_id`."""
    owners = [f"{name}_id" for name in OWNERS]
    owned = _values(rows, *owners, *columns)
    for row in owned:
        row["owner_id"] = next(filter(None, [row.pop(name) for name in owners]))
    return owned
