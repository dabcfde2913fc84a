"""What a page shows: frozen values with nothing behind them, so that a template cannot wander off to what is hidden."""

from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString
from django.utils.text import capfirst

from .phrases import counted, span


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    title: str
    native_title: str
    credits: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """As it stands in the list; `title` is empty beyond the viewer's progress."""

    number: int
    aired_on: date | None
    url: str
    known: bool
    title: str
    native_title: str

    @property
    def heading(self) -> str:
        return f"Episode {self.number}" if self.number else "Before the first episode"

    @property
    def full_title(self) -> str:
        return f"{self.heading} · {self.title}" if self.title else self.heading

    @property
    def as_known(self) -> str:
        return f"after episode {self.number}" if self.number else "from the premise"


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Face:
    """A character or a faction, small: name, address, and a picture or an emblem made of name and colour."""

    name: str
    url: str
    initials: str
    colour: str
    thumbnail: str = ""
    accent: str = ""  # the name of that colour, for `class="accent-…"`
    figure: str = ""  # path data of the emblem
    is_seal: bool = False  # round, as factions' are


@dataclass(frozen=True, slots=True)
class Card:
    """An entry of a list."""

    face: Face
    line: str
    first_episode: int
    members: int = 0

    @property
    def caption(self) -> str:
        first = f"First in episode {self.first_episode}" if self.first_episode else "Known from the premise"
        return f"{first} · {counted(self.members, 'member')}" if self.members else first


@dataclass(frozen=True, slots=True)
class CardPage:
    """One page of a list."""

    cards: tuple[Card, ...]
    total: int
    number: int
    last: int
    narrowing: "Narrowing"


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """A filter and what it offers."""

    name: str
    label: str
    choices: tuple[Choice, ...]

    @property
    def is_used(self) -> bool:
        return any(choice.chosen for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, with the address of the list without it, and how many that would hold."""

    label: str
    url: str
    without: int


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How a list is filtered and sorted, and could be."""

    groups: tuple[ChoiceGroup, ...]
    chips: tuple[Chip, ...]
    sorts: tuple[Choice, ...]
    left_out: bool  # the address named something that nobody at this episode knows
    url: str
    url_now: str  # as url, but not looking back
    clear_url: str

    @property
    def loosening(self) -> list[Chip]:
        """What to take away, where nobody fits."""
        return [chip for chip in self.chips if chip.without]

    @property
    def page_url(self) -> str:
        """To be followed by the number of a page."""
        return f"{self.url}{'&' if '?' in self.url else '?'}page="


@dataclass(frozen=True, slots=True)
class TagLink:
    name: str
    url: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class TagPage:
    name: str
    url: str
    characters: tuple[Face, ...]
    factions: tuple[Face, ...]
    related: tuple[TagLink, ...]  # with how many bear both


@dataclass(frozen=True, slots=True)
class KnownName:
    name: str
    kind: str
    language: str
    since: int

    @property
    def caption(self) -> str:
        return f"{self.kind}, since episode {self.since}" if self.since else self.kind


@dataclass(frozen=True, slots=True)
class FactValue:
    html: SafeString
    since: int


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    values: tuple[FactValue, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A membership: the faction on a character's page, the character on a faction's."""

    other: Face
    role: str
    since: int
    until: int | None

    @property
    def is_past(self) -> bool:
        return self.until is not None

    @property
    def span(self) -> str:
        return span(self.since, self.until)


@dataclass(frozen=True, slots=True)
class Tie:
    label: str
    certainty: str
    since: int
    until: int | None
    masks: str  # the personas it was known of, where they are known for others now

    @property
    def is_past(self) -> bool:
        return self.until is not None

    @property
    def span(self) -> str:
        return span(self.since, self.until)


@dataclass(frozen=True, slots=True)
class Ties:
    """All that connects a character with one other."""

    other: Face
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """One entry of a timeline: a revelation, or a change of a name, a trait, a tie."""

    html: SafeString
    label: str = ""
    certainty: str = ""
    believed_before: SafeString | None = None
    overturned_in: int | None = None
    concerned: tuple[Face, ...] = ()
    correct_url: str = ""

    @property
    def certainty_label(self) -> str:
        return "a belief refuted" if self.certainty == "disproved" else self.certainty


@dataclass(frozen=True, slots=True)
class Chapter:
    """What was learned in one episode."""

    episode: EpisodeRow
    pages_then: tuple[Link, ...]
    revelations: tuple[Learned, ...]
    changes: tuple[Learned, ...]

    @property
    def things(self) -> int:
        return len(self.revelations) + len(self.changes)


@dataclass(frozen=True, slots=True)
class Picture:
    """A portrait; what a browser may choose from is there as it stands in `srcset`."""

    url: str
    avif: str
    webp: str
    jpeg: str
    width: int
    height: int
    alt_text: str
    caption: SafeString
    credit: str
    licence: str
    since: int


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """A character's or a faction's page."""

    face: Face
    short_url: str
    description: str
    summary: SafeString
    names: tuple[KnownName, ...]
    facts: tuple[Fact, ...]
    places: tuple[Place, ...]
    ties: tuple[Ties, ...]
    tags: tuple[TagLink, ...]
    pictures: tuple[Picture, ...]
    chapters: tuple[Chapter, ...]
    correct_url: str
    strip: tuple["Cell", ...]
    charts: tuple["Chart", ...]  # the same for wide screens and for narrow ones
    then_url: str  # of what was believed before; a faction has none

    @property
    def catalogue_number(self) -> str:
        """The public id, which is all that the short address holds."""
        return self.short_url.partition("?")[0].strip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class EpisodePage:
    episode: EpisodeRow
    synopsis: SafeString
    description: str
    cast: tuple[Face, ...]
    newcomers: tuple[Face, ...]
    revelations: tuple[Learned, ...]
    changes: tuple[Learned, ...]
    previous: EpisodeRow | None
    next: EpisodeRow | None
    correct_url: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence that was found, with what was looked for marked in it."""

    episode: int
    label: str
    html: SafeString
    url: str

    @property
    def episode_label(self) -> str:
        return f"episode {self.episode}" if self.episode else "before the first episode"


@dataclass(frozen=True, slots=True)
class SearchGroup:
    """All that was found about one character or faction, or else in one episode."""

    face: Face | None
    episode: EpisodeRow | None
    names: tuple[SafeString, ...]
    passages: tuple[Passage, ...]
    more: int  # passages that are not listed

    @property
    def subject(self) -> str:
        if self.face is not None:
            return self.face.name
        return f"episode {self.episode.number}" if self.episode and self.episode.number else "the premise"

    @property
    def more_url(self) -> str:
        """Return the address of the page with all passages, at the section that holds them."""
        return f"{self.face.url}#timeline" if self.face else f"{self.episode.url if self.episode else ''}#learned"


@dataclass(frozen=True, slots=True)
class SearchPage:
    text: str
    groups: tuple[SearchGroup, ...]
    total: int
    number: int
    last: int
    did_you_mean: str
    shown_instead: str
    most_texts: int | None  # so many passages were looked at, the newest; there are more
    leaves_all_out: bool  # something was typed, but nothing that could be looked for

    @property
    def numbers(self) -> range:
        return range(1, self.last + 1)


@dataclass(frozen=True, slots=True)
class Suggestion:
    face: Face
    html: SafeString
    also: SafeString | None  # the name that fits, where it is another than the one shown


@dataclass(frozen=True, slots=True)
class ChangedField:
    label: str
    before: str
    after: str
    final: str  # what a moderator made of it, where that is another and known to the reader


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change of a correction, for whoever sent it."""

    what: str
    title: str
    fields: tuple[ChangedField, ...]
    decision: str
    why: str
    altered: bool
    hidden_until: int | None  # its author has gone back before the episode that it is about


@dataclass(frozen=True, slots=True)
class LatelyLine:
    """What kind of thing changed, and on which pages; never what it said."""

    what: str
    pages: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Lately:
    day: date
    credit: str
    lines: tuple[LatelyLine, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One watched episode in the strip of a character."""

    episode: EpisodeRow
    appears: bool
    learned: int  # how many things that are known of them go back to it
    most: int  # of any cell of the strip

    @property
    def weight(self) -> float:
        """Half the length of the mark: what is least is seen, what is most fills the cell."""
        return max(2, round(10 * self.learned / self.most, 1))

    @property
    def summary(self) -> str:
        """Return the cell in words, for screen readers, to follow the number of the episode."""
        title = f", {self.episode.title}" if self.episode.title else ""
        appears = "part of it" if self.appears else "not part of it"
        learned = f"{counted(self.learned, 'thing')} learned" if self.learned else "nothing learned"
        return f"{title}: {appears}, {learned}"


@dataclass(frozen=True, slots=True)
class ChartNode:
    """Somebody on the rim of a map, or in its middle; `x` and `y` are from there."""

    number: int
    face: Face
    said: str  # the name and more, for those who hear it
    x: float
    y: float
    anchor: str
    text_x: float
    lines: tuple[tuple[float, str], ...]  # each with its own y
    reach: tuple[float, float]  # from where the pointer counts as on it, and how far
    faint: bool
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
    def size(self) -> tuple[float, float]:
        return 2 * self.radii[0], 2 * self.radii[1]


@dataclass(frozen=True, slots=True)
class Said:
    """What ties somebody to others, in words and from their side."""

    label: str
    bond: str
    others: tuple[tuple[Face, str], ...]  # each with how certain it is


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands: the map in words."""

    number: int
    face: Face
    places: tuple[Face, ...]
    until: int | None  # when they left the faction under which they stand, if they have
    ties: tuple[Said, ...]

    @property
    def former(self) -> str:
        """Return until when they belonged to the faction under which they stand, or an empty text if they still do."""
        if self.until is None:
            return ""
        return f"formerly, until episode {self.until}" if self.until else "formerly"


@dataclass(frozen=True, slots=True)
class StandingGroup:
    faction: Face | None
    people: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class GraphPage:
    charts: tuple[Chart, ...]  # the same for wide screens and for narrow ones
    groups: tuple[StandingGroup, ...]
    bonds: tuple[Choice, ...]
    factions: tuple[Choice, ...]
    chosen: Face | None
    asked: str  # its public id
    left_out: bool  # the address named a faction that nobody at this episode knows
    people: int
    ties: int

    @property
    def has_former(self) -> bool:
        return any(person.until is not None for group in self.groups for person in group.people)

    @property
    def summary(self) -> str:
        of_faction = f"{capfirst(self.chosen.name)} and whom it has to do with: " if self.chosen else ""
        return f"{of_faction}{counted(self.people, 'character')}, {counted(self.ties, 'tie')}"


@dataclass(frozen=True, slots=True)
class Held:
    """A fact as it stood at one of two episodes."""

    html: SafeString
    changed: bool  # it does not stand at the other


@dataclass(frozen=True, slots=True)
class Part:
    """What was held then of one of those who are one now; without a face where it is clear of whom."""

    face: Face | None
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    label: str
    then: tuple[Part, ...]
    now: tuple[Held, ...]
    is_prose: bool

    @property
    def changed(self) -> bool:
        return self.gave_way or any(held.changed for held in self.now)

    @property
    def gave_way(self) -> bool:
        return any(held.changed for part in self.then for held in part.held)


@dataclass(frozen=True, slots=True)
class Turned:
    """A belief that has given way since."""

    then: SafeString
    now: SafeString
    episode: EpisodeRow


@dataclass(frozen=True, slots=True)
class ThenPage:
    """A character at an earlier episode next to what is known of them now."""

    url: str
    now: Face
    then: tuple[Face, ...]  # several, if they were not known to be one; nobody, if they had not been heard of
    episode: EpisodeRow | None  # none, if they have only just been heard of
    choices: tuple[EpisodeRow, ...]
    rows: tuple[Compared, ...]
    turned: tuple[Turned, ...]

    @property
    def were_several(self) -> bool:
        return len(self.then) > 1

    @property
    def telling(self) -> tuple[Compared, ...]:
        """The rows that are not the same on both sides; of several, all, as each says of which of them it was known."""
        return tuple(row for row in self.rows if row.changed or self.were_several)

    @property
    def unchanged(self) -> tuple[Compared, ...]:
        return tuple(row for row in self.rows if row not in self.telling)

    @property
    def all_still_holds(self) -> bool:
        gave_way = any(row.gave_way for row in self.rows if not row.is_prose)
        return not (self.turned or self.were_several or gave_way)


@dataclass(frozen=True, slots=True)
class Changed:
    """A page that is not what it was some episodes ago."""

    face: Face
    is_new: bool
    unmasked: bool
    things: int  # in its timeline; a new fact or tie is seen above that alone

    @property
    def label(self) -> str:
        if self.unmasked:
            return "unmasked"
        if self.is_new:
            return "new"
        return counted(self.things, "new thing") if self.things else "changed"


@dataclass(frozen=True, slots=True)
class RecapEpisode:
    """An episode in a few words, and what turned out otherwise than it had seemed."""

    episode: EpisodeRow
    synopsis: SafeString
    is_shortened: bool
    unmasked: tuple[Learned, ...]
    overturned: tuple[Learned, ...]


@dataclass(frozen=True, slots=True)
class RecapGroup:
    face: Face | None
    is_new: bool
    is_open: bool
    things: int
    chapters: tuple[Chapter, ...]

    @property
    def title(self) -> str:
        return capfirst(self.face.name) if self.face else "Besides"

    @property
    def count(self) -> str:
        return f"{counted(self.things, 'thing')} told"


@dataclass(frozen=True, slots=True)
class RecapPage:
    """What has been learned since an episode."""

    since: EpisodeRow
    episodes: tuple[RecapEpisode, ...]
    groups: tuple[RecapGroup, ...]
    besides: tuple[Changed, ...]  # pages that have changed without a group of their own
