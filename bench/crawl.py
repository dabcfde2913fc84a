"""How a crawl is borne: what two readers and a moderator wait for while a crawler with eight connections comes by.

Everybody is a client on this machine, so the crawler also takes time from the others that it would spend elsewhere.
Quiet rounds and rounds with the crawl take turns, and their times are compared.
"""

import http.client
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html import unescape
from itertools import chain, cycle, islice
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median, quantiles
from threading import Thread
from time import perf_counter, sleep
from typing import Any

from .server import STARTS_WITHIN, serving_the_site, show_in

ADDRESSES = 20_000
CONNECTIONS = 8
ROUNDS = 3
QUIET = 15  # seconds of a quiet round
PAUSE = 0.6  # seconds between two pages, about the pace that a budget allows when nothing is kept
LINK = re.compile(r'<a [^>]*href="(/[^"#]*)"')
HOST = "localhost"
SETTINGS = {  # of the site: as it is served behind a proxy, which says from which address somebody comes
    "SITE_URL": f"https://{HOST}", "ALLOWED_HOSTS": HOST, "BEHIND_PROXY": "true", "LOG_LEVEL": "INFO",
    "PAGE_CACHE_MB": "32", "PAGE_BUDGET": "60",
    "STAFF_SECOND_FACTOR": "false",  # or the desk would only lead to where one is set up
}  # fmt: skip
CRAWLER, READERS, MODERATOR = "192.0.2.1", ("198.51.100.1", "198.51.100.2"), "198.51.100.3"
DESK = ("/admin/", "/admin/corrections/correction/", "/admin/characters/character/", "/characters/")


class Client:
    """Somebody who keeps a connection open, and comes from an address."""

    def __init__(self, port: int, address: str, cookies: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STARTS_WITHIN)
        self.headers = {"Host": HOST, "X-Forwarded-For": address, "X-Forwarded-Proto": "https", "Cookie": cookies}

    def get(self, path: str) -> tuple[int, bytes]:
        """Return the status and the body of an answer."""
        self.connection.request("GET", path, headers=self.headers)
        response = self.connection.getresponse()
        return response.status, response.read()


def figures() -> dict[str, Any]:
    """Return the times of readers and moderator with and without the crawl, and what the crawler got."""
    with tempfile.TemporaryDirectory() as directory, ExitStack() as running:
        variables = show_in(Path(directory), SETTINGS)
        made = [sys.executable, "-m", "bench.crawl"]
        session = json.loads(subprocess.run(made, env=variables, check=True, capture_output=True).stdout)
        port, _ = running.enter_context(serving_the_site(variables, Path(directory) / "site.log"))
        links = _links(port)
        if any(Client(port, MODERATOR, _cookies_of_moderator(session)).get(page)[0] != 200 for page in DESK):
            sys.exit("The moderator does not get to the desk.")
        answers: Counter[int] = Counter()
        quiet: dict[str, list[float]] = {"readers": [], "moderator": []}
        crawled: dict[str, list[float]] = {"readers": [], "moderator": []}
        crawl_seconds = 0.0
        for number in range(ROUNDS):
            _watch(port, links, session, quiet, lambda: sleep(QUIET))
            began = perf_counter()
            _watch(port, links, session, crawled, lambda: answers.update(_crawl(port, links, number)))  # noqa: B023
            crawl_seconds += perf_counter() - began
    report: dict[str, Any] = {"crawled": sum(answers.values()), "seconds": crawl_seconds}
    report["answers"] = {str(status): count for status, count in sorted(answers.items())}
    for who in quiet:
        before, after = _of(quiet[who]), _of(crawled[who])
        report[who] = {"quiet": before, "crawled": after, "ratio of p95": after["p95"] / before["p95"]}
        print(
            f"  {who:<9}: p95 {before['p95']:6.1f} ms, with the crawl {after['p95']:6.1f} ms:"
            f" {after['p95'] / before['p95']:.2f} × ({before['pages']} and {after['pages']} pages)",
            flush=True,
        )
    print(f"  the crawler: {report['answers']} in {crawl_seconds:.0f} s", flush=True)
    return report


def _of(times: list[float]) -> dict[str, float]:
    return {"pages": len(times), "median": median(times), "p95": quantiles(times, n=20)[-1]}


def _links(port: int) -> list[str]:
    """Return the addresses that a reader at the end of the show comes to from the home page in two steps."""
    client = Client(port, READERS[0], _cookies(13))
    found = dict.fromkeys(["/"])
    for _ in range(2):
        pages = [client.get(address)[1].decode() for address in found]
        found |= dict.fromkeys(unescape(link) for page in pages for link in LINK.findall(page))
    return [link for link in found if not link.startswith(("/accounts/", "/corrections/"))]


def _cookies(progress: int) -> str:
    return f"__Host-progress={progress}"


def _cookies_of_moderator(session: str) -> str:
    return f"{_cookies(13)}; __Host-sessionid={session}"


def _watch(
    port: int, links: list[str], session: str, times: dict[str, list[float]], meanwhile: Callable[[], object]
) -> None:
    """Let the readers and the moderator work while something else happens, and note what each page took them."""
    context = get_context("spawn")
    is_over, answers = context.Event(), context.Queue()
    plain = [link for link in links if "?" not in link]
    people = [
        ("readers", READERS[0], _cookies(13), plain),
        ("readers", READERS[1], _cookies(5), plain[::-1]),
        ("moderator", MODERATOR, _cookies_of_moderator(session), list(DESK)),
    ]
    processes = [
        context.Process(target=_read, args=(port, *person, is_over, answers), daemon=True) for person in people
    ]
    for process in processes:
        process.start()
    ready = [answers.get() for _ in processes]  # each has started
    meanwhile()
    is_over.set()
    for _ in ready:
        who, taken = answers.get()
        times[who] += taken
    for process in processes:
        process.join()


def _read(port: int, who: str, address: str, cookies: str, pages: list[str], is_over: Event, answers: Any) -> None:
    client = Client(port, address, cookies)
    for page in pages[:20]:
        client.get(page)
    answers.put(who)
    taken, refused = [], 0
    for page in cycle(pages):
        if is_over.is_set():
            break
        began = perf_counter()
        status, _ = client.get(page)
        taken.append((perf_counter() - began) * 1000)
        refused += status == 429
        sleep(PAUSE)
    if refused:
        print(f"  {who} at {address}: {refused} of {len(taken)} pages were refused", flush=True)
    answers.put((who, taken))


def _crawl(port: int, links: list[str], number: int) -> Counter[int]:
    """Ask for as many distinct addresses as make a crawl, by several connections at once; returns the statuses."""
    addresses = iter(list(islice(_distinct(links, number), ADDRESSES // ROUNDS)))  # that threads may share
    answers: Counter[int] = Counter()

    def ask() -> None:
        client = Client(port, CRAWLER, _cookies(13))
        for address in addresses:
            answers[client.get(address)[0]] += 1

    threads = [Thread(target=ask) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _distinct(links: list[str], number: int) -> Iterator[str]:
    """Yield what a crawler finds: first the links of pages, and then looks back and searches without end."""
    chance = random.Random(number)
    seen: set[str] = set()
    plain = [link for link in links if "?" not in link]
    far = (
        f"{chance.choice(plain)}?as_of={chance.randrange(14)}&page={chance.randrange(1, 9)}"
        if chance.random() < 0.5
        else f"/search/?q={chance.randrange(10**6)}+{chance.choice(plain).strip('/').rpartition('/')[2]}"
        for _ in iter(int, 1)
    )
    for address in chain(links, far):
        if address not in seen:
            seen.add(address)
            yield address


def _moderator_session() -> str:
    """Return the key of a session of somebody who may moderate."""
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore

    user = get_user_model().objects.create_superuser("bench-moderator", "moderator@example.org", "a long password")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "episodes.accounts.backends.Backend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


if __name__ == "__main__":
    print(json.dumps(_moderator_session()))
    sys.exit()
