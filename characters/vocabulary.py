"""The words of a show: kinds of relations and how they read, and other lists. A show adds its own to the default list.

`current()` is the vocabulary that this code works for. On public pages it holds what a viewer may know, so that no list
of kinds, filter, form or legend names one of a later episode; elsewhere it holds all. A row is never revealed before
its kind, so that a kind is known wherever one of its rows is.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from django.db.models import TextChoices

from episodes.known import is_reached


class AliasKind(TextChoices):
    """The kinds of names of the default list; the code asks for all of them by name."""

    NAME = "name", "Name"
    CODENAME = "codename", "Codename"
    TITLE = "title", "Title"
    PLACEHOLDER = "placeholder", "Known as"
    VARIANT = "variant", "Spelling variant"

    @property
    def noun(self) -> str:
        """What a name of this kind is called beside it; what somebody was only known as is no name."""
        return "description" if self == self.PLACEHOLDER else self.label.lower()


class Certainty(TextChoices):
    HINTED = "hinted", "Hinted"
    CLAIMED = "claimed", "Claimed"
    CONFIRMED = "confirmed", "Confirmed"
    DISPROVED = "disproved", "Disproved"


class Attribute(TextChoices):
    """The attributes of the default list, in the order in which a page shows them; the code asks for some by name."""

    DEFINITION = "definition", "One-line definition"
    SUMMARY = "summary", "Summary"
    CATEGORY = "category", "What it is"
    SPECIES = "species", "Species"
    STATUS = "status", "Status"
    OCCUPATION = "occupation", "Occupation"
    AGE = "age", "Age"
    PARENTAGE = "parentage", "Parentage"
    COLOUR = "colour", "Colour"
    APPEARANCE = "appearance", "Appearance"
    ABILITY = "ability", "Abilities"
    WEAPON = "weapon", "Weapons"
    WEAKNESS = "weakness", "Weaknesses"
    HABIT = "habit", "Habits"
    PURPOSE = "purpose", "Purpose"
    BASE = "base", "Base"
    VOICE_ACTOR = "voice_actor", "Voice (Japanese)"
    VOICE_ACTOR_EN = "voice_actor_en", "Voice (English)"

    @classmethod
    def single_valued(cls) -> tuple["Attribute", ...]:
        """Return the attributes of which only the newest value holds."""
        return (
            cls.DEFINITION, cls.SUMMARY, cls.CATEGORY, cls.SPECIES, cls.STATUS, cls.OCCUPATION, cls.AGE, cls.PARENTAGE,
            cls.COLOUR,
        )  # fmt: skip

    @classmethod
    def of_a_stage(cls) -> tuple["Attribute", ...]:
        """Return those that tell of the whole subject at a stage; earlier ones are read on its page as it was."""
        return (cls.DEFINITION, cls.SUMMARY)


# The languages of the default list in which a show is heard, each by the attribute that says whose voice it is.
SPOKEN_IN = {Attribute.VOICE_ACTOR: "Japanese", Attribute.VOICE_ACTOR_EN: "English"}


@dataclass(frozen=True, slots=True, eq=False)
class AttributeKind:
    """What can be told of a subject."""

    key: str
    label: str
    is_single: bool = False  # only the newest value holds
    spoken_in: str = ""  # the language, of one that says whose voice it is


@dataclass(frozen=True, slots=True, eq=False)
class NameKind:
    """What a name is."""

    key: str
    label: str
    noun: str  # what a name of this kind is called beside it


ATTRIBUTES = tuple(
    AttributeKind(each.value, str(each.label), each in Attribute.single_valued(), SPOKEN_IN.get(each, ""))
    for each in Attribute
)
# Of the show, in the order in which its page lists them.
CREDITS = {
    "studio": "Studio",
    "chief_director": "Chief director",
    "director": "Director",
    "writers": "Series composition",
    "character_design": "Character design",
    "mechanical_design": "Mechanical design",
    "music": "Music",
    "opening": "Opening",
    "ending": "Ending",
    "network": "Network",
    "streaming": "Streaming",
}
NAMES = tuple(NameKind(each.value, str(each.label), each.noun) for each in AliasKind)


class Section(TextChoices):
    """What a word of the vocabulary is."""

    RELATION = "relation", "Kind of relation"
    ATTRIBUTE = "attribute", "Attribute"
    NAME = "name", "Kind of name"
    CREDIT = "credit", "Credit of the show"


class Bond(TextChoices):
    """What sort of thing a relation is. Someone who has several stands on a map under the first."""

    KIN = "kin", "Kinship"
    TRUST = "trust", "Friendship"
    POWER = "power", "Power"
    PURSUIT = "pursuit", "Pursuit"
    CONFLICT = "conflict", "Conflict"


RANKS = {bond: rank for rank, bond in enumerate(Bond)}

type Side = tuple[int, int, bool, str]
"""The rank of its bond, its place among the ties of a character, whether it is the verb's other side, and its label."""


@dataclass(frozen=True, slots=True, eq=False)
class RelationKind:
    """Labelled as on the page of the source; `seen_from_target` has the other side."""

    key: str
    bond: Bond
    label: str
    seen_from_target: str
    sentence: str  # the label with its verb: “Ann *is a friend of* Bea”, “Ann *killed* Bea”
    is_state: bool  # it goes on from its episode, as being allies does; what happened or always was does not
    place: int = 0  # among the relations of a page: the nearest first
    rank: int = 0  # of its bond
    sides: tuple[Side, Side] = ((0, 0, False, ""), (0, 0, False, ""))  # that of the source, and that of the target

    @property
    def is_mutual(self) -> bool:
        """Whether it reads alike from both sides, as being allies does."""
        return self.seen_from_target == self.label

    @property
    def lasts(self) -> bool:
        """Whether it is so from then on, as kinship and states are; what happens can happen again."""
        return self.is_state or self.bond == Bond.KIN

    def at(self, place: int) -> "RelationKind":
        """Return the same with its place among all relations."""
        rank = RANKS[self.bond]
        sides = (rank, place, False, self.label), (rank, place, not self.is_mutual, self.seen_from_target)
        return replace(self, place=place, rank=rank, sides=sides)


def _relation(
    key: str, bond: Bond, label: str, seen_from_target: str = "", *, sentence: str = "", goes_on: bool = False
) -> RelationKind:
    return RelationKind(key, bond, label, seen_from_target or label, sentence or sentence_of(label), goes_on)


def sentence_of(label: str) -> str:
    """Return a label with its verb, where that is not in it: “is a friend of”."""
    article = "an" if label[:1].lower() in "aeiou" else "a"
    return f"is {article} {label}" if label.endswith(" of") else label


# The default list, in the order in which a page lists them.
RELATIONS = (
    _relation("parent", Bond.KIN, "parent of", "child of"),
    _relation("adopted", Bond.KIN, "adoptive parent of", "adopted child of"),
    _relation("sibling", Bond.KIN, "sibling of"),
    _relation("twin", Bond.KIN, "twin of"),
    _relation("family", Bond.KIN, "family of", sentence="is family to"),
    _relation("shares_body", Bond.KIN, "shares a body with"),
    _relation("lover", Bond.TRUST, "lover of", goes_on=True),
    _relation("loves", Bond.TRUST, "loves", "loved by", goes_on=True),
    _relation("partner", Bond.TRUST, "partner of", goes_on=True),
    _relation("friend", Bond.TRUST, "friend of", goes_on=True),
    _relation("ally", Bond.TRUST, "ally of", goes_on=True),
    _relation("comrade", Bond.TRUST, "comrade of", goes_on=True),
    _relation("protects", Bond.TRUST, "protects", "protected by", goes_on=True),
    _relation("guides", Bond.TRUST, "guides", "guided by", goes_on=True),
    _relation("rescued", Bond.TRUST, "rescued", "rescued by"),
    _relation("helps", Bond.TRUST, "helped", "helped by"),
    _relation("spared", Bond.TRUST, "spared", "spared by"),
    _relation("created", Bond.POWER, "created", "created by"),
    _relation("owns", Bond.POWER, "owner of", "owned by", goes_on=True),
    _relation("commands", Bond.POWER, "commands", "answers to", goes_on=True),
    _relation("serves", Bond.POWER, "serves", "served by", goes_on=True),
    _relation("employs", Bond.POWER, "employs", "employed by", goes_on=True),
    _relation("controls", Bond.POWER, "controls", "controlled by", goes_on=True),
    _relation("pressures", Bond.POWER, "puts pressure on", "under pressure from", goes_on=True),
    _relation("recruits", Bond.POWER, "tries to win over", "sought as an ally by"),
    _relation("hunts", Bond.PURSUIT, "hunts", "hunted by", goes_on=True),
    _relation("investigates", Bond.PURSUIT, "investigates", "investigated by", goes_on=True),
    _relation("suspects", Bond.PURSUIT, "suspects", "suspected by", goes_on=True),
    _relation("suspected_to_be", Bond.PURSUIT, "suspected to be", sentence="is suspected to be", goes_on=True),
    _relation("killed", Bond.CONFLICT, "killed", "killed by"),
    _relation("enemy", Bond.CONFLICT, "enemy of", goes_on=True),
    _relation("rival", Bond.CONFLICT, "rival of", goes_on=True),
    _relation("betrayed", Bond.CONFLICT, "betrayed", "betrayed by"),
    _relation("deceived", Bond.CONFLICT, "deceived", "deceived by"),
    _relation("overcame", Bond.CONFLICT, "defeated", "defeated by"),
    _relation("wounded", Bond.CONFLICT, "wounded", "wounded by"),
    _relation("attacked", Bond.CONFLICT, "attacked", "attacked by"),
    _relation("abducted", Bond.CONFLICT, "abducted", "abducted by"),
    _relation("arrested", Bond.CONFLICT, "arrested", "arrested by"),
    _relation("impersonated", Bond.CONFLICT, "impersonated", "impersonated by"),
)

# What the code knows by itself: a guess is told apart from other ties, and betrayals measure the shape of a page.
SUSPECTED_TO_BE, BETRAYED = "suspected_to_be", "betrayed"


class AnyWord(Protocol):
    """A word that a show adds, or has in place of one of the default list: a row of the database, or of a file."""

    section: str
    key: str
    label: str
    reverse: str
    sentence: str
    bond: str
    spoken_in: str
    goes_on: bool
    single: bool
    left_out: bool

    @property
    def known_in(self) -> int: ...


@dataclass(slots=True)
class KnownWord:
    """A word as public pages read it."""

    section: str
    key: str
    label: str
    reverse: str
    sentence: str
    bond: str
    spoken_in: str
    goes_on: bool
    single: bool
    left_out: bool
    known_in: int


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The default list with what a show adds to it, changes of it, and leaves out."""

    words: tuple[AnyWord, ...] = ()

    @cached_property
    def relations(self) -> Mapping[str, RelationKind]:
        """The kinds of relations by key, in the order in which a page lists them."""
        kinds = {kind.key: kind for kind in RELATIONS}
        for word in self._of(Section.RELATION):
            kinds[word.key] = _relation(
                word.key, Bond(word.bond or Bond.TRUST), word.label, word.reverse,
                sentence=word.sentence, goes_on=word.goes_on,
            )  # fmt: skip
        kept = (kind for kind in kinds.values() if kind.key not in self._left_out(Section.RELATION))
        in_order = sorted(kept, key=lambda kind: RANKS[kind.bond])
        return {kind.key: kind.at(place) for place, kind in enumerate(in_order)}

    def keys(self, section: str) -> Collection[str]:
        """Return the keys of a section."""
        match Section(section):
            case Section.RELATION:
                return self.relations.keys()
            case Section.ATTRIBUTE:
                return self.attributes.keys()
            case Section.NAME:
                return self.names.keys()
            case Section.CREDIT:
                return self.credits.keys()

    @cached_property
    def attributes(self) -> Mapping[str, AttributeKind]:
        """The attributes by key, in the order in which a page shows them: voices come last."""
        kinds = {kind.key: kind for kind in ATTRIBUTES}
        for word in self._of(Section.ATTRIBUTE):
            old = kinds.get(word.key)
            is_single, spoken_in = (old.is_single, old.spoken_in) if old else (word.single, "")
            kinds[word.key] = AttributeKind(word.key, word.label, is_single, word.spoken_in or spoken_in)
        kept = (kind for kind in kinds.values() if kind.key not in self._left_out(Section.ATTRIBUTE))
        return {kind.key: kind for kind in sorted(kept, key=lambda kind: bool(kind.spoken_in))}

    def attribute(self, key: str) -> AttributeKind:
        """Return an attribute; one that is no longer there reads as its key does."""
        return self.attributes.get(key) or AttributeKind(key, key.replace("_", " ").capitalize())

    @cached_property
    def single(self) -> frozenset[str]:
        """The attributes of which only the newest value holds."""
        return frozenset(kind.key for kind in self.attributes.values() if kind.is_single)

    @cached_property
    def spoken_in(self) -> Mapping[str, str]:
        """The languages in which the show is heard, each by the attribute that says whose voice it is."""
        return {kind.key: kind.spoken_in for kind in self.attributes.values() if kind.spoken_in}

    @cached_property
    def names(self) -> Mapping[str, NameKind]:
        """The kinds of names by key, in the order in which a page lists them."""
        kinds = {kind.key: kind for kind in NAMES}
        kinds |= {word.key: NameKind(word.key, word.label, word.label.lower()) for word in self._of(Section.NAME)}
        return {key: kind for key, kind in kinds.items() if key not in self._left_out(Section.NAME)}

    def name(self, key: str) -> NameKind:
        """Return a kind of name; one that is no longer there reads as its key does."""
        return self.names.get(key) or NameKind(key, key.replace("_", " ").capitalize(), key.replace("_", " "))

    @cached_property
    def credits(self) -> Mapping[str, str]:
        """What each credit of the show is called."""
        return CREDITS | {word.key: word.label for word in self._of(Section.CREDIT) if word.key in CREDITS}

    def choices(self, section: Section) -> list[tuple[str, str]]:
        """Return what forms offer of a section; of relations those first that read alike from both sides."""
        match section:
            case Section.RELATION:
                kinds = sorted(self.relations.values(), key=lambda kind: (not kind.is_mutual, kind.key))
                return [(kind.key, kind.label) for kind in kinds]
            case Section.ATTRIBUTE:
                return [(kind.key, kind.label) for kind in self.attributes.values()]
            case Section.NAME:
                return [(kind.key, kind.label) for kind in self.names.values()]
            case Section.CREDIT:
                return list(self.credits.items())

    def relation(self, key: str) -> RelationKind:
        """Return a kind of relation; one that is no longer there reads as its key does."""
        return self.relations.get(key) or _relation(key, Bond.TRUST, key.replace("_", " "))

    def as_of(self, progress: int) -> "Vocabulary":
        """Return what of it somebody at an episode may know."""
        known = tuple(word for word in self.words if is_reached(word.known_in, progress))
        return self if len(known) == len(self.words) else Vocabulary(known)

    @property
    def size(self) -> int:
        """The bytes that it takes, by a measurement."""
        return 20_000 + 1_000 * len(self.words)

    def _of(self, section: Section) -> Iterator[AnyWord]:
        return (word for word in self.words if word.section == section and not word.left_out)

    def _left_out(self, section: Section) -> set[str]:
        return {word.key for word in self.words if word.section == section and word.left_out}


DEFAULT = Vocabulary()


def vocabulary_of(words: Iterable[AnyWord]) -> Vocabulary:
    """Return the vocabulary of a show that says these words, in their order."""
    given = tuple(words)
    return Vocabulary(given) if given else DEFAULT


type Read = Callable[[], Vocabulary]


@dataclass
class _Outside:
    """Where code takes words from that is run by no request; the app sets it once it can read the database."""

    read: Read = field(default=lambda: DEFAULT)


_outside = _Outside()
_current: ContextVar[Read | None] = ContextVar("vocabulary of the show", default=None)
_of_the_last_page: ContextVar[Read | None] = ContextVar("vocabulary of the page that was read last", default=None)
_offered_until: ContextVar[Callable[[], int | None] | None] = ContextVar("horizon of what is offered", default=None)


def current() -> Vocabulary:
    """Return the vocabulary of the show that this code works for."""
    return (_current.get() or _of_the_last_page.get() or _outside.read)()


def stored() -> Vocabulary:
    """Return the whole vocabulary of the show as the database has it now."""
    return _outside.read()


def read_outside_of_requests(read: Read) -> None:
    """Take words from what this returns wherever nothing else is said."""
    _outside.read = read


def use(read: Read) -> None:
    """Let what follows take words from there, unless a block says where from, as that of each request does."""
    if _current.get() is None:
        _of_the_last_page.set(read)


@contextmanager
def using(read: Read, *, offered_until: Callable[[], int | None] | None = None) -> Iterator[None]:
    """Let a block take words from what this returns; its forms offer those that are known at an episode."""
    token, horizon = _current.set(read), _offered_until.set(offered_until)
    try:
        yield
    finally:
        _current.reset(token)
        _offered_until.reset(horizon)


def choices(section: Section) -> list[tuple[str, str]]:
    """Return what forms offer of a section."""
    until = horizon() if (horizon := _offered_until.get()) else None
    return (current() if until is None else current().as_of(until)).choices(section)
