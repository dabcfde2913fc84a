from typing import Any

from django.core.management.base import BaseCommand

from corrections import forgetting


class Command(BaseCommand):
    help = "Forget from which address corrections came, half a year after they were decided, and which mails were sent."

    def handle(self, *args: Any, **options: Any) -> None:
        senders, mails = forgetting.forget_senders(), forgetting.forget_sent_mails()
        if options["verbosity"]:
            self.stdout.write(f"Corrections whose sender was forgotten: {senders}. Notes of sent mails: {mails}.")
