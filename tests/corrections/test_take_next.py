"""Which correction a moderator gets next."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from characters.models import Alias, Tag
from corrections.models import Correction, State
from tests.corrections.desk import QUEUE, address, at_the_desk, content_of, filled_in, in_bulk, page_of
from tests.corrections.letters import accepted, new, sent, set_to, somebody, status_of
from tests.people import person

pytestmark = pytest.mark.django_db


def test_it_hands_out_corrections_of_rows_without_pages(desk: Client, author: User) -> None:
    tag = Tag.objects.create(name="brave", slug="brave")
    read, chosen = (sent(set_to(tag, "name", name), by=author) for name in ("Brave", "bold"))
    assert "<ins>Brave</ins>" in content_of(desk.get(page_of(read)))
    assert desk.post(address("next"), follow=True).redirect_chain[-1][0] == page_of(read)
    desk.post(QUEUE, in_bulk(desk, "accept_selected", chosen))
    chosen.refresh_from_db()
    assert chosen.state == State.ACCEPTED


def test_it_leaves_out_a_correction_that_waits_for_an_answer(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    desk.post(page_of(correction), filled_in(correction, do="ask", comment="Where is that shown?"))
    correction.refresh_from_db()
    assert correction.state == State.ASKED
    assert "Where is that shown?" in content_of(desk.get(page_of(correction)))
    assert "No other correction is waiting" in desk.post(address("next"), follow=True).content.decode()


def test_it_leaves_out_a_correction_whose_text_mentions_a_later_episode(author: User) -> None:
    ann, zed = somebody(), somebody("zed", since=3)
    Alias.objects.filter(character=zed).update(name="Zed")
    telling = sent(set_to(status_of(ann), "value", "looks for Zed"), by=author)
    free = sent(new(Alias, character=ann, name="Free", revealed_in_id=1), by=author)
    one = person("one", role="moderator")
    client = at_the_desk(one, episode=1)
    assert client.post(address("next"))["Location"] == page_of(free)
    accepted(free, by=one)
    assert "mention episodes you have not watched" in client.post(address("next"), follow=True).content.decode()
    nothing_after = client.post(address("next"), {"after": str(telling.pk)}, follow=True).content.decode()
    assert "No other correction is waiting for you." in nothing_after
    telling.refresh_from_db()
    assert telling.claimed_by is None
    client = at_the_desk(person("three", role="moderator"), episode=3)
    assert client.post(address("next"))["Location"] == page_of(telling)


def test_it_looks_behind_many_corrections_that_mention_later_episodes(author: User) -> None:
    ann, zed = somebody(), somebody("zed", since=3)
    Alias.objects.filter(character=zed).update(name="Zed")
    status = status_of(ann)
    for number in range(21):
        sent(set_to(status, "value", f"looks for Zed {number}"), by=author, kind="edit")
    free = sent(new(Alias, character=ann, name="Free", revealed_in_id=1), by=author)
    client = at_the_desk(person("one", role="moderator"), episode=1)
    assert client.post(address("next"))["Location"] == page_of(free)


def test_a_decision_leads_to_the_next_one_without_claiming_it(desk: Client, author: User, moderator: User) -> None:
    ann = somebody()
    first = sent(set_to(status_of(ann), "value", "dead"), by=author)
    sent(new(Alias, character=ann, name="Mine", revealed_in_id=1), by=moderator)  # nobody decides their own
    taken = sent(new(Alias, character=ann, name="Taken", revealed_in_id=1), by=author)
    at_the_desk(person("other", role="moderator")).post(address("claim", taken.pk), {"do": "claim"})
    later = sent(new(Alias, character=ann, name="Late", revealed_in_id=3), by=author)
    Correction.objects.filter(pk=later.pk).update(evidence_episode=3)
    free = sent(new(Alias, character=ann, name="Free", revealed_in_id=1), by=author)
    client = at_the_desk(moderator, episode=1)
    response = client.post(page_of(first), filled_in(first, do="accept"))
    assert response["Location"] == page_of(free)
    free.refresh_from_db()
    assert free.claimed_by is None  # nobody asked for it
    client.post(address("next"))
    free.refresh_from_db()
    assert free.claimed_by == moderator


def test_what_was_left_is_not_handed_out_again_after_each_decision(desk: Client, author: User) -> None:
    ann = somebody()
    names = ("Hard", "Harder", "Easy", "Easier")
    hard, harder, easy, easier = (
        sent(new(Alias, character=ann, name=name, revealed_in_id=1), by=author) for name in names
    )
    desk.post(address("next"))
    for left in (hard, harder):
        desk.post(address("next"), {"after": str(left.pk)})
    after_it = desk.post(page_of(easy), filled_in(easy, do="accept"))
    assert after_it["Location"] == page_of(easier)
    after_all = desk.post(page_of(easier), filled_in(easier, do="accept"), follow=True)
    assert "No other correction is waiting for you." in after_all.content.decode()
    assert desk.post(address("next"))["Location"] == page_of(hard)
