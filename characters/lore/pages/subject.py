"""The page of a character, a faction or any other subject."""

from collections import defaultdict
from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from characters.kinds import CHARACTER, Kind
from characters.lore import material, rows, telling, timeline
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge, path
from characters.lore.map import graph
from characters.lore.material import Material
from characters.lore.order import face_key, tie_sort_key
from characters.lore.rows import Row
from characters.text import prose
from characters.values.basics import Face, Link, TagLink
from characters.values.pages import Chapter, StripCell, SubjectPage, Tie, Ties, TimelineEntry
from characters.vocabulary import Attribute, Certainty, RelationshipKind
from episodes.names import CommonName

MOST_PLACES = 300  # members of a faction on its page; the list of characters has all
MOST_CELLS = 100  # of a strip that shows every watched episode


def subject_page(knowledge: Knowledge, kind: Kind, public_id: str) -> SubjectPage | None:
    """Return the page of a subject; of a character that is unmasked, that of whom it is known to be by now."""
    subject = rows.id_of(knowledge.progress, kind, public_id)
    if subject is None:
        return None
    own = knowledge.root_of(subject)
    family = knowledge.family_of(own)
    collected = material.of_subject(knowledge, kind, family)
    cast = Cast(knowledge, subject=own)
    cast.note(family)
    collected.note_in(cast)
    cast.look_up()
    members = rows.subjects(knowledge.progress, kind, family)
    public_id = next(row["public_id"] for row in members if row["id"] == own)
    facts, summary = telling.facts(collected.traits, own, cast)
    changes = timeline.changes(collected, own, min(row["revealed_in_id"] for row in members), cast)
    face = cast.face(own)
    is_character = kind is CHARACTER
    places = telling.places(collected.memberships, lambda row: cast.root_face(_other_end(row, kind)))
    in_list = knowledge.list_of(CHARACTER).url
    form = path(f"correct-{kind.plural}", public_id)
    return SubjectPage(
        list=knowledge.list_of(kind),
        face=face,
        short_url=knowledge.address(f"{kind.name}-short", public_id),
        correct_url=form,
        description=prose.shortened(prose.plain(summary)),
        summary=summary,
        names=telling.known_names(collected.names, face.name),
        facts=facts,
        places=places[:MOST_PLACES],
        more_places=max(len(places) - MOST_PLACES, 0),
        places_url=f"{in_list}{'&' if '?' in in_list else '?'}faction={public_id}",
        ties=ties_of(knowledge, own, collected.relationships, cast),
        tags=_tag_links(knowledge, collected.tags),
        pictures=telling.pictures(collected.portraits, cast),
        chapters=_chapters(
            knowledge,
            collected,
            changes,
            cast,
            form,
            lambda number: _earlier_pages(knowledge, number, kind, members, cast),
        ),
        strip=_strip(knowledge, collected, changes, members),
        charts=graph.charts_around(knowledge, own, collected.relationships, cast) if is_character else (),
        then_url=knowledge.address("then", public_id, knowledge.slug(face.name, kind.name)) if is_character else "",
    )


def _other_end(membership: Row, kind: Kind) -> UUID:
    other: UUID = membership["faction_id" if kind is CHARACTER else "character_id"]
    return other


def _tag_links(knowledge: Knowledge, tags: list[Row]) -> tuple[TagLink, ...]:
    current = {row["tag__name"]: row["tag__slug"] for row in tags if row["until"] is None}
    return tuple(TagLink(CommonName(name), knowledge.address("tag", slug)) for name, slug in current.items())


def _strip(
    knowledge: Knowledge, collected: Material, changes: list[tuple[int, TimelineEntry]], members: list[Row]
) -> tuple[StripCell, ...]:
    """Return one cell per watched episode: whether they appear in it, and how much is learned of them.

    Of many episodes only those have a cell that brought something.
    """
    learned = timeline.count_by_episode(collected, changes)
    most = max(learned.values(), default=1)
    appears = {row["revealed_in_id"] for row in (*collected.revelations, *members)}
    return tuple(
        StripCell(row, row.number in appears, learned[row.number], most)
        for row in knowledge.episodes
        if row.known and (knowledge.progress <= MOST_CELLS or row.number in appears or learned[row.number])
    )


def _chapters(
    knowledge: Knowledge,
    collected: Material,
    changes: list[tuple[int, TimelineEntry]],
    cast: Cast,
    form: str,
    earlier_pages: Callable[[int], tuple[Link, ...]],
) -> tuple[Chapter, ...]:
    """Return the timeline: for each episode what was learned, and the page as it was then."""
    summarised = {row["revealed_in_id"] for row in collected.traits if row["attribute"] == Attribute.SUMMARY}
    revealed: dict[int, list[TimelineEntry]] = defaultdict(list)
    changed: dict[int, list[TimelineEntry]] = defaultdict(list)
    for row in collected.revelations:
        revealed[row["revealed_in_id"]].append(telling.revelation_entry(row, cast, form))
    for number, entry in changes:
        changed[number].append(entry)
    return tuple(
        Chapter(
            episode=row,
            pages_then=earlier_pages(row.number),
            revelations=tuple(revealed[row.number]),
            changes=tuple(changed[row.number]),
        )
        for row in knowledge.episodes
        if revealed[row.number] or changed[row.number] or (row.number in summarised and row.number < knowledge.progress)
    )


def _earlier_pages(knowledge: Knowledge, number: int, kind: Kind, members: list[Row], cast: Cast) -> tuple[Link, ...]:
    """Return the pages that told of this one at an earlier episode: its own, and those of personas not yet known."""
    if number >= knowledge.progress:
        return ()
    unmasked = {row["persona_id"] for row in knowledge.unmaskings if row["revealed_in_id"] <= number}
    return tuple(
        Link(
            name=cast.face(row["id"]).name,
            url=f"{path(f'{kind.name}-short', row['public_id'])}?{urlencode({'as_of': number})}",
        )
        for row in sorted(members, key=lambda row: face_key(cast.face(row["id"])))
        if row["revealed_in_id"] <= number and row["id"] not in unmasked
    )


def ties_of(knowledge: Knowledge, root: UUID, relationships: list[Row], cast: Cast) -> tuple[Ties, ...]:
    """Return all that ties a character to each other one; what once was comes after what is."""
    by_other: dict[Face, dict[tuple[str, int | None, bool], Tie]] = defaultdict(dict)
    for row in relationships:
        from_here = knowledge.root_of(row["source_id"]) == root
        here, there = (row["source_id"], row["target_id"]) if from_here else (row["target_id"], row["source_id"])
        other = knowledge.root_of(there)
        kind = RelationshipKind(row["kind"])
        guessed = kind == RelationshipKind.SUSPECTED_TO_BE and row["source_id"] in knowledge.identity_of
        if other == root or (guessed and row["until"] is not None):
            continue  # the timeline has it
        label = kind.label if from_here else kind.seen_from_target
        masks = [f"{cast.name(person)}" for person in (here, there) if knowledge.root_of(person) != person]
        tie = Tie(label, row["certainty"], row["revealed_in_id"], row["until"], " / ".join(masks))
        alike = by_other[cast.root_face(other)]
        same = label, tie.until, tie.certainty == Certainty.DISPROVED
        alike[same] = min(alike.get(same, tie), tie, key=tie_sort_key)
    return tuple(
        Ties(other, tuple(sorted(ties.values(), key=_place_of_tie)))
        for other, ties in sorted(by_other.items(), key=lambda item: face_key(item[0]))
    )


def _place_of_tie(tie: Tie) -> tuple[bool, int, str, int, str]:
    return tie.until is not None, tie.since, tie.label, tie.until or 0, tie.certainty
