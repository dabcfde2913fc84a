from typing import Any

from django.core.management.base import BaseCommand, CommandError

from characters.lore import Lore
from corrections.digests import send_digests


class Command(BaseCommand):
    help = "Mail those who watch pages that these have changed, each once a day at most."

    def handle(self, *args: Any, **options: Any) -> None:
        sent, failed = send_digests(Lore)
        if options["verbosity"]:
            self.stdout.write(f"Digests that were sent: {sent}.")
        if failed:
            raise CommandError(f"Digests that could not be sent: {failed}. The next run tries again.")
