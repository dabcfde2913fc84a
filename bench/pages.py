"""What a page costs that is in no cache: CPU in process, statements and bytes (`make bench PARTS=pages`).

With AGAINST=<commit> each page is also made by a worktree of that commit, with a database of its own data set. Both
answer in turn, so that the ratio stands whatever else the machine does. In each turn a page is asked for several times
and the last counts: the first finds the processor's caches full of what the other commit has just done, which adds one
to two milliseconds to any page, and so most to the quick ones.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

from .server import ROOT, show_in

WORKER = Path(__file__).with_name("page_worker.py")
AGAINST = os.environ.get("AGAINST", "")
ROUNDS = int(os.environ.get("ROUNDS", "25"))
WARM_UP = 2
IN_A_TURN = 3


class Page(NamedTuple):
    name: str
    progress: int
    address: str = ""  # or else:
    link: str = ""  # the words of the link to it
    on: str = ""  # and the page that has it
    then: str = ""  # what follows that address


SEARCH = "/search/?q="
PAGES = (
    Page("home", 13, "/"),
    Page("list", 13, "/characters/"),
    *(Page(f"Rouge at {number}", number, link="Rouge", on=f"{SEARCH}rouge+redstar") for number in (1, 5, 9, 13)),
    Page("minor character", 13, link="Afdal", on=f"{SEARCH}afdal"),
    Page("faction", 13, link="Aletheia", on="/factions/"),
    Page("episode", 13, "/episodes/5/"),
    Page("tag", 13, link="deceased", on="/tags/"),
    Page("map", 13, "/graph/"),
    Page("then and now", 13, link="Rouge", on=f"{SEARCH}rouge+redstar", then="then/?episode=5"),
    Page("recap", 13, "/recap/?since=0"),
    Page("search, few", 13, f"{SEARCH}afdal"),
    Page("search, many", 13, f"{SEARCH}rouge"),
    Page("suggestions", 13, "/search/suggest/?q=ro"),
    Page("404", 13, "/nothing/"),
)


class Site:
    """A process that asks the site of one checkout."""

    def __init__(self, checkout: Path, variables: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(WORKER)],
            cwd=checkout, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def answer(self, **asked: Any) -> Any:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("The worker has no pipes.")
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The worker ended; its last words are above.")
        return json.loads(line)

    def address(self, page: Page) -> str:
        if page.address:
            return page.address
        found = self.answer(link=page.link, on=page.on, progress=page.progress)
        if found is None:
            raise RuntimeError(f"No link to {page.link} on {page.on} at {page.progress}.")
        return f"{found}{page.then}"

    def close(self) -> None:
        self.process.communicate(timeout=10)


def figures() -> dict[str, Any]:
    """Return what each page costs, here and in the commit to compare with."""
    with ExitStack() as stack:
        sites = {"here": stack.enter_context(loaded(ROOT))}
        if AGAINST:
            sites[AGAINST] = stack.enter_context(loaded(stack.enter_context(worktree(AGAINST))))
        return {"against": AGAINST, "pages": [measured(page, sites) for page in PAGES]}


def measured(page: Page, sites: dict[str, Site]) -> dict[str, Any]:
    """Return the figures of a page on each site, which answer in turn."""
    addresses = {name: site.address(page) for name, site in sites.items()}
    of: dict[str, dict[str, Any]] = {}
    for name, site in sites.items():
        for _ in range(WARM_UP):
            of[name] = site.answer(ask=addresses[name], progress=page.progress, count=True)
    times: dict[str, list[float]] = {name: [] for name in sites}
    for _ in range(ROUNDS):
        for name, site in sites.items():
            for _ in range(IN_A_TURN):
                answer = site.answer(ask=addresses[name], progress=page.progress, count=False)
            times[name].append(answer["ms"])
    for name, taken in times.items():
        # As in bench.measure: whatever else runs beside it only adds.
        of[name]["ms"] = round(quantiles(taken, n=10, method="inclusive")[0], 2)
    here = of["here"]
    line = f"  {page.name:<16} {here['ms']:7.2f} ms {here['bytes']:8,} B {here['statements']:3} statements"
    report = {"page": page.name, **here}
    if AGAINST:
        before = of[AGAINST]
        report |= {"before": before, "ratio": round(here["ms"] / before["ms"], 3)}
        line += f"; {report['ratio']:.2f} × {before['ms']:.2f} ms {before['bytes']:,} B {before['statements']}"
    print(line, flush=True)
    return report


@contextmanager
def loaded(checkout: Path) -> Iterator[Site]:
    """Load the data set of a checkout into a database of its own, and start a worker there."""
    with tempfile.TemporaryDirectory() as directory:
        variables = show_in(Path(directory), {"PYTHONPATH": str(checkout), "SSL_REDIRECT": "false"}, checkout)
        site = Site(checkout, variables)
        try:
            yield site
        finally:
            site.close()


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """Check out a commit beside this one."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "checkout"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(path), commit], check=True)
        try:
            yield path
        finally:
            subprocess.run([*git, "remove", "--force", str(path)], check=True)
