"""Letters as a reader sees them: without what is not seen, and those that look alike as one."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from episodes.folding import IGNORABLE, LATIN

UNSEEN = re.compile(f"[{IGNORABLE}\ufff9-\ufffb]")  # with the signs around annotations
# Marks for letters of any script; those of one script, such as the signs for vowels in Hindi, make other letters.
MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
TABLE = Path(__file__).with_name("lookalikes.txt")
# Capitals in black circles and squares and those of flags, which Unicode does not count among the letters.
SIGNS = {first + number: chr(65 + number) for first in (0x1F150, 0x1F170, 0x1F1E6) for number in range(26)}
SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "ABCDEFGHIJKLMNOPRSTUVWYZ", strict=True))


def _lookalikes() -> dict[int, str]:
    """Return letters with those of ASCII that they look like; a small letter looks like its capital does."""
    lines = [line.split() for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    pairs = {letter: ascii_letter for ascii_letter, letters in lines for letter in letters}
    small = {letter.lower(): ascii_letter.lower() for letter, ascii_letter in pairs.items() if len(letter.lower()) == 1}
    crossed = {letter: plain for letter, plain in LATIN.items() if len(plain) == 1}  # ħ, ø, ł
    crossed |= {letter.upper(): plain.upper() for letter, plain in crossed.items() if len(letter.upper()) == 1}
    letters = crossed | small | pairs | SMALL_CAPITALS
    return {ord(letter): ascii_letter for letter, ascii_letter in letters.items()} | {0x406: "I", 0x399: "I"}


LOOKALIKES = _lookalikes()


def visible(text: str) -> str:
    """Return a text with one form for each character, and without what nobody sees."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFKC", UNSEEN.sub("", text)).translate(SIGNS).replace("’", "'")
    return MARKS.sub("", composed)


@lru_cache(2**14)
def drawn(phrase: str) -> str:
    """Return the same phrase for all that look alike: without accents, in letters of ASCII where they look so."""
    if phrase.isascii():
        return phrase
    bare = MARKS.sub("", unicodedata.normalize("NFD", phrase))
    return unicodedata.normalize("NFC", bare).translate(LOOKALIKES)
