from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from django import forms

from .models import Viewer


class LoginForm(AllauthLoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Username or e-mail"
        self.fields["remember"].label = "Remember me on this browser"


class ProfileForm(forms.ModelForm):
    class Meta:
        model = Viewer
        fields = ["wants_credit", "credit_name"]
        labels = {
            "wants_credit": "Name me next to what I contributed",
            "credit_name": "Name to be shown",
        }
        help_texts = {"credit_name": "Everybody sees it. Empty: your username."}


class DeleteForm(forms.Form):
    sure = forms.BooleanField(label="Yes, delete my account for good")
