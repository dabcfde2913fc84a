"""Watching pages, and the mails about what changed on them."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from characters.models import Character, Revelation
from corrections import digests
from corrections.models import Digest, Watch
from episodes.models import Viewer
from tests.corrections.letters import accepted, sent, set_to
from tests.people import OWN, person, signed_in
from tests.shows import character, load_show, revelation, unmasking

pytestmark = pytest.mark.django_db

STOP = re.compile(r"/watching/stop/[^/\s]+/")


@pytest.fixture
def moderator(tmp_path: Path) -> User:
    load_show(
        tmp_path,
        characters=[character("ann"), character("bea", since=3), character("mask", "The Mask")],
        unmaskings=[unmasking("mask", "ann", since=3)],
        revelations=[
            revelation("early", "[[ann]] sets out.", since=1, characters=["ann"]),
            revelation("late", "[[bea]] was there.", since=3, characters=["ann", "bea"]),
        ],
    )
    return person("judge", role="moderator")


def publish(moderator: User, key: str, time: str = "01:00") -> None:
    accepted(sent(set_to(Revelation.objects.get(key=key), "time", time)), by=moderator)


def page_of(key: str) -> str:
    return f"/changes/characters/{public_id(key)}/"


def public_id(key: str) -> str:
    return str(Character.objects.get(key=key).public_id)


def watch(client: Client, kind: str, key: str, **also: str) -> Any:
    return client.post("/watching/", {"kind": kind, "key": key, "watch": "yes", "next": "/tags/"} | also, headers=OWN)


def reader(name: str = "reader", *, at: int = 2, watching: str = "ann") -> Client:
    person(name, at=at)
    client = signed_in(name)
    client.post("/progress/", {"episode": str(at), "account": name}, headers=OWN)
    client.cookies["progress"] = str(at)
    if watching:
        assert watch(client, "characters", public_id(watching)).status_code == 303
    return client


def a_day_later() -> None:
    Digest.objects.update(sent_at=timezone.now() - timedelta(days=1))


def send() -> list[Any]:
    mail.outbox.clear()
    call_command("send_digests", verbosity=0)
    return list(mail.outbox)


def test_one_button_watches_a_page_and_stops_it_again(moderator: User) -> None:
    client = reader(watching="")
    address = client.get(f"/c/{public_id('ann')}/", follow=True).request["PATH_INFO"]
    assert b"Watch this page" in client.get(address).content
    assert b"Watch this page" not in Client().get(address).content
    answer = watch(client, "characters", public_id("ann"), next=address)
    assert answer["Location"] == address
    assert b"Stop watching this page" in client.get(address).content
    assert b"Stop watching this page" in client.get(page_of("ann")).content
    assert b"Ann</a>" in client.get("/watching/").content
    watch(client, "characters", public_id("ann"), watch="no")
    assert not Watch.objects.exists()
    for page in ("/episodes/1/", "/changes/episodes/2/"):
        assert b'name="kind" value="episodes"' in client.get(page).content
    assert b"part:watch" not in client.get("/changes/").content
    assert b"Watch this page" not in client.get("/changes/").content


def test_only_oneself_watches_and_only_what_one_knows(moderator: User) -> None:
    client = reader(watching="")
    assert watch(client, "characters", public_id("bea")).status_code == 404
    assert watch(client, "nothing", "x").status_code == 404
    assert client.post("/watching/", {"kind": "episodes", "key": "1", "watch": "yes"}).status_code == 403
    assert "/accounts/login/" in watch(Client(), "episodes", "1")["Location"]
    assert watch(client, "episodes", "1", next="https://elsewhere.example/")["Location"] == "/"
    assert Watch.objects.count() == 1
    assert "/accounts/login/" in Client().get("/watching/")["Location"]


def test_the_list_names_nothing_that_its_reader_has_gone_back_before(moderator: User) -> None:
    client = reader(at=3, watching="bea")
    assert b"Bea" in client.get("/watching/").content
    client.post("/progress/", {"episode": "1"}, headers=OWN)
    body = client.get("/watching/").content.decode()
    assert "Bea" not in body
    assert "A page that you do not know yet" in body


def test_a_mail_tells_how_many_pages_changed_and_names_none(moderator: User) -> None:
    client = reader()
    watch(client, "episodes", "1")
    assert send() == []
    publish(moderator, "early")
    (letter,) = send()
    assert letter.to == ["reader@example.org"]
    assert letter.subject == "[rougedb] 2 pages you watch have changed"
    for told in ("Ann", "Revelation", "sets out", "ann/"):
        assert told not in letter.subject + letter.body
    assert page_of("ann") in letter.body
    assert "/changes/episodes/1/" in letter.body
    assert send() == []
    a_day_later()
    assert send() == []


def test_a_change_counts_only_for_readers_who_know_it(moderator: User) -> None:
    reader("early")
    reader("late", at=3)
    publish(moderator, "late")
    assert [letter.to for letter in send()] == [["late@example.org"]]
    Viewer.objects.filter(user__username="early").update(progress=None)
    publish(moderator, "early")
    assert send() == []


def test_two_watches_of_what_is_one_page_by_now_are_one(moderator: User) -> None:
    client = reader(at=2)
    watch(client, "characters", public_id("mask"))
    Viewer.objects.filter(user__username="reader").update(progress=3)
    publish(moderator, "early")
    (letter,) = send()
    assert letter.subject == "[rougedb] 1 page you watch has changed"


def test_there_is_one_mail_a_day_at_most(moderator: User) -> None:
    reader()
    publish(moderator, "early")
    assert len(send()) == 1
    publish(moderator, "early", "02:00")
    assert send() == []
    a_day_later()
    assert len(send()) == 1
    a_day_later()
    assert send() == []


def test_a_mail_that_was_sent_but_not_marked_comes_again_with_the_same_key(
    moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader()
    publish(moderator, "early")
    with monkeypatch.context() as patched:
        patched.setattr(digests, "mark_sent", lambda digest: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(CommandError):
            call_command("send_digests", verbosity=0)
    (first,) = mail.outbox
    publish(moderator, "late")
    (again,) = send()
    assert again.extra_headers["Message-ID"] == first.extra_headers["Message-ID"]
    assert (again.subject, again.body) == (first.subject, first.body)
    a_day_later()
    publish(moderator, "early", "02:00")
    (other,) = send()
    assert other.extra_headers["Message-ID"] != first.extra_headers["Message-ID"]


def test_one_mail_that_fails_keeps_no_other_from_being_sent(moderator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    reader("ann")
    reader("zoe")
    publish(moderator, "early")
    real = digests._mail

    def fail_for_one(digest: Digest, changed: Any) -> Any:
        if digest.user.username == "ann":
            raise OSError("no such address")
        return real(digest, changed)

    with monkeypatch.context() as patched:
        patched.setattr(digests, "_mail", fail_for_one)
        with pytest.raises(CommandError, match="1"):
            call_command("send_digests", verbosity=0)
    assert [letter.to for letter in mail.outbox] == [["zoe@example.org"]]
    assert [letter.to for letter in send()] == [["ann@example.org"]]


def test_one_stops_the_mails_without_signing_in(moderator: User) -> None:
    client = reader()
    publish(moderator, "early")
    (letter,) = send()
    found = STOP.search(letter.body)
    assert found
    assert letter.extra_headers["List-Unsubscribe"] == f"<http://127.0.0.1:8000{found[0]}>"
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page = Client().get(found[0])
    assert b"<button>Send me no more mails</button>" in page.content
    assert Digest.objects.get().wanted
    assert Client().post(found[0], {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Digest.objects.get().wanted
    publish(moderator, "early", "02:00")
    a_day_later()
    assert send() == []
    assert Client().get(f"{found[0][:-2]}x/").content == Client().get("/nothing/").content
    client.post("/watching/", {"mail": "yes"}, headers=OWN)
    assert len(send()) == 1


def test_who_is_gone_gets_no_mail_and_leaves_no_list(moderator: User) -> None:
    reader()
    publish(moderator, "early")
    User.objects.filter(username="reader").update(is_active=False)
    assert send() == []
    Viewer.objects.get(user__username="reader").delete()
    assert not Watch.objects.exists()
    assert not Digest.objects.exists()


@pytest.mark.parametrize("odd", ["a\x00b", "x" * 5_000, "\ud7ff"], ids=ascii)
def test_odd_values_watch_nothing(moderator: User, odd: str) -> None:
    client = reader(watching="")
    for name in ("kind", "key", "watch", "next"):
        for watch_it in ("yes", "no"):
            sent_so = {"kind": "characters", "key": public_id("bea"), "watch": watch_it, "next": "/tags/"} | {name: odd}
            assert client.post("/watching/", sent_so, headers=OWN).status_code in (303, 404)
    assert not Watch.objects.exists()
