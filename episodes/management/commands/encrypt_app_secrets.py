from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction

from episodes.accounts.app_secrets import encrypt_anew, rewrite


class Command(BaseCommand):
    help = "Encrypts the secrets of apps for codes with the first key in MFA_KEYS; afterwards the others can go."

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        count = rewrite(Authenticator.objects.all(), encrypt_anew)
        self.stdout.write(f"Encrypted the secrets of {count} authenticators.")
