"""Measures one database, the one that DATABASE_URL names: `python -m bench.measure write|ask …`."""

import json
import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import django

LEAST_ROUNDS = 5
SECONDS = 1.5  # for each pair of things that are compared


def in_turn(one: Callable[[], Any], other: Callable[[], Any]) -> tuple[float, float]:
    """Medians in milliseconds, taken in turn so that both meet the same machine."""
    one(), other()
    times: tuple[list[float], list[float]] = ([], [])
    began = perf_counter()
    while perf_counter() - began < SECONDS or len(times[0]) < LEAST_ROUNDS:
        for kept, run in zip(times, (one, other), strict=True):
            start = perf_counter()
            run()
            kept.append((perf_counter() - start) * 1000)
    return median(times[0]), median(times[1])


def ask(progresses: list[int]) -> list[dict[str, Any]]:
    from .questions import QUESTIONS

    answers = []
    for progress in progresses:
        for question in QUESTIONS:
            site, least = in_turn(partial(question.site, progress), partial(question.least, progress))
            answers.append({"question": question.name, "progress": progress, "site": site, "least": least})
    return answers


def main(what: str, *numbers: str) -> None:
    django.setup()
    if what == "write":
        from .show import write

        print(json.dumps({"rows": write(int(numbers[0]))}))
    else:
        print(json.dumps(ask([int(number) for number in numbers])))


if __name__ == "__main__":
    main(*sys.argv[1:])
