from collections.abc import Iterable, Mapping
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .axes import SECOND_AXIS, is_on_second_axis, last_chapter_for, place_of, second_of_place
from .horizon import horizon_of, sees_up_to
from .known import is_read_by_now
from .models import Episode, Series
from .requests import whole_number
from .units import current, named, short, worded

admin.site.unregister(UserSession)  # to delete a row there would end no session


SECOND = {"revealed_in": "also_in", "ended_in": "also_ended_in"}


def pages_at(address: str, *, since: int) -> SafeString:
    """Return links to a public page at each episode; the site asks before it shows one beyond the editor's progress."""
    episodes = Episode.objects.filter(number__gte=since, number__lt=SECOND_AXIS).values_list("number", flat=True)
    return format_html_join(
        " · ", '<a href="{}?as_of={}">{}</a>', ((address, number, short(number)) for number in episodes)
    )


def with_second_places(request: HttpRequest, fields: Iterable[Any]) -> list[Any]:
    """Return the fields of a form with those of a second axis, if the show has one and nothing of it is hidden."""
    if not last_chapter_for(request) or horizon_of(request) is not None:
        return list(fields)
    return [name for field in fields for name in (field, *([SECOND[field]] if field in SECOND else []))]


class EpisodeField(ModelChoiceField):
    """An episode out of those that were read already, if there are any."""

    episodes: Mapping[str, Episode] = {}
    of_second = False  # chapters alone, which may be typed by their own numbers
    is_typed = False  # rather than chosen; a chapter in the place of an episode by what it is called

    def prepare_value(self, value: Any) -> Any:
        value = super().prepare_value(value)
        if not self.is_typed or not isinstance(value, int) or not is_on_second_axis(value):
            return value
        return second_of_place(value) if self.of_second else named(value)

    def to_python(self, value: Any) -> Any:
        typed = str(value).strip()
        if self.of_second and (number := whole_number(typed, digits=4)) is not None:
            typed = f"{place_of(number)}"
        elif self.is_typed and not self.of_second and whole_number(typed) is None:
            second = current().second_number_of(typed)
            return self.episodes.get(f"{place_of(second or 0)}") or super().to_python(value)
        return self.episodes.get(typed) or super().to_python(typed if self.of_second else value)


class WithEpisodes(BaseModelAdmin):
    """Offers episodes in a select list, and queries them once for all forms of a page."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is not Episode:
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        field: Any = self.formfield_for_foreignkey(db_field, request, form_class=EpisodeField, **kwargs)
        if not hasattr(request, "episodes"):
            known = Episode.objects.filter(is_read_by_now(sees_up_to(request)))
            request.episodes = list(known)  # type: ignore[attr-defined]
        field.of_second = db_field.name.startswith("also_")
        offered = [each for each in request.episodes if is_on_second_axis(each.number) or not field.of_second]  # type: ignore[attr-defined]
        choices = [(episode.number, self.name_of_episode(episode)) for episode in offered]
        field.choices = [("", "–"), *choices]
        field.episodes = {str(episode.number): episode for episode in request.episodes}  # type: ignore[attr-defined]
        return field

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields of a form, with those of a second axis for who sees all of it."""
        return with_second_places(request, super().get_fields(request, obj))

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
