import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from characters.datasets.linting import spoilers_in
from characters.datasets.reading import DatasetError
from characters.spoilers.linter import Finding
from characters.spoilers.rows import corpus_of_database

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
        findings = corpus_of_database().findings() if directory is None else findings_of_dataset(directory)
        if options["format"] == "json":
            rows = [finding.as_row() for finding in findings]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            for finding in findings:
                self.stdout.write(str(finding))
        if findings:
            count = len(findings)
            raise CommandError(f"{count} spoiler{'s' * (count != 1)}.", returncode=FOUND)


def findings_of_dataset(directory: Path) -> list[Finding]:
    try:
        return spoilers_in(directory)
    except DatasetError as error:
        raise CommandError(str(error), returncode=UNREADABLE) from error
