"""The pages that are not what they were some episodes ago."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from characters.lore import material, rows, timeline
from characters.lore.cast import Cast
from characters.lore.kept import kept
from characters.lore.knowledge import Knowledge
from characters.lore.material import Material
from characters.lore.order import face_key
from characters.lore.rows import Row
from characters.values.recap import ChangedPage
from episodes.axes import key_of
from episodes.known import is_reached

BYTES_OF_PAGE = 500  # with its face, by a measurement


@dataclass(frozen=True, slots=True)
class Changed:
    """The pages that some episodes changed: unmasked, new, or with most that is new in them first."""

    pages: tuple[ChangedPage, ...]

    @property
    def size(self) -> int:
        return len(self.pages) * BYTES_OF_PAGE


def pages_changed(knowledge: Knowledge, since: int, until: int) -> tuple[ChangedPage, ...]:
    """Return the pages that changed after somebody was at one point and by another."""
    name = f"pages changed{knowledge.query} {key_of(since)} {key_of(until)}"
    return kept(knowledge, name, lambda: Changed(_pages_changed(knowledge, since, until))).pages


def _pages_changed(knowledge: Knowledge, since: int, until: int) -> tuple[ChangedPage, ...]:
    cast = Cast(knowledge)
    happened = material.changed_between(knowledge, since, until)
    told = _told_by_page(knowledge, rows.concerned_between(knowledge.progress, since, until))
    pages = _rows_by_page(knowledge, happened, told)
    cast.note(pages)
    for collected in pages.values():
        cast.note_texts(_texts_in(collected))
    cast.look_up()
    unmasked = {knowledge.root_of(row["identity_id"]) for row in happened.unmaskings}
    changed = []
    for page, collected in pages.items():
        first = first_heard_of(page, cast)
        changes = timeline.changes(collected, page, first, cast.on_page_of(page), after=since)
        is_new = not was_heard_of(page, cast, since)
        changed.append(ChangedPage(cast.face(page), is_new, page in unmasked, told[page] + len(changes)))
    return tuple(
        sorted(changed, key=lambda page: (not page.unmasked, not page.is_new, -page.things, face_key(page.face)))
    )


def _told_by_page(knowledge: Knowledge, concerned: Iterable[Iterable[UUID]]) -> Counter[UUID]:
    """Return how many revelations each page has, by whom each of them concerns."""
    root_of = knowledge.root_of
    return Counter(page for subjects in concerned for page in set(map(root_of, subjects)))


def first_heard_of(subject: UUID, cast: Cast) -> int:
    """Return when somebody was first heard of under any name."""
    return min(map(cast.first_episode, cast.knowledge.family_of(subject)))


def was_heard_of(subject: UUID, cast: Cast, since: int) -> bool:
    """Return whether somebody was heard of under any name by then."""
    return any(is_reached(cast.first_episode(each), since) for each in cast.knowledge.family_of(subject))


def _texts_in(collected: Material) -> Iterator[str]:
    """Yield the texts that the changes of a page may show: of summaries and definitions only those of personas."""
    personas = {row["persona_id"] for row in collected.unmaskings}
    for row in collected.traits:
        if row["attribute"] not in timeline.OF_A_STAGE or row["owner_id"] in personas:
            yield row["value"]


def _rows_by_page(knowledge: Knowledge, happened: Material, told: Counter[UUID]) -> dict[UUID, Material]:
    """Return what happened, by the page that shows it."""
    root_of = knowledge.root_of
    pages: dict[UUID, Material] = defaultdict(Material)
    for page in told:
        pages[page]
    for row in happened.names:
        pages[root_of(row["owner_id"])].names.append(row)
    for row in happened.tags:
        pages[root_of(row["owner_id"])].tags.append(row)
    for row in happened.memberships:
        for page in {root_of(row["character_id"]), row["faction_id"]}:
            pages[page].memberships.append(row)
    for row in happened.relationships:
        for page in {root_of(row["source_id"]), root_of(row["target_id"])}:
            pages[page].relationships.append(row)
    for row in happened.traits:
        pages[root_of(row["owner_id"])]
    for row in happened.unmaskings:
        pages[root_of(row["identity_id"])]
    for row in _traits_of(knowledge, pages):  # what held before tells what gave way
        pages[root_of(row["owner_id"])].traits.append(row)
    for row in knowledge.unmaskings:
        if (page := root_of(row["identity_id"])) in pages:
            pages[page].unmaskings.append(row)
    return dict(pages)


def _traits_of(knowledge: Knowledge, pages: Iterable[UUID]) -> list[Row]:
    """Return the traits in which one value gives way to another, of characters under all their names."""
    which = rows.owned_by(knowledge.families_of(pages)) & rows.with_attribute(knowledge.vocabulary.single)
    return rows.traits(knowledge.progress, which)
