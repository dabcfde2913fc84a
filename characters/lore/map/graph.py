"""The map of relations: who stands where at an episode (`rim.py`), and what ties them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.urls import reverse

from characters.converters import is_public_id
from characters.kinds import CHARACTER
from characters.lore import rows
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge, path
from characters.lore.order import certainty_rank, face_key
from characters.lore.rows import Row
from characters.lore.statements import among, as_text, as_uuid
from characters.values.basics import Face
from characters.values.lists import Choice
from characters.values.map import Chart, GraphPage, MapEntry, MapGroup, TiesInWords
from characters.vocabulary import Bond, Certainty, RelationKind, Side
from episodes.names import CommonName, capital
from episodes.units import named

from . import charts
from .rim import (
    CERTAINTIES,
    FormerFaction,
    Group,
    Id,
    Places,
    Rim,
    counts,
    factions_of,
    former_of,
    places_of,
    rim_of,
    roots_of,
)

ALONE = "No allegiance known"
HUB_TIES = 3  # nobody with fewer stands in the middle
MOST_PEOPLE = 40  # on one map; of more it draws those that are tied to most others, and leads to the next
MOST_PLACES = 2  # factions of each beside the one under which they stand, on a part of a map
MOST_STRANDS = 80  # on a part of a map
# For wide screens; on a narrow one a map of many would be a braid, and everybody is listed instead.
OF_ALL, OF_ONE = (charts.WIDE,), (charts.WIDE, charts.NARROW)
STRONGEST = 30  # pairs whose ties are drawn by themselves, with the strongest tie of everybody else
LINKED = ("a", "b")  # the parameters of the page that says how two are linked
MOST_TOLD = 5  # ties of each in words, on a part of a map; the pages of each have all
BONDS = list(Bond)


class HeldTie(NamedTuple):
    """A relationship that has not ended, between those whom its two ends are known to be."""

    source: Id
    target: Id
    kind: RelationKind
    certainty: str
    since: int

    @property
    def ends(self) -> set[Id]:
        return {self.source, self.target}


@dataclass(frozen=True, slots=True)
class Seating:
    """Where those on a page of the map are placed around the rim: the factions, and the characters beside each."""

    groups: list[tuple[Id | None, list[Id]]]  # the last is of those with no allegiance
    numbers: dict[Id, int]
    places: Places
    former: dict[Id, FormerFaction]


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """What of the map counts: all of it, or what was asked for. People are places on the rim, ties their numbers."""

    people: set[int]
    ties: Sequence[int]
    tied: Sequence[int]  # to how many others each place is tied
    pairs: int


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a map is drawn: all of it, or so many as a page bears, those that are tied to most others first."""

    people: set[int]
    number: int = 1
    last: int = 1
    is_all: bool = False


def graph_page(
    knowledge: Knowledge, faction: str = "", since: int | None = None, page: int = 1, *, of: str = ""
) -> GraphPage:
    """Return the map, or of one with more people than a page bears a part of it.

    `faction` is the public id of one whose members, and what ties them, are picked out, `of` that of a character who
    stands in the middle of their own ties; with `since` only what came up after that episode counts.
    """
    rim, factions = rim_of(knowledge), factions_of(knowledge)
    members = {stretch.faction: stretch.members for stretch in rim.stretches}
    to_pick = [group for group in factions if members[group.id]]
    chosen = next((group.id for group in to_pick if group.public_id == faction), None)
    start = since if since is not None and 0 <= since < knowledge.progress else None
    centre = _place_of(knowledge, rim, of)
    narrowed = _narrowed(rim, chosen, start, centre)
    part = _part(rim, narrowed, page, centre)
    seating = _seat(knowledge, rim, part, factions)
    middle = rim.id(centre) if centre is not None else None
    asked = (("of", of),) * (centre is not None) + (("faction", faction),) * (chosen is not None)
    tied = {character: narrowed.tied[number - 1] for character, number in seating.numbers.items()}
    drawn, told = _held_ties_of(rim, narrowed, part)
    cast = Cast(knowledge)
    cast.note(map(as_uuid, seating.numbers))
    cast.note(as_uuid(end) for tie in told for end in (tie.source, tie.target))
    cast.note(as_uuid(group.id) for group in to_pick)
    cast.note(as_uuid(group) for group, characters in seating.groups if group and characters)
    cast.look_up()
    strands = _strands(drawn, seating.numbers, None if part.is_all else MOST_STRANDS)
    shown = {middle} if middle else set(seating.numbers)
    most_places = None if part.is_all else MOST_PLACES
    around, hub = _around_the_rim(
        seating, tied, middle or _hub(drawn, seating.numbers), cast, most_places, is_of_one=middle is not None
    )
    return GraphPage(
        linked_url=linked_url(knowledge, of if middle else ""),
        charts=tuple(charts.draw(shape, around, hub, strands) for shape in (OF_ONE if middle else OF_ALL)),
        groups=_map_in_words(seating, told, tied, shown, cast, most_places),
        bonds=tuple(
            Choice(bond.value, CommonName(bond.label), sum(strand.bond == bond for strand in strands), chosen=True)
            for bond in Bond
        ),
        factions=_to_pick_out(to_pick, members, chosen, cast),
        chosen=cast.face(as_uuid(chosen)) if chosen else None,
        centre=cast.face(as_uuid(middle)) if middle else None,
        asked=asked,
        left_out=(bool(faction) and chosen is None)
        or (bool(of) and centre is None)
        or (since is not None and start is None),
        people=len(narrowed.people),
        ties=narrowed.pairs,
        since=start,
        number=part.number,
        last=part.last,
        shown=len(seating.numbers),
        page_url=_page_url(knowledge, asked, start),
    )


def _place_of(knowledge: Knowledge, rim: Rim, public_id: str) -> int | None:
    """Return the place of whom a character is known to be, if that public id is one of somebody who is known."""
    character = rows.id_of(knowledge.progress, CHARACTER, public_id) if is_public_id(public_id) else None
    return rim.place_of(knowledge.root_of(character)) if character else None


def _narrowed(rim: Rim, faction: Id | None, start: int | None, centre: int | None) -> _Narrowed:
    """Return what came up after an episode, and of that whoever belongs to a faction or is tied to one character."""
    people, ties = set(range(len(rim))), range(len(rim.since))
    if faction is None and start is None and centre is None:
        return _Narrowed(people, ties, rim.tied, rim.pairs)
    left: list[int] = [*ties]
    if start is not None:
        left = [tie for tie, since in enumerate(rim.since) if since > start]
        people = {place for place, first in enumerate(rim.first) if first > start} | rim.ends(left)
    if faction is not None:
        stretch = next(stretch for stretch in rim.stretches if stretch.faction == faction)
        members = people.intersection(stretch.belonging)
        left = [tie for tie in left if rim.sources[tie] in members or rim.targets[tie] in members]
        people = members | rim.ends(left)
    if centre is not None:
        left = [tie for tie in left if centre in (rim.sources[tie], rim.targets[tie])]
        people = {centre} | rim.ends(left)
    tied = counts(((rim.sources[tie], rim.targets[tie]) for tie in left), len(rim))
    return _Narrowed(people, left, tied, sum(tied) // 2)


def _part(rim: Rim, narrowed: _Narrowed, page: int, centre: int | None) -> _Part:
    """Return the part of a map that a page draws; the order counts what is known at this episode alone."""
    if len(rim) <= MOST_PEOPLE:
        return _Part(narrowed.people, is_all=True)
    always = set() if centre is None else {centre}
    ranked = sorted(narrowed.people - always, key=lambda place: (-narrowed.tied[place], place))
    cut = Paginator(ranked, MOST_PEOPLE - len(always)).get_page(max(page, 1))
    return _Part(always | set(cut.object_list), cut.number, max(cut.paginator.num_pages, 1))


def _held_ties_of(rim: Rim, narrowed: _Narrowed, part: _Part) -> tuple[list[HeldTie], list[HeldTie]]:
    """Return the ties that a page draws, and those that it tells."""
    people = part.people
    own = [tie for tie in narrowed.ties if rim.sources[tie] in people or rim.targets[tie] in people]
    if part.is_all:
        drawn = told = own
    else:
        drawn = [tie for tie in own if rim.sources[tie] in people and rim.targets[tie] in people]
        told = _told_of(rim, own, people)
    return [_held_tie(rim, tie) for tie in drawn], [_held_tie(rim, tie) for tie in told]


def _held_tie(rim: Rim, tie: int) -> HeldTie:
    return HeldTie(
        rim.id(rim.sources[tie]),
        rim.id(rim.targets[tie]),
        rim.relations[rim.kinds[tie]],
        CERTAINTIES[rim.certainties[tie]],
        rim.since[tie],
    )


def _told_of(rim: Rim, ties: Iterable[int], people: set[int]) -> list[int]:
    """Return the first of the ties of some people; those among them before those with others."""
    told: list[int] = []
    counted: Counter[int] = Counter()

    def place(tie: int) -> tuple[bool, int]:
        return not (rim.sources[tie] in people and rim.targets[tie] in people), rim.since[tie]

    for tie in sorted(ties, key=place):
        ends = {rim.sources[tie], rim.targets[tie]} & people
        if all(counted[end] < MOST_TOLD for end in ends):
            counted.update(ends)
            told.append(tie)
    return told


def _page_url(knowledge: Knowledge, asked: Iterable[tuple[str, str]], since: int | None) -> str:
    """Return the address of this map, to be followed by the number of a page."""
    pairs = [*knowledge.carried.items(), *asked, *([("since", f"{since}")] if since is not None else [])]
    return f"{reverse('graph')}?{urlencode([*pairs, ('page', '')])}"


def map_url(knowledge: Knowledge, public_id: str) -> str:
    """Return the address of the map of one character."""
    return f"{path('graph')}?{f'as_of={knowledge.progress}&' if knowledge.look_back else ''}of={public_id}#map"


def linked_url(knowledge: Knowledge, *asked: str) -> str:
    """Return the address of how two are linked, by name or public id; whoever is left out is asked for."""
    named = {name: text for name, text in zip(LINKED, asked, strict=False) if text}
    asks = urlencode(knowledge.carried | named)
    return f"{path('linked')}?{asks}" if asks else path("linked")


def _seat(knowledge: Knowledge, rim: Rim, part: _Part, factions: list[Group]) -> Seating:
    order = [group.id for group in factions]
    roots = roots_of(knowledge)
    ids = {place: rim.subject(place) for place in sorted(part.people)}
    which = among("character_id", knowledge.families_of(ids.values()))
    places = places_of(knowledge, order, roots, which)
    groups = [
        (stretch.faction, [rim.id(place) for place in ids if place in stretch.places]) for stretch in rim.stretches
    ]
    numbers = {rim.id(place): place + 1 for place in ids}
    return Seating(groups, numbers, places, former_of(knowledge, order, places, roots, which))


def _around_the_rim(
    seating: Seating,
    tied: Mapping[Id, int],
    middle: Id | None,
    cast: Cast,
    most_places: int | None,
    *,
    is_of_one: bool,
) -> tuple[list[charts.Group], charts.Seat | None]:
    """Return who stands at the rim and in the middle.

    Each leads to the map of their own ties; who has none, and whose map this is, to their page.
    """

    def seat(character: Id) -> charts.Seat:
        who = as_uuid(character)
        face = cast.root_face(who)
        places = _places_in_words(character, seating, cast)[:most_places]
        own_map = map_url(cast.knowledge, cast.public_id(who))
        return charts.Seat(
            seating.numbers[character],
            face,
            _seat_label(face, places, tied[character]),
            url=face.url if not tied[character] or (is_of_one and character == middle) else own_map,
            former=character in seating.former,
        )

    around = [
        charts.Group(
            capital(cast.face(as_uuid(group)).name) if group else ALONE,
            [seat(character) for character in members if character != middle],
            *((cast.face(as_uuid(group)).url, cast.face(as_uuid(group)).accent) if group else ()),
        )
        for group, members in seating.groups
        if members
    ]
    return around, seat(middle) if middle else None


def _map_in_words(
    seating: Seating,
    ties: list[HeldTie],
    tied: Mapping[Id, int],
    shown: set[Id],
    cast: Cast,
    most_places: int | None,
) -> tuple[MapGroup, ...]:
    """Return the map for those who read it rather than look at it."""
    ties_of = _ties_in_words(ties, cast)

    def in_words(character: Id, group: Id | None) -> MapEntry:
        return MapEntry(
            number=seating.numbers[character],
            face=cast.root_face(as_uuid(character)),
            places=tuple(cast.face(as_uuid(other)) for other in seating.places[character] if other != group)[
                :most_places
            ],
            until=seating.former[character].until if character in seating.former else None,
            map_url=map_url(cast.knowledge, cast.public_id(as_uuid(character))),
            ties=ties_of[character],
            tied=tied[character],
            more=tied[character] - len({other for tie in ties_of[character] for other, _ in tie.others}),
        )

    return tuple(
        MapGroup(
            faction=cast.face(as_uuid(group)) if group else None,
            people=tuple(in_words(character, group) for character in members if character in shown),
        )
        for group, members in seating.groups
        if shown & set(members)
    )


def _to_pick_out(
    factions: list[Group], members: Mapping[Id | None, int], chosen: Id | None, cast: Cast
) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            group.public_id,
            cast.name(as_uuid(group.id)).capital,
            members[group.id],
            group.id == chosen,
        )
        for group in sorted(factions, key=lambda group: cast.sort_key(as_uuid(group.id)))
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
        place = tie.kind.rank, tie.since, face_key(cast.root_face(as_uuid(other)))
        first[other] = min(first.get(other, place), place)
    if not first:
        return None
    drawn = sorted(first, key=first.__getitem__)[:MOST_PEOPLE]
    numbers = {own: 1} | {other: at for at, other in enumerate(drawn, start=2)}
    ties = [tie for tie in ties if tie.ends <= numbers.keys()]
    ties_of = _ties_in_words(ties, cast)
    hub_face = cast.root_face(root)
    groups = [
        charts.Group(
            bond.label,
            [
                charts.Seat(numbers[other], face, _ties_label(face, ties_of[other], hub_face), face.url)
                for other in drawn
                for face in (cast.root_face(as_uuid(other)),)
                if BONDS[first[other][0]] == bond
            ],
        )
        for bond in Bond
    ]
    own_map = map_url(knowledge, cast.public_id(root))
    hub = charts.Seat(1, hub_face, f"{capital(hub_face.name)}", own_map)
    return charts.draw(charts.SMALL, groups, hub, _strands(ties, numbers))


# Ties


def _held_ties(knowledge: Knowledge, rows: Iterable[Row]) -> list[HeldTie]:
    """Return the relationships that have not ended and are not between two masks of one character."""
    ties = [
        HeldTie(
            as_text(knowledge.root_of(row["source_id"])),
            as_text(knowledge.root_of(row["target_id"])),
            knowledge.vocabulary.relation(row["kind"]),
            row["certainty"],
            row["revealed_in_id"],
        )
        for row in rows
        if row["until"] is None and row["certainty"] != Certainty.DISPROVED
    ]
    return [tie for tie in ties if tie.source != tie.target]


def _hub(ties: list[HeldTie], numbers: dict[Id, int]) -> Id | None:
    """Return who is tied to most of the others; of several the one that is placed first."""
    neighbours: dict[Id, set[Id]] = defaultdict(set)
    for tie in ties:
        neighbours[tie.source].add(tie.target)
        neighbours[tie.target].add(tie.source)
    most = min(neighbours, key=lambda character: (-len(neighbours[character]), numbers[character]), default=None)
    return most if most and len(neighbours[most]) >= HUB_TIES else None


def _strands(ties: Collection[HeldTie], numbers: dict[Id, int], most: int | None = None) -> list[charts.Strand]:
    """Return one strand between each two for each bond that ties them; with `most` the sure ones first."""
    sure: dict[tuple[int, int, int], bool] = defaultdict(bool)
    for tie in ties:
        sure[*_pair(tie, numbers), tie.kind.rank] |= tie.certainty == Certainty.CONFIRMED
    drawn = sorted(sorted(sure.items(), key=lambda strand: (not strand[1], strand[0]))[:most])
    strongest = _strongest(ties, numbers)
    return [
        charts.Strand((a, b), BONDS[bond].value, is_sure, weak=(a, b) not in strongest)
        for (a, b, bond), is_sure in drawn
    ]


def _strongest(ties: Iterable[HeldTie], numbers: dict[Id, int]) -> set[tuple[int, int]]:
    """Return the pairs with most between them, and for everybody the one with most between them and another."""
    surest: dict[tuple[int, int], int] = defaultdict(int)
    nearest: dict[tuple[int, int], int] = {}
    for tie in ties:
        pair = _pair(tie, numbers)
        surest[pair] += 2 if tie.certainty == Certainty.CONFIRMED else 1
        nearest[pair] = min(nearest.get(pair, len(BONDS)), tie.kind.rank)
    ranked = sorted(surest, key=lambda pair: (-surest[pair], nearest[pair], pair))
    strongest, met = set(ranked[:STRONGEST]), {end for pair in ranked[:STRONGEST] for end in pair}
    for pair in ranked[STRONGEST:]:
        if not met.issuperset(pair):
            strongest.add(pair)
            met.update(pair)
    return strongest


def _pair(tie: HeldTie, numbers: dict[Id, int]) -> tuple[int, int]:
    a, b = numbers[tie.source], numbers[tie.target]
    return min(a, b), max(a, b)


def _ties_in_words(ties: Iterable[HeldTie], cast: Cast) -> dict[Id, tuple[TiesInWords, ...]]:
    """Return what ties each to others, from their own side; of what is known twice the surest."""
    by_character: dict[Id, dict[Side, dict[Id, str]]] = defaultdict(lambda: defaultdict(dict))
    for tie in ties:
        certainty = tie.certainty
        from_source, from_target = tie.kind.sides
        for own, other, side in ((tie.source, tie.target, from_source), (tie.target, tie.source, from_target)):
            alike = by_character[own][side]
            alike[other] = min(alike.get(other, certainty), certainty, key=certainty_rank)
    faces = {other: cast.root_face(as_uuid(other)) for other in by_character}
    return defaultdict(
        tuple,
        {
            own: tuple(
                TiesInWords(label, BONDS[rank].value, _by_name((faces[other], others[other]) for other in others))
                for (rank, _, _, label), others in sorted(entries.items())
            )
            for own, entries in by_character.items()
        },
    )


def _by_name(others: Iterable[tuple[Face, str]]) -> tuple[tuple[Face, str], ...]:
    return tuple(sorted(others, key=lambda other: face_key(other[0])))


def _places_in_words(character: Id, seating: Seating, cast: Cast) -> list[str]:
    former = seating.former.get(character)
    if former:
        until = f", until {named(former.until)}" if former.until else ""
        return [f"formerly {cast.face(as_uuid(former.faction)).name}{until}"]
    return [cast.face(as_uuid(group)).name for group in seating.places[character]]


def _seat_label(face: Face, places: Sequence[str], others: int) -> str:
    where = "".join(f", {place}" for place in places)
    ties = f"tied to {others} other{'' if others == 1 else 's'}" if others else "no ties known"
    return f"{capital(face.name)}{where}: {ties}"


def _ties_label(face: Face, ties: Iterable[TiesInWords], hub: Face) -> str:
    """Return the label of a neighbour on a small map: what ties it, from its own side, to whose page it is."""
    return f"{capital(face.name)}: {', '.join(tie.label for tie in ties)} {hub.name}"
