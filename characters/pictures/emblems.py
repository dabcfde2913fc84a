"""Draw an emblem where there is no portrait: a monogram, a mask or a seal, made from what is visible of somebody.

An emblem is the data of one SVG path on a field of 48 by 48: of a monogram its strokes, of the others their outlines,
with holes cut by the even-odd rule. Who is known to be something else than a human has a mask; humans, and all of whom
that is not known, have the first letters of their names in a frame, so that a shape never tells more than the page.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2s
from math import cos, pi, sin

# Dark enough for white letters (WCAG AA); static/css/site.css has a class `accent-…` for each.
ACCENTS = {
    "red": "#a3222e",
    "crimson": "#8e1230",
    "blue": "#1f5fa8",
    "cyan": "#0f6f85",
    "green": "#2f6b3c",
    "silver": "#5f6b78",
    "grey": "#565b63",
    "black": "#2b282e",
    "white": "#67645f",
    "orange": "#a4510f",
    "gold": "#7d6208",
    "violet": "#66408f",
    "pink": "#a03a6e",
    "brown": "#6e4a2c",
    "none-1": "#5b4b53",
    "none-2": "#4a5560",
    "none-3": "#5d5443",
    "none-4": "#46584f",
    "none-5": "#54496a",
    "none-6": "#634a40",
    # Of factions, in the order in which they are handed out: each far from the one before.
    "house-1": "#37649e",
    "house-2": "#934d2c",
    "house-3": "#007351",
    "house-4": "#8c4971",
    "house-5": "#6d6603",
    "house-6": "#5e599c",
    "house-7": "#954750",
    "house-8": "#006f70",
    "house-9": "#865901",
    "house-10": "#7a4f8c",
    "house-11": "#456d2c",
    "house-12": "#006c8d",
    "house-13": "#6b2440",
    "house-14": "#2d4373",
    "house-15": "#5a3b1c",
    "house-16": "#1f5247",
}

UNCOLOURED = tuple(accent for accent in ACCENTS if accent.startswith("none"))
HOUSES = tuple(accent for accent in ACCENTS if accent.startswith("house"))
COLOURS = ACCENTS.keys() - {*UNCOLOURED, *HOUSES}

SAME_AS = {"gray": "grey", "yellow": "gold", "purple": "violet"}

COMMAND = re.compile(r"([a-z])([^a-z]*)")
NUMBER = re.compile(r"-?\d*\.?\d+")
WORD = re.compile(r"\w+")

SMALL_WORDS = {"the", "of", "in", "a", "an", "on", "at", "who", "dr.", "dr"}

type Points = tuple[tuple[float, float], ...]  # distance from the middle, and from the top

OUTLINES: tuple[Points, ...] = (
    ((0, 9), (9, 11), (13, 17), (12, 28), (6, 38), (0, 42)),
    ((0, 11), (12, 10), (15, 16), (14, 27), (8, 36), (0, 39)),
    ((0, 8), (11, 14), (11, 31), (0, 42)),
    ((0, 12), (7, 9), (14, 15), (11, 29), (4, 41), (0, 41)),
    ((0, 10), (11, 10), (13, 13), (13, 30), (9, 37), (0, 37)),
    ((0, 7), (7, 11), (10, 19), (8, 33), (4, 43), (0, 43)),
    ((0, 10), (8, 10), (12, 14), (12, 22), (9, 25), (9, 37), (0, 41)),
)

CRESTS: tuple[tuple[Points, ...], ...] = (
    (),
    (((0, 2), (1.6, 4), (1.6, 8), (0, 7)),),
    (((1.5, 7), (16, 2), (17, 4), (4, 8.5)),),
    (((14, 15), (20, 10), (18, 28), (14, 27)),),
    (((15, 19), (18, 18), (18, 27), (15, 26)),),
    (((0, 1), (2.5, 3.5), (0, 6)), ((6, 5), (7.5, 6.5), (6, 8), (4.5, 6.5)), ((12, 7.5), (13, 8.5), (12, 9.5))),
    (((16, 13), (17.6, 14), (17.6, 34), (16, 35)), ((20, 17), (21, 18), (21, 30), (20, 31))),
)  # fmt: skip

EYES: tuple[Points, ...] = (
    ((2.5, 22.5), (9.5, 19.5), (9.5, 22), (2.5, 24.5)),
    ((2, 20), (9, 21), (9, 23), (4.5, 25.5)),
    ((0, 20), (10, 18.5), (10, 22), (0, 24)),
    ((3, 23), (6, 24.6), (9.5, 22.6), (6, 26.4)),
    ((3, 20), (7, 20), (8.5, 22), (7, 24), (3, 24), (1.8, 22)),
    ((0, 18), (3.6, 21.6), (0, 25.2)),
    ((3, 19), (9, 22), (3, 25), (5, 22)),
    ((2.2, 21), (9.6, 21), (9.6, 22.4), (2.2, 22.4)),
)

BROWS: tuple[tuple[Points, ...], ...] = (
    (),
    (((0, 11.5), (2, 14), (0, 16.5)),),
    (((2, 17), (10, 14.6), (10, 15.8), (2, 18.2)),),
    (((0, 13), (1, 13), (1, 17.5), (0, 17.5)), ((4, 13.5), (5, 13.5), (5, 17), (4, 17))),
    (((0, 12.4), (7, 13.6), (6, 15), (0, 14)),),
)

MOUTHS: tuple[tuple[Points, ...], ...] = (
    (),
    (((0, 31), (4, 30.4), (4, 31.5), (0, 32.1)), ((0, 34), (3, 33.4), (3, 34.5), (0, 35.1))),
    (((0, 32), (2.6, 34.4), (0, 36.8)),),
    (((0, 31), (5, 31.6), (4.2, 33), (0, 32.6)),),
)

CHEEKS: tuple[tuple[Points, ...], ...] = (
    (),
    (((7.5, 28), (10.5, 26), (9.2, 29.6), (7, 31.6)),),
    (((5.4, 26), (6.4, 26), (6.4, 33), (5.4, 34)),),
    (((6, 27.5), (7.4, 28.9), (6, 30.3), (4.6, 28.9)),),
)


# A letter is drawn in strokes from its upper left corner, 14 high: its width, and the commands of its path.
LETTERS = {
    "A": (10, "m0 14 5-14 5 14m-8.2-5h6.4"),
    "B": (9, "m0 0v14h5.2a3.75 3.75 0 0 0 0-7.5h-5.2m0 0h4.5a3.25 3.25 0 0 0 0-6.5h-4.5"),
    "C": (9, "m9 2.8a5 7 0 1 0 0 8.4"),
    "D": (10, "m0 0v14h4a6 7 0 0 0 0-14z"),
    "E": (8, "m8 0h-8v14h8m-8-7.2h6.4"),
    "F": (8, "m8 0h-8v14m0-7.2h6.4"),
    "G": (10, "m9 2.8a5 7 0 1 0 1 4.7h-4.4"),
    "H": (10, "m0 0v14m10-14v14m-10-7h10"),
    "I": (0, "m0 0v14"),
    "J": (6, "m6 0v10a3 4 0 0 1-6 0"),
    "K": (9, "m0 0v14m9-14-9 8.4m3.2-3 5.8 8.6"),
    "L": (8, "m0 0v14h8"),
    "M": (12, "m0 14v-14l6 9.5 6-9.5v14"),
    "N": (10, "m0 14v-14l10 14v-14"),
    "O": (10, "m5 0a5 7 0 1 0 .01 0z"),
    "P": (9, "m0 14v-14h5a3.9 3.9 0 0 1 0 7.8h-5"),
    "Q": (10, "m5 0a5 7 0 1 0 .01 0zm1 9.8 4 5"),
    "R": (9, "m0 14v-14h5a3.9 3.9 0 0 1 0 7.8h-5m4.4 0 4.6 6.2"),
    "S": (8, "m7.8 2.4a4 3.5 0 0 0-3.6-2.4h-.4a3.5 3.5 0 0 0 0 7h.6a3.5 3.5 0 0 1 0 7h-.6a4 3.7 0 0 1-3.8-2.6"),
    "T": (10, "m0 0h10m-5 0v14"),
    "U": (10, "m0 0v9a5 5 0 0 0 10 0v-9"),
    "V": (10, "m0 0 5 14 5-14"),
    "W": (14, "m0 0 3.4 14 3.6-10.5 3.6 10.5 3.4-14"),
    "X": (10, "m0 0 10 14m0-14-10 14"),
    "Y": (10, "m0 0 5 7 5-7m-5 7v7"),
    "Z": (9, "m.5 0h8.5l-9 14h9"),
    "0": (8, "m4 0a4 7 0 1 0 .01 0z"),
    "1": (4, "m0 3 4-3v14"),
    "2": (8, "m0 3.8a4 3.8 0 1 1 7 2.6l-7 7.6h8"),
    "3": (8, "m.4 0h7.2l-4 5.6a4.2 4.2 0 1 1-3.6 6"),
    "4": (9, "m7 14v-14l-7 9.6h9"),
    "5": (8, "m7.4 0h-6.2l-.8 6.2a4.4 4.2 0 1 1-.4 5.4"),
    "6": (8, "m6.6 0-5.8 7.4a4.1 4.1 0 1 0 3.2-1.6"),
    "7": (8, "m0 0h8l-5 14"),
    "8": (8, "m4 0a3.2 3.2 0 1 0 .01 0zm0 6.4a3.8 3.8 0 1 0 .01 0z"),
    "9": (8, "m1.4 14 5.8-7.4a4.1 4.1 0 1 0-3.2 1.6"),
}
# What stands for a letter of another script, which the name determines.
SIGNS = (
    (9, "m4.5 1 4.5 6-4.5 6-4.5-6z"),
    (9, "m4.5 2.5a4.5 4.5 0 1 0 .01 0z"),
    (8, "m4 0v14m-4-7h8"),
    (8, "m0 4 4-4 4 4m-8 5 4-4 4 4m-8 5 4-4 4 4"),
    (8, "m0 1h8m-8 6h8m-8 6h8"),
    (8, "m0 0 8 7-8 7z"),
    (9, "m4.5 0v14m-4.5-10.5 9 7m0-7-9 7"),
)
# Each with how wide its letters may be.
FRAMES = (
    (30, "M9 8.5H39M9 39.5H39"),
    (25, "M24 3.5a20.5 20.5 0 1 0 .01 0z"),
    (21, "M24 2 46 24 24 46 2 24z"),
    (28, "M6 14V6H14M34 6H42V14M42 34V42H34M14 42H6V34"),
    (26, "M16 5H32L43 16V32L32 43H16L5 32V16z"),
    (26, "M7 42V22a17 17 0 0 1 34 0V42z"),
    (30, "M10 40H38M24 4 27 8 24 12 21 8z"),
    (26, "M6 6H42V30L24 44 6 30z"),
    (28, "M5 24 11 6H37L43 24 37 42H11z"),
)
LETTER_HEIGHT, BETWEEN_LETTERS, LARGEST_LETTER = 14, 4.5, 1.35
HIGHER = {7: -4.0, 5: 2.0}  # frames whose middle is not that of the field

NUMBERS = ("three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def accent_for(name: str, colour_words: str, house: int | None = None) -> str:
    """Return the accent for the first word that is a colour, or else a quiet one that the name determines.

    A faction has one of its own instead: `house` is how many factions were heard of before it.
    """
    for word in colour_words.lower().replace("-", " ").split():
        word = SAME_AS.get(word, word)
        if word in COLOURS:
            return word
    if house is not None:
        return HOUSES[house % len(HOUSES)]
    return UNCOLOURED[zlib.crc32(name.encode()) % len(UNCOLOURED)]


def initials_for(name: str) -> str:
    """Return at most two letters of a name."""
    words = [word for word in name.split() if word.lower() not in SMALL_WORDS] or name.split() or ["?"]
    letters = [next((c for c in word if c.isalnum()), "") for word in words]
    return "".join(letters[:2]).upper() or "?"


def is_masked(species: str) -> bool:
    """Return whether somebody of this species has a mask: of one that is known and not human."""
    return bool(species) and not {"human", "unknown"} & set(WORD.findall(species.casefold()))


@lru_cache(2**12)
def monogram_for(name: str) -> str:
    """Return the first letters of a name in a frame, as strokes."""
    pick = _Picker(name)
    frame = pick(len(FRAMES))
    widest, around = FRAMES[frame]
    letters = [LETTERS.get(letter) or SIGNS[pick(len(SIGNS))] for letter in _plain(initials_for(name))]
    width = sum(wide for wide, _ in letters) + BETWEEN_LETTERS * (len(letters) - 1)
    size = min(LARGEST_LETTER, widest / max(width, 1))
    left, top = 24 - width * size / 2, 24 - LETTER_HEIGHT * size / 2 + HIGHER.get(frame, 0)
    path = around
    for wide, strokes in letters:
        path += f"M{left:.4g} {top:.4g}{_scaled(strokes, size)}"
        left += (wide + BETWEEN_LETTERS) * size
    return path


def _plain(letters: str) -> str:
    """Return letters without their accents."""
    return "".join(unicodedata.normalize("NFKD", letter)[0] for letter in letters)


def _scaled(strokes: str, size: float) -> str:
    """Return relative commands of a path made larger; of an arc the radii and the end, not what sort it is."""

    def command(match: re.Match[str]) -> str:
        numbers = [float(number) for number in NUMBER.findall(match[2])]
        kept = {at for at in range(len(numbers)) if match[1] == "a" and at % 7 in (2, 3, 4)}
        scaled = (f"{number if at in kept else round(number * size, 2):g}" for at, number in enumerate(numbers))
        return match[1] + " ".join(scaled)

    return COMMAND.sub(command, strokes)


@lru_cache(2**12)
def mask_for(name: str) -> str:
    """Return a mask; the parts can be combined in some 31,000 ways."""
    pick = _Picker(name)
    outline, crest, eyes = OUTLINES[pick(len(OUTLINES))], CRESTS[pick(len(CRESTS))], EYES[pick(len(EYES))]
    brow, mouth, cheek = BROWS[pick(len(BROWS))], MOUTHS[pick(len(MOUTHS))], CHEEKS[pick(len(CHEEKS))]
    return "".join(_mirrored(points) for points in (outline, *crest, eyes, *brow, *mouth, *cheek))


@lru_cache(2**10)
def seal_for(name: str) -> str:
    """Return a seal: a rim around a star or spokes, as many as the name says, or else as it determines."""
    pick = _Picker(name)
    spokes, ticks = 3 + pick(6), (16, 24, 32)[pick(3)]
    spokes = next((at for at, word in enumerate(NUMBERS, start=3) if word in name.casefold().split()), spokes)
    inner, outer, width = 5 + pick(5), 13 + pick(4), 1.8 + pick(4) * 0.7
    bend, core = pick(3), pick(3)
    rim = _circle(19.5) + _circle(18.2) if pick(2) else "".join(_ray(turn, ticks, 18, 20, 0.6) for turn in range(ticks))
    if bend:
        star = [
            _at(step / (2 * spokes), outer if step % 2 == 0 else inner - 2 + bend * 2) for step in range(2 * spokes)
        ]
        figure = _polygon(star)
    else:
        figure = "".join(_ray(turn, spokes, inner - 1, outer, width) for turn in range(spokes))
    middle = (_circle(3.2), _circle(4.4) + _circle(2.2), _polygon([_at(step / spokes, 4.5) for step in range(spokes)]))
    return rim + figure + middle[core]


class _Picker:
    """Makes choices that depend on a name alone and are evenly distributed."""

    def __init__(self, name: str) -> None:
        self.remaining = int.from_bytes(blake2s(name.casefold().encode()).digest())

    def __call__(self, choices: int) -> int:
        """Return the next number from 0 to below `choices`."""
        self.remaining, choice = divmod(self.remaining, choices)
        return choice


def _mirrored(half: Points) -> str:
    """Return one shape across the middle, or two beside it if the half does not touch the middle."""
    right = [(24 + x, y) for x, y in half]
    left = [(24 - x, y) for x, y in half]
    if half[0][0] == 0 and half[-1][0] == 0:
        return _polygon([*right, *(point for point in reversed(left) if point[0] != 24)])
    return _polygon(right) + _polygon(left)


def _ray(turn: int, of: int, inner: float, outer: float, width: float) -> str:
    """Return a bar that points away from the middle: one of so many around it."""
    angle, across = 2 * pi * turn / of, width / 2
    return _polygon(
        (
            24 + radius * sin(angle) + side * across * cos(angle),
            24 - radius * cos(angle) + side * across * sin(angle),
        )
        for radius, side in ((inner, -1), (outer, -1), (outer, 1), (inner, 1))
    )


def _at(turn: float, radius: float) -> tuple[float, float]:
    """Return the point at a distance from the middle, clockwise from the top; a full turn is 1."""
    return 24 + radius * sin(2 * pi * turn), 24 - radius * cos(2 * pi * turn)


def _circle(radius: float) -> str:
    return f"M24 {24 - radius:g}a{radius:g} {radius:g} 0 1 0 .01 0z"


def _polygon(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{round(x, 1):g} {round(y, 1):g}" for x, y in points) + "z"
