import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.conftest import one_at_a_time
from tests.server.sockets import ask, request

PATIENCE = 60  # seconds until a server must answer, on a machine that has much else to do
SERVED = "served in tests"  # PostgreSQL's name for connections of these servers; browser tests leave others open


@dataclass(frozen=True)
class Running:
    port: int
    log: Path


type Start = Callable[..., AbstractContextManager[Running]]


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, log: Path, **environment: str) -> Iterator[Running]:
    """Run a server until the block ends; it is up when it answers."""
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)  # noqa: S603
        try:
            wait_for(port, process, log)
            yield Running(port, log)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            ask(port, request("GET", "/healthz"))
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"The server does not answer: {log.read_text()[-2000:]}")


def wait_until(condition: Callable[[], bool], what: str = "it is so") -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"It takes too long until {what}."
        time.sleep(0.02)


def database_url(name: str = "") -> str:
    """Return the URL of the database of this test run, or of another one there."""
    told = connection.settings_dict
    name = name or told["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"postgres://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{name}"


@pytest.fixture(scope="session")
def environment(
    django_db_setup: None, files_of_all_processes: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Return the settings of a server behind a proxy, on the database of the tests."""
    files = tmp_path_factory.mktemp("server")
    told = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
        "SECRET_KEY": "a-key-for-tests-that-is-long-enough-and-quite-random-2f8a",
        "ALLOWED_HOSTS": "127.0.0.1", "SITE_URL": "https://127.0.0.1", "BEHIND_PROXY": "true",
        "DATABASE_URL": database_url(), "EMAIL_URL": "console:", "THREADS": "4", "DATABASE_CONNECTIONS": "2",
        "PAGE_BUDGET": "0", "PGAPPNAME": SERVED,
        "VENV": str(Path(sys.executable).parent.parent),
    }  # fmt: skip
    static = files_of_all_processes / "static"
    told |= {f"{name}_ROOT": str(files / name.lower()) for name in ("MEDIA", "ARCHIVE")} | {"STATIC_ROOT": str(static)}
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    with one_at_a_time(static):
        if not static.exists():
            subprocess.run(collect, cwd=settings.BASE_DIR, env=told, check=True)  # noqa: S603
    return told


@pytest.fixture(scope="session")
def site(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run the command that is documented for a server, on an empty site."""
    port, log = free_port(), tmp_path_factory.mktemp("log") / "site.log"
    with running([str(settings.BASE_DIR / "deploy/serve")], port, log, **environment, PORT=str(port)) as started:
        yield started


@pytest.fixture(scope="session")
def start_nginx(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Return what runs nginx with the shipped configuration in front of some ports; its access log is `log`."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not program:
        if os.environ.get("CI") == "true":
            pytest.fail("nginx is missing, and CI skips nothing.")
        pytest.skip("nginx is not installed (on Debian: apt install nginx-light)")

    @contextmanager
    def start(*ports_behind: int) -> Iterator[Running]:
        directory, port = tmp_path_factory.mktemp("nginx"), free_port()
        shipped = _on_this_machine(port, ports_behind, environment, directory)
        (directory / "nginx.conf").write_text(
            f"daemon off; pcre_jit on; pid {directory}/pid; error_log {directory}/error.log crit; {_user()}\n"
            "events { worker_connections 2048; }\n"
            f"http {{ client_body_temp_path {directory}/bodies; proxy_temp_path {directory}/answers;\n{shipped} }}\n"
        )
        command = [program, "-p", str(directory), "-c", str(directory / "nginx.conf")]
        with running(command, port, directory / "nginx.log", **environment):
            yield Running(port, directory / "access.log")

    return start


@pytest.fixture(scope="session")
def nginx(site: Running, start_nginx: Start) -> Iterator[Running]:
    with start_nginx(site.port) as started:
        yield started


def _user() -> str:
    """Return nginx's directive for whoever runs the tests: files of theirs are not for others."""
    return "user root;" if os.geteuid() == 0 else ""


def _on_this_machine(port: int, ports_behind: tuple[int, ...], environment: dict[str, str], directory: Path) -> str:
    """Return the shipped configuration with ports, paths and the host of the tests."""
    text = (settings.BASE_DIR / "deploy/nginx/rougedb.conf").read_text()
    here = {
        "    listen 80;\n    listen [::]:80;\n": f"    listen 127.0.0.1:{free_port()};\n",
        "    listen 443 ssl http2;\n    listen [::]:443 ssl http2;\n": f"    listen 127.0.0.1:{port};\n",
        "    ssl_certificate /etc/ssl/rougedb/fullchain.pem;\n": "",
        "    ssl_certificate_key /etc/ssl/rougedb/privkey.pem;\n": "",
        "server 127.0.0.1:8000;": "\n".join(f"server 127.0.0.1:{behind};" for behind in ports_behind),
        "X-Forwarded-Proto $scheme;": "X-Forwarded-Proto https;",
        "rougedb.example.org;": "127.0.0.1;",
        "/var/log/nginx/rougedb.access.log": f"{directory}/access.log",
        "/var/log/nginx/rougedb.error.log": f"{directory}/error.log",
        "/var/lib/nginx/": f"{directory}/",
        "/srv/rougedb/media/": f"{environment['MEDIA_ROOT']}/",
        "/srv/rougedb/static/": f"{environment['STATIC_ROOT']}/",
    }
    for shipped, replaced in here.items():
        assert shipped in text, shipped
        text = text.replace(shipped, replaced)
    return text
