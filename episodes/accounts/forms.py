from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.account.forms import default_token_generator
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from ..models import Viewer
from . import names


class LoginForm(AllauthLoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Username or email"
        self.fields["remember"].label = "Remember me on this browser"


class SignupForm(AllauthSignupForm):
    def validate_unique_email(self, value: str) -> str:
        """Take any address: whether another account has it shows neither in the time nor in what follows.

        Only who reads its mail can confirm it, and the mail differs where it is another's (`Adapter`).
        """
        return value

    def try_save(self, request: HttpRequest) -> Any:
        """Make the account, or none: its name may be taken while it is made."""
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError:
            names.check_free(self.cleaned_data["username"], user=User())
            raise


class ResetPasswordForm(AllauthResetPasswordForm):
    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Send one mail to any address, and make a token for any, so that both take the same time."""
        if not self.users:
            default_token_generator.make_token(User(pk=0))
        return super().save(request, **kwargs)


class PasskeyForm(AddWebAuthnForm):
    """Adds a key as a passkey, unless the user wants it as a second step only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].label = "Sign in with it alone, without the password"
        self.fields["passwordless"].help_text = "Otherwise it is a second step after the password."
        self.fields["passwordless"].initial = True


class AnswerField(forms.JSONField):
    """The answer of a browser's key. Numbers of thousands of digits are JSON too, but Python reads none of them."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValueError as error:
            raise get_mfa_adapter().validation_error("incorrect_code") from error


class KeySecondStepForm(AuthenticateWebAuthnForm):
    credential = AnswerField(widget=forms.HiddenInput)

    def clean_credential(self) -> Authenticator:
        """Refuse an answer in which something is missing, or of another type, as any wrong one."""
        try:
            return super().clean_credential()
        except (LookupError, AttributeError, TypeError, ValueError) as error:
            raise get_mfa_adapter().validation_error("incorrect_code") from error


class KeySignInForm(KeySecondStepForm, LoginWebAuthnForm):
    pass


class KeyAgainForm(KeySecondStepForm, ReauthenticateWebAuthnForm):
    pass


class ProfileForm(forms.ModelForm):
    class Meta:
        model = Viewer
        fields = ["wants_credit", "credit_name"]
        labels = {
            "wants_credit": "Name me next to what I contributed",
            "credit_name": "Name to be shown",
        }
        help_texts = {
            "credit_name": "Everybody sees it beside what you send from now on. Left empty, it is your username. "
            "What you sent under another name is shown without a name."
        }

    def clean_credit_name(self) -> str:
        name: str = self.cleaned_data["credit_name"]
        if name and name != self.initial.get("credit_name"):  # whoever has one keeps it
            names.check(name, user=self.instance.user)
        return name


class DeleteAccountForm(forms.Form):
    sure = forms.BooleanField(label="Yes, delete my account for good")
