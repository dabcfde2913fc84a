"""Tags: the list of them, and who bears one."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import batched
from uuid import UUID

from characters.kinds import SUBJECTS, TAG, Kind
from characters.lore import rows
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge, path
from characters.lore.order import by_name
from characters.lore.statements import among
from characters.public_ids import public_id_for
from characters.values.basics import Face, TagLink
from characters.values.pages import FaceGroup, TagList, TagPage
from corrections.renaming import former_values
from episodes.names import CommonName
from episodes.order import sort_key
from episodes.parts import in_parts, number_and_last
from episodes.requests import with_parameter

RELATED_TAGS = 12
MOST_FACES = 100  # of one kind; the list of the kind has all
MOST_LISTED = 150_000  # characters in a part of the list of all
WEIGHT_OF_TAG = 50  # of what stands around its name and its address

type Bearers = dict[tuple[str, str], set[UUID]]
"""Who bears each tag, by its name and slug."""


def tag_links(knowledge: Knowledge) -> tuple[TagLink, ...]:
    """Return every tag that somebody bears, with how many do."""
    bearers = _by_tag(knowledge, rows.bearers(knowledge.progress))
    return tuple(
        TagLink(CommonName(name), knowledge.address("tag", slug), len(who))
        for (name, slug), who in sorted(bearers.items(), key=_place_of_tag)
    )


def tag_list(knowledge: Knowledge, part: int = 1) -> TagList:
    """Return the tags that somebody bears; of too many for one page, a part."""
    tags = tag_links(knowledge)
    parts = in_parts(tags, MOST_LISTED, lambda tag: WEIGHT_OF_TAG + len(tag.url) + len(tag.name))
    number, last = number_and_last(part, parts)
    return TagList(
        count=len(tags),
        tags=tuple(parts[number - 1]),
        number=number,
        last=last,
        page_url=with_parameter(knowledge.address("tags"), "page="),
    )


def _place_of_tag(item: tuple[tuple[str, str], set[UUID]]) -> tuple[bool, str, str]:
    (name, slug), who = item
    return len(who) == 1, sort_key(name), slug


def tag_page(knowledge: Knowledge, slug: str) -> TagPage | None:
    """Return who bears a tag at this episode; a tag that nobody bears does not exist."""
    bearers = rows.bearers(knowledge.progress, rows.tagged(slug))
    if not bearers:
        return None
    cast = Cast(knowledge)
    cast.note(subject for *_, subject in bearers)
    cast.look_up()
    return TagPage(
        name=CommonName(bearers[0][1]),
        url=knowledge.address("tag", slug),
        url_without_name=tag_without_name(slug),
        history_url=knowledge.address("history", "tags", public_id_of_tag(slug)),
        groups=tuple(
            _group(
                knowledge,
                kind,
                slug,
                by_name(cast.root_face(subject) for of, *_, subject in bearers if of == kind.name),
            )
            for kind in SUBJECTS
        ),
        related=_related(knowledge, slug, {subject for *_, subject in bearers}),
    )


def _group(knowledge: Knowledge, kind: Kind, slug: str, faces: tuple[Face, ...]) -> FaceGroup:
    return FaceGroup(
        str(kind.model._meta.verbose_name_plural),
        faces[:MOST_FACES],
        more=max(len(faces) - MOST_FACES, 0),
        url=with_parameter(knowledge.list_of(kind).url, f"tag={slug}"),
    )


def tag_without_name(slug: str) -> str:
    """Return the address of a tag that does not tell its name."""
    return path("tag-short", public_id_of_tag(slug))


def public_id_of_tag(slug: str) -> str:
    return public_id_for(f"tag/{slug}")  # no editors' key holds a slash


def slug_behind(knowledge: Knowledge, public_id: str) -> str | None:
    """Return which tag such an address means, among those that somebody bears at this episode."""
    slugs = {slug for _, _, slug, _ in rows.bearers(knowledge.progress)}
    now = next((slug for slug in slugs if public_id_of_tag(slug) == public_id), None)
    return now or _slug_now(knowledge, lambda former: public_id_of_tag(former) == public_id)


def tag_renamed(knowledge: Knowledge, slug: str) -> str | None:
    """Return the address of the tag that had this slug before it was renamed, if somebody is known to bear it."""
    now = _slug_now(knowledge, lambda former: former == slug)
    return None if now is None else knowledge.address("tag", now)


def _slug_now(knowledge: Knowledge, had: Callable[[str], bool]) -> str | None:
    """Return the slug of a tag that had another before, if somebody is known to bear it."""
    keys = [int(key) for key, former in former_values(TAG.label, "slug") if had(former)]
    return next((slug for _, _, slug, _ in rows.bearers(knowledge.progress, rows.is_tag(keys[:1]))), None)


def tag_exists(knowledge: Knowledge, slug: str) -> bool:
    """Return whether anybody bears it at this episode."""
    return bool(rows.bearers(knowledge.progress, rows.tagged(slug)))


def _by_tag(knowledge: Knowledge, borne: Iterable[tuple[str, str, str, UUID]]) -> Bearers:
    bearers: Bearers = defaultdict(set)
    for _, name, slug, subject in borne:
        bearers[name, slug].add(knowledge.root_of(subject))
    return bearers


def _related(knowledge: Knowledge, slug: str, who: Iterable[UUID]) -> tuple[TagLink, ...]:
    """Return the tags that most of those bear who bear this one."""
    names = batched(knowledge.families_of(who), rows.IDS_AT_ONCE)
    borne = [tag for some in names for tag in rows.bearers(knowledge.progress, among("content_object_id", some))]
    shared = sorted(
        (-len(bearers), sort_key(name), name, other)
        for (name, other), bearers in _by_tag(knowledge, borne).items()
        if other != slug
    )
    return tuple(
        TagLink(CommonName(name), knowledge.address("tag", other), -count)
        for count, _, name, other in shared[:RELATED_TAGS]
    )
