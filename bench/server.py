"""Servers that a measurement starts for itself, and the show that they serve."""

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .databases import environment

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = 60  # seconds; else something is broken


def show_in(directory: Path, settings: dict[str, str], checkout: Path = ROOT) -> dict[str, str]:
    """Load the data set of a checkout into a database in a directory, and return the variables of a site on it."""
    variables = environment(f"sqlite:///{directory / 'show.sqlite3'}") | {"LOG_LEVEL": "ERROR"}
    variables |= {f"{name}_ROOT": str(directory / name.lower()) for name in ("MEDIA", "ARCHIVE", "STATIC")} | settings
    for command in ("migrate --verbosity 0", "collectstatic --noinput --verbosity 0", "load_dataset"):
        manage = [sys.executable, "manage.py", *command.split()]
        subprocess.run(manage, cwd=checkout, env=variables, check=True, stdout=subprocess.DEVNULL)
    return variables


@contextmanager
def serving(command: list[str], port: int, variables: dict[str, str], log: Path, path: str = "/") -> Iterator[int]:
    """Run a server until the block ends, and yield its process; it is up when it answers at that path."""
    with log.open("a") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=output, stderr=output)
        try:
            end = time.monotonic() + STARTS_WITHIN
            while not _answers(port, path):
                if time.monotonic() > end or process.poll() is not None:
                    sys.exit(f"{command[0]} does not answer: {log.read_text()[-2000:]}")
                time.sleep(0.02)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STARTS_WITHIN)


@contextmanager
def serving_the_site(variables: dict[str, str], log: Path, workers: int = 2) -> Iterator[tuple[int, int]]:
    """Serve the site by deploy/serve until the block ends, and yield its port and its process."""
    port = free_port()
    told = {"PORT": str(port), "VENV": str(Path(sys.executable).parent.parent), "WORKERS": str(workers)}
    with serving(["deploy/serve"], port, variables | told, log) as process:
        yield port, process


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STARTS_WITHIN)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True
