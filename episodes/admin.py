from collections.abc import Mapping
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .axes import SECOND_AXIS, is_on_second_axis
from .horizon import sees_up_to
from .known import is_read_by_now
from .models import Episode, Series
from .units import current, named, short, worded

admin.site.unregister(UserSession)  # to delete a row there would end no session


def pages_at(address: str, *, since: int) -> SafeString:
    """Return links to a public page at each episode; the site asks before it shows one beyond the editor's progress."""
    episodes = Episode.objects.filter(number__gte=since, number__lt=SECOND_AXIS).values_list("number", flat=True)
    return format_html_join(
        " · ", '<a href="{}?as_of={}">{}</a>', ((address, number, short(number)) for number in episodes)
    )


class EpisodeField(ModelChoiceField):
    """An episode out of those that were read already, if there are any."""

    episodes: Mapping[str, Episode] = {}

    def to_python(self, value: Any) -> Any:
        return self.episodes.get(str(value).strip()) or super().to_python(value)


class WithEpisodes(BaseModelAdmin):
    """Offers episodes in a select list, and queries them once for all forms of a page."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is not Episode:
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        field: Any = self.formfield_for_foreignkey(db_field, request, form_class=EpisodeField, **kwargs)
        if not hasattr(request, "episodes"):
            known = Episode.objects.filter(is_read_by_now(sees_up_to(request)))
            request.episodes = list(known)  # type: ignore[attr-defined]
        choices = [(episode.number, self.name_of_episode(episode)) for episode in request.episodes]  # type: ignore[attr-defined]
        field.choices = [("", "–"), *choices]
        field.episodes = {str(episode.number): episode for episode in request.episodes}  # type: ignore[attr-defined]
        return field

    def name_of_episode(self, episode: Episode) -> str:
        return str(episode)


class EpisodeAdmin(admin.ModelAdmin):
    """Base of the admin of episodes, which `characters.admin` registers with what it adds."""

    list_display = ["number", "title", "native_title", "aired_on", "has_synopsis", "public_page"]
    list_display_links = ["number", "title"]
    search_fields = ["number", "title", "native_title"]
    ordering = ["number"]

    def get_fields(self, request: HttpRequest, obj: Episode | None = None) -> Any:
        fields = [
            "number",
            ("label", "season", "kind"),
            "title",
            "native_title",
            "aired_on",
            "synopsis",
            "writers",
            "directors",
        ]
        return [*fields, *(["public_pages"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Episode | None = None) -> list[str]:
        return ["number", "public_pages"] if obj else []

    @admin.display(description=worded("public page at {one}"))
    def public_pages(self, episode: Episode) -> SafeString:
        return pages_at(reverse("episode", args=[episode.number]), since=episode.number)

    @admin.display(boolean=True, description="synopsis")
    def has_synopsis(self, episode: Episode) -> bool:
        return bool(episode.synopsis)

    @admin.display(description="public page")
    def public_page(self, episode: Episode) -> SafeString:
        address = reverse("episode", args=[episode.number])
        if is_on_second_axis(episode.number):
            return format_html('<a href="{}">{}</a>', address, named(episode.number))
        return format_html('<a href="{}?as_of={}">at {}</a>', address, episode.number, named(episode.number))


class SeriesAdmin(admin.ModelAdmin):
    """Base of the admin of the series, which `characters.admin` registers with what it adds."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not current().are_told

    def has_delete_permission(self, request: HttpRequest, obj: Series | None = None) -> bool:
        return False
