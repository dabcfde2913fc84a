"""What loading a data set costs, beside a plain insertion of the same rows (`make bench PARTS=load`).

Times are of CPU, on all cores. The data set is the show's own, and a copy of it that says everything ten times.
"""

import json
import os
import resource
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import django
import psycopg
import yaml

from .databases import SERVER, postgresql, run, sqlite

DATASET = Path(__file__).parent.parent / "characters" / "datasets" / "metallic_rouge"
TIMES = 10
ROUNDS = 3
KEYS = ("key", "persona", "identity", "supersedes", "faction", "characters", "factions", "terms")
ENDS = ("source", "target")  # of a relationship; a revelation's source is a text


def figures() -> dict[str, Any]:
    """Return what loading costs on each database."""
    report: dict[str, Any] = {}
    with TemporaryDirectory() as directory:
        large = multiplied(Path(directory) / "large")
        for name, database in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
            print(name, flush=True)
            try:
                loads = {size: _measured(database, show) for size, show in (("one", DATASET), ("ten", large))}
            except psycopg.OperationalError:
                print(f"  skipped: it does not answer at {SERVER}")
                continue
            one, ten = loads["one"], loads["ten"]
            loads["memory"] = (ten["peak"] - one["peak"]) / (ten["size"] - one["size"])
            report[name] = loads
            for size, load in (("the show", one), (f"{TIMES} times", ten)):
                print(f"  {size:<9} {_line(load)}", flush=True)
            print(f"  each byte more in the files takes {loads['memory']:.0f} bytes more of memory", flush=True)
    return report


def _line(load: dict[str, Any]) -> str:
    speed, ratio = load["rows"] / load["known"], load["known"] / load["plain"]
    return (
        f"{load['rows']:>6} rows: first {load['first']:.2f} s, again {load['second']:.2f} s; pictures known "
        f"{load['known']:.2f} s, {speed:,.0f} rows a second, {ratio:.0f} × "
        f"plain insertion; at most {load['peak'] >> 20} MB"
    )


def _measured(database: Any, show: Path) -> dict[str, Any]:
    with database("rougedb_bench_load") as url, TemporaryDirectory() as files:
        os.environ |= {"MEDIA_ROOT": f"{files}/media", "ARCHIVE_ROOT": f"{files}/archive"}
        run(url, "manage.py", "migrate", "--verbosity", "0")
        measured: dict[str, Any] = run(url, "-m", "bench.loading", str(show))
        return measured


def multiplied(target: Path, times: int = TIMES) -> Path:
    """Write a data set in which everybody and everything is there several times; the pictures once."""
    target.mkdir()
    shutil.copytree(DATASET / "portraits", target / "portraits")
    for path in DATASET.glob("*.yaml"):
        data = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
        if path.name not in ("series.yaml", "episodes.yaml"):
            names = KEYS + (ENDS if path.name == "relationships.yaml" else ())
            data = [_copy(entry, number, names) for number in range(times) for entry in data]
        (target / path.name).write_text(yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False))
    return target


def _copy(value: Any, number: int, names: tuple[str, ...], *, is_key: bool = False) -> Any:
    from characters.text.mentions import MENTION

    if number == 0:
        return value
    if isinstance(value, dict):
        kept = {name: part for name, part in value.items() if name not in ("portraits", "public_id")}
        return {name: _copy(part, number, names, is_key=name in names) for name, part in kept.items()}
    if isinstance(value, list):
        return [_copy(part, number, names, is_key=is_key) for part in value]
    if not isinstance(value, str):
        return value
    if is_key:
        return f"{value}.{number}"
    return MENTION.sub(lambda match: match[0].replace(match[1], f"{match[1]}.{number}", 1), value)


# In a process of its own, on the database that DATABASE_URL names


def measure(directory: Path) -> dict[str, Any]:
    from characters.datasets.loading import load

    before = _peak()
    first, written = _timed(lambda: load(directory, on_findings=lambda findings: None))
    peak = _peak() - before
    second, _ = _timed(lambda: load(directory, on_findings=lambda findings: None))
    tables = _tables()
    known, plain = [], []
    for _ in range(ROUNDS):
        _clear()
        known.append(_timed(lambda: load(directory, on_findings=lambda findings: None))[0])
        _clear()
        plain.append(_timed(lambda: _insert(tables))[0])
    return {
        "rows": sum(written.values()),
        "size": sum(path.stat().st_size for path in directory.glob("*.yaml")),
        "first": first,
        "second": second,
        "known": median(known),
        "plain": median(plain),
        "peak": peak,
    }


def _timed[T](work: Callable[[], T]) -> tuple[float, T]:
    start = process_time()
    result = work()
    return process_time() - start, result


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _models() -> list[Any]:
    from characters.datasets.memory import lists
    from characters.kinds import KINDS

    through = [model._meta.get_field(name).remote_field.through for model, name in lists()]  # type: ignore[union-attr]
    return [*(kind.model for kind in KINDS), *through]


def _tables() -> list[tuple[str, list[Any]]]:
    from django.db import connection

    tables = []
    with connection.cursor() as cursor:
        for model in _models():
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            tables.append((model._meta.db_table, cursor.fetchall()))
    return tables


def _insert(tables: list[tuple[str, list[Any]]]) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for name, rows in tables:
            if rows:
                cursor.executemany(f'INSERT INTO "{name}" VALUES ({", ".join(["%s"] * len(rows[0]))})', rows)


def _clear() -> None:
    from django.db import connection, transaction

    from characters.models import SearchEntry
    from corrections.models import Change, ChangeSubject, Event

    with transaction.atomic(), connection.cursor() as cursor:
        for model in (*reversed(_models()), SearchEntry, ChangeSubject, Change, Event):
            cursor.execute(f'DELETE FROM "{model._meta.db_table}"')


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure(Path(sys.argv[1]))))
