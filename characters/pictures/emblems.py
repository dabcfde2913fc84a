"""Draw an emblem where there is no portrait: a mask or a seal, made from the visible name, in the visible colour.

An emblem is the data of one SVG path on a field of 48 by 48, its holes cut by the even-odd rule.
"""

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
}

UNCOLOURED = tuple(accent for accent in ACCENTS if accent.startswith("none"))

SAME_AS = {"gray": "grey", "yellow": "gold", "purple": "violet"}

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
    (((5, 9), (14, 2), (11, 12)),),
    (((1.5, 7), (16, 2), (17, 4), (4, 8.5)),),
    (((14, 15), (20, 10), (18, 28), (14, 27)),),
    (((4, 8), (5, 2), (6.2, 8.6)), ((15, 19), (18, 18), (18, 27), (15, 26))),
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
    (((0.8, 29), (1.8, 29), (1.8, 35), (0.8, 35)), ((3.4, 29), (4.4, 29), (4.4, 33.6), (3.4, 34))),
    (((0, 32), (2.6, 34.4), (0, 36.8)),),
    (((0, 31), (5, 31.6), (4.2, 33), (0, 32.6)),),
)

CHEEKS: tuple[tuple[Points, ...], ...] = (
    (),
    (((7.5, 28), (10.5, 26), (9.2, 29.6), (7, 31.6)),),
    (((5.4, 26), (6.4, 26), (6.4, 33), (5.4, 34)),),
    (((6, 27.5), (7.4, 28.9), (6, 30.3), (4.6, 28.9)),),
)


def accent_for(name: str, colour_words: str) -> str:
    """Return the accent for the first word that is a colour, or else a quiet one that the name determines."""
    for word in colour_words.lower().replace("-", " ").split():
        word = SAME_AS.get(word, word)
        if word in ACCENTS:
            return word
    return UNCOLOURED[zlib.crc32(name.encode()) % len(UNCOLOURED)]


def colour_for(name: str, colour_words: str) -> str:
    """Return the colour of the accent, such as “#a3222e”."""
    return ACCENTS[accent_for(name, colour_words)]


def initials_for(name: str) -> str:
    """Return at most two letters of a name."""
    words = [word for word in name.split() if word.lower() not in SMALL_WORDS] or name.split() or ["?"]
    letters = [next((c for c in word if c.isalnum()), "") for word in words]
    return "".join(letters[:2]).upper() or "?"


@lru_cache(2**12)
def mask_for(name: str) -> str:
    """Return a mask; the parts can be combined in some 45,000 ways."""
    pick = _Picker(name)
    outline, crest, eyes = OUTLINES[pick(len(OUTLINES))], CRESTS[pick(len(CRESTS))], EYES[pick(len(EYES))]
    brow, mouth, cheek = BROWS[pick(len(BROWS))], MOUTHS[pick(len(MOUTHS))], CHEEKS[pick(len(CHEEKS))]
    return "".join(_mirrored(points) for points in (outline, *crest, eyes, *brow, *mouth, *cheek))


@lru_cache(2**10)
def seal_for(name: str) -> str:
    """Return a seal: a rim around a star or spokes, whose number and size the name determines."""
    pick = _Picker(name)
    spokes, ticks = 3 + pick(6), (16, 24, 32)[pick(3)]
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
