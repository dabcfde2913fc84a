"""What did we believe? A character at an earlier episode, next to what is known now."""

from collections.abc import Collection
from uuid import UUID

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from characters.kinds import CHARACTER
from characters.lore import rows
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.rows import Row
from characters.text import prose
from characters.text.links import link
from characters.values.basics import Face
from characters.values.pages import Belief, Comparison, OverturnedBelief, PersonaBeliefs, SubjectPage, ThenPage
from episodes.names import capital, with_capital

from .subject import subject_page

type Entries = dict[str, dict[str, SafeString]]
"""The HTML of each value under each label, by how it reads."""

IN_SHORT = "In short"
CHANGES_ONLY = ("Relations",)  # of which there are too many to list those that stay


def then_page(knowledge: Knowledge, public_id: str, episode: int | None) -> ThenPage | None:
    """Return a character as known at an earlier episode, or when it was first heard of, next to now."""
    character = rows.id_of(knowledge.progress, CHARACTER, public_id)
    if character is None:
        return None
    family = rows.subjects(knowledge.progress, CHARACTER, knowledge.family_of(character))
    first = min(row["revealed_in_id"] for row in family)
    at = first if episode is None or episode >= knowledge.progress else episode
    then = Knowledge(min(at, knowledge.progress), look_back=True)
    return _compare(knowledge, then, knowledge.root_of(character), family)


def _compare(now: Knowledge, then: Knowledge, root: UUID, family: list[Row]) -> ThenPage:
    """Compare two episodes. Several of the family, all known to be one by now, may have had pages of their own then."""
    page_now = next(
        page for row in family if row["id"] == root and (page := subject_page(now, CHARACTER, row["public_id"]))
    )
    first = min(row["revealed_in_id"] for row in family)
    apart = sorted(
        (row for row in family if row["revealed_in_id"] <= then.progress and then.root_of(row["id"]) == row["id"]),
        key=lambda row: (row["id"] != root, row["revealed_in_id"], row["public_id"]),
    )
    pages_then = [page for row in apart if (page := subject_page(then, CHARACTER, row["public_id"]))]
    return ThenPage(
        url=page_now.then_url,
        now=page_now.face,
        then=tuple(page.face for page in pages_then),
        episode=next((row for row in now.episodes if row.number == then.progress < now.progress), None),
        choices=tuple(row for row in now.episodes if first <= row.number < now.progress),
        rows=_compared([(page.face, _entries(page)) for page in pages_then], _entries(page_now)),
        turned=_overturned(now, then, {row["id"] for row in family}),
    )


def _entries(page: SubjectPage) -> Entries:
    entries: Entries = {"Name": {page.face.name: conditional_escape(capital(page.face.name))}}
    if page.summary:
        entries[IN_SHORT] = {prose.plain(page.summary): page.summary}
    for fact in page.facts:
        entries[fact.label] = {prose.plain(value.html): value.capital for value in fact.values}
    entries["Factions"] = {
        f"{place.other.name}, {place.role}": format_html(
            "{}{}{}", link(place.other.url, capital(place.other.name)), ", " * bool(place.role), place.role
        )
        for place in page.places
        if not place.is_past
    }
    entries["Relations"] = {
        f"{tie.label} {group.other.name}": format_html(
            "{} {}", with_capital(tie.label), link(group.other.url, group.other.name)
        )
        for group in page.ties
        for tie in group.ties
        if tie.until is None
    }
    return entries


def _compared(thens: list[tuple[Face, Entries]], now: Entries) -> tuple[Comparison, ...]:
    labels = list(dict.fromkeys(label for entries in (*(entries for _, entries in thens), now) for label in entries))
    compared = []
    for label in labels:
        believed = {words for _, entries in thens for words in entries.get(label, {})}
        parts = (
            PersonaBeliefs(face if len(thens) > 1 and label != "Name" else None, held)
            for face, entries in thens
            if (held := _held(entries.get(label, {}), now.get(label, {}), label))
        )
        compared.append(Comparison(label, tuple(parts), _held(now.get(label, {}), believed, label), label == IN_SHORT))
    return tuple(row for row in compared if row.then or row.now)


def _held(here: dict[str, SafeString], there: Collection[str], label: str) -> tuple[Belief, ...]:
    return tuple(
        Belief(html, changed=words not in there)
        for words, html in here.items()
        if words not in there or label not in CHANGES_ONLY
    )


def _overturned(now: Knowledge, then: Knowledge, family: set[UUID]) -> tuple[OverturnedBelief, ...]:
    """Return what was believed of them then and has given way, with what it gave way to in the end."""
    revelations = rows.revelations_of(now.progress, family)
    successors = {row["supersedes_id"]: row for row in revelations if row["supersedes_id"]}
    pairs = []
    for row in revelations:
        if row["revealed_in_id"] <= then.progress and family & set(row["concerned"][CHARACTER.name]):
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
        OverturnedBelief(before.render(row["text"]), after.render(last["text"]), episodes[last["revealed_in_id"]])
        for row, last in pairs
    )
