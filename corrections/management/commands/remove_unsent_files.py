from typing import Any

from django.core.management.base import BaseCommand

from corrections import archive


class Command(BaseCommand):
    help = f"Delete uploaded pictures that were not sent with a correction within {archive.UNSENT.days} days."

    def handle(self, *args: Any, **options: Any) -> None:
        count = archive.remove_unsent()
        if options["verbosity"]:
            self.stdout.write(f"Files deleted: {count}.")
