"""How much dearer the site is than plain SQL, and how it bears a show that grows tenfold (`make bench PARTS=scale`).

Everything is a ratio of two times taken in turn on the same machine.
"""

import os
from time import monotonic
from typing import Any

import psycopg

from . import ROWS_AN_EPISODE
from .databases import SERVER, postgresql, run, sqlite

ROWS = int(os.environ.get("ROWS", "1000000"))
SAME_ANSWER_AT = 10


def measured(database: Any, episodes: int, progresses: list[int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return how questions are answered and what pages cost in a show of so many episodes, at some of them."""
    with database(f"rougedb_bench_{episodes}") as url:
        run(url, "manage.py", "migrate", "--verbosity", "0")
        start = monotonic()
        written = run(url, "-m", "bench.measure", "write", str(episodes))
        print(f"  {written['rows']:,} gated rows in {episodes} episodes, {monotonic() - start:.0f} s", flush=True)
        answers, pages = (run(url, "-m", "bench.measure", what, *map(str, progresses)) for what in ("ask", "pages"))
        print(f"  asked in {monotonic() - start:.0f} s", flush=True)
        return answers, pages


def figures() -> dict[str, Any]:
    """Return how each question is answered on each database."""
    episodes = max(ROWS // ROWS_AN_EPISODE, 2 * SAME_ANSWER_AT)
    report: dict[str, Any] = {"rows": episodes * ROWS_AN_EPISODE}
    for name, database in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        print(name, flush=True)
        try:
            small, small_pages = measured(database, max(episodes // 10, SAME_ANSWER_AT), [SAME_ANSWER_AT])
        except psycopg.OperationalError:
            print(f"  skipped: it does not answer at {SERVER}")
            continue
        large, large_pages = measured(database, episodes, [SAME_ANSWER_AT, episodes // 2, episodes])
        before = {answer["question"]: answer["site"] for answer in small}
        for answer in large:
            line = f"  {answer['question']:<26} at {answer['progress']:>5}: {answer['site']:8.2f} ms,"
            answer["ratio"] = answer["site"] / answer["least"]
            line += f" {answer['ratio']:5.2f} × the least SQL ({answer['least']:.2f} ms)"
            if answer["progress"] == SAME_ANSWER_AT:
                answer["growth"] = answer["site"] / before[answer["question"]]
                line += f"; {answer['growth']:.2f} × a show of a tenth"
            print(line, flush=True)
        report[name] = {"questions": large, "pages": large_pages}
        _compare(large_pages, small_pages)
    return report


def _compare(large: list[dict[str, Any]], small: list[dict[str, Any]]) -> None:
    """Say how much dearer and heavier each page is than at the same episode of a show of a tenth, and what it costs."""
    before = {page["page"]: page for page in small}
    for page in large:
        line = f"  {page['page']:<16} at {page['progress']:>5}: {page['cpu']:8.1f} ms of CPU, {page['bytes']:>9,} B,"
        line += f" {page['statements']:>3} statements, at first {page['first']:8.1f} ms"
        if page["progress"] == SAME_ANSWER_AT:
            page["growth"] = page["cpu"] / before[page["page"]]["cpu"]
            page["growth of bytes"] = page["bytes"] / before[page["page"]]["bytes"]
            line += f"; {page['growth']:.2f} × a show of a tenth, {page['growth of bytes']:.2f} × its bytes"
        print(line, flush=True)
