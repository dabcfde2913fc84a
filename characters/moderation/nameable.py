"""Which subjects editors and moderators mean by what they type: by their key, or by a name known at an episode."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from characters.kinds import SUBJECTS, Kind
from characters.models import Alias, Tag
from characters.models.owned import OWNERS
from characters.models.shown_keys import hidden_keys, shown_key, with_shown_keys
from characters.text.fitting import Spelling, Spellings, the_one_meant
from characters.text.mentions import MENTION, names_in, with_keys
from episodes.choices import Choice, Unclear
from episodes.known import place_in_order
from episodes.names import Name
from episodes.units import named

MENTIONABLE = re.compile(r"[^\[\]|\n]+")  # what a name consists of that can stand in a mention


@dataclass(frozen=True, slots=True)
class NamedSubject:
    """A subject that can be named, with its newest headline name."""

    kind: Kind
    pk: str
    key: str
    name: str

    @property
    def handle(self) -> str:
        """The key as an editor may read it."""
        return shown_key(self.key)


class NameableSubjects:
    """The subjects that can be named at an episode: those known there, and those that are new in the same form."""

    def __init__(self, episode: int) -> None:
        self.episode = episode
        self.by_key: dict[str, NamedSubject] = {}
        self._key_of_handle = {handle: key for key, handle in hidden_keys().items()}
        self._by_pk: dict[str, NamedSubject] = {}
        self._names: list[Spelling[NamedSubject]] = []
        self._proper_names: list[Spelling[NamedSubject]] = []  # without those that are words as well
        columns = ("name", "headline", "common_word", *(f"{name}_id" for name in OWNERS))
        # As plain values, because a page asks for the names of many episodes.
        aliases = list(Alias.objects.as_of(episode).order_by(place_in_order(episode)).values_list(*columns))
        headlines = {owner: name for name, headline, _, *owners in aliases if headline for owner in owners if owner}
        for kind in SUBJECTS:
            visible: Any = kind.model
            for pk, key in visible.objects.as_of(episode).order_by("key").values_list("pk", "key"):
                self._add(NamedSubject(kind, str(pk), key, headlines.get(pk, shown_key(key))))
        for name, _, common_word, *owners in aliases:
            owner = next(filter(None, owners), None)
            if (subject := self._by_pk.get(str(owner))) is not None:
                self._names.append(Spelling(name, subject))
                if not common_word:
                    self._proper_names.append(Spelling(name, subject))

    def add(self, subject: NamedSubject) -> None:
        """Let one more subject be named, which is new in the form."""
        self._add(subject)
        self._proper_names.append(Spelling(subject.name, subject))

    def _add(self, subject: NamedSubject) -> None:
        self.by_key[subject.key] = self._by_pk[subject.pk] = subject
        self._names += [Spelling(shown_key(subject.key), subject), Spelling(subject.name, subject)]
        for made in ("_spellings", "_proper_spellings"):
            vars(self).pop(made, None)

    @cached_property
    def _spellings(self) -> Spellings[NamedSubject]:
        return Spellings(self._names)

    @cached_property
    def _proper_spellings(self) -> Spellings[NamedSubject]:
        return Spellings(self._proper_names)

    def name(self, pk: Any) -> Name:
        """Return the name of a subject by its id."""
        return Name(self._by_pk[str(pk)].name if str(pk) in self._by_pk else "somebody")

    def words(self, text: str) -> str:
        """Return a text in one line; editors read its mentions as they are written."""
        return " ".join(with_shown_keys(text).split())

    def of_kinds(self, kinds: Iterable[Kind]) -> list[NamedSubject]:
        return [subject for kind in kinds for subject in self.by_key.values() if subject.kind is kind]

    def find(self, typed: str, kinds: Collection[Kind] = SUBJECTS) -> NamedSubject:
        """Return the subject of one of these kinds that is meant; raise `Unclear` unless it is exactly one."""
        by_key = self.by_key.get(self._key_of_handle.get(typed, "" if typed in hidden_keys() else typed))
        if by_key is not None and by_key.kind in kinds:
            return by_key
        nouns = " or ".join(kind.name for kind in kinds)
        return the_one_meant(
            typed, self._spellings, offered=_by_key, is_possible=lambda subject: subject.kind in kinds,
            nothing=f"No {nouns} of {named(self.episode)} has the key or the name “{typed}”.",
        )  # fmt: skip

    def without_brackets(self, text: str) -> Iterator[tuple[Unclear, NamedSubject]]:
        """Yield whom a text names without brackets, with a question that offers them."""
        for words, subject in self._proper_spellings.said_in(text):
            mention = f"[[{subject.handle}]]" if words == subject.name else f"[[{subject.handle}|{words}]]"
            yield (
                Unclear(
                    f"“{words}” stands without brackets, so the page of {Name(subject.name)} will not tell this. "
                    "To leave it so, save again.",
                    typed=words, choices=[Choice(mention, f"Put “{words}” in brackets")], can_stay=True,
                ),
                subject,
            )  # fmt: skip

    def read(self, text: str) -> str:
        """Return a text with keys for the names in its mentions; raise ValidationError for those that are unclear.

        Keys stay as they are, also those of later episodes: the model says what is wrong with them.
        """
        keys = existing_keys(names_in(text) - self.by_key.keys())
        return with_keys(text, lambda typed: typed if typed in keys else self.find(typed).key)

    def with_names(self, text: str) -> str:
        """Return a text with names for the keys in its mentions, as far as each of them means that subject alone."""
        return MENTION.sub(lambda found: found[0].replace(f"[[{found[1]}", f"[[{self._written(found[1])}", 1), text)

    def _written(self, key: str) -> str:
        subject = self.by_key.get(key)
        if subject is None:
            return shown_key(key)
        try:
            is_clear = MENTIONABLE.fullmatch(subject.name) and self.find(subject.name) is subject
        except Unclear:
            is_clear = False
        return subject.name if is_clear else subject.handle


def _by_key(subject: NamedSubject) -> Choice:
    return Choice(subject.handle, f"{Name(subject.name)} ({subject.handle})")


def read_typed(episode: int, text: str) -> str:
    """Return a text as an editor or a moderator typed it, with the keys of whom it names as of an episode."""
    names = names_in(text)
    return text if names <= existing_keys(names) else NameableSubjects(episode).read(text)


def writer_of_names(episode: int) -> Callable[[str], str]:
    """Return a function that puts names for the keys in the mentions of a text, as of an episode."""

    @cache
    def subjects() -> NameableSubjects:
        return NameableSubjects(episode)

    return lambda text: subjects().with_names(text) if "[[" in text else text


def existing_keys(names: Collection[str]) -> set[str]:
    """Return those of these names that are keys of subjects, whether they are known yet or not.

    One that is not shown to whoever typed it is none: who guesses it is told no more than of a key that nobody has.
    """
    found = (kind.model._base_manager.filter(key__in=names).values_list("key", flat=True) for kind in SUBJECTS)
    return {key for keys in found for key in keys} - hidden_keys().keys() if names else set()


def tags_alike(name: str) -> list[Tag]:
    """Return the tags of the same name but for what nobody should have to get right."""
    return Spellings(Spelling(tag.name, tag) for tag in Tag.objects.all()).meant_by(name)
