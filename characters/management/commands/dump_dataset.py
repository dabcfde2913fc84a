from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from characters.datasets.dumping import dump
from episodes.axes import last_chapter, second_of
from episodes.models import Episode
from episodes.numbers import progress_in_command


class Command(BaseCommand):
    help = "Write the show to a directory of YAML files (docs/dataset.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path)
        parser.add_argument(
            "--as-of",
            type=progress_in_command,
            metavar="N",
            help="only what may be known at episode N, or in a show of two axes at episode and chapter: 3+20",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        directory, as_of = options["directory"], options["as_of"]
        if as_of is not None and not Episode.objects.filter(number=int(as_of)).exists():
            raise CommandError(f"There is no episode {as_of}.")
        if as_of is not None and second_of(as_of) > last_chapter():
            raise CommandError(f"There is no chapter {second_of(as_of)}.")
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise CommandError(f"{directory} is there already and is not empty; choose another.")
        try:
            dump(directory, as_of=as_of)
        except FileNotFoundError as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(f"Written to {directory}.")
