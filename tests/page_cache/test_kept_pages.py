"""Kept pages are what they would be if nothing was kept, for everybody, and cost next to nothing."""

import random
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any

import brotli
import pytest
from django.db import connection
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from characters import parameters
from characters.middleware import lore
from characters.text import prose
from corrections import editions
from episodes.kept_pages import keeping_of
from episodes.middleware import progress, theme
from episodes.models import Episode
from rougedb.page_cache import middleware, pages, parts, store, turns
from rougedb.page_cache.pages import address_of
from tests.at_once import at_once
from tests.conventions.test_pages import PUBLIC, patterns
from tests.nets import net_lifted
from tests.people import OWN, person, signed_in
from tests.visitors import at

pytestmark = pytest.mark.django_db

MARK = "<!--part:account-->"

ADDRESSES = (
    "/", "/characters/", "/characters/?sort=newest&page=2", "/factions/?tag=x", "/terms/", "/tags/", "/episodes/",
    "/episodes/3/", "/episodes/12/", "/graph/", "/graph/?as_of=2", "/graph/?faction=zz", "/recap/", "/recap/?since=2",
    "/recap/?since=x", "/search/", "/search/?q=rouge", "/search/?q=ruoge+%C2%ADx", "/search/suggest/?q=ro", "/changes/",
    "/changes/?page=2", "/changes/episodes/2/", "/sitemap.xml", "/nothing/", "/characters", "/c/zzzzzzzzzzzz/",
    "/?as_of=2", "/?as_of=12", "/episodes/3/?as_of=99", "/nothing/?as_of=1", "/tags/?as_of=7", "/tags/?as_of=8",
    "/nothing/?as_of=12",
)  # fmt: skip


@pytest.fixture(autouse=True)
def cold() -> None:
    store.clear()


def told(response: Any) -> tuple[Any, ...]:
    """Return what an answer says, besides that it could be compressed."""
    headers = {name: value for name, value in response.headers.items() if name != "Vary"}
    return response.status_code, headers, response.content, sorted(map(str, response.cookies.values()))


def made(settings: Any, client: Client, address: str) -> tuple[Any, ...]:
    """Return what an answer says while nothing is kept."""
    return without_keeping(settings, lambda: told(client.get(address)))


def without_keeping(settings: Any, ask: Callable[[], Any]) -> Any:
    kept, settings.PAGE_CACHE_BYTES = settings.PAGE_CACHE_BYTES, 0
    try:
        return ask()
    finally:
        settings.PAGE_CACHE_BYTES = kept


def kept_forms() -> set[str]:
    return {*store._linked()._values, *store._others()._values}


# Right


@pytest.mark.parametrize(
    "cookies",
    [{}, {"theme": "dark", "progress_before": "4"}, {"progress_before": "7"}, {"ahead": "hidden"}, {"ahead": "x"}],
)
def test_kept_answers_are_those_that_would_be_made(real_show: None, settings: Any, cookies: dict[str, str]) -> None:
    client = at(6, **cookies)
    for address in ADDRESSES:
        cold, warm = client.get(address), client.get(address)
        assert told(cold) == told(warm) == made(settings, client, address), address


def test_what_is_kept_says_nothing_of_who_made_it(real_show: None, settings: Any) -> None:
    person("ann", at=6)
    ann, nobody = signed_in("ann", at=6), at(6)
    for address in ADDRESSES:
        store.clear()
        of_ann = ann.get(address)
        assert told(nobody.get(address)) == made(settings, at(6), address), address
        assert told(of_ann) == made(settings, ann, address), address
        assert told(ann.get(address)) == told(of_ann), address


def test_an_account_sees_its_own_parts_of_the_page_that_is_there(real_show: None) -> None:
    person("ann", at=4)
    ann = signed_in("ann", at=9)
    at(9).get("/characters/")
    with CaptureQueriesContext(connection) as queries:
        page = ann.get("/characters/").content.decode()
    assert not [query for query in queries if "characters_" in query["sql"]]
    assert "Account<span" in page
    assert "Your corrections" in page
    assert "This browser was at episode 9, the account of ann at 4." in page
    other = at(9).get("/characters/").content.decode()
    assert "Sign in</a>" in other
    assert "ann" not in re.findall(r"[a-z]+", other)


def test_the_cookie_of_progress_is_set_though_the_page_is_kept(real_show: None) -> None:
    person("ann", at=4)
    ann = signed_in("ann", at=9)
    at(4).get("/graph/"), at(9).get("/graph/")
    form = {"episode": "4", "account": "ann", "sure": "yes", "next": "/graph/"}
    assert ann.post("/progress/", form, headers=OWN).status_code == 303
    ann.cookies["progress"] = "9"  # as another browser of theirs left it
    response = ann.get("/graph/")
    assert response.cookies["progress"].value == "4"
    assert b"You are at episode 4" in response.content
    assert not at(4).get("/graph/").cookies


def test_whatever_is_written_shows_at_once(real_show: None) -> None:
    client = at(3)
    assert "Title one" not in client.get("/episodes/").content.decode()
    for title in ("Title one", "Title two"):
        Episode.objects.filter(number=3).update(title=title)
        assert title in client.get("/episodes/").content.decode()


def test_a_page_is_not_kept_if_something_was_published_while_it_was_made(
    real_show: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_of = middleware._made_of

    def and_meanwhile(*arguments: Any, **options: Any) -> Any:
        with net_lifted():
            Episode.objects.filter(number=3).update(title="New")
        return made_of(*arguments, **options)

    monkeypatch.setattr(middleware, "_made_of", and_meanwhile)
    assert at(3).get("/episodes/", headers={"accept-encoding": "br"})["Content-Encoding"] == "br"
    assert kept_forms() == set()


def test_an_answer_with_a_cookie_a_token_or_an_error_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    Episode.objects.create(number=0)

    def with_cookie(request: Any) -> HttpResponse:
        response = HttpResponse("a")
        response.set_cookie("a", "b")
        return response

    def with_token(request: Any) -> HttpResponse:
        return HttpResponse(get_token(request))

    for view in (with_cookie, with_token, lambda request: HttpResponse("broken", status=500)):
        handler = middleware.kept_pages(_with_progress(middleware.making_pages(view)))
        request: Any = Client().get("/healthz").wsgi_request
        request.path = request.path_info = "/episodes/"
        assert handler(request).content
        assert kept_forms() == set()


def _with_progress(inner: Any) -> Any:
    return progress(theme(lore(inner)))


def test_another_host_is_refused_before_anything_is_answered(real_show: None) -> None:
    assert Client().get("/").status_code == 200
    assert Client().get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_mark_in_what_is_no_html_is_left_alone(rf: Any) -> None:
    text = f"{MARK} <!--part:nothing-->"
    told: Any = HttpResponse(text, content_type="application/json")
    assert middleware._with_parts(told, rf.get("/")).content.decode() == text


@pytest.mark.parametrize("text", [MARK, f"a {MARK} b", f"`{MARK}`", f"> {MARK}", f"[x]({MARK})", f"    {MARK}"])
def test_a_text_cannot_hold_a_mark(text: str) -> None:
    assert parts.MARK.search(MARK.encode())
    for render in (prose.render, prose.render_line):
        assert not parts.MARK.search(render(text, lambda key: None).encode())


# Which


def test_every_public_view_is_kept_or_is_known_not_to_be() -> None:
    views = {pattern.name: pattern.callback for _, pattern in patterns(get_resolver()) if pattern.name}
    kept = {name for name, view in views.items() if keeping_of(view) is not None}
    forms = {name for name in PUBLIC if name.startswith("correct-")} | {"propose-character", "told-too-much"}
    assert kept == PUBLIC - forms


def test_what_is_kept_says_what_it_reads_of_the_address(real_show: None, settings: Any) -> None:
    """Every query that is taken for another has the same answer as that one."""
    pairs = [
        ("/characters/?page=2", "/characters/?page=2&x=1"), ("/characters/", "/characters/?page=02"),
        ("/characters/", "/characters/?page=0&species="),
        ("/characters/?status=alive&tag=a&tag=b", "/characters/?tag=b&tag=a&tag=b&status=alive"),
        ("/characters/?sort=-", "/characters/?sort=up"), ("/graph/?faction=-", "/graph/?faction=%00"),
        ("/graph/?of=-", "/graph/?of=%00"), ("/linked/?a=a+b", "/linked/?b=&a=%20a%20%20b%0a"),
        ("/recap/?since=x", "/recap/?since=99999"), ("/recap/?since=2", "/recap/?since=x&since=2"),
        ("/search/?q=a+b", "/search/?q=%20a%20%20b%0a"), ("/search/suggest/?q=ro", "/search/suggest/?q=ro%20&page=3"),
        ("/episodes/3/", "/episodes/3/?page=1&x=2"), ("/", "/?q=x&as_of=6"), ("/", "/?as_of=99"),
        ("/tags/", "/tags/?x=%ff"),
    ]  # fmt: skip
    client = at(6)
    for one, other in pairs:
        expected = made(settings, client, one)
        assert made(settings, client, other) == expected, other
        client.get(one)
        before = kept_forms()
        assert told(client.get(other)) == expected
        assert kept_forms() == before, other


def test_nonsense_neither_evicts_what_is_linked_nor_makes_copies(real_show: None, settings: Any) -> None:
    client = at(3)
    linked = ("/", "/characters/", "/graph/")
    for address in linked:
        client.get(address)
    before = kept_forms()
    chance = random.Random(1)
    for number in range(300):
        client.cookies["x"] = str(number)
        client.get(f"/?{number}=x", headers={"user-agent": str(number), "accept-encoding": f"x{number}"})
    assert kept_forms() == before
    for _ in range(100):
        client.get(f"/nothing/{chance.random()}/"), client.get(f"/c/{chance.randbytes(6).hex()}/")
    assert len(store._linked()._values) == len(linked) + 1  # and what is missing
    assert store._linked().size + store._others().size <= settings.PAGE_CACHE_BYTES
    with CaptureQueriesContext(connection) as queries:
        for address in linked:
            assert client.get(address).status_code == 200
    assert len(queries) == len(linked)


def test_a_page_has_one_address(real_show: None) -> None:
    client = at(6)
    assert client.get("/episodes/5/").status_code == 200
    assert [client.get(f"/episodes/{zeros}5/").status_code for zeros in ("0", "00", "0" * 4_000)] == [404] * 3


def test_what_may_be_of_any_length_is_not_remembered(real_show: None, settings: Any) -> None:
    client, long = at(6), "x" * 10_000
    person_page = re.findall(r'href="(/characters/\w+/)[^"/]+/"', client.get("/characters/").content.decode())[0]
    parameters._query.cache_clear()
    pages._resolved.cache_clear()
    for end in range(3):
        for address in (
            f"/{long}{end}/",
            f"/tags/{long}{end}/",
            f"{person_page}{long}{end}/",
            f"/search/?q={long}{end}",
        ):
            expected = made(settings, client, address)
            assert told(client.get(address)) == told(client.get(address)) == expected
    assert max(map(len, kept_forms())) < 2_000
    assert (parameters._query.cache_info().currsize, pages._resolved.cache_info().currsize) == (1, 1)


@pytest.mark.parametrize(
    "address", ["/characters/", "/search/?q=rouge", "/graph/?as_of=2", "/nothing/", "/c/zzzzzzzzzzzz/"]
)
def test_what_is_kept_costs_one_statement(real_show: None, address: str, django_assert_num_queries: Any) -> None:
    client = at(6)
    client.get(address)
    with django_assert_num_queries(1):
        client.get(address)
    with django_assert_num_queries(1):
        client.head(address)
    assert client.head(address).headers == client.get(address).headers


# Compressed


def test_what_is_of_nobody_is_compressed(real_show: None) -> None:
    plain = at(6).get("/characters/")
    assert plain["Vary"] == "Accept-Encoding, Cookie"
    for _ in range(2):
        compressed = at(6).get("/characters/", headers={"accept-encoding": "gzip, deflate, br"})
        assert compressed["Content-Encoding"] == "br"
        assert int(compressed["Content-Length"]) == len(compressed.content) < len(plain.content) / 3
        assert brotli.decompress(compressed.content) == plain.content


def test_what_is_of_one_visitor_is_not_compressed(real_show: None) -> None:
    person("ann", at=6)
    for client in (signed_in("ann", at=6), at(6, progress_before="5")):
        response = client.get("/search/?q=rouge", headers={"accept-encoding": "br"})
        assert "Content-Encoding" not in response
        assert int(response["Content-Length"]) == len(response.content)


# At once


@pytest.mark.django_db(transaction=True)
def test_of_many_who_want_a_page_one_makes_it(real_show: None, monkeypatch: pytest.MonkeyPatch) -> None:
    made, lock, made_of = [], Lock(), middleware._made_of

    def counted(*arguments: Any, **options: Any) -> Any:
        with lock:
            made.append(arguments)
        return made_of(*arguments, **options)

    monkeypatch.setattr(middleware, "_made_of", counted)
    bodies = at_once(50, lambda: at(6).get("/graph/").content)
    assert len(set(bodies)) == 1
    assert len(made) == 1


def test_who_waited_for_somebody_who_failed_makes_it(real_show: None) -> None:
    started, page = Event(), _a_page()

    def fail() -> store.KeptPage:
        started.wait(5)
        raise RuntimeError

    with ThreadPoolExecutor(2) as pool:
        failing = pool.submit(turns.made_once, page, fail)
        waiting = pool.submit(turns.made_once, page, lambda: store.KeptPage(200, (), b"made"))
        started.set()
        assert isinstance(failing.exception(5), RuntimeError)
        assert waiting.result(5).body == b"made"
    assert turns._making == {}


def _a_page() -> Any:
    request: Any = at(6).get("/accounts/login/").wsgi_request
    request.edition = editions.current()
    request.theme, request.hides_ahead = "", False
    address = address_of("/graph/")
    assert address is not None
    return middleware.page_of(request, address)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_each_get_what_is_theirs(real_show: None, settings: Any) -> None:
    accounts = [signed_in(person(f"user{number}", at=number).username, at=number + 1) for number in range(5)]
    for client in accounts[:3]:
        number = accounts.index(client)
        form = {"episode": str(number), "account": f"user{number}", "sure": "yes"}
        assert client.post("/progress/", form, headers=OWN).status_code == 303
    visitors = accounts + [
        at(progress, **({"theme": theme} if theme else {}), **({"progress_before": before} if before else {}))
        for progress in (0, 1, 6)
        for theme in ("", "dark")
        for before in ("", "5")
    ]
    addresses = ("/", "/characters/", "/episodes/6/", "/search/?q=rouge", "/graph/?as_of=1", "/nothing/", "/recap/")
    expected = without_keeping(
        settings, lambda: [[told(visitor.get(address)) for address in addresses] for visitor in visitors]
    )
    waiting = iter(range(len(visitors)))

    def all_pages() -> tuple[int, list[Any]]:
        number = next(waiting)
        shuffled = random.Random(number).sample(addresses, len(addresses))
        found = {address: told(visitors[number].get(address)) for address in shuffled}
        return number, [found[address] for address in addresses]

    for number, found in at_once(len(visitors), all_pages):
        assert found == expected[number], number


def test_a_site_that_keeps_no_pages_reads_the_edition_once(
    real_show: None, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.PAGE_CACHE_BYTES = 0
    visitor = Client()
    visitor.cookies["progress"] = "5"
    for path in ("/about/", "/nothing/"):
        before = visitor.get(path).content
        with django_assert_num_queries(1):  # it also says how many episodes there are
            assert visitor.get(path).content == before
