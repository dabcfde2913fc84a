"""How often something may be done: counted once for all processes, and exactly."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from episodes import limits
from episodes.limits import MOST_CLEARED, consume, hold, reset, used
from episodes.models import Use
from tests.at_once import at_once


def pass_time(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    then = timezone.now() + timedelta(**by)
    monkeypatch.setattr(limits.timezone, "now", lambda: then)


@pytest.mark.django_db(transaction=True)
def test_of_forty_at_once_as_many_pass_as_fit_in() -> None:
    assert sum(at_once(40, lambda: consume("send", "ann", most=10, seconds=60))) == 10
    assert used("send", "ann") == 10


@pytest.mark.django_db(transaction=True)
def test_whoever_holds_a_key_counts_alone() -> None:
    """As limits do that count rows of their own."""

    def send_unless_there_are_ten() -> bool:
        with transaction.atomic():
            hold("sender ann")
            if Use.objects.filter(key="row").count() >= 10:
                return False
            Use.objects.create(key="row", cost=1, counts_until=timezone.now())
            return True

    assert sum(at_once(40, send_unless_there_are_ten)) == 10


@pytest.mark.django_db
def test_a_use_counts_for_as_long_as_the_limit_looks_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert consume("send", "ann", most=1, seconds=60)
    pass_time(monkeypatch, seconds=59)
    assert not consume("send", "ann", most=1, seconds=60)
    pass_time(monkeypatch, seconds=2)
    assert consume("send", "ann", most=1, seconds=60)


@pytest.mark.django_db
def test_each_key_and_each_action_counts_by_itself() -> None:
    assert consume("send", "ann", most=1, seconds=60)
    assert consume("send", "bea", most=1, seconds=60)
    assert consume("answer", "ann", most=1, seconds=60)
    reset("send", "ann")
    assert consume("send", "ann", most=1, seconds=60)
    assert not consume("send", "bea", most=1, seconds=60)


@pytest.mark.django_db
def test_what_is_refused_costs_nothing() -> None:
    assert consume("upload", "ann", most=10, seconds=60, cost=7.5)
    assert not consume("upload", "ann", most=10, seconds=60, cost=3)
    assert consume("upload", "ann", most=10, seconds=60, cost=2.5)
    assert used("upload", "ann") == 10


@pytest.mark.django_db
def test_rows_name_nobody() -> None:
    consume("send", "192.0.2.7", most=1, seconds=60)
    row = Use.objects.values().get()
    assert "192.0.2.7" not in str(row)
    assert "send" not in str(row)


@pytest.mark.django_db
def test_rows_of_the_past_go_by_themselves_and_a_few_at_a_time() -> None:
    past, later = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(hours=1)
    Use.objects.bulk_create([Use(key="old", cost=1, counts_until=past) for _ in range(MOST_CLEARED + 5)])
    Use.objects.create(key="other", cost=1, counts_until=later)
    consume("send", "ann", most=5, seconds=60)
    assert Use.objects.filter(key="old").count() == 5
    consume("send", "ann", most=5, seconds=60)
    assert sorted(Use.objects.exclude(key="other").values_list("cost", flat=True)) == [1, 1]
    assert Use.objects.filter(key="other").exists()


@pytest.mark.django_db(transaction=True)
def test_a_lock_without_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        hold("ann")
