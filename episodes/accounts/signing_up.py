"""The pages on which accounts are made, and their addresses confirmed."""

from typing import Any

from allauth.account.views import ConfirmEmailView as AllauthConfirmEmailView
from allauth.account.views import SignupView as AllauthSignupView
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import redirect

from .names import NameTaken


class SignupView(AllauthSignupView):
    def form_valid(self, form: Any) -> HttpResponse:
        """Make the account; say so if somebody took its name after the form had looked."""
        try:
            return super().form_valid(form)
        except NameTaken as error:
            form.add_error("username", error)
            return self.form_invalid(form)


class ConfirmEmailView(AllauthConfirmEmailView):
    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Confirm the address, or show the page again if another account has confirmed it at the same moment."""
        try:
            with transaction.atomic():
                return super().post(*args, **kwargs)
        except IntegrityError:
            return redirect(self.request.path)

    def logout_other_user(self, confirmation: Any) -> None:
        """Sign out whoever confirms an address of another account; a link alone, which anybody can send, does not."""
        if self.request.method == "POST":
            super().logout_other_user(confirmation)
