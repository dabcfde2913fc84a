"""Claiming a correction."""

from threading import Event, Thread
from time import sleep

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from corrections.desk.claims import claim
from corrections.errors import Refused
from tests.corrections.letters import sent, set_to, somebody, status_of
from tests.people import person

pytestmark = pytest.mark.django_db


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
