"""How much dearer the site is than plain SQL, and how it bears a show that grows tenfold (`make bench PARTS=scale`).

Everything is a ratio of two times taken in turn on the same machine.
"""

import os
from typing import Any

import psycopg

from . import ROWS_AN_EPISODE
from .databases import SERVER, postgresql, run, sqlite

ROWS = int(os.environ.get("ROWS", "1000000"))
SAME_ANSWER_AT = 10


def measured(database: Any, episodes: int, progresses: list[int]) -> list[dict[str, Any]]:
    with database(f"rougedb_bench_{episodes}") as url:
        run(url, "manage.py", "migrate", "--verbosity", "0")
        written = run(url, "-m", "bench.measure", "write", str(episodes))
        print(f"  {written['rows']:,} gated rows in {episodes} episodes", flush=True)
        answers: list[dict[str, Any]] = run(url, "-m", "bench.measure", "ask", *map(str, progresses))
        return answers


def figures() -> dict[str, Any]:
    """Return how each question is answered on each database."""
    episodes = max(ROWS // ROWS_AN_EPISODE, 2 * SAME_ANSWER_AT)
    report: dict[str, Any] = {"rows": episodes * ROWS_AN_EPISODE}
    for name, database in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        print(name, flush=True)
        try:
            small = measured(database, max(episodes // 10, SAME_ANSWER_AT), [SAME_ANSWER_AT])
        except psycopg.OperationalError:
            print(f"  skipped: it does not answer at {SERVER}")
            continue
        large = measured(database, episodes, [SAME_ANSWER_AT, episodes // 2, episodes])
        before = {answer["question"]: answer["site"] for answer in small}
        for answer in large:
            line = f"  {answer['question']:<26} at {answer['progress']:>5}: {answer['site']:8.2f} ms,"
            answer["ratio"] = answer["site"] / answer["least"]
            line += f" {answer['ratio']:5.2f} × the least SQL ({answer['least']:.2f} ms)"
            if answer["progress"] == SAME_ANSWER_AT:
                answer["growth"] = answer["site"] / before[answer["question"]]
                line += f"; {answer['growth']:.2f} × a show of a tenth"
            print(line, flush=True)
        report[name] = large
    return report
