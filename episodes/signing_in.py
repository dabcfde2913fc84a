"""How allauth is fitted to this site: which names there may be, and whose address needs no confirmation."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from django.contrib.auth.models import User
from django.core.validators import RegexValidator

username_validators = [
    RegexValidator(
        r"^[\w.+-]{2,60}\Z",  # no @: a name must not pass for somebody's address at sign-in
        "Two to sixty letters, digits and . + - _, please.",
    )
]


class Adapter(DefaultAccountAdapter):
    def get_login_stages(self) -> list[str]:
        ours = f"{__name__}.{ConfirmedAddress.__name__}"
        theirs = f"{EmailVerificationStage.__module__}.{EmailVerificationStage.__name__}"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Not the last one: without it a forgotten password is lost for good."""
        others = EmailAddress.objects.filter(user_id=email_address.user_id, verified=True).exclude(pk=email_address.pk)
        return others.exists() and super().can_delete_email(email_address)


class ConfirmedAddress(EmailVerificationStage):
    """Whoever signs up confirms their address first."""

    def handle(self) -> Any:
        if self.login.user is not None:
            vouch_for(self.login.user)
            if not self.login.user.email:
                return None, True
        return super().handle()


def vouch_for(user: User) -> None:
    """An account without an address on file was made by an administrator, who knows whose it is."""
    mine = EmailAddress.objects.filter(user=user)
    if user.email and not mine.exists() and not EmailAddress.objects.filter(email__iexact=user.email).exists():
        EmailAddress.objects.create(user=user, email=user.email.lower(), primary=True, verified=True)
