"""Reports for editors of what the show still lacks: one class for each kind of gap.

The episode of a gap is the one that an editor must have watched to read of it, and from which on visitors miss it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.text import Truncator

from characters.kinds import KINDS, TAGGINGS, Kind, kind_of
from characters.models import Alias, Character, Content, Portrait, Revelation, Trait, Unmasking
from characters.shape.sights import sights_of_the_show
from characters.shape.telling import LIMIT, Measure, Row, measures, rows_of
from characters.spoilers.linter import form_in_admin
from characters.spoilers.rows import corpus_of_database
from characters.text.names import as_name
from characters.vocabulary import Attribute, current
from corrections.models import Edition
from episodes.known import is_reached
from episodes.names import Name, with_capital
from episodes.order import sort_key
from episodes.units import named, worded

from .horizon import known

# A summary tells all other attributes of one value at a time, so it is stale when one of them changes.
NOT_SUMMARISED = (*Attribute.of_a_stage(), Attribute.COLOUR)

FINDINGS_CACHED_FOR = 60 * 60  # seconds, unless something is published
SHAPE_CACHED_FOR = 7 * 24 * 60 * 60
GATED = [kind for kind in KINDS if issubclass(kind.model, Content)]

MOST_ROWS = 6  # of a feature that tells; the command has all


@dataclass(frozen=True, slots=True)
class Gap:
    what: str
    url: str
    episode: int
    why: str = ""


class Report:
    slug: str
    title: str
    explains: str
    permission: str = "characters.view_character"
    invites = "Read all texts now"  # where nothing has been counted since the last change
    is_measured_first = False  # by a button, as it takes too long to open the report with it

    def gaps(self) -> list[Gap]:
        raise NotImplementedError

    def episodes(self) -> list[int] | None:
        """Return the episode of each gap, to count them on the start page; None where counting takes too long."""
        return [gap.episode for gap in self.gaps()]

    def measure(self) -> None:
        """Find what `gaps` lists, where that is not found when the report is opened."""

    @property
    def url(self) -> str:
        return reverse("admin:report", args=[self.slug])


class TextsThatSayTooMuch(Report):
    slug = "spoilers"
    title = "Texts that say too much"
    explains = worded(
        "The linter has read every text of the show and found names, tags and factions that are revealed later than "
        "the text itself. Reword the text, move it to a later {one}, or tell the linter that it is mistaken; "
        "docs/editing.md says how."
    )

    def gaps(self) -> list[Gap]:
        key = _cache_key("findings")  # of what is read, or of what was there before it
        gaps = [
            Gap(
                what=with_capital(finding.where.what),
                url=finding.where.url,
                episode=max(finding.known_from, finding.known_in),
                why=f"Of {named(finding.known_in)}, it says “{finding.words}”, but {finding.claim}: {finding.excerpt}",
            )
            for finding in corpus_of_database().findings()
        ]
        cache.set(key, [gap.episode for gap in gaps], FINDINGS_CACHED_FOR)
        return gaps

    def episodes(self) -> list[int] | None:
        cached: list[int] | None = cache.get(_cache_key("findings"))
        return cached


def _cache_key(what: str) -> str:
    """Return the cache key of what was found, which no other state of the show has, nor another site."""
    return f"desk:{what}:{Edition.objects.values_list('stamp', flat=True).first()}"


class CharactersWithoutPicture(Report):
    slug = "pictures"
    title = "Characters without a picture"
    explains = worded(
        "Visitors see a mask drawn from the name and the colour instead. A picture has to be free to use, and shows "
        "what is known in its {one} and no more."
    )

    def gaps(self) -> list[Gap]:
        names = CharacterNames()
        return in_order(
            Gap(
                names.of(character.pk, character.revealed_in_id),
                form_in_admin(character._meta.label_lower, character.pk),
                character.revealed_in_id,
            )
            for character in without_picture()
        )


class CharactersWithoutSummary(Report):
    slug = "summaries"
    title = "Summaries that are missing or stale"
    explains = worded(
        "A page opens with the newest summary. It is missing if the character has none when it first appears, and "
        "stale from {a} on that changes its name, its status or another of its facts, or unmasks somebody as "
        "it, without a new summary. From the unmasking on, the identity's summary stands for a persona's."
    )

    def gaps(self) -> list[Gap]:
        names = CharacterNames()
        return in_order(
            Gap(names.of(key, episode), reverse("admin:characters_character_change", args=[key]), episode, why)
            for key, stale in stale_summaries().items()
            for episode, why in stale
        )


class RevelationsWithoutSource(Report):
    slug = "sources"
    title = "Revelations without a source"
    explains = worded(
        "Where can another editor check it: {a} and a scene, an interview, a page of the official site? "
        "Visitors never see the source; reviewers of corrections do."
    )
    permission = "characters.view_revelation"

    def gaps(self) -> list[Gap]:
        return [
            Gap(
                revelation.key,
                form_in_admin(revelation._meta.label_lower, revelation.pk),
                revelation.revealed_in_id,
                Truncator(revelation.text).chars(120),
            )
            for revelation in Revelation.objects.filter(source="").order_by("revealed_in", "position", "key")
        ]


class EpisodesWorkedOut(Report):
    slug = "inferred"
    title = worded("{Many} that were worked out")
    explains = worded(
        "No source states from which {one} on these are known; somebody concluded it, and took the later one when in "
        "doubt. Whoever watches that {one} can settle it: set the {one} right and take the tick out."
    )

    def gaps(self) -> list[Gap]:
        return in_order(_gap_worked_out(row) for kind in GATED for row in _worked_out(kind))

    def episodes(self) -> list[int]:
        # In one query: the start page asks.
        first, *others = (_worked_out(kind).values_list("revealed_in_id") for kind in GATED)
        return [episode for (episode,) in first.union(*others, all=True).order_by()]


def _worked_out(kind: Kind) -> QuerySet[Any]:
    rows = kind.model._base_manager.filter(inferred=True).order_by()
    shown = (*kind.owners, *kind.connects, *(["tag"] if kind in TAGGINGS else []))
    return rows.select_related(*shown) if shown else rows


def _gap_worked_out(row: Any) -> Gap:
    """Return a row whose episode was worked out, with the form in which it is edited."""
    kind = kind_of(row)
    home = kind.home_of(row)
    what = f"{home}: {row}" if kind.is_owned else with_capital(f"{row._meta.verbose_name}: {row}")
    return Gap(what, form_in_admin(home._meta.label_lower, home.pk), row.revealed_in_id)


class ShapesThatTell(Report):
    slug = "shape"
    title = "Shapes that tell"
    explains = (
        "What is there on a page, what is missing, how much and how long it is must say no more of what comes later "
        "than how often somebody appears does. Here is what says more, the worst first. Give the row to everybody of "
        "whom it can be said, or to nobody; “unknown” is a value too. docs/editing.md says how to read the numbers."
    )
    invites = "Measure them now"
    is_measured_first = True

    def gaps(self) -> list[Gap]:
        return cache.get(_cache_key("shape")) or []

    def episodes(self) -> list[int] | None:
        measured = cache.get(_cache_key("shape"))
        return None if measured is None else [gap.episode for gap in measured]

    def measure(self) -> None:
        key = _cache_key("shape")  # of what is measured, or of what was there before it
        sights = sights_of_the_show()
        telling = [measure for measure in measures(sights) if measure.chance <= LIMIT]
        ids = dict(Character.objects.values_list("public_id", "pk"))
        cache.set(key, [_gap_of(measure, rows_of(measure, sights), ids) for measure in telling], SHAPE_CACHED_FOR)


def _gap_of(measure: Measure, rows: list[Row], ids: Mapping[str, UUID]) -> Gap:
    """Return a feature that tells, with the form of whom it tells most of."""
    return Gap(
        what=with_capital(measure.claim),
        url=form_in_admin(Character._meta.label_lower, ids[rows[0].sight.public_id]),
        episode=max(row.comes_in for row in rows),
        why=f"At {measure.when}, {measure.strength}. {'. '.join(map(str, rows[:MOST_ROWS]))}.",
    )


REPORTS: tuple[Report, ...] = (
    TextsThatSayTooMuch(), ShapesThatTell(), CharactersWithoutSummary(), CharactersWithoutPicture(),
    RevelationsWithoutSource(), EpisodesWorkedOut(),
)  # fmt: skip


def without_picture(horizon: int | None = None) -> QuerySet[Character]:
    """Return the characters without a picture, as far as is known at a horizon."""
    pictures = known(Portrait.objects.filter(character__isnull=False), horizon)
    return Character.objects.exclude(pk__in=pictures.values("character"))


def without_any(attribute: Attribute, horizon: int | None = None) -> QuerySet[Character]:
    told = known(Trait.objects.filter(attribute=attribute, character__isnull=False), horizon)
    return Character.objects.exclude(pk__in=told.values("character"))


def stale_by(horizon: int | None) -> list[UUID]:
    """Return the characters whose summary is missing or stale at some episode up to a horizon."""
    stale = stale_summaries()
    return [
        key
        for key, gaps in stale.items()
        if horizon is None or any(is_reached(episode, horizon) for episode, _ in gaps)
    ]


def stale_summaries() -> dict[UUID, list[tuple[int, str]]]:
    """Return the characters whose summary is missing or stale, with the episodes from which on, and why."""
    written_in, news = _episodes_of_summaries(), _news_by_episode()
    gaps = {
        key: list(_gaps_of_summaries(first, written_in[key], news[key]))
        for key, first in Character.objects.order_by("key").values_list("pk", "revealed_in_id")
    }
    return {key: each for key, each in gaps.items() if each}


def _episodes_of_summaries() -> defaultdict[UUID, list[int]]:
    """Return the episodes in which each character gets a summary, in order."""
    written_in: defaultdict[UUID, list[int]] = defaultdict(list)
    summaries = Trait.objects.filter(attribute=Attribute.SUMMARY, character__isnull=False).order_by("revealed_in")
    for key, episode in summaries.values_list("character_id", "revealed_in_id"):
        written_in[key].append(episode)
    return written_in


def _news_by_episode() -> defaultdict[UUID, dict[int, list[str]]]:
    """Return what changed of each character by episode; a persona's news end with its unmasking."""
    unmasked_in = dict(Unmasking.objects.values_list("persona_id", "revealed_in_id"))
    news: defaultdict[UUID, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key, episode, what in _news():
        if episode < unmasked_in.get(key, episode + 1):
            news[key][episode].append(what)
    return news


def _gaps_of_summaries(first: int, written_in: list[int], news: dict[int, list[str]]) -> Iterable[tuple[int, str]]:
    """Yield the episodes in which a summary is missing or stale, and why."""
    if first not in written_in:
        yield first, "It has none when it first appears."
    for episode, changed in sorted(news.items()):
        before = bisect_right(written_in, episode)
        if episode not in written_in and before:
            since = f"The last one is of {named(written_in[before - 1])}"
            yield episode, f"{since}; since then: {', '.join(dict.fromkeys(changed))}."


def _news() -> Iterable[tuple[UUID, int, str]]:
    """Yield what a summary should tell: the character, the episode, and what changed in it."""
    later = Alias.objects.filter(headline=True, character__isnull=False, revealed_in__gt=F("character__revealed_in"))
    yield from ((key, episode, "name") for key, episode in later.values_list("character_id", "revealed_in_id"))
    summarised = current().single.difference(NOT_SUMMARISED)
    traits = Trait.objects.filter(attribute__in=summarised, character__isnull=False)
    for key, episode, attribute in traits.values_list("character_id", "revealed_in_id", "attribute"):
        yield key, episode, current().attribute(attribute).label.lower()
    for key, episode in Unmasking.objects.values_list("identity_id", "revealed_in_id"):
        yield key, episode, "unmasked"


class CharacterNames:
    """The headline names of all characters, with the episodes from which on they bear them."""

    def __init__(self) -> None:
        self._named: defaultdict[UUID | None, list[tuple[int, Name]]] = defaultdict(list)
        headlines = Alias.objects.filter(headline=True, character__isnull=False).order_by("revealed_in")
        for key, episode, name, kind in headlines.values_list("character_id", "revealed_in_id", "name", "kind"):
            self._named[key].append((episode, as_name(name, kind).capital))

    def of(self, key: UUID, episode: int) -> str:
        return next((name for since, name in reversed(self._named[key]) if since <= episode), Name("(no name)"))


def in_order(gaps: Iterable[Gap]) -> list[Gap]:
    return sorted(gaps, key=lambda gap: (gap.episode, sort_key(gap.what)))
