from typing import Any

from django.core.management.base import BaseCommand

from characters import indexing


class Command(BaseCommand):
    help = "Build the search index again from all rows. Needed only after changes made directly in the database."

    def handle(self, *args: Any, **options: Any) -> None:
        count = indexing.rebuild()
        if options["verbosity"]:
            self.stdout.write(f"{count} entries.")
