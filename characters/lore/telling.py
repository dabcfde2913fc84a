"""Turn rows into what a page shows. Nothing here reads: rows are gated already, and everybody in them is looked up."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from characters.pictures import files
from characters.pictures.sizes import WIDTHS
from characters.public_ids import public_id_for
from characters.text.links import link
from characters.text.phrases import role_in_words
from characters.values.basics import Face
from characters.values.pages import Affiliation, Fact, FactValue, ListedName, Picture, TimelineEntry
from characters.vocabulary import Attribute, AttributeKind, Vocabulary
from episodes.names import Name
from episodes.order import sort_key

from .cast import Cast
from .order import by_name, face_key
from .rows import Row

LONGEST_OPENING = 40  # characters
IN_A_LINE = (Attribute.CATEGORY, Attribute.SPECIES, Attribute.OCCUPATION, Attribute.STATUS)


type Render = Callable[[str], SafeString]


def revelation_entry(
    row: Row, cast: Cast, form: str, *, render: Render | None = None, with_concerned: bool = False
) -> TimelineEntry:
    """Return a revelation as a timeline shows it, to be corrected in the form at this address.

    `with_concerned` adds the faces of those whom it concerns and to whom its text has no link.
    """
    render = render or cast.render
    html = render(row["text"])
    return TimelineEntry(
        html=html,
        label=row["time"],
        certainty=row["certainty"],
        believed_before=render(row["believed_before"]) if row["believed_before"] else None,
        overturned_in=row["overturned_in"],
        concerned=_not_linked(row, html, cast) if with_concerned else (),
        correct_url=f"{form}?row={row['id']}" if form else "",
        opening=cast.first_words(row["text"], LONGEST_OPENING) if form else "",
    )


def _not_linked(row: Row, html: str, cast: Cast) -> tuple[Face, ...]:
    of_kinds = (
        [face for face in map(cast.root_face, subjects) if _link_to(face.url) not in html]
        for subjects in row["concerned"].values()
        if subjects
    )
    return tuple(face for faces in of_kinds if faces for face in by_name(faces))  # most are linked


@lru_cache(2**12)
def _link_to(url: str) -> str:
    return f'href="{escape(url)}"'


class Told(NamedTuple):
    """What holds of a subject now."""

    definition: SafeString  # in one line; empty where there is none
    summary: SafeString
    facts: tuple[Fact, ...]


def told(traits: list[Row], own: UUID, cast: Cast) -> Told:
    """Return what holds now, attribute by attribute."""
    by_attribute: dict[str, list[Row]] = defaultdict(list)
    for row in traits:
        by_attribute[row["attribute"]].append(row)
    facts: list[Fact] = []
    definition = summary = SafeString()
    for attribute in _in_order(by_attribute, cast.knowledge.vocabulary):
        rows = by_attribute[attribute.key]
        if attribute.is_single:
            newest = newest_of(rows, own)
            if attribute.key == Attribute.SUMMARY:
                summary = cast.render(newest["value"])
                continue
            if attribute.key == Attribute.DEFINITION:
                definition = cast.render_line(newest["value"])
                continue
            rows = [newest]
        since = {row["value"]: row["revealed_in_id"] for row in reversed(rows)}
        in_order = sorted(since.items(), key=lambda item: (item[1], sort_key(item[0])))
        facts.append(
            Fact(
                attribute.label,
                tuple(_fact_value(attribute, value, first, cast) for value, first in in_order),
                attribute.key,
                is_in_line=attribute.key in IN_A_LINE,
            )
        )
    return Told(definition, summary, tuple(facts))


def _in_order(told: Mapping[str, object], vocabulary: Vocabulary) -> Iterator[AttributeKind]:
    """Yield attributes in the order in which a page shows them; those that the vocabulary lost come last."""
    yield from (kind for key, kind in vocabulary.attributes.items() if key in told)
    yield from map(vocabulary.attribute, sorted(told.keys() - vocabulary.attributes.keys()))


def _fact_value(attribute: AttributeKind, value: str, since: int, cast: Cast) -> FactValue:
    html, is_voice = cast.render_line(value), bool(attribute.spoken_in)
    if is_voice and "<a " not in html:
        html = link(voice_url(value, cast), html)
    return FactValue(html, since, is_name=is_voice)


def voice_url(value: str, cast: Cast) -> str:
    """Return the address of the page of a voice, by the value of the traits that name it."""
    name = cast.words(value, inline=True)
    return cast.knowledge.address("voice", voice_id(value), cast.knowledge.slug(name, "voice"))


@lru_cache(2**12)
def voice_id(value: str) -> str:
    """Return the public id of a voice."""
    return public_id_for(f"voice/{value}")  # no editors' key holds a slash


def line(facts: Iterable[Fact]) -> SafeString:
    """Return who or what somebody is in one line, of the facts that say so: for those without a definition."""
    values = {fact.attribute: fact.values for fact in facts if fact.is_in_line}
    told = [values[attribute][0] for attribute in IN_A_LINE if attribute in values]
    return format_html_join(" · ", "{}", ((value.capital,) for value in told))


def newest_of(rows: list[Row], own: UUID) -> Row:
    """Return the newest value; of those of one episode, the identity's own."""
    return max(rows, key=lambda row: (row["revealed_in_id"], row["owner_id"] == own))


def known_names(rows: list[Row], headline: str, vocabulary: Vocabulary) -> tuple[ListedName, ...]:
    """Return all names but the one at the head of the page, by kind and age, each with its first episode."""
    kinds = {key: place for place, key in enumerate(vocabulary.names)}
    since = {(row["name"], row["kind"], row["language"]): row["revealed_in_id"] for row in reversed(rows)}

    def place(entry: tuple[tuple[str, str, str], int]) -> tuple[int, int, str, str]:
        (name, kind, language), first = entry
        return kinds.get(kind, len(kinds)), first, sort_key(name), language

    return tuple(
        ListedName(Name(name), vocabulary.name(kind).noun, language, first)
        for (name, kind, language), first in sorted(since.items(), key=place)
        if name != headline
    )


def places(rows: list[Row], other: Callable[[Row], Face]) -> tuple[Affiliation, ...]:
    """Return memberships from the side of one page, `other` being the other end; former ones come last."""
    places = {
        (other(row), row["role"], row["until"]): Affiliation(
            other(row), role_in_words(row["role"]), row["revealed_in_id"], row["until"]
        )
        for row in reversed(rows)
    }

    def place(affiliation: Affiliation) -> tuple[Any, ...]:
        is_former = affiliation.until is not None
        return (
            is_former,
            face_key(affiliation.other),
            affiliation.since,
            sort_key(affiliation.role),
            affiliation.until or 0,
        )

    return tuple(sorted(places.values(), key=place))


def pictures(rows: list[Row], own: UUID, cast: Cast) -> tuple[Picture, ...]:
    """Return portraits, the newest first; those of whom somebody also was come after their own, as their names do."""
    newest_first = rows[::-1]
    return tuple(
        Picture(
            url=default_storage.url(files.copy_name(row["image"], WIDTHS[1], "jpg")),
            **{
                name: files.srcset(row["image"], (row["width"], row["height"]), kind)
                for name, kind in (("avif", "avif"), ("webp", "webp"), ("jpeg", "jpg"))
            },
            width=row["width"],
            height=row["height"],
            alt_text=row["alt_text"],
            caption=cast.render_line(row["caption"]),
            credit=Name(row["credit"]),
            licence=Name(row["licence"]),
            since=row["revealed_in_id"],
        )
        for row in sorted(newest_first, key=lambda row: row["owner_id"] != own)
    )
