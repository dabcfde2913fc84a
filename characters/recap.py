"""What happened between an episode that is behind and the one where the viewer is: told by character, and as a list."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.html import format_html

from . import telling
from .cast import Cast
from .telling import Material, Row
from .values import Changed, Chapter, Learned, RecapGroup, RecapPage
from .vocabulary import Attribute

if TYPE_CHECKING:
    from .lore import Lore


def recap(lore: Lore, since: int) -> RecapPage:
    happened = lore.happened(since)
    cast = _cast_of(lore, happened)
    heard_of = lore.heard_of()
    first = _first(lore, heard_of)
    stories: dict[UUID | None, list[tuple[int, Learned]]] = defaultdict(list)
    turns: dict[UUID | None, list[tuple[int, Learned]]] = defaultdict(list)
    told = [row for row in happened.revelations if row["overturned_in"] is None]  # or else its successor tells it too
    concerned_in = Counter(who for row in happened.revelations for who in _concerned(lore, row))
    for row in told:
        stories[_hero(lore, row, cast, concerned_in)].append((row["revealed_in_id"], telling.learned(row, cast)))
    for who, number, entry in _turns(lore, happened, cast, heard_of):
        if first[who] <= since:
            turns[who].append((number, entry))
    return RecapPage(
        since=next(row for row in lore.episodes if row.number == since),
        changed=_changed(lore, happened, first, since),
        groups=tuple(
            RecapGroup(
                face=cast.root_face(who) if who else None,
                is_new=who is not None and first[who] > since,
                chapters=_chapters(lore, stories[who], telling.in_order(turns[who])),
            )
            for who in sorted(
                {*stories, *turns},
                key=lambda who: (
                    who is None,
                    -len(stories[who]),
                    -len(turns[who]),
                    telling.sort_key(cast.root_face(who)) if who else ("", ""),
                ),
            )
        ),
    )


def changed(lore: Lore, since: int) -> tuple[Changed, ...]:
    """The pages that are not what they were: unmasked, new, or with most that is new in them first."""
    return _changed(lore, lore.happened(since), _first(lore, lore.heard_of()), since)


def _first(lore: Lore, heard_of: dict[UUID, int]) -> dict[UUID, int]:
    """When each was first heard of under any name."""
    return {who: min(heard_of[member] for member in lore.family_of(who)) for who in heard_of}


def _cast_of(lore: Lore, happened: Material) -> Cast:
    cast = Cast(lore)
    happened.introduce_to(cast)
    for row in (*happened.names, *happened.traits):
        (cast.characters if row["character_id"] else cast.factions).add(telling.owner_of(row))
    cast.look_up()
    return cast


def _concerned(lore: Lore, row: Row) -> set[UUID]:
    return {lore.root_of(who) for who in row["characters"]} or set(row["factions"])


def _hero(lore: Lore, row: Row, cast: Cast, concerned_in: Counter[UUID]) -> UUID | None:
    """With whom a revelation is told: whom it names first, or else whom most others concern."""
    named = cast.first_mentioned(row["text"], [*row["characters"], *row["factions"]])
    if named:
        return lore.root_of(named)
    concerned = _concerned(lore, row)
    return min(concerned, key=lambda who: (-concerned_in[who], telling.sort_key(cast.root_face(who))), default=None)


def _turns(
    lore: Lore, happened: Material, cast: Cast, heard_of: dict[UUID, int]
) -> Iterator[tuple[UUID, int, Learned]]:
    """Names, masks, states and sides that have changed."""
    for row in happened.unmaskings:
        for number, entry in telling.unmasked([row], cast):
            yield lore.root_of(row["identity_id"]), number, entry
    by_owner: dict[UUID, list[Row]] = defaultdict(list)
    for row in happened.names:
        if row["revealed_in_id"] > heard_of[telling.owner_of(row)]:
            by_owner[telling.owner_of(row)].append(row)
    for owner, rows in by_owner.items():
        for number, entry in telling.named(rows, cast):
            yield lore.root_of(owner), number, entry
    for row in happened.traits:
        if row["attribute"] == Attribute.STATUS:
            entry = Learned(html=cast.render_line(row["value"]), label=Attribute.STATUS.label)
            yield lore.root_of(telling.owner_of(row)), row["revealed_in_id"], entry
    for row in happened.memberships:
        who = lore.root_of(row["character_id"])
        if row["until"] is None:
            group = cast.faction(row["faction_id"])
            role = f", {row['role']}" if row["role"] else ""
            sentence = format_html('<a href="{}">{}</a>{}', group.url, telling.capital(group.name), role)
            yield who, row["revealed_in_id"], Learned(html=sentence, label="Member of")
        for number, entry in telling.left([row], cast):
            yield who, number, entry


def _chapters(
    lore: Lore, story: Iterable[tuple[int, Learned]], turns: Iterable[tuple[int, Learned]]
) -> tuple[Chapter, ...]:
    told: dict[int, list[Learned]] = defaultdict(list)
    turned: dict[int, list[Learned]] = defaultdict(list)
    for number, entry in story:
        told[number].append(entry)
    for number, entry in turns:
        if entry not in turned[number]:
            turned[number].append(entry)
    return tuple(
        Chapter(row, (), tuple(told[row.number]), tuple(turned[row.number]))
        for row in lore.episodes
        if row.number in told or row.number in turned
    )


def _changed(lore: Lore, happened: Material, first: dict[UUID, int], since: int) -> tuple[Changed, ...]:
    things: Counter[UUID] = Counter()
    for row in (*happened.names, *happened.traits):
        things[lore.root_of(telling.owner_of(row))] += 1
    for row in happened.revelations:
        things.update({lore.root_of(who) for who in row["characters"]} | set(row["factions"]))
    for row in happened.memberships:
        things.update({lore.root_of(row["character_id"]), row["faction_id"]})
    for row in happened.relationships:
        things.update({lore.root_of(row["source_id"]), lore.root_of(row["target_id"])})
    unmasked = {lore.root_of(row["identity_id"]) for row in happened.unmaskings}
    things.update(unmasked)
    cast = Cast(lore)
    cast.characters |= set(things)
    cast.factions |= set(things)
    cast.look_up()
    pages = [Changed(cast.root_face(who), first[who] > since, who in unmasked, count) for who, count in things.items()]
    return tuple(
        sorted(pages, key=lambda page: (not page.unmasked, not page.is_new, -page.things, telling.sort_key(page.face)))
    )
