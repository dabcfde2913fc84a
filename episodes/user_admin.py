"""Base of the admin of users, which `characters.admin` registers: Django's, but that a name is one in all its cases."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from .accounts import names
from .accounts.pages import forget
from .accounts.signing_in import forget_unconfirmed
from .names import Name

WHAT_IS_DELETED = (
    "the name, address, passkeys, progress and permissions. The account is deactivated and gets a name made up for it, "
    "under which what was sent and decided from it stays in the record."
)


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


class PasswordForm(AdminPasswordChangeForm):
    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        forget_unconfirmed(self, user)
        return user


class UserAdmin(DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    change_password_form = PasswordForm

    def get_deleted_objects(self, objs: Iterable[User], request: HttpRequest) -> Any:
        """Say what deleting does: what these users sent and decided keeps an author, under a name made up for it."""
        said = [f"{Name(user.get_username())}: {WHAT_IS_DELETED}" for user in objs]
        return said, {"accounts": len(said)}, set(), []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        forget(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            forget(user)
