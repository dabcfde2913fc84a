"""Measures one database, the one that DATABASE_URL names: `python -m bench.measure write|ask|pages|kinds …`."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time
from typing import Any

import django
from django.db import connection

LEAST_ROUNDS = 5
SECONDS = 2  # for each pair of things that are compared


def in_turn(one: Callable[[], Any], other: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds that a tenth of the rounds stay below, taken in turn so that both meet the same machine.

    Not the medians: whatever else runs beside them only adds, and adds more to what is short.
    """
    clock = clock_of_work()
    one(), other()
    times: tuple[list[float], list[float]] = ([], [])
    began = perf_counter()
    while perf_counter() - began < SECONDS or len(times[0]) < LEAST_ROUNDS:
        for kept, run in zip(times, (one, other), strict=True):
            start = clock()
            run()
            kept.append((clock() - start) * 1000)
    quick, other_quick = (quantiles(taken, n=10, method="inclusive")[0] for taken in times)
    return quick, other_quick


def clock_of_work() -> Callable[[], float]:
    """Return what counts the seconds that this process and the database work, which is not lengthened by others.

    SQLite works in this very process. Of a server elsewhere one can only say how long its answers take.
    """
    if connection.vendor == "sqlite":
        return process_time
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ((backend,),) = cursor.fetchall()
    worked = Path(f"/proc/{backend}/schedstat")  # its first number is in nanoseconds
    if not worked.exists() or b"postgres" not in Path(f"/proc/{backend}/comm").read_bytes():
        return perf_counter
    return lambda: process_time() + int(worked.read_bytes().split()[0]) / 1e9


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
        from .show import count, settle, write

        rows = count()  # it may have been kept
        if not rows:
            rows = write(int(numbers[0]))
            settle()
        print(json.dumps({"rows": rows}))
    elif what == "kinds":
        from .kinds_of_page import addresses

        print(json.dumps(addresses(int(numbers[0]))))
    elif what == "pages":
        from .pages_at_scale import measured

        print(json.dumps([page for number in numbers for page in measured(int(number))]))
    else:
        print(json.dumps(ask([int(number) for number in numbers])))


if __name__ == "__main__":
    main(*sys.argv[1:])
