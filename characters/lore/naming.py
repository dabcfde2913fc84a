"""[[key]] as [[Name]] for those who write without the editors' keys, and back.

Both ways know only what is known at the reader's episode. A name that means nothing there is kept as it was typed, with
a mark that no key can have, so that a key that was guessed is an unknown name like any other.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from characters.lore.knowledge import Knowledge
from characters.models import Alias, Character, Faction
from characters.text.mentions import MENTION, mentioned_keys

from .cast import NAMELESS

BY_NAME = re.compile(r"\[\[([^\[\]|\n]+)(?:\|([^\[\]|\n]+))?\]\]")

ENDS_WITH_ID = re.compile(r"\(([0-9a-z]{8,32})\)\Z")

NOT_IN_A_MENTION = re.compile(r"[\[\]|\n]")

UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Known:
    """A character or a faction that the reader has heard of."""

    kind: str
    id: UUID
    key: str
    public_id: str


class Naming:
    """First note whoever is to be named, then `look_up()`, then ask for names."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._ids: set[UUID] = set()
        self._keys: set[str] = set()
        self._by_key: dict[str, UUID] = {}
        self._names: dict[UUID, str] = {}

    def note(self, subjects: Iterable[UUID]) -> None:
        self._ids |= set(subjects)

    def note_texts(self, texts: Iterable[str]) -> None:
        for text in texts:
            self._keys |= mentioned_keys(text)

    def look_up(self) -> None:
        known = _known(self.knowledge, Q(id__in=self._ids) | Q(key__in=self._keys))
        self._by_key = {each.key: each.id for each in known}
        newest: dict[UUID, str] = {}
        headlines = Alias.objects.as_of(self.knowledge.progress).filter(headline=True)
        ids = [each.id for each in known]
        headlines = headlines.filter(Q(character__in=ids) | Q(faction__in=ids)).order_by("revealed_in_id")
        for character, faction, name in headlines.values_list("character_id", "faction_id", "name"):
            newest[character or faction] = name
        bearers = _bearers(self.knowledge, newest.values())
        for each in known:
            name = newest.get(each.id, NAMELESS)
            plain = NOT_IN_A_MENTION.sub("", name).strip()
            alone = plain != "" and len(bearers.get(name, ())) == 1 and plain == name and not ENDS_WITH_ID.search(name)
            self._names[each.id] = name if alone else f"{plain} ({each.public_id})".strip()

    def __contains__(self, subject: UUID) -> bool:
        return subject in self._names

    def name_of(self, subject: UUID) -> str:
        """What a contributor writes to mean this one: the name, or where two share it the name and the public id."""
        return self._names.get(subject, "somebody")

    def spoken(self, text: str) -> str:
        """The text without a key in it."""

        def name(match: re.Match[str]) -> str:
            subject = self._by_key.get(match[1])
            if subject is None:
                return match[2] or "somebody"
            return f"[[{self._names[subject]}{'|' + match[2] if match[2] else ''}]]"

        return MENTION.sub(name, text).replace(f"[[{UNKNOWN}", "[[")

    def read_aloud(self, text: str) -> str:
        """The text as somebody reads it, without brackets."""
        return BY_NAME.sub(lambda match: match[2] or without_id(match[1]), self.spoken(text))


def without_id(name: str) -> str:
    return ENDS_WITH_ID.sub("", name).strip() or name


def names_in(text: str) -> set[str]:
    return {match[1].strip() for match in BY_NAME.finditer(text)}


def written(text: str, found: dict[str, Known]) -> str:
    """The text with keys for names; nothing in it is a mention that was not found under its name."""

    def key(match: re.Match[str]) -> str:
        name = match[1].strip()
        known = found.get(name)
        words = f"|{match[2]}" if match[2] else ""
        return f"[[{known.key}{words}]]" if known else f"[[{UNKNOWN}{name.lstrip(UNKNOWN)}{words}]]"

    return BY_NAME.sub(key, text)


def find(knowledge: Knowledge, names: Iterable[str]) -> dict[str, Known]:
    """Who is meant by each name, as far as exactly one can be; the first letter may be a capital."""
    names = {name for name in names if name}
    asked = names | {name[:1].lower() + name[1:] for name in names}
    by_public_id = {match[1]: name for name in names if (match := ENDS_WITH_ID.search(name))}
    bearers = _bearers(knowledge, asked)
    ids = {bearer for those in bearers.values() for bearer, _ in those}
    known = {each.id: each for each in _known(knowledge, Q(id__in=ids) | Q(public_id__in=by_public_id))}
    found = {by_public_id[each.public_id]: each for each in known.values() if each.public_id in by_public_id}
    for name in names:
        those = bearers.get(name) or bearers.get(name[:1].lower() + name[1:], set())
        leading = {bearer for bearer, headline in those if headline}
        one = leading if len(leading) == 1 else {bearer for bearer, _ in those}
        if len(one) == 1 and name not in found:
            found[name] = known[one.pop()]
    return found


def _known(knowledge: Knowledge, which: Q) -> list[Known]:
    return [
        Known(model._meta.model_name or "", *row)
        for model in (Character, Faction)
        for row in model.objects.as_of(knowledge.progress).filter(which).values_list("id", "key", "public_id")
    ]


def _bearers(knowledge: Knowledge, names: Iterable[str]) -> dict[str, set[tuple[UUID, bool]]]:
    """Who goes by each of these names, and whether it can stand on the page."""
    rows = Alias.objects.as_of(knowledge.progress).filter(name__in=set(names))
    bearers: dict[str, set[tuple[UUID, bool]]] = defaultdict(set)
    for character, faction, name, headline in rows.values_list("character_id", "faction_id", "name", "headline"):
        bearers[name].add((character or faction, headline))
    return bearers
