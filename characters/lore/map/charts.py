"""The geometry of a map of relations: a planet, everybody around its rim, and their ties across its face.

Nothing is read here and nothing is left to chance. Everybody has a row of their own beside the rim, so that names
never overlap. Who stands where follows from the order in which they are given; as that order does not change from
episode to episode, a newcomer moves the others along the rim by one place.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from characters.values.basics import Face
from characters.values.map import Chart, ChartHeading, ChartNode, ChartStrand
from episodes.names import capital

GEM = 9  # half the diagonal of a mark
GAP = 18  # from the rim to a name
HEADING = 1.35  # rows
SPLIT = 3  # rows of imbalance that are better than tearing a group apart
POLES = 0.07  # of the planet's radius, left free above and below
ARC_STEPS = 6
MERIDIANS = (0.36, 0.72)
PARALLELS = (-0.66, -0.33, 0, 0.33, 0.66)


@dataclass(frozen=True, slots=True)
class Shape:
    """The measures of a map: in pixels, names in letters."""

    name: str
    row: float
    letters: int
    lines: int
    letter: float
    hub_letters: int
    least: float  # the planet's radius, at least
    across: float = math.inf  # and at most: it is drawn out into a capsule rather than be wider


WIDE = Shape("wide", row=27, letters=34, lines=1, letter=6.8, hub_letters=24, least=190)
NARROW = Shape("narrow", row=33, letters=17, lines=2, letter=6.5, hub_letters=12, least=60, across=52)
SMALL = replace(NARROW, name="small")


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody on a map."""

    number: int
    face: Face
    label: str
    url: str
    former: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Those who stand together on the rim, under one heading."""

    name: str
    seats: Sequence[Seat]
    url: str = ""
    accent: str = ""


@dataclass(frozen=True, slots=True)
class Strand:
    """What ties two on a map."""

    ends: tuple[int, int]
    bond: str
    sure: bool
    weak: bool = False


@dataclass(slots=True)
class _Side:
    """One half of the rim: its rows from the top down, each with its height."""

    sign: int
    rows: list[tuple[float, Group | Seat]] = field(default_factory=list)

    @property
    def height(self) -> float:
        return sum(height for height, _ in self.rows)


def draw(shape: Shape, groups: Sequence[Group], hub: Seat | None, strands: Iterable[Strand]) -> Chart:
    """Return the map of these groups, with the hub in the middle, as wide as its longest name."""
    sides = _sides([group for group in groups if group.seats])
    half = max(side.height for side in sides) * shape.row / 2
    across = min(max(half * (1 + POLES), shape.least), shape.across)
    tall = max(half + across * POLES * 4 if across == shape.across else across, across)
    rim = _Rim(across, tall)
    headings: list[ChartHeading] = []
    nodes: list[ChartNode] = []
    for side in sides:
        _place(shape, side, rim, headings, nodes)
    named: list[ChartHeading | ChartNode] = [*headings, *nodes]
    texts = [line for each in named for _, line in each.lines]
    label = GAP + max(map(_wide, texts), default=0) * shape.letter
    width, height = 2 * (rim.across + label), 2 * tall + 24
    middle = _middle(shape, hub) if hub else None
    places = {node.number: (node.x, node.y) for node in [*nodes, *([middle] if middle else [])]}
    return Chart(
        shape=shape.name,
        left=_round(-width / 2),
        top=_round(-height / 2),
        width=_round(width),
        height=_round(height),
        radii=(_round(rim.across), _round(rim.tall)),
        meridians=tuple(_round(rim.across * part) for part in MERIDIANS),
        parallels=tuple((_round(tall * part), _round(rim.at(tall * part))) for part in PARALLELS),
        strands=tuple(_strands(strands, places, rim, hub)),
        headings=tuple(headings),
        nodes=tuple(nodes),
        hub=middle,
    )


@dataclass(frozen=True, slots=True)
class _Rim:
    across: float
    tall: float

    def at(self, y: float) -> float:
        """Return how far the rim is from the axis at that height."""
        in_cap = max(0.0, abs(y) - (self.tall - self.across))
        return math.sqrt(max(0.0, self.across**2 - in_cap**2))


def _sides(groups: Sequence[Group]) -> tuple[_Side, _Side]:
    """Split the groups clockwise from the top, down the right and up the left; each reads from the top down."""
    sizes = [HEADING + len(group.seats) for group in groups]
    splits = (
        (abs(sum(sizes[:at]) + (HEADING + taken if taken else 0) - sum(sizes[at:]) + taken), bool(taken), at, taken)
        for at, group in enumerate(groups)
        for taken in range(len(group.seats))
    )
    *_, at, taken = min(splits, key=lambda split: (split[0] + SPLIT * split[1], *split[2:]), default=(0, False, 0, 0))
    right, left = _Side(1), _Side(-1)
    torn = groups[at] if taken else None
    first = [(group, group.seats) for group in groups[:at]] + ([(torn, torn.seats[:taken])] if torn else [])
    rest = ([(torn, torn.seats[taken:])] if torn else []) + [
        (group, group.seats) for group in groups[at + 1 if torn else at :]
    ]
    for side, parts in ((right, first), (left, list(reversed(rest)))):
        for group, seats in parts:
            side.rows += [(HEADING, group), *((1, seat) for seat in seats)]
    return right, left


def _place(shape: Shape, side: _Side, rim: _Rim, headings: list[ChartHeading], nodes: list[ChartNode]) -> None:
    top = -side.height * shape.row / 2
    anchor = "start" if side.sign > 0 else "end"
    stretch: list[float] = []
    for at, (height, row) in enumerate(side.rows):
        y = top + height * shape.row / 2
        top += height * shape.row
        x = side.sign * rim.at(y)
        if isinstance(row, Group):
            y += shape.row / 5
            members = []
            for _, other in side.rows[at + 1 :]:
                if isinstance(other, Group):
                    break
                members.append(other)
            stretch = [top, top + len(members) * shape.row]
            headings.append(
                ChartHeading(
                    url=row.url,
                    anchor=anchor,
                    x=_round(side.sign * (rim.at(y) + GAP)),
                    lines=tuple(
                        (_round(y + 4 - 12 * up), line)
                        for up, line in enumerate(reversed(_wrapped(row.name, shape.letters, shape.lines)))
                    ),
                    accent=row.accent,
                    arc=_arc(rim, side.sign, *stretch),
                )
            )
        else:
            lines = _wrapped(capital(row.face.name), shape.letters, shape.lines)
            reach = GAP + max(len(line) for line in lines) * shape.letter
            nodes.append(
                ChartNode(
                    number=row.number,
                    face=row.face,
                    url=row.url,
                    label=row.label,
                    x=_round(x),
                    y=_round(y),
                    anchor=anchor,
                    text_x=side.sign * GAP,
                    lines=_lines(lines, 5),
                    reach=(_round(-GEM if side.sign > 0 else -reach), _round(reach + GEM)),
                    former=row.former,
                )
            )


def _middle(shape: Shape, seat: Seat) -> ChartNode:
    lines = _wrapped(capital(seat.face.name), shape.hub_letters, 2, slack=3)
    reach = max(len(line) for line in lines) * shape.letter / 2
    return ChartNode(
        number=seat.number,
        face=seat.face,
        url=seat.url,
        label=seat.label,
        x=0,
        y=0,
        anchor="middle",
        text_x=0,
        lines=tuple((y + 41 + 7 * (len(lines) - 1), line) for y, line in _lines(lines, 5)),
        reach=(_round(-reach), _round(2 * reach)),
        former=seat.former,
    )


def _strands(
    strands: Iterable[Strand], places: dict[int, tuple[float, float]], rim: _Rim, hub: Seat | None
) -> Iterable[ChartStrand]:
    """Yield straight paths to the one in the middle, curves between others; a pair's second runs beside the first."""
    before: dict[tuple[int, int], int] = {}
    for strand in strands:
        (ax, ay), (bx, by) = (places[end] for end in strand.ends)
        nth = before.get(strand.ends, 0)
        before[strand.ends] = nth + 1
        length = math.hypot(bx - ax, by - ay) or 1
        across_x, across_y = -(by - ay) / length, (bx - ax) / length
        straight = hub is not None and hub.number in strand.ends
        bend = 0.5 if straight else 0.42 / 2
        cx, cy = (ax + bx) * bend, (ay + by) * bend
        aside = 16.0 * ((nth + 1) // 2) * (-1 if nth % 2 else 1)
        if hub is not None and not straight and math.hypot(cx / rim.across, cy / rim.tall) < 0.16:
            aside += rim.across * 0.3  # around the one in the middle
        cx, cy = cx + across_x * aside, cy + across_y * aside
        yield ChartStrand(
            path=f"M{ax:.1f} {ay:.1f}Q{cx:.1f} {cy:.1f} {bx:.1f} {by:.1f}",
            bond=strand.bond,
            sure=strand.sure,
            weak=strand.weak,
            ends=strand.ends,
        )


def _arc(rim: _Rim, sign: int, top: float, bottom: float) -> str:
    heights = [top + (bottom - top) * step / ARC_STEPS for step in range(ARC_STEPS + 1)]
    return "M" + "L".join(f"{sign * rim.at(y):.1f} {y:.1f}" for y in heights)


def _lines(lines: Sequence[str], baseline: float) -> tuple[tuple[float, str], ...]:
    return tuple((_round(baseline + 14 * at - 7 * (len(lines) - 1)), line) for at, line in enumerate(lines))


def _wrapped(text: str, letters: int, lines: int, *, slack: int = 0) -> list[str]:
    """Break a text between words into lines; what does not fit, give or take some slack, ends in an ellipsis."""
    made: list[str] = []
    line = ""
    for word in text.split() or [text]:
        longer = f"{line} {word}" if line else word
        if line and _wide(longer) > letters and len(made) < lines - 1:
            made.append(line)
            line = word
        else:
            line = longer
    return [_cut(line, letters + slack) for line in [*made, line]]


def _cut(line: str, letters: int) -> str:
    if _wide(line) <= letters:
        return line
    while _wide(line) > letters - 1:
        line = line[:-1]
    return line.rstrip() + "…"


def _wide(text: str) -> float:
    if text.isascii():
        return len(text)
    return sum(1.8 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _round(number: float) -> float:
    return round(number, 1) + 0.0  # no −0.0
