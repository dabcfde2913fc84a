"""The addresses of pages: all there are at an episode, that of one character or faction, and whether one leads on."""

from urllib.parse import urlsplit

from django.urls import Resolver404, ResolverMatch, resolve

from characters.converters import is_public_id
from characters.kinds import EPISODE, SUBJECTS, Kind, kind_with_pages
from characters.lore import rows
from characters.lore.cast import Cast, root_face_of
from characters.lore.knowledge import Knowledge, path
from characters.lore.order import by_name
from episodes.known import is_reached
from episodes.numbers import in_address

from .history import TAGS, history_page
from .tags import public_id_of_tag, slug_behind, tag_exists, tag_links, tag_without_name
from .voices import voice_addresses, voice_exists, voice_without_name

TAG_WITHOUT_NAME = "tag-short"
HISTORY = "history"
VOICE = ("voice", "voice-short")
LISTS = (
    "home",
    *(kind.plural for kind in SUBJECTS),
    "episodes",
    "tags",
    "voices",
    "staff",
    "graph",
    "linked",
    "recap",
    "about",
    "privacy",
)
# The pages that people read; other pages are their own, such as their account.
OF_SUBJECTS = frozenset({
    "then", "character-bare", *(name for kind in SUBJECTS for name in (kind.name, f"{kind.name}-short")),
})  # fmt: skip
READ = frozenset({
    *LISTS, *OF_SUBJECTS, HISTORY, *VOICE, TAG_WITHOUT_NAME, "tag", "episode", "search", "changes",
})  # fmt: skip


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
        *(row.url for row in knowledge.by_place.values() if row.known),
        *(face.url for face in by_name(map(cast.face, known))),
        *(tag.url for tag in tag_links(knowledge)),
        *voice_addresses(knowledge),
    ]


def address_of(knowledge: Knowledge, kind: Kind, public_id: str) -> str | None:
    """Return the full address of a subject, or of whom it is known to be."""
    subject = rows.id_of(knowledge.progress, kind, public_id)
    return None if subject is None else root_face_of(knowledge, subject).url


def has_page_at(knowledge: Knowledge, address: str) -> bool:
    """Return whether an address that this site has shown, perhaps at a later episode, has a page at this one."""
    match = _page_at(address)
    if match is None:
        return True  # never one of ours
    if match.url_name == TAG_WITHOUT_NAME:
        return slug_behind(knowledge, match.kwargs["public_id"]) is not None
    if match.url_name in VOICE:
        return voice_exists(knowledge, match.kwargs["public_id"])
    if match.url_name == HISTORY:
        return history_page(knowledge, match.kwargs["kind"], match.kwargs["key"]) is not None
    key = match.kwargs.get("public_id") or match.kwargs.get("key")
    if isinstance(key, str):
        kind = kind_with_pages(match.kwargs.get("kind", "characters"))
        return rows.id_of(knowledge.progress, kind, key) is not None
    if isinstance(key, int):
        return is_reached(key, knowledge.progress)
    return match.url_name != "tag" or tag_exists(knowledge, match.kwargs["slug"])


def without_name(address: str) -> str:
    """Return the address under which the page at another can be asked for, and which holds no name of anybody."""
    match = _page_at(address)
    if match is None:
        return path("home")
    if match.url_name == HISTORY:
        return path(HISTORY, match.kwargs["kind"], match.kwargs["key"])
    key = match.kwargs.get("public_id") or match.kwargs.get("key")
    if match.url_name == TAG_WITHOUT_NAME:
        return path(TAG_WITHOUT_NAME, key)
    if match.url_name in VOICE:
        return voice_without_name(match.kwargs["public_id"])
    if isinstance(key, str) and is_public_id(key):
        kind = kind_with_pages(match.kwargs.get("kind", "characters"))
        return path(kind.own_page.short_url, key)
    if isinstance(key, int):
        return path("episode", key)
    return tag_without_name(match.kwargs["slug"]) if match.url_name == "tag" else path("home")


def history_behind(address: str) -> tuple[str, str] | None:
    """Return kind and key of the history of the page at an address, if such pages have one."""
    match = _page_at(address)
    if match is None:
        return None
    if match.url_name == "tag":
        return TAGS, public_id_of_tag(match.kwargs["slug"])
    if match.url_name == HISTORY:
        return match.kwargs["kind"], match.kwargs["key"]
    if match.url_name == EPISODE.name:
        return EPISODE.plural, in_address(match.kwargs["number"])
    if match.url_name in {kind.name for kind in SUBJECTS}:
        return match.kwargs["kind"], match.kwargs["public_id"]
    return None


def subjects_at(knowledge: Knowledge, address: str) -> tuple[str, ...]:
    """Return the references of whom or what the page at an address is about, as corrections have them, the root first.

    There are none for a page that is not known, and for one about nobody.
    """
    match = _page_at(address)
    if match is None:
        return ()
    if match.url_name == EPISODE.name:
        number = match.kwargs["number"]
        is_known = number in knowledge.by_place and knowledge.by_place[number].known
        return (f"{EPISODE.label}:{number}",) if is_known else ()
    if match.url_name not in OF_SUBJECTS:
        return ()
    kind = kind_with_pages(match.kwargs.get("kind", "characters"))
    subject = rows.id_of(knowledge.progress, kind, match.kwargs["public_id"])
    if subject is None:
        return ()
    root = knowledge.root_of(subject)
    others = sorted(str(each) for each in knowledge.family_of(subject) if each != root)
    return tuple(f"{kind.label}:{each}" for each in (str(root), *others))


def is_of_a_page(address: str) -> bool:
    """Return whether an address is of a kind of page that people read, be there such a page or not."""
    match = _page_at(address)
    return match is not None and match.url_name in READ


def _page_at(address: str) -> ResolverMatch | None:
    """Return what an address leads to, or None if that is none of ours, or no address at all."""
    try:
        return resolve(urlsplit(address).path)
    except (Resolver404, ValueError):  # of “//[”, for one
        return None
