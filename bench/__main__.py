"""`make bench`: measure the site in parts. Every figure is a ratio of times taken in turn in one run.

Each part stops by itself and replaces its own figures in bench/results.json, and its tables in docs/benchmarks.md,
which says what they mean.
"""

import sys
from collections.abc import Callable
from typing import Any

from . import crawl, loading, long_pages, pages, results, scale, served

PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "pages": lambda: {**pages.figures(), "kept": served.figures()},
    "scale": scale.figures,
    "load": loading.figures,
    "crawl": crawl.figures,
    "long": long_pages.figures,
}


def main(chosen: list[str]) -> None:
    unknown = set(chosen) - set(PARTS)
    if unknown:
        sys.exit(f"No part is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.")
    for part in chosen or PARTS:
        print(part, flush=True)
        results.keep(part, PARTS[part]())


if __name__ == "__main__":
    main(sys.argv[1:])
