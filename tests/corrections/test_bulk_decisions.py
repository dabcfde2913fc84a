"""Accepting and rejecting several corrections in the queue."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from characters.models import Alias, Trait
from corrections import trial
from corrections.letter import Letter
from corrections.models import Correction, State
from corrections.sending import Sender, amend
from corrections.thread import version_for_author
from tests.corrections.desk import QUEUE, content_of, in_bulk, page_of
from tests.corrections.letters import new, sent, set_to, somebody, status_of, summary_of

pytestmark = pytest.mark.django_db


def test_it_accepts_the_clear_ones_and_says_why_the_others_were_not(desk: Client, author: User) -> None:
    ann = somebody()
    Alias.objects.create(character=ann, name="Queen Ann", kind="title", revealed_in_id=3)
    summary = summary_of(ann, "Somebody.")
    clear = sent(new(Alias, character=ann, name="Annie", revealed_in_id=2), by=author)
    tells = sent(set_to(summary, "value", "She is Queen Ann."), by=author)
    clash = sent(new(Alias, character=ann, name="Ann", kind="title", revealed_in_id=2), by=author)
    stale = sent(set_to(status_of(ann), "value", "dead"), by=author)
    Trait.objects.filter(attribute="status").update(value="missing")
    chosen = (clear, tells, clash, stale)
    page = desk.post(QUEUE, in_bulk(desk, "accept_selected", *chosen), follow=True).content.decode()
    states = [Correction.objects.get(pk=each.pk).state for each in chosen]
    assert states == [State.ACCEPTED, State.OPEN, State.FAILED, State.OPEN]
    assert "1 correction accepted." in page
    assert page.count("was not accepted.") == 3


@pytest.mark.parametrize("action", ["accept_selected", "reject_selected"])
def test_it_skips_a_correction_that_was_changed_since_the_list_was_loaded(
    desk: Client, author: User, action: str
) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=author)
    data = in_bulk(desk, action, correction, why="No.")
    version = version_for_author(correction)
    amend(correction, [set_to(status, "value", "asleep")], sender=Sender(author), version=version, letter=Letter())
    nothing_listed = {name: value for name, value in data.items() if not name.startswith("version-")}
    for posted in (data, nothing_listed):
        assert "changed since the list was loaded" in desk.post(QUEUE, posted, follow=True).content.decode()
        correction.refresh_from_db()
        assert correction.state == State.OPEN
    desk.post(QUEUE, in_bulk(desk, action, correction, why="No."))
    correction.refresh_from_db()
    assert not correction.is_undecided


def test_it_skips_a_correction_that_is_too_large_to_be_checked(
    desk: Client, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MOST_TRIED", 1)
    ann = somebody()
    names = [new(Alias, character=ann, name=name, revealed_in_id=2) for name in ("Annie", "Anna")]
    correction = sent(*names, by=author)
    chosen = in_bulk(desk, "accept_selected", correction)
    assert "too large for its texts to be checked" in desk.post(QUEUE, chosen, follow=True).content.decode()
    correction.refresh_from_db()
    assert correction.state == State.OPEN
    assert "too large for its texts to be checked" in content_of(desk.get(page_of(correction)))


def test_it_requires_a_reason_for_rejecting(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    data = in_bulk(desk, "reject_selected", correction)
    desk.post(QUEUE, data)
    correction.refresh_from_db()
    assert correction.state == State.OPEN
    desk.post(QUEUE, data | {"why": "There is no source for it."})
    correction.refresh_from_db()
    assert correction.state == State.REJECTED


def test_it_skips_folded_corrections(halfway: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody("zed", since=3)), "value", "dead"), by=author)
    for action in ("accept_selected", "reject_selected"):
        data = in_bulk(halfway, action, correction, why="No.")
        assert "later episode than you have watched" in halfway.post(QUEUE, data, follow=True).content.decode()
    correction.refresh_from_db()
    assert correction.state == State.OPEN
