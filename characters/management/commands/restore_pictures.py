from typing import Any

from django.core.management.base import BaseCommand, CommandError

from characters.pictures import decoder, files
from corrections import rows


class Command(BaseCommand):
    help = "Store the pictures and copies that pages show and that are missing, as when the site was killed meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        names = {
            name
            for kind in rows.registered()
            for field in kind.files
            for name in kind.model._base_manager.values_list(field, flat=True)
        }
        missing = sorted(name for name in names if not files.is_complete(name))
        with decoder.trusting():  # all of them were encoded by us
            lost = [name for name in missing if not files.restore(name)]
        if options["verbosity"]:
            self.stdout.write(f"Pictures restored: {len(missing) - len(lost)}.")
        if lost:
            raise CommandError(f"There is no file of these any more: {', '.join(lost)}")
