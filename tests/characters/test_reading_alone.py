"""Who has read a story of two axes and watched none of it: pages say so, and lead to what they have read."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from characters.models import Character
from episodes.models import Episode
from tests.axes import two_axes
from tests.shows import character, load_show

pytestmark = pytest.mark.django_db


def page_at(progress: str, address: str, **asked: Any) -> str:
    client = Client()
    client.cookies["progress"] = progress
    return " ".join(re.sub("<[^>]*>", " ", client.get(address, asked, follow=True).content.decode()).split())


@pytest.fixture
def show(db: None, tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes())


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize(
    ("progress", "known"), [("0", "from the premise"), ("0+3", "after part 3"), ("2+3", "after episode 2 and part 3")]
)
def test_a_page_says_what_it_is_known_by(progress: str, known: str) -> None:
    listed = Client()
    listed.cookies["progress"] = progress
    found = re.search(r'href="(/characters/\w+/ann[^"]*)"', listed.get("/characters/").content.decode())
    assert found
    assert f"As known {known}." in page_at(progress, found[1])


@pytest.mark.usefixtures("show")
def test_a_recap_leads_those_who_only_read_to_what_they_have_read() -> None:
    page = page_at("0+20", "/recap/")
    assert "nothing to recap" not in page
    assert "What happened in part 20, to read before the next one." in page
    assert "nothing to recap" in page_at("0", "/recap/")


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize("progress", ["0+20", "3+20"])
def test_home_leads_to_the_part_that_was_read_last(progress: str) -> None:
    assert "Part 20 Heading of 20" in page_at(progress, "/")
    assert "Heading of" not in page_at("3", "/")


@pytest.mark.usefixtures("show")
def test_an_address_of_nothing_is_nowhere_on_either_axis() -> None:
    nowhere = page_at("0+20", "/characters/aaaaaaaaaaaa/nobody/")
    assert "no page at this address at part 20. It may belong to a later episode or part, or" in nowhere


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize("address", ["/tags/", "/graph/"])
def test_the_title_of_an_episode_does_not_stand_behind_a_part(address: str) -> None:
    title = Episode.objects.get(number=3).title
    assert f"episode 3, {title}" in page_at("3", address).replace(" ,", ",")
    assert f"part 20, {title}" not in page_at("3+20", address).replace(" ,", ",")


def test_first_appearances_are_offered_in_the_order_of_episodes(db: None, tmp_path: Path) -> None:
    """By what they are called a special would stand after all parts, and the premise after an act."""
    load_show(
        tmp_path,
        series={"title": "Acts", "unit": "act", "units": "acts"},
        episodes=[{"number": 1}, {"number": 2, "label": "Special 1"}, {"number": 3, "label": "Reprise"}],
        characters=[character(name, since=since) for since, name in enumerate(("ann", "bea", "cole", "dora"))],
    )
    page = page_at("3", "/characters/")
    places = [page.index(words) for words in ("Before the first act 1", "Act 1 1", "Special 1 1", "Reprise 1")]
    assert places == sorted(places)


@pytest.mark.usefixtures("show")
def test_pages_speak_of_both_axes_where_they_say_how_far_somebody_is() -> None:
    about = page_at("0+20", "/about/")
    assert "You say how far you have watched and read, and every page tells what somebody who is there knows" in about
    assert "Whoever opens it is asked how far they have watched and read." in about
    assert "Nothing from later episodes or parts was ever sent." in about
    assert "with their faction at this point, in the order" in page_at("0+20", "/graph/")
    assert "with their faction at this episode, in the order" in page_at("3", "/graph/")


def test_a_part_that_is_read_has_a_page_in_its_own_words(db: None, tmp_path: Path) -> None:
    """Also where nothing is said of it that could describe it."""
    files = two_axes()
    files["chapters"] = [{"number": 1, "aired_on": "2024-01-11"}, *files["chapters"][1:]]
    load_show(tmp_path, **files)
    client = Client()
    client.cookies["progress"] = "1+1"
    page = client.get("/episodes/chapter-1/").content.decode()
    assert '<meta name="description" content="A part.">' in page
    assert "First published <time" in page
    client.cookies["progress"] = "6+17"
    page = page_at("6+17", "/episodes/chapter-17/")
    assert "Unmasked: The Mask is Beatrix Vane" in page  # which an episode has told as well
    assert "I’ve read up to part 18" in page_at("6+17", "/episodes/chapter-18/")


@pytest.mark.usefixtures("show")
def test_a_form_says_in_which_part_somebody_came_up() -> None:
    cole = Character.objects.get(key="cole")
    assert "Cole, part 14" in page_at("0+20", f"/corrections/new/characters/{cole.public_id}/")
