"""Every visible page of a character at every episode, with its shape and with what comes later of whom it is about."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from characters.lore.door import Lore
from characters.text.prose import plain
from characters.values.lists import Card
from characters.values.pages import SubjectPage
from characters.vocabulary import BETRAYED, Attribute, Bond, Certainty
from episodes.names import Name

from .features import Features, features_of, revelations_on

UNMASKED, DIES, CHANGES_SIDES = "unmasked later", "dies later", "changes sides later"
OUTCOMES = (UNMASKED, DIES, CHANGES_SIDES)
DEAD = re.compile(r"\b(?:dead|deceased|died|killed|destroyed|murdered|executed)\b", re.IGNORECASE)
KIND = "characters"

MOST_EPISODES, MOST_CHARACTERS = 40, 150  # are read of a show, so that none takes longer than a minute


@dataclass(frozen=True, slots=True)
class Sight:
    """A character's page at an episode."""

    who: int  # by order of first sight
    public_id: str
    name: Name
    episode: int
    revelations: int  # that concern it so far: how much it appears
    features: Features
    later: Mapping[str, int | None]  # in which episode each outcome comes, if ever; one that has come is left out


@dataclass(frozen=True, slots=True)
class _Page:
    """What is kept of a page until all have been read."""

    public_id: str  # of whom it is about, which may be another than was asked for
    name: Name
    revelations: int
    features: Features
    is_dead: bool
    changed_sides: bool  # since the episode that was read before


def sights_of_the_show() -> list[Sight]:
    """Read every page of every character at every episode, through the read door as visitors do."""
    lores = [Lore(number) for number in _some([episode.number for episode in Lore(0).episodes], MOST_EPISODES)]
    chosen = _some(list(_by_first_sight(lores)), MOST_CHARACTERS)
    numbers = [lore.progress for lore in lores]
    pages = [_pages_at(lore, chosen, before) for before, lore in zip([-1, *numbers], lores, strict=False)]
    sights = []
    for place, number in enumerate(numbers):
        for who, public_id in enumerate(chosen):
            page = pages[place].get(public_id)
            if page is None or page.public_id != public_id:
                continue
            after = {later: known[public_id] for later, known in zip(numbers, pages, strict=True) if later > number}
            sights.append(
                Sight(who, public_id, page.name, number, page.revelations, page.features, later=_later(page, after))
            )
    return sights


def _some[Item](items: Sequence[Item], most: int) -> list[Item]:
    """Return all items, or every second, third and so on of too many."""
    return list(items[:: -(-len(items) // most) or 1])


def _by_first_sight(lores: Iterable[Lore]) -> Iterator[str]:
    """Yield the public ids of all characters, as the lists show them one episode after another."""
    seen: set[str] = set()
    for lore in lores:
        for card in _cards(lore):
            if (public_id := _public_id(card.face.url)) not in seen:
                seen.add(public_id)
                yield public_id


def _cards(lore: Lore, sort: str = "name") -> Iterator[Card]:
    asked = QueryDict(f"sort={sort}")
    page = lore.subjects(KIND, 1, asked)
    yield from page.cards
    for number in range(2, page.last + 1):
        yield from lore.subjects(KIND, number, asked).cards


def _public_id(url: str) -> str:
    """Return the part of a page's address that stays."""
    return url.split("/")[2]


def _pages_at(lore: Lore, chosen: Iterable[str], before: int) -> dict[str, _Page]:
    """Return for each character that is known at an episode the page of whom it is known to be."""
    places = {
        f"order: by {sort}": {_public_id(card.face.url): place for place, card in enumerate(_cards(lore, sort))}
        for sort in ("name", "newest")
    }
    roots = {public_id: _public_id(url) for public_id in chosen if (url := lore.address_of(KIND, public_id))}
    pages = {}
    for root in set(roots.values()):
        parts = list(_parts(lore, root))
        dead = _is_dead(parts)
        pages[root] = _Page(
            public_id=root,
            name=parts[0].face.name,
            revelations=revelations_on(parts),
            features=features_of(parts, lore.vocabulary) | {name: place[root] for name, place in places.items()},
            is_dead=dead,
            changed_sides=_betrayed(parts, before) or _fell_out(parts, before) or (not dead and _left(parts, before)),
        )
    return {public_id: pages[root] for public_id, root in roots.items()}


def _parts(lore: Lore, public_id: str) -> Iterator[SubjectPage]:
    """Yield the page of a character, part by part."""
    number, last = 1, 1
    while number <= last:
        part = lore.subject(KIND, public_id, number)
        if part is None:
            raise LookupError(f"A list leads to {public_id}, and it has no page.")
        yield part
        number, last = number + 1, part.last


def _is_dead(parts: Iterable[SubjectPage]) -> bool:
    facts = (fact for part in parts for fact in part.facts if fact.attribute == Attribute.STATUS)
    return any(DEAD.search(plain(value.html)) for fact in facts for value in fact.values)


def _left(parts: Iterable[SubjectPage], before: int) -> bool:
    """Return whether somebody has left a group since an episode, and not only one of the posts there."""
    places = [place for part in parts for place in part.places]
    stays = {place.other.url for place in places if not place.is_past}
    return any(place.until is not None and place.until > before and place.other.url not in stays for place in places)


def _betrayed(parts: Iterable[SubjectPage], before: int) -> bool:
    """Return whether somebody has betrayed another since an episode."""
    return any(
        tie.kind == BETRAYED and tie.is_from_here and tie.since > before and tie.certainty != Certainty.DISPROVED
        for part in parts
        for tie in part.ties
    )


def _fell_out(parts: Iterable[SubjectPage], before: int) -> bool:
    """Return whether trust between somebody and another has given way to conflict since an episode."""
    ended, began = set(), set()
    for tie in (tie for part in parts for tie in part.ties):
        if tie.until is not None and tie.until > before and tie.bond == Bond.TRUST:
            ended.add(tie.other.url)
        if tie.since > before and tie.bond == Bond.CONFLICT:
            began.add(tie.other.url)
    return bool(ended & began)


def _later(page: _Page, after: Mapping[int, _Page]) -> dict[str, int | None]:
    """Return when each outcome comes to whom a page is about, whoever that turns out to be, as later pages tell."""

    def first(comes: Callable[[_Page], bool]) -> int | None:
        return next((number for number, later in after.items() if comes(later)), None)

    return {
        UNMASKED: first(lambda later: later.public_id != page.public_id),
        CHANGES_SIDES: first(lambda later: later.changed_sides),
    } | ({} if page.is_dead else {DIES: first(lambda later: later.is_dead)})
