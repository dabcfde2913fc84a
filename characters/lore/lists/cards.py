"""The lists of characters and factions: filtered, sorted, and in pages."""

from collections import defaultdict
from uuid import UUID

from django.core.paginator import Paginator
from django.http import QueryDict
from django.urls import reverse

from characters.kinds import CHARACTER, FACTION, Kind
from characters.lore import rows, telling
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.rows import Row
from characters.lore.statements import among
from characters.models import Membership
from characters.text import prose
from characters.values.lists import Card, CardPage
from characters.vocabulary import Attribute
from episodes.names import Name

from .facets import places_of
from .filters import ListFilter, filter_for
from .roster import newest_of, roster_of

CARDS_PER_PAGE = 60


def card_page(knowledge: Knowledge, kind: Kind, page: int = 1, asked: QueryDict | None = None) -> CardPage:
    """Return a page of the subjects of a kind; who is known for somebody else stands under that name."""
    roster = roster_of(knowledge, kind)
    narrowed = filter_for(kind)(asked or QueryDict(), kind, roster)
    shown_page = Paginator(_ordered(knowledge, kind, narrowed), CARDS_PER_PAGE).get_page(max(page, 1))
    return CardPage(
        heading=knowledge.list_of(kind).name,
        intro=kind.page.intro.format(show=Name(knowledge.show["title"])) if kind.page else "",
        cards=_cards(knowledge, kind, [roster.subject(place) for place in shown_page.object_list]),
        total=shown_page.paginator.count,
        number=shown_page.number,
        last=shown_page.paginator.num_pages,
        narrowing=narrowed.narrowing(reverse(kind.plural), knowledge.carried),
    )


def _cards(knowledge: Knowledge, kind: Kind, shown: list[UUID]) -> tuple[Card, ...]:
    families = knowledge.families_of(shown)
    members = _members(knowledge, shown) if kind is FACTION else {}
    cast = Cast(knowledge)
    cast.note(families)
    cast.look_up()
    lines = {subject: cast.definition(subject) for subject in shown}
    lines |= _other_lines(knowledge, kind, [subject for subject, line in lines.items() if not line], cast)
    return tuple(
        Card(
            face=cast.root_face(subject),
            line=lines[subject],
            first_episode=min(map(cast.first_episode, knowledge.family_of(subject))),
            members=len(members.get(subject, ())),
        )
        for subject in shown
    )


def _other_lines(knowledge: Knowledge, kind: Kind, shown: list[UUID], cast: Cast) -> dict[UUID, str]:
    """Return what a card says of those without a definition: the newest values of some attributes."""
    if not shown:
        return {}
    attributes = (Attribute.SPECIES, Attribute.OCCUPATION) if kind is CHARACTER else (Attribute.SUMMARY,)
    own = among(f"{kind.name}_id", knowledge.families_of(shown))
    traits = rows.traits(knowledge.progress, rows.with_attribute(attributes) & own)
    cast.note_texts(row["value"] for row in traits)
    cast.look_up()
    by_subject: dict[UUID, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in traits:
        by_subject[knowledge.root_of(row["owner_id"])][row["attribute"]].append(row)
    lines = {}
    for subject in shown:
        values = [by_subject[subject][attribute] for attribute in attributes if attribute in by_subject[subject]]
        words = [cast.words(telling.newest_of(value, subject)["value"], inline=True) for value in values]
        lines[subject] = prose.first_sentence(" · ".join(words))
    return lines


def _members(knowledge: Knowledge, factions: list[UUID]) -> dict[UUID, set[UUID]]:
    members: dict[UUID, set[UUID]] = defaultdict(set)
    current = knowledge.current(Membership).filter(faction__in=factions)
    for person, faction in current.values_list("character_id", "faction_id"):
        members[faction].add(knowledge.root_of(person))
    return members


def _ordered(knowledge: Knowledge, kind: Kind, narrowed: ListFilter) -> list[int]:
    """Return the places of all who fit in order of name, and before that of what was asked for."""
    places = places_of(narrowed.fitting(narrowed.chosen))
    if narrowed.sort == "first":
        places.sort(key=narrowed.roster.first.values.__getitem__)
    elif narrowed.sort == "newest":
        places.sort(key=newest_of(knowledge, kind, narrowed.roster).values.__getitem__, reverse=True)
    return places
