"""The show in the admin: series, episodes and tags."""

from typing import Any

import taggit.admin
import taggit.models
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from characters.admin.learned.page import learned
from characters.kinds import TAG, TAGGINGS
from characters.models import Tag
from characters.moderation.nameable import tags_alike
from characters.spoilers.linter import form_in_admin
from characters.text.fitting import look
from corrections.desk.discretion import NOT_TOLD
from corrections.editing import WriteDoorAdmin
from episodes.admin import EpisodeAdmin, SeriesAdmin, pages_at
from episodes.models import Episode, Series
from episodes.units import current, worded

from .bulk import ACTION, ChangesOneField
from .horizon import HorizonForm, WithinHorizon, known
from .lint import LintedAdmin, LintedForm

admin.site.unregister(taggit.models.Tag)


@admin.register(Episode)
class LintedEpisodeAdmin(ChangesOneField, LintedAdmin, EpisodeAdmin):
    actions = [ACTION]
    list_display = [*EpisodeAdmin.list_display, "what_was_learned"]
    change_form_template = "admin/episode_form.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(learned)
        return [path("<place:number>/learned/", view, name="episodes_episode_learned"), *super().get_urls()]

    @admin.display(description="what was learned")
    def what_was_learned(self, episode: Episode) -> SafeString:
        return format_html('<a href="{}">add or look</a>', reverse("admin:episodes_episode_learned", args=[episode.pk]))


@admin.register(Series)
class LintedSeriesAdmin(LintedAdmin, SeriesAdmin):
    form = LintedForm

    def key_of_new(self, row: models.Model) -> str:
        return "1"  # the only one there can be


class TagForm(HorizonForm):
    """A tag, unless one that looks like it is there already."""

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        alike = [tag for tag in tags_alike(name) if tag.pk != self.instance.pk and look(tag.name) == look(name)]
        if alike and not known(Tag.objects.filter(pk=alike[0].pk), self.horizon).exists():
            raise ValidationError(NOT_TOLD)
        if alike:
            link = format_html('<a href="{}">{}</a>', form_in_admin(TAG.label, alike[0].pk), alike[0])
            raise ValidationError(
                format_html("“{}” and “{}” look alike or would share an address; use one of them.", name, link)
            )
        return name


@admin.register(Tag)
class TagAdmin(WithinHorizon, WriteDoorAdmin):
    form = TagForm
    list_display = ["called", "slug", "public_page"]
    search_fields = ["name"]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Find tags that differ in what nobody should have to get right, besides those that hold what was typed."""
        found, _ = super().get_search_results(request, queryset, search_term)
        alike = [tag.pk for tag in tags_alike(search_term)] if search_term else []
        return queryset.filter(Q(pk__in=found.values("pk")) | Q(pk__in=alike)), False

    @admin.display(description="name", ordering="sort_key")
    def called(self, tag: Tag) -> str:
        return tag.name

    def get_fields(self, request: HttpRequest, obj: Tag | None = None) -> Any:
        return ["name", "public_pages"] if obj else ["name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Tag | None = None) -> list[str]:
        return ["public_pages"] if obj else []

    @admin.display(description="public page")
    def public_page(self, tag: Tag) -> SafeString:
        return format_html('<a href="{}">at your own {}</a>', reverse("tag", args=[tag.slug]), current().one)

    @admin.display(description=worded("public page at {one}"))
    def public_pages(self, tag: Tag) -> SafeString:
        taggings = (kind.model._base_manager.filter(tag=tag).order_by("revealed_in") for kind in TAGGINGS)
        first = [number for rows in taggings for number in rows.values_list("revealed_in_id", flat=True)[:1]]
        return pages_at(reverse("tag", args=[tag.slug]), since=min(first)) if first else SafeString("nobody bears it")
