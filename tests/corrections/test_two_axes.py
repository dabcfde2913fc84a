"""Staff, mails, feeds and drafts in a show of two axes: all is open to those alone who have watched and read all."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.forms import modelform_factory
from django.test import Client
from django.urls import reverse

from characters.admin.horizon import HorizonForm
from characters.lore import Lore
from characters.models import Character, Relationship, Revelation, Trait
from corrections import digests, drafts, holding
from corrections.desk.clearance import Clearance
from corrections.feeds import feed_address
from corrections.letter import Letter
from corrections.models import Correction, Digest, FormDraft
from corrections.renumbering import renumber
from corrections.sending import Place, Proposed, Sender, send_note
from episodes.accounts import own_data
from episodes.axes import Progress, key_of, place_of
from episodes.gate import content_may_be_written
from episodes.models import Viewer
from tests.axes import two_axes
from tests.corrections.desk import QUEUE, address, content_of, page_of
from tests.corrections.letters import sent, set_to
from tests.people import person
from tests.shows import load_show

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def show(tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes())


@pytest.fixture
def moderator() -> User:
    return person("judge", role="moderator")


def desk(user: User, cookie: str) -> Client:
    client = Client()
    client.cookies["progress"] = cookie
    client.force_login(user)
    return client


def trait(value: str) -> Trait:
    return Trait.objects.get(value=value)


def clearance(progress: Progress, user: User | None = None, *, last: tuple[int, int] = (6, 40)) -> Clearance:
    return Clearance(progress, Progress(*last), frozenset(), user.pk if user else None)


# The horizon of the admin


@pytest.mark.parametrize(("cookie", "is_open"), [("6", False), ("6+39", False), ("5+40", False), ("6+40", True)])
def test_the_admin_hides_nothing_from_those_alone_who_have_watched_and_read_all(cookie: str, is_open: bool) -> None:
    editor = desk(person("editor", role="superuser"), cookie)
    page = editor.get(reverse("admin:characters_character_changelist")).content.decode()
    assert ("Cole" in page) is is_open
    start = editor.get(reverse("admin:index")).content.decode()
    assert '<input type="number" name="second" id="progress-second" min="0" max="40"' in start
    assert "10001" not in start


def test_a_form_keeps_the_second_place_that_it_does_not_show() -> None:
    row = trait("android")
    form_class: Any = modelform_factory(Trait, form=HorizonForm, fields=["value", "also_in"])
    form_class.horizon = 5
    form = form_class({"value": "a machine", "also_in": ""}, instance=row)
    assert form.initial["also_in"] is None
    assert form.is_valid(), form.errors
    assert (form.save(commit=False).value, row.also_in_id) == ("a machine", place_of(2))


# Folding at the desk


def test_the_desk_folds_what_chapters_alone_tell_until_they_are_read(moderator: User) -> None:
    correction = sent(set_to(trait("reads tides"), "value", "reads winds"), by=person("author"))
    assert correction.revealed_in == place_of(25)
    for cookie, folds in (("6", True), ("6+24", True), ("0+25", False), ("6+40", False)):
        page = content_of(desk(moderator, cookie).get(page_of(correction)))
        assert ("reads winds" not in page) is folds, cookie
        assert desk(moderator, cookie).get(QUEUE).status_code == 200
    page = content_of(desk(moderator, "6").get(page_of(correction)))
    assert "It is about part 25, and you have watched up to episode 6." in page


def test_the_desk_reads_a_correction_at_either_place_and_tells_of_no_other(moderator: User) -> None:
    correction = sent(set_to(trait("android"), "value", "a machine"), by=person("author"))  # in 5, or in chapter 2
    for cookie, folds in (("4+1", True), ("5", False), ("0+2", False)):
        page = content_of(desk(moderator, cookie).get(page_of(correction)))
        assert ("a machine" not in page) is folds, cookie
        assert ("episode 5 or part 2" in page) is folds, cookie
        assert "a machine" in content_of(desk(moderator, "0+2").get(QUEUE))
    page = content_of(desk(moderator, "0+2").get(page_of(correction)))
    assert "episode 5" not in page
    assert "a later episode" in page


def test_what_hangs_on_both_axes_needs_both(moderator: User) -> None:
    both = (set_to(trait("missing"), "value", "gone"), set_to(trait("reads tides"), "value", "reads winds"))
    correction = sent(*both, by=person("author"))  # in 3, and in chapter 25
    for cookie, folds in (("6+24", True), ("2+40", True), ("3+25", False)):
        assert ("reads winds" not in content_of(desk(moderator, cookie).get(page_of(correction)))) is folds, cookie


def test_who_reads_by_a_chapter_is_asked_before_more_is_shown(moderator: User) -> None:
    correction = sent(set_to(trait("android"), "value", "a machine"), by=person("author"))
    client = desk(moderator, "1+20")
    page = content_of(client.get(page_of(correction)))
    assert f"{address('preview', correction.pk, 0)}?chapter=20" in page
    assert f"{address('preview', correction.pk, 1)}?chapter=20" in page  # as far as the moderator is
    shown = client.get(address("preview", correction.pk, 1), {"chapter": 20}).content.decode()
    assert "a machine" in shown
    assert "This is the page at episode 1 and part 20" in shown
    for episode, chapter in ((5, 0), (0, 21)):
        asked = client.get(address("preview", correction.pk, episode), {"chapter": chapter}).content.decode()
        assert "Show it all the same" in asked
    assert client.get(address("preview", correction.pk, 0), {"chapter": 41}).status_code == 404


def test_a_row_that_goes_to_an_episode_it_was_not_seen_at_is_not_read_before(moderator: User) -> None:
    row = Relationship.objects.get(kind="guards")  # in 5, or in chapter 13
    proposed = Proposed("set", "characters.relationship", str(row.pk), "revealed_in", None, 2)
    correction = sent(proposed, by=person("author"))
    assert [correction.is_known(at) for at in (Progress(4), Progress(5), Progress(1, 40), Progress(2, 13))] == [
        False, True, False, True,
    ]  # fmt: skip


def test_whoever_wrote_of_a_chapter_reads_nothing_of_later_episodes_by_it(moderator: User) -> None:
    correction = sent(set_to(trait("reads tides"), "value", "reads winds"), by=moderator)
    at = clearance(Progress(3), moderator)
    assert not at.folds(correction)
    assert at.folds(correction, mentioned=5)
    assert key_of(at.reading_episode(correction)) == "3+25"
    assert clearance(Progress(3)).folds(correction)


def test_what_is_on_no_page_by_itself_is_folded_until_both_are_done() -> None:
    correction = Correction(kind=Correction.Kind.SUGGESTION, revealed_in=None)
    for progress, folds in (
        (Progress(6), True),
        (Progress(6, 39), True),
        (Progress(5, 40), True),
        (Progress(6, 40), False),
    ):
        assert clearance(progress).folds(correction) is folds, progress
    assert not clearance(Progress(6), last=(6, 0)).folds(correction)


# Holding back


def test_what_is_held_back_is_told_on_no_axis(moderator: User) -> None:
    told = Revelation.objects.get(key="r1")  # in 1, or in chapter 5
    ann = Character.objects.get(key="ann")
    place = Place(f"/characters/{ann.public_id}/ann/", (f"characters.character:{ann.pk}",), 1)
    report = send_note(Letter("Too much."), place, sender=Sender(None), kind=Correction.Kind.REPORT)
    holding.hold(report, by=moderator, chosen={f"characters.revelation:{told.pk}"})
    told.refresh_from_db()
    assert (told.revealed_in_id, told.also_in_id) == (2, None)
    assert not Revelation.objects.as_of(Progress(1, 40)).filter(pk=told.pk).exists()


# Mails, feeds, drafts, own data


@pytest.mark.parametrize(("second", "read"), [(0, "3"), (20, "3+20"), (99, "3+40")])
def test_a_digest_is_read_at_both_numbers(second: int, read: str) -> None:
    user = person("reader", at=3)
    Viewer.objects.filter(user=user).update(second=second)
    Digest.objects.create(user=user)
    asked: list[str] = []

    def lore_at(progress: int) -> Lore:
        asked.append(key_of(progress))
        return Lore(progress)

    digests.send_digests(lore_at)
    assert asked == [read]


def test_a_feed_belongs_to_both_numbers() -> None:
    addresses = {feed_address(Progress(*pair)) for pair in ((3, 0), (3, 20), (3, 21), (0, 20), (0, 0))}
    assert len(addresses) == 5
    feed = Client().get(feed_address(Progress(3, 20)))
    assert "as known at episode 3 and part 20" in feed.content.decode()
    assert feed["Content-Disposition"] == 'attachment; filename="episode-3+20.atom"'
    client = Client()
    client.cookies["progress"] = "3+20"
    assert feed_address(Progress(3, 20)) in client.get("/changes/").content.decode()


@pytest.mark.parametrize(
    ("at", "exactly", "is_folded"),
    [
        (Progress(3, 20), True, False),
        (Progress(3, 21), True, True),
        (Progress(3, 21), False, False),
        (Progress(3), False, True),
        (Progress(4, 19), False, True),
        (Progress(2, 20), False, True),
    ],
)
def test_a_draft_is_opened_by_those_alone_who_are_as_far_on_both(at: Progress, exactly: bool, is_folded: bool) -> None:
    assert drafts._is_folded(FormDraft(episode=3, second=20), at, exactly=exactly) is is_folded


def test_one_s_own_data_holds_both_numbers() -> None:
    user = person("ann", at=3)
    assert "read_up_to" not in own_data._account(user)
    Viewer.objects.filter(user=user).update(second=20)
    told: dict[str, Any] = own_data._account(User.objects.get(pk=user.pk))
    assert (told["watched_up_to"], told["read_up_to"]) == (3, 20)


def test_a_chapter_that_is_put_in_between_moves_accounts_on() -> None:
    for name, second in (("early", 9), ("there", 10), ("late", 39), ("none", 0)):
        user = person(name, at=3)
        Viewer.objects.filter(user=user).update(second=second)
    with content_may_be_written():
        renumber({place_of(number): place_of(number + (number >= 10)) for number in range(1, 41)})
    assert dict(Viewer.objects.values_list("user__username", "second")) == {
        "early": 9, "there": 11, "late": 40, "none": 0,
    }  # fmt: skip
    assert set(Viewer.objects.values_list("progress", flat=True)) == {3}
