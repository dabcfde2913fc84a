"""PostgreSQL with a standby, and Redis, each as on a machine of its own, with which nothing else is done."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.server.conftest import PATIENCE, free_port, wait_until

NEWEST = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda path: float(path.parent.name))
USER = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root


@dataclass
class Machine:
    """A service that can be stopped and started again at the same port."""

    command: list[str]
    port: int
    log: Path
    user: str | None = None
    process: subprocess.Popen | None = field(default=None, init=False)

    def start(self) -> None:
        with self.log.open("a") as output:
            self.process = subprocess.Popen(  # noqa: S603
                self.command, stdout=output, stderr=output, user=self.user, cwd=self.log.parent
            )

    def stop(self) -> None:
        """End it as if its machine had lost power, as far as others see that."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT if self.user or "postgres" in self.command[0] else signal.SIGKILL)
            self.process.wait(PATIENCE)


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, or of Redis."""
    path = str(NEWEST / name) if NEWEST and (NEWEST / name).is_file() else shutil.which(name)
    if not path:
        pytest.skip(f"{name} is not installed (on Debian: apt install postgresql redis-server)")
    return path


class Cluster(Machine):
    """A server of PostgreSQL in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        options = {
            "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder.parent,
            "fsync": "off", "log_statement": "all", "shared_buffers": "16MB", "max_wal_senders": "4",
            # A standby that has the changes of a moment ago is what replicas are; this one asks for no more patience.
            "max_connections": "40", "wal_receiver_status_interval": "1", "wal_retrieve_retry_interval": "200",
        }  # fmt: skip
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        super().__init__([program("postgres"), "-D", str(folder), *settings], port, folder.with_suffix(".log"), USER)
        self.folder = folder

    def url(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str, name: str = "postgres") -> list[tuple]:
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        super().start()
        wait_until(self.answers, "PostgreSQL answers")

    def answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def folder_for_postgresql() -> Iterator[Path]:
    """Make a folder that PostgreSQL's user can reach, for sockets too, whose paths have to be short."""
    folder = Path(tempfile.mkdtemp(prefix="rougedb-"))
    if USER:
        shutil.chown(folder, USER)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def primary_and_standby(folder: Path, database: str, dump: bytes) -> Iterator[tuple[Cluster, Cluster]]:
    """Run a primary with a copy of a database, and a hot standby that follows it."""
    primary, standby = (Cluster(folder / name) for name in ("primary", "standby"))
    try:
        _run("initdb", "-D", str(primary.folder), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        primary.start()
        primary.run(f'CREATE DATABASE "{database}"')
        restore = [program("pg_restore"), "--exit-on-error", "--no-owner", f"--dbname={primary.url(database)}"]
        subprocess.run(restore, input=dump, check=True)  # noqa: S603
        _run(
            "pg_basebackup", "-D", str(standby.folder), "-R", "-X", "stream", "-c", "fast", "--no-sync",
            "-d", primary.url("postgres"),
        )  # fmt: skip
        standby.start()
        yield primary, standby
    finally:
        standby.stop()
        primary.stop()


def _run(name: str, *arguments: str) -> None:
    done = subprocess.run([program(name), *arguments], user=USER, cwd="/", capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, done.stderr


@contextmanager
def redis(folder: Path) -> Iterator[Machine]:
    """Run a Redis that keeps nothing on its disk."""
    port = free_port()
    command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    machine = Machine(command, port, folder / "redis.log")
    machine.start()
    try:
        yield machine
    finally:
        machine.stop()
