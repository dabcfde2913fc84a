"""The read door: `Lore(progress)` is all that is known at that episode, and public pages read from nowhere else.

Every query starts at `as_of(progress)`. A page takes a bounded number of queries however many rows there are: each
method first collects its rows, then resolves everybody they touch in one go (`cast.Cast`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Exists, OuterRef
from django.db.models.functions import Lower
from django.http import QueryDict
from django.urls import Resolver404, resolve, reverse
from django.utils.safestring import SafeString
from django.utils.text import slugify

from episodes.gate import Ends
from episodes.models import Episode, Series

from . import beliefs, facets, graph, prose, recap, retelling, search, telling
from .cast import Cast
from .filters import CharacterFilter, FactionFilter, ListFilter
from .models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    FactionTag,
    Membership,
    Portrait,
    Relationship,
    Revelation,
    Trait,
    Unmasking,
)
from .statements import as_stored, as_uuid, fetched, holes
from .telling import Row
from .values import (
    Card,
    CardPage,
    Cell,
    Changed,
    Chapter,
    Chart,
    EpisodePage,
    EpisodeRow,
    Face,
    GraphPage,
    Lately,
    Learned,
    Link,
    Place,
    RecapPage,
    SearchPage,
    SeriesInfo,
    ShownChange,
    SubjectPage,
    Suggestion,
    TagLink,
    TagPage,
    ThenPage,
    Tie,
    Ties,
)
from .vocabulary import Attribute, Certainty, RelationshipKind

if TYPE_CHECKING:
    from corrections.models import Change, Correction

CARDS_PER_PAGE = 60
CONCERNED = (
    'SELECT \'{kind}\', "characters_revelation"."id", "revealed_in_id", "{kind}_id" FROM "characters_revelation"'
    ' LEFT JOIN "characters_revelation_{kind}s" ON "revelation_id" = "characters_revelation"."id"'
    ' WHERE "characters_revelation"."revealed_in_id" <= %s AND "characters_revelation"."id" IN ({holes})'
)
RELATED_TAGS = 12


class Lore:
    """What somebody who has watched up to `progress` knows."""

    def __init__(self, progress: int, *, look_back: bool = False) -> None:
        self.progress = progress
        self.look_back = look_back

    def at(self, progress: int) -> "Lore":
        return Lore(progress)

    def leads_on(self, address: str) -> bool:
        """Whether there is a page at an address that this site has shown at some episode, perhaps a later one."""
        try:
            found = resolve(urlsplit(address).path)
        except Resolver404:
            return True  # never one of ours
        who = found.kwargs.get("public_id") or found.kwargs.get("key")
        if isinstance(who, str):
            model = Faction if "faction" in (found.url_name or "") else Character
            return model.objects.as_of(self.progress).filter(public_id=who).exists()
        if isinstance(who, int):
            return who <= self.progress
        return found.url_name != "tag" or self.tag(found.kwargs["slug"]) is not None

    # The show and its episodes

    @cached_property
    def _series(self) -> Row:
        return dict(Series.objects.values().first() or {"title": "rougedb"})

    @cached_property
    def series(self) -> SeriesInfo:
        row = self._series
        credits = {
            "Studio": row.get("studio"),
            "Director": row.get("director"),
            "Series composition": ", ".join(row.get("writers", [])),
            "Character design": row.get("character_design"),
            "Music": ", ".join(row.get("music", [])),
        }
        return SeriesInfo(
            title=row["title"],
            native_title=row.get("native_title", ""),
            credits=tuple((label, names) for label, names in credits.items() if names),
        )

    @cached_property
    def premise(self) -> SafeString:
        text = self._series.get("premise", "")
        cast = Cast(self)
        cast.note_texts([text])
        cast.look_up()
        return cast.render(text)

    @cached_property
    def episodes(self) -> tuple[EpisodeRow, ...]:
        """All of them: number and air date are public, the title comes with the episode."""
        rows = Episode.objects.order_by("number").annotate(
            known_title=self._once_watched("title"), known_native_title=self._once_watched("native_title")
        )
        return tuple(
            EpisodeRow(
                number=row["number"],
                aired_on=row["aired_on"],
                url=self.address("episode", row["number"]),
                known=row["number"] <= self.progress,
                title=row["known_title"],
                native_title=row["known_native_title"],
            )
            for row in rows.values("number", "aired_on", "known_title", "known_native_title")
        )

    @cached_property
    def here(self) -> EpisodeRow | None:
        return next((row for row in self.episodes if row.number == self.progress), None)

    @cached_property
    def next_episode(self) -> EpisodeRow | None:
        return next((row for row in self.episodes if row.number > self.progress), None)

    @property
    def last_episode(self) -> int:
        return self.episodes[-1].number if self.episodes else 0

    def episode(self, number: int) -> EpisodePage | None:
        """The page of an episode; of one that is not watched yet it has the number and the air date alone."""
        at = next((place for place, row in enumerate(self.episodes) if row.number == number), None)
        if at is None:
            return None
        watched = Episode.objects.filter(number=number, number__lte=self.progress)
        text = watched.values_list("synopsis", flat=True).first() or ""
        revelations = self._revelations(Q(revealed_in=number))
        unmaskings = [row for row in self.unmaskings if row["revealed_in_id"] == number]
        names = self._names(Q(revealed_in=number))
        appeared = set(Character.objects.as_of(self.progress).filter(revealed_in=number).values_list("id", flat=True))
        cast = Cast(self)
        cast.note_texts([text])
        cast.characters |= appeared | {row["character_id"] for row in names if row["character_id"]}
        cast.factions |= {row["faction_id"] for row in names if row["faction_id"]}
        for row in unmaskings:
            cast.characters |= {row["persona_id"], row["identity_id"]}
        telling.introduce_revelations(revelations, cast)
        cast.look_up()
        synopsis = cast.render(text)
        changes = [
            *telling.in_order(telling.unmasked(unmaskings, cast)),
            *telling.in_order(telling.named(names, cast)),
        ]
        concerned = {person for row in revelations for person in row["characters"]}
        earlier = Character.objects.as_of(min(number - 1, self.progress)).values_list("id", flat=True)
        known_before = {self.root_of(person) for person in earlier.filter(id__in=self._families_of(appeared))}
        return EpisodePage(
            episode=self.episodes[at],
            synopsis=synopsis,
            description=telling.shortened(prose.plain(synopsis)),
            cast=telling.by_name(cast.root_face(person) for person in appeared | concerned),
            newcomers=telling.by_name(
                cast.root_face(person) for person in appeared if self.root_of(person) not in known_before
            ),
            revelations=tuple(telling.learned(row, cast, with_concerned=True) for row in revelations),
            changes=tuple(entry for _, entry in changes),
            previous=self.episodes[at - 1] if at else None,
            next=self.episodes[at + 1] if at + 1 < len(self.episodes) else None,
            correct_url=reverse("correct-episodes", args=[number]),
        )

    # Lists

    def characters(self, page: int = 1, asked: QueryDict | None = None) -> CardPage:
        """Everybody, narrowed and sorted as asked; who is known for somebody else stands under that name."""
        offered = facets.of_characters(self)
        narrowed = CharacterFilter(asked or QueryDict(), self._root_characters(), offered)
        return self._cards(Character, narrowed, page)

    def factions(self, page: int = 1, asked: QueryDict | None = None) -> CardPage:
        narrowed = FactionFilter(asked or QueryDict(), Faction.objects.as_of(self.progress), facets.of_factions(self))
        return self._cards(Faction, narrowed, page)

    def character_count(self) -> int:
        return self._root_characters().count()

    def tags(self) -> tuple[TagLink, ...]:
        return tuple(
            TagLink(name, self.address("tag", slug), len(who)) for (name, slug), who in sorted(self._tagged.items())
        )

    @cached_property
    def _tagged(self) -> dict[tuple[str, str], set[UUID]]:
        """Who bears each tag, by its name and slug."""
        bearers: dict[tuple[str, str], set[UUID]] = defaultdict(set)
        for rows in (self.current(CharacterTag), self.current(FactionTag)):
            for name, slug, bearer in rows.values_list("tag__name", "tag__slug", "content_object_id"):
                bearers[name, slug].add(self.root_of(bearer))
        return bearers

    def tag(self, slug: str) -> TagPage | None:
        """Who bears it at this episode; what nobody bears does not exist."""
        of_characters = self.current(CharacterTag).filter(tag__slug=slug).values_list("tag__name", "content_object_id")
        of_factions = self.current(FactionTag).filter(tag__slug=slug).values_list("tag__name", "content_object_id")
        people, groups = list(of_characters), list(of_factions)
        if not people and not groups:
            return None
        cast = Cast(self)
        cast.characters |= {person for _, person in people}
        cast.factions |= {group for _, group in groups}
        cast.look_up()
        return TagPage(
            name=(people or groups)[0][0],
            url=self.address("tag", slug),
            characters=telling.by_name(cast.root_face(person) for _, person in people),
            factions=telling.by_name(cast.faction(group) for _, group in groups),
            related=self._related_tags(slug),
        )

    def _related_tags(self, slug: str) -> tuple[TagLink, ...]:
        """The tags that most of the same bear."""
        bearers = next(who for (_, other), who in self._tagged.items() if other == slug)
        shared = sorted(
            (-len(bearers & who), name, other)
            for (name, other), who in self._tagged.items()
            if other != slug and bearers & who
        )
        return tuple(TagLink(name, self.address("tag", other), -count) for count, name, other in shared[:RELATED_TAGS])

    # Looking instead of reading

    def graph(self, faction: str = "") -> GraphPage:
        return graph.graph(self, faction)

    def then(self, public_id: str, episode: int | None) -> ThenPage | None:
        """A character as known at an earlier episode, next to now."""
        found = Character.objects.as_of(self.progress).filter(public_id=public_id).values_list("id", flat=True).first()
        if found is None:
            return None
        family = self._members(Character, self.family_of(found))
        first = min(row["revealed_in_id"] for row in family)
        at = first if episode is None or episode >= self.progress else episode
        return beliefs.compare(self, Lore(min(at, self.progress), look_back=True), self.root_of(found), family)

    def recap(self, since: int) -> RecapPage | None:
        """What happened after an episode that is behind; of any other there is none."""
        is_behind = any(row.number == since < self.progress for row in self.episodes)
        return recap.recap(self, since) if is_behind else None

    def changed(self, since: int) -> tuple[Changed, ...]:
        """The pages that are not what they were at that episode."""
        return recap.changed(self, since)

    # Search and narrowing

    def search(self, text: str, page: int = 1) -> SearchPage:
        return search.search(self, text, page)

    def suggest(self, text: str) -> tuple[Suggestion, ...]:
        return search.suggest(self, text)

    def rows(self, model: type[Any], ids: Iterable[UUID], *columns: str) -> list[Row]:
        """Of these, those that are known; with `until`, where an end is known."""
        known = self._with_end(model) if issubclass(model, Ends) else model.objects.as_of(self.progress)
        return _rows(
            known.filter(id__in=ids), "revealed_in_id", *columns, *(["until"] if issubclass(model, Ends) else [])
        )

    def current(self, model: type[Any]) -> QuerySet[Any]:
        """The rows that have not ended, as far as is known."""
        return self._with_end(model).filter(until__isnull=True)

    def ended(self, model: type[Any]) -> QuerySet[Any]:
        """The rows that have ended, as far as is known; with `until`."""
        return self._with_end(model).filter(until__isnull=False)

    def revelations(self, ids: Iterable[UUID]) -> list[Row]:
        """What they say, and since when each is seen differently."""
        told = Revelation.objects.as_of(self.progress).filter(id__in=ids)
        overturned = self._overturned_in(ids)
        rows = _rows(told, "id", "text", "certainty", "revealed_in_id")
        return [row | {"overturned_in": overturned.get(row["id"])} for row in rows]

    def concerned(self, ids: Iterable[UUID]) -> Iterable[tuple[UUID, int, set[UUID], set[UUID]]]:
        """Of revelations, those that are known: episode, characters and factions."""
        stored = [as_stored(row) for row in ids]
        sql = " UNION ALL ".join(CONCERNED.format(kind=kind, holes=holes(stored)) for kind in ("character", "faction"))
        found: dict[tuple[UUID, int], dict[str, set[UUID]]]
        found = defaultdict(lambda: {"character": set(), "faction": set()})
        for kind, row, number, subject in fetched(sql, [self.progress, *stored] * 2):
            found[as_uuid(row), number][kind].update([as_uuid(subject)] if subject else [])
        return [(row, number, subjects["character"], subjects["faction"]) for (row, number), subjects in found.items()]

    def revelations_of(self, characters: Iterable[UUID]) -> list[Row]:
        """Those that concern them, and those that overturned these, whomever they concern."""
        own = self._revelations(Q(characters__in=characters))
        ids = {row["id"] for row in own}
        return own + self._revelations(Q(supersedes__in=ids) & ~Q(id__in=ids))

    def happened(self, since: int) -> telling.Material:
        """What the episodes after that one brought."""
        new = Q(revealed_in__gt=since)
        ended = Q(ended_in__gt=since, ended_in__lte=self.progress)
        return telling.Material(
            names=self._names(new),
            traits=self._traits(new),
            tags=[row for model in (CharacterTag, FactionTag) for row in self._tags(model, ended)],
            revelations=self._revelations(new),
            memberships=self._memberships(new | ended),
            relationships=self._relationships(new | ended),
            unmaskings=[row for row in self.unmaskings if row["revealed_in_id"] > since],
        )

    def heard_of(self) -> dict[UUID, int]:
        """Every character and faction with its first episode."""
        return {
            who: episode
            for model in (Character, Faction)
            for who, episode in model.objects.as_of(self.progress).values_list("id", "revealed_in_id")
        }

    def traits_of(self, subjects: Iterable[UUID]) -> list[Row]:
        """Of characters, whoever they are known to be, and of factions."""
        families = self._families_of(subjects)
        return self._traits(Q(character__in=families) | Q(faction__in=families))

    def told_of_episodes(self, numbers: Iterable[int]) -> list[Row]:
        """Their synopses, and the premise for episode 0."""
        watched = Episode.objects.filter(number__in=numbers, number__lte=self.progress).order_by("number")
        return [
            {"revealed_in_id": number, "text": synopsis if number else self._series.get("premise", "")}
            for number, synopsis in watched.values_list("number", "synopsis")
        ]

    # Pages

    def character(self, public_id: str) -> SubjectPage | None:
        """The page of a character, or of whom they are known to be by now."""
        found = Character.objects.as_of(self.progress).filter(public_id=public_id).values_list("id", flat=True).first()
        if found is None:
            return None
        root = self.root_of(found)
        family = self.family_of(root)
        portraits = Portrait.objects.as_of(self.progress).filter(character__in=family)
        material = telling.Material(
            names=self._names(Q(character__in=family)),
            traits=self._traits(Q(character__in=family)),
            tags=self._tags(CharacterTag, Q(content_object__in=family)),
            revelations=self._revelations(Q(characters__in=family)),
            memberships=self._memberships(Q(character__in=family)),
            relationships=self._relationships(Q(source__in=family) | Q(target__in=family)),
            unmaskings=[row for row in self.unmaskings if row["persona_id"] in family],
            portraits=_rows(portraits.order_by("revealed_in_id", "alt_text", "image", "caption", "credit", "licence")),
        )
        cast = Cast(self, subject=root)
        cast.characters |= family
        material.introduce_to(cast)
        cast.look_up()
        return self._subject_page(
            kind="character",
            own=root,
            material=material,
            cast=cast,
            places=telling.places(material.memberships, lambda row: cast.faction(row["faction_id"])),
            ties=self._ties(root, material.relationships, cast),
            members=self._members(Character, family),
            charts=graph.around(self, root, material.relationships, cast),
        )

    def faction(self, public_id: str) -> SubjectPage | None:
        found = Faction.objects.as_of(self.progress).filter(public_id=public_id).values_list("id", flat=True).first()
        if found is None:
            return None
        material = telling.Material(
            names=self._names(Q(faction=found)),
            traits=self._traits(Q(faction=found)),
            tags=self._tags(FactionTag, Q(content_object=found)),
            revelations=self._revelations(Q(factions=found)),
            memberships=self._memberships(Q(faction=found)),
        )
        cast = Cast(self, subject=found)
        cast.factions.add(found)
        material.introduce_to(cast)
        cast.look_up()
        return self._subject_page(
            kind="faction",
            own=found,
            material=material,
            cast=cast,
            places=telling.places(material.memberships, lambda row: cast.root_face(row["character_id"])),
            members=self._members(Faction, {found}),
        )

    # Corrections

    def shown_changes(self, correction: "Correction", changes: Sequence["Change"]) -> tuple[ShownChange, ...]:
        return retelling.shown_changes(self, correction, changes)

    def pages_of(self, subjects: Iterable[str]) -> dict[str, Link]:
        return retelling.pages_of(self, subjects)

    def later_episodes(self, sent: Mapping["Correction", Sequence["Change"]]) -> dict[UUID, int]:
        return retelling.later_episodes(self, sent)

    def told_lately(self, published: Mapping["Correction", Sequence["Change"]]) -> tuple[Lately, ...]:
        return retelling.told_lately(self, published)

    def said(self, texts: Iterable[str]) -> list[str]:
        """What moderators said, with names for keys."""
        return retelling.said(self, texts)

    # Addresses

    def addresses(self) -> list[str]:
        """Of all pages there are at this episode, apart from the lists."""
        cast = Cast(self)
        people = set(self._root_characters().values_list("id", flat=True))
        cast.characters |= people
        cast.factions |= set(Faction.objects.as_of(self.progress).values_list("id", flat=True))
        cast.look_up()
        subjects = [cast.root_face(person) for person in people] + [cast.faction(group) for group in cast.factions]
        watched = [row.url for row in self.episodes if row.known]
        return [*watched, *(face.url for face in telling.by_name(subjects)), *(tag.url for tag in self.tags())]

    def address_of_character(self, public_id: str) -> str | None:
        return self._address_of(Character, public_id)

    def address_of_faction(self, public_id: str) -> str | None:
        return self._address_of(Faction, public_id)

    def _address_of(self, model: type[Character | Faction], public_id: str) -> str | None:
        found = model.objects.as_of(self.progress).filter(public_id=public_id).values_list("id", flat=True).first()
        if found is None:
            return None
        cast = Cast(self)
        (cast.characters if model is Character else cast.factions).add(found)
        cast.look_up()
        return cast.root_face(found).url

    def address(self, name: str, *args: str | int) -> str:
        """The address of a page; looking back is passed on from page to page."""
        return _path(name, *args) + self.query

    @property
    def query(self) -> str:
        """What an address of this reading ends with."""
        return f"?as_of={self.progress}" if self.look_back else ""

    @staticmethod
    def slug(name: str, otherwise: str) -> str:
        return slugify(name, allow_unicode=True) or otherwise

    # Personas and identities

    def root_of(self, character: UUID) -> UUID:
        """Whom this character is known to be, at the end of the chain."""
        while character in self._identity_of:
            character = self._identity_of[character]
        return character

    @cached_property
    def identities(self) -> dict[UUID, UUID]:
        """Of each persona that is unmasked, whom it is known to be."""
        return {persona: self.root_of(persona) for persona in self._identity_of}

    def family_of(self, character: UUID) -> set[UUID]:
        """All that are known to be the same as this one, itself included."""
        return self._families.get(self.root_of(character), {character})

    def _families_of(self, characters: Iterable[UUID]) -> set[UUID]:
        return {member for character in characters for member in self.family_of(character)}

    @cached_property
    def unmaskings(self) -> list[Row]:
        found = fetched(
            'SELECT "persona_id", "identity_id", "revealed_in_id" FROM "characters_unmasking"'
            ' WHERE "characters_unmasking"."revealed_in_id" <= %s ORDER BY "revealed_in_id"',
            [self.progress],
        )
        return [
            {"persona_id": as_uuid(persona), "identity_id": as_uuid(identity), "revealed_in_id": number}
            for persona, identity, number in found
        ]

    @cached_property
    def _identity_of(self) -> dict[UUID, UUID]:
        return {row["persona_id"]: row["identity_id"] for row in self.unmaskings}

    @cached_property
    def _families(self) -> dict[UUID, set[UUID]]:
        families: dict[UUID, set[UUID]] = defaultdict(set)
        for persona, root in self.identities.items():
            families[root] |= {root, persona}
        return dict(families)

    def _root_characters(self) -> QuerySet[Character]:
        unmasked = Unmasking.objects.as_of(self.progress).filter(persona=OuterRef("pk"))
        return Character.objects.as_of(self.progress).filter(~Exists(unmasked))

    # Rows, each gated

    def _members(self, model: type[Character | Faction], subjects: set[UUID]) -> list[Row]:
        return _rows(model.objects.as_of(self.progress).filter(id__in=subjects), "id", "public_id", "revealed_in_id")

    def _names(self, which: Q) -> list[Row]:
        rows = Alias.objects.as_of(self.progress).filter(which).order_by("revealed_in_id", "name")
        return _rows(rows, "character_id", "faction_id", "name", "kind", "language", "headline", "revealed_in_id")

    def _traits(self, which: Q) -> list[Row]:
        rows = Trait.objects.as_of(self.progress).filter(which).order_by("revealed_in_id", "value")
        return _rows(rows, "character_id", "faction_id", "attribute", "value", "revealed_in_id")

    def _tags(self, model: type[CharacterTag | FactionTag], which: Q) -> list[Row]:
        rows = self._with_end(model).filter(which).order_by("tag__name", "revealed_in_id")
        return _rows(rows, "content_object_id", "tag__name", "tag__slug", "revealed_in_id", "until")

    def _memberships(self, which: Q) -> list[Row]:
        rows = self._with_end(Membership).filter(which).order_by("revealed_in_id", "role")
        return _rows(rows, "character_id", "faction_id", "role", "revealed_in_id", "until")

    def _relationships(self, which: Q) -> list[Row]:
        rows = self._with_end(Relationship).filter(which).order_by("revealed_in_id", "kind")
        return _rows(rows, "source_id", "target_id", "kind", "certainty", "revealed_in_id", "until")

    def _revelations(self, which: Q) -> list[Row]:
        """With what each supersedes, when it was superseded itself, and whom it concerns."""
        visible = Revelation.objects.as_of(self.progress)
        told = visible.filter(id__in=visible.filter(which).values("id")).order_by("revealed_in_id", "position", "key")
        rows = _rows(told, "id", "text", "certainty", "revealed_in_id", "time", "supersedes_id")
        ids = [row["id"] for row in rows]
        before = dict(visible.filter(id__in={row["supersedes_id"] for row in rows} - {None}).values_list("id", "text"))
        overturned = self._overturned_in(ids)
        concerned: dict[UUID, dict[str, list[UUID]]] = defaultdict(lambda: {"characters": [], "factions": []})
        for kind, through in (
            ("characters", Revelation.characters.through),
            ("factions", Revelation.factions.through),
        ):
            pairs = through.objects.filter(revelation_id__in=ids)
            for revelation, subject in pairs.values_list("revelation_id", f"{kind.removesuffix('s')}_id"):
                concerned[revelation][kind].append(subject)
        for row in rows:
            row |= concerned[row["id"]]
            row["believed_before"] = before.get(row["supersedes_id"], "")
            row["overturned_in"] = overturned.get(row["id"])
        return rows

    def _overturned_in(self, ids: Iterable[UUID]) -> dict[UUID, int]:
        """In which episode each was first superseded."""
        successors = Revelation.objects.as_of(self.progress).filter(supersedes__in=ids).order_by()
        # Sorted here: asked for the order, SQLite would read all revelations in it.
        return dict(sorted(successors.values_list("supersedes_id", "revealed_in_id"), key=lambda pair: -pair[1]))

    def _with_end(self, model: type[Any]) -> QuerySet[Any]:
        """An end is gated by itself: until it is known, there is none."""
        known_end = Case(When(ended_in__lte=self.progress, then=F("ended_in_id")))
        return model.objects.as_of(self.progress).annotate(until=known_end)

    def _once_watched(self, column: str) -> Case:
        return Case(When(number__lte=self.progress, then=F(column)), default=Value(""))

    # Parts of pages

    def _cards(self, model: type[Character | Faction], narrowed: ListFilter, page: int) -> CardPage:
        kind = model._meta.model_name or ""
        ordered = self._ordered(model, narrowed)
        total = len(ordered)
        last = max(1, -(-total // CARDS_PER_PAGE))
        number = min(max(page, 1), last)
        start = (number - 1) * CARDS_PER_PAGE
        shown = [UUID(subject) for subject in ordered[start : start + CARDS_PER_PAGE]]
        noted = self._families_of(shown)
        line = (Attribute.SPECIES, Attribute.OCCUPATION) if model is Character else (Attribute.SUMMARY,)
        traits = self._traits(Q(attribute__in=line, **{f"{kind}__in": noted}))
        first = dict(model.objects.as_of(self.progress).filter(id__in=noted).values_list("id", "revealed_in_id"))
        members: dict[UUID, set[UUID]] = defaultdict(set)
        if model is Faction:
            for person, group in (
                self.current(Membership).filter(faction__in=shown).values_list("character_id", "faction_id")
            ):
                members[group].add(self.root_of(person))
        cast = Cast(self)
        (cast.characters if model is Character else cast.factions).update(noted)
        cast.note_texts(row["value"] for row in traits)
        cast.look_up()
        said: dict[UUID, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in traits:
            said[self.root_of(telling.owner_of(row))][row["attribute"]].append(row)
        lines = {
            subject: [
                cast.words(telling.newest_of(said[subject][attribute], subject)["value"], inline=True)
                for attribute in line
                if attribute in said[subject]
            ]
            for subject in shown
        }
        return CardPage(
            cards=tuple(
                Card(
                    face=cast.root_face(subject) if model is Character else cast.faction(subject),
                    line=telling.first_sentence(" · ".join(lines[subject])),
                    first_episode=min(first[member] for member in self.family_of(subject)),
                    members=len(members[subject]),
                )
                for subject in shown
            ),
            total=total,
            number=number,
            last=last,
            narrowing=narrowed.narrowing(
                set().union(*narrowed.facets["first"].bearers.values()),
                reverse(f"{kind}s"),
                {"as_of": str(self.progress)} if self.look_back else {},
            ),
        )

    def _ordered(self, model: type[Character | Faction], narrowed: ListFilter) -> list[facets.Id]:
        """By name, and before that by what was asked for."""
        headline = Alias.objects.as_of(self.progress).filter(
            headline=True, **{str(model._meta.model_name): OuterRef("pk")}
        )
        by_name = narrowed.qs.annotate(name=Subquery(headline.order_by("-revealed_in_id").values("name")[:1]))
        in_order = by_name.order_by(Lower("name"), "name", "public_id")
        ordered = list(in_order.values_list(facets.as_written("pk"), flat=True))
        if narrowed.sort == "first":
            ordered.sort(key=facets.first_episodes(narrowed.facets).__getitem__)
        elif narrowed.sort == "newest":
            newest = facets.newest_episodes(self, narrowed.facets)
            ordered.sort(key=newest.__getitem__, reverse=True)
        return ordered

    def _subject_page(
        self,
        *,
        kind: str,
        own: UUID,
        material: telling.Material,
        cast: Cast,
        places: tuple[Place, ...],
        members: list[Row],
        ties: tuple[Ties, ...] = (),
        charts: tuple[Chart, ...] = (),
    ) -> SubjectPage:
        face = cast.root_face(own) if kind == "character" else cast.faction(own)
        public_id = next(row["public_id"] for row in members if row["id"] == own)
        facts, summary = telling.facts(material.traits, own, cast)
        first_episode = min(member["revealed_in_id"] for member in members)
        changes = telling.changes(material, own, first_episode, cast)
        summarised = {row["revealed_in_id"] for row in material.traits if row["attribute"] == Attribute.SUMMARY}
        learned = telling.things_told(material, changes)
        most = max(learned.values(), default=1)
        appears = {row["revealed_in_id"] for row in (*material.revelations, *members)}
        return SubjectPage(
            face=face,
            short_url=self.address(f"{kind}-short", public_id),
            correct_url=reverse(f"correct-{kind}s", args=[public_id]),
            description=telling.shortened(prose.plain(summary)),
            summary=summary,
            names=telling.known_names(material.names, face.name),
            facts=facts,
            places=places,
            ties=ties,
            tags=self._tag_links(material.tags),
            pictures=telling.pictures(material.portraits, cast),
            chapters=self._chapters(
                material.revelations,
                changes,
                summarised,
                cast,
                lambda number: self._pages_then(number, kind, members, cast),
            ),
            strip=tuple(
                Cell(row, row.number in appears, learned[row.number], most) for row in self.episodes if row.known
            ),
            charts=charts,
            then_url=next(
                (
                    self.address("then", row["public_id"], self.slug(face.name, kind))
                    for row in members
                    if kind == "character" and row["id"] == own
                ),
                "",
            ),
        )

    def _tag_links(self, rows: list[Row]) -> tuple[TagLink, ...]:
        current = {row["tag__name"]: row["tag__slug"] for row in rows if row["until"] is None}
        return tuple(TagLink(name, self.address("tag", slug)) for name, slug in current.items())

    def _pages_then(self, number: int, kind: str, members: list[Row], cast: Cast) -> tuple[Link, ...]:
        """The pages on which this one was told at an earlier episode: its own, and those of personas not yet known."""
        if number >= self.progress:
            return ()
        unmasked = {row["persona_id"] for row in self.unmaskings if row["revealed_in_id"] <= number}
        return tuple(
            Link(
                name=cast.person(row["id"]).name,
                url=f"{reverse(f'{kind}-short', args=[row['public_id']])}?{urlencode({'as_of': number})}",
            )
            for row in sorted(members, key=lambda row: telling.sort_key(cast.person(row["id"])))
            if row["revealed_in_id"] <= number and row["id"] not in unmasked
        )

    def _chapters(
        self,
        revelations: list[Row],
        changes: list[tuple[int, Learned]],
        summarised: set[int],
        cast: Cast,
        pages_then: Callable[[int], tuple[Link, ...]],
    ) -> tuple[Chapter, ...]:
        told: dict[int, list[Learned]] = defaultdict(list)
        changed: dict[int, list[Learned]] = defaultdict(list)
        for row in revelations:
            told[row["revealed_in_id"]].append(telling.learned(row, cast))
        for number, entry in changes:
            changed[number].append(entry)
        return tuple(
            Chapter(
                episode=row,
                pages_then=pages_then(row.number),
                revelations=tuple(told[row.number]),
                changes=tuple(changed[row.number]),
            )
            for row in self.episodes
            if told[row.number] or changed[row.number] or (row.number in summarised and row.number < self.progress)
        )

    def _ties(self, root: UUID, rows: list[Row], cast: Cast) -> tuple[Ties, ...]:
        """By the other end; what once was comes after what is."""
        grouped: dict[Face, dict[tuple[str, int | None, bool], Tie]] = defaultdict(dict)
        for row in rows:
            from_here = self.root_of(row["source_id"]) == root
            here, there = (row["source_id"], row["target_id"]) if from_here else (row["target_id"], row["source_id"])
            other = self.root_of(there)
            kind = RelationshipKind(row["kind"])
            guessed = kind == RelationshipKind.SUSPECTED_TO_BE and row["source_id"] in self._identity_of
            if other == root or (guessed and row["until"] is not None):
                continue  # the timeline has it
            label = kind.label if from_here else kind.seen_from_target
            masks = [cast.person(person).name for person in (here, there) if self.root_of(person) != person]
            tie = Tie(label, row["certainty"], row["revealed_in_id"], row["until"], " / ".join(masks))
            alike = grouped[cast.root_face(other)]
            same = label, tie.until, tie.certainty == Certainty.DISPROVED
            alike[same] = min(alike.get(same, tie), tie, key=telling.best_tie)
        return tuple(
            Ties(
                other,
                tuple(
                    sorted(
                        ties.values(),
                        key=lambda tie: (tie.until is not None, tie.since, tie.label, tie.until or 0, tie.certainty),
                    )
                ),
            )
            for other, ties in sorted(grouped.items(), key=lambda item: telling.sort_key(item[0]))
        )


@lru_cache(2**12)  # the same few are asked again and again, on every page
def _path(name: str, *args: str | int) -> str:
    return reverse(name, args=args)


def _rows(found: QuerySet[Any], *columns: str) -> list[Row]:
    return list(found.values(*columns))
