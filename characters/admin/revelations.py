"""Revelations in the admin."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import Truncator

from characters.kinds import SUBJECT_MODELS
from characters.models import Revelation
from characters.models.revelations import CONCERNED
from characters.models.shown_keys import with_shown_keys
from episodes.admin import WithEpisodes, pages_at
from episodes.names import Name
from episodes.units import short, worded

from .bulk import ACTION, ChangesOneField
from .horizon import KnownFilter
from .lint import LintedAdmin, LintedForm


class RevelationForm(LintedForm):
    """A revelation, checked together with the subjects that the form says it concerns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.edited_along = SUBJECT_MODELS

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("revealed_in"):
            self.instance.revealed_in = cleaned["revealed_in"]
            try:
                self.instance.check_concerned([subject for name in CONCERNED for subject in cleaned.get(name, [])])
            except ValidationError as error:
                self.add_error("revealed_in", error.messages)
        return cleaned


@admin.register(Revelation)
class RevelationAdmin(ChangesOneField, WithEpisodes, LintedAdmin):
    form = RevelationForm
    list_display = ["called", "episode", "certainty", "beginning", "supersedes"]
    list_filter = [("revealed_in", KnownFilter), "inferred", "certainty", ("factions", KnownFilter)]
    list_select_related = ["supersedes"]
    search_fields = ["key", "text", "source", "characters__aliases__name"]
    search_help_text = "Search by key, text, source, or any name of a character it concerns."
    autocomplete_fields = [*CONCERNED, "supersedes"]
    ordering = ["revealed_in", "position", "key"]
    fields = [
        "key", "revealed_in", "inferred", "text", "certainty", *CONCERNED, "supersedes",
        "time", "position", "source", "public_pages",
    ]  # fmt: skip
    save_on_top = True
    actions = [ACTION]

    def get_readonly_fields(self, request: HttpRequest, obj: Revelation | None = None) -> list[str]:
        return ["public_pages"]

    @admin.display(description="key")
    def called(self, revelation: Revelation) -> str:
        return str(revelation)

    @admin.display(description="text")
    def beginning(self, revelation: Revelation) -> str:
        return Truncator(with_shown_keys(revelation.text)).chars(100)

    @admin.display(description=worded("{one}"), ordering="revealed_in")
    def episode(self, revelation: Revelation) -> int | Name:
        return short(revelation.revealed_in_id)

    @admin.display(description=worded("page of its {one} at {one}"))
    def public_pages(self, revelation: Revelation) -> str:
        if revelation.revealed_in_id is None:
            return "once it is saved"
        return pages_at(reverse("episode", args=[revelation.revealed_in_id]), since=revelation.revealed_in_id)
