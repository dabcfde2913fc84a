"""The lists of characters and factions: filtered, sorted, and in pages."""

from collections import defaultdict
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.http import QueryDict
from django.urls import reverse

from characters.lore import rows, telling
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.lore.rows import Row, owner_of
from characters.models import Alias, Character, Faction, Membership
from characters.text import prose
from characters.values.lists import Card, CardPage
from characters.vocabulary import Attribute

from . import facets
from .filters import CharacterFilter, FactionFilter, ListFilter

CARDS_PER_PAGE = 60


def character_cards(knowledge: Knowledge, page: int = 1, asked: QueryDict | None = None) -> CardPage:
    """Return a page of all characters; who is known for somebody else stands under that name."""
    everybody = rows.root_characters(knowledge.progress)
    narrowed = CharacterFilter(asked or QueryDict(), everybody, facets.of_characters(knowledge))
    return _page(knowledge, Character, narrowed, page)


def faction_cards(knowledge: Knowledge, page: int = 1, asked: QueryDict | None = None) -> CardPage:
    """Return a page of all factions."""
    everyone = Faction.objects.as_of(knowledge.progress)
    narrowed = FactionFilter(asked or QueryDict(), everyone, facets.of_factions(knowledge))
    return _page(knowledge, Faction, narrowed, page)


def _page(knowledge: Knowledge, model: type[Character | Faction], narrowed: ListFilter, number: int) -> CardPage:
    kind = model._meta.model_name or ""
    page = Paginator(_ordered(knowledge, model, narrowed), CARDS_PER_PAGE).get_page(max(number, 1))
    shown = [UUID(subject) for subject in page.object_list]
    return CardPage(
        cards=_cards(knowledge, model, shown),
        total=page.paginator.count,
        number=page.number,
        last=page.paginator.num_pages,
        narrowing=narrowed.narrowing(
            set().union(*narrowed.facets["first"].bearers.values()),
            reverse(f"{kind}s"),
            {"as_of": str(knowledge.progress)} if knowledge.look_back else {},
        ),
    )


def _cards(knowledge: Knowledge, model: type[Character | Faction], shown: list[UUID]) -> tuple[Card, ...]:
    kind = model._meta.model_name or ""
    at = knowledge.progress
    families = knowledge.families_of(shown)
    attributes = (Attribute.SPECIES, Attribute.OCCUPATION) if model is Character else (Attribute.SUMMARY,)
    traits = rows.traits(at, Q(attribute__in=attributes, **{f"{kind}__in": families}))
    first = dict(model.objects.as_of(at).filter(id__in=families).values_list("id", "revealed_in_id"))
    members = _members(knowledge, shown) if model is Faction else {}
    cast = Cast(knowledge)
    (cast.characters if model is Character else cast.factions).update(families)
    cast.note_texts(row["value"] for row in traits)
    cast.look_up()
    lines = _lines(knowledge, traits, attributes, shown, cast)
    return tuple(
        Card(
            face=cast.root_face(subject) if model is Character else cast.faction(subject),
            line=lines[subject],
            first_episode=min(first[member] for member in knowledge.family_of(subject)),
            members=len(members.get(subject, ())),
        )
        for subject in shown
    )


def _lines(
    knowledge: Knowledge, traits: list[Row], attributes: tuple[Attribute, ...], shown: list[UUID], cast: Cast
) -> dict[UUID, str]:
    """Return what a card says below the name: the newest values of some attributes."""
    by_subject: dict[UUID, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in traits:
        by_subject[knowledge.root_of(owner_of(row))][row["attribute"]].append(row)
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


def _ordered(knowledge: Knowledge, model: type[Character | Faction], narrowed: ListFilter) -> list[facets.Id]:
    """Return the ids in order of name, and before that of what was asked for."""
    headlines = Alias.objects.as_of(knowledge.progress).filter(
        headline=True, **{str(model._meta.model_name): OuterRef("pk")}
    )
    named = narrowed.qs.annotate(name=Subquery(headlines.order_by("-revealed_in_id").values("name")[:1]))
    ids = list(named.order_by(Lower("name"), "name", "public_id").values_list(facets.as_written("pk"), flat=True))
    if narrowed.sort == "first":
        ids.sort(key=facets.first_episodes(narrowed.facets).__getitem__)
    elif narrowed.sort == "newest":
        ids.sort(key=facets.newest_episodes(knowledge, narrowed.facets).__getitem__, reverse=True)
    return ids
