"""Keeps the search index in step with the rows it is made of. `lore.search` reads it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from itertools import batched
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Q
from django.db.models.signals import post_delete, post_save

from corrections import bulk
from corrections.rows import WrittenRows, many_written
from episodes.axes import is_on_second_axis
from episodes.models import Episode, Series
from episodes.names import Name

from .kinds import EPISODE, SEARCHED, SUBJECTS, Kind, kind_of, prose_of, values_of
from .models import Alias, SearchEntry, Tag, Word, rows_mentioning
from .models.owned import OWNERS
from .models.words import uses_of, vocabulary_in_the_database
from .text.mentions import MENTION, mentioned_keys
from .text.words import words_of, words_of_name
from .vocabulary import using

MOST_WORDS = 10_000  # of one text; PostgreSQL has a limit, and nobody writes that much
ROWS_AT_ONCE = 1_000
WORDS_IN_SQLITE = {"characters_search_names": True, "characters_search_texts": False}  # of names, or of the rest

INDEXED = {kind.model for kind in SEARCHED}
TAGGINGS = [kind for kind in SEARCHED if "tag" in kind.fields]

type RowsOf = Callable[[type[models.Model]], Iterable[Any]]
"""Returns all rows of a model."""

_suspended = ContextVar("indexing suspended", default=False)


class Entry(NamedTuple):
    """The values of a `SearchEntry`, of which a whole index has too many to make a row of each."""

    id: int
    revealed_in: int
    first_in: int | None
    kind: str
    row: UUID
    is_name: bool
    words: str


@contextmanager
def suspended() -> Iterator[None]:
    """Suspend indexing while many rows are written; whoever does so calls `rebuild()` at the end."""
    token = _suspended.set(True)
    try:
        yield
    finally:
        _suspended.reset(token)


def _stored(model: type[models.Model]) -> Iterator[Any]:
    return _rows_of(kind_of(model)).iterator(ROWS_AT_ONCE)


@transaction.atomic
def rebuild(rows_of: RowsOf = _stored) -> int:
    """Make the whole index anew and return the number of entries. Whoever holds all rows spares it to read them."""
    count = 0
    with _words_at_the_end(), using(cache(vocabulary_in_the_database)):
        SearchEntry.objects.all().delete()
        for entries in batched(_everything(rows_of), ROWS_AT_ONCE):
            bulk.insert_values(SearchEntry, Entry._fields, entries)
            count += len(entries)
    return count


@contextmanager
def _words_at_the_end() -> Iterator[None]:
    """Let SQLite note the words of all entries in one statement, which takes half of what it takes entry by entry."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'characters_search_%'")
        triggers = dict(cursor.fetchall())
        for name in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for table, is_name in WORDS_IN_SQLITE.items():
            cursor.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")  # noqa: S608 - our own
            cursor.execute(
                f"INSERT INTO {table} (rowid, words)"  # noqa: S608 - our own
                " SELECT id, words FROM characters_searchentry WHERE is_name = %s ORDER BY id",
                [is_name],
            )
        for statement in triggers.values():
            cursor.execute(statement)


def is_in_step() -> bool:
    """Return whether each row that is searched has its entry, and no other entry is there."""
    wanted = {kind.entry: _entries_wanted(kind) for kind in SEARCHED} | {EPISODE.entry: Episode.objects.count()}
    there = dict(SearchEntry.objects.order_by().values_list("kind").annotate(models.Count("pk")))
    return {entry: count for entry, count in wanted.items() if count} == there


def _entries_wanted(kind: Kind) -> int:
    """Return how many entries the rows of a kind have: one each, and another for a place on the second axis."""
    second = models.Count("pk", filter=Q(also_in__gt=models.F("revealed_in")))
    return sum(kind.model._base_manager.aggregate(rows=models.Count("pk"), second=second).values())


def index(rows: Iterable[Any]) -> None:
    """Make the entries of these rows anew."""
    for some in batched(rows, ROWS_AT_ONCE):
        entries = _entries_of(list(some))
        SearchEntry.objects.filter(row__in=[entry.row for entry in entries]).delete()
        _write(entries)


def _write(entries: list[Entry]) -> None:
    # Somebody else may be making the same entry at this moment (on PostgreSQL; SQLite has one writer at a time).
    SearchEntry.objects.bulk_create(
        [SearchEntry(**entry._asdict()) for entry in entries],
        update_conflicts=True, unique_fields=["id"], update_fields=["revealed_in", "first_in", "kind", "row", "words"],
    )  # fmt: skip


def _everything(rows_of: RowsOf) -> Iterator[Entry]:
    subjects = ((row.key, row.pk) for kind in SUBJECTS for row in rows_of(kind.model))
    names = _NamesByEpisode(subjects, (row for row in rows_of(Alias) if row.headline))
    for kind in SEARCHED:
        yield from _made_of(rows_of(kind.model), names)
    yield from _entries_of_episodes(list(Episode.objects.order_by("number")), names)


def _rows_of(kind: Kind) -> models.QuerySet[Any]:
    rows = kind.model._base_manager.all()
    return rows.select_related("tag") if kind in TAGGINGS else rows


def _entries_of(rows: list[Any]) -> list[Entry]:
    """Return the entries of rows, with the names that their subjects had when each was revealed."""
    with using(cache(vocabulary_in_the_database)):  # as it is now, whatever the request has read of it
        return list(_made_of(rows, _names_in(rows)))


def _made_of(rows: Iterable[Any], names: "_NamesByEpisode") -> Iterator[Entry]:
    for row in rows:
        kind = kind_of(row)
        values = values_of(row)
        key, first, second, is_name = row.pk, row.revealed_in_id, row.also_in_id, isinstance(row, Alias)
        for place in (first,) if second is None or second == first else sorted((first, second)):
            words = kind.indexed(values, _NamesAt(names, place)) if kind.indexed else ""
            yield Entry(
                id=(place << SearchEntry.EPISODE_SHIFT) | (key.int & ((1 << SearchEntry.EPISODE_SHIFT) - 1)),
                revealed_in=place,
                first_in=first if is_on_second_axis(place) else None,
                kind=kind.entry,
                row=key,
                is_name=is_name,
                words=" ".join(words_of_name(words)) if is_name else _words(words),
            )


def _entries_of_episodes(episodes: list[Episode], names: "_NamesByEpisode | None" = None) -> Iterator[Entry]:
    texts = [_text_of_episode(episode) for episode in episodes]
    names = names or _names_in([], texts)
    for episode, text in zip(episodes, texts, strict=True):
        yield Entry(
            id=episode.number << SearchEntry.EPISODE_SHIFT,
            revealed_in=episode.number,
            first_in=episode.number if is_on_second_axis(episode.number) else None,
            kind=EPISODE.entry,
            row=UUID(int=episode.number),
            is_name=False,
            words=_words(names.words_at(text, episode.number)),
        )


def _text_of_episode(episode: Episode) -> str:
    if episode.number == 0:
        return Series.objects.values_list("premise", flat=True).first() or ""
    return f"{episode.title} {episode.native_title} {episode.synopsis}"


def _words(text: str) -> str:
    return " ".join(words_of(text)[:MOST_WORDS])


class _NamesByEpisode:
    """The headline names that the subjects of some rows and texts had at any episode."""

    def __init__(self, ids: Iterable[tuple[str, UUID]], headlines: Iterable[Alias]) -> None:
        self._id_of = dict(ids)
        self._names: dict[UUID | None, list[tuple[int, str]]] = defaultdict(list)
        self._second_names: dict[UUID | None, list[tuple[int, str]]] = defaultdict(list)
        for alias in headlines:
            owner = next(key for key in (getattr(alias, f"{name}_id") for name in OWNERS) if key is not None)
            since, second = alias.revealed_in_id, alias.also_in_id
            self._names[owner].append((since, alias.name))
            if since == 0 or second is not None:
                self._second_names[owner].append((second or 0, alias.name))
        for names in (*self._names.values(), *self._second_names.values()):
            names.sort(key=itemgetter(0))

    def name_at(self, subject: UUID | None, place: int) -> str:
        """Return the name that a subject has for who has come to a place by that axis alone."""
        names = self._second_names if is_on_second_axis(place) else self._names
        return next((name for since, name in reversed(names.get(subject, ())) if since <= place), "")

    def words_at(self, text: str, episode: int) -> str:
        return MENTION.sub(lambda match: match[2] or self.name_at(self._id_of.get(match[1]), episode), text)


@dataclass(frozen=True, slots=True)
class _NamesAt:
    """The names that everybody had at one episode; a `kinds.Speaker`."""

    names: _NamesByEpisode
    episode: int

    def name(self, subject: Any) -> Name:
        return Name(self.names.name_at(subject, self.episode))

    def words(self, text: str) -> str:
        return self.names.words_at(text, self.episode)


def _names_in(rows: list[Any], texts: Iterable[str] = ()) -> _NamesByEpisode:
    """Read the names of those whom some rows and texts are about."""
    prose = [*texts, *(getattr(row, name) for row in rows for name in prose_of(kind_of(row)))]
    keys = {key for text in prose for key in mentioned_keys(text)}
    ids: dict[str, UUID] = {}
    for kind in SUBJECTS if keys else ():
        ids.update(kind.model._base_manager.filter(key__in=keys).values_list("key", "id"))
    subjects = {key for row in rows if not isinstance(row, Alias) for key in _subjects_of(row)} | set(ids.values())
    headlines = Alias.objects.filter(_owned_by(subjects), headline=True).order_by() if subjects else ()
    return _NamesByEpisode(ids.items(), headlines)


def _subjects_of(row: Any) -> Iterator[UUID]:
    """Yield the ids of those a row belongs to or connects."""
    kind = kind_of(row)
    ids = (getattr(row, f"{name}_id") for name in kind.owners + kind.connects)
    yield from (key for key in ids if key is not None)


def _owned_by(subjects: Iterable[UUID]) -> Q:
    own = Q()
    for owner in OWNERS:
        own |= Q(**{f"{owner}__in": subjects})
    return own


# In step


def connect() -> None:
    """Follow every change of a row that is indexed, or whose name stands in the entries of others."""
    many_written.append(follow_many)
    for model in (*INDEXED, Tag, Word, Episode, Series):
        post_save.connect(_on_save, sender=model, dispatch_uid=f"index saved {model.__name__}")
        post_delete.connect(_on_delete, sender=model, dispatch_uid=f"index deleted {model.__name__}")


def _on_save(instance: Any, raw: bool = False, created: bool = False, **kwargs: Any) -> None:
    if _suspended.get() or raw:
        return
    if type(instance) in INDEXED:
        index([instance])
    if isinstance(instance, Alias):
        if instance.headline or not created:  # a new name that heads nothing stands in no other entry
            _reindex_around([instance.owner])
    elif isinstance(instance, Tag):
        _index_taggings([instance.pk])
    elif isinstance(instance, Word):
        index(uses_of(instance))
    elif isinstance(instance, Episode):
        _index_episodes([instance.number])
    elif isinstance(instance, Series):
        _index_episodes([0])


def _on_delete(instance: Any, **kwargs: Any) -> None:
    if _suspended.get():
        return
    if isinstance(instance, Episode):
        SearchEntry.objects.filter(kind=EPISODE.entry, revealed_in=instance.number).delete()
    elif isinstance(instance, Word):
        index(uses_of(instance))
    elif type(instance) in INDEXED:
        SearchEntry.objects.filter(row=instance.pk).delete()
        if isinstance(instance, Alias) and instance.headline and _still_has_owner(instance):
            _reindex_around([instance.owner])


def follow_many(changed: dict[type[models.Model], WrittenRows]) -> None:
    """Make the entries anew of rows that were written many at once, and of what names the owners of such names."""
    nothing = WrittenRows()
    for model, written in changed.items():
        if model in INDEXED:
            for some in batched(written.removed, ROWS_AT_ONCE):
                SearchEntry.objects.filter(row__in=some).delete()
            for some in batched(written.saved, ROWS_AT_ONCE):
                index(_rows_of(kind_of(model)).filter(pk__in=some))
    episodes = changed.get(Episode, nothing)
    SearchEntry.objects.filter(kind=EPISODE.entry, revealed_in__in=episodes.removed).delete()
    _index_episodes([int(key) for key in episodes.saved] + [0] * (Series in changed))
    _index_taggings(changed.get(Tag, nothing).saved)
    words = changed.get(Word, nothing)
    removed = (words.former[key] for key in words.removed)
    said = [*Word.objects.filter(pk__in=words.saved), *(Word(section=of["section"], key=of["key"]) for of in removed)]
    index(row for word in said for row in uses_of(word))
    _reindex_around(_owners_of(changed.get(Alias, nothing)))


def _index_taggings(tags: list[Any]) -> None:
    for kind in TAGGINGS if tags else ():
        index(_rows_of(kind).filter(tag__in=tags))


def _owners_of(names: WrittenRows) -> list[Any]:
    """Return the owners of some names, and those who had one of them."""
    ids: dict[str, set[Any]] = {owner: {values[owner] for values in names.former.values()} for owner in OWNERS}
    now = Alias.objects.filter(pk__in=names.saved).order_by()
    for each in now.values(*(f"{owner}_id" for owner in OWNERS)):
        for owner in OWNERS:
            ids[owner].add(each[f"{owner}_id"])
    return [owner for kind in SUBJECTS for owner in kind.model._base_manager.filter(pk__in=ids[kind.name] - {None})]


def _still_has_owner(alias: Alias) -> bool:
    """Return whether only the name is deleted: where the owner goes first, its rows follow by themselves."""
    return any(
        kind.model._base_manager.filter(pk=getattr(alias, f"{kind.name}_id")).exists()
        for kind in SUBJECTS
        if getattr(alias, f"{kind.name}_id") is not None
    )


def _reindex_around(owners: Iterable[Any]) -> None:
    """Make the entries of texts with a name of any of these in them anew, all at once, as they are found by it."""
    around: dict[tuple[type[models.Model], Any], Any] = {}
    owners = [owner for owner in owners if owner is not None]
    for model in {type(owner) for owner in owners}:
        keys = [owner.pk for owner in owners if type(owner) is model]
        for kind in SEARCHED:
            columns = [column.name for column in kind.model._meta.concrete_fields if column.related_model is model]
            for column in columns if kind.model is not Alias else ():
                for some in batched(keys, ROWS_AT_ONCE):
                    there = _rows_of(kind).filter(**{f"{column}__in": some})
                    around |= {(kind.model, row.pk): row for row in there}
    mentioning = [row for owner in owners for row, _ in rows_mentioning(owner)]
    around |= {(type(row), row.pk): row for row in mentioning if type(row) in INDEXED}
    index(around.values())
    _index_episodes(row.known_in for row in mentioning if isinstance(row, Episode | Series))


def _index_episodes(numbers: Iterable[int]) -> None:
    episodes = list(Episode.objects.filter(number__in=list(numbers)))
    if episodes:
        SearchEntry.objects.filter(kind=EPISODE.entry, revealed_in__in=[each.number for each in episodes]).delete()
        _write(list(_entries_of_episodes(episodes)))
