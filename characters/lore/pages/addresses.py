"""The addresses of pages: all there are at an episode, that of one character or faction, and whether one leads on."""

from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from characters.kinds import SUBJECTS, Kind, kind_with_pages
from characters.lore import rows
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.order import by_name

from .tags import tag_exists, tag_links

LISTS = (
    "home",
    *(kind.plural for kind in SUBJECTS),
    "episodes",
    "tags",
    "graph",
    "linked",
    "recap",
    "about",
    "privacy",
)


def addresses(knowledge: Knowledge) -> list[str]:
    """Return the address of every page there is at this episode, lists first."""
    cast = Cast(knowledge)
    known = [
        subject
        for kind in SUBJECTS
        for subject in rows.visible(knowledge.progress, kind).values_list("id", flat=True)
        if subject not in knowledge.identity_of
    ]
    cast.note(known)
    cast.look_up()
    return [
        *(knowledge.address(name) for name in LISTS),
        *(row.url for row in knowledge.episodes if row.known),
        *(face.url for face in by_name(map(cast.face, known))),
        *(tag.url for tag in tag_links(knowledge)),
    ]


def address_of(knowledge: Knowledge, kind: Kind, public_id: str) -> str | None:
    """Return the full address of a subject, or of whom it is known to be."""
    subject = rows.id_of(knowledge.progress, kind, public_id)
    if subject is None:
        return None
    cast = Cast(knowledge)
    cast.note([subject])
    cast.look_up()
    return cast.root_face(subject).url


def has_page_at(knowledge: Knowledge, address: str) -> bool:
    """Return whether an address that this site has shown, perhaps at a later episode, has a page at this one."""
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return True  # never one of ours
    key = match.kwargs.get("public_id") or match.kwargs.get("key")
    if isinstance(key, str):
        kind = kind_with_pages(match.kwargs.get("kind", "characters"))
        return rows.id_of(knowledge.progress, kind, key) is not None
    if isinstance(key, int):
        return key <= knowledge.progress
    return match.url_name != "tag" or tag_exists(knowledge, match.kwargs["slug"])
