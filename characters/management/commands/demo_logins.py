import secrets
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from characters.roles import CONTRIBUTORS, Role, give_role

LOGINS_FILE = settings.VAR_DIR / "demo-logins.txt"
ROLES = {"editor": Role.EDITOR, "moderator": Role.MODERATOR, "contributor": Role.NONE}


class Command(BaseCommand):
    help = "Create an editor, a moderator and a contributor with random passwords, and print the logins. DEBUG only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="127.0.0.1:8000")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo logins are for development only (DEBUG=true).")
        if not self._logins_work():
            self._create()
        self.stdout.write(f"\n  The site        http://{options['address']}/")
        self.stdout.write(f"  The admin       http://{options['address']}/admin/\n\n")
        for line in LOGINS_FILE.read_text().splitlines():
            self.stdout.write(f"  {line}")
        self.stdout.write("\n  Editor and moderator log in at the admin, the contributor at")
        self.stdout.write(f"  http://{options['address']}/accounts/login/\n\n")
        self.stdout.write(
            "  To make an account of your own a moderator: .venv/bin/python manage.py give_role NAME moderator"
        )
        self.stdout.write("")

    def _logins_work(self) -> bool:
        """Return whether the passwords in the file are those of this database."""
        lines = LOGINS_FILE.read_text().splitlines() if LOGINS_FILE.exists() else []
        passwords = dict(line.split() for line in lines)
        users = User.objects.in_bulk(list(ROLES), field_name="username")
        return all(
            name in users and name in passwords and users[name].check_password(passwords[name]) for name in ROLES
        )

    def _create(self) -> None:
        lines = []
        for name, role in ROLES.items():
            password = secrets.token_urlsafe(9)
            user, _ = User.objects.get_or_create(username=name)
            user.email = f"{name}@example.org"
            user.set_password(password)
            user.save()
            EmailAddress.objects.update_or_create(
                user=user, email=user.email, defaults={"verified": True, "primary": True}
            )
            user.groups.set(Group.objects.filter(name=CONTRIBUTORS) if role == Role.NONE else [])
            give_role(user, role)
            lines.append(f"{name:<15} {password}")
        LOGINS_FILE.parent.mkdir(exist_ok=True)
        LOGINS_FILE.touch(mode=0o600)
        LOGINS_FILE.write_text("\n".join(lines) + "\n")
