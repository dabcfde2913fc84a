"""Letters as a reader sees them: without what is not seen, and those that look alike as one."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

# Soft hyphens, joiners, marks of direction, fillers, variation selectors: Unicode's Default_Ignorable_Code_Point.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Marks for letters of any script; those of one script, such as the signs for vowels in Hindi, make other letters.
MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
TABLE = Path(__file__).with_name("lookalikes.txt")


def _lookalikes() -> dict[int, str]:
    """Return letters with those of ASCII that they look like; a small letter looks like its capital does."""
    lines = [line.split() for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    pairs = {letter: ascii_letter for ascii_letter, letters in lines for letter in letters}
    small = {letter.lower(): ascii_letter.lower() for letter, ascii_letter in pairs.items() if len(letter.lower()) == 1}
    return {ord(letter): ascii_letter for letter, ascii_letter in (small | pairs).items()} | {0x406: "I", 0x399: "I"}


LOOKALIKES = _lookalikes()


def visible(text: str) -> str:
    """Return a text with one form for each character, and without what nobody sees."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFKC", UNSEEN.sub("", text)).replace("’", "'")
    return MARKS.sub("", composed)


@lru_cache(2**14)
def drawn(phrase: str) -> str:
    """Return the same phrase for all that look alike: without accents, in letters of ASCII where they look so."""
    if phrase.isascii():
        return phrase
    bare = MARKS.sub("", unicodedata.normalize("NFD", phrase))
    return unicodedata.normalize("NFC", bare).translate(LOOKALIKES)
