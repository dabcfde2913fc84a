"""Accepting and rejecting several corrections in the queue."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from characters.models import Alias, Character, Trait
from corrections import trial
from corrections.desk import bulk_decisions
from corrections.desk.claims import claim
from corrections.letter import Letter
from corrections.models import BulkDecision, Correction, State
from corrections.sending import MADE_UP, Sender, amend, removing
from corrections.thread import version_for_author
from tests.corrections.desk import QUEUE, at_the_desk, content_of, in_bulk, page_of
from tests.corrections.letters import new, sent, set_to, somebody, status_of, summary_of
from tests.corrections.pictures import a_portrait_of
from tests.people import person

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


def test_it_leaves_removals_pictures_and_names_of_others(
    desk: Client, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_decisions, "STEP_LASTS", 60)  # all of it in one step, on a busy machine as well
    ann, bea = somebody(), somebody("bea", name="Bea")
    removal = sent(removing(status_of(ann)), by=author)
    portrait, _ = a_portrait_of(ann)
    picture = sent(portrait, by=author)
    shared = sent(new(Alias, character=bea, name="Ann", revealed_in_id=1), by=author)
    claimed = sent(set_to(status_of(bea), "value", "dead"), by=author)
    claim(claimed, by=person("other", role="moderator"))
    chosen = (removal, picture, shared, claimed)
    page = content_of(desk.post(QUEUE, in_bulk(desk, "accept_selected", *chosen), follow=True))
    assert {each.state for each in Correction.objects.all()} == {State.OPEN}
    for reason in ("It removes something", "It has a picture", "Another page has the same name", "other has claimed"):
        assert reason in page
    assert "0 corrections accepted." in page
    assert "4 were left." in page
    rejected = in_bulk(desk, "reject_selected", removal, picture, shared, why="No.")
    assert "3 corrections rejected." in content_of(desk.post(QUEUE, rejected, follow=True))


def in_three_steps(desk: Client, author: User, monkeypatch: pytest.MonkeyPatch) -> str:
    """Accept three corrections, of which one takes the time of a step, and return the address of the note."""
    monkeypatch.setattr(bulk_decisions, "STEP_LASTS", 0)
    ann = somebody()
    chosen = [sent(new(Alias, character=ann, name=name, revealed_in_id=2), by=author) for name in ("An", "Anna", "Nan")]
    address: str = desk.post(QUEUE, in_bulk(desk, "accept_selected", *chosen))["Location"]
    return address


def accepted_ones() -> int:
    return Correction.objects.filter(state=State.ACCEPTED).count()


def test_it_works_in_steps_and_the_note_outlives_the_window(
    desk: Client, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = in_three_steps(desk, author, monkeypatch)
    assert accepted_ones() == 1
    assert "2 of 3 still wait" in content_of(desk.get(note))
    assert "1 accepted, 2 not looked at yet" in content_of(desk.get(QUEUE))
    for done in (2, 3):
        assert desk.post(note, {"do": "go"})["Location"] == note
        assert accepted_ones() == done
    page = content_of(desk.get(note))
    assert "3 corrections accepted." in page
    assert "Go on" not in page
    assert f'href="{note}"' in content_of(desk.get(QUEUE))


def test_it_can_be_stopped_and_taken_up_again(desk: Client, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    note = in_three_steps(desk, author, monkeypatch)
    desk.post(note, {"do": "stop"})
    page = desk.get(note).content.decode()
    assert "2 of 3 were not looked at, as you stopped" in page
    assert "bulk.js" not in page
    assert accepted_ones() == 1
    desk.post(note, {"do": "go"})
    assert accepted_ones() == 2
    assert "bulk.js" in desk.get(note).content.decode()


def test_a_step_under_way_heeds_the_stop(desk: Client, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    note = in_three_steps(desk, author, monkeypatch)
    monkeypatch.setattr(bulk_decisions, "STEP_LASTS", 60)
    decide = bulk_decisions.decide

    def decide_and_stop(*arguments: Any, **options: Any) -> Any:
        BulkDecision.objects.update(stopped=True)  # by the other button, meanwhile
        return decide(*arguments, **options)

    monkeypatch.setattr(bulk_decisions, "decide", decide_and_stop)
    desk.post(note, {"do": "go"})
    assert accepted_ones() == 2


def test_what_was_interrupted_is_left_and_said(desk: Client, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    note = in_three_steps(desk, author, monkeypatch)

    def fail(*arguments: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(bulk_decisions, "decide", fail)
    with pytest.raises(KeyboardInterrupt):
        desk.post(note, {"do": "go"})
    page = content_of(desk.get(note))
    assert "1 was left." in page
    assert "The server was interrupted" in page


def test_a_note_is_for_the_moderator_who_decided(desk: Client, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    note = in_three_steps(desk, author, monkeypatch)
    other = at_the_desk(person("other", role="moderator"))
    assert other.get(note).status_code == 404
    assert other.post(note, {"do": "go"}).status_code == 404
    assert "Your last bulk decision" not in content_of(other.get(QUEUE))
    assert accepted_ones() == 1


def test_it_leaves_a_page_whose_key_was_made_up(desk: Client, author: User) -> None:
    somebody()
    bea = new(Character, key=f"{MADE_UP}abcd", revealed_in_id=2)
    name = new(Alias, character_id=bea.row, name="Bea", headline=True, revealed_in_id=2)
    correction = sent(bea, name, by=author)
    page = desk.post(QUEUE, in_bulk(desk, "accept_selected", correction), follow=True)
    assert "It adds a page, whose key was made up. Open it to give it another." in page.content.decode()
    correction.refresh_from_db()
    assert correction.state == State.OPEN
