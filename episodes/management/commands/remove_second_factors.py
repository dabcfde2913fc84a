from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from episodes.accounts.sign_in_log import note


class Command(BaseCommand):
    help = (
        "Removes an account's app for codes, recovery codes and passkeys, which their owner has lost. The password "
        "stays; whoever works at the desk is led to where another is added. Make sure who asks for it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name of the account")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account “{name}”.")
        count, _ = Authenticator.objects.filter(user=user).delete()
        note("second factors removed by an operator", None, user)
        self.stdout.write(f"Removed {count} second factors of {name}.")
