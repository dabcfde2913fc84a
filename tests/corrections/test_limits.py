"""How much one person may send: more, the more of it was accepted."""

import pytest
from django.contrib.auth.models import User

from characters.models import Character, Trait
from corrections import sending
from corrections.errors import Refused
from corrections.models import Correction, State
from corrections.sending import Sender, send
from episodes.models import Episode
from tests.corrections.letters import new, somebody
from tests.people import person

pytestmark = pytest.mark.django_db

ADDRESS = "192.0.2.1"


@pytest.fixture
def ann(db: None) -> Character:
    for number in range(2):
        Episode.objects.create(number=number)
    return somebody()


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MOST_AN_HOUR", 1)
    monkeypatch.setattr(sending, "MOST_EARNED", 3)


def send_one(ann: Character, user: User | None = None, address: str = ADDRESS) -> Correction:
    change = new(Trait, character=ann, attribute="habit", value="hums", revealed_in_id=1)
    return send([change], sender=Sender(user, address=address, receipt="" if user else "r"))


def how_many(ann: Character, user: User | None = None) -> int:
    """Send until it is refused."""
    for count in range(20):
        try:
            send_one(ann, user)
        except Refused:
            return count
    raise AssertionError("nothing was refused")


def decided_long_ago(user: User, state: State, count: int) -> None:
    for _ in range(count):
        Correction.objects.create(author=user, state=state, created_at="2026-01-01T00:00Z")


def test_it_grows_by_what_was_accepted_less_what_was_rejected(ann: Character) -> None:
    user = person("bea")
    decided_long_ago(user, State.ACCEPTED, 3)
    decided_long_ago(user, State.REJECTED, 1)
    assert how_many(ann, user) == 1 + 2


@pytest.mark.parametrize(("accepted", "rejected", "most"), [(9, 0, 4), (1, 5, 1)])
def test_it_grows_so_far_and_never_shrinks(ann: Character, accepted: int, rejected: int, most: int) -> None:
    user = person("bea")
    decided_long_ago(user, State.ACCEPTED, accepted)
    decided_long_ago(user, State.REJECTED, rejected)
    assert how_many(ann, user) == most


def test_nobody_has_a_part_in_the_limit_of_who_has_earned_one(ann: Character) -> None:
    """They may share an address, as in a school."""
    known = person("bea")
    decided_long_ago(known, State.ACCEPTED, 1)
    assert how_many(ann, person("cay")) == 1
    assert how_many(ann, known) == 2


def test_what_they_send_takes_nothing_from_others_at_the_address(ann: Character) -> None:
    known = person("bea")
    decided_long_ago(known, State.ACCEPTED, 1)
    assert how_many(ann, known) == 2
    assert how_many(ann, person("cay")) == 1


def test_several_new_accounts_at_one_address_share_a_limit(ann: Character) -> None:
    assert how_many(ann, person("bea")) == 1
    assert how_many(ann, person("cay")) == 0
    assert how_many(ann) == 0


def test_networks_that_may_all_be_of_one_person_share_a_wider_limit(
    ann: Character, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_OF_NETWORKS_AN_HOUR", 2)
    for network in ("2001:db8:1:1::/64", "2001:db8:1:ffff::/64"):
        send_one(ann, address=network)
    with pytest.raises(Refused, match="too much was sent from networks near yours"):
        send_one(ann, address="2001:db8:1:7::/64")
    known = person("bea")
    decided_long_ago(known, State.ACCEPTED, 1)
    send_one(ann, known, address="2001:db8:1:8::/64")
    send_one(ann, address="2001:db8:2:1::/64")
