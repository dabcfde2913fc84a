"""Rows into what a page shows. Nothing here reads: the rows are gated already, and everybody in them is looked up."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from . import portraits
from .cast import Cast
from .values import Face, Fact, FactValue, KnownName, Learned, Picture, Place, Tie
from .vocabulary import AliasKind, Attribute, Certainty, RelationshipKind

type Row = dict[str, Any]

CERTAINTIES = (Certainty.CONFIRMED, Certainty.CLAIMED, Certainty.HINTED, Certainty.DISPROVED)  # the best first


@dataclass(slots=True)
class Material:
    """The rows that a character's or a faction's page is made of."""

    names: list[Row]
    traits: list[Row]
    tags: list[Row]
    revelations: list[Row]
    memberships: list[Row]
    relationships: list[Row] = field(default_factory=list)
    unmaskings: list[Row] = field(default_factory=list)
    portraits: list[Row] = field(default_factory=list)

    def introduce_to(self, cast: Cast) -> None:
        for row in self.memberships:
            cast.characters.add(row["character_id"])
            cast.factions.add(row["faction_id"])
        for row in self.relationships:
            cast.characters |= {row["source_id"], row["target_id"]}
        for row in self.unmaskings:
            cast.characters |= {row["persona_id"], row["identity_id"]}
        cast.note_texts(row["value"] for row in self.traits)
        cast.note_texts(row["caption"] for row in self.portraits)
        introduce_revelations(self.revelations, cast)


def introduce_revelations(revelations: list[Row], cast: Cast) -> None:
    for row in revelations:
        cast.characters |= set(row["characters"])
        cast.factions |= set(row["factions"])
        cast.note_texts((row["text"], row["believed_before"]))


def learned(row: Row, cast: Cast, *, with_concerned: bool = False) -> Learned:
    """With whom it concerns, if asked for, as far as its text does not lead to them anyway."""
    html = cast.render(row["text"])
    concerned = [cast.root_face(person) for person in row["characters"]]
    groups = [cast.faction(group) for group in row["factions"]]
    others = [
        face for face in (*by_name(concerned), *by_name(groups)) if format_html('href="{}"', face.url) not in html
    ]
    return Learned(
        html=html,
        label=row["time"],
        certainty=row["certainty"],
        believed_before=cast.render(row["believed_before"]) if row["believed_before"] else None,
        overturned_in=row["overturned_in"],
        concerned=tuple(others) if with_concerned else (),
        correct_url=f"{reverse('correct-episodes', args=[row['revealed_in_id']])}?row={row['id']}",
    )


def facts(traits: list[Row], own: UUID, cast: Cast) -> tuple[tuple[Fact, ...], SafeString]:
    """What holds now, and the summary."""
    by_attribute: dict[str, list[Row]] = defaultdict(list)
    for row in traits:
        by_attribute[row["attribute"]].append(row)
    facts: list[Fact] = []
    summary = SafeString()
    for attribute in Attribute:
        rows = by_attribute.get(attribute, [])
        if not rows:
            continue
        if attribute in Attribute.single_valued():
            newest = newest_of(rows, own)
            if attribute == Attribute.SUMMARY:
                summary = cast.render(newest["value"])
                continue
            rows = [newest]
        since = {row["value"]: row["revealed_in_id"] for row in reversed(rows)}
        in_order = sorted(since.items(), key=lambda item: (item[1], item[0]))
        facts.append(
            Fact(attribute.label, tuple(FactValue(cast.render_line(value), first) for value, first in in_order))
        )
    return tuple(facts), summary


def newest_of(rows: list[Row], own: UUID) -> Row:
    """The newest wins; of the values of one episode, the identity's own."""
    return max(rows, key=lambda row: (row["revealed_in_id"], owner_of(row) == own))


def replaced(traits: list[Row], unmaskings: list[Row], own: UUID, cast: Cast) -> Iterable[tuple[int, Learned]]:
    """Values that gave way to others, and what was known of a persona while it stood alone.

    Earlier summaries stand on the page as it was; only those of a persona that had no page of its own by then are told.
    """
    pageless = {row["persona_id"]: row["revealed_in_id"] for row in unmaskings}
    chains: dict[tuple[UUID, str], list[Row]] = defaultdict(list)
    for row in traits:
        owner = owner_of(row)
        untold = owner in pageless and row["revealed_in_id"] >= pageless[owner]
        if row["attribute"] in Attribute.single_valued() and (row["attribute"] != Attribute.SUMMARY or untold):
            chains[owner, row["attribute"]].append(row)
    for (owner, attribute), rows in chains.items():
        label = Attribute(attribute).label
        if owner != own:
            label = f"{label}, as {cast.person(owner).name}"
        outlived = any(
            row["attribute"] == attribute
            and row["revealed_in_id"] >= rows[-1]["revealed_in_id"]
            and owner_of(row) != owner
            for row in traits
        )
        before: Row | None = None
        for row in rows:
            if (before is None and (owner != own or outlived)) or (
                before is not None and before["value"] != row["value"]
            ):
                entry = Learned(
                    html=cast.render_line(row["value"]),
                    label=label,
                    believed_before=cast.render_line(before["value"]) if before else None,
                )
                yield row["revealed_in_id"], entry
            before = row


def owner_of(row: Row) -> UUID:
    owner: UUID = row["character_id"] or row["faction_id"]
    return owner


def known_names(rows: list[Row], headline: str) -> tuple[KnownName, ...]:
    kinds = list(AliasKind.values)
    since = {(row["name"], row["kind"], row["language"]): row["revealed_in_id"] for row in reversed(rows)}
    return tuple(
        KnownName(name, AliasKind(kind).label, language, first)
        for (name, kind, language), first in sorted(since.items(), key=lambda n: (kinds.index(n[0][1]), n[1], n[0][0]))
        if name != headline
    )


def places(rows: list[Row], other: Callable[[Row], Face]) -> tuple[Place, ...]:
    places = {
        (other(row), row["role"], row["until"]): Place(other(row), row["role"], row["revealed_in_id"], row["until"])
        for row in reversed(rows)
    }
    return tuple(
        sorted(places.values(), key=lambda p: (p.until is not None, sort_key(p.other), p.since, p.role, p.until or 0))
    )


def pictures(rows: list[Row], cast: Cast) -> tuple[Picture, ...]:
    return tuple(
        Picture(
            url=default_storage.url(portraits.smaller(row["image"], portraits.WIDTHS[1], "jpg")),
            **{
                name: portraits.srcset(row["image"], (row["width"], row["height"]), kind)
                for name, kind in (("avif", "avif"), ("webp", "webp"), ("jpeg", "jpg"))
            },
            width=row["width"],
            height=row["height"],
            alt_text=row["alt_text"],
            caption=cast.render_line(row["caption"]),
            credit=row["credit"],
            licence=row["licence"],
            since=row["revealed_in_id"],
        )
        for row in reversed(rows)
    )


# Changes, each with the episode it belongs to


def changes(material: Material, own: UUID, first_episode: int, cast: Cast) -> list[tuple[int, Learned]]:
    """All that a page's timeline tells besides revelations. What would be told twice in an episode is told once."""
    later_names = [row for row in material.names if row["revealed_in_id"] > first_episode]
    kinds = (
        unmasked(material.unmaskings, cast),
        named(later_names, cast),
        replaced(material.traits, material.unmaskings, own, cast),
        left(material.memberships, cast),
        untied(material.relationships, cast),
        tied_to_itself(material.relationships, cast),
        untagged(material.tags),
    )
    return list(dict.fromkeys(change for kind in kinds for change in in_order(kind)))


def things_told(material: Material, changes: Iterable[tuple[int, Learned]]) -> Counter[int]:
    """How many things the timeline of a page has in each episode: there they can be counted by hand."""
    return Counter(row["revealed_in_id"] for row in material.revelations) + Counter(number for number, _ in changes)


def in_order(changes: Iterable[tuple[int, Learned]]) -> list[tuple[int, Learned]]:
    """By what is visible of them alone: the order of the rows in the database says when they were written."""
    return sorted(
        changes,
        key=lambda change: (
            change[0],
            change[1].label,
            change[1].html,
            change[1].certainty,
            change[1].believed_before or "",
        ),
    )


def unmasked(rows: list[Row], cast: Cast) -> Iterable[tuple[int, Learned]]:
    for row in rows:
        persona, identity = cast.person(row["persona_id"]), cast.person(row["identity_id"])
        sentence = format_html(
            '<strong>{}</strong> is <a href="{}">{}</a>.', capital(persona.name), identity.url, identity.name
        )
        yield row["revealed_in_id"], Learned(html=sentence, label="Unmasked")


def named(rows: list[Row], cast: Cast) -> Iterable[tuple[int, Learned]]:
    """The names that came up for somebody in an episode, together; spellings apart."""
    together: dict[tuple[int, Face], set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        if row["kind"] != AliasKind.VARIANT:
            owner = owner_of(row)
            face = cast.person(owner) if row["character_id"] else cast.faction(owner)
            own_page = owner == cast.subject
            together[row["revealed_in_id"], replace(face, url="") if own_page else face].add(
                (row["name"], row["language"])
            )
    for (number, face), names in together.items():
        others = sorted(name for name in names if face.url == "" or name[0] != face.name)
        listed = format_html_join(", ", '<bdi lang="{1}">{0}</bdi>', others)
        whose = format_html('<a href="{}">{}</a>', face.url, capital(face.name)) if face.url else ""
        yield number, Learned(html=format_html("{}{}{}", whose, ": " if whose and others else "", listed), label="Name")


def left(rows: list[Row], cast: Cast) -> Iterable[tuple[int, Learned]]:
    for row in rows:
        if row["until"] is not None:
            person, group = cast.person(row["character_id"]), cast.faction(row["faction_id"])
            other = person if row["faction_id"] == cast.subject else group
            role = f", {row['role']}" if row["role"] else ""
            sentence = format_html('<a href="{}">{}</a>{}', other.url, capital(other.name), role)
            yield row["until"], Learned(html=sentence, label="Membership ended")


def untied(rows: list[Row], cast: Cast) -> Iterable[tuple[int, Learned]]:
    for row in rows:
        guessed = row["kind"] == RelationshipKind.SUSPECTED_TO_BE
        if row["until"] is not None and (row["until"] > row["revealed_in_id"] or guessed):
            label = "No longer so" if row["certainty"] == Certainty.CONFIRMED else "No longer believed"
            yield row["until"], Learned(html=tie_sentence(row, cast), label=label)


def tied_to_itself(rows: list[Row], cast: Cast) -> Iterable[tuple[int, Learned]]:
    """A tie between two personas of one character is gone from the ties, but was true as they were known."""
    for row in rows:
        if cast.lore.root_of(row["source_id"]) == cast.lore.root_of(row["target_id"]):
            entry = Learned(html=tie_sentence(row, cast), label="Relation", certainty=row["certainty"])
            yield row["revealed_in_id"], entry


def untagged(rows: list[Row]) -> Iterable[tuple[int, Learned]]:
    for row in rows:
        if row["until"] is not None:
            sentence = format_html("{} (since episode {})", row["tag__name"], row["revealed_in_id"])
            yield row["until"], Learned(html=sentence, label="Tag dropped")


def best_tie(tie: Tie) -> tuple[int, int, str]:
    return certainty_rank(tie.certainty), tie.since, tie.masks


def certainty_rank(certainty: str) -> int:
    return CERTAINTIES.index(Certainty(certainty))


def tie_sentence(row: Row, cast: Cast) -> SafeString:
    source, target = cast.person(row["source_id"]), cast.person(row["target_id"])
    return format_html(
        '<a href="{}">{}</a> {} <a href="{}">{}</a>',
        source.url, capital(source.name), RelationshipKind(row["kind"]).sentence, target.url, target.name,
    )  # fmt: skip


# Small things


def by_name(faces: Iterable[Face]) -> tuple[Face, ...]:
    return tuple(sorted(set(faces), key=sort_key))


def sort_key(face: Face) -> tuple[str, str]:
    return face.name.casefold(), face.url


def capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")


def shortened(text: str, length: int = 155) -> str:
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0].rstrip(",;:.") + "…"
