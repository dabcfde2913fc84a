from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from rougedb.backups import copies, manifest

from .backup import shown


class Command(BaseCommand):
    help = "Bring a backup back, after all of its files were checked. Stop the server first."
    requires_system_checks = ()  # some ask the database, which may be what is broken

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of one backup")
        parser.add_argument("--replace", action="store_true", help="put it in the place of what the database holds")
        parser.add_argument("--check", action="store_true", help="check the files of the backup, and restore nothing")

    def handle(self, *args: Any, directory: Path, replace: bool, check: bool, **options: Any) -> None:
        if check:
            self._check(directory)
            return
        try:
            told = copies.restore(directory, shown, replace=replace)
        except OSError as error:
            raise CommandError(f"The backup was not restored: {error}") from error
        call_command("migrate", verbosity=0)  # an older version has fewer tables
        call_command("restore_pictures", verbosity=0)
        self.stdout.write(f"Restored as it was at {told.made_at}.")
        if told.key not in map(manifest.fingerprint_of, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)):
            self.stderr.write("SECRET_KEY is another than it was then: see “A new SECRET_KEY” in docs/operations.md.")
        if told.content_key not in ("", manifest.fingerprint_of(settings.CONTENT_KEY)):
            self.stderr.write(
                "CONTENT_KEY is another than it was then: blocks of addresses end, links that stop mails are dead, and "
                "drafts lose what they hold sealed. Set the former one before anybody comes."
            )

    def _check(self, directory: Path) -> None:
        told = manifest.read(directory)
        if wrong := list(manifest.problems(directory, told, shown)):
            raise CommandError("The backup is damaged:\n" + "\n".join(wrong))
        self.stdout.write(
            f"Made at {told.made_at}, {len(told.files)} files, {told.size / 1e6:.1f} MB, all as they were."
        )
