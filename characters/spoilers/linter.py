"""The spoiler linter: which texts say a name, a tag or a faction that is revealed later than they are.

`Vocabulary` knows from which episode on each name is known and finds the later ones in a text. `Corpus` holds the names
and texts of a show, read from the database or from the files of a data set. docs/editing.md tells editors the rules.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from characters.text import prose
from characters.vocabulary import AliasKind

TAG = "tag"

KATAKANA = "ァ-ヺー-ヿ"

UNSPACED = "々〆ぁ-ゟ㐀-䶿一-鿿豈-﫿"

# A mention, a word, a word in katakana, or one letter of a script that has no spaces: there a name can begin anywhere.
WORD = re.compile(rf"\[\[[a-z0-9_.-]+\]\]|[{KATAKANA}]+|[{UNSPACED}]|[^\W_{KATAKANA}{UNSPACED}]+")

GAP = re.compile(r"[\s\-‐‑–・=]+")

UNSEEN: dict[int, str] = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), "")

BLOCK = re.compile(r"</?(?:p|li|ul|ol|blockquote|hr)\b[^>]*>")

EXCERPT = 40


def form_in_admin(label: str, key: Any) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_change", args=[key])


def said_too_early(found: str, url: str, claim: str) -> SafeString:
    return format_html('It says “{}”, but <a href="{}">{}</a> only.', found, url, claim)


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in the files of a data set, or the form of a row in the admin."""

    file: str = ""
    line: int = 0
    what: str = ""
    form: tuple[str, Any] = ("", None)  # the model's label and the row's key

    @property
    def url(self) -> str:
        label, key = self.form
        return form_in_admin(label, key) if key is not None else ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else self.url


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    kind: str  # of alias, or TAG
    known_from: int
    where: Where = field(default_factory=Where)
    of_faction: bool = False
    common_word: bool = False

    @property
    def describes(self) -> bool:
        """It is put in words of ours, so it reveals no other name and may itself say too much."""
        return self.kind in (AliasKind.PLACEHOLDER, TAG)

    @property
    def called(self) -> str:
        return "faction" if self.of_faction and self.kind != TAG else self.kind


@dataclass(frozen=True, slots=True)
class Text:
    words: str
    known_in: int
    where: Where
    field: str
    markdown: bool = False
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    name: Name
    start: int
    end: int

    def overlaps(self, other: "Slip") -> bool:
        return self.start < other.end and other.start < self.end

    def lies_in(self, other: "Slip") -> bool:
        return other.start <= self.start and self.end <= other.end


@dataclass(frozen=True, slots=True)
class Finding:
    """A text that is known in `known_in` says a name that is known from a later episode on."""

    name: str
    kind: str
    known_from: int
    revealed_by: Where
    where: Where
    field: str
    known_in: int
    found: str
    excerpt: str

    @property
    def claim(self) -> str:
        return f"the {self.kind} “{self.name}” is revealed in episode {self.known_from}"

    def __str__(self) -> str:
        said = f"{self.where.what} (episode {self.known_in}) says “{self.found}”"
        return f"{self.where}: {said}, but {self.claim} only: {self.excerpt}"

    def as_row(self) -> dict[str, str | int]:
        return {
            "name": self.name,
            "kind": self.kind,
            "known_from": self.known_from,
            "known_in": self.known_in,
            "place": self.where.what,
            "file": self.where.file,
            "line": self.where.line,
            "url": self.where.url,
            "found": self.found,
            "excerpt": self.excerpt,
            "revealed_by": str(self.revealed_by),
        }


class Vocabulary:
    """All names of a show, each known from the earliest episode in which anybody bears it."""

    def __init__(self, names: Iterable[Name]) -> None:
        names = list(names)
        self._first: dict[str, Name] = {}
        self._spellings: dict[str, set[str]] = defaultdict(set)
        self._any_case: set[str] = set()
        for spellings in (_whole, _words_that_stand_for):  # a name of its own goes before a part of another's
            for name in names:
                for spelling in spellings(name):
                    self._take(spelling, name)
        for name in names:
            if not name.describes:
                self._take_as_known_within(name)
        self._common = {_key(_stem(name)) for name in names if name.common_word}
        self._lengths: dict[str, int] = defaultdict(int)
        for key in self._first:
            words = WORD.findall(key)
            self._lengths[words[0]] = max(self._lengths[words[0]], len(words))

    def _take(self, spelling: str, name: Name) -> None:
        key = _key(spelling)
        self._first[key] = min(self._first.get(key, name), name, key=lambda known: known.known_from)
        self._spellings[key].add(_spaced(spelling))
        if name.kind == TAG:
            self._any_case.add(key)

    def _take_as_known_within(self, name: Name) -> None:
        """Whoever knows “Roy Junghardt” knows “Junghardt”."""
        text = _normal(name.name)
        words = list(WORD.finditer(text))
        for number, first in enumerate(words):
            for last in words[number:]:
                for base in _bases(_spaced(text[first.start() : last.end()])):
                    known = self._first.get(base.casefold())
                    if known is not None and name.known_from < known.known_from:
                        self._first[base.casefold()] = name

    def slips(self, text: str, known_in: int, *, any_case: bool = False) -> list[Slip]:
        """Each later name once, in the order of the text; of those that overlap the longest."""
        said = list(self._said(text, known_in, any_case=any_case))
        known = [each for each in said if each.name.known_from <= known_in]
        later = [each for each in said if not any(each.lies_in(other) for other in known)]
        kept: dict[str, Slip] = {}
        for each in sorted(later, key=lambda each: (each.start - each.end, each.start)):
            if each.name.name not in kept and not any(each.overlaps(other) for other in kept.values()):
                kept[each.name.name] = each
        return sorted(kept.values(), key=lambda each: each.start)

    def _said(self, text: str, known_in: int, *, any_case: bool) -> Iterator[Slip]:
        """At each word the longest name that begins there."""
        words = list(WORD.finditer(text))
        for number, first in enumerate(words):
            length = max((self._lengths.get(base.casefold(), 0) for base in _bases(first[0])), default=0)
            for last in reversed(words[number : number + length]):
                start, end = first.start(), last.end()
                name = self._name_for(text, start, end, any_case=any_case)
                if name is None or (name.describes and name.known_from <= known_in and (start, end) == (0, len(text))):
                    continue  # a description is no excuse for what it says itself
                yield Slip(name, start, end)
                break

    def _name_for(self, text: str, start: int, end: int, *, any_case: bool) -> Name | None:
        for base in _bases(_spaced(text[start:end])):
            key = base.casefold()
            if key not in self._first or key in self._common:
                continue
            spellings = self._spellings[key]
            lower = base[:1].lower() + base[1:]
            if any_case or key in self._any_case or base in spellings:
                return self._first[key]
            if lower in spellings and _starts_sentence(text, start):
                return self._first[key]
        return None


@dataclass
class Corpus:
    """The names and the texts of a show."""

    names: list[Name] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.names)

    def findings(self) -> list[Finding]:
        found = [finding for text in self.texts for finding in findings_in(text, self.vocabulary)]
        return sorted(found, key=lambda finding: (finding.where, finding.field, finding.name))


def findings_in(text: Text, vocabulary: Vocabulary) -> Iterator[Finding]:
    words = _as_read(text)
    for slip in vocabulary.slips(words, text.known_in, any_case=text.any_case):
        yield Finding(
            name=slip.name.name,
            kind=slip.name.called,
            known_from=slip.name.known_from,
            revealed_by=slip.name.where,
            where=text.where,
            field=text.field,
            known_in=text.known_in,
            found=words[slip.start : slip.end],
            excerpt=_excerpt(words, slip.start, slip.end),
        )


# Words --------------------------------------------------------------------------------------------------------------


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(UNSEEN)).replace("’", "'")


def _spaced(phrase: str) -> str:
    return GAP.sub(" ", phrase)


def _key(spelling: str) -> str:
    return _spaced(spelling).casefold()


def _stem(name: Name) -> str:
    """Without an article before a capital, and in the singular if it is that of a group."""
    spelling = re.sub(r"^[Tt]he (?=[A-Z])", "", _normal(name.name))
    plural = (name.of_faction or name.kind == TAG) and re.search(r"[^\Wsui]s$", spelling)
    return spelling[:-1] if plural else spelling


def same_name(one: Name, other: Name) -> bool:
    return _key(_normal(one.name)) == _key(_normal(other.name))


def _whole(name: Name) -> Iterator[str]:
    """The name from its first word to its last; a tag counts only as a phrase, as a single word says little."""
    spelling = _stem(name)
    words = list(WORD.finditer(spelling))
    if len(words) > (1 if name.kind == TAG else 0):
        yield spelling[words[0].start() : words[-1].end()]


def _words_that_stand_for(name: Name) -> Iterator[str]:
    """Somebody's first name and surname."""
    words = WORD.findall(_normal(name.name))
    if name.kind == AliasKind.NAME and not name.of_faction and len(words) > 1:
        yield from filter(_can_stand_alone, words)


def _can_stand_alone(word: str) -> bool:
    """“Dr” and the “II” of somebody's name cannot."""
    return len(word) >= 2 if re.match(f"[{KATAKANA}]", word) else len(word) >= 3 and word[0].isupper()


def _bases(phrase: str) -> Iterator[str]:
    """What it may be a form of."""
    yield phrase
    if phrase.endswith("s"):
        yield phrase[:-1]
    if phrase.endswith("es"):
        yield phrase[:-2]


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(prose.OPENING_MARKS)
    closed = before.rstrip("”’»)")
    return not before or closed.endswith(prose.SENTENCE_ENDS) or "\n" in text[len(before) : start]


def _as_read(text: Text) -> str:
    """The words that the reader sees, in lines; a mention stays as it is, as its name is known by nature."""
    if not text.markdown:
        return re.sub(r"\s+", " ", _normal(text.words))
    rendered = prose.render(text.words, lambda key: prose.Mention(name=f"[[{key}]]", url=""))
    return _normal("\n".join(filter(None, map(prose.plain, BLOCK.split(rendered)))))


def _excerpt(text: str, start: int, end: int) -> str:
    before, after = text[:start], text[end:]
    if len(before) > EXCERPT:
        before = "…" + before[-EXCERPT:].partition(" ")[2]
    if len(after) > EXCERPT:
        after = after[:EXCERPT].rpartition(" ")[0] + "…"
    return f"{before}{text[start:end]}{after}".replace("\n", " ")
