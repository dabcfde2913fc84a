"""What the page of a character, a faction, a tag or an episode shows."""

from dataclasses import dataclass, field
from itertools import batched, groupby

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from characters.text.phrases import counted, episodes, span
from characters.vocabulary import Bond, Certainty
from episodes.names import Name, capital, is_set_apart, with_capital
from episodes.units import current, named, short

from .basics import EpisodeRow, Face, Link, TagLink
from .credits import Credits
from .map import Chart

MOST_UNFOLDED = 16  # chapters; of more only the newest are listed one by one
NEWEST = 10
MOST_OF_A_FOLD = 20  # chapters, in a show without seasons
MOST_OF_A_LABEL = 4  # letters in a cell of a strip


@dataclass(frozen=True, slots=True)
class FaceGroup:
    """Faces of one kind, under the name of that kind."""

    name: str
    faces: tuple[Face, ...]
    more: int = 0  # who bear the tag besides
    url: str = ""  # the list of all of them


@dataclass(frozen=True, slots=True)
class TagList:
    count: int
    tags: tuple[TagLink, ...]  # of this part of the list; those that one alone bears come last
    number: int
    last: int
    page_url: str  # to be followed by the number of a part


@dataclass(frozen=True, slots=True)
class TagPage:
    name: Name
    url: str
    url_without_name: str
    history_url: str
    groups: tuple[FaceGroup, ...]
    related: tuple[TagLink, ...]  # with how many bear both


@dataclass(frozen=True, slots=True)
class ListedName:
    name: Name
    kind: str
    language: str
    since: int

    @property
    def caption(self) -> str:
        return f"{self.kind}, {episodes(self.since, None)}" if self.since else self.kind


@dataclass(frozen=True, slots=True)
class FactValue:
    html: SafeString
    since: int
    is_name: bool

    @property
    def capital(self) -> SafeString:
        """The value as it stands by itself; the name of a person keeps its own first letter."""
        html = self.html if self.is_name else with_capital(self.html)
        return format_html("<bdi>{}</bdi>", html) if is_set_apart(html) else html


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    values: tuple[FactValue, ...]
    attribute: str
    is_in_line: bool = False  # the line below the name tells it


@dataclass(frozen=True, slots=True)
class Affiliation:
    """A membership: the faction on a character's page, the character on a faction's."""

    other: Face
    role: Name
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
    """What connects a character with another, from its own side: `label` is a verb that `other` follows."""

    label: str
    other: Face
    certainty: str
    since: int
    until: int | None
    masks: str  # the personas it was known of, where they are known for others now
    is_state: bool  # it goes on, and did not just happen
    kind: str
    bond: Bond
    # Of the verb among those of a page, where its other side comes after it: by all that are known at an episode.
    place: tuple[int, bool] = field(compare=False)

    @property
    def is_past(self) -> bool:
        return self.until is not None

    @property
    def is_from_here(self) -> bool:
        """Whether it is told as of the one who acts."""
        return not self.place[1]

    @property
    def when(self) -> str:
        """In which episodes it happened or held, and of which persona it was known."""
        when = span(self.since, self.until) if self.is_state else episodes(self.since, self.until)
        for word in (current().one, current().many):
            when = when.replace(f"{word} ", f"{word}\u00a0")  # stay in one line
        return ", ".join(filter(None, (f"as {self.masks}" if self.masks else "", when)))


@dataclass(frozen=True, slots=True)
class Ties:
    """The ties of a character that have a verb in common."""

    label: str
    is_past: bool
    ties: tuple[Tie, ...]

    @property
    def count(self) -> int:
        return len(self.ties)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry of a timeline: a revelation, or a change of a name, a trait, a tie.

    What is confirmed is the rule, and pages say nothing of it.
    """

    html: SafeString
    label: str = ""
    certainty: str = ""
    believed_before: SafeString | None = None
    overturned_in: int | None = None
    concerned: tuple[Face, ...] = ()
    correct_url: str = ""
    opening: str = ""  # of its text, to tell the links to correct it apart

    @property
    def line(self) -> SafeString:
        """The text without its paragraph, if it is a single one, so that more can stand on its last line."""
        is_line = self.html.startswith("<p>") and self.html.find("</p>") == len(self.html.rstrip()) - 4
        return mark_safe(self.html.rstrip()[3:-4]) if is_line else SafeString()  # made safe where it was rendered

    @property
    def unsure(self) -> str:
        """How certain it is, if that is less than confirmed."""
        return "" if self.certainty == Certainty.CONFIRMED else self.certainty

    @property
    def remarks(self) -> str:
        """What stands after the text: how certain it is, when in the episode it is said, what has become of it."""
        certainty = "a belief refuted" if self.certainty == Certainty.DISPROVED else self.unsure
        time = f"at {self.label}" if self.label else ""
        seen = f"seen differently since {named(self.overturned_in)}" if self.overturned_in is not None else ""
        return " · ".join(filter(None, (certainty, time, seen)))


@dataclass(frozen=True, slots=True)
class Chapter:
    """What was learned in one episode."""

    episode: EpisodeRow
    pages_then: tuple[Link, ...]
    revelations: tuple[TimelineEntry, ...]
    changes: tuple[TimelineEntry, ...]
    gist: str = ""  # one line of it
    more: int = 0  # revelations that stand on the page of the episode alone
    is_open: bool = True

    @property
    def things(self) -> int:
        return len(self.revelations) + len(self.changes) + self.more


@dataclass(frozen=True, slots=True)
class Fold:
    """Chapters that are folded together."""

    season: Name
    chapters: tuple[Chapter, ...]

    @property
    def heading(self) -> str:
        first, last = self.chapters[0].episode, self.chapters[-1].episode
        return self.season or (capital(current().span(first.number, last.number)) if first != last else first.heading)


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
    credit: Name
    licence: Name
    since: int


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """A character's or a faction's page, or a part of it: lists that are too long for one page go on in the next."""

    list: Link  # in which it stands
    face: Face
    short_url: str
    description: str
    line: SafeString  # who it is
    is_defined: bool  # by a line of its own, or else by some of the facts
    summary: SafeString
    names: tuple[ListedName, ...]
    facts: tuple[Fact, ...]
    places: tuple[Affiliation, ...]
    more_places: int
    places_url: str  # the list of all who belong to a faction
    ties: tuple[Tie, ...]
    tags: tuple[TagLink, ...]
    pictures: tuple[Picture, ...]
    chapters: tuple[Chapter, ...]
    correct_url: str
    history_url: str
    strip: tuple["StripCell", ...]
    chart: Chart | None
    then_url: str  # of what was believed before; a faction has none
    number: int  # of this part
    last: int
    page_url: str  # to be followed by the number of a part

    @property
    def other_facts(self) -> tuple[Fact, ...]:
        """The facts that the line below the name does not tell."""
        return tuple(fact for fact in self.facts if self.is_defined or not fact.is_in_line)

    @property
    def ties_by_verb(self) -> tuple[Ties, ...]:
        return tuple(
            Ties(label, is_past, tuple(ties))
            for (is_past, label), ties in groupby(self.ties, lambda tie: (tie.is_past, tie.label))
        )

    @property
    def folds(self) -> tuple[Fold, ...]:
        """Earlier chapters by season, or so many at a time, where there are too many to list one by one."""
        many = self.chapters[: -len(self.newest)] if self.newest else ()
        return tuple(
            Fold(season, tuple(some))
            for season, chapters in groupby(many, lambda chapter: chapter.episode.season)
            for some in (batched(chapters, MOST_OF_A_FOLD) if not season else [chapters])
        )

    @property
    def newest(self) -> tuple[Chapter, ...]:
        """The chapters that are listed one by one."""
        return self.chapters if len(self.chapters) <= MOST_UNFOLDED else self.chapters[-NEWEST:]

    @property
    def latest(self) -> EpisodeRow | None:
        """The newest episode that the timeline tells of, if it tells of several."""
        return self.chapters[-1].episode if len(self.chapters) > 1 else None

    @property
    def url_without_name(self) -> str:
        """The short address, at the episode of whoever opens it."""
        return self.short_url.partition("?")[0]

    @property
    def catalogue_number(self) -> str:
        """The public id, which is all that the short address holds."""
        return self.url_without_name.strip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class EpisodePage:
    episode: EpisodeRow
    synopsis: SafeString
    description: str
    credits: Credits
    cast: tuple[Face, ...]
    newcomers: tuple[Face, ...]
    revelations: tuple[TimelineEntry, ...]
    changes: tuple[TimelineEntry, ...]
    previous: EpisodeRow | None
    next: EpisodeRow | None
    correct_url: str
    history_url: str
    number: int  # of this part of the page
    last: int
    page_url: str  # to be followed by the number of a part


@dataclass(frozen=True, slots=True)
class StripCell:
    """One watched episode in the strip of a character."""

    episode: EpisodeRow
    appears: bool
    learned: int  # how many things that are known of them go back to it
    most: int  # of any cell of the strip
    url: str = ""  # of its chapter, if it has one

    @property
    def season(self) -> Name:
        return self.episode.season

    @property
    def label(self) -> str:
        """Return its number, or what tells its label from others of its season: “E5” of “S2 E5”."""
        return f"{short(self.episode.number)}".rpartition(" ")[2][:MOST_OF_A_LABEL]

    @property
    def weight(self) -> float:
        """Half the length of the mark: what is least is seen, what is most fills the cell."""
        return max(2, round(10 * self.learned / self.most, 1))

    @property
    def style(self) -> str:
        """The classes of the cell."""
        return f"{'appears ' if self.appears else ''}{f'w{self.weight:.0f}' if self.learned else ''}".strip()

    @property
    def summary(self) -> str:
        """Return the cell in words, for screen readers, to follow the number of the episode."""
        title = f", {self.episode.title}" if self.episode.title else ""
        appears = "appears" if self.appears else "does not appear"
        learned = f"{counted(self.learned, 'thing')} learned" if self.learned else "nothing learned"
        return f"{title}: {appears}, {learned}"


@dataclass(frozen=True, slots=True)
class Belief:
    """A fact as it stood at one of two episodes."""

    html: SafeString
    changed: bool  # it does not stand at the other


@dataclass(frozen=True, slots=True)
class PersonaBeliefs:
    """What was held then of one of those who are one now; without a face where it is clear of whom."""

    face: Face | None
    held: tuple[Belief, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    label: str
    then: tuple[PersonaBeliefs, ...]
    now: tuple[Belief, ...]
    is_prose: bool

    @property
    def changed(self) -> bool:
        return self.gave_way or any(held.changed for held in self.now)

    @property
    def gave_way(self) -> bool:
        return any(held.changed for part in self.then for held in part.held)


@dataclass(frozen=True, slots=True)
class OverturnedBelief:
    """A belief that has given way since."""

    then: SafeString
    now: SafeString
    episode: EpisodeRow


@dataclass(frozen=True, slots=True)
class ThenPage:
    """A character at an earlier episode next to what is known of them now."""

    url: str
    url_without_name: str  # of their page
    now: Face
    then: tuple[Face, ...]  # several, if they were not known to be one; nobody, if they had not been heard of
    episode: EpisodeRow | None  # none, if they have only just been heard of
    choices: tuple[EpisodeRow, ...]
    rows: tuple[Comparison, ...]
    turned: tuple[OverturnedBelief, ...]

    @property
    def were_several(self) -> bool:
        return len(self.then) > 1

    @property
    def telling(self) -> tuple[Comparison, ...]:
        """The rows that are not the same on both sides; of several, all, as each says of which of them it was known."""
        return tuple(row for row in self.rows if row.changed or self.were_several)

    @property
    def unchanged(self) -> tuple[Comparison, ...]:
        return tuple(row for row in self.rows if row not in self.telling)

    @property
    def all_still_holds(self) -> bool:
        gave_way = any(row.gave_way for row in self.rows if not row.is_prose)
        return not (self.turned or self.were_several or gave_way)
