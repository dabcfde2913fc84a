"""The changes that a timeline lists beside the revelations, each with the episode it belongs to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from html import escape
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from characters.text.links import link
from characters.text.phrases import role_in_words
from characters.values.pages import TimelineEntry
from characters.vocabulary import SUSPECTED_TO_BE, AliasKind, Attribute, Certainty
from episodes import units
from episodes.known import is_reached
from episodes.names import CommonName, Name, capital
from episodes.order import sort_key

from .cast import Cast
from .material import Material
from .rows import Row

UNMASKED = "Unmasked"
OF_A_STAGE = Attribute.of_a_stage()

type DatedEntry = tuple[int, TimelineEntry]
"""The episode, and what is said of it."""


def changes(material: Material, own: UUID, first_episode: int, cast: Cast, *, after: int = -1) -> list[DatedEntry]:
    """Return the changes of a page after an episode, in order; what would be said twice in an episode is said once."""
    later_names = [row for row in material.names if row["revealed_in_id"] > first_episode]
    sections = (
        unmasked(material.unmaskings, cast),
        named(later_names, cast),
        replaced_values(material.traits, material.unmaskings, own, cast, after),
        left(material.memberships, cast),
        untied(material.relationships, cast),
        between_own_personas(material.relationships, cast),
        untagged(material.tags),
    )
    return list(
        dict.fromkeys(
            change for section in sections for change in in_order(section) if not is_reached(change[0], after)
        )
    )


def count_by_episode(material: Material, changes: Iterable[DatedEntry]) -> Counter[int]:
    """Return how many entries the timeline of a page has in each episode."""
    return Counter(row["revealed_in_id"] for row in material.revelations) + Counter(number for number, _ in changes)


def in_order(changes: Iterable[DatedEntry]) -> list[DatedEntry]:
    """Sort changes by what is visible of them: the order of rows in the database says when they were written."""
    return sorted(changes, key=_place)


def _place(change: DatedEntry) -> tuple[int, str, str, str, str]:
    number, entry = change
    return number, entry.label, entry.html, entry.certainty, entry.believed_before or ""


def unmasked(unmaskings: Iterable[Row], cast: Cast) -> Iterator[DatedEntry]:
    """Yield who turned out to be whom."""
    for row in unmaskings:
        persona, identity = cast.face(row["persona_id"]), cast.face(row["identity_id"])
        sentence = format_html("<strong>{}</strong> is {}.", capital(persona.name), link(identity.url, identity.name))
        yield row["revealed_in_id"], TimelineEntry(html=sentence, label=UNMASKED)


def named(names: Iterable[Row], cast: Cast) -> Iterator[DatedEntry]:
    """Yield the names that came up for each subject in an episode, together; spellings are left out."""
    by_subject: dict[tuple[int, Name, str], set[tuple[str, str]]] = defaultdict(set)
    for row in names:
        if row["kind"] != AliasKind.VARIANT:
            face = cast.face(row["owner_id"])
            url = "" if row["owner_id"] == cast.subject else face.url
            by_subject[row["revealed_in_id"], face.name, url].add((row["name"], row["language"]))
    for (number, name, url), spellings in by_subject.items():
        others = [spelling for spelling in spellings if url == "" or spelling[0] != name]
        others.sort(key=lambda spelling: (sort_key(spelling[0]), spelling[1]))
        listed = ", ".join(f'<bdi lang="{escape(language)}">{escape(text)}</bdi>' for text, language in others)
        whose = link(url, capital(name)) if url else ""
        sentence = mark_safe(f"{whose}{': ' if whose and others else ''}{listed}")  # escaped above
        yield number, TimelineEntry(html=sentence, label="Name")


def replaced_values(
    traits: list[Row], unmaskings: Iterable[Row], own: UUID, cast: Cast, after: int
) -> Iterator[DatedEntry]:
    """Yield values that gave way to others, and what was known of a persona while it stood alone.

    Earlier summaries and definitions can be read on the page as it was, so only those of a persona that had no page of
    its own by then are listed.
    """
    vocabulary = cast.knowledge.vocabulary
    unmasked_in = {row["persona_id"]: row["revealed_in_id"] for row in unmaskings}
    successions: dict[tuple[UUID, str], list[Row]] = defaultdict(list)
    for row in traits:
        owner = row["owner_id"]
        has_no_page = owner in unmasked_in and row["revealed_in_id"] >= unmasked_in[owner]
        if row["attribute"] in vocabulary.single and (row["attribute"] not in OF_A_STAGE or has_no_page):
            successions[owner, row["attribute"]].append(row)
    has_others = any(owner != own for owner, _ in successions)
    for (owner, attribute), values in successions.items():
        if is_reached(values[-1]["revealed_in_id"], after):
            continue
        label = vocabulary.attribute(attribute).label
        if owner != own:
            label = f"{label}, as {cast.name(owner)}"
        shows_first = owner != own or (has_others and _gave_way_to_another_persona(traits, values[-1]))
        for before, row in zip([None, *values], values, strict=False):
            if shows_first if before is None else before["value"] != row["value"]:
                believed_before = cast.render_line(before["value"]) if before else None
                yield row["revealed_in_id"], TimelineEntry(cast.render_line(row["value"]), label, "", believed_before)


def _gave_way_to_another_persona(traits: Iterable[Row], last: Row) -> bool:
    """Return whether another persona of the same subject has a value of that attribute no older than the last."""
    return any(
        row["attribute"] == last["attribute"]
        and row["revealed_in_id"] >= last["revealed_in_id"]
        and row["owner_id"] != last["owner_id"]
        for row in traits
    )


def left(memberships: Iterable[Row], cast: Cast) -> Iterator[DatedEntry]:
    """Yield who left which faction, as seen from the page it is listed on."""
    for row in memberships:
        if row["until"] is not None:
            on_page_of_faction = row["faction_id"] == cast.subject
            other = cast.face(row["character_id"] if on_page_of_faction else row["faction_id"])
            sentence = link(other.url, capital(other.name)) + role_after(row)
            yield row["until"], TimelineEntry(html=sentence, label="Membership ended")


def role_after(membership: Row) -> SafeString:
    """Return a role as it follows the name of a faction."""
    role = role_in_words(membership["role"])
    return format_html(", {}", role) if role else SafeString()


def untied(relationships: Iterable[Row], cast: Cast) -> Iterator[DatedEntry]:
    """Yield the relations that ended; a guess is listed even if it ended in the episode in which it came up."""
    for row in relationships:
        is_guess = row["kind"] == SUSPECTED_TO_BE
        if row["until"] is not None and (row["until"] > row["revealed_in_id"] or is_guess):
            label = "No longer so" if row["certainty"] == Certainty.CONFIRMED else "No longer believed"
            label = "Suspicion settled" if is_guess else label  # one way or the other
            yield row["until"], TimelineEntry(html=_relationship_sentence(row, cast), label=label)


def between_own_personas(relationships: Iterable[Row], cast: Cast) -> Iterator[DatedEntry]:
    """Yield relations between two personas of one character: gone from the relations, but true as they were known."""
    for row in relationships:
        if cast.knowledge.root_of(row["source_id"]) == cast.knowledge.root_of(row["target_id"]):
            sentence = _relationship_sentence(row, cast)
            yield row["revealed_in_id"], TimelineEntry(html=sentence, label="Relation", certainty=row["certainty"])


def untagged(tags: Iterable[Row]) -> Iterator[DatedEntry]:
    """Yield the tags that somebody bears no more."""
    for row in tags:
        if row["until"] is not None:
            sentence = format_html("{} (since {})", CommonName(row["tag__name"]), units.named(row["revealed_in_id"]))
            yield row["until"], TimelineEntry(html=sentence, label="Tag dropped")


def _relationship_sentence(row: Row, cast: Cast) -> SafeString:
    source, target = cast.face(row["source_id"]), cast.face(row["target_id"])
    verb = escape(cast.knowledge.vocabulary.relation(row["kind"]).sentence)
    return mark_safe(f"{link(source.url, capital(source.name))} {verb} {link(target.url, target.name)}")  # escaped
