"""The query that a visitor typed, and where it matches a text. Nothing here reads the database."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from django.utils.safestring import SafeString, mark_safe

from episodes.names import Name, is_set_apart

LONGEST_QUERY = 200  # characters; nobody types more by hand
MOST_TERMS = 8

# Kana and kanji are written without spaces, so each character is a word and a name is a phrase of them.
CJK = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
NAME_PART = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
TO_SPACES = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum()})  # in ASCII
TERM = re.compile(r'(?<!\S)(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))|(?P<glued>[^\s"]+)')
# Words of a question rather than of an answer: a text need not hold them, unless nothing else is asked for.
FILLERS = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "by", "did", "do", "does", "for", "from", "has", "have", "he", "her",
    "him", "his", "how", "in", "is", "it", "its", "of", "on", "or", "she", "that", "the", "their", "them", "they",
    "this", "to", "was", "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "with",
})  # fmt: skip
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
SEPARATORS = str.maketrans(dict.fromkeys(",;/、", " "))
LONG_VOWEL = "ー"
PERHAPS_COMBINING = re.compile("[\u0300-\U0010ffff]")  # no character before these combines with another

type Words = tuple[str, ...]


def fold(text: str) -> str:
    """Return a text without case, accents, width and long vowels, which nobody should have to get right."""
    decomposed = unicodedata.normalize("NFKD", text).replace(LONG_VOWEL, "")
    return PERHAPS_COMBINING.sub(_without_accent, decomposed.casefold())


def _without_accent(match: re.Match[str]) -> str:
    return "" if unicodedata.combining(match[0]) else match[0]


def words_of(text: str) -> Words:
    """Return the folded words of a text; of kana and kanji each character is one."""
    # Symbols stand between the kanji as well (䷀).
    return tuple(word for word in WORD.findall(fold(text)) if word.isalnum())


@lru_cache(2**12)
def name_parts(text: str) -> Words:
    """Return the folded words of a name, kana and kanji in one piece: what is compared when looking for slips."""
    return tuple(part for part in NAME_PART.findall(fold(text)) if part.isalnum())


def parts_of_names(lines: str) -> set[str]:
    """Return the name_parts of all lines, of which there may be tens of thousands."""
    if lines.isascii():
        return set(lines.lower().translate(TO_SPACES).split())
    names = lines.split("\n")
    parts = parts_of_names("\n".join(name for name in names if name.isascii()))
    return parts.union(*(name_parts(name) for name in names if not name.isascii()))


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """Words that stand one after the other. The last one of a term without quotes may be the beginning of a word."""

    words: Words
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed, taken apart."""

    text: str  # as it was typed, trimmed
    wanted: tuple[QueryTerm, ...] = ()
    unwanted: tuple[QueryTerm, ...] = ()

    @property
    def words(self) -> Words:
        return tuple(word for term in self.wanted for word in term.words)

    @property
    def telling(self) -> tuple[QueryTerm, ...]:
        """The wanted terms that a text has to hold, fillers left out unless there is nothing else."""
        return tuple(t for t in self.wanted if t.quoted or not FILLERS.issuperset(t.words)) or self.wanted

    @property
    def is_plain(self) -> bool:
        """Whether it could be a name just as it was typed."""
        return bool(self.wanted) and not self.unwanted and not any(term.quoted for term in self.wanted)


def parse(text: str) -> Query:
    """Take words, "quoted phrases" and -words that must not be there out of a text. Nothing else is an operator."""
    visible = "".join(c for c in text[:LONGEST_QUERY] if unicodedata.category(c) != "Cf")  # soft hyphens and their like
    typed = "".join(c if c.isprintable() else " " for c in visible).translate(QUOTES | SEPARATORS)
    wanted: list[QueryTerm] = []
    unwanted: list[QueryTerm] = []
    for match in list(TERM.finditer(typed)):
        words = words_of(match["phrase"] or match["word"] or match["glued"] or "")
        term = QueryTerm(words, quoted=match["phrase"] is not None)
        if words and len(wanted) + len(unwanted) < MOST_TERMS:
            (unwanted if match["minus"] else wanted).append(term)
    return Query(" ".join(text[:LONGEST_QUERY].replace("\x00", " ").split()), tuple(wanted), tuple(unwanted))


def highlighted(text: str, query: Query) -> SafeString:
    """Return a text as HTML, with the words that were looked for marked."""
    pieces, end = [], 0
    for start, stop in _matches(text, query):
        pieces += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
        end = stop
    html = "".join([*pieces, escape(text[end:])])  # all of it is escaped
    return mark_safe(f"<bdi>{html}</bdi>" if isinstance(text, Name) and is_set_apart(text) else html)


def occurs(text: str, query: Query) -> bool:
    """Return whether any term of the query is in a text."""
    words = _folded_words(text)
    return any(f" {' '.join(term.words)}{' ' * term.quoted}" in words for term in query.wanted)


@lru_cache(2**11)  # of the texts that are found again and again
def _folded_words(text: str) -> str:
    """Return the folded words of a text, each with spaces around it."""
    return f" {' '.join(word for word in map(_folded_word, WORD.findall(text)) if word)} "


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
            spans += [(start, stop) for start, stop, word in words if _fits(word, term)]
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
    """Return start, end and folded form of each word in a text."""
    words = ((match.start(), match.end(), _folded_word(match[0])) for match in WORD.finditer(text))
    return [word for word in words if word[2]]


def _fits(word: str, term: QueryTerm) -> bool:
    return word == term.words[-1] if term.quoted else word.startswith(term.words[-1])


@lru_cache(2**16)
def _folded_word(word: str) -> str:
    return "".join(words_of(word))
