"""One's own data in one file: all of one's own, nothing of others, nothing that one has not watched."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from characters.models import Character
from corrections.forgetting import AFTER, forget_senders
from corrections.models import Block, Correction, Event, State
from corrections.thread import add_event
from episodes.models import Episode
from tests.corrections.letters import sent, set_to, somebody, status_of
from tests.people import PASSWORD, person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def character() -> Character:
    Episode.objects.bulk_create([Episode(number=number) for number in (0, 1, 2)])
    return somebody()


def own_data(client: Client) -> dict[str, Any]:
    client.post("/accounts/reauthenticate/?next=/accounts/data/", {"password": PASSWORD})
    response = client.get("/accounts/data/")
    assert response["Content-Disposition"].startswith('attachment; filename="my-data-')
    assert response["Cache-Control"] == "private, no-store"
    return json.loads(response.content)


def test_the_password_is_asked_for_again() -> None:
    person("ann")
    assert Client().get("/accounts/data/")["Location"].startswith("/accounts/login/?next=")
    assert signed_in("ann").get("/accounts/data/")["Location"].startswith("/accounts/reauthenticate/?next=")


def test_it_holds_what_its_owner_gave_and_wrote(character: Character) -> None:
    ann = person("ann", role="contributor", at=2)
    correction = sent(set_to(status_of(character), "value", "dead since the fire"), by=ann)
    Correction.objects.filter(pk=correction.pk).update(reason="She burns in it.")
    add_event(correction, Event.Kind.SAID, ann, "See minute twelve.")

    data = own_data(signed_in("ann"))
    assert data["account"] | {"joined": "", "last_signed_in": "", "sessions": []} == {
        "user_name": "ann", "first_name": "", "last_name": "", "joined": "", "last_signed_in": "",
        "roles": ["contributors"], "sessions": [], "second_factors": [], "watched_up_to": 2,
        "wants_credit": False, "credit_name": "",
        "mail_addresses": [{"email": "ann@example.org", "verified": True, "primary": True}],
    }  # fmt: skip
    (mine,) = data["corrections"]
    assert (mine["reason"], mine["state"]) == ("She burns in it.", "Waiting for a moderator")
    assert [change["proposed"] for change in mine["changes"]] == ["dead since the fire"]
    assert [message["text"] for message in mine["messages"]] == ["See minute twelve."]


def test_it_holds_nothing_of_others(character: Character) -> None:
    ann, bob = person("ann", at=2), person("bob")
    mine = sent(set_to(status_of(character), "value", "dead"), by=ann)
    change = mine.changes.get()
    change.before, change.was, change.final, change.altered = "what-was-there", "what-is-there", "what-bob-wrote", True
    change.save()
    add_event(mine, Event.Kind.REMARKED, bob, "what-bob-remarked")
    sent(set_to(status_of(somebody("cid", name="Cid")), "value", "what-bob-sent"), by=bob)
    text = json.dumps(own_data(signed_in("ann")))
    assert "what-" not in text
    assert "bob" not in text


def test_a_moderator_takes_out_what_they_did(character: Character) -> None:
    ann, mo = person("ann"), person("mo", role="moderator")
    add_event(sent(set_to(status_of(character), "value", "dead"), by=ann), Event.Kind.ASKED, mo, "Where is that said?")
    (decision,) = own_data(signed_in("mo"))["decisions"]
    assert (decision["did"], decision["text"]) == ("asked", "Where is that said?")


def corrected(by: User | None, *, days_ago: float, state: str = State.REJECTED, sender: str = "a") -> Correction:
    then = timezone.now() - timedelta(days=days_ago)
    return Correction.objects.create(author=by, state=state, sender=sender, created_at=then, decided_at=then)


def test_senders_are_forgotten_half_a_year_after_the_decision() -> None:
    old = corrected(None, days_ago=AFTER.days + 1)
    kept = [
        corrected(None, days_ago=AFTER.days - 1),
        corrected(None, days_ago=AFTER.days + 1, state=State.OPEN),
        corrected(None, days_ago=AFTER.days + 1, sender="blocked"),
    ]
    decided_late = corrected(None, days_ago=AFTER.days + 9)
    Correction.objects.filter(pk=decided_late.pk).update(decided_at=timezone.now())
    Block.objects.create(sender="blocked", reason="Rubbish.", by=person("mo"))
    assert forget_senders() == 1
    assert Correction.objects.get(pk=old.pk).sender == ""
    assert all(Correction.objects.get(pk=each.pk).sender for each in [*kept, decided_late])
