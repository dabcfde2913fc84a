"""Rows into what a page shows. Nothing here reads: the rows are gated already, and everybody in them is looked up."""

from collections import defaultdict
from collections.abc import Callable
from uuid import UUID

from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from characters.pictures import files
from characters.values.basics import Face
from characters.values.pages import Fact, FactValue, KnownName, Learned, Picture, Place
from characters.vocabulary import AliasKind, Attribute

from .cast import Cast
from .order import by_name, sort_key
from .rows import Row, owner_of


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
            url=default_storage.url(files.smaller(row["image"], files.WIDTHS[1], "jpg")),
            **{
                name: files.srcset(row["image"], (row["width"], row["height"]), kind)
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
