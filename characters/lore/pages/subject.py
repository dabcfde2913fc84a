"""The page of a character, a faction or any other subject."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from characters.kinds import CHARACTER, Kind
from characters.lore import material, rows, telling
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge, path
from characters.lore.map import graph
from characters.lore.order import certainty_rank, face_key, tie_sort_key
from characters.lore.rows import Row
from characters.text import prose
from characters.values.basics import Face, Link, TagLink
from characters.values.pages import Fact, SubjectPage, Tie
from characters.vocabulary import SUSPECTED_TO_BE, Certainty
from episodes.known import is_reached
from episodes.names import CommonName
from episodes.parts import in_parts, number_and_last, part_of
from episodes.requests import with_parameter

from . import chapters

MOST_PLACES = 60  # of a faction; the list of characters has all
MOST_LISTED = 60  # of anything else on one part of a page: names, tags, pictures, values of a fact
MOST_OF_TIES = 36_000  # characters of the ties on one part of a page
WEIGHT_OF_TIE = 150  # of what stands around its name and address


def subject_page(knowledge: Knowledge, kind: Kind, public_id: str, part: int = 1) -> SubjectPage | None:
    """Return the page of a subject; of a character that is unmasked, that of whom it is known to be by now.

    Where it is more than a page bears, that is `part` of it; the first has the newest episodes.
    """
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
    first_episodes = {row["revealed_in_id"] for row in members}
    face = cast.face(own)
    is_character = kind is CHARACTER
    definition, summary, facts = telling.told(collected.traits, own, cast)
    names = telling.known_names(collected.names, face.name, knowledge.vocabulary)
    ties = ties_of(knowledge, own, collected.relationships, cast)
    tags = _tag_links(knowledge, collected.tags)
    pictures = telling.pictures(collected.portraits, own, cast)
    places = telling.places(collected.memberships, lambda row: cast.root_face(_other_end(row, kind)))
    told = chapters.timeline_of(knowledge, collected, own, first_episodes, cast)
    lists = (names, tags, pictures, places if is_character else (), *(fact.values for fact in facts))
    ties_in_parts = in_parts(ties, MOST_OF_TIES, _weight_of)
    part, last = number_and_last(part, told.parts, ties_in_parts, *(items[::MOST_LISTED] for items in lists))
    in_list = knowledge.list_of(CHARACTER).url
    form = path(f"correct-{kind.plural}", public_id)
    page_url = with_parameter(face.url, "page=")
    return SubjectPage(
        list=knowledge.list_of(kind),
        face=face,
        short_url=knowledge.address(f"{kind.name}-short", public_id),
        correct_url=form,
        history_url=knowledge.address("history", kind.plural, public_id),
        description=_description(definition, summary),
        line=definition or telling.line(facts),
        is_defined=bool(definition),
        summary=summary,
        names=_of_part(names, part),
        facts=_facts_of_part(facts, part),
        places=_of_part(places, part) if is_character else places[: MOST_PLACES if part == 1 else 0],
        more_places=0 if is_character else max(len(places) - MOST_PLACES, 0),
        places_url=with_parameter(in_list, f"faction={public_id}"),
        ties=part_of(ties_in_parts, part),
        tags=_of_part(tags, part),
        pictures=_of_part(pictures, part),
        chapters=chapters.chapters(
            told, part, cast, form, lambda number: _earlier_pages(knowledge, number, kind, members, cast)
        ),
        strip=chapters.strip(knowledge, told, part, page_url),
        chart=graph.chart_around(knowledge, own, collected.relationships, cast) if part == 1 and is_character else None,
        then_url=knowledge.address("then", public_id, knowledge.slug(face.name, kind.name)) if is_character else "",
        number=part,
        last=last,
        page_url=page_url,
    )


def _description(definition: str, summary: str) -> str:
    """Return what search engines and previews show: who it is, and what the summary begins with."""
    return prose.shortened(". ".join(map(prose.plain, filter(None, (definition, summary)))))


def _weight_of(tie: Tie) -> int:
    return WEIGHT_OF_TIE + len(tie.other.name) + len(tie.other.url)


def _of_part[Item](items: Sequence[Item], part: int) -> tuple[Item, ...]:
    return tuple(items[(part - 1) * MOST_LISTED : part * MOST_LISTED])


def _facts_of_part(facts: Sequence[Fact], part: int) -> tuple[Fact, ...]:
    """Return the facts with those of their values that are on a part; some may have none there."""
    cut = (replace(fact, values=_of_part(fact.values, part)) for fact in facts)
    return tuple(fact for fact in cut if fact.values)


def _other_end(membership: Row, kind: Kind) -> UUID:
    other: UUID = membership["faction_id" if kind is CHARACTER else "character_id"]
    return other


def _tag_links(knowledge: Knowledge, tags: list[Row]) -> tuple[TagLink, ...]:
    current = {row["tag__name"]: row["tag__slug"] for row in tags if row["until"] is None}
    return tuple(TagLink(CommonName(name), knowledge.address("tag", slug)) for name, slug in current.items())


def _earlier_pages(knowledge: Knowledge, number: int, kind: Kind, members: list[Row], cast: Cast) -> tuple[Link, ...]:
    """Return the pages that told of this one at an earlier episode: its own, and those of personas not yet known."""
    if number >= knowledge.progress:
        return ()
    unmasked = {row["persona_id"] for row in knowledge.unmaskings if is_reached(row["revealed_in_id"], number)}
    return tuple(
        Link(
            name=cast.face(row["id"]).name,
            url=f"{path(f'{kind.name}-short', row['public_id'])}?{urlencode({'as_of': number})}",
        )
        for row in sorted(members, key=lambda row: face_key(cast.face(row["id"])))
        if is_reached(row["revealed_in_id"], number) and row["id"] not in unmasked
    )


def ties_of(knowledge: Knowledge, root: UUID, relationships: list[Row], cast: Cast) -> tuple[Tie, ...]:
    """Return all that ties a character to others, by verb, the nearest first; what once was comes after what is."""
    ties: dict[tuple[str, Face, int | None, bool], Tie] = {}
    for row in relationships:
        from_here = knowledge.root_of(row["source_id"]) == root
        here, there = (row["source_id"], row["target_id"]) if from_here else (row["target_id"], row["source_id"])
        other = knowledge.root_of(there)
        kind = knowledge.vocabulary.relation(row["kind"])
        guessed = kind.key == SUSPECTED_TO_BE and row["source_id"] in knowledge.identity_of
        if other == root or (guessed and row["until"] is not None):
            continue  # the timeline has it
        label = kind.label if from_here else kind.seen_from_target
        masks = [f"{cast.name(person)}" for person in (here, there) if knowledge.root_of(person) != person]
        tie = Tie(
            label=label,
            other=cast.root_face(other),
            certainty=row["certainty"],
            since=row["revealed_in_id"],
            until=row["until"],
            masks=" / ".join(masks),
            is_state=kind.is_state,
            kind=kind.key,
            bond=kind.bond,
            place=(kind.place, label != kind.label),
        )
        same = label, tie.other, tie.until, tie.certainty == Certainty.DISPROVED
        ties[same] = min(ties.get(same, tie), tie, key=tie_sort_key)
    return tuple(sorted(ties.values(), key=_place_of_tie))


def _place_of_tie(tie: Tie) -> tuple[Any, ...]:
    return tie.is_past, tie.place, tie.since, face_key(tie.other), tie.until or 0, certainty_rank(tie.certainty)
