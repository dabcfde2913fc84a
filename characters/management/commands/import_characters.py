from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from characters.datasets.importing import HEADINGS, ImportFailed, from_table, headings_of, imported
from characters.datasets.wiki import from_wiki
from characters.text.phrases import counted

MOST_LISTED = 20  # unless more is asked for by --verbosity 2


class Command(BaseCommand):
    help = (
        "Make files of a data set out of a table of characters or the XML dump of a wiki, for you to gate and to move "
        "into those of the show (docs/your-own-show.md). Nothing goes into the site. What has no episode is listed, "
        "not guessed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a .csv, a .json with a list of objects, or the .xml of a wiki")
        parser.add_argument("--into", type=Path, required=True, help="a new directory, for the files that are made")
        parser.add_argument(
            "--show", type=Path, default=settings.DATASET_DIR, help="its data set; default: DATASET_DIR"
        )
        parser.add_argument(
            "--map", nargs="+", action="extend", default=[], metavar="OURS=THEIRS",
            help=f"under which heading, or in which field of an infobox, what stands; ours are {', '.join(HEADINGS)}",
        )  # fmt: skip
        parser.add_argument(
            "--template", action="append", default=[],
            help="the name of the infobox of characters; default: whatever is called an infobox",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        file, into = options["file"], options["into"]
        if into.exists() and (not into.is_dir() or any(into.iterdir())):
            raise CommandError(f"{into} is there already, and not empty. Name a new directory.")
        try:
            headings = headings_of(options["map"])
            match file.suffix.lower():
                case ".csv" | ".json":
                    told = from_table(file, headings)
                case ".xml":
                    told = from_wiki(file, headings, options["template"])
                case _:
                    raise CommandError(f"{file.name} is neither .csv nor .json nor .xml. Unpack it, or rename it.")
            made = imported(file.name, told, options["show"])
        except ImportFailed as error:
            raise CommandError(f"{error}") from error
        if not (made.gated or made.without or made.left_out):
            raise CommandError(
                f"{file.name} has no characters: no row of a table, and no infobox of the names in --template "
                "(without it, of any name with “infobox”)."
            )
        into.mkdir(parents=True, exist_ok=True)
        for name, text in made.files.items():
            (into / name).write_text(text)
        self.stdout.write(f"With a first appearance: {counted(made.gated, 'character')}; without: {len(made.without)}.")
        self._list("No episode is known of", made.without, options["verbosity"])
        self._list("Left out", made.left_out, options["verbosity"])
        self._list("Not read, as it stands under no heading of ours (--map says which is which)", made.unread, 1)
        self.stdout.write(f"Written to {into}: {', '.join(made.files)}. Gate it, and move it into {options['show']}.")

    def _list(self, heading: str, lines: list[str], verbosity: int) -> None:
        shown = lines if verbosity > 1 else lines[:MOST_LISTED]
        if shown:
            self.stdout.write(f"{heading}:")
            self.stdout.write("\n".join(f"  {line}" for line in shown))
        if len(lines) > len(shown):
            self.stdout.write(f"  and {len(lines) - len(shown)} more; --verbosity 2 lists all.")
