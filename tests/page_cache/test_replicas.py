"""Pages that are the same for all are read from a replica, as long as there is a good one, and nothing else is."""

from collections.abc import Callable
from math import inf
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client

from corrections import editions
from corrections.editions import CurrentEdition
from episodes import reading
from episodes.models import Episode
from rougedb import replicas as module
from rougedb.page_cache import current, middleware, store
from rougedb.replicas import Replicas
from tests.people import person, set_progress, signed_in

pytestmark = pytest.mark.django_db

REPLICA, PRIMARY = "replica1", "default"
PAGE = "/episodes/"


@pytest.fixture
def replicas(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Replicas:
    """A replica that has all that the primary has, as it is the same database, and is in step."""
    Episode.objects.create(number=0)
    Episode.objects.create(number=1, title="First")
    settings.DATABASE_ROUTERS = ["episodes.reading.Router"]
    monkeypatch.setattr(module, "close_old_connections", lambda: None)
    connections[REPLICA] = connections[PRIMARY]
    found = Replicas([REPLICA])
    found._is_watching, found._in_step_at = True, {REPLICA: inf}
    for reader in (current, middleware):
        monkeypatch.setattr(reader, "replicas", lambda: found)
    store.clear()
    return found


def asked(ask: Callable[[], Any], *, failing: str = REPLICA, failing_from: float = inf) -> list[str]:
    """Return from where each statement was to be read; from some statement on one of the two fails."""
    sources: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sources.append(reading.source())
        if sources.count(failing) > failing_from and sources[-1] == failing:
            raise OperationalError("the connection was lost")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask()
    return sources


def test_a_page_for_everybody_is_read_from_a_replica(replicas: Replicas) -> None:
    assert set(asked(lambda: Client().get(PAGE))) == {REPLICA}
    assert len(asked(lambda: Client().get(PAGE))) == 1, "which edition it is"


def test_a_missing_page_is_too(replicas: Replicas) -> None:
    assert set(asked(lambda: Client().get("/characters/zzzzzzzzzzzz/x/"))) == {REPLICA}


def test_whoever_is_signed_in_reads_the_primary(replicas: Replicas) -> None:
    person("ann")
    client = signed_in("ann")
    assert set(asked(lambda: client.get(PAGE))) == {PRIMARY}


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/signup/", "/corrections/receipt/x/"])
def test_what_is_not_kept_reads_the_primary(replicas: Replicas, address: str) -> None:
    assert REPLICA not in asked(lambda: Client().get(address))


def test_what_is_written_goes_to_the_primary(replicas: Replicas) -> None:
    assert REPLICA not in asked(lambda: set_progress(Client(), 1))
    with reading.reading_from(REPLICA):
        assert Episode.objects.get(number=1)._state.db == REPLICA
        assert Episode.objects.create(number=2)._state.db == PRIMARY
        assert Episode.objects.filter(number=2).using(None).db == REPLICA


@pytest.mark.parametrize("statements", [0, 1, 2])
def test_a_replica_that_fails_is_left_for_the_primary(replicas: Replicas, statements: int) -> None:
    replies: list[Any] = []
    client = Client(raise_request_exception=False)
    client.cookies["progress"] = "1"
    sources = asked(lambda: replies.append(client.get(PAGE)), failing_from=statements)
    assert (replies[0].status_code, b"First" in replies[0].content) == (200, True)
    assert sources[0] == REPLICA
    assert sources[-1] == PRIMARY
    assert not replicas.good()
    assert set(asked(lambda: client.get("/tags/"))) == {PRIMARY}


def test_what_a_replica_is_behind_with_is_never_kept_as_newer(
    replicas: Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replica tells an edition of its own; who is signed in asks for that of the primary."""
    now = editions.current

    def told() -> CurrentEdition | None:
        found = now()
        if found is None or found.database == PRIMARY:
            return found
        return CurrentEdition("0" * 31 + "1", found.last_episode, found.database)

    monkeypatch.setattr(editions, "current", told)
    Client().get(PAGE)
    person("ann")
    sources = asked(lambda: signed_in("ann").get(PAGE))
    assert sources.count(PRIMARY) == len(sources)
    assert len(sources) > 10, "it is made anew"
    assert len(asked(lambda: Client().get(PAGE))) == 1, "both are kept"


def test_a_replica_is_asked_once_more_where_the_primary_is_away_too(replicas: Replicas) -> None:
    """It may have been left for a moment's sake, or it was not yet seen to be back."""
    replicas._in_step_at.clear()
    replies: list[Any] = []
    client = Client(raise_request_exception=False)
    client.cookies["progress"] = "1"
    sources = asked(lambda: replies.append(client.get(PAGE)), failing=PRIMARY, failing_from=0)
    assert (replies[0].status_code, b"First" in replies[0].content) == (200, True)
    assert sources[0] == PRIMARY
    assert set(sources[1:]) == {REPLICA}


# Which replica is good


@pytest.fixture
def seen(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return what lets a primary and two replicas be seen with some editions, at some second, and names the best."""
    settings.REPLICA_LAG = 10
    clock = [0.0]
    stamps: dict[str, str] = {}
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    monkeypatch.setattr(module, "close_old_connections", lambda: None)

    def current_edition() -> CurrentEdition:
        if not stamps[reading.source()]:
            raise OperationalError("away")
        return CurrentEdition(stamps[reading.source()], 1)

    monkeypatch.setattr(editions, "current", current_edition)
    of_two = Replicas(["one", "other"])
    of_two._is_watching, of_two.aliases = True, ["one", "other"]

    def see(second: float, **told: str) -> str:
        clock[0] = second
        stamps.update(told)
        for alias in stamps:
            of_two.look(alias)
        return next(iter(of_two.good()), PRIMARY)

    return see


def test_one_is_good_while_it_is_in_step(seen: Callable[..., str]) -> None:
    assert seen(0, default="a", one="a", other="a") == "one"
    assert seen(5, default="b") == "one", "it may be a little behind"
    assert seen(9, other="b") == "one"
    assert seen(11) == "other", "not for longer than that"
    assert seen(12, one="b") == "one"


def test_one_that_is_away_is_left_at_once(seen: Callable[..., str]) -> None:
    assert seen(0, default="a", one="", other="a") == "other"
    assert seen(1, other="") == PRIMARY
    assert seen(2, one="a") == "one"


def test_without_the_primary_one_is_good_that_has_its_last_edition(seen: Callable[..., str]) -> None:
    assert seen(0, default="b", one="a", other="b") == "other"
    assert seen(60, default="") == "other"
    assert seen(61, other="") == PRIMARY, "the other never had it"
    assert seen(62, one="b") == "one"


def test_where_the_primary_was_never_seen_any_will_do(seen: Callable[..., str]) -> None:
    assert seen(0, default="", one="a", other="b") == "one"
