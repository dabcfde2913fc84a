from typing import Any

from django.core.management.base import BaseCommand

from corrections import forgetting


class Command(BaseCommand):
    help = (
        "Forget from which address corrections came, half a year after they were decided, drafts that nobody went on "
        "with for two months, and which mails were sent."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        senders, mails = forgetting.forget_senders(), forgetting.forget_sent_mails()
        drafts = forgetting.forget_drafts()
        if options["verbosity"]:
            self.stdout.write(
                f"Corrections whose sender was forgotten: {senders}. Drafts: {drafts}. Notes of sent mails: {mails}."
            )
