"""The query that a visitor typed, and where it matches a text. Nothing here reads the database."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import escape
from itertools import groupby

from django.utils.safestring import SafeString

from episodes.folding import fold, folded_pieces, without_unseen
from episodes.names import Name, is_set_apart

LONGEST_QUERY = 200  # characters; nobody types more by hand
MOST_TERMS = 8

# Kana and kanji are written without spaces, so each character is a word and a name is a phrase of them.
CJK = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
WORD_IN_ASCII = re.compile("[A-Za-z0-9]+")  # the same where nothing else can be, in a third of the time
CJK_CHARACTER = re.compile(f"[{CJK}]")
NAME_PART = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
TO_SPACES = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum()})  # in ASCII
# A minus before a number is its sign, and a pair of dashes around words (-like these-) leaves nothing out.
DASHES = re.compile(r'(?<!\S)-(?=[^\s"-])([^"]*?[^\s"-])-(?!\S)')
TERM = re.compile(r'(?<!\S)(?P<minus>-(?!\d))?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))|(?P<glued>[^\s"]+)')
# Words of a question rather than of an answer: a text need not hold them, unless nothing else is asked for.
FILLERS = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "by", "did", "do", "does", "for", "from", "has", "have", "he", "her",
    "him", "his", "how", "in", "is", "it", "its", "of", "on", "or", "she", "that", "the", "their", "them", "they",
    "this", "to", "was", "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "with",
})  # fmt: skip
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
SEPARATORS = str.maketrans(dict.fromkeys(",;/、", " "))
# What is said with a name, and is left out where no name has it; Japanese ones stand behind it, also joined to it.
SUFFIXES = frozenset({"san", "sama", "kun", "chan", "tan", "sensei", "senpai", "sempai", "dono", "shi"})
HONORIFICS = SUFFIXES | {
    "mr", "mrs", "ms", "miss", "mister", "dr", "doctor", "prof", "professor", "sir", "dame", "lord", "lady", "madam",
    "madame", "mme", "monsieur", "mlle", "herr", "frau", "senor", "senora", "don", "dona", "st", "saint", "captain",
    "capt", "lieutenant", "lt", "sergeant", "sgt", "colonel", "col", "general", "gen", "major", "commander", "master",
}  # fmt: skip
JOINED_SUFFIXES = (
    "さん", "さま", "様", "くん", "君", "ちゃん", "たん", "せんせい", "先生", "せんぱい", "先輩", "殿",
    "どの", "氏", "嬢",
)  # fmt: skip
POSSESSIVE = ("s",)  # of “Rouge's”, as words are cut at apostrophes
LONGEST_JOINED = 60  # letters of a name; the index of exact names has a limit
MOST_JOINED = 3  # words

type Words = tuple[str, ...]


def words_of(text: str) -> Words:
    """Return the folded words of a text; of kana and kanji each character is one."""
    if text.isascii():
        return tuple(WORD_IN_ASCII.findall(fold(text)))
    # Symbols stand between the kanji as well (䷀).
    return tuple(filter(str.isalnum, WORD.findall(fold(text))))


def joined(words: Words) -> Words:
    """Return the words that neighbours make together: two or three of them, and all; of kana and kanji none."""
    runs = [tuple(run) for of_kana, run in groupby(words, _is_cjk) if not of_kana]
    return tuple(
        dict.fromkeys(
            "".join(run[at : at + size])
            for run in runs
            if sum(map(len, run)) <= LONGEST_JOINED
            for size in {*range(2, min(MOST_JOINED, len(run)) + 1), len(run)} - {1}
            for at in range(len(run) - size + 1)
        )
    )


def words_of_name(text: str) -> Words:
    """Return the folded words of a name, and those that it has for who writes neighbours in one."""
    words = words_of(text)
    return words + joined(words) if words else word_of_signs(text)


def word_of_signs(text: str) -> Words:
    """Return a word in the place of a name that has none, such as ??? or a heart, by which it is found."""
    signs = "".join(f"u{ord(sign):05x}" for sign in fold(text) if not sign.isspace())
    return (signs,) if signs else ()


def name_key(text: str) -> str:
    """Return what two spellings of a name have in common, with its words joined or apart."""
    return "".join(words_of(text)) or text.strip()


def bare_name_key(text: str) -> str:
    """Return the `name_key` of a name without its honorifics, unless it consists of them."""
    terms = [QueryTerm(words) for words in map(words_of, text.split()) if words]
    bare = [word for term in terms for word in _without_honorific(term).words]
    return "".join(bare) or name_key(text)


def _is_cjk(word: str) -> bool:
    """Return whether a folded word is one of kana or kanji."""
    return bool(CJK_CHARACTER.match(word))


@lru_cache(2**12)
def name_parts(text: str) -> Words:
    """Return the folded words of a name, kana and kanji in one piece: what is compared when looking for slips."""
    return tuple(part for part in NAME_PART.findall(fold(text)) if part.isalnum())


def parts_as_typed(text: str) -> Words:
    """Return the name_parts of a text as they stand there."""
    return tuple(text[start:end] for start, end, _ in placed(text, NAME_PART))


def parts_of_names(lines: str) -> dict[str, str]:
    """Return the name_parts of all lines, of which there may be tens of thousands, each with a spelling of it."""
    names = lines.split("\n")
    in_ascii = "\n".join(name for name in names if name.isascii()).translate(TO_SPACES)
    spellings = set(zip(in_ascii.lower().split(), in_ascii.split(), strict=True))
    for name in names:
        if not name.isascii():
            spellings.update((part, name[start:end]) for start, end, part in placed(name, NAME_PART))
    return dict(sorted(spellings, reverse=True))  # capitals come first, so they remain


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """Words that stand one after the other. The last one of a term without quotes may be the beginning of a word."""

    words: Words
    quoted: bool = False


@dataclass(frozen=True)
class Query:
    """What was typed, taken apart."""

    text: str  # as it was typed, trimmed
    wanted: tuple[QueryTerm, ...] = ()
    unwanted: tuple[QueryTerm, ...] = ()
    typed: tuple[QueryTerm, ...] = ()  # all of it, without operators
    signs: Words = ()  # the word of signs, where nothing else was typed

    @property
    def words(self) -> Words:
        return tuple(word for term in self.wanted for word in term.words)

    @cached_property
    def telling(self) -> tuple[QueryTerm, ...]:
        """The wanted terms that a text has to hold, fillers left out unless there is nothing else."""
        return tuple(t for t in self.wanted if t.quoted or not FILLERS.issuperset(t.words)) or self.wanted

    @cached_property
    def bare(self) -> tuple[QueryTerm, ...]:
        """The telling terms without possessives and what is joined to a name; a doctor stays one."""
        return tuple(term if len(term.words) == 1 else _without_honorific(term) for term in self.telling)

    @cached_property
    def bare_words(self) -> Words:
        return tuple(word for term in self.bare for word in term.words)

    @property
    def is_plain(self) -> bool:
        """Whether it could be a name just as it was typed."""
        return bool(self.wanted) and not self.unwanted and not any(term.quoted for term in self.wanted)

    @property
    def as_name(self) -> "Query":
        """The same without operators, as a name may have such signs itself."""
        return Query(self.text, self.typed, (), self.typed, self.signs)

    @property
    def of_signs(self) -> "Query | None":
        """The query for a name that has no words, if that could be one."""
        signs = (QueryTerm(self.signs),) if self.signs else ()
        return Query(self.text, signs, (), signs) if signs else None

    @property
    def without_courtesies(self) -> "Query | None":
        """The same without honorifics and the words of a question; None if it has none or consists of them."""
        bare = tuple(term for term in map(_without_honorific, self.telling) if term.words)
        return Query(self.text, bare, (), bare) if bare and bare != self.wanted else None


def spellings(terms: tuple[QueryTerm, ...]) -> Iterator[tuple[QueryTerm, ...]]:
    """Yield for each term all that a name may have in its place: the term, or its words and neighbours in one."""
    solid = ["" if term.quoted or any(map(_is_cjk, term.words)) else "".join(term.words) for term in terms]
    for at, term in enumerate(terms):
        runs = [
            solid[first : first + size]
            for size in range(1, MOST_JOINED + 1)
            for first in range(max(at - size + 1, 0), min(at, len(terms) - size) + 1)
        ]
        words = dict.fromkeys("".join(run) for run in runs if all(run))
        yield (term, *(QueryTerm((word,)) for word in words if (word,) != term.words))


def _without_honorific(term: QueryTerm) -> QueryTerm:
    words = term.words
    if len(words) == 1:
        return QueryTerm(() if words[0] in HONORIFICS else words)
    suffix = next((each for each in _joined_suffixes() if words[-len(each) :] == each and words != each), ())
    return QueryTerm(words[: -len(suffix)] if suffix else words)


@lru_cache(1)
def _joined_suffixes() -> tuple[Words, ...]:
    return (POSSESSIVE, *((word,) for word in SUFFIXES), *map(words_of, JOINED_SUFFIXES))


def parse(text: str) -> Query:
    """Take words, "quoted phrases" and -words that must not be there out of a text. Nothing else is an operator."""
    visible = without_unseen(text[:LONGEST_QUERY])
    printable = "".join(c if c.isprintable() else " " for c in visible).translate(QUOTES | SEPARATORS)
    wanted: list[QueryTerm] = []
    unwanted: list[QueryTerm] = []
    typed: list[QueryTerm] = []
    for match in TERM.finditer(DASHES.sub(r" \1 ", printable)):
        words = words_of(match["phrase"] or match["word"] or match["glued"] or "")
        if words and len(typed) < MOST_TERMS:
            term = QueryTerm(words, quoted=match["phrase"] is not None)
            (unwanted if match["minus"] else wanted).append(term)
            typed.append(QueryTerm(words))
    shown = " ".join(text[:LONGEST_QUERY].replace("\x00", " ").split())
    return Query(shown, tuple(wanted), tuple(unwanted), tuple(typed), () if typed else word_of_signs(printable))


def highlighted(text: str, query: Query) -> SafeString:
    """Return a text as HTML, with the words that were looked for marked."""
    escaped = escape if escape(text) != text else str  # most texts have nothing to escape, and all are in pieces
    pieces, end = [], 0
    for start, stop in _matches(text, query):
        pieces += [escaped(text[end:start]), "<mark>", escaped(text[start:stop]), "</mark>"]
        end = stop
    html = "".join([*pieces, escaped(text[end:])])
    return SafeString(f"<bdi>{html}</bdi>" if isinstance(text, Name) and is_set_apart(text) else html)


def occurs(text: str, query: Query) -> bool:
    """Return whether any term of the query is in a text."""
    words = _folded_words(text)
    return any(f" {' '.join(term.words)}{' ' * term.quoted}" in words for term in query.wanted)


@lru_cache(2**11)  # of the texts that are found again and again
def _folded_words(text: str) -> str:
    """Return the folded words of a text, each with spaces around it."""
    return f" {' '.join(words_of(text))} "


def excerpt(text: str, query: Query, length: int = 260) -> str:
    """Return the sentences around the first match, about `length` characters."""
    if len(text) <= length:
        return text
    first = next((start for start, _ in _matches(text, query)), 0)
    begin = max((match.end() for match in re.finditer(r"[.!?…]\s+", text[:first])), default=0)
    begin = max(begin, first - length // 2)
    if begin and not text[begin - 1].isspace():
        begin = text.find(" ", begin) + 1
    end = begin + length
    if end < len(text):
        end = max(text.rfind(" ", begin, end), first + 1)
    return ("… " if begin else "") + text[begin:end].strip() + (" …" if end < len(text) else "")


def _matches(text: str, query: Query) -> Iterable[tuple[int, int]]:
    """Return start and end of each match of a term, without overlaps."""
    words = _placed_words(text)
    spans: list[tuple[int, int]] = []
    for term in query.wanted:
        size = len(term.words)
        if size == 1:
            wanted = term.words[0]
            begin = [place for place in words if place[2].startswith(wanted)]  # few of many
            spans += [(start, stop) for start, stop, word in begin if _fits(word, term)]
            continue
        for at in range(len(words) - size + 1):
            here = [word for _, _, word in words[at : at + size]]
            if here[:-1] == list(term.words[:-1]) and _fits(here[-1], term):
                spans.append((words[at][0], words[at + size - 1][1]))
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if not merged or start >= merged[-1][1]:
            merged.append((start, stop))
    return merged


@lru_cache(2**8)  # of a text that is asked about, and then made an excerpt of, and then marked
def _placed_words(text: str) -> list[tuple[int, int, str]]:
    return placed(text, WORD)


def placed(text: str, pattern: re.Pattern[str]) -> list[tuple[int, int, str]]:
    """Return the folded words of a text, each with its start and end there."""
    if text.isascii():
        return [(match.start(), match.end(), match[0].lower()) for match in pattern.finditer(text)]
    places: list[tuple[int, int]] = []
    for start, end, folded in folded_pieces(text):
        if folded and len(folded) == end - start:
            places += ((at, at + 1) for at in range(start, end))
        elif folded:
            places += [(start, end)] * len(folded)
        elif places:
            places[-1] = places[-1][0], end  # a sign that is not seen, or an accent on its own
    words = [match for match in pattern.finditer(fold(text)) if match[0].isalnum()]
    return [(places[match.start()][0], places[match.end() - 1][1], match[0]) for match in words]


def _fits(word: str, term: QueryTerm) -> bool:
    return word == term.words[-1] if term.quoted else word.startswith(term.words[-1])
