from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from characters.roles import Role, give_role


class Command(BaseCommand):
    help = "Make an account a moderator or an editor, or take that from it again. The role lets it into the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name of the account")
        parser.add_argument("role", choices=Role.values)

    def handle(self, *args: Any, **options: Any) -> None:
        name, role = options["name"], Role(options["role"])
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account “{name}”. Sign up on the site first, or run createsuperuser.")
        if not user.is_active:
            raise CommandError(f"The account “{name}” is closed.")
        give_role(user, role)
        self.stdout.write(f"{name} can use the admin as {role}." if user.is_staff else f"{name} has no role now.")
