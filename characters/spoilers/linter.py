"""The spoiler linter: find texts that say a name, a tag or a faction before it is revealed.

`Vocabulary` knows from which episode on each name is known and finds the later ones in a text. `Corpus` holds the names
and texts of a show, read from the database or from the files of a data set. docs/editing.md tells editors the rules.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from typing import Any, Protocol

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from characters.text import prose
from characters.text.mentions import MENTION
from characters.vocabulary import AliasKind
from episodes.axes import BEYOND_ALL
from episodes.names import Name
from episodes.units import named, second_unit

from .lookalikes import drawn, visible

TAG_KIND = "tag"  # of a name; the others are the kinds of aliases

KATAKANA = "ァ-ヺー-ヿ"

UNSPACED = (  # kanji, hiragana, Thai, Lao, Burmese and Khmer; and Hangul, where particles are joined to names
    "々〆ぁ-ゟ\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\uac00-\ud7a3"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)

MENTIONED = re.compile(r"\[\[[a-z0-9_.-]+\]\]")  # by the key, as texts are looked at

# A mention, a word, a word in katakana, or one letter of a script without spaces, where a name can begin anywhere.
WORD = re.compile(rf"{MENTIONED.pattern}|[{KATAKANA}]+|[{UNSPACED}]|[^\W_{KATAKANA}{UNSPACED}]+")

WORD_IN_ASCII = re.compile(rf"{MENTIONED.pattern}|[A-Za-z0-9]+")  # the same where nothing else can be, in half the time

# Between the words of a name; a full stop and a space end a sentence.
GAP = re.compile(r"(?:[\s\-‐-―・=_·•‧∙⋅/|~*+:,;]|\.(?=\w))+")

# Within a word: signs, as in “Jung-hardt”, or a hyphen at the end of a line. And HTML that somebody thought would work.
INSIDE_WORD = re.compile(
    r"<[^<>\s]{1,10}>|&#?\w{1,8};"
    r"|(?<=[^\W_])(?:[-‐]\s|(?:[^\w\s\[\]]|_|(?<!\[)\[(?!\[)|(?<!\])\](?!\])){1,3})(?=[^\W_])"
)

# Without any of these a text in ASCII has nothing within a word; the pattern above says so in twenty times the time.
MAY_BE_INSIDE = re.compile(r"[!-/:-@\\\]^-`{-~](?=[A-Za-z0-9])|-\s|[<&]|(?<!\[)\[(?=[A-Za-z0-9])")

SPACES = re.compile(r"\s+")

SPACED_OUT = re.compile(r"(?<!\w)[^\W\d_](?:[ \u00a0]{1,2}[^\W\d_](?!\w)){3,}")  # J u n g

# Two letters by themselves, without which the pattern above finds nothing.
MAY_BE_SPACED_OUT = re.compile(r"[ \u00a0][^\W\d_][ \u00a0]{1,2}[^\W\d_](?!\w)")

# Digits and signs in the place of letters, where a word has more of these: Jungh4rdt
DISGUISED = re.compile(r"(?<![\w@$])(?=(?:[@$\d]*[^\W\d_]){3})[^\W_@$]*[\d@$][\w@$]*")

MAY_DISGUISE = re.compile(r"[\d@$]")  # without any of these nothing is disguised

IN_PLACE_OF_LETTERS = [str.maketrans("04135796@$", f"oa{one}estggas") for one in "li"]

LEAST_IN_ONE = 6  # letters of a name that is also found with its words in one

HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}  # for katakana

HIRAGANA_LETTER = re.compile("[ぁ-ゖ]")

LEAST_IN_HIRAGANA = 3  # letters; fewer are found in many words

BLOCK = re.compile(r"</?(?:p|li|ul|ol|blockquote|hr)\b[^>]*>")

EXCERPT = 40  # characters on either side of the name

MOST_PLACES = 3  # of texts that say a word again, in a message

MOST_KEPT = 2**14  # words and phrases of which it is remembered whether names begin so

NEVER = -1  # before all episodes


def form_in_admin(label: str, key: Any) -> str:
    """Return the address of the form of a row in the admin."""
    return reverse(f"admin:{label.replace('.', '_')}_change", args=[key])


def spoiler_error(words: str, url: str, claim: str) -> SafeString:
    """Return the error message for a text that says a name too early, with a link to the row that reveals it."""
    return format_html('It says “{}”, but <a href="{}">{}</a> only.', words, url, claim)


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """Where a text can be changed: a line in a file of a data set, or the form of a row in the admin."""

    file: str = ""
    line: int = 0
    what: str = ""  # what to call the text, such as “the habit of ann”
    form: tuple[str, Any] = ("", None)  # the model's label and the row's key

    @property
    def url(self) -> str:
        label, key = self.form
        return form_in_admin(label, key) if key is not None else ""

    @property
    def location(self) -> "Location":
        return self

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else self.url


class Place(Protocol):
    """Has a location, which may take its time to find out: most names and texts are asked for none."""

    @property
    def location(self) -> Location: ...


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name or a tag, with the episode from which on it is known."""

    name: str
    kind: str  # of alias, or TAG_KIND
    known_from: int
    where: Place = field(default_factory=Location)
    group: str = ""  # the noun for its owner, such as “faction”, if that is a group
    common_word: bool = False
    also_from: int | None = None  # the place on a second axis from which on its readers know it, if they do

    @property
    def is_tag(self) -> bool:
        return self.kind == TAG_KIND

    @property
    def describes(self) -> bool:
        """Whether it is in our own words, so that it reveals no other name and may itself say one too early."""
        return self.is_tag or self.kind == AliasKind.PLACEHOLDER

    @property
    def noun(self) -> str:
        """What a finding calls it."""
        return self.group or self.kind


@dataclass(slots=True)  # as long as there are tens of thousands, to freeze each would take three times as long
class LintedText:
    """A text to be checked, with the episode from which on it is shown."""

    words: str
    known_in: int
    where: Place
    field: str
    markdown: bool = False
    any_case: bool = False
    also_in: int | None = None  # the place on a second axis at which it is shown as well


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A name, and where in a text it is said."""

    name: KnownName
    start: int
    end: int
    known_from: int  # which is earlier than that of the name where an earlier one has the word
    part: str = ""  # the word of the name, where it says only that

    def overlaps(self, other: "NameMatch") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Finding:
    """A text that is shown in `known_in` says a name that is known from a later episode on."""

    name: str
    kind: str
    known_from: int
    revealed_by: Location
    where: Location
    field: str
    known_in: int
    words: str  # the name as the text has it
    excerpt: str
    also_from: int | None = None  # on the other axis, if that tells the name
    part: str = ""  # the word of the name that it says, where it does not say all of it
    again: tuple[Location, ...] = ()  # later texts that say the same word of that name

    @property
    def claim(self) -> str:
        since = f"revealed in {named(self.known_from)}" if self.is_ever_known else f"told in no {second_unit()}"
        if self.part:
            return f"that is a word of the {self.kind} “{self.name}”, which is {since}"
        return f"the {self.kind} “{self.name}” is {since}"

    @property
    def is_ever_known(self) -> bool:
        """Whether the axis on which the text is shown tells the name at all."""
        return self.known_from < BEYOND_ALL

    def __str__(self) -> str:
        text = f"{self.where.what} ({named(self.known_in)}) says “{self.words}”"
        again = f" (said again by {self._later})" if self.again else ""
        return f"{self.where}: {text}, but {self.claim}{' only' if self.is_ever_known else ''}: {self.excerpt}{again}"

    @property
    def _later(self) -> str:
        more = f" and {len(self.again) - MOST_PLACES} more" if len(self.again) > MOST_PLACES else ""
        return f"{', '.join(str(place) for place in self.again[:MOST_PLACES])}{more}"

    def as_row(self) -> dict[str, str | int]:
        """Return the finding as `check_spoilers --format=json` prints it; docs/dataset.md lists the keys."""
        return {
            "name": self.name,
            "kind": self.kind,
            "known_from": self.known_from,
            "known_in": self.known_in,
            "place": self.where.what,
            "file": self.where.file,
            "line": self.where.line,
            "url": self.where.url,
            "found": self.words,
            "excerpt": self.excerpt,
            "revealed_by": str(self.revealed_by),
            "again": ", ".join(map(str, self.again)),
        }


class Vocabulary:
    """All names of a show, each known from the earliest episode in which anybody has it."""

    def __init__(self, names: Iterable[KnownName]) -> None:
        names = list(names)
        self._first: dict[str, KnownName] = {}  # the earliest name by its spelling without case
        self._parts: set[str] = set()  # of these spellings, those that are but a word of a name
        self._known_from: dict[str, int] = {}  # the episode of an earlier name with that word in it
        self._spellings: dict[str, set[str]] = defaultdict(set)
        self._any_case: set[str] = set()
        self._persons: set[str] = set()  # names of several words, such as a first name and a surname
        for spellings in (_whole, _in_one, _words_that_stand_for):  # a name of its own goes before a part of another's
            for name in names:
                for spelling in spellings(name):
                    if spellings is _words_that_stand_for and _key(spelling) not in self._first:
                        self._parts.add(_key(spelling))
                    self._add(spelling, name)
        for name in names:
            if not name.describes:
                self._add_names_within(name)
        self._common = {_key(_stem(name)) for name in names if name.common_word}
        self._in_hiragana = {
            key.translate(HIRAGANA): name
            for key, name in self._first.items()
            if len(key) >= LEAST_IN_HIRAGANA and re.fullmatch(f"[{KATAKANA} ]+", key)
        }
        self._lengths: dict[str, int] = defaultdict(int)  # of the longest name that begins so, by its first words
        self._words: set[str] = set()  # of all names
        latest = {key: self._known_from.get(key, name.known_from) for key, name in self._first.items()}
        latest_from: dict[str, int] = {}  # from when on the last name is known that begins so, by its first words
        for key in self._first:
            words = list(WORD.finditer(key))
            for word in words[:2]:
                start = key[: word.end()]
                self._lengths[start] = max(self._lengths[start], len(words))
                latest_from[start] = max(latest_from.get(start, NEVER), latest[key])
            self._words.update(word[0] for word in words)
        # Not methods, which would hold what holds them, and all names until somebody looks for garbage.
        self._length_from = lru_cache(MOST_KEPT)(partial(_most_of_forms, self._lengths, 0))
        self._latest = lru_cache(MOST_KEPT)(partial(_most_of_forms, latest, NEVER))
        self._latest_from = lru_cache(MOST_KEPT)(partial(_most_of_forms, latest_from, NEVER))
        self.has_word = lru_cache(MOST_KEPT)(partial(_is_among, self._words))

    def _add(self, spelling: str, name: KnownName) -> None:
        key = _key(spelling)
        self._first[key] = min(self._first.get(key, name), name, key=lambda known: known.known_from)
        self._spellings[key].add(drawn(_spaced(spelling)))
        if name.is_tag:
            self._any_case.add(key)
        if name.kind == AliasKind.NAME and not name.group and (" " in key or spelling in _in_one(name)):
            self._persons.add(key)

    def _add_names_within(self, name: KnownName) -> None:
        """Make names known that this one contains: whoever knows “Roy Junghardt” knows “Junghardt”."""
        text = visible(name.name)
        words = list(WORD.finditer(text))
        for number, first in enumerate(words):
            for last in words[number:]:
                for base in _bases(_spaced(text[first.start() : last.end()])):
                    known = self._first.get(_key(base))
                    if known is None or name.known_from >= self._known_from.get(_key(base), known.known_from):
                        continue
                    if _key(base) in self._parts:  # the name that it is a word of is why it counts at all
                        self._known_from[_key(base)] = name.known_from
                    else:
                        self._first[_key(base)] = name

    def mentions_of_later_names(self, text: str, known_in: int, *, any_case: bool = False) -> list[NameMatch]:
        """Return where a text says later names: each name once, in order, and of those that overlap the longest."""
        if not self.may_say_later_names(text, known_in):
            return []
        later = list(self._later_in_hiragana(text, known_in))
        end_of_known = 0
        for match in self._matches(text, known_in, any_case=any_case):
            if match.known_from <= known_in:
                end_of_known = max(end_of_known, match.end)
            elif match.end > end_of_known:  # a name within a known one says nothing new
                later.append(match)
        kept: dict[str, NameMatch] = {}
        for match in sorted(later, key=lambda match: (match.start - match.end, match.start)):
            if match.name.name not in kept and not any(match.overlaps(other) for other in kept.values()):
                kept[match.name.name] = match
        return sorted(kept.values(), key=lambda match: match.start)

    def may_say_later_names(self, text: str, known_in: int) -> bool:
        """Return whether any later name begins as words of a text do, which spares most texts a closer look."""
        pattern = WORD_IN_ASCII if text.isascii() else WORD
        if not text.isascii() and HIRAGANA_LETTER.search(text):
            return True
        if max(map(self._latest_from, pattern.findall(text)), default=NEVER) <= known_in:
            return False
        words = list(pattern.finditer(text))
        return any(
            self._latest(first[0]) > known_in or self._latest_from(text[first.start() : following.end()]) > known_in
            for first, following in zip(words, [*words[1:], words[-1]], strict=True)
            if self._latest_from(first[0]) > known_in
        )

    def _matches(self, text: str, known_in: int, *, any_case: bool) -> Iterator[NameMatch]:
        """Yield for each word the longest name that begins there, in the order of the text."""
        words = list(WORD.finditer(text))
        for number, first in enumerate(words):
            length = self._length_from(first[0])
            if length > 1:  # such as “the”, with which many names begin
                length = self._length_from(text[first.start() : words[min(number + 1, len(words) - 1)].end()]) or 1
            for last in reversed(words[number : number + length]):
                start, end = first.start(), last.end()
                key = self._key_at(text, start, end, any_case=any_case)
                if key is None:
                    continue
                name = self._first[key]
                if name.describes and name.known_from <= known_in and (start, end) == (0, len(text)):
                    continue  # a description does not excuse the names that it says itself
                known_from = self._known_from.get(key, name.known_from)
                yield NameMatch(name, start, end, known_from, key if key in self._parts else "")
                break

    def _key_at(self, text: str, start: int, end: int, *, any_case: bool) -> str | None:
        """Return the name that a part of a text spells, by its spelling without case."""
        for phrase in _bases(_spaced(text[start:end])):
            key, base = _key(phrase), drawn(phrase)
            if key not in self._first or key in self._common:
                continue
            spellings = self._spellings[key]
            lower = base[:1].lower() + base[1:]
            if any_case or key in self._any_case or key in self._persons or base in spellings or _is_shouted(base):
                return key
            if lower in spellings and _starts_sentence(text, start):
                return key
        return None

    def _later_in_hiragana(self, text: str, known_in: int) -> Iterator[NameMatch]:
        """Yield where a text writes later names in hiragana that are written in katakana."""
        if not HIRAGANA_LETTER.search(text):
            return
        for spelling, name in self._in_hiragana.items():
            if name.known_from > known_in and (start := text.find(spelling)) >= 0:
                yield NameMatch(name, start, start + len(spelling), name.known_from)


@dataclass
class Corpus:
    """The names and the texts of a show."""

    names: list[KnownName] = field(default_factory=list)
    texts: list[LintedText] = field(default_factory=list)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.names)

    def findings(self) -> list[Finding]:
        """Return what the texts say too early, in the order of their places; on a second axis what it does by itself.

        What is found twice of one text is said once.
        """
        first = self._findings(self.texts, self.vocabulary)
        said = {(each.where, each.field, each.words) for each in first}
        second = self._on_the_second_axis()
        return sorted(
            [*first, *(each for each in second if (each.where, each.field, each.words) not in said)], key=_in_order
        )

    def _on_the_second_axis(self) -> list[Finding]:
        texts = texts_on_the_second_axis(self.texts)
        return self._findings(texts, Vocabulary(names_on_the_second_axis(self.names))) if texts else []

    def _findings(self, texts: Iterable[LintedText], vocabulary: Vocabulary) -> list[Finding]:
        findings = [finding for text in texts for finding in findings_in(text, vocabulary)]
        return _without_what_was_said_before(sorted(findings, key=_in_order))


def texts_on_the_second_axis(texts: Iterable[LintedText]) -> list[LintedText]:
    """Return those texts that the second axis shows as well, as of their places there."""
    return [replace(text, known_in=text.also_in) for text in texts if text.also_in]


def names_on_the_second_axis(names: Iterable[KnownName]) -> list[KnownName]:
    """Return names as readers of the second axis alone come to know them: some never."""
    return [
        replace(name, known_from=BEYOND_ALL if name.also_from is None else name.also_from, also_from=name.known_from)
        for name in names
    ]


def _in_order(finding: Finding) -> tuple[Location, str, str]:
    return finding.where, finding.field, finding.name


def _without_what_was_said_before(findings: list[Finding]) -> list[Finding]:
    """Leave out later texts with a word of a name that the audience had by then: the first to say it names them.

    A name of a place or a rank has such words, and a show says them all the time. A whole name is reported wherever
    it is said.
    """
    first: dict[tuple[str, str], int] = {}
    for each in findings:
        first[each.name, each.part] = min(first.get((each.name, each.part), each.known_in), each.known_in)
    again: dict[tuple[str, str], list[Location]] = defaultdict(list)
    kept = []
    for each in findings:
        if each.part and each.known_in > first[each.name, each.part]:
            again[each.name, each.part].append(each.where)
        else:
            kept.append(each)
    return [replace(each, again=tuple(again.pop((each.name, each.part), ()))) for each in kept]


def findings_in(text: LintedText, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Yield what one text says too early."""
    words = _as_read(text)
    matches = vocabulary.mentions_of_later_names(words, text.known_in, any_case=text.any_case)
    for match in sorted([*matches, *_disguised(text, words, vocabulary, matches)], key=lambda match: match.start):
        yield Finding(
            name=match.name.name,
            kind=match.name.noun,
            known_from=match.name.known_from,
            revealed_by=match.name.where.location,
            where=text.where.location,
            field=text.field,
            known_in=text.known_in,
            also_from=match.name.also_from,
            words=words[match.start : match.end],
            excerpt=_excerpt(words, match.start, match.end),
            part=match.part,
        )


def _disguised(text: LintedText, words: str, vocabulary: Vocabulary, found: Iterable[NameMatch]) -> Iterator[NameMatch]:
    """Yield where a text says names with signs in or between their letters, besides those that were found."""
    found = list(found)
    for reading, find_places in _other_readings(words):
        if not vocabulary.may_say_later_names(reading, text.known_in):
            continue
        places = find_places()
        if not _changes_a_name(words, reading, places, vocabulary):
            continue
        for match in vocabulary.mentions_of_later_names(reading, text.known_in, any_case=text.any_case):
            start, end = places[match.start], places[match.end - 1] + 1
            whole = NameMatch(match.name, start, end, match.known_from, match.part)
            is_new = not any(whole.overlaps(other) or whole.name.name == other.name.name for other in found)
            if is_new and words[whole.start : whole.end] != reading[match.start : match.end]:
                found.append(whole)
                yield whole


def _changes_a_name(words: str, reading: str, places: Sequence[int], vocabulary: Vocabulary) -> bool:
    """Return whether a reading changes anything in or beside a word that some name has."""
    found = list(WORD.finditer(reading))
    begins = [0, *(word.end() for word in found)]
    ends = [*(word.start() for word in found[1:]), len(reading)]
    return bool(HIRAGANA_LETTER.search(reading)) or any(
        vocabulary.has_word(word[0]) and words[places[begin] : places[end - 1] + 1] != reading[begin:end]
        for begin, word, end in zip(begins, found, ends, strict=False)
    )


def _other_readings(words: str) -> Iterator[tuple[str, Callable[[], Sequence[int]]]]:
    """Yield what a text may be read as, with what finds the place in the text of each letter of it."""
    bare = MENTIONED.sub("[[]]", words) if "[[" in words else words  # what is read into a key is nobody's name
    if MAY_BE_SPACED_OUT.search(words) and SPACED_OUT.search(words):
        yield "".join(words[place] for place in _places_kept(words)), partial(_places_kept, words)
    elif _may_have_signs_inside(bare) and (reading := INSIDE_WORD.sub("", words)) != words:
        yield reading, partial(_places_kept, words)
    disguised = [match.span() for match in DISGUISED.finditer(words)] if MAY_DISGUISE.search(bare) else []
    for letters in IN_PLACE_OF_LETTERS if disguised else ():
        reading_of_signs = list(words)
        for start, end in disguised:
            reading_of_signs[start:end] = words[start:end].translate(letters)
        yield "".join(reading_of_signs), partial(range, len(words))


def _may_have_signs_inside(words: str) -> bool:
    return not words.isascii() or MAY_BE_INSIDE.search(words) is not None


def _places_kept(words: str) -> list[int]:
    """Return the places of a text without those of signs within words, and of spaces between letters set apart."""
    signs = {place for match in INSIDE_WORD.finditer(words) for place in range(*match.span())}
    for run in SPACED_OUT.finditer(words):
        signs.update(place for place in range(*run.span()) if words[place].isspace())
    return [place for place in range(len(words)) if place not in signs]


# Words


def _spaced(phrase: str) -> str:
    return GAP.sub(" ", phrase)


@lru_cache(MOST_KEPT)
def _key(spelling: str) -> str:
    return drawn(_spaced(spelling).casefold()).casefold()


def _stem(name: KnownName) -> str:
    """Return a name without an article before a capital, and in the singular if it is a tag or the name of a group."""
    spelling = re.sub(r"^[Tt]he (?=[A-Z])", "", visible(name.name))
    plural = (name.group or name.is_tag) and re.search(r"[^\Wsui]s$", spelling)
    return spelling[:-1] if plural else spelling


def _most_of_forms(numbers: dict[str, int], otherwise: int, phrase: str) -> int:
    """Return the highest number of a phrase and of what it may be a form of, by their spellings without case."""
    return max(numbers.get(_key(base), otherwise) for base in _bases(phrase))


def _is_among(words: set[str], word: str) -> bool:
    """Return whether these words of names have this one, or one that this is a form of."""
    return any(_key(base) in words for base in _bases(word))


def same_name(one: KnownName, other: KnownName) -> bool:
    """Return whether two names are the same but for case and spacing."""
    return _key(visible(one.name)) == _key(visible(other.name))


def _whole(name: KnownName) -> Iterator[str]:
    """Yield the name from its first word to its last. A tag of a single word says too little to count."""
    spelling = _stem(name)
    words = list(WORD.finditer(spelling))
    if len(words) > (1 if name.is_tag else 0):
        yield spelling[words[0].start() : words[-1].end()]


def _in_one(name: KnownName) -> Iterator[str]:
    """Yield the name with its words in one, as in an address or where an unseen space stood between them."""
    words = WORD.findall(_stem(name))
    if len(words) > 1 and sum(map(len, words)) >= LEAST_IN_ONE:
        yield "".join(words)


def _words_that_stand_for(name: KnownName) -> Iterator[str]:
    """Yield the words of a name by which somebody is called alone: first name and surname."""
    words = WORD.findall(visible(name.name))
    if name.kind == AliasKind.NAME and not name.group and not name.common_word and len(words) > 1:
        yield from filter(_can_stand_alone, words)


def _can_stand_alone(word: str) -> bool:
    """Return whether somebody can be called by this word alone; “Dr” and “II” are too short."""
    return len(word) >= 2 if re.match(f"[{KATAKANA}]", word) else len(word) >= 3 and word[0].isupper()


def _is_shouted(phrase: str) -> bool:
    """Return whether a phrase is in capitals, or has some within its words, so that its case says nothing."""
    letters = [letter for letter in phrase if letter.isalpha()]
    return (len(letters) > 2 and phrase.isupper()) or bool(re.search(r"[^\W\d_A-Z][A-Z]", phrase))


def _bases(phrase: str) -> Iterator[str]:
    """Yield the words that a phrase may be a form of: itself, and its singulars."""
    yield phrase
    if phrase.endswith(("s", "S")):
        yield phrase[:-1]
    if phrase.endswith(("es", "ES")):
        yield phrase[:-2]


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(prose.OPENING_MARKS)
    closed = before.rstrip("”’»)")
    return not before or closed.endswith(prose.SENTENCE_ENDS) or "\n" in text[len(before) : start]


def _as_read(text: LintedText) -> str:
    """Return the words that a reader sees, in lines. A mention keeps its brackets: its name is always a known one."""
    if not text.markdown:
        return SPACES.sub(" ", visible(text.words))
    if not prose.has_markup(text.words):
        if text.words.isascii():  # most texts; without a name of another script, nothing is said of directions
            return " ".join(MENTION.sub(lambda mention: mention[2] or mention[0], text.words).split())
        return visible(prose.words(text.words, _as_key))
    rendered = prose.render(text.words, _as_key)
    return visible("\n".join(filter(None, map(prose.plain, BLOCK.split(rendered)))))


def _as_key(key: str) -> prose.Mention:
    return prose.Mention(name=Name(f"[[{key}]]"), url="")


def _excerpt(text: str, start: int, end: int) -> str:
    """Return a part of a text with some words around it."""
    before, after = text[:start], text[end:]
    if len(before) > EXCERPT:
        before = "…" + before[-EXCERPT:].partition(" ")[2]
    if len(after) > EXCERPT:
        after = after[:EXCERPT].rpartition(" ")[0] + "…"
    return f"{before}{text[start:end]}{after}".replace("\n", " ")
