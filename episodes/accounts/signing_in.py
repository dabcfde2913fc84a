"""Adapts allauth to this site: which usernames are allowed, and which accounts need no confirmed address."""

import logging
import unicodedata
from email.errors import MessageError
from email.headerregistry import Address
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.encoding import punycode

from ..requests import absolute_address, client_address
from . import attempts, names
from .backends import account_of
from .sign_in_log import note

logger = logging.getLogger(__name__)

# Whoever causes one of these waits for it. The others report a change, which has happened whether or not they arrive.
AWAITED_MAILS = {
    f"account/email/{name}"
    for name in (
        "account_already_exists", "email_confirmation", "email_confirmation_signup", "password_reset_key",
        "unknown_account",
    )
}  # fmt: skip


def check_characters(username: str) -> None:
    """Raise ValidationError unless a name is of letters, with the signs that belong to them, and a few more."""
    # No @: a username must not look like an address at sign-in.
    are_letters = all(letter in ".+-_" or unicodedata.category(letter)[0] in "LMN" for letter in username)
    if not 2 <= len(username) <= 60 or not are_letters or unicodedata.category(username[0])[0] == "M":
        raise ValidationError("Please use two to sixty letters, digits and . + - _.")


username_validators = [check_characters]


class Adapter(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        """Return an address as a database takes it: that of a network without its length, and none as `::`."""
        address = client_address(request).partition("/")[0]
        return "::" if address == "unknown" else address

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the name if it cannot be taken for another's. That one is taken is told: names are public."""
        username = super().clean_username(unicodedata.normalize("NFC", username), shallow)
        names.check(username)
        return username

    def clean_email(self, email: str) -> str:
        """Return the address if a mail can be sent to it: Django's check takes some that its sending raises at."""
        try:
            punycode(Address(addr_spec=email).domain)
        except (ValueError, MessageError) as error:
            raise ValidationError("No mail can be sent to this address. Check how it is written.") from error
        return email

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether an address leads to this site; a text such as `//[` is none, and the parent raises at it."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try of a password; `authenticate` of the parent takes it back if the password is right."""
        typed = credentials.get("username") or credentials.get("email") or ""
        attempt = attempts.begin(request, typed)
        if attempt is None:
            note("sign-in locked", request, account_of(typed))
            raise self.validation_error("too_many_login_attempts")
        self._login_failed_rl_usage = attempt

    def get_login_stages(self) -> list[str]:
        ours = f"{__name__}.{AddressConfirmationStage.__name__}"
        theirs = f"{EmailVerificationStage.__module__}.{EmailVerificationStage.__name__}"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail, or say that it was not sent to whoever waits for it; what it is about is saved already."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:  # of the connection, or any that smtplib raises
            logger.exception("A mail was not sent (%s).", template_prefix)
            if template_prefix in AWAITED_MAILS:
                ratelimit.clear(self.request, app="allauth.account", action="confirm_email", key=email.lower())
                raise ImmediateHttpResponse(mail_not_sent(self.request)) from error

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """Send the link, or to whoever has an account already that they have one: nobody can confirm it again."""
        address = emailconfirmation.email_address
        if is_anothers(address):
            self.send_account_already_exists_mail(address.email)
        else:
            super().send_confirmation_mail(request, emailconfirmation, signup)

    def render_mail(self, template_prefix: str, email: str, context: dict[str, Any], headers: Any = None) -> Any:
        """Return a mail whose links lead to SITE_URL, whatever host and port the request named."""
        links = {name: absolute_address(urlsplit(link).path) for name, link in context.items() if name.endswith("_url")}
        site = {"domain": urlsplit(settings.SITE_URL).netloc, "name": settings.SITE_NAME}
        return super().render_mail(template_prefix, email, context | links | {"current_site": site}, headers)

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Return whether it is not the last confirmed address; without one a password cannot be reset."""
        others = EmailAddress.objects.filter(user_id=email_address.user_id, verified=True).exclude(pk=email_address.pk)
        return others.exists() and super().can_delete_email(email_address)


class AddressConfirmationStage(EmailVerificationStage):
    """Requires a confirmed address before the first sign-in, except of accounts that an administrator made."""

    def handle(self) -> Any:
        if self.login.user is not None:
            confirm_address_on_file(self.login.user)
            if not self.login.user.email:
                return None, True
        return super().handle()


def confirm_address_on_file(user: User) -> None:
    """Confirm the address of a user who has no `EmailAddress`: an administrator made that account.

    Anybody who asks for a new password for it has allauth write one down, unconfirmed and not primary. Of who signed up
    it is primary.
    """
    on_file = user.email.lower()
    given = EmailAddress.objects.filter(user=user).exclude(email=on_file, verified=False, primary=False)
    others = EmailAddress.objects.filter(email__iexact=user.email, verified=True)  # unconfirmed, it is anybody's claim
    if user.email and not given.exists() and not others.exists():
        EmailAddress.objects.update_or_create(user=user, email=on_file, defaults={"primary": True, "verified": True})


def forget_unconfirmed(sender: Any, user: User, **kwargs: Any) -> None:
    """Forget addresses that wait to be confirmed (receives `password_reset` and `password_changed`).

    Whoever knew the old password may have added one, and could set a password by it later.
    """
    addresses = EmailAddress.objects.filter(user=user)
    if addresses.filter(verified=True).exists():
        addresses.filter(verified=False).delete()


def mail_not_sent(request: HttpRequest) -> HttpResponse:
    """Return the same page whether the mail was for an account or for none."""
    response = render(request, "account/mail_not_sent.html", status=503)
    response["Retry-After"] = "300"  # seconds
    return response


def is_anothers(address: EmailAddress) -> bool:
    """Return whether another account has this address, by confirmation or because an administrator wrote it down."""
    confirmed = EmailAddress.objects.filter(email=address.email, verified=True).exclude(user_id=address.user_id)
    on_file = User.objects.filter(email=address.email, emailaddress=None).exclude(pk=address.user_id)
    return confirmed.exists() or on_file.exists()
