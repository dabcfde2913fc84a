"""What pages of a long show cost, measured by those of the real show in the same run (`make bench PARTS=long`).

Each kind of page is asked of three sites in turn: the real show, one of some seasons, and one as long as the longest.
With KEEP=<folder> the databases stay there and are measured again.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from . import long_show
from .databases import KEEP, run
from .pages import Site
from .server import ROOT, show_in

ROUNDS = int(os.environ.get("ROUNDS", "9"))
WARM_UP = 2


class Show(NamedTuple):
    name: str
    last: int
    size: dict[str, int]  # none of the real one


SHOWS = (
    Show("real", 13, {}),
    Show("seasons", 73, {"units": 73, "characters": 577, "factions": 60}),
    Show("long", long_show.UNITS, {"units": long_show.UNITS}),
)


def figures() -> dict[str, Any]:
    """Return what each kind of page costs at the end of each show, and its ratio to that of the real one."""
    with ExitStack() as stack:
        folder = Path(KEEP).resolve() if KEEP else Path(stack.enter_context(TemporaryDirectory()))
        sites, pages = {}, {}
        for show in SHOWS:
            variables = loaded(show, folder / show.name)
            pages[show.name] = run(variables["DATABASE_URL"], "-m", "bench.measure", "kinds", f"{show.last}")
            sites[show.name] = Site(ROOT, variables)
            stack.callback(sites[show.name].close)
        return {"pages": [measured(kind, sites, pages) for kind in pages["real"]]}


def loaded(show: Show, directory: Path) -> dict[str, str]:
    """Write and load a show, if it is not there already, and return the variables of a site on it."""
    directory.mkdir(parents=True, exist_ok=True)
    settings = {"PYTHONPATH": str(ROOT), "SSL_REDIRECT": "false"}
    if show.size:
        settings["DATASET_DIR"] = str(long_show.write(directory / "show", **show.size))
    return show_in(directory, settings)


def measured(kind: str, sites: dict[str, Site], pages: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return the figures of one kind of page in each show; they answer in turn."""
    last = {show.name: show.last for show in SHOWS}
    of: dict[str, Any] = {}
    for name, site in sites.items():
        for _ in range(WARM_UP):
            of[name] = site.answer(ask=pages[name][kind], progress=last[name], count=True)
    times: dict[str, list[float]] = {name: [] for name in sites}
    for _ in range(ROUNDS):
        for name, site in sites.items():
            times[name].append(site.answer(ask=pages[name][kind], progress=last[name], count=False)["ms"])
    line = f"  {kind:<18}"
    for name, taken in times.items():
        of[name]["ms"] = round(quantiles(taken, n=10, method="inclusive")[0], 2)
        of[name]["ratio"] = round(of[name]["ms"] / of["real"]["ms"], 2)
        line += " · {ms:6.1f} ms {ratio:5.2f}× {bytes:7,} B {elements:5} el {statements:3} st".format(**of[name])
        if of[name]["status"] not in (200, 404):
            line += f" ({of[name]['status']})"
    print(line, flush=True)
    return {"page": kind, **of}
