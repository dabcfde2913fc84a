"""Law 3: only the viewer's own hand moves the gate forward."""

import re
from pathlib import Path

import pytest
from django.test import Client

from characters.models import Character, Faction
from characters.public_ids import public_id_for
from tests.conftest import Visitor
from tests.shows import character, load_show

OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def show(db: None, tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[character("ann"), character("bea", since=3, tags=[{"name": "late", "revealed_in": 3}])],
        factions=[character("red"), character("blue", since=3)],
    )


def test_a_form_on_the_site_sets_progress(newcomer: Client) -> None:
    response = newcomer.post("/progress/", {"episode": "2", "next": "/episodes/"}, headers=OWN)
    assert (response.status_code, response["Location"]) == (303, "/episodes/")
    cookie = response.cookies["progress"]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("2", "Lax", True)


def test_who_goes_back_before_a_page_does_not_stay_at_its_address(visitor: Visitor) -> None:
    def leads_to(address: str, *, to: int = 2) -> str:
        return visitor(3).post("/progress/", {"episode": to, "next": address}, headers=OWN)["Location"]

    ann, bea = (Character.objects.as_of(3).get(key=key).public_id for key in ("ann", "bea"))
    red, blue = (Faction.objects.as_of(3).get(key=key).public_id for key in ("red", "blue"))
    for late, known in (
        (f"/characters/{bea}/bea/", f"/characters/{ann}/ann/"),
        (f"/characters/{bea}/bea/then/?episode=3", f"/characters/{ann}/ann/then/?episode=1"),
        (f"/c/{bea}/", f"/c/{ann}/"),
        (f"/factions/{blue}/blue/", f"/factions/{red}/red/"),
        (f"/corrections/new/characters/{bea}/", f"/corrections/new/characters/{ann}/"),
        (f"/corrections/new/factions/{blue}/", f"/corrections/new/factions/{red}/"),
        ("/corrections/new/episodes/3/", "/corrections/new/episodes/2/"),
        ("/tags/late/", "/tags/"),
        ("/c/zzzzzzzzzzzz/", "/episodes/3/"),
        ("/tags/nothing/", "/search/?q=bea"),
    ):
        told = leads_to(late)
        assert re.fullmatch(r"/went-back/\?to=%2F(c|factions|t)%2F\w{12}%2F|/episodes/3/", told), told
        assert "bea" not in told
        assert "late" not in told
        assert leads_to(known) == known
        assert leads_to(late, to=3) == late


def test_who_went_back_reads_why_and_returns(visitor: Visitor) -> None:
    client, bea = visitor(3), Character.objects.as_of(3).get(key="bea").public_id
    for late, nameless in ((f"/characters/{bea}/bea/", f"/c/{bea}/"), ("/tags/late/", public_address_of_tag("late"))):
        told = client.post("/progress/", {"episode": "2", "next": late}, headers=OWN)["Location"]
        body = client.get(told).content.decode()
        assert "You are at episode 2 now" in body
        assert 'name="episode" value="3" form="returning">Return to episode 3<' in body
        assert body.count(f'name="next" value="{nameless}"') == 5  # bar, undo, step, return and picker
        assert "bea" not in body.casefold().replace(bea, "")
        assert "late" not in re.findall(r"<main.*</main>", body, re.DOTALL)[0].replace("later", "")
        client.post("/progress/", {"episode": "3", "next": nameless}, headers=OWN)
        assert client.get(told)["Location"] == nameless
        assert client.get(client.get(nameless)["Location"]).status_code == 200


def test_who_went_back_to_the_very_beginning_is_told_so(visitor: Visitor) -> None:
    body = visitor(0).get("/went-back/?to=/c/zzzzzzzzzzzz/").content.decode()
    assert "<title>You are before the first episode now" in body
    assert "<h1>You are before the first episode now</h1>" in body
    assert "{{" not in body


def public_address_of_tag(slug: str) -> str:
    return f"/t/{public_id_for(f'tag/{slug}')}/"


def test_the_page_for_those_who_went_back_is_the_same_whatever_they_read(visitor: Visitor) -> None:
    bea = Character.objects.as_of(3).get(key="bea").public_id
    later, never = (visitor(2).get(f"/went-back/?to=/c/{each}/").content.decode() for each in (bea, "zzzzzzzzzzzz"))
    assert later.replace(bea, "zzzzzzzzzzzz") == never
    named = (f"/characters/{bea}/bea/", "/characters/x/bea/", "/tags/late/")
    for elsewhere in ("", "//evil.example/", *named, "x", "//["):
        assert visitor(2).get("/went-back/", {"to": elsewhere})["Location"] == "/", elsewhere


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Referer": "https://evil.example/http://testserver/"},
        {"Origin": "http://["},
        {"Referer": "http://[::1"},
        {"Origin": "http://127.0.0.1:8000"},
        {},
    ],
    ids=str,
)
def test_a_form_on_another_site_does_not(newcomer: Client, headers: dict[str, str]) -> None:
    response = newcomer.post("/progress/", {"episode": "3"}, headers=headers)
    assert response.status_code == 403
    assert "progress" not in response.cookies


def test_an_older_browser_names_the_origin(newcomer: Client) -> None:
    response = newcomer.post("/progress/", {"episode": "2"}, headers={"Origin": "http://testserver"})
    assert response.cookies["progress"].value == "2"


@pytest.mark.parametrize("method", ["get", "head", "put", "options"])
def test_nothing_but_a_post_sets_progress(newcomer: Client, method: str) -> None:
    response = getattr(newcomer, method)("/progress/?episode=3", headers=OWN)
    assert response.status_code == 405
    assert "progress" not in response.cookies


@pytest.mark.parametrize("target", ["/", "/c/zzzzzzzzzzzz/", "/episodes/3/", "/no-such-page/"])
def test_as_of_beyond_progress_asks_first(visitor: Visitor, target: str) -> None:
    response = visitor(1).get(f"{target}?as_of=3")
    assert response.status_code == 200
    assert "progress" not in response.cookies
    body = response.content.decode()
    assert "Have you watched episode 3?" in body
    main = body.partition("<main")[2]
    assert main.replace(f'"{target}"', '"/target/"') in visitor(1).get("/target/?as_of=3").content.decode()


def test_as_of_within_progress_looks_back(visitor: Visitor) -> None:
    response = visitor(3).get("/characters/?as_of=1")
    assert "progress" not in response.cookies
    assert "Ann" in response.content.decode()
    assert "Bea" not in response.content.decode()
    assert 'href="/episodes/?as_of=1"' in response.content.decode()


def test_as_of_nonsense_is_ignored(visitor: Visitor) -> None:
    plain = visitor(3).get("/characters/").content
    for nonsense in ("x", "-1", "1.5", "٣", "99", "9" * 5000, "", "\x00"):
        assert visitor(3).get("/characters/", {"as_of": nonsense}).content == plain, nonsense


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
        "evil",
        "",
    ],
)
def test_a_redirect_stays_on_the_site(newcomer: Client, target: str) -> None:
    response = newcomer.post("/progress/", {"episode": "1", "next": target}, headers=OWN)
    assert response["Location"] == "/"


@pytest.mark.parametrize("path", ["/%2fevil.example/", "/%5cevil.example/", "/%09/evil.example/"])
def test_asking_first_leads_nowhere_else(visitor: Visitor, path: str) -> None:
    body = visitor(1).get(f"{path}?as_of=3").content.decode()
    assert "Have you watched episode 3?" in body
    assert "evil.example" not in body.partition("<main")[2]


def test_a_form_in_no_known_charset_changes_nothing(newcomer: Client) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="episode"\r\n\r\n3\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x; charset=zlib"
    response = newcomer.generic("POST", "/progress/", body, kind, headers=OWN)
    assert response.status_code == 400
    assert "progress" not in response.cookies


@pytest.mark.parametrize("episode", ["4", "-1", "x", "", "1e3", "9" * 3000, "²"])
def test_an_episode_that_is_none_changes_nothing(newcomer: Client, episode: str) -> None:
    response = newcomer.post("/progress/", {"episode": episode}, headers=OWN)
    assert response.status_code == 400
    assert "progress" not in response.cookies
    assert b"There is no such episode" in response.content


@pytest.mark.parametrize(
    ("at", "to", "asks"), [(0, 2, False), (0, 3, True), (1, 3, False), (3, 0, False), (3, 3, False)]
)
def test_more_than_two_ahead_is_asked_once_more(visitor: Visitor, at: int, to: int, asks: bool) -> None:
    response = visitor(at).post("/progress/", {"episode": str(to), "next": "/tags/"}, headers=OWN)
    assert response.status_code == (200 if asks else 303)
    assert ("progress" in response.cookies) is not asks
    if asks:
        body = response.content.decode()
        assert f"Have you watched all the way to episode {to}?" in body
        assert "Bea" not in body
        assert "Title of" not in body
        sure = visitor(at).post("/progress/", {"episode": str(to), "next": "/tags/", "sure": "yes"}, headers=OWN)
        assert (sure.status_code, sure["Location"], sure.cookies["progress"].value) == (303, "/tags/", str(to))


def test_being_sure_on_another_site_moves_nothing(newcomer: Client) -> None:
    response = newcomer.post("/progress/", {"episode": "3", "sure": "yes"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert "progress" not in response.cookies


def test_the_question_is_the_same_whatever_is_ahead(visitor: Visitor, tmp_path: Path) -> None:
    asked = visitor(0).post("/progress/", {"episode": "3", "next": "/"}, headers=OWN).content
    load_show(tmp_path, characters=[character("ann", since=3)])
    assert visitor(0).post("/progress/", {"episode": "3", "next": "/"}, headers=OWN).content == asked


@pytest.mark.parametrize("episode", ["1", "3"])
def test_the_first_answer_is_asked_once_more(netted: None, episode: str) -> None:
    asked = Client().post("/progress/", {"episode": episode, "next": "/tags/"}, headers=OWN)
    assert "progress" not in asked.cookies
    assert b"You told us" not in asked.content
    sure = Client().post("/progress/", {"episode": episode, "sure": "yes"}, headers=OWN)
    assert sure.cookies["progress"].value == episode
    assert Client().post("/progress/", {"episode": "0"}, headers=OWN).status_code == 303


def test_who_misses_says_how_far_and_comes_back_to_the_address(visitor: Visitor) -> None:
    bea = Character.objects.as_of(3).get(key="bea").public_id
    client = visitor(1)
    missing = client.get(f"/c/{bea}/?as_of=1")
    assert missing.status_code == 404
    assert missing.content == client.get("/c/zzzzzzzzzzzz/").content
    assert missing.content.decode().count('name="next" value="here"') == 5  # bar, undo, step, picker and colours
    for place, leads_to in (
        (f"/c/{bea}/", f"/c/{bea}/"),
        ("/tags/late/?as_of=1&page=2", "/tags/late/?page=2"),
        ("/", "/"),
        ("//evil.example/", "/"),
        ("/%5cevil.example/", "/%5cevil.example/"),
    ):
        headers = OWN | {"Referer": f"http://testserver{place}"}
        response = client.post("/progress/", {"episode": "2", "next": "here"}, headers=headers)
        assert response["Location"] == leads_to
        response = client.post("/theme/", {"theme": "dark", "next": "here"}, headers=headers)
        assert response["Location"] == leads_to


@pytest.mark.parametrize("place", ["https://evil.example/c/x/", "http://[", "http://testserver:81/c/x/", ""])
def test_a_page_elsewhere_is_no_place_to_come_back_to(visitor: Visitor, place: str) -> None:
    headers = OWN | {"Referer": place}
    response = visitor(1).post("/progress/", {"episode": "2", "next": "here"}, headers=headers)
    assert response["Location"] == "/"


def test_the_question_remembers_where_it_was_asked(visitor: Visitor) -> None:
    headers = OWN | {"Referer": "http://testserver/c/zzzzzzzzzzzz/"}
    body = visitor(0).post("/progress/", {"episode": "3", "next": "here"}, headers=headers).content.decode()
    assert body.count('name="next" value="/c/zzzzzzzzzzzz/"') >= 2
    assert 'value="here"' not in body


@pytest.mark.parametrize(("at", "to"), [(1, 2), (3, 0), (2, 1)])
def test_a_slip_can_be_undone(visitor: Visitor, at: int, to: int) -> None:
    client = visitor(at)
    before = client.get("/characters/").content
    client.post("/progress/", {"episode": str(to), "next": "/characters/"}, headers=OWN)
    after = client.get("/characters/").content.decode()
    assert f'<button class="undo" name="episode" value="{at}" ' in after
    client.post("/progress/", {"episode": str(at), "next": "/characters/", "sure": "yes"}, headers=OWN)
    assert client.get("/characters/").content == before


@pytest.mark.parametrize("planted", ["99", "x", "1"])
def test_what_was_left_behind_is_only_a_button(visitor: Visitor, planted: str) -> None:
    client = visitor(1)
    plain = client.get("/characters/").content
    client.cookies["progress_before"] = planted
    assert client.get("/characters/").content == plain
    assert b"Bea" not in client.get("/characters/").content
    client.cookies["progress_before"] = "3"
    assert b"Bea" not in client.get("/characters/").content


def test_undoing_is_no_way_around_the_question(visitor: Visitor) -> None:
    client = visitor(0)
    client.cookies["progress_before"] = "3"
    response = client.post("/progress/", {"episode": "3"}, headers=OWN)
    assert response.status_code == 200
    assert "progress" not in response.cookies


def test_the_theme_is_chosen_by_the_own_hand_and_changes_colours_alone(visitor: Visitor) -> None:
    client = visitor(1)
    plain = client.get("/characters/").content.decode()
    assert client.post("/theme/", {"theme": "dark"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/characters/").content.decode() == plain
    response = client.post("/theme/", {"theme": "dark", "next": "/characters/"}, headers=OWN)
    assert (response.status_code, response["Location"]) == (303, "/characters/")
    assert "progress" not in response.cookies
    dark = client.get("/characters/").content.decode()
    assert '<html lang="en" data-theme="dark">' in dark
    assert dark.partition("<main")[2].partition("</main>")[0] == plain.partition("<main")[2].partition("</main>")[0]
    client.post("/theme/", {"theme": "<script>"}, headers=OWN)
    assert client.get("/characters/").content.decode() == plain


def test_lowering_is_free(visitor: Visitor) -> None:
    response = visitor(3).post("/progress/", {"episode": "0"}, headers=OWN)
    assert response.cookies["progress"].value == "0"


@pytest.mark.parametrize("cookie", ["-1", "x", "1 OR 1=1", "²", "", "9" * 5000])
def test_a_cookie_that_says_nothing_is_nothing_watched(netted: None, cookie: str) -> None:
    client = Client()
    client.cookies["progress"] = cookie
    assert client.get("/characters/").content == Client().get("/characters/").content


def test_of_two_cookies_the_lower_counts(netted: None) -> None:
    """Another site on a neighbouring host can add a cookie of the same name, but not take one away."""
    for cookies in ("progress=1; progress=3", "progress=3; progress=1", 'progress=3; progress="1"'):
        assert b"You are at episode 1<" in Client().get("/episodes/", headers={"Cookie": cookies}).content, cookies


def test_a_cookie_beyond_the_last_episode_is_the_last(netted: None, visitor: Visitor) -> None:
    assert visitor(99).get("/characters/").content == visitor(3).get("/characters/").content


def test_no_page_may_be_shared_across_progress(visitor: Visitor) -> None:
    for address in ("/", "/characters/", "/no-such-page/", "/sitemap.xml", "/?as_of=3"):
        response = visitor(1).get(address)
        assert response["Cache-Control"] == "private, no-store", address
        assert "Cookie" in response["Vary"], address
