"""The admin of accounts: the role at the desk is one choice, instead of a group and a tick that only work together."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from characters.roles import GROUPS, Role, give_role, role_of
from episodes.user_admin import NewUserForm, UserAdmin, UserForm

HELP = "It also lets them into the admin."


def _role_field() -> forms.ChoiceField:
    return forms.ChoiceField(choices=Role.choices, initial=Role.NONE, required=True, help_text=HELP)


class NewAccountForm(NewUserForm):
    role = _role_field()


class AccountForm(UserForm):
    role = _role_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["role"] = role_of(self.instance)


class RoleFilter(admin.SimpleListFilter):
    title = parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(role.value, role.label.partition(":")[0]) for role in Role]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        chosen = self.value()
        if chosen in GROUPS:
            return queryset.filter(is_staff=True, groups__name=GROUPS[Role(chosen)])
        if chosen == Role.NONE:
            in_groups = User.groups.through.objects.filter(group__name__in=GROUPS.values())
            return queryset.exclude(is_staff=True, pk__in=in_groups.values("user"))
        return queryset


admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    form = AccountForm
    add_form = NewAccountForm
    list_display = ["username", "email", "role", "is_active", "is_superuser", "date_joined"]
    list_filter = [RoleFilter, "is_superuser", "is_active"]
    filter_horizontal = ["user_permissions"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "email"]}),
        ("Role", {"fields": ["role", "is_active", "is_superuser"]}),
        ("More permissions", {"fields": ["user_permissions"], "classes": ["collapse"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["username", "usable_password", "password1", "password2"]}),
        ("Role", {"fields": ["role"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="role")
    def role(self, user: User) -> str:
        return role_of(user).label.partition(":")[0]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Give the chosen role after the rest is saved; who becomes a superuser is let in as well."""
        super().save_related(request, form, formsets, change)
        if {"role", "is_superuser"} & set(form.changed_data):
            give_role(form.instance, Role(form.cleaned_data["role"]))
