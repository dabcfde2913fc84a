"""The tables of docs/benchmarks.md, made of what bench/results.json keeps of the last measurement of each part."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
TABLE = re.compile(r"(<!-- table of (?P<name>[\w ]+) -->\n).*?(?=<!-- end of table -->)", re.DOTALL)
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
LIBRARIES = {"python": "Python", "django": "Django", "sqlite": "SQLite", "granian": "granian"}

type Figures = dict[str, Any]
type Row = Iterable[Any]


def write(results: Figures) -> None:
    """Make the tables anew of which there are figures."""
    DOCUMENT.write_text(filled(DOCUMENT.read_text(), results))


def filled(text: str, results: Figures) -> str:
    def table(match: re.Match[str]) -> str:
        part, rows = TABLES[match["name"]]
        if part not in results:
            return match[0]
        kept = results[part]
        libraries = ", ".join(f"{name} {kept['with'][key]}" for key, name in LIBRARIES.items())
        measured = f"Measured on {kept['measured']} on {kept['with']['cores']} cores, with {libraries}."
        return f"{match[1]}{measured}\n\n{_lines(rows(kept['figures']))}\n"

    return TABLE.sub(table, text)


def _lines(rows: Iterable[Row]) -> str:
    """Return a table, of which the first row is the head."""
    head, *others = ([f"{cell}" for cell in row] for row in rows)
    return "\n".join(f"| {' | '.join(row)} |".replace("  ", " ") for row in (head, ["---"] * len(head), *others))


# One for each table: the rows, of which the first is the head


def _kept(figures: Figures) -> Iterable[Row]:
    yield "page and episode", "bytes", "of a bare view", "of a file in nginx"
    for name, page in figures["kept"].get("pages", {}).items():
        yield name, f"{page['bytes']:,}", f"{page['of a bare view']:.2f}", f"{page['of a file']:.2f}"


def _workers(figures: Figures) -> Iterable[Row]:
    yield "worker with a full cache, MB", "seconds from the start to the first page"
    if "skipped" not in figures["kept"]:
        yield figures["kept"]["worker with a full cache, MB"], figures["kept"]["first page, seconds"]


def _pages(figures: Figures) -> Iterable[Row]:
    against = figures["against"]
    if not against:
        yield "page", "ms", "bytes", "statements"
        for page in figures["pages"]:
            yield page["page"], f"{page['ms']:.1f}", f"{page['bytes']:,}", page["statements"]
        return
    yield "page", f"ms at {against}", "now", "ratio", "bytes before", "now", "statements before", "now"
    for page in figures["pages"]:
        before = page["before"]
        yield (
            page["page"], f"{before['ms']:.1f}", f"{page['ms']:.1f}", f"{page['ratio']:.2f}", f"{before['bytes']:,}",
            f"{page['bytes']:,}", before["statements"], page["statements"],
        )  # fmt: skip


def _questions(figures: Figures) -> Iterable[Row]:
    databases = _databases(figures)
    points = _by_point(figures, "questions", "question")
    first, *_ = points.values()
    head = [f"{database} at {progress:,}" for database in databases for progress in first[database]]
    yield "question", *head, *(f"growth on {database}" for database in databases)
    for question, of in points.items():
        answers = [answer for database in databases for answer in of[database].values()]
        growth = [next(iter(of[database].values()))["growth"] for database in databases]
        yield (
            question,
            *(f"{each['site']:.1f} · {each['ratio']:.2f}×" for each in answers),
            *map("{:.2f}".format, growth),
        )


def _long_pages(figures: Figures) -> Iterable[Row]:
    databases = _databases(figures)
    points = _by_point(figures, "pages", "page")
    first, *_ = points.values()
    head = [
        column for each in databases for column in (*(f"{each} at {at:,}" for at in first[each]), "first", "growth")
    ]
    yield "page", *head, *(f"kB at {at:,}" for at in first[databases[0]]), "statements"
    for name, of in points.items():
        cells = []
        for database in databases:
            soonest, *_, last = of[database].values()
            cells += [f"{each['cpu']:.0f}" for each in of[database].values()]
            cells += [f"{last['first']:.0f}", f"{soonest['growth']:.2f}"]
        pages = of[databases[0]].values()
        yield (
            name,
            *cells,
            *(f"{each['bytes'] / 1000:.0f}" for each in pages),
            max(each["statements"] for each in pages),
        )


def _databases(figures: Figures) -> list[str]:
    return [name for name in DATABASES.values() if name in figures]


def _by_point(figures: Figures, what: str, name: str) -> dict[str, dict[str, dict[int, Figures]]]:
    """Return what was measured by its name, database and place in the story."""
    points: dict[str, dict[str, dict[int, Figures]]] = {}
    for database in _databases(figures):
        for each in figures[database][what]:
            points.setdefault(each[name], {}).setdefault(database, {})[each["progress"]] = each
    return points


def _kinds(figures: Figures) -> Iterable[Row]:
    yield "page", "ms", "73 episodes", "1,134 chapters", "kB", "kB of 73", "kB of 1,134", "elements", "statements"
    for page in figures["pages"]:
        real, seasons, long = (page[show] for show in ("real", "seasons", "long"))
        weights = (f"{show['bytes'] / 1000:.0f}" for show in (real, seasons, long))
        ratios = (f"{show['ratio']:.2f}" for show in (seasons, long))
        yield page["page"], f"{real['ms']:.1f}", *ratios, *weights, f"{long['elements']:,}", long["statements"]


def _loads(figures: Figures) -> Iterable[Row]:
    yield (
        "data set", "rows", "pictures known, s", "rows a second", "of a plain insertion", "again, s",
        "after another write, s", "memory besides, MB", "files, MB",
    )  # fmt: skip
    for database, name in DATABASES.items():
        loads = {show: load for show, load in figures.get(database, {}).items() if isinstance(load, dict)}
        for show, load in sorted(loads.items(), key=lambda each: each[1]["rows"]):
            yield (
                f"{name}: {show}", f"{load['rows']:,}", f"{load['known']:.2f}", f"{load['rows'] / load['known']:,.0f}",
                f"{load['known'] / load['plain']:.0f} ×" if load["plain"] else "",
                f"{load['again']:.2f}", f"{load['compared']:.2f}", load["peak"] >> 20, f"{load['size'] / 2**20:.1f}",
            )  # fmt: skip


def _memory(figures: Figures) -> Iterable[Row]:
    yield "what", "bytes of memory for each byte of files"
    for database, name in DATABASES.items():
        if database in figures:
            yield f"a load on {name}", f"{figures[database]['memory for each byte']:.1f}"
    yield "the values of the files alone", f"{figures['values alone']:.1f}"


def _fresh(figures: Figures) -> Iterable[Row]:
    commits = figures["fresh"]
    yield "step", *(f"{commit}, s by the clock · of CPU" for commit in commits)
    for step in ("installation", "migration", "loading"):
        yield (
            step,
            *(f"{commits[commit][step]['clock']:.0f} · {commits[commit][step]['cpu']:.1f}" for commit in commits),
        )


def _crawl(figures: Figures) -> Iterable[Row]:
    yield "who", "p95 when quiet, ms", "with the crawl, ms", "ratio"
    for who in ("readers", "moderator"):
        waits = figures[who]
        yield who, f"{waits['quiet']['p95']:.0f}", f"{waits['crawled']['p95']:.0f}", f"{waits['ratio of p95']:.1f}"


def _answers(figures: Figures) -> Iterable[Row]:
    yield "answer to the crawler", "how often"
    for status, count in figures["answers"].items():
        yield status, f"{count:,}"


TABLES: dict[str, tuple[str, Callable[[Figures], Iterable[Row]]]] = {
    "kept pages": ("pages", _kept),
    "workers": ("pages", _workers),
    "pages": ("pages", _pages),
    "questions": ("scale", _questions),
    "pages of a long show": ("scale", _long_pages),
    "kinds of page": ("long", _kinds),
    "loads": ("load", _loads),
    "memory": ("load", _memory),
    "fresh machine": ("load", _fresh),
    "crawl": ("crawl", _crawl),
    "answers": ("crawl", _answers),
}
"""By its name in the document: the part that measures it, and its rows."""
