"""The read door: what each public page shows, one line per page.

Every query behind these starts at `as_of(progress)`. A page takes a bounded number of queries however many rows there
are: it first collects its rows, then looks up everybody they name in one go (`cast.Cast`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from uuid import UUID

from django.http import QueryDict
from django.utils.safestring import SafeString

from characters.kinds import SUBJECTS, kind_with_pages
from characters.values.basics import Link, SeriesInfo
from characters.values.corrections import HistoryPage, Lately, ShownChange
from characters.values.credits import StaffPage, VoiceList, VoicePage
from characters.values.home import HomePage
from characters.values.linked import LinkedPage
from characters.values.lists import CardPage
from characters.values.map import GraphPage
from characters.values.pages import EpisodePage, SubjectPage, TagList, TagPage, ThenPage
from characters.values.recap import RecapPage
from characters.values.search import SearchPage, Suggestion
from characters.values.seasons import EpisodeList, episode_list
from corrections.models import Change, Correction
from corrections.recent import About, Publication, PublishedChange
from episodes.axes import place_of

from . import corrections
from .knowledge import Knowledge
from .lists import cards
from .map import graph
from .pages import addresses, episode, history, home, linked, recap, show, staff, subject, tags, then, voices
from .search import looking


class Lore(Knowledge):
    """What somebody who has watched up to `progress` knows, page by page."""

    def at(self, progress: int) -> "Lore":
        """Return what is known at another episode."""
        return Lore(progress, edition=self.edition, ends_after=None if self.ends_after is None else progress)

    # The show and its episodes

    @cached_property
    def series(self) -> SeriesInfo:
        return self.once("series", lambda: show.series_info(self))

    @cached_property
    def premise(self) -> SafeString:
        return show.premise(self)

    def home(self, since: int) -> HomePage:
        return home.home_page(self, since)

    def episode_list(self, at: int | None = None, chapter: int | None = None) -> EpisodeList:
        """Return the list of episodes, of many those around a number, and likewise that of chapters."""
        there = episode_list(self.episodes, self.progress if at is None else at)
        chapters = episode_list(self.chapters, place_of(self.second if chapter is None else chapter))
        return replace(there, chapters=chapters.shown, other_chapters=chapters.others)

    def episode(self, number: int, page: int = 1) -> EpisodePage | None:
        return episode.episode_page(self, number, page)

    # Who made it

    def staff(self, page: int = 1) -> StaffPage:
        return staff.staff_page(self, page)

    def voices(self, page: int = 1) -> VoiceList:
        return voices.voice_list(self, page)

    def voice(self, public_id: str, page: int = 1) -> VoicePage | None:
        return voices.voice_page(self, public_id, page)

    # Characters, factions and whatever else has pages: `kind` is the plural in their addresses

    @cached_property
    def lists(self) -> tuple[Link, ...]:
        return self.once("lists", lambda: tuple(map(self.list_of, SUBJECTS)))

    def subjects(self, kind: str, page: int = 1, asked: QueryDict | None = None) -> CardPage:
        return cards.card_page(self, kind_with_pages(kind), page, asked)

    def subject(self, kind: str, public_id: str, page: int = 1) -> SubjectPage | None:
        return subject.subject_page(self, kind_with_pages(kind), public_id, page)

    def tags(self, page: int = 1) -> TagList:
        return tags.tag_list(self, page)

    def tag(self, slug: str) -> TagPage | None:
        return tags.tag_page(self, slug)

    def tag_renamed(self, slug: str) -> str | None:
        return tags.tag_renamed(self, slug)

    # Looking across

    def graph(self, faction: str = "", since: int | None = None, page: int = 1, *, of: str = "") -> GraphPage:
        return graph.graph_page(self, faction, since, page, of=of)

    def linked(self, one: str, other: str) -> LinkedPage:
        return linked.linked_page(self, one, other)

    def then(self, public_id: str, episode: int | None) -> ThenPage | None:
        return then.then_page(self, public_id, episode)

    def recap(self, since: int, until: int | None = None, page: int = 1) -> RecapPage | None:
        return recap.recap_page(self, since, until, page)

    def search(self, text: str, page: int = 1) -> SearchPage:
        return looking.search(self, text, page)

    def suggest(self, text: str) -> tuple[Suggestion, ...]:
        return looking.suggest(self, text)

    # Corrections

    def shown_changes(self, correction: Correction, changes: Sequence[Change]) -> tuple[ShownChange, ...]:
        return corrections.shown_changes(self, correction, changes)

    def pages_of(self, subjects: Iterable[str]) -> dict[str, Link]:
        return corrections.pages_of(self, subjects)

    def later_episodes(self, sent: Mapping[Correction, Sequence[Change]]) -> dict[UUID, int]:
        return corrections.later_episodes(self, sent)

    def published_lately(self, published: Sequence[Publication], about: About | None = None) -> tuple[Lately, ...]:
        return corrections.published_lately(self, published, about)

    def still_known(self, changes: Iterable[PublishedChange]) -> set[UUID]:
        return history.still_known(self, changes)

    def history(self, kind: str, key: str) -> HistoryPage | None:
        return history.history_page(self, kind, key)

    def texts_in_words(self, texts: Iterable[str]) -> list[str]:
        return corrections.texts_in_words(self, texts)

    # Addresses

    def addresses(self) -> list[str]:
        return addresses.addresses(self)

    def address_of(self, kind: str, public_id: str) -> str | None:
        return addresses.address_of(self, kind_with_pages(kind), public_id)

    def address_of_tag(self, public_id: str) -> str | None:
        slug = tags.slug_behind(self, public_id)
        return None if slug is None else self.address("tag", slug)

    def address_of_voice(self, public_id: str) -> str | None:
        return voices.voice_address(self, public_id)

    def has_page_at(self, address: str) -> bool:
        return addresses.has_page_at(self, address)

    def subjects_at(self, address: str) -> tuple[str, ...]:
        return addresses.subjects_at(self, address)

    def without_name(self, address: str) -> str:
        return addresses.without_name(address)
