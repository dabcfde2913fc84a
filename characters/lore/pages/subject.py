"""The page of a character or a faction."""

from collections import defaultdict
from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from characters.lore import material, rows, telling, timeline
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.map import graph
from characters.lore.material import Material
from characters.lore.order import best_tie, sort_key
from characters.lore.rows import Row
from characters.models import Character, Faction
from characters.text import prose
from characters.values.basics import Face, Link, TagLink
from characters.values.map import Chart
from characters.values.pages import Cell, Chapter, Learned, Place, SubjectPage, Tie, Ties
from characters.vocabulary import Attribute, Certainty, RelationshipKind


def character_page(knowledge: Knowledge, public_id: str) -> SubjectPage | None:
    """Return the page of a character, or of whom they are known to be by now."""
    character = rows.id_of(knowledge.progress, Character, public_id)
    if character is None:
        return None
    root = knowledge.root_of(character)
    family = knowledge.family_of(root)
    collected = material.of_characters(knowledge, family)
    cast = Cast(knowledge, subject=root)
    cast.characters |= family
    collected.note_in(cast)
    cast.look_up()
    return _page(
        knowledge,
        kind="character",
        own=root,
        collected=collected,
        cast=cast,
        places=telling.places(collected.memberships, lambda row: cast.faction(row["faction_id"])),
        ties=_ties(knowledge, root, collected.relationships, cast),
        members=rows.subjects(knowledge.progress, Character, family),
        charts=graph.around(knowledge, root, collected.relationships, cast),
    )


def faction_page(knowledge: Knowledge, public_id: str) -> SubjectPage | None:
    """Return the page of a faction."""
    faction = rows.id_of(knowledge.progress, Faction, public_id)
    if faction is None:
        return None
    collected = material.of_faction(knowledge, faction)
    cast = Cast(knowledge, subject=faction)
    cast.factions.add(faction)
    collected.note_in(cast)
    cast.look_up()
    return _page(
        knowledge,
        kind="faction",
        own=faction,
        collected=collected,
        cast=cast,
        places=telling.places(collected.memberships, lambda row: cast.root_face(row["character_id"])),
        members=rows.subjects(knowledge.progress, Faction, {faction}),
    )


def _page(
    knowledge: Knowledge,
    *,
    kind: str,
    own: UUID,
    collected: Material,
    cast: Cast,
    places: tuple[Place, ...],
    members: list[Row],
    ties: tuple[Ties, ...] = (),
    charts: tuple[Chart, ...] = (),
) -> SubjectPage:
    face = cast.root_face(own) if kind == "character" else cast.faction(own)
    public_id = next(row["public_id"] for row in members if row["id"] == own)
    facts, summary = telling.facts(collected.traits, own, cast)
    first_episode = min(member["revealed_in_id"] for member in members)
    changes = timeline.changes(collected, own, first_episode, cast)
    then_url = knowledge.address("then", public_id, knowledge.slug(face.name, kind)) if kind == "character" else ""
    return SubjectPage(
        face=face,
        short_url=knowledge.address(f"{kind}-short", public_id),
        correct_url=reverse(f"correct-{kind}s", args=[public_id]),
        description=prose.shortened(prose.plain(summary)),
        summary=summary,
        names=telling.known_names(collected.names, face.name),
        facts=facts,
        places=places,
        ties=ties,
        tags=_tag_links(knowledge, collected.tags),
        pictures=telling.pictures(collected.portraits, cast),
        chapters=_chapters(
            knowledge,
            collected,
            changes,
            cast,
            lambda number: _earlier_pages(knowledge, number, kind, members, cast),
        ),
        strip=_strip(knowledge, collected, changes, members),
        charts=charts,
        then_url=then_url,
    )


def _tag_links(knowledge: Knowledge, tags: list[Row]) -> tuple[TagLink, ...]:
    current = {row["tag__name"]: row["tag__slug"] for row in tags if row["until"] is None}
    return tuple(TagLink(name, knowledge.address("tag", slug)) for name, slug in current.items())


def _strip(
    knowledge: Knowledge, collected: Material, changes: list[tuple[int, Learned]], members: list[Row]
) -> tuple[Cell, ...]:
    """Return one cell per watched episode: whether they appear in it, and how much is learned of them."""
    learned = timeline.things_told(collected, changes)
    most = max(learned.values(), default=1)
    appears = {row["revealed_in_id"] for row in (*collected.revelations, *members)}
    return tuple(Cell(row, row.number in appears, learned[row.number], most) for row in knowledge.episodes if row.known)


def _chapters(
    knowledge: Knowledge,
    collected: Material,
    changes: list[tuple[int, Learned]],
    cast: Cast,
    earlier_pages: Callable[[int], tuple[Link, ...]],
) -> tuple[Chapter, ...]:
    """Return the timeline: for each episode what was learned, and the page as it was then."""
    summarised = {row["revealed_in_id"] for row in collected.traits if row["attribute"] == Attribute.SUMMARY}
    revealed: dict[int, list[Learned]] = defaultdict(list)
    changed: dict[int, list[Learned]] = defaultdict(list)
    for row in collected.revelations:
        revealed[row["revealed_in_id"]].append(telling.learned(row, cast))
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


def _earlier_pages(knowledge: Knowledge, number: int, kind: str, members: list[Row], cast: Cast) -> tuple[Link, ...]:
    """Return the pages that told of this one at an earlier episode: its own, and those of personas not yet known."""
    if number >= knowledge.progress:
        return ()
    unmasked = {row["persona_id"] for row in knowledge.unmaskings if row["revealed_in_id"] <= number}
    return tuple(
        Link(
            name=cast.person(row["id"]).name,
            url=f"{reverse(f'{kind}-short', args=[row['public_id']])}?{urlencode({'as_of': number})}",
        )
        for row in sorted(members, key=lambda row: sort_key(cast.person(row["id"])))
        if row["revealed_in_id"] <= number and row["id"] not in unmasked
    )


def _ties(knowledge: Knowledge, root: UUID, relationships: list[Row], cast: Cast) -> tuple[Ties, ...]:
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
        masks = [cast.person(person).name for person in (here, there) if knowledge.root_of(person) != person]
        tie = Tie(label, row["certainty"], row["revealed_in_id"], row["until"], " / ".join(masks))
        alike = by_other[cast.root_face(other)]
        same = label, tie.until, tie.certainty == Certainty.DISPROVED
        alike[same] = min(alike.get(same, tie), tie, key=best_tie)
    return tuple(
        Ties(other, tuple(sorted(ties.values(), key=_place_of_tie)))
        for other, ties in sorted(by_other.items(), key=lambda item: sort_key(item[0]))
    )


def _place_of_tie(tie: Tie) -> tuple[bool, int, str, int, str]:
    return tie.until is not None, tie.since, tie.label, tie.until or 0, tie.certainty
