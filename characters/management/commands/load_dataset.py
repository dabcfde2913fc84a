from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from tqdm import tqdm

from characters.datasets.counting import counted_as, in_words
from characters.datasets.leftovers import Leftover
from characters.datasets.loading import Loaded, holds_a_show, load
from characters.datasets.reading import DatasetError
from characters.spoilers.linter import Finding
from episodes.models import Series, units_in_the_database
from episodes.units import current, using

MOST_LISTED = 20  # rows, unless more is asked for by --verbosity 2


class Command(BaseCommand):
    help = "Load a show from a directory of YAML files (docs/dataset.md). Nothing is written if anything is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", nargs="?", type=Path, default=settings.DATASET_DIR)
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--replace", action="store_true", help="delete all content first")
        mode.add_argument("--if-empty", action="store_true", help="leave a database alone that holds a show already")
        mode.add_argument(
            "--prune",
            action="store_true",
            help="remove what earlier loads wrote and the files have no more; what editors wrote stays",
        )
        parser.add_argument("--check", action="store_true", help="do everything, and take it back at the end")
        parser.add_argument(
            "--strict", action="store_true", help="refuse texts that say a name too early, rather than warn of them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and holds_a_show():
            title = Series.objects.values_list("title", flat=True).first() or "a show without a title"
            self.stdout.write(f"The database holds {title} already; it was left as it is.")
            return
        how = {name: options[name] for name in ("replace", "prune", "check")}
        try:
            on_findings = refuse if options["strict"] else self.warn
            loaded = load(options["directory"], **how, on_findings=on_findings, progress=on_terminals)
        except DatasetError as error:
            said = "\n".join(map(str, (*error.problems, *error.findings)))
            raise CommandError(f"{said}\n{_summary_of(error)}") from error
        if options["verbosity"]:
            with using(cache(units_in_the_database)):
                self._tell(loaded, is_check=options["check"], most=MOST_LISTED if options["verbosity"] == 1 else None)

    def _tell(self, loaded: Loaded, *, is_check: bool, most: int | None) -> None:
        lines = [
            f"{what}: {in_words(counts)}."
            for what, counts in (
                ("Written", loaded.added),
                ("Changed", loaded.changed),
                ("Moved to another episode", loaded.moved),
                ("Removed", loaded.removed),
            )
            if counts
        ]
        self.stdout.write("\n".join(lines) or "Written: nothing, all of it was there.")
        if loaded.shifted:
            self.stdout.write(
                f"Made room: {loaded.shifted} later {current().many} moved on, with all that belongs to them."
            )
        if loaded.removal is not None and not is_check:
            address = reverse("admin:corrections_correction_change", args=[loaded.removal.pk])
            self.stdout.write(f"What was removed can be brought back at {address}")
        ours = [each for each in loaded.left if not each.is_of_an_editor]
        self._list("in the database and in no file; --prune removes it", ours, most)
        theirs = [each for each in loaded.left if each.is_of_an_editor]
        self._list("in no file, as editors wrote it; it stays", theirs, most)
        if is_check:
            self.stdout.write("This was a check: nothing was written.")

    def _list(self, what: str, left: list[Leftover], most: int | None) -> None:
        if not left:
            return
        counts = Counter(counted_as(each.row) for each in left)
        self.stdout.write(f"{in_words(counts)}: {what}.")
        for each in left[:most]:
            self.stdout.write(f"  {each}")
        if most is not None and len(left) > most:
            self.stdout.write(f"  … and {len(left) - most} more, which --verbosity 2 lists")

    def warn(self, findings: list[Finding]) -> None:
        for finding in findings:
            self.stderr.write(str(finding), self.style.WARNING)


def _summary_of(error: DatasetError) -> str:
    """Return how much is wrong in which file, and what may be behind it."""
    count = len(error.problems)
    files = Counter(problem.file for problem in error.problems)
    where = f" ({', '.join(f'{number} in {file}' for file, number in files.items())})" if len(files) > 1 else ""
    spoilers = f", {len(error.findings)} said too early" if error.findings else ""
    follow = f", and {error.consequences} more rows that need what is wrong" if error.consequences else ""
    summary = f"{count} problem{'s' * (count != 1)}{where}{spoilers}{follow}; nothing was written."
    if not error.left:
        return summary
    rows = "1 row of the database is" if len(error.left) == 1 else f"{len(error.left)} rows of the database are"
    left = [f"  {each}" for each in error.left[:MOST_LISTED]]
    return "\n".join(
        (f"{summary} {rows} in no file; what earlier loads wrote of that --prune takes out of the way:", *left)
    )


def on_terminals[T](items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """Show a bar while these items are worked on, if somebody looks at a terminal."""
    return tqdm(items, what, total, leave=False, disable=None)


def refuse(findings: list[Finding]) -> None:
    if findings:
        count = len(findings)
        lines = "\n".join(map(str, findings))
        raise CommandError(f"{lines}\n{count} spoiler{'s' * (count != 1)}; nothing was written.")
