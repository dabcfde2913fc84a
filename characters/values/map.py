"""What the map of relations shows, drawn and in words."""

from dataclasses import dataclass

from characters.text.phrases import counted
from episodes.names import capital
from episodes.units import named

from .basics import Face
from .lists import Choice


@dataclass(frozen=True, slots=True)
class ChartNode:
    """Somebody on the rim of a map, or in its middle; `x` and `y` are from there."""

    number: int
    face: Face
    url: str  # of the map of their own ties, or of their page
    label: str  # the name and more, for those who hear it
    x: float
    y: float
    anchor: str
    text_x: float
    lines: tuple[tuple[float, str], ...]  # each with its own y
    reach: tuple[float, float]  # from where the pointer counts as on it, and how far
    former: bool  # belongs to no faction any more, and stands where they were last

    @property
    def is_hub(self) -> bool:
        return self.anchor == "middle"


@dataclass(frozen=True, slots=True)
class ChartHeading:
    url: str
    anchor: str
    x: float
    lines: tuple[tuple[float, str], ...]
    accent: str
    arc: str  # the stretch of the rim on which its members stand


@dataclass(frozen=True, slots=True)
class ChartStrand:
    """What ties two on a map, as a path."""

    path: str
    bond: str
    sure: bool
    weak: bool  # not among the strongest, which are shown by themselves
    ends: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Chart:
    """A map of relations, drawn: a planet with everybody around its rim, and their ties across its face."""

    shape: str
    left: float
    top: float
    width: float
    height: float
    radii: tuple[float, float]
    meridians: tuple[float, ...]
    parallels: tuple[tuple[float, float], ...]  # how high, and how far to either side
    strands: tuple[ChartStrand, ...]
    headings: tuple[ChartHeading, ...]
    nodes: tuple[ChartNode, ...]
    hub: ChartNode | None

    @property
    def bundles(self) -> tuple[ChartStrand, ...]:
        """The strands of one kind drawn in one go, where nobody asks whom a strand ties."""
        paths: dict[tuple[str, bool], str] = {}
        for strand in self.strands:
            paths[strand.bond, strand.sure] = paths.get((strand.bond, strand.sure), "") + strand.path
        return tuple(ChartStrand(path, bond, sure, False, (0, 0)) for (bond, sure), path in paths.items())

    @property
    def size(self) -> tuple[float, float]:
        return 2 * self.radii[0], 2 * self.radii[1]


@dataclass(frozen=True, slots=True)
class TiesInWords:
    """What ties somebody to others, in words and from their side."""

    label: str
    bond: str
    others: tuple[tuple[Face, str], ...]  # each with how certain it is


@dataclass(frozen=True, slots=True)
class MapEntry:
    """Where somebody stands: the map in words."""

    number: int
    face: Face
    places: tuple[Face, ...]
    until: int | None  # when they left the faction under which they stand, if they have
    map_url: str  # of the map of their own ties
    ties: tuple[TiesInWords, ...]
    tied: int  # to how many others
    more: int  # of those not named here; its own page tells of all

    @property
    def count(self) -> str:
        return counted(self.tied, "tie") if self.tied else "no ties known"

    @property
    def former(self) -> str:
        """Return until when they belonged to the faction under which they stand, or an empty text if they still do."""
        if self.until is None:
            return ""
        return f"formerly, until {named(self.until)}" if self.until else "formerly"


@dataclass(frozen=True, slots=True)
class MapGroup:
    faction: Face | None
    people: tuple[MapEntry, ...]


@dataclass(frozen=True, slots=True)
class GraphPage:
    linked_url: str  # of the page that says how two are linked, with the one in the middle
    charts: tuple[Chart, ...]  # for wide screens, and of one character for narrow ones too
    groups: tuple[MapGroup, ...]
    bonds: tuple[Choice, ...]
    factions: tuple[Choice, ...]
    chosen: Face | None
    centre: Face | None  # of whose ties this is the map
    asked: tuple[tuple[str, str], ...]  # by which faction and character it is narrowed: parameters with public ids
    left_out: bool  # the address named somebody or something that nobody at this episode knows
    people: int
    ties: int
    since: int | None  # only what came up after that episode
    number: int  # of this part of the map, those who are tied to most others first
    last: int
    shown: int  # how many of the people are on this part
    page_url: str  # to be followed by the number of a part

    @property
    def is_part(self) -> bool:
        return self.last > 1

    @property
    def has_former(self) -> bool:
        return any(node.former for node in (*self.charts[0].nodes, self.charts[0].hub) if node)

    @property
    def strongest(self) -> int:
        """Return how many pairs have the strongest ties, or 0 if all ties are drawn in any case."""
        strands = self.charts[0].strands
        strong = {strand.ends for strand in strands if not strand.weak}
        return len(strong) if any(strand.weak for strand in strands) else 0

    @property
    def query(self) -> str:
        """What narrows it, to be added to an address that has a parameter already."""
        return "".join(f"&{name}={value}" for name, value in self.asked)

    @property
    def summary(self) -> str:
        if self.centre:
            return f"{counted(self.ties, 'tie')} of {self.centre.name}"
        of_faction = f"{capital(self.chosen.name)} and everybody tied to it: " if self.chosen else ""
        return f"{of_faction}{counted(self.people, 'character')}, {counted(self.ties, 'tie')}"
