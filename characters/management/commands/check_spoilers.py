import json
from functools import cache, partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from characters.datasets.entries import Dataset
from characters.datasets.linting import corpus_of_files, read, units_of
from characters.datasets.reading import DatasetError
from characters.spoilers.linter import Finding
from characters.spoilers.rows import corpus_of_database
from episodes.models import units_in_the_database
from episodes.units import using

FOUND, UNREADABLE = 1, 2


class Command(BaseCommand):
    help = (
        "Report each name, tag or faction in a text that is revealed later than the text itself (docs/editing.md). "
        f"The exit status is {FOUND} when there are any, and {UNREADABLE} when the data set cannot be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", nargs="?", type=Path, help="a data set; without one the database is checked")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        directory = options["directory"]
        dataset = None if directory is None else self._read(directory)
        findings = (corpus_of_files(dataset) if dataset else corpus_of_database()).findings()
        with using(cache(partial(units_of, dataset) if dataset else units_in_the_database)):
            self._tell(findings, options)

    def _read(self, directory: Path) -> Dataset:
        try:
            return read(directory)
        except DatasetError as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error

    def _tell(self, findings: list[Finding], options: dict[str, Any]) -> None:
        if options["format"] == "json":
            rows = [finding.as_row() for finding in findings]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            for finding in findings:
                self.stdout.write(str(finding))
        if findings:
            count = len(findings)
            raise CommandError(f"{count} spoiler{'s' * (count != 1)}.", returncode=FOUND)
