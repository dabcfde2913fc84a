"""Claiming a correction."""

from threading import Event, Thread
from time import sleep

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client

from corrections.desk.claims import claim
from corrections.errors import Refused
from corrections.models import Correction, State
from tests.corrections.desk import content_of, decide_by_form, verdict
from tests.corrections.letters import sent, set_to, somebody, status_of
from tests.people import person

pytestmark = pytest.mark.django_db


def test_what_another_has_claimed_is_decided_only_after_taking_it_over(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    claim(correction, by=person("other", role="moderator"))
    for do in ("accept", "ask"):
        page = decide_by_form(desk, correction, do=do, comment="Is it so?")
        assert "other has claimed this correction" in page.content.decode()
        assert Correction.objects.get().state == State.OPEN
    change = correction.changes.get()
    page = decide_by_form(desk, correction, verdict(change, "accept", value="missing"), do="over", comment="I saw it.")
    assert "missing</textarea>" in content_of(page)
    assert "I saw it." in content_of(page)
    decide_by_form(desk, correction, do="accept")
    assert Correction.objects.get().state == State.ACCEPTED


@pytest.mark.django_db(transaction=True)
def test_only_one_of_two_simultaneous_claims_succeeds(moderator: User, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    is_claimed, other = Event(), person("other", role="moderator")

    def claim_and_take_a_while() -> None:
        with transaction.atomic():
            claim(correction, by=moderator)
            is_claimed.set()
            sleep(0.5)
        connection.close()

    first = Thread(target=claim_and_take_a_while)
    first.start()
    is_claimed.wait(10)
    with pytest.raises(Refused, match="has claimed this correction"):
        claim(correction, by=other)
    first.join()
