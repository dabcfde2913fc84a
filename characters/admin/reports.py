"""What the show still lacks, for editors: a class for each kind of gap.

A gap has an episode: what one must have watched to read of it, and from which on a visitor misses it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.core.cache import cache
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.text import Truncator

from characters.models import Alias, Character, Revelation, Trait, Unmasking
from characters.spoilers.linter import form_in_admin
from characters.spoilers.rows import corpus_of_database
from characters.vocabulary import Attribute
from corrections.models import Edition

# What a summary would tell: when one of these changes, an older summary has gone stale.
TOLD_IN_A_SUMMARY = [each for each in Attribute.single_valued() if each not in (Attribute.SUMMARY, Attribute.COLOUR)]

READ_LATELY = 60 * 60  # seconds that the number of findings is remembered, unless something is published


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

    def gaps(self) -> list[Gap]:
        raise NotImplementedError

    def episodes(self) -> list[int] | None:
        """Of each gap, for the count on the start page; None where counting takes too long to be done in passing."""
        return [gap.episode for gap in self.gaps()]

    @property
    def url(self) -> str:
        return reverse("admin:report", args=[self.slug])


class TextsThatSayTooMuch(Report):
    slug = "spoilers"
    title = "Texts that say too much"
    explains = (
        "The linter has read every text of the show and found names, tags and factions that are revealed later than "
        "the text itself. Put it in other words, move it to a later episode, or tell the linter that it is mistaken: "
        "docs/editing.md says how."
    )

    def gaps(self) -> list[Gap]:
        found = [
            Gap(
                what=finding.where.what,
                url=finding.where.url,
                episode=max(finding.known_from, finding.known_in),
                why=f"Of episode {finding.known_in}, it says “{finding.words}”, but {finding.claim}: {finding.excerpt}",
            )
            for finding in corpus_of_database().findings()
        ]
        cache.set(_findings_of_this_edition(), [gap.episode for gap in found], READ_LATELY)
        return found

    def episodes(self) -> list[int] | None:
        remembered: list[int] | None = cache.get(_findings_of_this_edition())
        return remembered


def _findings_of_this_edition() -> str:
    number = Edition.objects.values_list("number", flat=True).first() or 0
    return f"desk:findings:{number}"


class CharactersWithoutPicture(Report):
    slug = "pictures"
    title = "Characters without a picture"
    explains = (
        "Visitors see a mask drawn from the name and the colour instead. A picture has to be free to use, and shows "
        "what is known in its episode and no more."
    )

    def gaps(self) -> list[Gap]:
        names = Names()
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
    explains = (
        "A page opens with the newest summary. It is missing if the character has none when it first appears, and "
        "stale from an episode on that changes its name, its status or another of its facts, or unmasks somebody as "
        "it, without a new summary. From the unmasking on, the identity's summary stands for a persona's."
    )

    def gaps(self) -> list[Gap]:
        names = Names()
        return in_order(
            Gap(names.of(key, episode), reverse("admin:characters_character_change", args=[key]), episode, why)
            for key, stale in stale_summaries().items()
            for episode, why in stale
        )


class RevelationsWithoutSource(Report):
    slug = "sources"
    title = "Revelations without a source"
    explains = (
        "Where can another editor check it: the episode and the scene, an interview, a page of the official site? "
        "Visitors never see the source; whoever reviews a correction does."
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


REPORTS: tuple[Report, ...] = (
    TextsThatSayTooMuch(), CharactersWithoutSummary(), CharactersWithoutPicture(), RevelationsWithoutSource(),
)  # fmt: skip


def without_picture() -> QuerySet[Character]:
    return Character.objects.filter(portraits=None)


def without_any_summary() -> QuerySet[Character]:
    return Character.objects.exclude(traits__attribute=Attribute.SUMMARY)


def stale_summaries() -> dict[UUID, list[tuple[int, str]]]:
    """For each character that has such, the episodes from which on its summary does not tell what its page does."""
    unmasked_in = dict(Unmasking.objects.values_list("persona_id", "revealed_in_id"))
    summaries: defaultdict[UUID, list[int]] = defaultdict(list)
    written = Trait.objects.filter(attribute=Attribute.SUMMARY, character__isnull=False)
    for key, episode in written.order_by("revealed_in").values_list("character_id", "revealed_in_id"):
        summaries[key].append(episode)
    told: defaultdict[UUID, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key, episode, what in _news():
        if episode < unmasked_in.get(key, episode + 1):
            told[key][episode].append(what)
    found: dict[UUID, list[tuple[int, str]]] = {}
    for key, first in Character.objects.order_by("key").values_list("pk", "revealed_in_id"):
        stale = []
        written_in = summaries[key]
        if first not in written_in:
            stale.append((first, "It has none when it first appears."))
        for episode, news in sorted(told[key].items()):
            before = bisect_right(written_in, episode)
            if episode not in written_in and before:
                since = f"The last one is of episode {written_in[before - 1]}"
                stale.append((episode, f"{since}; since then: {', '.join(dict.fromkeys(news))}."))
        if stale:
            found[key] = stale
    return found


def _news() -> Iterable[tuple[UUID, int, str]]:
    """What changes a page so that its summary should tell it: the character, the episode, and what it is."""
    later = Alias.objects.filter(headline=True, character__isnull=False, revealed_in__gt=F("character__revealed_in"))
    yield from ((key, episode, "name") for key, episode in later.values_list("character_id", "revealed_in_id"))
    traits = Trait.objects.filter(attribute__in=TOLD_IN_A_SUMMARY, character__isnull=False)
    for key, episode, attribute in traits.values_list("character_id", "revealed_in_id", "attribute"):
        yield key, episode, Attribute(attribute).label.lower()
    for key, episode in Unmasking.objects.values_list("identity_id", "revealed_in_id"):
        yield key, episode, "unmasked"


class Names:
    """Who is called what, and from when on."""

    def __init__(self) -> None:
        self._named: defaultdict[UUID | None, list[tuple[int, str]]] = defaultdict(list)
        headlines = Alias.objects.filter(headline=True, character__isnull=False).order_by("revealed_in")
        for key, episode, name in headlines.values_list("character_id", "revealed_in_id", "name"):
            self._named[key].append((episode, name))

    def of(self, key: UUID, episode: int) -> str:
        return next((name for since, name in reversed(self._named[key]) if since <= episode), "(no name)")


def in_order(gaps: Iterable[Gap]) -> list[Gap]:
    return sorted(gaps, key=lambda gap: (gap.episode, gap.what.casefold()))
