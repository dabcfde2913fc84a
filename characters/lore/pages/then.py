"""What did we believe? A character at an earlier episode, next to what is known now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from characters.kinds import CHARACTER
from characters.lore import rows, telling
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge, path
from characters.lore.material import Material, of_beliefs
from characters.lore.rows import Row
from characters.text import prose
from characters.text.links import link
from characters.values.basics import Face
from characters.values.pages import Belief, Comparison, OverturnedBelief, PersonaBeliefs, ThenPage
from episodes.known import is_reached
from episodes.names import capital, with_capital

from .subject import MOST_PLACES, ties_of

type Entries = dict[str, dict[str, SafeString]]
"""The HTML of each value under each label, by how it reads."""

IN_ONE_LINE = "In one line"
IN_SHORT = "In short"
CHANGES_ONLY = ("Relations",)  # of which there are too many to list those that stay


@dataclass(frozen=True, slots=True)
class _Side:
    """One of those who are compared, as its page tells of it at one of the two episodes."""

    face: Face
    entries: Entries


def then_page(knowledge: Knowledge, public_id: str, episode: int | None) -> ThenPage | None:
    """Return a character as known at an earlier episode, or when it was first heard of, next to now."""
    character = rows.id_of(knowledge.progress, CHARACTER, public_id)
    if character is None:
        return None
    family = rows.subjects(knowledge.progress, CHARACTER, knowledge.family_of(character))
    first = min(row["revealed_in_id"] for row in family)
    at = first if episode is None or episode >= knowledge.progress else episode
    then = Knowledge(int(min(at, knowledge.progress)), look_back=True, edition=knowledge.edition)
    return _compare(knowledge, then, knowledge.root_of(character), family)


def _compare(now: Knowledge, then: Knowledge, root: UUID, family: list[Row]) -> ThenPage:
    """Compare two episodes. Several of the family, all known to be one by now, may have had pages of their own then."""
    public_id = next(row["public_id"] for row in family if row["id"] == root)
    first = min(row["revealed_in_id"] for row in family)
    apart = sorted(
        (
            row
            for row in family
            if is_reached(row["revealed_in_id"], then.progress) and then.root_of(row["id"]) == row["id"]
        ),
        key=lambda row: (row["id"] != root, row["revealed_in_id"], row["public_id"]),
    )
    pairs = _overturned(now, then, {row["id"] for row in family})
    cast_then, cast_now = Cast(then), Cast(now)
    cast_then.note_texts(row["text"] for row, _ in pairs)
    cast_now.note_texts(row["text"] for _, row in pairs)
    sides_then = _sides(cast_then, [row["id"] for row in apart])
    (side_now,) = _sides(cast_now, [root])
    episodes = now.by_place
    return ThenPage(
        url=now.address("then", public_id, now.slug(side_now.face.name, CHARACTER.name)),
        url_without_name=path("character-short", public_id),
        now=side_now.face,
        then=tuple(side.face for side in sides_then),
        episode=episodes[then.progress] if then.progress in episodes and then.progress < now.progress else None,
        choices=now.to_choose([row for row in now.episodes if first <= row.number < now.progress], then.progress),
        rows=_compared(sides_then, side_now),
        turned=tuple(
            OverturnedBelief(
                cast_then.render(row["text"]), cast_now.render(last["text"]), episodes[last["revealed_in_id"]]
            )
            for row, last in pairs
        ),
    )


def _sides(cast: Cast, characters: Sequence[UUID]) -> list[_Side]:
    """Return what the pages of some characters tell at the episode of a cast, in which everybody is looked up."""
    families = {character: cast.knowledge.family_of(character) for character in characters}
    material = of_beliefs(cast.knowledge, {member for family in families.values() for member in family})
    cast.note(characters)
    material.note_in(cast)
    cast.look_up()
    return [_side(material, character, family, cast.on_page_of(character)) for character, family in families.items()]


def _side(material: Material, character: UUID, family: set[UUID], cast: Cast) -> _Side:
    told = telling.told([row for row in material.traits if row["owner_id"] in family], character, cast)
    memberships = [row for row in material.memberships if row["character_id"] in family]
    relationships = [row for row in material.relationships if row["source_id"] in family or row["target_id"] in family]
    face = cast.face(character)
    entries: Entries = {"Name": {face.name: conditional_escape(capital(face.name))}}
    if told.definition:
        entries[IN_ONE_LINE] = {prose.plain(told.definition): told.definition}
    if told.summary:
        entries[IN_SHORT] = {prose.plain(told.summary): told.summary}
    for fact in told.facts:
        entries[fact.label] = {prose.plain(value.html): value.capital for value in fact.values}
    entries["Factions"] = {
        f"{place.other.name}, {place.role}": format_html(
            "{}{}{}", link(place.other.url, capital(place.other.name)), ", " * bool(place.role), place.role
        )
        for place in telling.places(memberships, lambda row: cast.root_face(row["faction_id"]))[:MOST_PLACES]
        if not place.is_past
    }
    entries["Relations"] = {
        f"{tie.label} {tie.other.name}": format_html(
            "{} {}", with_capital(tie.label), link(tie.other.url, tie.other.name)
        )
        for tie in ties_of(cast.knowledge, character, relationships, cast)
        if not tie.is_past
    }
    return _Side(face, entries)


def _compared(thens: list[_Side], now: _Side) -> tuple[Comparison, ...]:
    labels = list(dict.fromkeys(label for side in (*thens, now) for label in side.entries))
    compared = []
    for label in labels:
        believed = {words for side in thens for words in side.entries.get(label, {})}
        known = now.entries.get(label, {})
        parts = (
            PersonaBeliefs(side.face if len(thens) > 1 and label != "Name" else None, held)
            for side in thens
            if (held := _held(side.entries.get(label, {}), known, label))
        )
        compared.append(Comparison(label, tuple(parts), _held(known, believed, label), label == IN_SHORT))
    return tuple(row for row in compared if row.then or row.now)


def _held(here: dict[str, SafeString], there: Collection[str], label: str) -> tuple[Belief, ...]:
    return tuple(
        Belief(html, changed=words not in there)
        for words, html in here.items()
        if words not in there or label not in CHANGES_ONLY
    )


def _overturned(now: Knowledge, then: Knowledge, family: set[UUID]) -> list[tuple[Row, Row]]:
    """Return what was believed of them then and has given way, each with what it gave way to in the end."""
    own, others = rows.beliefs_of(now.progress, family)
    later = [row for row in (*own, *others) if row["supersedes_id"]]
    successors = {row["supersedes_id"]: row for row in later}
    fallen = {row["supersedes_id"] for row in later if is_reached(row["revealed_in_id"], then.progress)}
    pairs = []
    for row in own:
        if is_reached(row["revealed_in_id"], then.progress) and row["id"] in successors and row["id"] not in fallen:
            last = row
            while last["id"] in successors:
                last = successors[last["id"]]
            if not is_reached(last["revealed_in_id"], then.progress):
                pairs.append((row, last))
    return pairs
