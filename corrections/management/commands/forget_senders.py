from typing import Any

from django.core.management.base import BaseCommand

from corrections import forgetting


class Command(BaseCommand):
    help = f"Forget from which address corrections came, {forgetting.AFTER.days} days after they were decided."

    def handle(self, *args: Any, **options: Any) -> None:
        count = forgetting.forget_senders()
        if options["verbosity"]:
            self.stdout.write(f"Corrections whose sender was forgotten: {count}.")
