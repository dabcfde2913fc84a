from typing import Any

from django.core.management.base import BaseCommand

from corrections import archive


class Command(BaseCommand):
    help = f"Remove pictures of forms that nobody sent to their end within {archive.UNSENT.days} days."

    def handle(self, *args: Any, **options: Any) -> None:
        count = archive.remove_unsent()
        if options["verbosity"]:
            self.stdout.write(f"{count} removed.")
