"""What a kept page costs through the server, against a bare Django view with the same bytes, and nginx against a file.

Both servers are granian with two workers; they answer in turn, in rounds, and the ratio of each round counts. The bare
project has Django's default middleware and is served by granian's quickest way, WSGI. Of nginx the CPU of an answer
counts, with what the site spends on making it new each second: requests per second would measure `wrk` too, which reads
four times as many headers from a page as from a file, and whatever else the machine does.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from .server import ROOT, STARTS_WITHIN, free_port, serving, serving_the_site, show_in

WRK = ("wrk", "-t1", "-c8")
SECONDS = 1  # for each server in a round
ROUNDS = 5
SETTINGS = {  # of the site: it keeps pages, and speaks http
    "ALLOWED_HOSTS": "127.0.0.1", "SITE_URL": "http://127.0.0.1", "SSL_REDIRECT": "false", "PAGE_CACHE_MB": "32",
    "PROXY_CACHE_SECONDS": "1",
}  # fmt: skip
LARGE = ("/graph/", "/recap/?since=0", "/characters/", "/search/?q=rouge", "/recap/", "/factions/", "/terms/")
ROUGE = re.compile(r'href="(/characters/\w+/rouge[^"/]*/)"')


def figures() -> dict[str, Any]:
    """Return ratios by page, the memory of the largest worker in MB and the seconds from start to the first page."""
    if missing := [program for program in ("wrk", "nginx") if not _program(program)]:
        return {"skipped": f"{' and '.join(missing)} is not installed"}
    with tempfile.TemporaryDirectory() as directory, ExitStack() as running:
        files = Path(directory)
        variables = show_in(files, SETTINGS)
        began = time.monotonic()
        site, process = running.enter_context(serving_the_site(variables, files / "site.log"))
        first_page = time.monotonic() - began
        found: dict[str, Any] = {"first page, seconds": round(first_page, 2)}
        found["pages"] = {name: _of_page(name, path, at, site, process, files) for name, path, at in _pages(site)}
        found["worker with a full cache, MB"] = _memory_of_a_full_worker(variables, files)
    return found


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


# What is served


@contextmanager
def _bare(body: Path, files: Path) -> Iterator[int]:
    port = free_port()
    granian = str(Path(sys.executable).parent / "granian")
    command = [
        granian, "--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "2", "--backlog", "2048",
        "--no-access-log", "--port", str(port), "bench.bare:application",
    ]  # fmt: skip
    environment = os.environ | {"BODY": str(body), "DATABASE": str(files / "bare.sqlite3")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    with serving(command, port, environment, files / "bare.log"):
        yield port


@contextmanager
def _nginx(site: int, body: Path, files: Path) -> Iterator[tuple[int, int, int]]:
    """Yield the ports of nginx before the site, as shipped, and of nginx with the body as a file; and its process."""
    before, alone = free_port(), free_port()
    kept = files / "nginx"
    kept.mkdir(exist_ok=True)
    text = (ROOT / "deploy/nginx/rougedb.conf").read_text()
    for shipped, here in {
        "    listen 80;\n    listen [::]:80;\n": f"    listen 127.0.0.1:{free_port()};\n",
        "    listen 443 ssl http2;\n    listen [::]:443 ssl http2;\n": f"    listen 127.0.0.1:{before};\n",
        "    ssl_certificate /etc/ssl/rougedb/fullchain.pem;\n": "",
        "    ssl_certificate_key /etc/ssl/rougedb/privkey.pem;\n": "",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{site};", "rougedb.example.org;": "127.0.0.1;",
        "__Host-": "",  # cookies have it over https alone
        "/var/log/nginx/": f"{kept}/", "/var/lib/nginx/": f"{kept}/", "/srv/rougedb/": f"{files}/",
        "access_log /": "access_log off; # /",
    }.items():  # fmt: skip
        text = text.replace(shipped, here)
    user = "user root;" if os.geteuid() == 0 else ""
    (kept / "nginx.conf").write_text(
        f"daemon off; pcre_jit on; worker_processes 1; pid {kept}/pid; error_log {kept}/error.log crit; {user}\n"
        f"events {{ worker_connections 512; }}\nhttp {{ client_body_temp_path {kept}/bodies;\n"
        f"proxy_temp_path {kept}/answers;\n{text}\n"
        f"server {{ listen 127.0.0.1:{alone}; access_log off; root {body.parent};\n"
        f"location / {{ try_files /{body.name} =404; }} }} }}\n"
    )
    command = [str(_program("nginx")), "-p", str(kept), "-c", str(kept / "nginx.conf")]
    with serving(command, alone, dict(os.environ), files / "nginx.log") as process:
        yield before, alone, process


# Measuring


def _pages(site: int) -> list[tuple[str, str, int]]:
    """Return the name, the address and the progress of each page that is measured."""
    rouge = ROUGE.search(_body(site, "/search/?q=rouge+redstar", "progress=13").decode())
    address = rouge[1] if rouge else sys.exit("The data set has no page of Rouge.")
    return [
        ("home 13", "/", 13), *((f"Rouge {at}", address, at) for at in (1, 9, 13)), ("list 13", "/characters/", 13),
        ("map 13", "/graph/", 13), ("search 13", "/search/?q=rouge", 13), ("404 13", "/nothing/", 13),
    ]  # fmt: skip


def _of_page(name: str, path: str, at: int, site: int, process: int, files: Path) -> dict[str, float]:
    """Return the ratios, the site against the bare view by requests per second, nginx's cache against a file by CPU."""
    body = files / "body.html"
    body.write_bytes(_body(site, path, f"progress={at}"))
    with _bare(body, files) as bare, _nginx(site, body, files) as (before, alone, nginx):
        servers = [*_with_children(nginx), *_with_children(process)]
        rounds = [
            (
                _per_second(f"http://127.0.0.1:{site}{path}", at),
                _per_second(f"http://127.0.0.1:{bare}/", at),
                _cpu_of_an_answer(f"http://127.0.0.1:{before}{path}", at, servers),
                _cpu_of_an_answer(f"http://127.0.0.1:{alone}/", at, servers),
            )
            for _ in range(ROUNDS)
        ]
    served = median(site / bare for site, bare, _, _ in rounds)
    cached = median(alone / before for _, _, before, alone in rounds)
    print(f"  {name}: {served:.2f} of a bare view, {cached:.2f} of a file", flush=True)
    return {
        "bytes": body.stat().st_size, "of a bare view": round(served, 2), "of a file": round(cached, 2),
        "per second": round(median(site for site, *_ in rounds)),
    }  # fmt: skip


def _per_second(address: str, at: int) -> float:
    return _answers(address, at) / SECONDS


def _cpu_of_an_answer(address: str, at: int, processes: list[int]) -> float:
    """Return the nanoseconds of CPU that these processes take for one answer."""
    before = sum(map(_nanoseconds, processes))
    answers = _answers(address, at)
    return (sum(map(_nanoseconds, processes)) - before) / max(answers, 1)


def _answers(address: str, at: int) -> int:
    done = subprocess.run(
        [*WRK, f"-d{SECONDS}", "-H", f"Cookie: progress={at}", address], check=True, capture_output=True, text=True
    )
    return int(re.findall(r"(\d+) requests in", done.stdout)[0])


def _nanoseconds(process: int) -> int:
    """Return the CPU of a process and all its threads so far."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in threads)


def _with_children(process: int) -> list[int]:
    return [process, *(each for child in _children_of(process) for each in _with_children(child))]


def _memory_of_a_full_worker(variables: dict[str, str], files: Path) -> int:
    """Return the memory of the largest worker after more was asked of it than it may keep."""
    with serving_the_site(variables, files / "one.log", workers=1) as (port, process):
        for cookies in (f"progress={at}; theme={theme}" for at in range(14) for theme in ("", "dark", "light")):
            rouge = ROUGE.search(_body(port, "/search/?q=rouge+redstar", cookies).decode())
            for path in (*LARGE, rouge[1] if rouge else "/"):
                _body(port, path, cookies)
        return max(map(_megabytes, [process, *_children_of(process)]))


def _children_of(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _megabytes(process: int) -> int:
    resident = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(resident[1]) // 1024 if resident else 0


def _body(port: int, path: str, cookies: str = "") -> bytes:
    """Return the body of an answer; it is empty if nobody answers."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Cookie": cookies})
    try:
        with urllib.request.urlopen(request, timeout=STARTS_WITHIN) as answer:  # noqa: S310 - our own
            return bytes(answer.read())
    except urllib.error.HTTPError as answer:
        return answer.read()
    except OSError:
        return b""
