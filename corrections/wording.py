"""How rows and values read to moderators and editors."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import Truncator

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
MENTION = re.compile(r"\[\[([^\[\]|]*)(?:\|[^\[\]]*)?\]\]")  # or what looks like one
SOMEBODY = "somebody"
LONGEST_TITLE = 70  # characters of a row that has no page


class RowNames:
    """The names of rows as somebody at an episode knows them. Each is looked up once.

    With changes, it also knows the rows that these add, and those that are gone: what they add or remove has the names.
    """

    def __init__(
        self, episode: int, names: Mapping[str, str] | None = None, changes: Iterable[Change] | None = None
    ) -> None:
        self.episode = episode
        whole_rows = [change for change in changes or () if change.action != Change.Action.SET]
        self._keys = _keys_in(whole_rows)
        self._names = {**names_from_additions((each for each in whole_rows if not each.is_applied), episode)}
        self._names |= {reference: Name(name) for reference, name in (names or {}).items()}
        self._former = _former_names(whole_rows, episode)
        self._nameless: set[str] = set()  # of which nothing was found
        self._mentions: dict[str, str | None] = {}  # that were read, with the name of whom each means
        self._sought: set[str] = set()  # keys that are looked for among what was removed
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
        unseen = {key for key, each in references if each not in self._names and each not in self._nameless}
        missing = {key for key in unseen if rows.key_in_python(kind, key) is not None}
        if not missing:
            return
        if kind.page is not None and kind.page.names is not None:
            names = kind.page.names(missing, self.episode)
        else:
            names = self._titles(kind, missing)
        former = self._names_of_gone(kind, missing - names.keys())
        self._gone |= {f"{kind.label}:{key}" for key in former}
        names |= former
        self._names |= {f"{kind.label}:{key}": name for key, name in names.items()}
        self._nameless |= {f"{kind.label}:{key}" for key in missing - names.keys()}

    def _titles(self, kind: Editable, keys: set[str]) -> dict[str, Name]:
        """Return what rows without a page are called: by their words rather than by a key, where they have any."""
        known = {str(row.pk): row for row in _known_rows(kind, self.episode).filter(pk__in=keys)}
        if kind.titles is None or not kind.is_known_from_an_episode:
            return {key: Name(row) for key, row in known.items()}
        titles = kind.titles([(key, rows.single_values(kind, row)) for key, row in known.items()], self)
        return {key: Name(Truncator(title).chars(LONGEST_TITLE)) for key, title in zip(known, titles, strict=True)}

    def _names_of_gone(self, kind: Editable, keys: set[str]) -> dict[str, Name]:
        """Return what rows were called that are not there any more. One that is there may have another name since."""
        former = {key: name for key in keys if (name := self._former.get(f"{kind.label}:{key}"))}
        there = kind.model._base_manager.filter(pk__in=former).values_list("pk", flat=True) if former else ()
        return {key: name for key, name in former.items() if key not in set(map(str, there))}

    def prepare(self, of_rows: Iterable[tuple[Editable, rows.Values]]) -> None:
        """Look up at once all that rows with these values point to and mention."""
        pointed: defaultdict[str, set[str]] = defaultdict(set)
        texts: list[str] = []
        for kind, values in of_rows:
            for name, value in values.items():
                if isinstance(value, str) and "[[" in value:
                    texts.append(value)
                elif value and (target := kind.field(name).related_model) is not None:
                    pointed[target._meta.label_lower] |= set(map(str, value if isinstance(value, list) else [value]))
        for label, keys in pointed.items():
            self.look_up(rows.editable(label), keys)
        self.of_mentions(texts)

    def of_mentions(self, texts: Iterable[str]) -> dict[str, str]:
        """Return the name for each mention in some texts. Each mention is read once."""
        mentions = {found[0]: found[1] for text in texts if "[[" in text for found in MENTION.finditer(text)}
        if new := mentions.keys() - self._mentions.keys():
            names = self._read(new)
            if left := {mentions[each] for each in new - names.keys()}:
                self._seek_gone(left - self._sought)
                names = self._read(new)
            self._mentions |= {mention: names.get(mention) for mention in new}
        return {mention: name for mention in mentions if (name := self._mentions[mention]) is not None}

    def _read(self, mentions: Iterable[str]) -> dict[str, str]:
        self.of_pages(reference for reference in self._keys.values() if reference in self._former)
        unnamed = {key: SOMEBODY for key in self._sought if key in self._keys}
        added = {key: self._names[reference] for key, reference in self._keys.items() if reference in self._names}
        names: dict[str, str] = {}
        for read in rows.mention_readers:
            names |= read(mentions, self.episode, unnamed | added)
        return names

    def _seek_gone(self, keys: set[str]) -> None:
        """Look among what was removed for pages that texts name by these keys, as older texts do."""
        self._sought |= keys
        handles = [(kind.label, kind.handle.field) for kind in rows.registered() if kind.handle and kind.page]
        for label, field in handles:
            removals = Change.objects.applied().filter(model=label, action=Change.Action.REMOVE)
            gone = list(removals.filter(**{f"was__{field}__in": sorted(keys)}).order_by("applied_at"))
            if gone:
                self._keys |= _keys_in(gone)
                subjects = [f"{label}:{change.row}" for change in gone]
                names = Change.objects.applied().filter(action=Change.Action.REMOVE, subjects__subject__in=subjects)
                self._former |= _former_names(names, self.episode)
                self._nameless -= set(subjects)

    def name(self, kind: Editable, key: Json) -> Name:
        self.look_up(kind, {str(key)})
        unknown = Name(f"a {kind.model._meta.verbose_name} (gone, or not known by then)")
        return self._names.get(f"{kind.label}:{key}", unknown)

    def of_row(self, row: models.Model) -> Name:
        """Return what a row that is there is called: by its page's name, its words, or as the admin calls it."""
        kind = rows.editable(row._meta.label_lower)
        self.look_up(kind, {str(row.pk)})
        return self._names.get(rows.reference(row)) or Name(row)

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
    """Return the names that rows which were added or are removed have or gave, by the references of what had them."""
    values = [(change, _values_in(change)) for change in changes]
    were_there = [
        (each.model, of_row) for each, of_row in values if each.is_applied or each.action == Change.Action.REMOVE
    ]
    names = _names_from(were_there, episode)
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
    return (change.became or change.wanted if change.action == Change.Action.ADD else change.was or change.before) or {}


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


def noun_of(kind: Editable, values: rows.Values, key: str = "") -> str:
    """Return what people call a row with these values; a unit of the show has the word of its axis."""
    if kind.model is Episode and key:
        return current().word(int(key))
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
