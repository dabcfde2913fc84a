"""Lists of facts, relations and memberships, for changes of many at once. Each is edited on the page of its subject."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.forms import CheckboxInput
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from characters.kinds import kind_of
from characters.models import Membership, Relationship, Trait
from characters.models.owned import OWNERS
from characters.models.shown_keys import with_shown_keys
from characters.vocabulary import current
from corrections.editing import WriteDoorAdmin
from episodes.admin import WithEpisodes
from episodes.names import Name
from episodes.units import short, worded

from .bulk import ACTION, ChangesOneField
from .horizon import HorizonForm, KnownFilter, WithinHorizon
from .sections import address_of_section


class ListedAdmin(ChangesOneField, WithEpisodes, WithinHorizon, WriteDoorAdmin):
    """A list of rows that are edited in a section of the page of their subject, where one row of the list leads."""

    form = HorizonForm
    actions = [ACTION]
    ordering = ["revealed_in", "pk"]
    section = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_or_change_permission(request, row):
            return super().change_view(request, object_id, *args, **kwargs)
        return HttpResponseRedirect(address_of_section(kind_of(row).home_of(row), self.section))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return self.change_view(request, object_id)  # the history of its subject has it

    def action_checkbox(self, obj: Any) -> SafeString:
        """Name the row as the list does: a text of it holds keys, which may tell of later episodes."""
        label = f"Select this object for an action - {self.called(obj)}"
        checkbox = CheckboxInput({"class": "action-select", "aria-label": label}, lambda value: False)
        return checkbox.render(ACTION_CHECKBOX_NAME, str(obj.pk))

    @admin.display(description="row")
    def called(self, row: Any) -> str:
        return str(row)

    @admin.display(description=worded("{one}"), ordering="revealed_in")
    def episode(self, row: Any) -> int | Name:
        return short(row.revealed_in_id)


@admin.register(Trait)
class TraitAdmin(ListedAdmin):
    section = "facts"
    list_display = ["called", "owner", "episode"]
    list_filter = [("revealed_in", KnownFilter), "inferred", "attribute"]
    list_select_related = OWNERS
    search_fields = ["value", "character__aliases__name", "faction__aliases__name", "term__aliases__name"]
    search_help_text = "Search by value, or any name of whom it is about."

    @admin.display(description="fact")
    def called(self, row: Trait) -> str:
        label = current().attribute(row.attribute).label  # a row itself cuts its text, and perhaps a key in it
        return Truncator(f"{label}: {with_shown_keys(row.value)}").chars(100)

    @admin.display(description="of")
    def owner(self, row: Trait) -> str:
        return str(row.owner)


@admin.register(Relationship)
class RelationshipAdmin(ListedAdmin):
    section = "relationships"
    list_display = ["called", "episode", "certainty"]
    list_filter = [("revealed_in", KnownFilter), "inferred", "kind", "certainty"]
    list_select_related = ["source", "target"]
    search_fields = ["source__aliases__name", "target__aliases__name"]
    search_help_text = "Search by any name of either."
    autocomplete_fields = ["source", "target"]


@admin.register(Membership)
class MembershipAdmin(ListedAdmin):
    section = "ties"
    list_display = ["called", "episode", "role"]
    list_filter = [("revealed_in", KnownFilter), "inferred", ("faction", KnownFilter)]
    list_select_related = ["character", "faction"]
    search_fields = ["role", "character__aliases__name", "faction__aliases__name"]
    search_help_text = "Search by role, or any name of either."
    autocomplete_fields = ["character", "faction"]
