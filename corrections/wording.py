"""How rows and values read to moderators and editors."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from episodes.gate import Gated
from episodes.known import is_known, is_reached
from episodes.models import Episode
from episodes.names import Name, listed
from episodes.order import sort_key
from episodes.units import current

from . import rows
from .models import Change
from .rows import Editable, Json

EMPTY = "–"


class RowNames:
    """The names of rows as somebody at an episode knows them. Each is looked up once.

    With changes, it also knows the rows that these add, and those that are gone: what they add or remove has the names.
    """

    def __init__(
        self, episode: int, names: Mapping[str, str] | None = None, changes: Iterable[Change] | None = None
    ) -> None:
        self.episode = episode
        added_or_removed = [change for change in changes or () if change.action != Change.Action.SET]
        self._keys = _keys_in(added_or_removed)
        self._names = {**names_from_additions(added_or_removed, episode)}
        self._names |= {reference: Name(name) for reference, name in (names or {}).items()}
        self._former = _former_names(added_or_removed, episode)
        self._nameless: set[str] = set()  # of which nothing was found
        self._gone: set[str] = set()  # of which only the former name is left
        self._choices: dict[tuple[str, int], list[tuple[str, str]]] = {}

    def of_pages(self, subjects: Iterable[str]) -> dict[str, Name]:
        """Return the names of pages by their references, as far as they have one at the episode."""
        for label, keys in rows.by_label(subjects).items():
            self.look_up(rows.editable(label), keys)
        return {subject: self._names[subject] for subject in subjects if subject in self._names}

    def look_up(self, kind: Editable, keys: Iterable[str]) -> None:
        """Look up several names at once."""
        references = ((key, f"{kind.label}:{key}") for key in keys)
        missing = {key for key, each in references if each not in self._names and each not in self._nameless}
        if not missing:
            return
        if kind.page is not None and kind.page.names is not None:
            names = kind.page.names(missing, self.episode)
        else:
            names = {str(row.pk): Name(row) for row in _known_rows(kind, self.episode).filter(pk__in=missing)}
        former = self._names_of_gone(kind, missing - names.keys())
        self._gone |= {f"{kind.label}:{key}" for key in former}
        names |= former
        self._names |= {f"{kind.label}:{key}": name for key, name in names.items()}
        self._nameless |= {f"{kind.label}:{key}" for key in missing - names.keys()}

    def _names_of_gone(self, kind: Editable, keys: set[str]) -> dict[str, Name]:
        """Return what rows were called that are not there any more. One that is there may have another name since."""
        former = {key: name for key in keys if (name := self._former.get(f"{kind.label}:{key}"))}
        there = kind.model._base_manager.filter(pk__in=former).values_list("pk", flat=True) if former else ()
        return {key: name for key, name in former.items() if key not in set(map(str, there))}

    def of_mentions(self, texts: Iterable[str]) -> dict[str, str]:
        """Return the name for each mention in some texts."""
        texts = [text for text in texts if "[[" in text]
        self.of_pages(reference for reference in self._keys.values() if texts and reference in self._former)
        added = {key: self._names[reference] for key, reference in self._keys.items() if reference in self._names}
        names: dict[str, str] = {}
        for read in rows.mention_readers if texts else ():
            names |= read(texts, self.episode, added)
        return names

    def name(self, kind: Editable, key: Json) -> Name:
        self.look_up(kind, {str(key)})
        unknown = Name(f"a {kind.model._meta.verbose_name} (gone, or not known by then)")
        return self._names.get(f"{kind.label}:{key}", unknown)

    def choices(self, kind: Editable) -> list[tuple[str, str]]:
        """Return all rows that can be pointed to, and those that were named before, such as rows of the correction."""
        of_now = kind.label, len(self._names)
        if of_now not in self._choices:
            self._choices[of_now] = self._all_choices(kind)
            self._choices[kind.label, len(self._names)] = self._choices[of_now]
        return list(self._choices[of_now])

    def _all_choices(self, kind: Editable) -> list[tuple[str, str]]:
        keys = [str(pk) for pk in _known_rows(kind, self.episode).values_list("pk", flat=True)]
        self.look_up(kind, keys)
        there = (each.partition(":") for each in self._names if each not in self._gone)
        named = [key for label, _, key in there if label == kind.label]
        choices = {key: f"{self.name(kind, key)}" for key in dict.fromkeys([*keys, *named])}
        if kind.model is Episode:
            return list(choices.items())
        return sorted(choices.items(), key=lambda pair: (sort_key(pair[1]), pair[0]))


def names_from_additions(changes: Iterable[Change], episode: int) -> dict[str, Name]:
    """Return the names that rows which are to be added would give to pages, by the references of these."""
    return _names_from(((each.model, each.wanted) for each in changes if each.action == Change.Action.ADD), episode)


def _former_names(changes: Iterable[Change], episode: int) -> dict[str, Name]:
    """Return the names that rows which are added or removed have or gave, by the references of what is called so."""
    values = [(change, _values_in(change)) for change in changes]
    names = _names_from(
        ((each.model, of_row) for each, of_row in values if each.action == Change.Action.REMOVE), episode
    )
    for change, of_row in values:
        kind = rows.editable(change.model)
        if kind.page is None and not kind.is_known_from_an_episode:  # it is named by itself
            with suppress(ValidationError, ValueError, TypeError):
                names[f"{kind.label}:{change.row}"] = Name(rows.new_row(kind, change.row, of_row))
    return names


def _names_from(values: Iterable[tuple[str, rows.Values]], episode: int) -> dict[str, Name]:
    """Return the names that rows with these values, each with the label of its model, give to pages."""
    values = list(values)
    names: dict[str, Name] = {}
    for kind in rows.registered() if values else ():
        if kind.page is not None and kind.page.names_from is not None:
            found = kind.page.names_from(values, episode)
            names |= {f"{kind.label}:{key}": name for key, name in found.items()}
    return names


def _keys_in(changes: Iterable[Change]) -> dict[str, str]:
    """Return the references of pages that are added or removed, by the keys that texts mention them by."""
    keys = {}
    for change in changes:
        kind = rows.editable(change.model)
        if kind.handle is not None and kind.page is not None:
            keys[str(_values_in(change).get(kind.handle.field))] = f"{change.model}:{change.row}"
    return keys


def _values_in(change: Change) -> rows.Values:
    """Return the values of the row that a change adds or removes."""
    return (change.wanted if change.action == Change.Action.ADD else change.was or change.before) or {}


def in_words(texts: Iterable[str], names: RowNames) -> list[str]:
    """Return texts with names for their mentions, such as reasons and messages."""
    texts = list(texts)
    words = names.of_mentions(texts)
    if not words:
        return texts
    mention = re.compile("|".join(re.escape(each) for each in sorted(words, key=len, reverse=True)))
    return [mention.sub(lambda found: f"{Name(words[found[0]])}", text) for text in texts]


def _known_rows(kind: Editable, episode: int) -> models.QuerySet[Any]:
    all_rows = kind.model._base_manager.all()
    return all_rows.filter(is_known(episode)) if issubclass(kind.model, Gated) else all_rows


def noun_of(kind: Editable, values: rows.Values) -> str:
    """Return what people call a row with these values."""
    return kind.noun(values) if kind.noun else str(kind.model._meta.verbose_name)


def value_in_words(kind: Editable, name: str, value: Json, names: RowNames) -> str:
    field: Any = kind.field(name)
    if value is None or value == "" or value == []:
        return EMPTY
    if field.related_model is Episode:
        is_told = is_reached(value, names.episode)
        return names.name(rows.editable("episodes.episode"), value) if is_told else f"a later {current().one}"
    if field.is_relation:
        target = rows.editable(field.related_model._meta.label_lower)
        if isinstance(value, list):
            return listed(sorted((names.name(target, key) for key in value), key=sort_key))
        return names.name(target, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return listed(map(Name, value))
    return str(dict(field.flatchoices).get(value, value))


def is_text(kind: Editable, name: str) -> bool:
    field: Any = kind.field(name)
    return isinstance(field, models.CharField | models.TextField) and not field.choices


def in_short(wait: timedelta | None) -> str:
    """Return a time in its largest unit, such as “3 days”; nothing where there is none."""
    if wait is None:
        return ""
    minutes = int(wait.total_seconds() // 60)
    for size, name in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'s' * (count > 1)}"
    return "under a minute"
