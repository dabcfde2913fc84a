"""The pace at which pages are made for one address."""

import pytest

from rougedb.budgets import Budget


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(Budget, "now", staticmethod(clock))
    return clock


def test_so_many_at_once_and_so_many_a_second(clock: Clock) -> None:
    budget = Budget(at_once=3, a_second=2)
    assert [budget.take("192.0.2.1") for _ in range(3)] == [0, 0, 0]
    assert budget.take("192.0.2.1") == pytest.approx(0.5)
    clock.seconds += 0.5
    assert budget.take("192.0.2.1") == 0
    assert budget.take("192.0.2.1") > 0


def test_whoever_goes_on_asking_gets_no_less(clock: Clock) -> None:
    budget = Budget(at_once=3, a_second=2)
    granted = 0
    for _ in range(1000):  # ten seconds, a hundred questions in each
        clock.seconds += 0.01
        granted += budget.take("192.0.2.1") == 0
    assert granted == 3 + int(9.99 * 2)


def test_nobody_pays_for_another(clock: Clock) -> None:
    budget = Budget(at_once=1, a_second=1)
    assert budget.take("192.0.2.1") == 0
    assert budget.take("192.0.2.1") > 0
    assert budget.take("192.0.2.2") == 0


def test_a_pause_fills_it_up_and_no_further(clock: Clock) -> None:
    budget = Budget(at_once=2, a_second=1)
    budget.take("192.0.2.1")
    clock.seconds += 3600
    assert [budget.take("192.0.2.1") == 0 for _ in range(3)] == [True, True, False]
