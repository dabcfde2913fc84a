from typing import Any

from django.core.management.base import BaseCommand

from characters import indexing


class Command(BaseCommand):
    help = "Make the search index anew from all rows. Needed only after changes that went past Django."

    def handle(self, *args: Any, **options: Any) -> None:
        count = indexing.rebuild()
        if options["verbosity"]:
            self.stdout.write(f"{count} entries.")
