"""Write what is known at an episode in the format that `loading` reads."""

from pathlib import Path
from typing import Any

import yaml
from django.core.files.storage import default_storage
from django.db.models import QuerySet

from characters.models import Character, Faction, Relationship, Revelation, Unmasking
from characters.public_ids import public_id_for
from episodes.models import Episode, Series

from .schema import FILES, REQUIRED, AliasEntry, RelationshipEntry, RevelationEntry

type Row = dict[str, Any]


def dump(directory: Path, *, as_of: int | None = None) -> None:
    """Write all of it, or what somebody at that episode may know; the directory must be new or empty."""
    last = Episode.objects.order_by("-number").values_list("number", flat=True).first() or 0
    until = last if as_of is None else as_of
    files: dict[str, Any] = {
        "series.yaml": _series(),
        "episodes.yaml": [_episode(row, until) for row in Episode.objects.order_by("number") if row.number],
        "factions.yaml": [_subject(row, until) for row in _ordered(Faction, until, "key")],
        "characters.yaml": [_character(row, until, directory) for row in _ordered(Character, until, "key")],
        "relationships.yaml": [
            _relationship(row, until) for row in _ordered(Relationship, until, "source__key", "kind", "target__key")
        ],
        "revelations.yaml": [_revelation(row) for row in _ordered(Revelation, until, "position", "key")],
        "unmaskings.yaml": [
            {"persona": row.persona.key, "identity": row.identity.key, "revealed_in": row.revealed_in_id}
            for row in _ordered(Unmasking, until, "persona__key")
        ],
    }  # fmt: skip
    directory.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if files[name] or name in REQUIRED:
            text = yaml.safe_dump(files[name], allow_unicode=True, sort_keys=False, width=110)
            (directory / name).write_text(text, encoding="utf-8")


def _ordered(model: Any, until: int, *order: str) -> QuerySet[Any]:
    return model.objects.filter(revealed_in__lte=until).order_by("revealed_in_id", *order)


def _series() -> Row:
    row = Series.objects.first()
    if row is None:
        return {}
    names = ("title", "native_title", "premise", "studio", "director", "writers", "character_design", "music")
    return {name: getattr(row, name) for name in names if getattr(row, name)}


def _episode(row: Episode, until: int) -> Row:
    known = ("title", "native_title", "aired_on", "synopsis") if row.number <= until else ("aired_on",)
    return {"number": row.number} | {name: getattr(row, name) for name in known if getattr(row, name)}


def _subject(row: Character | Faction, until: int) -> Row:
    found: Row = {"key": row.key, "revealed_in": row.revealed_in_id}
    if row.public_id != public_id_for(row.key):
        found["public_id"] = row.public_id
    parts = {
        "aliases": [
            _without_defaults(
                {
                    "name": alias.name, "kind": alias.kind, "language": alias.language, "headline": alias.headline,
                    "common_word": alias.common_word, "revealed_in": alias.revealed_in_id,
                },
                AliasEntry, keep=("kind",),
            )
            for alias in row.aliases.as_of(until).order_by("revealed_in_id", "-headline", "kind", "name")
        ],
        "traits": [
            {"attribute": trait.attribute, "value": trait.value, "revealed_in": trait.revealed_in_id}
            for trait in row.traits.as_of(until).order_by("attribute", "revealed_in_id", "value")
        ],
        "tags": [
            {"name": tagging.tag.name, "revealed_in": tagging.revealed_in_id} | _end(tagging, until)
            for tagging in row.tag_rows.filter(revealed_in__lte=until)
            .select_related("tag")
            .order_by("revealed_in_id", "tag__name")
        ],
    }  # fmt: skip
    return found | {name: rows for name, rows in parts.items() if rows}


def _character(row: Character, until: int, directory: Path) -> Row:
    parts = {
        "memberships": [
            {"faction": membership.faction.key}
            | ({"role": membership.role} if membership.role else {})
            | {"revealed_in": membership.revealed_in_id}
            | _end(membership, until)
            for membership in row.memberships.filter(revealed_in__lte=until)
            .select_related("faction")
            .order_by("revealed_in_id", "faction__key", "role")
        ],
        "portraits": [
            {"file": _copied(str(portrait.image.name), directory), "alt_text": portrait.alt_text}
            | ({"caption": portrait.caption} if portrait.caption else {})
            | {"credit": portrait.credit, "licence": portrait.licence, "revealed_in": portrait.revealed_in_id}
            for portrait in row.portraits.as_of(until).order_by("revealed_in_id", "image")
        ],
    }
    return _subject(row, until) | {name: rows for name, rows in parts.items() if rows}


def _relationship(row: Relationship, until: int) -> Row:
    ends = {"source": row.source.key, "kind": row.kind, "target": row.target.key, "certainty": row.certainty}
    return _without_defaults(ends | {"revealed_in": row.revealed_in_id} | _end(row, until), RelationshipEntry)


def _revelation(row: Revelation) -> Row:
    told = {
        "key": row.key, "revealed_in": row.revealed_in_id, "certainty": row.certainty, "text": row.text,
        "characters": sorted(row.characters.values_list("key", flat=True)),
        "factions": sorted(row.factions.values_list("key", flat=True)),
        "supersedes": row.supersedes.key if row.supersedes else None, "time": row.time, "source": row.source,
    }  # fmt: skip
    return _without_defaults(told, RevelationEntry, keep=("certainty",))


def _end(row: Any, until: int) -> Row:
    """An end is known when its own episode is."""
    return {"ended_in": row.ended_in_id} if row.ended_in_id is not None and row.ended_in_id <= until else {}


def _without_defaults(row: Row, entry: Any, keep: tuple[str, ...] = ()) -> Row:
    fields = entry.model_fields
    return {name: value for name, value in row.items() if name in keep or fields[name].default != value}


def _copied(name: str, directory: Path) -> str:
    if not default_storage.exists(name):
        raise FileNotFoundError(f"The portrait {name} is in the database but not in MEDIA_ROOT.")
    target = directory / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with default_storage.open(name) as file:
        target.write_bytes(file.read())
    return name
