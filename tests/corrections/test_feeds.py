"""Feeds of what was published: each at the episode in its address, which only who is there is told."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from characters.models import Alias, Character, Relationship, Revelation
from corrections import rows
from corrections.feeds import feed_address
from corrections.models import Change
from corrections.sending import adding, setting
from tests.conftest import Visitor
from tests.corrections.letters import accepted, sent, set_to
from tests.nets import net_lifted
from tests.people import person
from tests.shows import character, load_show, revelation

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
LINK = re.compile(r'<link rel="alternate" type="application/atom\+xml" title="[^"]*" href="([^"]+)"')


@pytest.fixture
def moderator(tmp_path: Path) -> User:
    load_show(
        tmp_path,
        characters=[character("ann"), character("bea", since=3)],
        revelations=[
            revelation("early", "[[ann]] sets out & runs.", since=1, characters=["ann"]),
            revelation("late", "[[bea]] was there.", since=3, characters=["ann", "bea"]),
        ],
    )
    return person("judge", role="moderator")


def publish(moderator: User, key: str, time: str = "01:00") -> None:
    with net_lifted():
        accepted(sent(set_to(Revelation.objects.get(key=key), "time", time)), by=moderator)


def offered(visitor: Visitor, episode: int, page: str = "/changes/") -> str:
    found = LINK.search(visitor(episode).get(page).content.decode())
    assert found
    return found[1]


def public_id(key: str) -> str:
    with net_lifted():
        return str(Character.objects.get(key=key).public_id)


def page_of(key: str) -> str:
    return f"/changes/characters/{public_id(key)}/"


def titles(answer: Any) -> list[str]:
    assert answer["Content-Type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.content)  # noqa: S314
    return [entry.findtext(f"{ATOM}title") or "" for entry in feed.iter(f"{ATOM}entry")]


def test_what_is_about_everybody_names_a_few(tmp_path: Path, visitor: Visitor) -> None:
    everybody = [f"c{number:02}" for number in range(40)]
    load_show(
        tmp_path,
        characters=[character(key, f"Number {key}", since=3 if key == "c39" else 1) for key in everybody],
        revelations=[revelation("all", "They meet.", since=1, characters=everybody[:-1])],
    )
    judge = person("judge", role="moderator")
    publish(judge, "all")
    names = ", ".join(f"Number {key}" for key in everybody[:4])
    assert titles(Client().get(offered(visitor, 1))) == [f"Revelation changed: {names} and 35 more"]
    page = visitor(1).get("/changes/").content.decode()
    assert page.count(">Number c") == 4
    assert "</a> and 35 more</p>" in page


def test_a_feed_has_the_same_words_for_whoever_reads_it(tmp_path: Path, visitor: Visitor) -> None:
    word = {"revealed_in": 2, "section": "relation", "key": "guards", "label": "keeps watch over", "bond": "kin"}
    tie = {"source": "ann", "kind": "guards", "target": "bob", "revealed_in": 2}
    load_show(tmp_path, vocabulary=[word], characters=[character("ann"), character("bob")], relationships=[tie])
    judge = person("judge", role="moderator")
    with net_lifted():
        accepted(sent(set_to(Relationship.objects.get(), "certainty", "claimed")), by=judge)
    feed = offered(visitor, 2, page_of("ann"))
    assert titles(visitor(2).get(feed)) == ["Relation changed: Ann keeps watch over Bob"]
    assert Client().get(feed).content == visitor(2).get(feed).content


def test_a_feed_tells_what_is_known_at_its_episode_to_whoever_has_its_address(
    moderator: User, visitor: Visitor
) -> None:
    publish(moderator, "early")
    publish(moderator, "late")
    assert titles(Client().get(offered(visitor, 3))) == ["Revelation changed: Ann, Bea", "Revelation changed: Ann"]
    assert titles(Client().get(offered(visitor, 2))) == ["Revelation changed: Ann"]
    assert titles(visitor(3).get("/changes/feed/")) == []
    assert titles(Client().get(offered(visitor, 2, page_of("ann")))) == ["Revelation changed: Ann sets out & runs."]
    assert titles(Client().get(offered(visitor, 3, page_of("bea")))) == ["Revelation changed: Bea was there."]


def test_nobody_comes_by_trying_to_a_feed_that_lies_ahead(moderator: User, visitor: Visitor) -> None:
    publish(moderator, "late")
    miss = visitor(2).get("/nothing/").content
    ann, bea, good = public_id("ann"), public_id("bea"), feed_address(2)
    of_ann = feed_address(3, "characters", ann)
    tried = [
        "/changes/feed/at/3/", "/changes/feed/at/-1/", "/changes/feed/at/0/", good.replace("/2:", "/3:"),
        f"{good[:-3]}/",
        of_ann.replace(page_of("ann"), "/changes/"), feed_address(3).replace("/changes/", page_of("ann")),
        of_ann.replace(ann, bea), f"{page_of('bea')}feed/", "/changes/characters/zzzzzzzzzzzz/feed/",
    ]  # fmt: skip
    for address in tried:
        answer = visitor(2).get(address)
        assert answer.status_code == 404, address
        assert answer.content == miss, address
    for episode in range(3):
        page = visitor(episode).get("/changes/").content.decode()
        assert feed_address(3) not in page
        assert feed_address(episode) in page


def test_a_link_from_another_site_shows_nobody_a_feed(moderator: User, visitor: Visitor) -> None:
    publish(moderator, "late")
    answer = Client().get(feed_address(3))
    assert answer["Content-Disposition"].startswith("attachment")
    assert "progress" not in answer.cookies
    assert answer.content == visitor(1).get(feed_address(3)).content


def test_the_date_of_a_feed_is_that_of_what_it_tells(moderator: User) -> None:
    """Something later may have been published since: neither date nor ETag move for that."""
    empty = Client().get("/changes/feed/")
    assert empty["Last-Modified"] == "Mon, 01 Jan 2024 00:00:00 GMT"
    publish(moderator, "early")
    Change.objects.update(applied_at=timezone.now() - timedelta(days=2))
    before = Client().get(feed_address(2))
    publish(moderator, "late")
    ann = str(Character.objects.get(key="ann").pk)
    alias = Alias(character_id=ann, name="Queen", revealed_in_id=2)
    accepted(sent(adding("characters.alias", rows.values_of(alias), key=str(alias.pk))), by=moderator)
    assert Client().get(feed_address(2))["ETag"] != before["ETag"]
    accepted(sent(setting(Alias.objects.get(name="Queen"), "revealed_in", 2, 3)), by=moderator)
    after = Client().get(feed_address(2))
    assert (after.content, after["ETag"], after["Last-Modified"]) == (
        before.content, before["ETag"], before["Last-Modified"],
    )  # fmt: skip


def test_who_has_it_already_is_told_so_in_short(moderator: User) -> None:
    publish(moderator, "early")
    address = feed_address(2)
    full = Client().get(address)
    assert "no-store" not in full["Cache-Control"]
    for headers in ({"If-None-Match": full["ETag"]}, {"If-Modified-Since": full["Last-Modified"]}):
        again = Client().get(address, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
    publish(moderator, "early", "02:00")
    assert Client().get(address, headers={"If-None-Match": full["ETag"]}).status_code == 200


def test_a_feed_has_what_readers_of_feeds_need(moderator: User) -> None:
    publish(moderator, "early")
    feed = ElementTree.fromstring(Client().get(feed_address(2)).content)  # noqa: S314
    (entry,) = feed.iter(f"{ATOM}entry")
    assert feed.findtext(f"{ATOM}title") == "Changes to rougedb, as known at episode 2"
    links = {link.get("rel"): link.get("href") or "" for link in feed.findall(f"{ATOM}link")}
    assert links["self"].endswith(feed_address(2))
    assert (entry.findtext(f"{ATOM}id") or "").startswith("urn:rougedb:")
    assert "<p>Revelation changed: Ann</p>" in (entry.findtext(f"{ATOM}summary") or "")
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert "/characters/" in (link.get("href") or "")
    assert "as_of" not in (link.get("href") or "")
