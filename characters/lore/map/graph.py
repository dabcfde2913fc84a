"""The map of relations: who stands where at an episode, and what ties them. Everything is read through the gate.

The order around the rim is that in which factions and characters were first heard of, and within an episode that of
their public ids, which tell nothing. It is the same at every episode, so nobody jumps about when the map is moved
along the episodes; a newcomer moves the others by one place. For the same reason whoever has left a faction for no
other stays where they stood, marked as former.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.urls import reverse

from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.order import certainty_rank, face_key
from characters.lore.rows import Row
from characters.lore.statements import as_text, as_uuid, fetched
from characters.models import Faction, Membership
from characters.values.basics import Face
from characters.values.lists import Choice
from characters.values.map import Chart, GraphPage, MapEntry, MapGroup, TiesInWords
from characters.vocabulary import Bond, Certainty, RelationshipKind
from episodes.names import CommonName, capital

from . import charts

ALONE = "No allegiance known"
HUB_TIES = 3  # nobody with fewer stands in the middle
MOST_PEOPLE = 40  # on one map; of more it draws those that are tied to most others, and leads to the next
MOST_PLACES = 2  # factions of each beside the one under which they stand, on a part of a map
MOST_STRANDS = 80  # on a part of a map
MOST_TOLD = 5  # ties of each in words, on a part of a map; the pages of each have all
BONDS = list(Bond)
KINDS = {kind.value: kind for kind in RelationshipKind}
# Worked out once, as a map asks for them by the thousand.
BOND_RANKS = {kind: BONDS.index(kind.bond) for kind in RelationshipKind}
LABELS = {kind: f"{kind.label}" for kind in RelationshipKind}
LABELS_FROM_TARGET = {kind: f"{kind.seen_from_target}" for kind in RelationshipKind}

type Id = (
    str  # of a character or a faction: there may be a hundred thousand ties, and UUIDs are slow to make and to hash
)

type Roots = dict[Id, Id]
"""Whom each persona that is unmasked is known to be in the end."""

type Places = dict[Id, list[Id]]
"""The factions to which each character belongs."""

type Neighbours = dict[Id, set[Id]]
"""To whom each character is tied."""


@dataclass(frozen=True, slots=True)
class FormerFaction:
    """The last faction of a character who belongs to none now."""

    faction: Id
    until: int


class Group(NamedTuple):
    """A faction that is known."""

    id: Id
    public_id: str


class HeldTie(NamedTuple):
    """A relationship that has not ended, between those whom its two ends are known to be."""

    source: Id
    target: Id
    kind: RelationshipKind
    certainty: str
    since: int

    @property
    def ends(self) -> set[Id]:
        return {self.source, self.target}


@dataclass(frozen=True, slots=True)
class Seating:
    """Where everybody is placed around the rim: the factions in their order, and the characters beside each."""

    groups: list[tuple[Id | None, list[Id]]]  # the last is of those with no allegiance
    numbers: dict[Id, int]
    places: Places
    former: dict[Id, FormerFaction]

    def of(self, people: set[Id]) -> "Seating":
        """Return where some of them are placed, in the same order."""
        groups = [
            (group, [character for character in members if character in people]) for group, members in self.groups
        ]
        return replace(self, groups=groups)

    def belongs(self, character: Id, faction: Id) -> bool:
        """Return whether a character is a member, or was one last."""
        former = self.former.get(character)
        return faction in self.places[character] or (former is not None and former.faction == faction)


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a map is drawn: all of it, or so many as a page bears, those that are tied to most others first."""

    people: set[Id]
    number: int = 1
    last: int = 1

    @property
    def is_all(self) -> bool:
        return self.last == 1


def graph_page(knowledge: Knowledge, faction: str = "", since: int | None = None, page: int = 1) -> GraphPage:
    """Return the map, or of one with more people than a page bears a part of it.

    `faction` is the public id of one whose members, and what ties them, are picked out; with `since` only what came up
    after that episode counts.
    """
    factions = _factions(knowledge)
    roots = {as_text(persona): as_text(root) for persona, root in knowledge.identities.items()}
    people = _people(knowledge, roots)
    seating = _seat(knowledge, people, [group.id for group in factions], roots)
    ties = _all_held_ties(knowledge, roots)
    joined = {group for groups in seating.places.values() for group in groups}
    to_pick = [group for group in factions if group.id in joined]
    chosen = next((group.id for group in to_pick if group.public_id == faction), None)
    start = since if since is not None and 0 <= since < knowledge.progress else None
    shown = set(seating.numbers)
    if start is not None:
        ties = [tie for tie in ties if tie.since > start]
        shown = {character for character in shown if people[character][0] > start}.union(*(tie.ends for tie in ties))
    if chosen:
        members = {character for character in shown if seating.belongs(character, chosen)}
        ties = [tie for tie in ties if tie.source in members or tie.target in members]
        shown = members.union(*(tie.ends for tie in ties))
    neighbours = _neighbours(ties)
    part = _part(seating, neighbours, shown, page)
    own = ties if part.is_all else [tie for tie in ties if tie.source in part.people or tie.target in part.people]
    drawn = own if part.is_all else [tie for tie in own if tie.source in part.people and tie.target in part.people]
    told = own if part.is_all else _told_of(own, part.people)
    cast = Cast(knowledge)
    cast.note(map(as_uuid, seating.numbers if part.is_all else part.people))
    cast.note(as_uuid(end) for tie in told for end in (tie.source, tie.target))
    cast.note(as_uuid(group.id) for group in factions)
    cast.look_up()
    strands = _strands(drawn, seating.numbers, None if part.is_all else MOST_STRANDS)
    seating = seating if part.is_all else seating.of(part.people)
    return GraphPage(
        charts=_charts(seating, neighbours, drawn, strands, shown, cast),
        groups=_map_in_words(seating, told, None if part.is_all else neighbours, shown, cast),
        bonds=tuple(
            Choice(bond.value, CommonName(bond.label), sum(strand.bond == bond for strand in strands), chosen=True)
            for bond in Bond
        ),
        factions=_to_pick_out(to_pick, seating.places, chosen, cast),
        chosen=cast.face(as_uuid(chosen)) if chosen else None,
        asked=faction if chosen else "",
        left_out=(bool(faction) and chosen is None) or (since is not None and start is None),
        people=len(shown),
        ties=sum(map(len, neighbours.values())) // 2,
        since=start,
        number=part.number,
        last=part.last,
        shown=len(part.people),
        page_url=_page_url(knowledge, faction if chosen else "", start),
    )


def _part(seating: Seating, neighbours: Neighbours, shown: set[Id], page: int) -> _Part:
    """Return the part of a map that a page draws; the order counts what is known at this episode alone."""
    if len(seating.numbers) <= MOST_PEOPLE:
        return _Part(shown)
    ranked = sorted(shown, key=lambda character: (-len(neighbours[character]), seating.numbers[character]))
    cut = Paginator(ranked, MOST_PEOPLE).get_page(max(page, 1))
    return _Part(set(cut.object_list), cut.number, max(cut.paginator.num_pages, 1))


def _told_of(ties: Iterable[HeldTie], people: set[Id]) -> list[HeldTie]:
    """Return the first of the ties of some people; those among them before those with others."""
    told: list[HeldTie] = []
    counts: Counter[Id] = Counter()
    own = sorted(ties, key=lambda tie: (not (tie.source in people and tie.target in people), tie.since))
    for tie in own:
        ends = [end for end in tie.ends if end in people]
        if all(counts[end] < MOST_TOLD for end in ends):
            counts.update(ends)
            told.append(tie)
    return told


def _page_url(knowledge: Knowledge, faction: str, since: int | None) -> str:
    """Return the address of this map, to be followed by the number of a page."""
    asked = [("as_of", knowledge.progress)] if knowledge.look_back else []
    pairs = [*asked, *([("faction", faction)] if faction else []), *([("since", since)] if since is not None else [])]
    return f"{reverse('graph')}?{urlencode([*pairs, ('page', '')])}"


def _seat(knowledge: Knowledge, people: dict[Id, tuple[int, str]], factions: list[Id], roots: Roots) -> Seating:
    places = _places(knowledge, factions, roots)
    former = _former(knowledge, factions, places, roots)
    homes = {character: left.faction for character, left in former.items()} | {
        character: groups[0] for character, groups in places.items()
    }
    beside: dict[Id | None, list[Id]] = {group: [] for group in [*factions, None]}
    for character in sorted(people, key=people.__getitem__):
        beside[homes.get(character)].append(character)
    groups = list(beside.items())
    numbers = {
        character: at
        for at, character in enumerate((character for _, members in groups for character in members), start=1)
    }
    return Seating(groups, numbers, places, former)


def _charts(
    seating: Seating,
    neighbours: Neighbours,
    ties: list[HeldTie],
    strands: list[charts.Strand],
    shown: set[Id],
    cast: Cast,
) -> tuple[Chart, ...]:
    hub = _hub(ties, seating.numbers)

    def seat(character: Id) -> charts.Seat:
        face = cast.root_face(as_uuid(character))
        places = _places_in_words(character, seating, cast)[
            : MOST_PLACES if len(seating.numbers) > MOST_PEOPLE else None
        ]
        label = _seat_label(face, places, len(neighbours[character]))
        return charts.Seat(
            seating.numbers[character], face, label, faint=character not in shown, former=character in seating.former
        )

    around_the_rim = [
        charts.Group(
            capital(cast.face(as_uuid(group)).name) if group else ALONE,
            [seat(character) for character in members if character != hub],
            *((cast.face(as_uuid(group)).url, cast.face(as_uuid(group)).accent) if group else ()),
        )
        for group, members in seating.groups
    ]
    return tuple(
        charts.draw(shape, around_the_rim, seat(hub) if hub else None, strands)
        for shape in (charts.WIDE, charts.NARROW)
    )


def _map_in_words(
    seating: Seating, ties: list[HeldTie], neighbours: Neighbours | None, shown: set[Id], cast: Cast
) -> tuple[MapGroup, ...]:
    """Return the map for those who read it rather than look at it; `neighbours` where not all ties are told."""
    ties_of = _ties_in_words(ties, cast)
    most_places = None if neighbours is None else MOST_PLACES

    def in_words(character: Id, group: Id | None) -> MapEntry:
        return MapEntry(
            number=seating.numbers[character],
            face=cast.root_face(as_uuid(character)),
            places=tuple(cast.face(as_uuid(other)) for other in seating.places[character] if other != group)[
                :most_places
            ],
            until=seating.former[character].until if character in seating.former else None,
            ties=ties_of[character],
            more=len(neighbours[character]) - len({other for tie in ties_of[character] for other, _ in tie.others})
            if neighbours is not None
            else 0,
        )

    return tuple(
        MapGroup(
            faction=cast.face(as_uuid(group)) if group else None,
            people=tuple(in_words(character, group) for character in members if character in shown),
        )
        for group, members in seating.groups
        if shown & set(members)
    )


def _to_pick_out(factions: list[Group], places: Places, chosen: Id | None, cast: Cast) -> tuple[Choice, ...]:
    members = Counter(group for groups in places.values() for group in groups)
    return tuple(
        Choice(
            group.public_id,
            cast.name(as_uuid(group.id)).capital,
            members[group.id],
            group.id == chosen,
        )
        for group in sorted(factions, key=lambda group: face_key(cast.face(as_uuid(group.id))))
    )


def chart_around(knowledge: Knowledge, root: UUID, relationships: list[Row], cast: Cast) -> Chart | None:
    """Return the small map of a character's page: those to whom it is tied, by the first bond that ties them.

    Of many it draws those with the nearest bonds.
    """
    own = as_text(root)
    ties = _held_ties(knowledge, relationships)
    first: dict[Id, tuple[int, int, tuple[str, str]]] = {}
    for tie in ties:
        (other,) = tie.ends - {own}
        place = BONDS.index(tie.kind.bond), tie.since, face_key(cast.root_face(as_uuid(other)))
        first[other] = min(first.get(other, place), place)
    if not first:
        return None
    drawn = sorted(first, key=first.__getitem__)[:MOST_PEOPLE]
    numbers = {own: 1} | {other: at for at, other in enumerate(drawn, start=2)}
    ties = [tie for tie in ties if tie.ends <= numbers.keys()]
    ties_of = _ties_in_words(ties, cast)
    groups = [
        charts.Group(
            bond.label,
            [
                charts.Seat(numbers[other], face, _ties_label(face, ties_of[other]))
                for other in drawn
                for face in (cast.root_face(as_uuid(other)),)
                if BONDS[first[other][0]] == bond
            ],
        )
        for bond in Bond
    ]
    face = cast.root_face(root)
    hub = charts.Seat(1, face, f"{capital(face.name)}")
    return charts.draw(charts.SMALL, groups, hub, _strands(ties, numbers))


# Rows, each gated


def _factions(knowledge: Knowledge) -> list[Group]:
    known = Faction.objects.as_of(knowledge.progress).order_by("revealed_in_id", "public_id")
    return [Group(as_text(faction), public_id) for faction, public_id in known.values_list("id", "public_id")]


def _people(knowledge: Knowledge, roots: Roots) -> dict[Id, tuple[int, str]]:
    """Return everybody as who they are known to be, with their first episode and public id, which give their place."""
    rows = {
        character: (episode, public_id)
        for character, episode, public_id in fetched(
            'SELECT CAST("id" AS text), "characters_character"."revealed_in_id", "public_id"'
            ' FROM "characters_character" WHERE "characters_character"."revealed_in_id" <= %s',
            [knowledge.progress],
        )
    }
    first: dict[Id, int] = {}
    for character, (episode, _) in rows.items():
        root = roots.get(character, character)
        first[root] = min(first.get(root, episode), episode)
    return {root: (episode, rows[root][1]) for root, episode in first.items()}


def _places(knowledge: Knowledge, factions: list[Id], roots: Roots) -> Places:
    """Return the factions that each character has not left, the one they have been in longest first."""
    joined = fetched(
        'SELECT CAST("faction_id" AS text), CAST("character_id" AS text),'
        ' MIN("characters_membership"."revealed_in_id") AS "since" FROM "characters_membership"'
        ' WHERE "characters_membership"."revealed_in_id" <= %s AND ("ended_in_id" IS NULL OR "ended_in_id" > %s)'
        ' GROUP BY "faction_id", "character_id"',
        [knowledge.progress, knowledge.progress],
    )
    order = {faction: at for at, faction in enumerate(factions)}
    places: Places = defaultdict(list)
    for group, character, _ in sorted(joined, key=lambda row: (row[2], order[row[0]])):
        root = roots.get(character, character)
        if group not in places[root]:
            places[root].append(group)
    return places


def _former(knowledge: Knowledge, factions: list[Id], places: Places, roots: Roots) -> dict[Id, FormerFaction]:
    """Return the last faction of those who belong to none; of several left at once, that beside which they stood."""
    ended = knowledge.ended(Membership).order_by().values_list("until", "revealed_in_id", "faction_id", "character_id")
    order = {faction: at for at, faction in enumerate(factions)}
    left = [(until, since, as_text(faction), as_text(person)) for until, since, faction, person in ended]
    former = {}
    for until, _, group, character in sorted(left, key=lambda row: (row[0], -row[1], -order[row[2]])):
        root = roots.get(character, character)
        if root not in places:
            former[root] = FormerFaction(group, until)
    return former


# Ties


def _all_held_ties(knowledge: Knowledge, roots: Roots) -> list[HeldTie]:
    """Return the relationships between any two, as `_held_ties`; by hand, as there may be a hundred thousand."""
    rows = fetched(
        'SELECT CAST("source_id" AS text), CAST("target_id" AS text), "kind", "certainty",'
        ' "characters_relationship"."revealed_in_id" FROM "characters_relationship"'
        ' WHERE "characters_relationship"."revealed_in_id" <= %s'
        ' AND ("ended_in_id" IS NULL OR "ended_in_id" > %s) AND "certainty" <> %s',
        [knowledge.progress, knowledge.progress, Certainty.DISPROVED.value],
    )
    ties = (
        HeldTie(roots.get(source, source), roots.get(target, target), KINDS[kind], certainty, since)
        for source, target, kind, certainty, since in rows
    )
    return [tie for tie in ties if tie.source != tie.target]


def _held_ties(knowledge: Knowledge, rows: Iterable[Row]) -> list[HeldTie]:
    """Return the relationships that have not ended and are not between two masks of one character."""
    ties = [
        HeldTie(
            as_text(knowledge.root_of(row["source_id"])),
            as_text(knowledge.root_of(row["target_id"])),
            RelationshipKind(row["kind"]),
            row["certainty"],
            row["revealed_in_id"],
        )
        for row in rows
        if row["until"] is None and row["certainty"] != Certainty.DISPROVED
    ]
    return [tie for tie in ties if tie.source != tie.target]


def _neighbours(ties: Iterable[HeldTie]) -> Neighbours:
    neighbours: Neighbours = defaultdict(set)
    for tie in ties:
        neighbours[tie.source].add(tie.target)
        neighbours[tie.target].add(tie.source)
    return neighbours


def _hub(ties: list[HeldTie], numbers: dict[Id, int]) -> Id | None:
    """Return who is tied to most of the others; of several the one that is placed first."""
    neighbours = _neighbours(ties)
    most = min(neighbours, key=lambda character: (-len(neighbours[character]), numbers[character]), default=None)
    return most if most and len(neighbours[most]) >= HUB_TIES else None


def _strands(ties: Iterable[HeldTie], numbers: dict[Id, int], most: int | None = None) -> list[charts.Strand]:
    """Return one strand between each two for each bond that ties them; with `most` the sure ones first."""
    sure: dict[tuple[int, int, int], bool] = defaultdict(bool)
    for tie in ties:
        a, b = numbers[tie.source], numbers[tie.target]
        sure[min(a, b), max(a, b), BOND_RANKS[tie.kind]] |= tie.certainty == Certainty.CONFIRMED
    drawn = sorted(sorted(sure.items(), key=lambda strand: (not strand[1], strand[0]))[:most])
    return [charts.Strand((a, b), BONDS[bond].value, is_sure) for (a, b, bond), is_sure in drawn]


def _ties_in_words(ties: Iterable[HeldTie], cast: Cast) -> dict[Id, tuple[TiesInWords, ...]]:
    """Return what ties each to others, from their own side; of what is known twice the surest."""
    by_character: dict[Id, dict[tuple[int, str], dict[Id, str]]] = defaultdict(lambda: defaultdict(dict))
    for tie in ties:
        bond, certainty = BOND_RANKS[tie.kind], tie.certainty
        for own, other, label in (
            (tie.source, tie.target, LABELS[tie.kind]),
            (tie.target, tie.source, LABELS_FROM_TARGET[tie.kind]),
        ):
            alike = by_character[own][bond, label]
            alike[other] = min(alike.get(other, certainty), certainty, key=certainty_rank)
    faces = {other: cast.root_face(as_uuid(other)) for other in by_character}
    return defaultdict(
        tuple,
        {
            own: tuple(
                TiesInWords(label, BONDS[bond].value, _by_name((faces[other], others[other]) for other in others))
                for (bond, label), others in sorted(entries.items())
            )
            for own, entries in by_character.items()
        },
    )


def _by_name(others: Iterable[tuple[Face, str]]) -> tuple[tuple[Face, str], ...]:
    return tuple(sorted(others, key=lambda other: face_key(other[0])))


def _places_in_words(character: Id, seating: Seating, cast: Cast) -> list[str]:
    former = seating.former.get(character)
    if former:
        until = f", until episode {former.until}" if former.until else ""
        return [f"formerly {cast.face(as_uuid(former.faction)).name}{until}"]
    return [cast.face(as_uuid(group)).name for group in seating.places[character]]


def _seat_label(face: Face, places: Sequence[str], others: int) -> str:
    where = "".join(f", {place}" for place in places)
    ties = f"tied to {others} other{'' if others == 1 else 's'}" if others else "no ties known"
    return f"{capital(face.name)}{where}: {ties}"


def _ties_label(face: Face, ties: Iterable[TiesInWords]) -> str:
    """Return the label of a neighbour on a small map: its ties from its own side, whose page it is not."""
    return f"{capital(face.name)}: {', '.join(tie.label for tie in ties)}"
