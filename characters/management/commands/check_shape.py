import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from characters.datasets.entries import Dataset
from characters.datasets.reading import DatasetError
from characters.shape.scratch import run_on_dataset
from characters.shape.sights import Sight, sights_of_the_show
from characters.shape.telling import DRAWS, LIMIT, SEED, Measure, measures, rows_of

FOUND, UNREADABLE = 1, 2


class Command(BaseCommand):
    help = (
        "Measure whether the shape of pages, such as what is missing on them, tells who is unmasked, dies or changes "
        f"sides later (docs/editing.md). The exit status is {FOUND} where it does, and {UNREADABLE} when the data set "
        "cannot be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", nargs="?", type=Path, help="a data set; without one the database is measured")
        parser.add_argument(
            "--limit",
            type=share,
            default=LIMIT,
            metavar="SHARE",
            help="in which share of shows that tell nothing something may be reported all the same (%(default)s)",
        )
        parser.add_argument("--draws", type=int, default=DRAWS, help="how often lots are drawn (%(default)s)")
        parser.add_argument("--seed", type=int, default=SEED, help="of these draws (%(default)s)")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, directory: Path | None, **options: Any) -> None:
        if directory is not None:
            self._measure_dataset(directory, options)
            return
        sights = sights_of_the_show()
        found = measures(sights, limit=options["limit"], draws=options["draws"], seed=options["seed"])
        telling = [measure for measure in found if measure.chance <= options["limit"]]
        if options["format"] == "json":
            rows = [as_row(measure, sights) for measure in telling]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            self._report(telling, found, sights)
        if telling:
            count = len(telling)
            raise CommandError(
                f"{count} feature{'s' * (count != 1)} of pages tell{'s' * (count == 1)}.", returncode=FOUND
            )

    def _measure_dataset(self, directory: Path, options: dict[str, Any]) -> None:
        """Let this command run again where the data set is the show."""
        try:
            Dataset(directory).raise_problems()  # before anything is made for it
        except DatasetError as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        names = ("limit", "draws", "seed", "format")
        done = run_on_dataset(directory, ["check_shape", *(f"--{name}={options[name]}" for name in names)])
        self.stdout.write(done.stdout, ending="")
        if done.returncode:
            message = done.stderr.strip().removeprefix("CommandError: ")
            raise CommandError(message, returncode=FOUND if done.stdout else UNREADABLE)

    def _report(self, telling: list[Measure], found: list[Measure], sights: list[Sight]) -> None:
        for measure in telling:
            self.stdout.write(str(measure))
            for row in rows_of(measure, sights):
                self.stdout.write(f"    {row}")
        if not telling:
            self.stdout.write("Nothing tells.")
            if found:
                self.stdout.write(f"What comes nearest: {found[0]}")
        features = len({measure.feature for measure in found})
        self.stdout.write(f"{len(sights)} pages were read, and {features} features of them can differ.")


def share(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise ValueError
    return value


def as_row(measure: Measure, sights: list[Sight]) -> dict[str, Any]:
    rows = [
        {"character": row.sight.name, "episode": row.sight.episode, "value": row.value, "comes_in": row.comes_in}
        for row in rows_of(measure, sights)
    ]
    return asdict(measure) | {"rows": rows}
