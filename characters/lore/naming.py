"""Turn [[key]] in texts into [[Name]], as contributors read and write it, and back.

Both directions know only the subjects that are known at the reader's episode. A name that means nobody there is kept as
it was typed, behind a mark that no key can have. So a key that somebody guesses is an unknown name like any other.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from characters.kinds import SUBJECTS, Kind
from characters.lore.knowledge import Knowledge
from characters.models import Alias
from characters.models.owned import OWNERS
from characters.text.mentions import MENTION, mentioned_keys
from characters.text.names import as_name
from characters.text.prose import SOMEBODY
from episodes.names import Name

from .cast import NAMELESS
from .rows import visible

BY_NAME = re.compile(r"\[\[([^\[\]|\n]+)(?:\|([^\[\]|\n]+))?\]\]")
ENDS_WITH_ID = re.compile(r"\(([0-9a-z]{8,32})\)\Z")
NOT_IN_A_MENTION = re.compile(r"[\[\]|\n]")
UNKNOWN = "?"
OWNER_COLUMNS = tuple(f"{name}_id" for name in OWNERS)


@dataclass(frozen=True, slots=True)
class KnownSubject:
    """A character, a faction or another subject that the reader has heard of."""

    kind: Kind
    id: UUID
    key: str
    public_id: str


class Naming:
    """The names that contributors use for subjects. Note the subjects, then `look_up()`, then ask for names."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._ids: set[UUID] = set()
        self._keys: set[str] = set()
        self._by_key: dict[str, UUID] = {}
        self._names: dict[UUID, Name] = {}

    def note(self, subjects: Iterable[UUID]) -> None:
        """Note subjects that will be named."""
        self._ids |= set(subjects)

    def note_texts(self, texts: Iterable[str]) -> None:
        """Note the subjects that these texts mention."""
        for text in texts:
            self._keys |= mentioned_keys(text)

    def look_up(self) -> None:
        """Read the names of everybody noted so far."""
        subjects = _known_subjects(self.knowledge, Q(id__in=self._ids) | Q(key__in=self._keys))
        self._by_key = {subject.key: subject.id for subject in subjects}
        headlines = self._newest_headlines([subject.id for subject in subjects])
        bearers = _bearers(self.knowledge, headlines.values())
        for subject in subjects:
            name = headlines.get(subject.id, NAMELESS)
            plain = NOT_IN_A_MENTION.sub("", name).strip()
            is_unique = plain == name != "" and len(bearers.get(name, ())) == 1 and not ENDS_WITH_ID.search(name)
            self._names[subject.id] = name if is_unique else type(name)(f"{plain} ({subject.public_id})".strip())

    def _newest_headlines(self, subjects: list[UUID]) -> dict[UUID, Name]:
        own = reduce(or_, (Q(**{f"{owner}__in": subjects}) for owner in OWNERS))
        headlines = _aliases(self.knowledge).filter(own, headline=True).order_by("revealed_in_id")
        return {
            next(filter(None, owners)): as_name(name, kind)
            for *owners, name, kind in headlines.values_list(*OWNER_COLUMNS, "name", "kind")
        }  # the newest comes last and replaces the others

    def name(self, subject: UUID | str) -> Name:
        """Return the name of a subject, with the public id where two share it."""
        return self._names.get(UUID(subject) if isinstance(subject, str) else subject, SOMEBODY)

    def written(self, subject: UUID | str) -> str:
        """Return what a contributor writes to mean a subject: its name, without the signs that set names apart."""
        return str(self.name(subject))

    def with_names(self, text: str) -> str:
        """Return a text with names instead of keys in its mentions."""

        def with_name(match: re.Match[str]) -> str:
            subject = self._by_key.get(match[1])
            if subject is None:
                return match[2] or "somebody"
            return f"[[{self.written(subject)}{'|' + match[2] if match[2] else ''}]]"

        return MENTION.sub(with_name, text).replace(f"[[{UNKNOWN}", "[[")

    def words(self, text: str) -> str:
        """Return a text with names for its mentions, without brackets."""
        return BY_NAME.sub(lambda match: f"{Name(match[2] or without_id(match[1]))}", self.with_names(text))


def without_id(name: str) -> str:
    """Return a name without the public id that `Naming.name` adds where two share it."""
    return ENDS_WITH_ID.sub("", name).strip() or name


def names_in(text: str) -> set[str]:
    """Return the names that a contributor's text mentions."""
    return {match[1].strip() for match in BY_NAME.finditer(text)}


def with_keys(text: str, subjects: dict[str, KnownSubject]) -> str:
    """Return a text with keys instead of names in its mentions; names that mean nobody are marked as unknown."""

    def with_key(match: re.Match[str]) -> str:
        name = match[1].strip()
        subject = subjects.get(name)
        words = f"|{match[2]}" if match[2] else ""
        return f"[[{subject.key}{words}]]" if subject else f"[[{UNKNOWN}{name.lstrip(UNKNOWN)}{words}]]"

    return BY_NAME.sub(with_key, text)


def subjects_named(knowledge: Knowledge, names: Iterable[str]) -> dict[str, KnownSubject]:
    """Return the subject that each name means, where it means exactly one; the first letter may be a capital."""
    names = {name for name in names if name}
    by_public_id = {match[1]: name for name in names if (match := ENDS_WITH_ID.search(name))}
    bearers = _bearers(knowledge, names | set(map(_with_small_letter, names)))
    ids = {subject for bearing in bearers.values() for subject, _ in bearing}
    which = Q(id__in=ids) | Q(public_id__in=by_public_id)
    known = {subject.id: subject for subject in _known_subjects(knowledge, which)}
    named = {by_public_id[each.public_id]: each for each in known.values() if each.public_id in by_public_id}
    for name in names - named.keys():
        bearing = bearers.get(name) or bearers.get(_with_small_letter(name), set())
        with_headline = {subject for subject, headline in bearing if headline}
        meant = with_headline if len(with_headline) == 1 else {subject for subject, _ in bearing}
        if len(meant) == 1:
            named[name] = known[meant.pop()]
    return named


def _with_small_letter(name: str) -> str:
    return name[:1].lower() + name[1:]


def _known_subjects(knowledge: Knowledge, which: Q) -> list[KnownSubject]:
    return [
        KnownSubject(kind, *row)
        for kind in SUBJECTS
        for row in visible(knowledge.progress, kind).filter(which).values_list("id", "key", "public_id")
    ]


def _aliases(knowledge: Knowledge) -> QuerySet[Any]:
    return Alias.objects.as_of(knowledge.progress)


def _bearers(knowledge: Knowledge, names: Iterable[str]) -> dict[str, set[tuple[UUID, bool]]]:
    """Return the subjects that bear each of these names, and whether it is a headline name of theirs."""
    aliases = _aliases(knowledge).filter(name__in=set(names))
    bearers: dict[str, set[tuple[UUID, bool]]] = defaultdict(set)
    for *owners, name, headline in aliases.values_list(*OWNER_COLUMNS, "name", "headline"):
        bearers[name].add((next(filter(None, owners)), headline))
    return bearers
