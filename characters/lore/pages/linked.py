"""How are two characters linked? The shortest ways over what is known of their ties and factions."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from characters.converters import is_public_id
from characters.kinds import CHARACTER
from characters.lore import rows
from characters.lore.cast import Cast
from characters.lore.kept import kept
from characters.lore.knowledge import Knowledge
from characters.lore.map import paths
from characters.lore.map.graph import LINKED, linked_url
from characters.lore.map.rim import CERTAINTIES, Rim, rim_of
from characters.lore.order import certainty_rank, face_key
from characters.lore.rows import Row
from characters.lore.statements import among, as_uuid, fetched
from characters.text.fitting import Spelling, Spellings, as_typed, the_one_meant
from characters.text.phrases import episodes, role_in_words, span
from characters.text.words import name_parts
from characters.values.basics import Face, Link
from characters.values.linked import Asked, LinkedPage, Statement, Step
from characters.vocabulary import Certainty
from episodes.choices import Choice, Unclear
from episodes.known import known_rows, stands
from episodes.order import sort_key

BYTES_OF_NAME = 1_500  # with the indexes that find it, by a measurement
MOST_LISTED = 100  # characters, to choose from in the fields

type Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class CharacterNames:
    """The names of all characters that are known, each with whom its bearer is known to be."""

    spellings: Spellings[UUID]

    @property
    def size(self) -> int:
        return BYTES_OF_NAME * len(self.spellings.names)


def linked_page(knowledge: Knowledge, one: str, other: str) -> LinkedPage:
    """Return how two characters are linked, each given by a public id or by whatever name."""
    rim, one, other = rim_of(knowledge), as_typed(one), as_typed(other)
    meant = [_meant(knowledge, typed) for typed in (one, other)]
    places = [rim.place_of(who) for who in meant if isinstance(who, UUID)]
    is_clear = len(places) == len(LINKED)
    ways = _ways(knowledge, rim, *places) if is_clear else paths.Ways([], 0)
    factions = [as_uuid(stretch.faction) for stretch in rim.stretches if stretch.faction]
    nodes = {node for way in ways.shown for node in way}
    met = {node: rim.subject(node) if node < len(rim) else factions[node - len(rim)] for node in nodes}
    listed = [rim.subject(place) for place in range(len(rim))] if len(rim) <= MOST_LISTED else []
    cast = Cast(knowledge)
    cast.note([*met.values(), *listed, *(rim.subject(place) for place in places)])
    cast.note(UUID(choice.meant) for who in meant if isinstance(who, Unclear) for choice in who.choices)
    cast.look_up()
    steps = {step for way in ways.shown for step in pairwise(way)}
    memberships = {step: [met[node] for node in step] for step in steps if max(step) >= len(rim)}
    told = _ties_told(rim, steps, cast) | _memberships_told(knowledge, memberships, cast)
    by_id = [
        cast.public_id(who) if isinstance(who, UUID) else typed for who, typed in zip(meant, (one, other), strict=True)
    ]
    return LinkedPage(
        asked=(
            _asked(knowledge, 0, (one, other), meant[0], cast),
            _asked(knowledge, 1, (one, other), meant[1], cast),
        ),
        ways=tuple(tuple(told[step] for step in pairwise(way)) for way in ways.shown if len(way) > 1),
        more=ways.number - len(ways.shown),
        names=tuple(str(face.name) for face in sorted(map(cast.face, listed), key=face_key)),
        are_one=is_clear and places[0] == places[1],
        url=linked_url(Knowledge(knowledge.progress), *by_id),
        url_here=linked_url(knowledge, *by_id),
    )


def _ways(knowledge: Knowledge, rim: Rim, one: int, other: int) -> paths.Ways:
    return paths.shortest(paths.web_of(knowledge), one, other, len(rim))


# Who is meant


def _meant(knowledge: Knowledge, typed: str) -> UUID | Unclear | None:
    """Return whom somebody means, as whom they are known to be, or what to ask instead; None if nothing was typed."""
    if not typed:
        return None
    if is_public_id(typed) and (character := rows.id_of(knowledge.progress, CHARACTER, typed)):
        return knowledge.root_of(character)
    names = kept(knowledge, "names of characters", lambda: CharacterNames(_spellings(knowledge)))
    try:
        return the_one_meant(
            typed,
            names.spellings,
            offered=lambda who: Choice(f"{who}", ""),
            nothing=f"Nobody that you know of goes by “{typed}”.",
        )
    except Unclear as unclear:
        return _the_one_with_these_words(typed, unclear, names.spellings) or unclear


def _the_one_with_these_words(typed: str, unclear: Unclear, spellings: Spellings[UUID]) -> UUID | None:
    """Return the one character on offer, if each word that was typed is in a name of theirs, as a first name is."""
    if len(unclear.choices) != 1:
        return None
    who, words = UUID(unclear.choices[0].meant), set(name_parts(typed))
    names = (name_parts(each.name) for each in spellings.names if each.bearer == who)
    return who if words and any(words <= set(parts) for parts in names) else None


def _spellings(knowledge: Knowledge) -> Spellings[UUID]:
    known = known_rows(knowledge.progress, "characters_alias")
    aliases = fetched(
        f'SELECT {stands(knowledge.progress)}, "name", "character_id", "headline" FROM "characters_alias"'  # noqa: S608
        f' WHERE {known.sql} AND "character_id" IS NOT NULL',
        known.params,
    )
    in_order = sorted((episode, name, as_uuid(who), bool(headline)) for episode, name, who, headline in aliases)
    return Spellings(Spelling(name, knowledge.root_of(who), headline) for _, name, who, headline in in_order)


def _asked(knowledge: Knowledge, which: int, typed: tuple[str, str], meant: UUID | Unclear | None, cast: Cast) -> Asked:
    if isinstance(meant, UUID):
        return Asked(typed[which], cast.face(meant))
    if meant is None:
        return Asked("")

    def instead(who: UUID) -> Link:
        chosen = [cast.public_id(who) if at == which else text for at, text in enumerate(typed)]
        return Link(cast.face(who).name, linked_url(knowledge, *chosen))

    return Asked(typed[which], None, meant.messages[0], tuple(instead(UUID(choice.meant)) for choice in meant.choices))


# What links them


def _ties_told(rim: Rim, steps: Iterable[Pair], cast: Cast) -> dict[Pair, Step]:
    """Return what is said of each step between two characters, the nearest first; of what is known twice the surest."""
    towards = {ends: step for step in steps for ends in (step, step[::-1])}
    surest: dict[Pair, dict[tuple[int, Pair], tuple[int, int]]] = defaultdict(dict)
    for tie, ends in enumerate(zip(rim.sources, rim.targets, strict=True)):
        if step := towards.get(ends):
            certainty = certainty_rank(CERTAINTIES[rim.certainties[tie]]), rim.since[tie]
            kind = rim.relations[rim.kinds[tie]]
            same = rim.kinds[tie], step if kind.is_mutual else ends
            surest[step][same] = min(certainty, surest[step].get(same, certainty))
    ranked = {certainty_rank(certainty): certainty for certainty in CERTAINTIES}

    def face(place: int) -> Face:
        return cast.root_face(rim.subject(place))

    def statement(number: int, ends: Pair, rank: int, since: int) -> Statement:
        kind = rim.relations[number]
        when = (span if kind.is_state else episodes)(since, None)
        return Statement(face(ends[0]), kind.sentence, face(ends[1]), ranked[rank], when)

    return {
        step: tuple(
            statement(number, ends, rank, since)
            for (number, ends), (rank, since) in sorted(
                said.items(), key=lambda each: (rim.relations[each[0][0]].place, each[0][1] != step, each[1])
            )
        )
        for step, said in surest.items()
    }


def _memberships_told(knowledge: Knowledge, steps: dict[Pair, list[UUID]], cast: Cast) -> dict[Pair, Step]:
    """Return what is said of each step between a character and a faction: that they belong to it, or once did."""
    ends = [who for pair in steps.values() for who in pair]
    which = among("character_id", knowledge.families_of(ends)) & among("faction_id", ends)
    said: dict[frozenset[UUID], list[Row]] = defaultdict(list)
    for row in rows.memberships(knowledge.progress, which) if steps else ():
        said[frozenset({knowledge.root_of(row["character_id"]), row["faction_id"]})].append(row)

    def statement(row: Row) -> Statement:
        since, until = row["revealed_in_id"], row["until"]
        return Statement(
            cast.root_face(row["character_id"]),
            "belongs to" if until is None else "belonged to",
            cast.face(row["faction_id"]),
            Certainty.CONFIRMED,
            span(since, until),
            role_in_words(row["role"]),
        )

    told: dict[Pair, Step] = {}
    for step, pair in steps.items():
        known = said[frozenset(pair)]
        current = [row for row in known if row["until"] is None]
        told[step] = tuple(dict.fromkeys(map(statement, sorted(current or known, key=_place_of_membership))))
    return told


def _place_of_membership(row: Row) -> tuple[int, str, str, int]:
    """Return its place among those of one character in one faction, which no collation of a database decides."""
    return row["revealed_in_id"], sort_key(row["role"]), row["role"], row["until"] or 0
