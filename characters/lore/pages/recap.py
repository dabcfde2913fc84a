"""What happened between an episode that is behind and the one where the viewer is: told by character, and as a list."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from uuid import UUID

from django.db.models import Q
from django.utils.html import format_html

from characters.lore import material, rows, telling, timeline
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.material import Material
from characters.lore.order import sort_key
from characters.lore.rows import Row, owner_of
from characters.text import prose
from characters.values.basics import EpisodeRow
from characters.values.pages import Chapter, Learned
from characters.values.recap import Changed, RecapEpisode, RecapGroup, RecapPage
from characters.vocabulary import Attribute

MOST_IN_FULL = 3  # episodes; of more the synopses are shortened

SENTENCES = 3

MOST_SHORT = 2  # episodes; then some characters are unfolded at once

OPEN_WHEN_SHORT = 3


def recap_page(knowledge: Knowledge, since: int) -> RecapPage | None:
    """Return what happened after an episode that is behind; of any other there is none."""
    start = next((row for row in knowledge.episodes if row.number == since < knowledge.progress), None)
    if start is None:
        return None
    happened = material.since(knowledge, since)
    told_then = [row for row in knowledge.episodes if since < row.number <= knowledge.progress]
    synopses = {row["revealed_in_id"]: row["text"] for row in knowledge.synopses(row.number for row in told_then)}
    cast = _cast_of(knowledge, happened, synopses.values())
    heard_of = rows.first_episodes(knowledge.progress)
    first = _first(knowledge, heard_of)
    told = [row for row in happened.revelations if row["overturned_in"] is None]  # or else its successor tells it too
    most_open = OPEN_WHEN_SHORT if len(told_then) <= MOST_SHORT else 0
    groups = _groups(knowledge, happened, told, cast, heard_of, first, since, most_open=most_open)
    faces = {group.face for group in groups}
    return RecapPage(
        since=start,
        episodes=tuple(
            _episode(row, synopses.get(row.number, ""), happened, told, cast, shorten=len(told_then) > MOST_IN_FULL)
            for row in told_then
        ),
        groups=groups,
        besides=tuple(page for page in _changed(knowledge, happened, first, since) if page.face not in faces),
    )


def _episode(
    row: EpisodeRow, synopsis: str, happened: Material, told: list[Row], cast: Cast, *, shorten: bool
) -> RecapEpisode:
    opening = prose.opening(synopsis, SENTENCES) if shorten else synopsis
    unmaskings = [each for each in happened.unmaskings if each["revealed_in_id"] == row.number]
    overturning = [each for each in told if each["revealed_in_id"] == row.number and each["believed_before"]]
    return RecapEpisode(
        episode=row,
        synopsis=cast.render(opening),
        is_shortened=opening != synopsis,
        unmasked=tuple(entry for _, entry in timeline.in_order(timeline.unmasked(unmaskings, cast))),
        overturned=tuple(_learned(each, cast) for each in overturning),
    )


def _groups(
    knowledge: Knowledge,
    happened: Material,
    told: list[Row],
    cast: Cast,
    heard_of: dict[UUID, int],
    first: dict[UUID, int],
    since: int,
    *,
    most_open: int,
) -> tuple[RecapGroup, ...]:
    """By character, those with whom most is told first."""
    stories: dict[UUID | None, list[tuple[int, Learned]]] = defaultdict(list)
    turns: dict[UUID | None, list[tuple[int, Learned]]] = defaultdict(list)
    concerned_in = Counter(who for row in happened.revelations for who in _concerned(knowledge, row))
    for row in told:
        stories[_hero(knowledge, row, cast, concerned_in)].append((row["revealed_in_id"], _learned(row, cast)))
    for who, number, entry in _turns(knowledge, happened, cast, heard_of):
        if first[who] <= since:
            turns[who].append((number, entry))
    chapters = {who: _chapters(knowledge, stories[who], timeline.in_order(turns[who])) for who in {*stories, *turns}}
    things = {who: sum(each.things for each in chapters[who]) for who in chapters}
    in_order = sorted(
        chapters,
        key=lambda who: (who is None, -things[who], sort_key(cast.root_face(who)) if who else ("", "")),
    )
    return tuple(
        RecapGroup(
            face=cast.root_face(who) if who else None,
            is_new=who is not None and first[who] > since,
            is_open=place < most_open,
            things=things[who],
            chapters=chapters[who],
        )
        for place, who in enumerate(in_order)
    )


def _learned(row: Row, cast: Cast) -> Learned:
    """To be read, not to be corrected here."""
    return replace(telling.learned(row, cast), correct_url="")


def changed_pages(knowledge: Knowledge, since: int) -> tuple[Changed, ...]:
    """Return the pages that are not what they were: unmasked, new, or with most that is new in them first."""
    first = _first(knowledge, rows.first_episodes(knowledge.progress))
    return _changed(knowledge, material.since(knowledge, since), first, since)


def _first(knowledge: Knowledge, heard_of: dict[UUID, int]) -> dict[UUID, int]:
    """When each was first heard of under any name."""
    return {who: min(heard_of[member] for member in knowledge.family_of(who)) for who in heard_of}


def _cast_of(knowledge: Knowledge, happened: Material, texts: Iterable[str]) -> Cast:
    cast = Cast(knowledge)
    cast.note_texts(texts)
    _introduce(happened, cast)
    cast.look_up()
    return cast


def _introduce(collected: Material, cast: Cast) -> None:
    """With those whose names and facts they are, who on a page of their own need no introduction."""
    collected.note_in(cast)
    for row in (*collected.names, *collected.traits):
        (cast.characters if row["character_id"] else cast.factions).add(owner_of(row))


def _concerned(knowledge: Knowledge, row: Row) -> set[UUID]:
    return {knowledge.root_of(who) for who in row["characters"]} or set(row["factions"])


def _hero(knowledge: Knowledge, row: Row, cast: Cast, concerned_in: Counter[UUID]) -> UUID | None:
    """With whom a revelation is told: whom it names first, or else whom most others concern."""
    named = cast.first_mentioned(row["text"], [*row["characters"], *row["factions"]])
    if named:
        return knowledge.root_of(named)
    concerned = _concerned(knowledge, row)
    return min(concerned, key=lambda who: (-concerned_in[who], sort_key(cast.root_face(who))), default=None)


def _turns(
    knowledge: Knowledge, happened: Material, cast: Cast, heard_of: dict[UUID, int]
) -> Iterator[tuple[UUID, int, Learned]]:
    """Names, masks, states and sides that have changed."""
    for row in happened.unmaskings:
        for number, entry in timeline.unmasked([row], cast):
            yield knowledge.root_of(row["identity_id"]), number, entry
    by_owner: dict[UUID, list[Row]] = defaultdict(list)
    for row in happened.names:
        if row["revealed_in_id"] > heard_of[owner_of(row)]:
            by_owner[owner_of(row)].append(row)
    for owner, names in by_owner.items():
        for number, entry in timeline.named(names, cast):
            yield knowledge.root_of(owner), number, entry
    for row in happened.traits:
        if row["attribute"] == Attribute.STATUS:
            entry = Learned(html=cast.render_line(row["value"]), label=Attribute.STATUS.label)
            yield knowledge.root_of(owner_of(row)), row["revealed_in_id"], entry
    for row in happened.memberships:
        who = knowledge.root_of(row["character_id"])
        if row["until"] is None:
            group = cast.faction(row["faction_id"])
            role = f", {row['role']}" if row["role"] else ""
            sentence = format_html('<a href="{}">{}</a>{}', group.url, prose.capital(group.name), role)
            yield who, row["revealed_in_id"], Learned(html=sentence, label="Member of")
        for number, entry in timeline.left([row], cast):
            yield who, number, entry


def _chapters(
    knowledge: Knowledge, story: Iterable[tuple[int, Learned]], turns: Iterable[tuple[int, Learned]]
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
        for row in knowledge.episodes
        if row.number in told or row.number in turned
    )


def _changed(knowledge: Knowledge, happened: Material, first: dict[UUID, int], since: int) -> tuple[Changed, ...]:
    pages = _pages(knowledge, happened)
    cast = Cast(knowledge)
    cast.characters |= set(pages)
    cast.factions |= set(pages)
    for collected in pages.values():
        _introduce(collected, cast)
    cast.look_up()
    unmasked = {knowledge.root_of(row["identity_id"]) for row in happened.unmaskings}
    found = []
    for who, collected in pages.items():
        cast.subject = who
        told = timeline.things_told(collected, timeline.changes(collected, who, first[who], cast))
        things = sum(count for number, count in told.items() if number > since)
        found.append(Changed(cast.root_face(who), first[who] > since, who in unmasked, things))
    return tuple(
        sorted(found, key=lambda page: (not page.unmasked, not page.is_new, -page.things, sort_key(page.face)))
    )


def _pages(knowledge: Knowledge, happened: Material) -> dict[UUID, Material]:
    """What happened, by the page that tells it."""
    pages: dict[UUID, Material] = defaultdict(Material)
    for row in happened.names:
        pages[knowledge.root_of(owner_of(row))].names.append(row)
    for row in happened.tags:
        pages[knowledge.root_of(row["content_object_id"])].tags.append(row)
    for row in happened.revelations:
        for who in {knowledge.root_of(who) for who in row["characters"]} | set(row["factions"]):
            pages[who].revelations.append(row)
    for row in happened.memberships:
        for who in {knowledge.root_of(row["character_id"]), row["faction_id"]}:
            pages[who].memberships.append(row)
    for row in happened.relationships:
        for who in {knowledge.root_of(row["source_id"]), knowledge.root_of(row["target_id"])}:
            pages[who].relationships.append(row)
    changed = {*pages, *(knowledge.root_of(owner_of(row)) for row in happened.traits)}
    changed |= {knowledge.root_of(row["identity_id"]) for row in happened.unmaskings}
    for row in _traits_of(knowledge, changed):  # what held before tells what gave way
        pages[knowledge.root_of(owner_of(row))].traits.append(row)
    for row in knowledge.unmaskings:
        if knowledge.root_of(row["identity_id"]) in changed:
            pages[knowledge.root_of(row["identity_id"])].unmaskings.append(row)
    return dict(pages)


def _traits_of(knowledge: Knowledge, subjects: Iterable[UUID]) -> list[Row]:
    """Return the traits of characters, under all their names, and of factions."""
    families = knowledge.families_of(subjects)
    return rows.traits(knowledge.progress, Q(character__in=families) | Q(faction__in=families))
