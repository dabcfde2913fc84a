"""Which changes the history of a page is made of, and of which of them somebody at an episode is told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from characters.kinds import EPISODE, KINDS, SERIES, SUBJECTS, TAG, TAGGINGS, Kind, kind_with_pages
from characters.lore import rows
from characters.lore.cast import root_face_of
from characters.lore.correctable import tag_ids
from characters.lore.knowledge import Knowledge
from characters.values.corrections import HistoryPage
from corrections.models import Change
from corrections.recent import About, PublishedChange
from episodes.gate import Ends
from episodes.names import CommonName, Name
from episodes.numbers import place_in_address

from .tags import public_id_of_tag, slug_behind

BY_LABEL: Mapping[str, Kind] = {kind.label: kind for kind in KINDS}
BY_PLURAL: Mapping[str, Kind] = {kind.plural: kind for kind in SUBJECTS}
TAGS = "tags"
MOST_BEARERS = 2_000  # whose getting a tag is in its history
ENDS = ("ended_in", "also_ended_in")


def history_page(knowledge: Knowledge, plural: str, key: str) -> HistoryPage | None:
    """Return what the history of a page is about; None for what is unknown and for what is not known yet alike."""
    if plural == EPISODE.plural:
        return _of_episode(knowledge, key)
    if plural == TAGS:
        return _of_tag(knowledge, key)
    return _of_subject(knowledge, plural, key) if plural in BY_PLURAL else None


def _of_subject(knowledge: Knowledge, plural: str, public_id: str) -> HistoryPage | None:
    kind = kind_with_pages(plural)
    subject = rows.id_of(knowledge.progress, kind, public_id)
    if subject is None:
        return None
    face = root_face_of(knowledge, subject)
    root = knowledge.root_of(subject)
    (own_id,) = rows.visible(knowledge.progress, kind).filter(id=root).values_list("public_id", flat=True)
    family = knowledge.family_of(subject)
    return HistoryPage(
        name=face.name,
        url=face.url,
        address=knowledge.address("history", plural, own_id),
        about=About(frozenset(f"{kind.label}:{member}" for member in family)),
    )


def _of_episode(knowledge: Knowledge, key: str) -> HistoryPage | None:
    place = place_in_address(key)
    episode = None if place is None else knowledge.by_place.get(place)
    if episode is None or not episode.known:
        return None
    premise = () if place else ((SERIES.label, "1"),)
    return HistoryPage(
        name=Name(episode.heading),
        url=episode.url,
        address=knowledge.address("history", EPISODE.plural, key),
        about=About(frozenset({f"{EPISODE.label}:{place}"}), premise, place=place),
    )


def _of_tag(knowledge: Knowledge, public_id: str) -> HistoryPage | None:
    slug = slug_behind(knowledge, public_id)
    if slug is None:
        return None
    name = next(name for _, name, *_ in rows.bearers(knowledge.progress, rows.tagged(slug)))
    borne = [
        (kind.label, str(key))
        for kind in TAGGINGS
        for key in rows.visible(knowledge.progress, kind)
        .filter(tag__slug=slug)
        .order_by("id")
        .values_list("id", flat=True)[:MOST_BEARERS]
    ]
    return HistoryPage(
        name=CommonName(name),
        url=knowledge.address("tag", slug),
        address=knowledge.address("history", TAGS, public_id_of_tag(slug)),
        about=About(frozenset(), ((TAG.label, str(tag_ids(knowledge)[name])), *borne)),
    )


def still_known(knowledge: Knowledge, changes: Iterable[PublishedChange]) -> set[UUID]:
    """Return the changes of which somebody is told: those of rows that are there as they know it, and removals.

    A change of an end counts only while there is an end they know: it may be another by now, which lies ahead.
    """
    changes = list(changes)
    keys: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        if change.action != Change.Action.REMOVE:
            keys[change.model].add(change.row)
    there, ended = set[tuple[str, str]](), set[tuple[str, str]]()
    for label, of_model in keys.items():
        if kind := BY_LABEL.get(label):
            known = dict(_known_rows(knowledge, kind, of_model))
            there |= {(label, key) for key in known}
            ended |= {(label, key) for key, has_end in known.items() if has_end}
    return {
        change.id
        for change in changes
        if change.action == Change.Action.REMOVE
        or (change.model, change.row) in (ended if change.path in ENDS else there)
    }


def _known_rows(knowledge: Knowledge, kind: Kind, keys: set[str]) -> Iterable[tuple[str, bool]]:
    """Return the keys of those rows that are known, each with whether an end of it is."""
    progress = knowledge.progress
    if kind is SERIES:
        return [(key, False) for key in keys]
    if kind is EPISODE:
        known = {f"{row.number}" for row in knowledge.by_place.values() if row.known}
        return [(key, False) for key in keys & known]
    if kind is TAG:
        return [(key, False) for key in keys & {f"{key}" for key in tag_ids(knowledge).values()}]
    if issubclass(kind.model, Ends):
        ends = rows.with_known_end(progress, kind.model).filter(pk__in=keys).values_list("pk", "until")
        return [(str(key), until is not None) for key, until in ends]
    return [(str(key), False) for key in rows.visible(progress, kind).filter(pk__in=keys).values_list("pk", flat=True)]
