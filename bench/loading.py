"""What loading a data set costs, beside a plain insertion of the same rows (`make bench PARTS=load`).

Times are of CPU, on all cores: of the loading process, and of PostgreSQL's for it where that runs on this machine. What
passed by the clock meanwhile is said besides, and depends on what else the machine does. The data sets are the show's
own, a copy of it that says everything ten times, and on SQLite one of some 100,000 rows. What grows in memory with the
files is held against what their values take by themselves, as PyYAML returns them. At last it installs the site anew,
as `make run` does, with AGAINST=<commit> that commit as well.
"""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import django
import psycopg
import yaml

from .databases import SERVER, environment, postgresql, run, sqlite
from .measure import clock_of_work

ROOT = Path(__file__).parent.parent
DATASET = ROOT / "characters" / "datasets" / "metallic_rouge"
SIZES = {"the show": 1, "ten times": 10, "100,000 rows": 42}  # how often each data set says everything
ROUNDS = {1: 5, 10: 1, 42: 0}  # in which a load takes turns with a plain insertion, by that number
AGAINST = os.environ.get("AGAINST", "")
ONLY_ON_SQLITE = (42,)
FRESH = {  # what `make run` does before it serves
    "installation": ("make", ".venv/.installed"),
    "migration": (".venv/bin/python", "manage.py", "migrate", "--verbosity", "0"),
    "loading": (".venv/bin/python", "manage.py", "load_dataset", "--if-empty"),
}
ARCHIVE, UNPACK = ("git", "archive"), ("tar", "-x")
KEYS = ("key", "persona", "identity", "supersedes", "faction", "characters", "factions", "terms")
ENDS = ("source", "target")  # of a relationship; a revelation's source is a text


def figures() -> dict[str, Any]:
    """Return what loading costs on each database, and how long `make run` takes on a fresh machine."""
    report: dict[str, Any] = {}
    with TemporaryDirectory() as directory:
        os.environ |= {"MEDIA_ROOT": f"{directory}/media", "ARCHIVE_ROOT": f"{directory}/archive"}
        shows = {
            name: DATASET if times == 1 else multiplied(Path(directory) / str(times), times)
            for name, times in SIZES.items()
        }
        for database in (sqlite, postgresql):
            print(database.__name__, flush=True)
            try:
                report[database.__name__] = _on(database, shows)
            except psycopg.OperationalError:
                print(f"  skipped: it does not answer at {SERVER}")
        report["values alone"] = _growth([_in_process("", "read", show) for show in shows.values()])
    print(f"the values of the files alone take {report['values alone']:.1f} bytes of memory for each byte", flush=True)
    report["fresh"] = {commit: _fresh(commit) for commit in ("HEAD", AGAINST) if commit}
    return report


def _on(database: Any, shows: dict[str, Path]) -> dict[str, Any]:
    loads: dict[str, Any] = {}
    for name, show in shows.items():
        times = SIZES[name]
        if database is sqlite or times not in ONLY_ON_SQLITE:
            loads[name] = _measured(database, show, ROUNDS[times])
            print(f"  {name:<12} {_line(loads[name])}", flush=True)
    each = _growth(list(loads.values()))
    print(f"  each byte more in the files takes {each:.1f} bytes more of memory", flush=True)
    return loads | {"memory for each byte": each}


def _growth(measured: list[dict[str, Any]]) -> float:
    """Return how many bytes of memory each byte more in the files takes."""
    least, *_, most = measured
    return float((most["peak"] - least["peak"]) / (most["size"] - least["size"]))


def _in_process(url: str, step: str, show: Path, *arguments: str) -> dict[str, Any]:
    """Return what one of the steps below finds in a process of its own."""
    found: dict[str, Any] = run(url, "-m", "bench.loading", step, str(show), *arguments)
    return found


def _line(load: dict[str, Any]) -> str:
    first = f"with pictures {load['first']:.2f} s; " if load["first"] else ""
    plain = f", {load['known'] / load['plain']:.0f} × plain insertion" if load["plain"] else ""
    return (
        f"{load['rows']:>6} rows: {first}pictures known {load['known']:.2f} s, "
        f"{load['rows'] / load['known']:,.0f} rows a second{plain}; again {load['again']:.2f} s, "
        f"after another write {load['compared']:.2f} s; {load['clock']:.0f} s by the clock; "
        f"{load['peak'] >> 20} MB for files of {load['size'] >> 10:,} kB"
    )


def _measured(database: Any, show: Path, rounds: int) -> dict[str, Any]:
    with database("rougedb_bench_load") as url:
        run(url, "manage.py", "migrate", "--verbosity", "0")
        # Two processes: what encoding pictures leaves in memory must not hide what loading takes.
        first: dict[str, Any] = {"first": None}
        if show == DATASET:  # the others have its pictures, which are known by then
            first = _in_process(url, "first", show)
        return first | _in_process(url, "known", show, str(rounds))


def _fresh(commit: str) -> dict[str, Any]:
    """Return the seconds of each step of `make run` in a new checkout; pip may have packages from before."""
    seconds: dict[str, Any] = {}
    with TemporaryDirectory() as directory:
        archive = subprocess.run((*ARCHIVE, commit), cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
        subprocess.run(UNPACK, cwd=directory, input=archive, check=True)
        own = {"MEDIA_ROOT": f"{directory}/var/media", "ARCHIVE_ROOT": f"{directory}/var/archive"}
        variables = environment(f"sqlite:///{directory}/var/fresh.sqlite3") | own
        for step, command in FRESH.items():
            began, before = perf_counter(), _seconds_of_children()
            subprocess.run(command, cwd=directory, env=variables, check=True, stdout=subprocess.DEVNULL)
            seconds[step] = {"clock": perf_counter() - began, "cpu": _seconds_of_children() - before}
            cpu, clock = seconds[step]["cpu"], seconds[step]["clock"]
            print(f"  {commit} on a fresh machine, {step}: {cpu:.1f} s of CPU, {clock:.1f} by the clock", flush=True)
    return seconds


def _seconds_of_children() -> float:
    """Return the seconds of CPU of all processes that were run and waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def multiplied(target: Path, times: int) -> Path:
    """Write a data set in which everybody and everything is there several times; the pictures once."""
    target.mkdir()
    shutil.copytree(DATASET / "portraits", target / "portraits")
    for path in DATASET.glob("*.yaml"):
        data = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
        if path.name not in ("series.yaml", "episodes.yaml", "vocabulary.yaml"):
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


def first(directory: str) -> dict[str, Any]:
    """Return what the first load costs, with the encoding of pictures."""
    return {"first": _load(directory)[0]}


def known(directory: str, rounds: str) -> dict[str, Any]:
    """Return what it costs to load into an empty database once the pictures are known, and a plain insertion."""
    _clear()
    before, began = _peak(), perf_counter()
    seconds, rows = _load(directory)
    clock, peak = perf_counter() - began, _peak() - before
    again, _ = _load(directory)
    _write_elsewhere()
    compared, _ = _load(directory)
    tables = _tables() if int(rounds) else []
    loads, plain = [seconds], []
    for _ in range(int(rounds)):
        _clear()
        plain.append(_timed(lambda: _insert(tables))[0])
        _clear()
        loads.append(_load(directory)[0])
    return {
        "rows": rows, "size": _size(directory), "known": median(loads), "clock": clock, "again": again,
        "compared": compared, "plain": median(plain) if plain else None, "peak": peak,
    }  # fmt: skip


def read(directory: str) -> dict[str, Any]:
    """Return what the values of all files take in memory."""
    before = _peak()
    values = [yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) for path in Path(directory).glob("*.yaml")]
    return {"files": len(values), "size": _size(directory), "peak": _peak() - before}


def _size(directory: str) -> int:
    return sum(path.stat().st_size for path in Path(directory).glob("*.yaml"))


def _load(directory: str) -> tuple[float, int]:
    """Load a data set; return the seconds and how many rows were written."""
    from characters.datasets.loading import load

    seconds, loaded = _timed(lambda: load(Path(directory), on_findings=lambda findings: None))
    return seconds, loaded.rows


def _timed[T](work: Callable[[], T]) -> tuple[float, T]:
    clock = clock_of_work()
    start = clock()
    result = work()
    return clock() - start, result


def _peak() -> int:
    """Return the most memory that this process has had; `ru_maxrss` counts that of the one that started it as well."""
    held = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(held[1]) * 1024 if held else 0


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


def _write_elsewhere() -> None:
    """Write something past the loader, which then has to compare all rows."""
    from django.db.models import F

    from characters.models import Character

    Character._base_manager.update(key=F("key"))


def _clear() -> None:
    from django.db import connection, transaction

    from characters.models import SearchEntry
    from corrections.models import Change, ChangeSubject, Event

    with transaction.atomic(), connection.cursor() as cursor:
        for model in (*reversed(_models()), SearchEntry, ChangeSubject, Change, Event):
            cursor.execute(f'DELETE FROM "{model._meta.db_table}"')


if __name__ == "__main__":
    django.setup()
    what, *arguments = sys.argv[1:]
    steps: dict[str, Callable[..., dict[str, Any]]] = {"first": first, "known": known, "read": read}
    print(json.dumps(steps[what](*arguments)))
