"""Continuous copies of an SQLite database, with the settings as shipped: what was written a second ago comes back."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings

ROWS = 500
PATIENCE = 30  # seconds
LITESTREAM = Path(sys.executable).with_name("litestream")


def copied(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_what_was_written_outlives_the_loss_of_the_disk(tmp_path: Path) -> None:
    shipped = (settings.BASE_DIR / "deploy/litestream.yml").read_text()
    config, database = tmp_path / "litestream.yml", tmp_path / "database/rougedb.sqlite3"
    config.write_text(shipped.replace("/srv/rougedb/", f"{tmp_path}/"))
    database.parent.mkdir()
    connection = sqlite3.connect(database, isolation_level=None)
    connection.executescript(settings.DATABASES["default"]["OPTIONS"].get("init_command", "PRAGMA journal_mode=WAL;"))
    connection.execute("CREATE TABLE sent (number INTEGER PRIMARY KEY, text TEXT)")
    copying = subprocess.Popen([LITESTREAM, "replicate", "-config", config], stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        for number in range(ROWS):
            connection.execute("INSERT INTO sent VALUES (?, ?)", (number, "x" * 200))
            time.sleep(0.002)
        before, end = -1, time.monotonic() + PATIENCE
        while copied(tmp_path / "copies") != before:  # until it has nothing more to copy
            assert time.monotonic() < end
            before = copied(tmp_path / "copies")
            time.sleep(2)
    finally:
        os.kill(copying.pid, signal.SIGKILL)
        copying.wait()
    connection.close()
    for path in database.parent.rglob("*"):
        if path.is_file():
            path.unlink()
    restored = tmp_path / "restored.sqlite3"
    command = [LITESTREAM, "restore", "-config", config, "-o", restored, database]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    found = sqlite3.connect(restored)
    assert found.execute("SELECT COUNT(*) FROM sent").fetchone() == (ROWS,)
    assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    found.close()
