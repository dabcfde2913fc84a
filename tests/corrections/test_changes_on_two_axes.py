"""What was published, told on both axes: recent changes, the history of a chapter, feeds, watching and mails."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from characters.lore import Lore
from characters.models import Alias, Character, Membership, Revelation, Trait
from corrections import digests, rows
from corrections.feeds import feed_address
from corrections.letter import Letter
from corrections.models import Correction, Digest, Watch
from corrections.renumbering import renumber
from corrections.sending import Place, Sender, adding, removing, send_note, setting
from episodes.axes import Progress, key_of, place_of
from episodes.gate import content_may_be_written
from episodes.models import Episode, Viewer
from tests.axes import two_axes
from tests.corrections.letters import accepted, sent, set_to
from tests.people import OWN, person
from tests.shows import load_show
from tests.twins import ask, text_of

pytestmark = pytest.mark.django_db

PAIRS = ((0, 0), (0, 2), (0, 25), (1, 25), (3, 18), (5, 0), (5, 25), (6, 24), (6, 40))


@pytest.fixture(autouse=True)
def moderator(tmp_path: Path) -> User:
    load_show(tmp_path, **two_axes())
    return person("judge", role="moderator")


def row(model: Any, **which: Any) -> Any:
    return model.objects.get(**which)


def proposals() -> dict[str, tuple[list[Any], set[tuple[int, int]]]]:
    """Corrections, each with those of the pairs at which it is told."""
    ann = row(Character, key="ann")
    tides, android = row(Trait, value="reads tides"), row(Trait, value="android")
    name = Alias(character=ann, name="Annie", revealed_in_id=5, also_in_id=place_of(25))
    guild = row(Membership, role="pilot")
    return {
        "of a chapter alone": (
            [set_to(tides, "value", "reads winds")], {(0, 25), (1, 25), (5, 25), (6, 40)},
        ),
        "of both": (
            [set_to(android, "value", "a machine")], {*PAIRS} - {(0, 0)},
        ),
        "of both, in two rows": (
            [set_to(android, "value", "a machine"), set_to(row(Trait, value="human", character=ann), "value", "man")],
            {*PAIRS} - {(0, 0), (0, 2)},
        ),
        "of a chapter and of an episode": (
            [set_to(tides, "value", "winds"), set_to(row(Trait, value="missing"), "value", "lost")],
            {(5, 25), (6, 40)},
        ),
        "what is new": (
            [adding("characters.alias", rows.values_of(name), key=str(name.pk))],
            {(0, 25), (1, 25), (5, 0), (5, 25), (6, 24), (6, 40)},
        ),
        "what is gone": (
            [removing(row(Revelation, key="r4"))], {(0, 25), (1, 25), (5, 25), (6, 24), (6, 40)},
        ),
        "when an episode tells it": (
            [setting(android, "revealed_in", 5, 3)], {(3, 18), (5, 0), (5, 25), (6, 24), (6, 40)} - {(3, 18)},
        ),
        "when a chapter ends it": (
            [setting(guild, "also_ended_in", place_of(8), place_of(9))], set(),
        ),
    }  # fmt: skip


@pytest.mark.parametrize("which", [
    "of a chapter alone", "of both", "of both, in two rows", "of a chapter and of an episode", "what is new",
    "what is gone", "when an episode tells it", "when a chapter ends it",
])  # fmt: skip
def test_a_change_is_told_to_those_who_know_all_it_touches(moderator: User, which: str) -> None:
    proposed, told_at = proposals()[which]
    empty = {pair: "Nothing yet" in text_of(ask("/changes/", progress=Progress(*pair)).body) for pair in PAIRS}
    assert all(empty.values())
    accepted(sent(*proposed, by=person("author"), kind="edit"), by=moderator)
    told = {pair for pair in PAIRS if "Nothing yet" not in text_of(ask("/changes/", progress=Progress(*pair)).body)}
    assert told == told_at


def test_a_chapter_has_a_history_and_a_feed(moderator: User) -> None:
    text = set_to(row(Revelation, key="r4"), "text", "[[cole]] keeps the tables.")  # in chapter 21 alone
    accepted(sent(text, by=None), by=moderator)
    synopsis = set_to(row(Episode, number=place_of(21)), "synopsis", "[[cole]] again.")
    accepted(sent(synopsis, by=None), by=moderator)
    at, history = Progress(3, 21), "/changes/episodes/chapter-21/"
    assert f'href="{history}"' in ask("/episodes/chapter-21/", progress=at).body.decode()
    page = text_of(ask(history, progress=at).body)
    assert "History of Part 21" in page
    assert "Revelation changed: Cole keeps the tables." in page
    assert "Title and synopsis changed" in page
    feed = ask(feed_address(at, "episodes", "chapter-21"), progress=0).body.decode()
    assert "as known at episode 3 and part 21" in feed
    assert "Cole keeps the tables." in feed
    nothing = ask("/nothing/", progress=Progress(6, 20))
    assert ask(history, progress=Progress(6, 20)).body == nothing.body
    for other in ("chapter-021", "chapter-0", "chapter-99", "10021", "chapter-", "chapter-chapter-21"):
        assert ask(f"/changes/episodes/{other}/", progress=Progress(6, 40)).status == 404, other


def test_a_chapter_is_watched_and_mailed_about_without_a_word_of_it(moderator: User) -> None:
    user = person("reader", at=3)
    Viewer.objects.filter(user=user).update(second=21)
    client = Client()
    client.force_login(user)
    client.cookies["progress"] = "3+21"
    page = client.get("/episodes/chapter-21/").content.decode()
    assert 'name="key" value="chapter-21"' in page
    watch = {"kind": "episodes", "key": "chapter-21", "watch": "yes"}
    assert client.post("/watching/", watch, headers=OWN).status_code == 303
    assert "Part 21" in client.get("/watching/").content.decode()
    assert client.post("/watching/", watch | {"key": "chapter-22"}, headers=OWN).status_code == 404
    text = set_to(row(Revelation, key="r4"), "text", "[[cole]] keeps the tables.")
    accepted(sent(text, by=None), by=moderator)
    assert digests.send_digests(Lore) == (1, 0)
    (message,) = mail.outbox
    assert message.subject.endswith("1 page you watch has changed")
    assert "/changes/episodes/chapter-21/" in str(message.body)
    assert "Cole" not in str(message.body)
    Viewer.objects.filter(user=user).update(second=20)
    Digest.objects.update(sent_at=None)
    Watch.objects.update(told_until="2000-01-01T00:00Z")
    assert digests.send_digests(Lore) == (0, 0)


def test_what_is_watched_moves_with_its_chapter() -> None:
    user = person("reader")
    for key in ("2", "chapter-9", "chapter-10"):
        Watch.objects.create(user=user, kind="episodes", key=key)
    Watch.objects.create(user=user, kind="characters", key="2")
    with content_may_be_written():
        renumber(
            {place_of(number): place_of(number + (number >= 10)) for number in range(1, 41)}
            | {n: n + (n >= 2) for n in range(1, 7)}
        )
    watched = Watch.objects.order_by("pk").values_list("kind", "key")
    assert list(watched) == [
        ("episodes", "3"), ("episodes", "chapter-9"), ("episodes", "chapter-11"), ("characters", "2"),
    ]  # fmt: skip


# What readers say in their own words


@pytest.mark.parametrize(
    ("at", "known"),
    [
        ((3, 20), {(3, 20), (3, 40), (6, 40)}),
        ((3, 0), {(3, 0), (3, 20), (3, 40), (6, 40)}),
        ((0, 20), {(0, 20), (2, 40), (3, 20), (3, 40), (6, 40)}),
    ],
)  # fmt: skip
def test_a_report_belongs_to_both_numbers(at: tuple[int, int], known: set[tuple[int, int]]) -> None:
    ann = row(Character, key="ann")
    place = Place(f"/c/{ann.public_id}/", (f"characters.character:{ann.pk}",), Progress(*at))
    report = send_note(Letter("Cole!"), place, sender=Sender(None), kind=Correction.Kind.REPORT)
    report.refresh_from_db()
    assert key_of(report.read_at) == key_of(Progress(*at))
    pairs = {(0, 0), (0, 20), (2, 40), (3, 0), (3, 20), (3, 40), (6, 40)}
    known_at = {pair for pair in pairs if Correction.objects.as_of(Progress(*pair)).exists()}
    assert known_at == known
    assert {pair for pair in pairs if report.is_known(Progress(*pair))} == known


def test_a_report_says_where_its_reader_was(moderator: User) -> None:
    client = Client()
    client.cookies["progress"] = "3+20"
    ann = row(Character, key="ann")
    form = {"page": f"/characters/{ann.public_id}/ann-of-the-harbour/", "note": "Too much."}
    receipt = client.post("/corrections/too-much/", form, headers=OWN, follow=True)
    assert "at episode 3 and part 20." in text_of(receipt.content)
    report = Correction.objects.get(kind="report")
    assert (report.sent_in, key_of(report.read_at)) == (3, "3+20")
    client.cookies["progress"] = "3+19"
    assert "Too much." not in client.get(receipt.redirect_chain[-1][0]).content.decode()


# Who made it


def test_the_makers_of_chapters_are_among_the_staff(moderator: User) -> None:
    with content_may_be_written():
        for number, name in ((3, "Dot Doe"), (place_of(20), "Ann Ash"), (place_of(21), "Bo Birch")):
            Episode.objects.filter(number=number).update(writers=[name], directors=[f"{name} Jr"])
    at = {pair: text_of(ask("/staff/", progress=Progress(*pair)).body) for pair in ((3, 0), (3, 20), (0, 21))}
    told = {pair: {name for name in ("Dot Doe", "Ann Ash", "Bo Birch") if name in page} for pair, page in at.items()}
    assert told == {(3, 0): {"Dot Doe"}, (3, 20): {"Dot Doe", "Ann Ash"}, (0, 21): {"Ann Ash", "Bo Birch"}}
    assert "Episode by episode, part by part" in at[3, 20]
    assert "part by part" not in at[3, 0]
    assert "Directed by Dot Doe Jr" in at[3, 20]
    assert "Drawn by Ann Ash Jr" in at[3, 20]
    assert "Drawn by Ann Ash Jr" in text_of(ask("/episodes/chapter-20/", progress=Progress(3, 20)).body)
