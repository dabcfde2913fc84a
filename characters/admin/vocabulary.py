"""The vocabulary in the admin, for superusers: what is said there stands on every page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from characters.models import Word
from characters.models.words import uses_of
from corrections.editing import WriteDoorAdmin
from episodes.admin import WithEpisodes

from .horizon import HorizonForm, WithinHorizon


@admin.register(Word)
class WordAdmin(WithinHorizon, WithEpisodes, WriteDoorAdmin):
    form = HorizonForm
    list_display = ["key", "section", "label", "reverse", "bond", "revealed_in", "left_out", "used"]
    list_select_related = ["revealed_in"]
    search_fields = ["key", "label", "reverse"]
    fields = [
        "section", "key", "label", "reverse", "sentence", "bond", "goes_on", "single", "spoken_in", "left_out",
        "position", "revealed_in",
    ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Word | None = None) -> list[str]:
        return ["section", "key"] if obj else []  # rows refer to it by these

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).order_by("section", "revealed_in_id", "position", "key")

    @admin.display(description="rows of it")
    def used(self, word: Word) -> int:
        return sum(1 for _ in uses_of(word))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Word | None = None) -> bool:
        return is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Word | None = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Word | None = None) -> bool:
        return is_superuser(request)


def is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
