from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from rougedb.backups import copies


class Command(BaseCommand):
    help = "Copy the database, the pictures and the archive into a new folder within DIR, while the site runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="where backups are kept")
        parser.add_argument("--keep", type=int, help="afterwards remove all backups there but so many of the newest")

    def handle(self, *args: Any, directory: Path, keep: int | None, **options: Any) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep must be at least 1.")
        try:
            folder, made = copies.make(directory, shown)
        except OSError as error:
            raise CommandError(f"The backup was not made: {error}") from error
        self.stdout.write(f"{folder}: {len(made.files)} files, {made.size / 1e6:.1f} MB.")
        if not copies.has_folders():
            self.stdout.write("Pictures lie in buckets and are not in it: have those keep versions.")
        for old in copies.remove_older(directory, keep) if keep else ():
            self.stdout.write(f"Removed: {old}")


def shown(names: Iterable[str]) -> Iterable[str]:
    """Pass names of files on, and show how far that is on a terminal."""
    return tqdm(names, unit=" files", leave=False, disable=None)
