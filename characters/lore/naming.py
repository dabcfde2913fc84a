"""Turn [[key]] in texts into [[Name]], as contributors read and write it, and back.

Both directions know only the subjects that are known at the reader's episode. A name that means nobody there is asked
about, and kept as it was typed if its author leaves it to the moderators, behind a mark that no key can have. So a key
that somebody guesses is an unknown name like any other.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from characters.kinds import SUBJECTS, Kind
from characters.lore.knowledge import Knowledge
from characters.models import Alias
from characters.models.owned import OWNERS
from characters.text.fitting import Spelling, Spellings, the_one_meant
from characters.text.mentions import BY_NAME, MENTION, mentioned_keys, with_keys
from characters.text.names import as_name
from characters.text.phrases import span
from characters.text.prose import SOMEBODY
from episodes.choices import Choice
from episodes.known import place_in_order
from episodes.names import Name

from .cast import NAMELESS
from .rows import visible

ENDS_WITH_ID = re.compile(r"\(([0-9a-z]{8,32})\)\Z")
NOT_IN_A_MENTION = re.compile(r"[\[\]|\n]")
UNKNOWN = "?"
LEAVE_IT = "Leave it to the moderators"
OWNER_COLUMNS = tuple(f"{name}_id" for name in OWNERS)


@dataclass(frozen=True, slots=True)
class KnownSubject:
    """A character, a faction or another subject that the reader has heard of."""

    kind: Kind
    id: UUID
    key: str
    public_id: str
    since: int


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
        headlines = (
            _aliases(self.knowledge).filter(own, headline=True).order_by(place_in_order(self.knowledge.progress))
        )
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

        return MENTION.sub(with_name, text)

    def words(self, text: str) -> str:
        """Return a text with names for its mentions, without brackets."""
        return BY_NAME.sub(
            lambda match: f"{Name(match[2] or without_id(match[1].removeprefix(UNKNOWN)))}", self.with_names(text)
        )


def without_id(name: str) -> str:
    """Return a name without the public id that `Naming.name` adds where two share it."""
    return ENDS_WITH_ID.sub("", name).strip() or name


class KnownNames:
    """Finds the subjects that contributors name, among those that they know."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def subject(self, typed: str, kinds: Collection[Kind] = SUBJECTS) -> KnownSubject:
        """Return the subject of one of these kinds that somebody means; raise `Unclear` unless it is exactly one."""
        if (subject := self._by_id(typed)) and subject.kind in kinds:
            return subject
        return the_one_meant(
            typed, self._spellings, offered=self._offered, is_possible=lambda subject: subject.kind in kinds,
            nothing=f"You do not know of anybody or anything called “{typed}”.",
        )  # fmt: skip

    def with_keys(self, text: str) -> str:
        """Return a text with keys instead of names in its mentions; raise ValidationError where a name is unclear.

        Who leaves a name to the moderators writes the mark before it.
        """
        return with_keys(text, self._key_in_mention, instead=[(UNKNOWN, LEAVE_IT)])

    def _key_in_mention(self, typed: str) -> str:
        if not typed.startswith(UNKNOWN):
            return self.subject(typed).key
        # Nothing is offered here, so nothing is looked up for each of what may be a thousand names.
        name = typed.lstrip(UNKNOWN).strip()
        by_id = self._by_id(name)
        meant = [by_id] if by_id else self._spellings.meant_by(name)
        return meant[0].key if len(meant) == 1 else f"{UNKNOWN}{name}"

    def _by_id(self, typed: str) -> KnownSubject | None:
        found = ENDS_WITH_ID.search(typed)
        return self._by_public_id.get(found[1]) if found else None

    def _offered(self, subject: KnownSubject) -> Choice:
        naming = Naming(self.knowledge)
        naming.note([subject.id])
        naming.look_up()
        name, since = naming.written(subject.id), span(subject.since, None)
        return Choice(name, ", ".join(filter(None, (f"{naming.name(subject.id)}", subject.kind.name, since))))

    @cached_property
    def _by_public_id(self) -> dict[str, KnownSubject]:
        return {subject.public_id: subject for subject in _known_subjects(self.knowledge, Q())}

    @cached_property
    def _spellings(self) -> Spellings[KnownSubject]:
        subjects = {subject.id: subject for subject in self._by_public_id.values()}
        aliases = _aliases(self.knowledge).values_list(*OWNER_COLUMNS, "name", "headline")
        return Spellings(
            Spelling(name, subjects[next(filter(None, owners))], headline) for *owners, name, headline in aliases
        )


def _known_subjects(knowledge: Knowledge, which: Q) -> list[KnownSubject]:
    columns = ("id", "key", "public_id", place_in_order(knowledge.progress))
    return [
        KnownSubject(kind, *row)
        for kind in SUBJECTS
        for row in visible(knowledge.progress, kind).filter(which).values_list(*columns)
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
