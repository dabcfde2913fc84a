"""Keeps the search index in step with the rows it is made of. `search` reads it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q
from django.db.models.signals import post_delete, post_save

from characters.text.mentions import MENTION, mentioned_keys
from characters.text.words import words_of
from episodes.models import Episode, Series

from .models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    FactionTag,
    Membership,
    Portrait,
    Relationship,
    Revelation,
    SearchEntry,
    Tag,
    Trait,
    texts_mentioning,
)
from .vocabulary import Attribute, RelationshipKind

MOST_WORDS = 10_000  # of one text; PostgreSQL has a limit, and nobody writes that much
ROWS_AT_ONCE = 1_000

Kind = SearchEntry.Kind
KINDS: dict[type[models.Model], SearchEntry.Kind] = {
    Alias: Kind.NAME,
    Trait: Kind.TRAIT,
    Revelation: Kind.REVELATION,
    Membership: Kind.MEMBERSHIP,
    Relationship: Kind.RELATIONSHIP,
    CharacterTag: Kind.CHARACTER_TAG,
    FactionTag: Kind.FACTION_TAG,
    Portrait: Kind.PORTRAIT,
}
SUBJECT_FIELDS = ("character_id", "faction_id", "source_id", "target_id", "content_object_id")

_suspended = ContextVar("indexing suspended", default=False)


@contextmanager
def rebuilt_afterwards() -> Iterator[None]:
    """For whoever writes many rows: the index waits, and is then made anew."""
    token = _suspended.set(True)
    try:
        yield
        rebuild()
    finally:
        _suspended.reset(token)


@transaction.atomic
def rebuild() -> int:
    """Make the whole index anew; returns the number of entries."""
    SearchEntry.objects.all().delete()
    for entries in _everything():
        SearchEntry.objects.bulk_create(entries)
    return SearchEntry.objects.count()


def index(rows: Iterable[Any]) -> None:
    """Make the entries of these rows anew."""
    entries = list(_entries_of(list(rows)))
    SearchEntry.objects.filter(row__in=[entry.row for entry in entries]).delete()
    _write(entries)


def _write(entries: list[SearchEntry]) -> None:
    # Somebody else may be making the same entry at this moment (on PostgreSQL; SQLite has one writer at a time).
    SearchEntry.objects.bulk_create(
        entries, update_conflicts=True, unique_fields=["id"], update_fields=["revealed_in", "kind", "row", "words"]
    )


def _everything() -> Iterator[list[SearchEntry]]:
    for model in KINDS:
        rows: list[Any] = []
        for row in _with_tag(model).iterator(ROWS_AT_ONCE):
            rows.append(row)
            if len(rows) == ROWS_AT_ONCE:
                yield list(_entries_of(rows))
                rows = []
        yield list(_entries_of(rows))
    yield [_entry_of_episode(episode) for episode in Episode.objects.order_by("number")]


def _with_tag(model: type[models.Model]) -> models.QuerySet[Any]:
    rows = model._base_manager.all()
    return rows.select_related("tag") if model in (CharacterTag, FactionTag) else rows


def _entries_of(rows: list[Any]) -> Iterator[SearchEntry]:
    names = _NamesAtTheTime(rows)
    for row in rows:
        yield SearchEntry(
            id=(row.revealed_in_id << SearchEntry.EPISODE_SHIFT)
            | (row.pk.int & ((1 << SearchEntry.EPISODE_SHIFT) - 1)),
            revealed_in=row.revealed_in_id,
            kind=KINDS[type(row)],
            row=row.pk,
            is_name=isinstance(row, Alias),
            words=_words(_text_of(row, names)),
        )


def _entry_of_episode(episode: Episode) -> SearchEntry:
    text = f"{episode.title} {episode.native_title} {episode.synopsis}"
    if episode.number == 0:
        text = Series.objects.values_list("premise", flat=True).first() or ""
    names = _NamesAtTheTime([], {episode.number: text})
    return SearchEntry(
        id=episode.number << SearchEntry.EPISODE_SHIFT,
        revealed_in=episode.number,
        kind=Kind.EPISODE,
        row=UUID(int=episode.number),
        is_name=False,
        words=_words(names.spelt_out(text, episode.number)),
    )


def _words(text: str) -> str:
    return " ".join(words_of(text)[:MOST_WORDS])


def _text_of(row: Any, names: "_NamesAtTheTime") -> str:
    """What can be found of a row, with the names that its subjects had when it was revealed."""
    then = row.revealed_in_id
    match row:
        case Alias():
            return row.name
        case Trait():
            owner = names.at(row.character_id or row.faction_id, then)
            return f"{owner} {Attribute(row.attribute).label} {names.spelt_out(row.value, then)}"
        case Revelation():
            return names.spelt_out(row.text, then)
        case Membership():
            return f"{names.at(row.character_id, then)} {row.role} {names.at(row.faction_id, then)}"
        case Relationship():
            kind = RelationshipKind(row.kind)
            return f"{names.at(row.source_id, then)} {kind.sentence} {names.at(row.target_id, then)}"
        case CharacterTag() | FactionTag():
            return f"{names.at(row.content_object_id, then)} {row.tag.name}"
        case Portrait():
            return f"{names.at(row.character_id, then)} {row.alt_text} {names.spelt_out(row.caption, then)}"
    raise TypeError(f"{type(row).__name__} is not searched.")


def _prose_of(row: Any) -> str:
    return getattr(row, "value", "") or getattr(row, "text", "") or getattr(row, "caption", "")


class _NamesAtTheTime:
    """The headline names that the subjects of some rows and texts had at any episode."""

    def __init__(self, rows: list[Any], texts: dict[int, str] | None = None) -> None:
        prose = [*(_prose_of(row) for row in rows), *(texts or {}).values()]
        keys = {key for text in prose for key in mentioned_keys(text)}
        subjects = {getattr(row, name, None) for row in rows for name in SUBJECT_FIELDS if not isinstance(row, Alias)}
        self._id_of: dict[str, UUID] = {}
        for model in (Character, Faction):
            self._id_of.update(model.objects.filter(key__in=keys).values_list("key", "id") if keys else ())
        subjects = (subjects | set(self._id_of.values())) - {None}
        self._names: dict[UUID, list[tuple[int, str]]] = defaultdict(list)
        headlines = Alias.objects.filter(Q(character__in=subjects) | Q(faction__in=subjects), headline=True)
        for character, faction, since, name in (
            headlines.order_by("revealed_in_id").values_list("character_id", "faction_id", "revealed_in_id", "name")
            if subjects
            else ()
        ):
            self._names[character or faction].append((since, name))

    def at(self, subject: UUID | None, episode: int) -> str:
        return next((name for since, name in reversed(self._names.get(subject, ())) if since <= episode), "")  # type: ignore[arg-type]

    def spelt_out(self, text: str, episode: int) -> str:
        return MENTION.sub(lambda match: match[2] or self.at(self._id_of.get(match[1]), episode), text)


# In step


def _saved(instance: Any, raw: bool = False, **kwargs: Any) -> None:
    if _suspended.get() or raw:
        return
    if type(instance) in KINDS:
        index([instance])
    if isinstance(instance, Alias):
        _reindex_around(instance)
    elif isinstance(instance, Tag):
        index(_with_tag(CharacterTag).filter(tag=instance))
        index(_with_tag(FactionTag).filter(tag=instance))
    elif isinstance(instance, Episode):
        _index_episode(instance.number)
    elif isinstance(instance, Series):
        _index_episode(0)


def _deleted(instance: Any, **kwargs: Any) -> None:
    if _suspended.get():
        return
    if isinstance(instance, Episode):
        SearchEntry.objects.filter(kind=Kind.EPISODE, revealed_in=instance.number).delete()
    elif type(instance) in KINDS:
        SearchEntry.objects.filter(row=instance.pk).delete()
        if isinstance(instance, Alias) and instance.headline and _still_has_owner(instance):
            _reindex_around(instance)


def _still_has_owner(alias: Alias) -> bool:
    """Where the owner goes first, its rows follow by themselves."""
    owners = Character._base_manager if alias.character_id else Faction._base_manager
    return owners.filter(pk=alias.character_id or alias.faction_id).exists()  # type: ignore[misc]


def _reindex_around(alias: Alias) -> None:
    """Texts are found by the names in them as well, so a name that changes changes their entries."""
    owner = alias.owner
    if owner is None:
        return
    for model in KINDS:
        columns = [column.name for column in model._meta.concrete_fields if column.related_model is type(owner)]
        if model is not Alias and columns:
            about = Q()
            for column in columns:
                about |= Q(**{column: owner})
            index(_with_tag(model).filter(about))
    mentioning = [row for row, _ in texts_mentioning(owner)]
    index(row for row in mentioning if type(row) in KINDS)
    for row in mentioning:
        if isinstance(row, Episode | Series):
            _index_episode(row.known_in)


def _index_episode(number: int) -> None:
    episode = Episode.objects.filter(number=number).first()
    if episode is not None:
        SearchEntry.objects.filter(kind=Kind.EPISODE, revealed_in=number).delete()
        _write([_entry_of_episode(episode)])


def connect() -> None:
    for model in (*KINDS, Tag, Episode, Series):
        post_save.connect(_saved, sender=model, dispatch_uid=f"index saved {model.__name__}")
        post_delete.connect(_deleted, sender=model, dispatch_uid=f"index deleted {model.__name__}")
