"""Law 2: what is revealed by N can be reached at N by links from the home page."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from characters.kinds import SUBJECTS, kind_of, tagging_of
from characters.lore import Lore
from characters.lore.cast import Cast
from characters.lore.search import index
from characters.models import (
    Alias,
    Faction,
    Membership,
    Relationship,
    Revelation,
    SearchEntry,
    Subject,
    Trait,
    Unmasking,
)
from characters.models.revelations import CONCERNED
from characters.text import prose
from characters.text.phrases import role_in_words
from characters.vocabulary import DEFAULT, Attribute
from episodes.models import Episode
from episodes.names import capital
from tests.twins import CRAWLED, Answer, ask, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real_show")]

type Crawl = Callable[[int], dict[str, Answer]]


class Reader:
    """All pages that links lead to at an episode, as text, by path."""

    def __init__(self, progress: int, crawled: dict[str, Answer]) -> None:
        self.progress = progress
        self.pages = {address: text_of(answer.body) for address, answer in crawled.items() if answer.status == 200}
        self.addresses: dict[str, str] = {}

    def page_of(self, subject: Subject | None) -> str:
        address = self._address_of(subject)
        assert address in self.pages, f"no link leads to {subject}"
        return self.pages[address]

    def _address_of(self, subject: Subject | None) -> str:
        assert subject is not None
        short = reverse(kind_of(subject).own_page.short_url, args=[subject.public_id])
        if short not in self.addresses:
            self.addresses[short] = dict(ask(short, progress=self.progress).headers)["Location"]
        return self.addresses[short]

    def all_times_of(self, subject: Subject | None) -> str:
        """Its page, and the pages on which it was told at the episodes that this links back to."""
        assert subject is not None
        paths = (self._address_of(subject).rsplit("/", 2)[0], f"/characters/{subject.public_id}/")
        return " ".join(text for address, text in self.pages.items() if address.startswith(paths))


def rendered(text: str, progress: int) -> str:
    cast = Cast(Lore(progress))
    cast.note_texts([text])
    cast.look_up()
    return prose.plain(cast.render(text))


# To read page by page at a later episode is exhaustive.
LATER = [pytest.param(n, marks=pytest.mark.laws) for n in CRAWLED if n > 1]


@pytest.mark.parametrize("progress", [0, 1, *LATER])
def test_everything_known_is_found(crawl_real_show: Crawl, progress: int) -> None:
    reader = Reader(progress, crawl_real_show(progress))
    assert reader.pages["/"]
    for alias in Alias.objects.filter(revealed_in__lte=progress):
        assert alias.name.casefold() in reader.page_of(alias.owner).casefold(), alias
    for trait in Trait.objects.filter(revealed_in__lte=progress).exclude(attribute__in=Attribute.of_a_stage()):
        page = reader.page_of(trait.owner)
        assert rendered(trait.value, progress).casefold() in page.casefold(), trait
    for row in Membership.objects.filter(revealed_in__lte=progress):
        page = reader.page_of(row.character)
        assert role_in_words(row.role) in page, row
    for kind in SUBJECTS:
        for tagging in tagging_of(kind).objects.filter(revealed_in__lte=progress):
            assert str(tagging.tag) in reader.page_of(tagging.content_object), tagging
    for tie in Relationship.objects.filter(revealed_in__lte=progress):
        page = reader.page_of(tie.source)
        relation = DEFAULT.relation(tie.kind)
        sides = capital(relation.label), capital(relation.seen_from_target), relation.sentence
        assert any(side in page for side in sides), tie
    for revelation in Revelation.objects.filter(revealed_in__lte=progress):
        text = rendered(revelation.text, progress)
        assert text in reader.pages[f"/episodes/{revelation.revealed_in_id}/"], revelation
        for name in CONCERNED:
            for subject in getattr(revelation, name).all():
                assert text in reader.page_of(subject), (revelation, subject)
    for unmasking in Unmasking.objects.filter(revealed_in__lte=progress):
        assert reader.page_of(unmasking.persona) == reader.page_of(unmasking.identity)
    for episode in Episode.objects.filter(number__range=(1, progress)):
        page = reader.pages[f"/episodes/{episode.number}/"]
        assert episode.title in page
        assert rendered(episode.synopsis, progress).split(". ")[0] in page


@pytest.mark.parametrize("progress", [0, 4, 13])
def test_everything_known_is_found_by_search(progress: int) -> None:
    lore = Lore(progress)
    names, texts = 0, 0
    for entry in SearchEntry.objects.filter(revealed_in__lte=progress).exclude(words=""):
        if entry.is_name:
            name = Alias.objects.get(pk=entry.row).name
            ranks = dict(index.in_index(lore, name)[0])
            assert ranks[entry.row] == index.Rank.EXACT_NAME, entry
            names += 1
        else:
            phrase = " ".join(entry.words.split()[-12:])
            found = {row for _, rows in index.in_index(lore, f'"{phrase}"')[1] for row, _ in rows}
            assert entry.row in found, entry
            texts += 1
    assert names >= 2
    assert texts > 20 * progress


@pytest.mark.parametrize("progress", [1, pytest.param(9, marks=pytest.mark.laws)])
def test_every_name_known_leads_to_its_bearer(progress: int) -> None:
    lore = Lore(progress)
    for alias in Alias.objects.filter(revealed_in__lte=progress):
        groups = lore.search(alias.name).groups
        bearer = alias.owner
        assert bearer is not None
        shown = lore.subject(kind_of(bearer).plural, bearer.public_id)
        assert shown is not None
        assert shown.face in [group.face for group in groups], alias


@pytest.mark.parametrize("progress", [1, *LATER])
def test_every_earlier_summary_and_definition_is_a_look_back_away(crawl_real_show: Crawl, progress: int) -> None:
    reader = Reader(progress, crawl_real_show(progress))
    for trait in Trait.objects.filter(revealed_in__lte=progress, attribute__in=Attribute.of_a_stage()):
        owner = trait.owner
        assert owner is not None
        assert rendered(trait.value, trait.revealed_in_id)[:60] in reader.all_times_of(owner), trait


def test_the_data_set_is_as_large_as_the_show() -> None:
    least = {
        Episode: 14,
        Faction: 13,
        Revelation: 250,
        Alias: 120,
        Trait: 180,
        Relationship: 150,
        Membership: 45,
        Unmasking: 8,
    }
    for model, number in least.items():
        assert model._base_manager.count() >= number, model
