"""The order of names: as in an English index, the same in all lists and on both databases.

It follows NISO TR03 (Guidelines for Alphabetical Arrangement), and the levels of the Unicode Collation Algorithm where
names differ in accents or case alone. docs/folding.md says it as a table.
"""

import re
import unicodedata
from functools import lru_cache

from .folding import LetterTable, fold

# What parts words, besides spaces and dashes; all other punctuation is passed over.
PARTING = frozenset("/\\_|\u2044・·‧")
# Signs that Unicode counts among the punctuation, but that people read.
READ_OUT = frozenset("#%&*@")
BEFORE_DIGITS = "!"  # by its code, as a space is before it
LEVEL = "\t"  # before a space, so that a name stands before those that go on after it
THOUSANDS = re.compile("(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
WITHIN_NUMBER = re.compile(r"(?<=[0-9])[^\w\s](?=[0-9])")
DIGITS = re.compile("[0-9]+")
MOST_KEPT = 2**14  # keys
LONGEST_KEPT = 120  # characters of a name


def _file_sign(sign: str) -> str:
    category = unicodedata.category(sign)
    if category[0] == "Z" or category in ("Cc", "Pd") or sign in PARTING:
        return " "
    if category[0] == "S" or sign in READ_OUT:
        return BEFORE_DIGITS + sign
    return "" if category[0] == "P" else sign


_signs = LetterTable(_file_sign)


def sort_key(name: str) -> str:
    """Return a text by which names sort, by code points or as UTF-8 byte by byte.

    Its levels are letters and numbers, then accents, then case; no two names have the same one.
    """
    return _made(name) if len(name) > LONGEST_KEPT else _kept(name)


def _made(name: str) -> str:
    return LEVEL.join((_letters(name), unicodedata.normalize("NFD", name).casefold(), name))


_kept = lru_cache(MOST_KEPT)(_made)


def _letters(name: str) -> str:
    """Return the words of a name by which it is filed, with numbers that sort by value."""
    folded = fold(name)
    if DIGITS.search(folded):
        folded = DIGITS.sub(_number, WITHIN_NUMBER.sub(" ", THOUSANDS.sub("", folded)))
    return " ".join(folded.translate(_signs).split())


def _number(match: re.Match[str]) -> str:
    """Return a number after how many digits it has, written so that nine of them are one more sign."""
    digits = match[0].lstrip("0")
    nines, rest = divmod(len(digits), 9)
    return f"{'9' * nines}{rest}{digits}"
