"""Databases that a measurement makes for itself, and processes that run on one of them."""

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

KEEP = os.environ.get("KEEP", "")  # a folder: the databases stay there and on the server, and are measured again
SERVER = os.environ.get("BENCH_SERVER", "postgres://postgres@127.0.0.1:5432")


def environment(url: str) -> dict[str, str]:
    """Return the variables of a site on the database of that address, which keeps no page and refuses none."""
    return os.environ | {
        "DATABASE_URL": url, "DEBUG": "false", "SECRET_KEY": "b" * 60,
        "ALLOWED_HOSTS": "localhost", "SITE_URL": "http://localhost", "DJANGO_SETTINGS_MODULE": "rougedb.settings",
        "REDIS_URL": "", "PAGE_CACHE_MB": "0", "PAGE_BUDGET": "0",
    }  # fmt: skip


def run(url: str, *command: str) -> Any:
    done = subprocess.run(
        [sys.executable, *command], env=environment(url), check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout) if done.stdout.strip() else None


@contextmanager
def sqlite(name: str) -> Iterator[str]:
    if KEEP:
        yield f"sqlite:///{Path(KEEP).resolve() / name}.sqlite3"
        return
    with tempfile.TemporaryDirectory() as directory:
        yield f"sqlite:///{Path(directory) / name}"


@contextmanager
def postgresql(name: str) -> Iterator[str]:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        is_there = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if is_there and not KEEP:
            server.execute(f"DROP DATABASE {name}")
        if not (is_there and KEEP):
            server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{SERVER}/{name}"
        finally:
            if not KEEP:
                server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
