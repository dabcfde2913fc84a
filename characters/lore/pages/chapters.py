"""The timeline of a subject's page: a chapter for each episode, and a strip of all episodes that leads to them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from characters.lore import telling, timeline
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.material import Material
from characters.lore.rows import Row
from characters.text import prose
from characters.values.basics import EpisodeRow, Link
from characters.values.pages import Chapter, StripCell, TimelineEntry
from characters.vocabulary import Attribute, Certainty
from episodes.axes import second_of
from episodes.parts import in_parts

MOST_TOLD = 140_000  # characters in the chapters of one part of a page
MOST_IN_CHAPTER = 100  # revelations; the page of the episode has all
WEIGHT_OF_CHAPTER = 600  # of what stands around its entries, in characters
WEIGHT_OF_ENTRY = 250  # of what stands around its text
WEIGHT_OF_MENTION = 150  # which becomes a link; at least, as names may be long
MOST_OPEN = 2  # chapters of a part; earlier ones are folded
MOST_CELLS = 100  # of a strip that shows every watched episode
GIST = 90  # characters


@dataclass(frozen=True, slots=True)
class Timeline:
    """What was learned of a subject, by episode, before it is put into words."""

    revelations: dict[int, list[Row]]
    changes: dict[int, list[TimelineEntry]]
    learned: Counter[int]  # how many things there are in each episode
    appears: set[int]
    parts: list[list[EpisodeRow]]  # the episodes that have chapters, the newest first


def timeline_of(knowledge: Knowledge, collected: Material, own: UUID, first_episodes: set[int], cast: Cast) -> Timeline:
    """Return the timeline of a subject who is first seen, under each of its names, in these episodes."""
    changes = timeline.changes(collected, own, min(first_episodes), cast)
    revelations: dict[int, list[Row]] = defaultdict(list)
    changed: dict[int, list[TimelineEntry]] = defaultdict(list)
    weights: Counter[int] = Counter()
    mention = max(WEIGHT_OF_MENTION, cast.weight_of_link)
    for row in collected.revelations:
        revelations[row["revealed_in_id"]].append(row)
    for number, entry in changes:
        changed[number].append(entry)
        weights[number] += WEIGHT_OF_ENTRY + len(entry.html)
    for number, rows in revelations.items():
        weights[number] += sum(_weight_of(row["text"], mention) for row in rows[:MOST_IN_CHAPTER])
    summarised = {row["revealed_in_id"] for row in collected.traits if row["attribute"] in Attribute.of_a_stage()}
    told = [
        row
        for row in reversed((*knowledge.episodes, *knowledge.read_chapters))
        if row.number in weights or (row.number in summarised and row.number < knowledge.progress)
    ]
    return Timeline(
        revelations,
        changed,
        timeline.count_by_episode(collected, changes),
        first_episodes | revelations.keys(),
        in_parts(told, MOST_TOLD, lambda row: WEIGHT_OF_CHAPTER + weights[row.number]),
    )


def _weight_of(text: str, mention: int) -> int:
    return WEIGHT_OF_ENTRY + len(text) + mention * text.count("[[")


def chapters(
    told: Timeline, part: int, cast: Cast, form: str, earlier_pages: Callable[[int], tuple[Link, ...]]
) -> tuple[Chapter, ...]:
    """Return the chapters of one part, the oldest first: what was learned, and the page as it was then."""
    episodes = told.parts[part - 1][::-1] if part <= len(told.parts) else []
    return tuple(
        _chapter(told, row, cast, form, earlier_pages(row.number), is_open=len(episodes) - at <= MOST_OPEN)
        for at, row in enumerate(episodes)
    )


def _chapter(
    told: Timeline, episode: EpisodeRow, cast: Cast, form: str, pages_then: tuple[Link, ...], *, is_open: bool
) -> Chapter:
    rows = told.revelations.get(episode.number, [])
    changes = tuple(told.changes.get(episode.number, ()))
    render = cast.linking_once()
    return Chapter(
        episode=episode,
        pages_then=pages_then,
        revelations=tuple(telling.revelation_entry(row, cast, form, render=render) for row in rows[:MOST_IN_CHAPTER]),
        changes=changes,
        gist="" if is_open else _gist(rows, changes, cast),
        more=max(len(rows) - MOST_IN_CHAPTER, 0),
        is_open=is_open,
    )


def _gist(rows: Sequence[Row], changes: Sequence[TimelineEntry], cast: Cast) -> str:
    """Return a chapter in one line: who turned out to be whom, or else the first thing that is certain."""
    unmasked = next((entry for entry in changes if entry.label == timeline.UNMASKED), None)
    if unmasked:
        return prose.shortened(prose.plain(unmasked.html), GIST)
    if rows:
        surest = next((row for row in rows if row["certainty"] == Certainty.CONFIRMED), rows[0])
        return cast.first_words(surest["text"], GIST)
    return prose.shortened(f"{changes[0].label}: {prose.plain(changes[0].html)}", GIST) if changes else ""


def strip(knowledge: Knowledge, told: Timeline, part: int, page_url: str) -> tuple[StripCell, ...]:
    """Return one cell per watched episode: whether they appear in it, and how much is learned of them.

    Of many episodes only those have a cell whose chapters are on this part of the page.
    """
    most = max(told.learned.values(), default=1)
    parts = {row.number: number for number, rows in enumerate(told.parts, start=1) for row in rows}

    def url(number: int) -> str:
        if number not in parts:
            return ""
        return f"{'' if parts[number] == part else f'{page_url}{parts[number]}'}#episode-{number}"

    is_short = knowledge.progress + second_of(knowledge.progress) <= MOST_CELLS
    return tuple(
        StripCell(row, row.number in told.appears, told.learned[row.number], most, url(row.number))
        for row in (*knowledge.episodes, *knowledge.read_chapters)
        if row.known and (is_short or parts.get(row.number) == part)
    )
