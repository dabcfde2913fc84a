"""`make bench`: how much dearer the site is than plain SQL, and how it bears a show that grows tenfold.

Everything is a ratio of two times taken in turn on the same machine. It stops by itself, and writes var/bench.json.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from . import ROWS_AN_EPISODE

ROWS = int(os.environ.get("ROWS", "1000000"))
SERVER = os.environ.get("BENCH_SERVER", "postgres://postgres@127.0.0.1:5432")
SAME_ANSWER_AT = 10


def run(url: str, *command: str) -> Any:
    environment = os.environ | {
        "DATABASE_URL": url, "DEBUG": "false", "SECRET_KEY": "b" * 60,
        "ALLOWED_HOSTS": "localhost", "SITE_URL": "http://localhost", "DJANGO_SETTINGS_MODULE": "rougedb.settings",
    }  # fmt: skip
    done = subprocess.run([sys.executable, *command], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout) if done.stdout.strip() else None


@contextmanager
def sqlite(name: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        yield f"sqlite:///{Path(directory) / name}"


@contextmanager
def postgresql(name: str) -> Iterator[str]:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{SERVER}/{name}"
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def measured(database: Any, episodes: int, progresses: list[int]) -> list[dict[str, Any]]:
    with database(f"rougedb_bench_{episodes}") as url:
        run(url, "manage.py", "migrate", "--verbosity", "0")
        written = run(url, "-m", "bench.measure", "write", str(episodes))
        print(f"  {written['rows']:,} gated rows in {episodes} episodes", flush=True)
        answers: list[dict[str, Any]] = run(url, "-m", "bench.measure", "ask", *map(str, progresses))
        return answers


def main() -> None:
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
    Path("var/bench.json").write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
