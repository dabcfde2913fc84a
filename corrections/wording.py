"""How rows and values read to moderators and editors."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

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
    """The names of rows as somebody at an episode knows them. Each is looked up once."""

    def __init__(
        self, episode: int, names: Mapping[str, str] | None = None, keys: Mapping[str, str] | None = None
    ) -> None:
        self.episode = episode
        self._keys = keys or {}  # in mentions, of rows that are not there yet, with their references
        self._names = {reference: Name(name) for reference, name in (names or {}).items()}
        self._nameless: set[str] = set()  # of which nothing was found
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
        self._names |= {f"{kind.label}:{key}": name for key, name in names.items()}
        self._nameless |= {f"{kind.label}:{key}" for key in missing - names.keys()}

    def of_mentions(self, texts: Iterable[str]) -> dict[str, str]:
        """Return the name for each mention in some texts."""
        texts = [text for text in texts if "[[" in text]
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
        named = [key for label, _, key in (each.partition(":") for each in self._names) if label == kind.label]
        choices = {key: f"{self.name(kind, key)}" for key in dict.fromkeys([*keys, *named])}
        if kind.model is Episode:
            return list(choices.items())
        return sorted(choices.items(), key=lambda pair: (sort_key(pair[1]), pair[0]))


def names_from_additions(changes: Iterable[Change], episode: int) -> dict[str, Name]:
    """Return the names that rows which are to be added would give to pages, by the references of these."""
    added = [(change.model, change.wanted) for change in changes if change.action == Change.Action.ADD]
    names: dict[str, Name] = {}
    for kind in rows.registered() if added else ():
        if kind.page is not None and kind.page.names_from is not None:
            found = kind.page.names_from(added, episode)
            names |= {f"{kind.label}:{key}": name for key, name in found.items()}
    return names


def keys_from_additions(changes: Iterable[Change]) -> dict[str, str]:
    """Return the references of pages that are to be added, by the keys that texts mention them by."""
    added = [change for change in changes if change.action == Change.Action.ADD]
    kinds = {change.model: rows.editable(change.model) for change in added}
    return {
        str((change.wanted or {}).get(handle.field)): f"{change.model}:{change.row}"
        for change in added
        if (handle := kinds[change.model].handle) and kinds[change.model].page
    }


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
