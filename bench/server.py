"""A site that a measurement serves to itself: the show, loaded into a database of its own, behind deploy/serve."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60  # seconds until it must answer
HOST = "localhost"
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Site:
    port: int
    environment: dict[str, str]

    def manage(self, *command: str) -> str:
        """Run a command of the site, and return what it prints."""
        done = subprocess.run(
            [sys.executable, *command], env=self.environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout


@contextmanager
def serving(directory: Path, **settings: str) -> Iterator[Site]:
    """Load the show and serve it until the block ends; its server takes itself to be behind a proxy."""
    site = Site(_free_port(), os.environ | _environment(directory) | settings)
    for command in (("migrate", "--verbosity", "0"), ("load_dataset",), ("collectstatic", "--no-input", "-v", "0")):
        site.manage("manage.py", *command)
    served = site.environment | {"PORT": str(site.port), "VENV": str(Path(sys.executable).parent.parent)}
    # In a group of its own, so that its workers end with it.
    process = subprocess.Popen(
        [str(ROOT / "deploy/serve")],
        env=served,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(site.port)
        yield site
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)


def _environment(directory: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": f"sqlite:///{directory / 'show.sqlite3'}", "DEBUG": "false", "SECRET_KEY": "b" * 60,
        "ALLOWED_HOSTS": HOST, "SITE_URL": f"https://{HOST}", "BEHIND_PROXY": "true",
        "EMAIL_URL": "console:", "DJANGO_SETTINGS_MODULE": "rougedb.settings",
        **{f"{name}_ROOT": str(directory / name.lower()) for name in ("MEDIA", "ARCHIVE", "STATIC")},
    }  # fmt: skip


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            Client(port, "192.0.2.250").get("/healthz")
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


class Client:
    """Somebody who keeps a connection open, as seen by a server behind a proxy that says from which address."""

    def __init__(self, port: int, address: str, cookies: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.headers = {"Host": HOST, "X-Forwarded-For": address, "X-Forwarded-Proto": "https", "Cookie": cookies}

    def get(self, path: str) -> tuple[int, bytes]:
        """Return the status and the body of an answer."""
        self.connection.request("GET", path, headers=self.headers)
        response = self.connection.getresponse()
        return response.status, response.read()
