"""A visitor of a show of two axes: how far they are on both, and that nothing made for one pair is shown to another."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.http import urlencode

from characters.lore import Lore, kept
from episodes.axes import Progress, key_of, place_of
from episodes.gate import content_may_be_written
from episodes.models import Episode, Viewer
from rougedb.page_cache import store
from rougedb.page_cache.pages import address_of, page_of
from tests.axes import two_axes
from tests.people import OWN, person, signed_in
from tests.seasons import harbour
from tests.shows import character, episode, load_show
from tests.visitors import at

pytestmark = pytest.mark.django_db

LAST_CHAPTER = 40


@pytest.fixture(autouse=True)
def show(db: None, tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("ann")], episodes=[episode(number) for number in range(1, 10)])
    store.clear()


@pytest.fixture
def chapters(show: None) -> None:
    with content_may_be_written():
        Episode.objects.bulk_create(Episode(number=place_of(number)) for number in range(1, LAST_CHAPTER + 1))


def post(client: Client, **form: Any) -> Any:
    return client.post("/progress/", form, headers=OWN)


def progress_of(client: Client) -> str:
    return key_of(client.get("/tags/").wsgi_request.progress)


# The cookie


@pytest.mark.parametrize(
    ("cookie", "read"),
    [
        ("3", "3"), ("3+20", "3+20"), ("0+20", "0+20"), ("3+0", "3"), ("12+99", "9+40"), ("3+99", "3+40"),
        ("+20", "0"), ("3+", "0"), ("3+x", "0"), ("3+020", "0"), ("3+20+1", "0"), ("3+-1", "0"), ("3+12345", "0"),
        ("3 20", "0"), ("x", "0"), ("3+²", "0"), ("3+" + "9" * 3000, "0"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("chapters")
def test_a_cookie_holds_one_number_or_two(cookie: str, read: str) -> None:
    assert progress_of(at(cookie)) == read


@pytest.mark.usefixtures("chapters")
def test_of_several_cookies_the_lowest_counts_on_each_axis() -> None:
    for values, read in ((("3+20", "5+2"), "3+2"), (("3", "5+2"), "3"), (("3+20", "x"), "0")):
        header = "; ".join(f"progress={value}" for value in values)
        request = Client().get("/tags/", headers={"cookie": header}).wsgi_request
        assert key_of(request.progress) == read, header


@pytest.mark.parametrize("address", ["/", "/episodes/", "/graph/", "/nothing/", "/episodes/2/?as_of=1", "/?as_of=5"])
@pytest.mark.parametrize("second", ["+20", "+0", "+9999"])
def test_a_show_of_one_axis_heeds_no_second_number(address: str, second: str) -> None:
    plain = at("3", progress_before="2").get(address)
    entries = set(store._linked()._values) | set(store._others()._values)
    told = at(f"3{second}", progress_before=f"2{second}").get(address)
    assert (told.status_code, told.content, dict(told.headers)) == (
        plain.status_code,
        plain.content,
        dict(plain.headers),
    )
    assert set(store._linked()._values) | set(store._others()._values) == entries
    assert b"two-axes" not in told.content


def test_nobody_sets_a_second_number_in_a_show_of_one_axis() -> None:
    assert post(at("3"), second="2").status_code == 400
    assert post(at("3"), both="4+20").status_code == 400
    for second in ("2", "99", "x"):
        response = post(at("3"), episode="4", second=second)
        assert (response.status_code, response.cookies["progress"].value) == (303, "4")


# Setting it


@pytest.mark.parametrize(
    ("before", "form", "after"),
    [
        ("3+20", {"episode": "4"}, "4+20"),
        ("3+20", {"second": "21"}, "3+21"),
        ("3+20", {"second": "0"}, "3"),
        ("3+20", {"episode": "4", "second": "22"}, "4+22"),
        ("3+20", {"both": "2+1"}, "2+1"),
        ("3+20", {"both": "3"}, "3"),
        ("3", {"second": "20", "sure": "yes"}, "3+20"),
        ("0", {"second": "40", "sure": "yes"}, "0+40"),
    ],
)
@pytest.mark.usefixtures("chapters")
def test_a_form_sets_one_number_or_both(before: str, form: dict[str, str], after: str) -> None:
    response = post(at(before), **form)
    assert (response.status_code, response.cookies["progress"].value) == (303, after)


@pytest.mark.parametrize(
    "form",
    [
        {"second": "41"}, {"second": "x"}, {"second": ""}, {"second": "-1"}, {"second": "9" * 3000}, {"both": "3+41"},
        {"both": "x"}, {"both": "10+1"}, {"episode": "x", "second": "2"}, {"episode": "2", "second": "x"}, {},
    ],
)  # fmt: skip
@pytest.mark.usefixtures("chapters")
def test_a_number_that_is_none_changes_nothing(form: dict[str, str]) -> None:
    response = post(at("3+20"), sure="yes", **form)
    assert response.status_code == 400
    assert not response.cookies


@pytest.mark.parametrize(
    ("before", "form", "asks"),
    [
        ("3+20", {"second": "22"}, False),
        ("3+20", {"second": "23"}, True),
        ("3+20", {"episode": "5"}, False),
        ("3+20", {"episode": "6"}, True),
        ("3+20", {"episode": "1", "second": "23"}, True),
        ("3+20", {"episode": "6", "second": "1"}, True),
        ("3+20", {"second": "1"}, False),
        ("3", {"second": "1"}, True),  # the first on this axis
        ("0+20", {"episode": "1"}, False),
        (None, {"second": "1"}, True),
    ],
)
@pytest.mark.usefixtures("chapters")
def test_a_leap_on_either_axis_is_asked_once_more(before: str | None, form: dict[str, str], asks: bool) -> None:
    client = at(before) if before else Client()
    response = post(client, next="/tags/", **form)
    assert response.status_code == (200 if asks else 303)
    assert bool(response.cookies) is not asks
    if asks:
        main = response.content.decode().partition("<main")[2].partition("</main>")[0]
        (name, value), *others = re.findall(r'<button name="(\w+)" value="([^"]+)"', main)
        assert not others
        wanted = Progress(int(form.get("episode", (before or "0").partition("+")[0])), int(form.get("second", "20")))
        sure = post(client, next="/tags/", sure="yes", **{name: value})
        assert sure.cookies["progress"].value == key_of(wanted)


@pytest.mark.usefixtures("chapters")
def test_the_question_names_the_axis_it_is_about() -> None:
    def question(**form: str) -> str:
        return re.findall("<h1>(.*?)</h1>", post(at("3+20"), **form).content.decode())[0]

    assert question(episode="9") == "Have you watched all the way to episode 9?"
    assert question(second="34") == "Have you read all the way to chapter 34?"
    assert question(episode="9", second="34") == "Have you watched up to episode 9 and read up to chapter 34?"
    assert "<h1>There is no such chapter</h1>" in post(at("3+20"), second="41").content.decode()
    assert "<h1>There is no such episode</h1>" in post(at("3+20"), episode="41").content.decode()


@pytest.mark.usefixtures("chapters")
def test_a_form_on_another_site_sets_no_chapter() -> None:
    for form in ({"second": "20"}, {"both": "3+20"}):
        response = at("3").post("/progress/", form | {"sure": "yes"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert response.status_code == 403
        assert not response.cookies
    assert progress_of(at("3")) == "3"


# Undoing a step


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"second": "21"}, "chapter 20"),
        ({"second": "18"}, "chapter 20"),
        ({"episode": "4"}, "episode 3"),
        ({"both": "4+21"}, "episode 3 and chapter 20"),
    ],
)
@pytest.mark.usefixtures("chapters")
def test_a_step_on_either_axis_is_undone(form: dict[str, str], told: str) -> None:
    client = at("3+20")
    assert post(client, next="/tags/", **form).cookies["progress_before"].value == "3+20"
    page = client.get("/tags/").content.decode()
    assert 'name="both" value="3+20" form="progress-undo">Undo' in page
    assert f"<span>to {told}</span>" in page
    response = post(client, both="3+20")
    assert (response.cookies["progress"].value, response.cookies["progress_before"].value) == ("3+20", "")
    assert 'form="progress-undo"' not in client.get("/tags/").content.decode()


# The account


@pytest.mark.usefixtures("chapters")
def test_an_account_holds_both_numbers() -> None:
    person("ann")
    client = signed_in("ann", at=3)
    post(client, both="3+20", sure="yes")
    viewer = Viewer.objects.get()
    assert key_of(viewer.progress_on_both or 0) == "3+20"


@pytest.mark.usefixtures("chapters")
def test_a_new_account_begins_where_its_browser_is() -> None:
    person("ann")
    client = at("2+7")
    client.post("/accounts/login/", {"login": "ann", "password": "a-long-and-quite-odd-one"})
    assert key_of(Viewer.objects.get().progress_on_both or 0) == "2+7"


@pytest.mark.parametrize(("browser", "account"), [("3", "3+20"), ("3+20", "3"), ("2+20", "3+1"), ("3+1", "3+2")])
@pytest.mark.usefixtures("chapters")
def test_both_pairs_are_offered_and_the_answer_counts_for_both(browser: str, account: str) -> None:
    first, _, second = account.partition("+")
    user = person("ann", at=int(first))
    Viewer.objects.filter(user=user).update(second=int(second or 0))
    client = signed_in("ann")
    client.cookies["progress"] = browser
    offer = client.get("/").content.decode().partition('class="offer"')[2].partition("</section>")[0]
    buttons = dict(re.findall(r'<button name="both" value="([^"]+)">(\w+)', offer))
    assert buttons == {browser: "Stay", account: "Use"}
    post(client, both=account, account="ann", sure="yes")
    assert progress_of(client) == account
    assert b'class="offer"' not in client.get("/").content
    client.cookies["progress"] = browser  # as another tab left it
    response = client.get("/tags/")
    assert response.cookies["progress"].value == account


@pytest.mark.usefixtures("chapters")
def test_while_they_differ_on_the_second_axis_alone_the_account_is_left_alone() -> None:
    user = person("ann", at=3)
    Viewer.objects.filter(user=user).update(second=20)
    client = signed_in("ann")
    client.cookies["progress"] = "3+5"
    post(client, second="6")
    assert key_of(Viewer.objects.get().progress_on_both or 0) == "3+20"


@pytest.mark.parametrize(
    ("said", "second"), [("33.5", "34"), (" part 33.5", "34"), ("35", "36"), ("Part 2", "2"), ("0", None), ("34", "35")]
)
def test_a_chapter_is_said_by_its_label(tmp_path: Path, said: str, second: str | None) -> None:
    labels = {34: "33.5", **{number: f"{number - 1}" for number in range(35, 41)}}
    chapters = [{"number": number, "label": labels.get(number, "")} for number in range(1, 41)]
    load_show(tmp_path / "labelled", **two_axes() | {"chapters": chapters})
    page = at("3+34").get("/tags/").content.decode()
    assert 'name="second_said" id="progress-second" maxlength="40" value="33.5"' in page
    assert "You have read up to part 33.5." in page
    response = post(at("3+34"), second_said=said, sure="yes")
    assert response.cookies["progress"].value == (f"3+{second}" if second else "3")
    assert post(at("3+34"), second_said="40", sure="yes").status_code == 400  # the last is called 39
    assert "<h1>There is no such part</h1>" in post(at("3"), second_said="x").content.decode()


# What is kept

PAIRS = ("3", "3+20", "3+21", "0+20", "0", "4+20")
ADDRESSES = (
    "/", "/characters/", "/episodes/", "/episodes/3/", "/graph/", "/recap/", "/search/?q=ann", "/search/suggest/?q=an",
    "/changes/", "/changes/feed/", "/sitemap.xml", "/nothing/", "/tags/", "/?as_of=2", "/about/",
)  # fmt: skip


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.usefixtures("chapters")
def test_no_kept_page_of_one_pair_is_shown_to_another(settings: Any, order: int) -> None:
    def asked() -> dict[tuple[str, str], tuple[int, bytes]]:
        found = {}
        for pair in PAIRS[::order]:
            for address in ADDRESSES:
                response = at(pair).get(address)
                found[pair, address] = response.status_code, response.content
        return found

    bytes_kept, settings.PAGE_CACHE_BYTES = settings.PAGE_CACHE_BYTES, 0
    made = asked()
    settings.PAGE_CACHE_BYTES = bytes_kept
    assert asked() == made
    assert asked() == made  # from what is kept
    for pair in PAIRS:
        told = made[pair, "/tags/"][1].decode()
        chapter = pair.partition("+")[2]
        assert (f"You have read up to chapter {chapter}." in told) is bool(chapter), pair


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.usefixtures("chapters")
def test_nothing_in_memory_of_one_pair_is_given_to_another(order: int) -> None:
    class Made(str):
        size = 100

    for pair in (Progress(3), Progress(3, 20), Progress(3, 21))[::order]:
        lore, key = Lore(pair), key_of(pair)
        assert kept.kept(lore, "a test", lambda key=key: Made(key)) == key  # type: ignore[misc]
        assert kept.kept_each(lore, "a test", ["x"], lambda _, key=key: {"x": key}) == {"x": key}  # type: ignore[misc]


@pytest.mark.usefixtures("chapters")
def test_what_many_wait_for_is_named_by_both_numbers() -> None:
    """Pages that are being made, compressed forms and those of other processes all go by one key."""
    requests = [at(pair).get("/tags/").wsgi_request for pair in PAIRS]
    address = address_of("/tags/")
    assert address is not None
    pages = [page_of(request, address) for request in requests]
    assert len({page.key for page in pages}) == len({page.form("br") for page in pages}) == len(PAIRS)


# Looking back


@pytest.mark.usefixtures("chapters")
def test_looking_back_leaves_the_second_axis_out() -> None:
    for asked, read in (("2", "2"), ("0", "0"), ("3", "3+20"), ("4", "3+20")):
        request = at("3+20").get(f"/tags/?{urlencode({'as_of': asked})}").wsgi_request
        assert key_of(request.as_of) == read, asked
    page = at("3+20").get("/tags/?as_of=2").content.decode()
    assert "Looking back" in page
    assert "Return to episode 3 and chapter 20</a>" in page
    assert 'name="second"' not in page


@pytest.mark.usefixtures("chapters")
def test_who_hides_how_many_there_are_is_told_of_the_next_chapter_alone() -> None:
    def asked() -> dict[str, bytes]:
        client = at("3+20", ahead="hidden")
        pages = ("/", "/tags/", "/episodes/", "/nothing/", "/went-back/?to=/c/zzzzzzzzzzzz/", "/tags/?as_of=1")
        told = {page: client.get(page).content for page in pages}
        return told | {"none": post(client, second="99").content}

    told = asked()
    assert b'max="21"' in told["/tags/"]
    with content_may_be_written():
        Episode.objects.filter(number__gt=place_of(21)).delete()
    assert asked() == told


# The words of the show


def test_what_is_of_one_visitor_alone_calls_units_as_the_page_does(tmp_path: Path) -> None:
    load_show(tmp_path / "twice", **two_axes())
    for _ in ("made", "kept"):
        page = at("3+20", progress_before="3").get("/tags/").content.decode()
        assert "<span>to part 0</span>" in page
        page = at("3", progress_before="3+20").get("/tags/").content.decode()
        assert "<span>to part 20</span>" in page


def test_labels_stand_where_a_step_is_undone(tmp_path: Path) -> None:
    load_show(tmp_path / "labels", **harbour())
    for _ in ("made", "kept"):
        page = at("3", progress_before="2").get("/tags/").content.decode()
        assert '<button class="undo" name="episode" value="2"' in page
        assert "<span>to S1 E2</span>" in page
