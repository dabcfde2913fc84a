"""What did we believe? A character at an earlier episode, next to what is known now."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString

from . import prose, telling
from .cast import Cast
from .telling import Row
from .values import Compared, Face, Held, Link, SubjectPage, ThenPage, Turned

if TYPE_CHECKING:
    from .lore import Lore

type Entries = dict[str, dict[str, SafeString]]
"""What stands under each label, by how it reads."""

CHANGES_ONLY = ("Relations",)  # of which there are too many to list those that stay


def compare(now: Lore, then: Lore, root: UUID, family: list[Row], of: str) -> ThenPage:
    """`family` are all who are known to be the same by now; some of them had pages of their own then."""
    page_now = next(page for row in family if row["id"] == root and (page := now.character(row["public_id"])))
    first = min(row["revealed_in_id"] for row in family)
    apart = sorted(
        (row for row in family if row["revealed_in_id"] <= then.progress and then.root_of(row["id"]) == row["id"]),
        key=lambda row: (row["id"] != root, row["revealed_in_id"], row["public_id"]),
    )
    shown = next((row for row in apart if row["public_id"] == of), apart[0] if apart else None)
    page_then = then.character(shown["public_id"]) if shown else None
    return ThenPage(
        url=page_now.then_url,
        now=page_now.face,
        then=page_then.face if page_then else None,
        episode=next((row for row in now.episodes if row.number == then.progress < now.progress), None),
        choices=tuple(row for row in now.episodes if first <= row.number < now.progress),
        summary_then=page_then.summary if page_then else SafeString(),
        summary_now=page_now.summary,
        rows=_compared(_entries(page_then), _entries(page_now)) if page_then else (),
        turned=_turned(now, then, {row["id"] for row in family}),
        others=_others(then, [row for row in apart if row != shown], page_now.then_url),
    )


def _entries(page: SubjectPage) -> Entries:
    entries: Entries = {"Name": {page.face.name: SafeString(format_html("{}", telling.capital(page.face.name)))}}
    for fact in page.facts:
        entries[fact.label] = {prose.plain(value.html): value.html for value in fact.values}
    entries["Factions"] = {
        f"{place.other.name}, {place.role}": format_html(
            "{}{}", _link(place.other), f", {place.role}" * bool(place.role)
        )
        for place in page.places
        if not place.is_past
    }
    entries["Relations"] = {
        f"{tie.label} {group.other.name}": format_html("{} {}", tie.label, _link(group.other))
        for group in page.ties
        for tie in group.ties
        if tie.until is None
    }
    return entries


def _compared(then: Entries, now: Entries) -> tuple[Compared, ...]:
    labels = sorted({**then, **now}, key=[*then, *(label for label in now if label not in then)].index)
    rows = (
        Compared(
            label,
            _held(then.get(label, {}), now.get(label, {}), label),
            _held(now.get(label, {}), then.get(label, {}), label),
        )
        for label in labels
    )
    return tuple(row for row in rows if row.then or row.now)


def _held(here: dict[str, SafeString], there: dict[str, SafeString], label: str) -> tuple[Held, ...]:
    return tuple(
        Held(html, changed=said not in there)
        for said, html in here.items()
        if said not in there or label not in CHANGES_ONLY
    )


def _turned(now: Lore, then: Lore, family: set[UUID]) -> tuple[Turned, ...]:
    """What was believed of them then and has given way, with what it gave way to in the end."""
    rows = now.revelations_of(family)
    successors = {row["supersedes_id"]: row for row in rows if row["supersedes_id"]}
    pairs = []
    for row in rows:
        if row["revealed_in_id"] <= then.progress and family & set(row["characters"]):
            last = row
            while last["id"] in successors:
                last = successors[last["id"]]
            stood = row["overturned_in"] is None or row["overturned_in"] > then.progress
            if stood and last is not row and last["revealed_in_id"] > then.progress:
                pairs.append((row, last))
    before, after = Cast(then), Cast(now)
    before.note_texts(row["text"] for row, _ in pairs)
    after.note_texts(row["text"] for _, row in pairs)
    before.look_up()
    after.look_up()
    episodes = {row.number: row for row in now.episodes}
    return tuple(
        Turned(before.render(row["text"]), after.render(last["text"]), episodes[last["revealed_in_id"]])
        for row, last in pairs
    )


def _others(then: Lore, rows: list[Row], url: str) -> tuple[Link, ...]:
    cast = Cast(then)
    cast.characters |= {row["id"] for row in rows}
    cast.look_up()
    ask = f"{url}{'&' if '?' in url else '?'}"
    return tuple(
        Link(cast.person(row["id"]).name, ask + urlencode({"episode": then.progress, "of": row["public_id"]}))
        for row in rows
    )


def _link(face: Face) -> SafeString:
    return format_html('<a href="{}">{}</a>', face.url, face.name)
