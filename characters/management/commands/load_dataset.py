from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from characters.datasets.loading import holds_a_show, load
from characters.datasets.reading import DatasetError
from characters.spoilers.linter import Finding


class Command(BaseCommand):
    help = "Load a show from a directory of YAML files (docs/dataset.md). Nothing is written if anything is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", nargs="?", type=Path, default=settings.DATASET_DIR)
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--replace", action="store_true", help="delete all content first")
        mode.add_argument("--if-empty", action="store_true", help="leave a database alone that holds a show already")
        parser.add_argument(
            "--strict", action="store_true", help="refuse texts that say a name too early, rather than warn of them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and holds_a_show():
            self.stdout.write("There is a show in the database already; it was left as it is.")
            return
        try:
            on_findings = refuse if options["strict"] else self.warn
            written = load(
                options["directory"], replace=options["replace"], on_findings=on_findings, progress=on_terminals
            )
        except DatasetError as error:
            count = len(error.problems)
            follow = f", and {error.consequences} more rows that need what is wrong" if error.consequences else ""
            raise CommandError(f"{error}\n{count} problem{'s' * (count != 1)}{follow}; nothing was written.") from error
        if options["verbosity"]:
            counts = ", ".join(f"{number} {name}" for name, number in sorted(written.items()))
            self.stdout.write(f"Written: {counts or 'nothing, all of it was there'}.")

    def warn(self, findings: list[Finding]) -> None:
        for finding in findings:
            self.stderr.write(str(finding), self.style.WARNING)


def on_terminals[T](items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """Show a bar while these items are worked on, if somebody looks at a terminal."""
    return tqdm(items, what, total, leave=False, disable=None)


def refuse(findings: list[Finding]) -> None:
    if findings:
        count = len(findings)
        lines = "\n".join(map(str, findings))
        raise CommandError(f"{lines}\n{count} spoiler{'s' * (count != 1)}; nothing was written.")
