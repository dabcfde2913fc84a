from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from characters.datasets.loading import holds_a_show, load
from characters.datasets.reading import DatasetError
from characters.spoilers.linter import Finding


class Command(BaseCommand):
    help = "Load a show from a directory of YAML files (docs/dataset.md). Writes nothing unless all of it is well."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", nargs="?", type=Path, default=settings.DATASET_DIR)
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--replace", action="store_true", help="delete all content first")
        how.add_argument("--if-empty", action="store_true", help="leave a database alone that holds a show already")

        parser.add_argument(
            "--strict", action="store_true", help="refuse texts that say a name too early, rather than warn of them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and holds_a_show():
            self.stdout.write("There is a show in the database already; it was left as it is.")
            return
        try:
            heed = refuse if options["strict"] else self.warn
            written = load(options["directory"], replace=options["replace"], heed=heed)
        except DatasetError as error:
            count = len(error.problems)
            raise CommandError(f"{error}\n{count} problem{'s' * (count != 1)}; nothing was written.") from error
        if options["verbosity"]:
            told = ", ".join(f"{number} {name}" for name, number in sorted(written.items()))
            self.stdout.write(f"Written: {told or 'nothing, all of it was there'}.")

    def warn(self, findings: list[Finding]) -> None:
        for finding in findings:
            self.stderr.write(f"{finding}", self.style.WARNING)


def refuse(findings: list[Finding]) -> None:
    if findings:
        count = len(findings)
        told = "\n".join(map(str, findings))
        raise CommandError(f"{told}\n{count} spoiler{'s' * (count != 1)}; nothing was written.")
