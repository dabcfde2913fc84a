"""Twin sites: what the full site and the one cut at the viewer's episode answer to the same request."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from html import unescape
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode, urlsplit
from zlib import crc32

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import reverse

from characters.kinds import CHARACTER, FACTION, SUBJECTS
from characters.lore import Lore, correctable
from characters.lore.lists.facets import Facet, places_of
from characters.lore.lists.roster import Roster, roster_of
from characters.lore.pages.tags import public_id_of_tag, tag_without_name
from characters.lore.search import index
from characters.lore.telling import voice_id
from characters.models import Alias, Portrait, SearchEntry, Tag, Trait
from characters.models.words import vocabulary_in_the_database
from characters.text.other_words import OTHER_WORDS
from characters.text.words import words_of
from episodes.axes import key_of
from episodes.models import Episode
from episodes.numbers import in_address
from rougedb.page_cache.pages import address_of
from tests.nets import gate_net, net_lifted
from tests.shows import LAST_EPISODE

TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=)"\w+"')  # drawn by lot, on account pages alone
LINK = re.compile(r'(?:href|action|src)="(/[^"#]*)')
TAKING_TURNS = re.compile(
    r"/then/|^/changes/.|^/corrections/new/|^/tags/.|^/t/|^/went-back/|^/recap/\?since=|^/graph/\?(?:faction|of)=|^/linked/\?"
)
ALIKE = re.compile(r"^/corrections/.*[?&]page=|^/(?:graph|linked)/\?.*as_of=")
COUNTS_ALL = "/readyz"  # whether each row has its entry in the search index, whatever it tells and from when on
NONSENSE = (
    "/nothing/", "/characters/zzzzzzzzzzzz/", "/c/zzzzzzzzzzzz/", "/characters/x/", "/factions/zzzzzzzzzzzz/",
    "/tags/no-such-tag/", "/episodes/99/", "/episodes/99999999999999999999/", "/characters/?page=2",
    "/characters/?page=-1", "/characters/?page=zz", "/?as_of=99", "/?as_of=-1", "/?as_of=x", "/progress/",
    "/search/", "/search/?q=%22", "/search/?q=zzzzqqq", "/search/?q=-a", "/search/suggest/", "/search/suggest/?q=a",
    "/graph/?faction=zzzzzzzzzzzz", "/graph/?of=zzzzzzzzzzzz", "/graph/?as_of=1",
    "/linked/?a=zzzzzzzzzzzz&b=", "/linked/?a=%00&b=zzzzqqq",
    "/recap/?since=99", "/recap/?since=x", "/recap/?since=",
    "/characters/zzzzzzzzzzzz/x/then/",
    "/characters", "/admin/", "/sitemap.xml", "/robots.txt", "/healthz", "/readyz", "/media/portraits/none.webp",
    "/voices/?page=2", "/voices/zzzzzzzzzzzz/", "/voices/zzzzzzzzzzzz/x/", "/voices/x/", "/staff/?page=2",
    "/episodes/?from=2", "/episodes/?from=x",
    "/about/", "/privacy/", "/changes/?page=2", "/changes/?page=x", "/changes/characters/zzzzzzzzzzzz/",
    "/changes/episodes/99/", "/changes/episodes/x/", "/changes/tags/zzzzzzzzzzzz/", "/changes/nothing/x/",
    "/changes/feed/", "/changes/feed/at/x/", "/changes/feed/at/9:x/", "/changes/feed/at/9/",
    "/changes/characters/zzzzzzzzzzzz/feed/", "/changes/episodes/9/feed/", "/changes/episodes/9/feed/at/9:x/",
    "/changes/episodes/0/?page=2", "/went-back/?to=/changes/characters/zzzzzzzzzzzz/",
    "/corrections/new/characters/zzzzzzzzzzzz/",
    "/corrections/new/episodes/99/", "/t/zzzzzzzzzzzz/", "/went-back/", "/went-back/?to=/c/zzzzzzzzzzzz/",
    "/went-back/?to=x&as_of=1", "/?as_of=1", "/nothing/?as_of=1",
    "/corrections/new/episodes/0/?row=x&add=y&add=revelation", "/corrections/receipt/nothing/", "/corrections/",
    "/watching/stop/x/", "/corrections/too-much/", "/corrections/too-much/?page=/characters/zzzzzzzzzzzz/x/",
    "/corrections/new/characters/", "/corrections/new/characters/?name=zzzzqqq",
    "/corrections/new/episodes/0/?page=/characters/zzzzzzzzzzzz/x/",
)  # fmt: skip

# The episodes at which all of the real show is crawled, for law 2. PostgreSQL needs no more than one later episode.
CRAWLED = (0, 1, 5, LAST_EPISODE) if connection.vendor == "sqlite" else (0, 1, 9)


class Answer(NamedTuple):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


NOTHING_YET: Mapping[str, Answer] = {}


@cache
def site() -> BaseHandler:
    """Without the test client, which keeps a copy of each template's context."""
    handler = BaseHandler()
    handler.load_middleware()
    return handler


def raising[**P, R](work: Callable[P, R]) -> Callable[P, R]:
    """Let what goes wrong in the site go wrong here; a setting is changed once, as all that is made of settings goes
    with each change.
    """

    @wraps(work)
    def wrapped(*args: P.args, **options: P.kwargs) -> R:
        if settings.DEBUG_PROPAGATE_EXCEPTIONS:
            return work(*args, **options)
        with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True):
            return work(*args, **options)

    return wrapped


@raising
def ask(address: str, *, progress: int) -> Answer:
    """Return the answer; what is kept is asked for once more, so that the site is compared as it is when it is warm."""
    answer = _asked_once(address, progress=progress)
    if address_of(unquote(urlsplit(address).path)) is not None:
        assert _asked_once(address, progress=progress) == answer, address
    return answer


def _asked_once(address: str, *, progress: int) -> Answer:
    request = RequestFactory().get(address, headers={"cookie": f"progress={key_of(progress)}"})
    net = net_lifted() if address == COUNTS_ALL else gate_net()
    with net:
        response = site().get_response(request)
    headers = sorted((name, value) for name, value in response.headers.items() if name != "Expires")  # a clock
    content = b"".join(response) if response.streaming else response.content
    return Answer(response.status_code, tuple(headers), TOKEN.sub(rb"\1", content))


@raising
def answers(addresses: Iterable[str], *, progress: int, known: Mapping[str, Answer] = NOTHING_YET) -> dict[str, Answer]:
    """Ask for these addresses, but for those whose answer is known."""
    return {address: known.get(address) or ask(address, progress=progress) for address in sorted(addresses)}


def links_of(body: bytes) -> set[str]:
    return {unescape(link) for link in LINK.findall(body.decode())}


def is_due(address: str, progress: int) -> bool:
    """Comparisons, forms, tags, recaps and narrowed maps are many, and take turns: each at every third episode."""
    return not TAKING_TURNS.search(address) or (crc32(address.encode()) + progress) % 3 == 0


@raising
def crawl(progress: int, *, everything: bool = True, known: Mapping[str, Answer] = NOTHING_YET) -> dict[str, Answer]:
    """All that links lead to from the home page; looking back goes one step, not on from page to page.

    A form for a single row is left to `forms`, as every page of a row leads to it, and of what compares a page with
    each earlier episode, one is enough. Of forms that differ in the page they were opened from alone, and of maps at
    earlier episodes, a third is asked. Without `everything`, nothing looks back, and only what is due is asked. What is
    known of the same site at the same progress is not asked again.
    """
    then = f"/then/?episode={progress // 2}"
    found: dict[str, Answer] = {}
    waiting = {"/", "/sitemap.xml"}
    while waiting:
        address = waiting.pop()
        found[address] = known.get(address) or ask(address, progress=progress)
        follows = found[address].status == 200 and "as_of=" not in address
        links = links_of(found[address].body) if follows else set()
        if location := dict(found[address].headers).get("Location"):
            links.add(location)
        elsewhere = ("/static/", "/media/", "/progress/")
        links = {link for link in links if not link.startswith(elsewhere) and "row=" not in link}
        links = {link for link in links if "/then/?" not in link or then in link}
        links = {link for link in links if not ALIKE.search(link) or crc32(link.encode()) % 3 == progress % 3}
        if not everything:
            links = {link for link in links if "as_of=" not in link and is_due(link, progress)}
        waiting |= links - set(found)
    return found


def known_addresses() -> set[str]:
    """Every address that somebody who knows all of the database could come to try."""
    addresses = {"/", "/episodes/", "/tags/", "/voices/", "/staff/"}
    named_before = ""
    for kind in SUBJECTS:
        addresses.add(f"/{kind.plural}/")
        for subject in kind.model._base_manager.all():
            headlines = Alias.objects.filter(headline=True, **{kind.name: subject})
            base = f"/{kind.plural}/{subject.public_id}/"
            named = {f"{base}{Lore.slug(alias.name, 'x')}/" for alias in headlines}
            addresses |= {base, *named}
            if kind is CHARACTER:
                addresses |= {f"{base}x/then/?episode=2", f"/graph/?of={subject.public_id}"}
                asked = (named_before, subject.public_id, *headlines.values_list("name", flat=True))
                addresses |= {
                    f"/linked/?{urlencode({'a': one, 'b': other})}" for one, other in pairwise(asked) if one and other
                }
                named_before = subject.public_id
            if kind is FACTION:
                addresses.add(f"/graph/?faction={subject.public_id}")
            addresses.add(f"/went-back/?to={reverse(kind.own_page.short_url, args=[subject.public_id])}")
            addresses.add(f"/changes/{kind.plural}/{subject.public_id}/")
            addresses |= {f"{base}?as_of=2", f"/c/{subject.public_id}/", f"/{kind.plural}/{subject.key}/"}
    addresses |= {f"/tags/{tag.slug}/" for tag in Tag.objects.all()}
    addresses |= {tag_without_name(tag.slug) for tag in Tag.objects.all()}
    voices = set(
        Trait.objects.filter(attribute__in=vocabulary_in_the_database().spoken_in).values_list("value", flat=True)
    )
    addresses |= {f"/voices/{voice_id(name)}/" for name in voices}
    addresses |= {f"/voices/{voice_id(name)}/{Lore.slug(name, 'voice')}/" for name in voices}
    addresses |= {f"/went-back/?to=/voices/{voice_id(name)}/" for name in voices}
    addresses |= {reverse("episode", args=[number]) for number in Episode.objects.values_list("number", flat=True)}
    addresses |= {f"/changes/episodes/{in_address(each)}/" for each in Episode.objects.values_list("number", flat=True)}
    addresses |= {f"/changes/tags/{public_id_of_tag(tag.slug)}/" for tag in Tag.objects.all()}
    addresses |= {f"/recap/?since={number}" for number in Episode.objects.values_list("number", flat=True)}
    addresses |= {f"/media/{name}" for name in Portrait.objects.values_list("image", flat=True)}
    return {address for address in addresses if "//" not in address}


def everything_asked(
    progress: int, *, also: Iterable[str] = (), known: Mapping[str, Answer] = NOTHING_YET
) -> dict[str, Answer]:
    """The answers to all that links lead to and to what could be guessed, of which each second is asked in turn."""
    found = crawl(progress, everything=False, known=known)
    guessed = {
        address
        for address in known_addresses()
        if is_due(address, progress) and (crc32(address.encode()) + progress) % 2 == 0
    }
    return found | answers((guessed | set(also)) - set(found), progress=progress, known=known)


def searches(progress: int) -> set[str]:
    """Searches for what the database knows, later things too: words, names and beginnings, each third at some episode.

    What the index answers to each of them at every episode is what `found_by_words` asks.
    """
    words = sorted(every_word() | OTHER_WORDS.keys())
    names = sorted(Alias.objects.values_list("name", flat=True))
    beginnings = sorted({word[:length] for name in names for word in words_of(name) for length in (1, 2, 3, 5)})
    stride = 3 * LAST_EPISODE
    asked = [("/search/", text) for text in (*words[progress * 3 :: stride], *names[progress * 3 :: stride])]
    asked += [
        ("/search/suggest/", text) for text in (*beginnings[progress * 3 :: stride], *names[progress * 3 :: stride])
    ]
    return {f"{path}?{urlencode({'q': text})}" for path, text in asked}


def narrowed_lists(progress: int) -> set[str]:
    """The lists narrowed by what somebody at the last episode could choose; each value at one episode."""
    with net_lifted():
        last = Lore(Episode.objects.count())
        offered = {kind.plural: roster_of(last, kind).facets for kind in SUBJECTS}
    values = sorted(
        f"/{kind}/?{urlencode({name: value})}"
        for kind, by_name in offered.items()
        for name, facet in by_name.items()
        for value in facet.labels
    )
    sorts = {f"/{kind}/?sort={sort}" for kind in offered for sort in ("first", "newest", "nonsense")}
    return {
        *values[progress % LAST_EPISODE :: LAST_EPISODE],
        *sorts,
        "/characters/?species=nean&status=alive&tag=&page=2&nonsense=1",
    }


def forms(progress: int) -> set[str]:
    """The contributors' forms with all rows of a page chosen, later ones too; each page at one episode."""
    with net_lifted():
        last = Lore(Episode.objects.count())
        asked = set()
        pages = [
            (kind.plural, subject.public_id)
            for kind in SUBJECTS
            for subject in kind.model._base_manager.order_by("key")
        ]
        pages += [("episodes", str(episode.number)) for episode in Episode.objects.order_by("number")]
        for kind, key in pages[progress % LAST_EPISODE :: LAST_EPISODE]:
            page = correctable.page_of(last, kind, key)
            assert page is not None
            chosen = [("row", row.ref) for row in page.rows] + [("add", short) for short, _ in page.additions]
            asked.add(f"/corrections/new/{kind}/{key}/?{urlencode(chosen)}")
    return asked


def bearers(progress: int) -> list[dict[str, dict[str, set[Any]]]]:
    """Who has what in every filter; the rows of full site and cut site have the same ids."""
    lore = Lore(progress)
    rosters = [roster_of(lore, kind) for kind in SUBJECTS]
    return [{name: _subjects_of(roster, facet) for name, facet in roster.facets.items()} for roster in rosters]


def _subjects_of(roster: Roster, facet: Facet) -> dict[str, set[Any]]:
    return {value: set(map(roster.subject, places_of(bits))) for value, bits in facet.bearers.items()}


def every_word() -> set[str]:
    with net_lifted():
        return {word for words in SearchEntry.objects.values_list("words", flat=True) for word in words.split()}


def found_by_words(words: Iterable[str], *, progress: int) -> dict[str, Any]:
    """What the index answers to each word by itself, in order."""
    lore = Lore(progress)
    return {word: index.in_index(lore, word) for word in words}


def text_of(body: bytes) -> str:
    """What a reader sees, with white space folded."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", body.decode())))
