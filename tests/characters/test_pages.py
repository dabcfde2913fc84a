"""The public pages: addresses, redirects, the bounded number of queries, and what they never say."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from characters.models import Character, Faction
from tests.conftest import Visitor
from tests.shows import REAL_SHOW, character, headline, load_show, revelation, unmasking
from tests.twins import CRAWLED, Answer, crawl, text_of


@pytest.fixture
def ann(db: None, tmp_path: Path) -> str:
    """Ann is “the stranger” until 3, and wears the mask that falls in 2."""
    load_show(
        tmp_path,
        characters=[
            character("ann", "the stranger", aliases=[headline("Ann Lee", since=3)]),
            character("mask"),
            character("ruju", "ルジュ"),
            character("odd", "???"),
        ],
        unmaskings=[unmasking("mask", "ann", since=2)],
    )
    return Character.objects.get(key="ann").public_id


def test_the_slug_is_that_of_the_name_the_viewer_knows(ann: str, visitor: Visitor) -> None:
    for at, slug in ((1, "the-stranger"), (3, "ann-lee")):
        for address in (f"/characters/{ann}/", f"/characters/{ann}/nobody/", f"/c/{ann}/"):
            response = visitor(at).get(address)
            assert (response.status_code, response["Location"]) == (302, f"/characters/{ann}/{slug}/")
        assert visitor(at).get(f"/characters/{ann}/{slug}/").status_code == 200


@pytest.mark.parametrize(("key", "slug"), [("ruju", "ルジュ"), ("odd", "character")])
def test_any_name_has_an_address(ann: str, visitor: Visitor, key: str, slug: str) -> None:
    public_id = Character.objects.as_of(9).get(key=key).public_id
    response = visitor(1).get(f"/c/{public_id}/", follow=True)
    assert response.status_code == 200
    assert unquote(response.redirect_chain[-1][0]) == f"/characters/{public_id}/{slug}/"


def test_the_address_of_a_persona_leads_to_the_identity_once_it_may(ann: str, visitor: Visitor) -> None:
    mask = Character.objects.as_of(9).get(key="mask").public_id
    assert visitor(1).get(f"/c/{mask}/")["Location"] == f"/characters/{mask}/mask/"
    assert visitor(2).get(f"/c/{mask}/")["Location"] == f"/characters/{ann}/the-stranger/"


def test_looking_back_is_passed_on(ann: str, visitor: Visitor) -> None:
    response = visitor(3).get(f"/c/{ann}/?as_of=1", follow=True)
    assert response.request["PATH_INFO"] == f"/characters/{ann}/the-stranger/"
    assert response.request["QUERY_STRING"] == "as_of=1"
    page = re.sub(
        r'<nav class="travel".*?</nav>|<p class="share">.*?</p>', "", response.content.decode(), flags=re.DOTALL
    )
    links = [line for line in page.split('href="')[1:] if line.startswith("/")]
    inward = [
        link.split('"')[0]
        for link in links
        if not link.startswith(("/static/", "/accounts/", "/corrections/", f'/characters/{ann}/the-stranger/"'))
    ]
    assert inward
    assert all(link.endswith("?as_of=1") for link in inward)


def test_no_key_is_shown(real_show: None) -> None:
    assert_no_key_is_in(crawl(5, everything=False))


@pytest.mark.laws
def test_no_key_is_ever_shown(crawl_real_show: Callable[[int], dict[str, Answer]]) -> None:
    assert_no_key_is_in(crawl_real_show(CRAWLED[2]))


def assert_no_key_is_in(crawled: dict[str, Answer]) -> None:
    """Keys name what comes later: eva_kristella is “the woman at the piano” for three episodes."""
    keys = set(Character.objects.values_list("key", flat=True)) | set(Faction.objects.values_list("key", flat=True))
    telling = {key for key in keys if "_" in key}
    for address, answer in crawled.items():
        found = {key for key in telling if key in answer.body.decode()}
        assert not found, address


@pytest.mark.parametrize("key", ["rouge_redstar", "kevin"])
def test_a_character_takes_a_bounded_number_of_queries(
    real_show: None, visitor: Visitor, key: str, django_assert_max_num_queries: Any
) -> None:
    address = visitor(13).get(f"/c/{Character.objects.as_of(13).get(key=key).public_id}/")["Location"]
    with django_assert_max_num_queries(35):
        assert visitor(13).get(address).status_code == 200


def test_the_way_to_an_episode_stands_under_the_heading_of_what_it_leads_to(real_show: None, visitor: Visitor) -> None:
    rouge = Character.objects.as_of(3).get(key="rouge_redstar").public_id
    page = visitor(3).get(f"/c/{rouge}/", follow=True).content.decode()
    marks = ['id="timeline"', 'class="jumps"', "Go to episode", 'href="#episode-3"', 'id="episode-0"', 'class="chart']
    places = [page.rindex(mark) for mark in marks]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("address", "most"),
    [("/", 46), ("/characters/", 30), ("/factions/", 21), ("/episodes/", 5), ("/episodes/9/", 24), ("/tags/", 8)],
)
def test_a_list_takes_as_many_queries_however_long(
    real_show: None, visitor: Visitor, address: str, most: int, django_assert_max_num_queries: Any
) -> None:
    for at in (1, 13):
        with django_assert_max_num_queries(most):
            assert visitor(at).get(address).status_code == 200


def test_long_lists_have_pages(db: None, tmp_path: Path, visitor: Visitor) -> None:
    load_show(tmp_path, characters=[character(f"c{n:03}", f"Name {n:03}") for n in range(130)])
    for query, first, count in (("", "Name 000", 60), ("?page=2", "Name 060", 60), ("?page=3", "Name 120", 10)):
        body = visitor(1).get(f"/characters/{query}").content.decode()
        assert body.count('class="card"') == count
        assert first in body
    assert visitor(1).get("/characters/?page=99").content == visitor(1).get("/characters/?page=3").content
    for nonsense in ("0", "-3", "x", "", "9" * 5000):
        page = visitor(1).get("/characters/", {"page": nonsense}).content
        assert page == visitor(1).get("/characters/").content, nonsense


def test_markup_in_content_is_shown_and_does_nothing(db: None, tmp_path: Path, visitor: Visitor) -> None:
    evil = "<script>alert(1)</script> ![x](https://evil.example/x.png) [y](javascript:alert(1)) <https://evil.example/>"
    load_show(
        tmp_path,
        characters=[character("ann", "<b>Ann</b>", traits=[{"attribute": "summary", "value": evil, "revealed_in": 1}])],
        revelations=[revelation("r", evil, since=1, characters=["ann"])],
    )
    for address in ("/", "/characters/", "/episodes/1/", f"/c/{Character.objects.as_of(9).get().public_id}/"):
        body = visitor(1).get(address, follow=True).content.decode()
        assert "<script>alert" not in body
        assert "<b>Ann" not in body
        assert 'src="https://evil' not in body
        assert 'href="javascript' not in body
        assert 'href="https://evil' not in body


@pytest.mark.parametrize(
    "text",
    ["`[[ann_lee]]`", r"\[[ann_lee]]", "    [[ann_lee]]", "```\n[[ann_lee]]\n```", "&#91;[ann_lee]]", "*[[ann_lee]]*"],
)
def test_no_way_of_writing_a_mention_shows_the_key(db: None, tmp_path: Path, visitor: Visitor, text: str) -> None:
    load_show(tmp_path, characters=[character("ann_lee", "Ann")], revelations=[revelation("r", text, since=1)])
    body = visitor(1).get("/episodes/1/").content.decode()
    assert "[[" not in body
    assert "ann_lee" not in body.replace("&amp;#91;[ann_lee]]", "")


def test_no_text_is_swallowed(db: None, tmp_path: Path, visitor: Visitor) -> None:
    load_show(tmp_path, characters=[character("ann")], revelations=[revelation("r", "[Ann]: dead", since=1)])
    assert "[Ann]: dead" in visitor(1).get("/episodes/1/").content.decode()


def test_the_sitemap_is_for_somebody_who_has_watched_nothing(real_show: None, visitor: Visitor) -> None:
    assert visitor(13).get("/sitemap.xml").content == visitor(0).get("/sitemap.xml").content
    assert b"/characters/" in visitor(0).get("/sitemap.xml").content


def test_a_miss_says_nothing_even_in_debug(ann: str, visitor: Visitor, settings: Any) -> None:
    settings.DEBUG = True
    unknown, pathless = visitor(0).get("/c/zzzzzzzzzzzz/"), visitor(0).get("/no/such/page/")
    assert unknown.status_code == pathless.status_code == 404
    assert unknown.content == pathless.content == visitor(0).get(f"/c/{ann}/").content
    assert "There is no page at this address" in text_of(unknown.content)


def test_the_navigation_says_where_the_reader_is(ann: str, visitor: Visitor) -> None:
    for address, current in (
        ("/graph/", '<a href="/graph/" aria-current="page">Map'),
        ("/characters/?as_of=1", '<a href="/characters/?as_of=1" aria-current="page">Characters'),
        (f"/characters/{ann}/the-stranger/", '<a href="/characters/" aria-current="true">Characters'),
    ):
        masthead = visitor(2).get(address).content.decode().partition("</nav>")[0]
        assert current in masthead
        assert masthead.count("aria-current") == 1


def test_every_kind_of_page_has_one_link_to_correct_it(ann: str, visitor: Visitor) -> None:
    reader = visitor(2)
    own = {
        f"/characters/{ann}/the-stranger/": f"/corrections/new/characters/{ann}/",
        "/episodes/1/": "/corrections/new/episodes/1/",
    }
    others = ("/", "/characters/", "/terms/", "/episodes/", "/episodes/3/", "/tags/", "/graph/", "/recap/", "/search/",
              "/changes/", "/no/such/page/", f"/characters/{ann}/the-stranger/then/")  # fmt: skip
    no_page = {"/no/such/page/": "/corrections/new/episodes/2/"}
    of_episode = {address: f"/corrections/new/episodes/2/?page={address}" for address in others}
    for address, form in (own | of_episode | no_page).items():
        body = reader.get(address).content.decode()
        assert body.count("Suggest a correction</a>") == 1, address
        assert f'<a href="{form}" rel="nofollow">Suggest a correction</a>' in body, address
        assert reader.get(form).status_code == 200


def test_no_two_lines_of_a_page_have_one_name_for_their_pencils(real_show: None, visitor: Visitor) -> None:
    rouge = Character.objects.as_of(5).get(key="rouge_redstar").public_id
    body = visitor(5).get(f"/c/{rouge}/", follow=True).content.decode()
    names = re.findall('aria-label="Correct: (.+?)"', body)
    assert len(names) > 40
    assert len(set(names)) == len(names)


def test_a_fresh_site_without_any_show_works(newcomer: Client) -> None:
    for address in (
        "/",
        "/characters/",
        "/factions/",
        "/episodes/",
        "/tags/",
        "/graph/",
        "/recap/",
        "/sitemap.xml",
        "/robots.txt",
        "/healthz",
    ):
        assert newcomer.get(address).status_code == 200, address


def test_the_real_show_is_where_it_is_said_to_be() -> None:
    assert (REAL_SHOW / "characters.yaml").is_file()


def test_what_is_long_is_folded_and_the_head_leads_to_the_newest_chapter(real_show: None, visitor: Visitor) -> None:
    rouge = Character.objects.as_of(13).get(key="rouge_redstar")
    for at, folded in ((1, False), (13, True)):
        page = visitor(at).get(f"/c/{rouge.public_id}/", follow=True).content.decode()
        relations = page.partition('<h2 id="ties">')[2].partition("</section>")[0]
        unfolded, _, further = relations.partition("<details")
        assert unfolded.count("<li>") <= 10
        assert bool(further.count("<li>")) == folded
        assert f'<a class="standalone" href="#episode-{at}">Latest: episode {at}</a>' in page
        assert f'id="episode-{at}"' in page
