"""Base of the admin of users, which `characters.admin` registers: Django's, but that a name is one in all its cases."""

import unicodedata
from typing import Any

from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import User

from .accounts import names


class _FreeName:
    instance: User
    cleaned_data: dict[str, Any]

    def clean_username(self) -> str:
        name = unicodedata.normalize("NFC", self.cleaned_data["username"])
        if name != self.instance.username:  # who had one in common with another keeps it
            names.check_free(name, user=self.instance)
        return name


class NewUserForm(_FreeName, AdminUserCreationForm):
    pass


class UserForm(_FreeName, UserChangeForm):
    pass


class UserAdmin(DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
