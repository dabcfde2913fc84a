"""Check that a change of the inside changes no answer: record every answer of the site, and compare two recordings.

    python -m bench.answers record OLD                 crawl the site of DATABASE_URL at every episode
    python -m bench.answers record NEW --like OLD      ask another checkout the same, on the same database
    python -m bench.answers compare OLD NEW

Both checkouts need the same database, media and SECRET_KEY, as ids and addresses depend on them. A recording is a
directory with one file of answers for each kind of visitor, and the bodies by their hash.
"""

import argparse
import difflib
import gzip
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import unescape
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

LINK = re.compile(r'(?:href|action|src)="(/[^"#]*)')
# Drawn by lot for each request: tokens, nonces, and the state that the admin signs with the time in it.
BY_LOT = re.compile(
    r'(?<=name="csrfmiddlewaretoken" value=")\w+|(?<=nonce=")[^"]+|(?<=name="_base" value=")[^"]+'
    r'|(?<=name="base" value=")[^"]+'
)
ELSEWHERE = ("/static/", "/media/", "/progress/", "/theme/", "/admin/logout/", "/admin/jsi18n/", "/accounts/logout/")
START = (
    "/",
    "/sitemap.xml",
    "/robots.txt",
    "/healthz",
    "/nothing/",
    "/changes/",
    "/accounts/login/",
    "/tags/",
    "/admin/",
)
SEARCHES = (
    "rouge", "rogue", "naomi", "nean", "immortal nine", "the", "a", "killed", "kill", "ep 5", "5", '"rouge redstar"',
    "rouge -naomi", "jean", "gian", "venus", "mars", "aletheia", "ルジュ", "ルージュ", "zzzz", "doctor",
    "puppet", "eden",
)  # fmt: skip
QUERIES = (
    "/characters/?sort=first", "/characters/?sort=newest", "/characters/?species=nean", "/characters/?page=2",
    "/characters/?status=alive&first=1", "/factions/?sort=first", "/factions/?first=1", "/?as_of=2", "/?as_of=99",
    "/recap/?since=x", "/characters/zzzzzzzzzzzz/", "/c/zzzzzzzzzzzz/", "/tags/no-such-tag/", "/episodes/99/",
    "/graph/?faction=zzzzzzzzzzzz",
)  # fmt: skip


class Visitor(NamedTuple):
    """Somebody who looks at the site: at which episode, signed in as whom, by which theme, and from where on."""

    name: str
    progress: int
    user: str = ""
    theme: str = ""
    start: tuple[str, ...] = START
    within: str = "/"  # only links that begin so are followed
    every: int = 1  # of the links, one in so many


VISITORS = (
    *(Visitor(f"at-{number:02}", number) for number in range(14)),
    *(Visitor(f"dark-{number:02}", number, theme="dark", every=3) for number in (3, 13)),
    Visitor("contributor-05", 5, user="contributor", every=2),
    Visitor("editor-13", 13, user="editor", start=("/admin/",), within="/admin/", every=4),
    *(
        Visitor(f"moderator-{number:02}", number, user="moderator", start=("/admin/",), within="/admin/", every=4)
        for number in (3, 13)
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser("record")
    record.add_argument("directory", type=Path)
    record.add_argument("--like", type=Path, help="ask what this recording asked")
    record.add_argument("--processes", type=int, default=2)
    compare = commands.add_parser("compare")
    compare.add_argument("old", type=Path)
    compare.add_argument("new", type=Path)
    compare.add_argument("--ignore", action="append", default=[], help="lines with this differ on purpose (a pattern)")
    options = parser.parse_args()
    if options.command == "compare":
        on_purpose = re.compile("|".join(options.ignore)) if options.ignore else None
        sys.exit(compare_recordings(options.old, options.new, on_purpose))
    (options.directory / "bodies").mkdir(parents=True)
    jobs = [(visitor, options.directory, options.like) for visitor in VISITORS]
    with get_context("spawn").Pool(options.processes, maxtasksperchild=1) as pool:
        for name, count in pool.imap_unordered(record_visitor, jobs):
            print(f"{name}: {count} answers", flush=True)


# Recording


def record_visitor(job: tuple[Visitor, Path, Path | None]) -> tuple[str, int]:
    """Ask everything that one visitor comes to, and write the answers down."""
    visitor, directory, like = job
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rougedb.settings")
    import django

    django.setup()
    client = client_of(visitor)
    if like is None:
        answers = crawl(client, visitor, directory)
    else:
        old = read_answers(like, visitor.name)
        answers = (ask(client, answer["address"], directory)[0] for answer in old.values())
    count = 0
    with (directory / f"{visitor.name}.jsonl").open("w") as file:
        for answer in answers:
            count += 1
            file.write(json.dumps(answer, sort_keys=True, ensure_ascii=False) + "\n")
    return visitor.name, count


def client_of(visitor: Visitor) -> Any:
    """Return a browser that is where the visitor is."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    settings.PAGE_BUDGET = 0  # all of it is asked from one address
    client = Client(raise_request_exception=False)
    client.cookies["progress"] = str(visitor.progress)
    if visitor.theme:
        client.cookies["theme"] = visitor.theme
    if visitor.user:
        client.force_login(User.objects.get(username=visitor.user))
    return client


def crawl(client: Any, visitor: Visitor, directory: Path) -> Iterator[dict[str, Any]]:
    """Follow every link; looking back goes one step, not on from page to page."""
    public = visitor.within == "/"
    searches = [f"/search/{path}?q={text}" for text in SEARCHES for path in ("", "suggest/")]
    waiting = [*visitor.start, *([*searches, *QUERIES] if public else [])]
    seen = set(waiting)
    while waiting:
        address = waiting.pop(0)
        answer, body = ask(client, address, directory)
        yield answer
        links = set(LINK.findall(body)) if "as_of=" not in address else set()
        if location := answer["headers"].get("Location", ""):
            links.add(location)
        for link in sorted(map(unescape, links)):
            if link not in seen and is_followed(link, visitor):
                seen.add(link)
                waiting.append(link)


def is_followed(link: str, visitor: Visitor) -> bool:
    if link.startswith(ELSEWHERE) or not link.startswith(visitor.within) or "/delete/" in link or "o=" in link:
        return False
    if visitor.within == "/" and link.startswith("/admin/"):
        return False
    if "row=" in link or ("as_of=" in link and visitor.progress not in (5, 13)):
        return False
    return visitor.every == 1 or int(sha256(link.encode()).hexdigest(), 16) % visitor.every == 0


def ask(client: Any, address: str, directory: Path) -> tuple[dict[str, Any], str]:
    """Return what one address answers, with how many statements it took, and keep the body."""
    from django.db import connection

    statements: list[str] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        response = client.get(address)
        content = b"".join(response) if response.streaming else response.content
    body = BY_LOT.sub("–", content.decode(errors="replace"))
    digest = sha256(body.encode()).hexdigest()
    path = directory / "bodies" / f"{digest}.gz"
    if not path.exists():
        path.write_bytes(gzip.compress(body.encode(), 1, mtime=0))
    headers = {
        name: BY_LOT.sub("–", re.sub(r"'nonce-[^']+'", "'nonce-–'", value))
        for name, value in sorted(response.headers.items())
        if name not in ("Expires", "Content-Length")  # a clock, and the length of what is drawn by lot
    }
    answer = {
        "address": address, "status": response.status_code, "headers": headers, "body": digest,
        "queries": len(statements),
    }  # fmt: skip
    return answer, body


# Comparing


def read_answers(directory: Path, name: str) -> dict[str, Any]:
    lines = (directory / f"{name}.jsonl").read_text().splitlines()
    return {answer["address"]: answer for answer in map(json.loads, lines)}


def compare_recordings(old: Path, new: Path, on_purpose: re.Pattern[str] | None, most_shown: int = 12) -> int:
    """Print how many answers differ, and how the first of them do; return 1 if any does.

    Bodies that differ in nothing but lines with what changed on purpose count as the same, and are counted apart.
    """
    compared, more_queries, fewer_queries, changed_on_purpose = 0, 0, 0, 0
    differing: list[tuple[str, Any, Any]] = []
    for path in sorted(old.glob("*.jsonl")):
        before, after = read_answers(old, path.stem), read_answers(new, path.stem)
        for address, answer in before.items():
            compared += 1
            other = after.get(address, {"status": None, "headers": {}, "body": "", "queries": 0})
            more_queries += other["queries"] > answer["queries"]
            fewer_queries += other["queries"] < answer["queries"]
            if any(answer[part] != other[part] for part in ("status", "headers")):
                differing.append((f"{path.stem} {address}", answer, other))
            elif answer["body"] != other["body"]:
                if on_purpose and same_but_for(on_purpose, old, new, answer["body"], other["body"]):
                    changed_on_purpose += 1
                else:
                    differing.append((f"{path.stem} {address}", answer, other))
    print(f"{compared} answers compared, {len(differing)} differ, {changed_on_purpose} more differ on purpose.")
    print(f"Statements: more in {more_queries} answers, fewer in {fewer_queries}.")
    for name, answer, other in differing[:most_shown]:
        print(f"\n== {name}: status {answer['status']} → {other['status']}")
        for line in islice(difference(old, new, answer, other), 14):
            print("  ", line[:220])
    return 1 if differing else 0


def same_but_for(on_purpose: re.Pattern[str], old: Path, new: Path, before: str, after: str) -> bool:
    """Return whether two bodies are the same without the lines that differ on purpose."""
    bodies = (read_body(old, before), read_body(new, after))
    one, other = ([line for line in body if not on_purpose.search(line)] for body in bodies)
    return one == other


def difference(old: Path, new: Path, answer: Any, other: Any) -> Iterable[str]:
    for name in sorted(answer["headers"].keys() | other["headers"].keys()):
        if answer["headers"].get(name) != other["headers"].get(name):
            yield f"{name}: {answer['headers'].get(name)} → {other['headers'].get(name)}"
    if other["body"] and answer["body"] != other["body"]:
        before, after = read_body(old, answer["body"]), read_body(new, other["body"])
        yield from islice(difflib.unified_diff(before, after, lineterm="", n=0), 2, None)


def read_body(directory: Path, digest: str) -> list[str]:
    return gzip.decompress((directory / "bodies" / f"{digest}.gz").read_bytes()).decode().splitlines()


if __name__ == "__main__":
    main()
