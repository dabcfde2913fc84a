"""The changes that a timeline lists beside the revelations."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from characters.text.prose import capital
from characters.values.basics import Face
from characters.values.pages import Learned
from characters.vocabulary import AliasKind, Attribute, Certainty, RelationshipKind

from .cast import Cast
from .material import Material
from .rows import Row, owner_of


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
        if cast.knowledge.root_of(row["source_id"]) == cast.knowledge.root_of(row["target_id"]):
            entry = Learned(html=tie_sentence(row, cast), label="Relation", certainty=row["certainty"])
            yield row["revealed_in_id"], entry


def untagged(rows: list[Row]) -> Iterable[tuple[int, Learned]]:
    for row in rows:
        if row["until"] is not None:
            sentence = format_html("{} (since episode {})", row["tag__name"], row["revealed_in_id"])
            yield row["until"], Learned(html=sentence, label="Tag dropped")


def tie_sentence(row: Row, cast: Cast) -> SafeString:
    source, target = cast.person(row["source_id"]), cast.person(row["target_id"])
    return format_html(
        '<a href="{}">{}</a> {} <a href="{}">{}</a>',
        source.url, capital(source.name), RelationshipKind(row["kind"]).sentence, target.url, target.name,
    )  # fmt: skip
