"""Subjects in the admin: characters and factions."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from characters.kinds import CHARACTER, MEMBERSHIP, SUBJECTS, Kind, kind_of
from characters.lore.knowledge import Knowledge
from characters.lore.search.looking import owners_of_names
from characters.models import Alias, Character, Subject, texts_mentioning
from characters.vocabulary import Attribute
from episodes.admin import WithEpisodes, pages_at
from episodes.progress import last_episode

from . import reports
from .inlines import (
    AliasInline,
    MembershipInline,
    PortraitInline,
    RelationshipInline,
    RelationshipToInline,
    TraitInline,
    UnmaskingInline,
    UnmaskingOfInline,
    tag_inline,
)
from .lint import LintedAdmin


class SubjectForm(forms.ModelForm):
    """The form of a subject, whose own checks leave out the rows below, as they are saved together with it."""

    edited_along: frozenset[type[models.Model]] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.edited_along = self.edited_along


class SubjectAdmin(WithEpisodes, LintedAdmin):
    """The admin of a kind of subject, which declares the rows that are edited in its form as inlines."""

    form = SubjectForm
    list_display = ["newest_name", "key", "revealed_in", "public_page"]
    list_display_links = ["newest_name", "key"]
    list_filter = ["revealed_in"]
    list_select_related = ["revealed_in"]
    search_fields = ["key", "aliases__name", "tags__name", "public_id"]
    search_help_text = "Search by key, name, tag, or the id in the address."
    save_on_top = True

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        form.edited_along = frozenset(inline.model for inline in self.inlines)
        return form

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Protect a subject from deletion while texts mention it."""
        deleted, counts, missing, protected = super().get_deleted_objects(objs, request)
        protected += [f"{text} mentions {subject}" for subject in objs for _, text in texts_mentioning(subject)]
        return deleted, counts, missing, protected

    def get_fieldsets(self, request: HttpRequest, obj: Subject | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["key", "revealed_in"]})]
        return [
            (None, {"fields": ["key", "revealed_in", "public_id", "public_pages"]}),
            ("Revelations that concern it", {"fields": ["told"], "classes": ["collapse"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Subject | None = None) -> list[str]:
        # Texts mention the key and links hold the public id: both stay as they are.
        return ["key", "public_id", "public_pages", "told"] if obj else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        headlines = Alias.objects.filter(headline=True, **{str(self.model._meta.model_name): OuterRef("pk")})
        newest = headlines.order_by("-revealed_in_id")
        names = {"newest_name": Subquery(newest.values("name")[:1]), "by_name": Subquery(newest.values("sort_key")[:1])}
        return super().get_queryset(request).annotate(**names)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Find names as the public search does, besides what `search_fields` find."""
        found, _ = super().get_search_results(request, queryset, search_term)
        if not search_term:
            return found, False
        named = owners_of_names(Knowledge(last_episode()), search_term)
        return queryset.filter(Q(pk__in=found.values("pk")) | Q(pk__in=named)), False

    @admin.display(description="name", ordering="by_name")
    def newest_name(self, subject: Any) -> str:
        return subject.newest_name or "(no name)"

    @admin.display(description="public page")
    def public_page(self, subject: Subject) -> SafeString:
        first = subject.revealed_in_id
        return format_html('<a href="{}?as_of={}">at episode {}</a>', self._address(subject), first, first)

    @admin.display(description="")
    def told(self, subject: Any) -> SafeString:
        """List the revelations that concern a subject."""
        add = reverse("admin:characters_revelation_add")
        concerned = self.model.revelations.rel.field.name
        lines = (
            (row.revealed_in_id, reverse("admin:characters_revelation_change", args=[row.pk]), row.key, row.text)
            for row in subject.revelations.all()
        )
        return format_html(
            '<ul>{}</ul><a href="{}?{}={}">Add a revelation</a>',
            format_html_join("", '<li>Episode {}, <a href="{}">{}</a>: {}</li>', lines),
            add,
            concerned,
            subject.pk,
        )

    @admin.display(description="public page at episode")
    def public_pages(self, subject: Subject) -> SafeString:
        return pages_at(self._address(subject), since=subject.revealed_in_id)

    def _address(self, subject: Subject) -> str:
        return reverse(kind_of(subject).own_page.short_url, args=[subject.public_id])


class WithoutFilter(admin.SimpleListFilter):
    """Narrows characters down to those that lack something."""

    title = "what it lacks"
    parameter_name = "without"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("portrait", "Without portrait"),
            ("definition", "Without any one-line definition"),
            ("summary", "Without any summary"),
            ("fresh-summary", "Summary missing or stale at some stage"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "portrait":
                return queryset.filter(pk__in=reports.without_picture().values("pk"))
            case "summary":
                return queryset.filter(pk__in=reports.without_any(Attribute.SUMMARY).values("pk"))
            case "definition":
                return queryset.filter(pk__in=reports.without_any(Attribute.DEFINITION).values("pk"))
            case "fresh-summary":
                return queryset.filter(pk__in=list(reports.stale_summaries()))
        return queryset


@admin.register(Character)
class CharacterAdmin(SubjectAdmin):
    list_display = ["newest_name", "key", "revealed_in", "is_persona_of", "public_page"]
    list_filter = [WithoutFilter, "revealed_in", "memberships__faction"]
    list_select_related = ["revealed_in", "unmasking__identity"]
    inlines = [
        AliasInline,
        UnmaskingInline,
        UnmaskingOfInline,
        TraitInline,
        MembershipInline,
        RelationshipInline,
        RelationshipToInline,
        tag_inline(CHARACTER),
        PortraitInline,
    ]

    @admin.display(description="persona of")
    def is_persona_of(self, character: Character) -> str:
        unmasking = getattr(character, "unmasking", None)
        return f"{unmasking.identity.key}, from {unmasking.revealed_in_id}" if unmasking else ""


def register_other(kind: Kind) -> None:
    """Register a kind of subject that needs no admin of its own."""
    memberships = [MembershipInline] if kind.name in MEMBERSHIP.connects else []
    inlines = [AliasInline, TraitInline, *memberships, tag_inline(kind)]
    admin.site.register(kind.model, type(f"{kind.model.__name__}Admin", (SubjectAdmin,), {"inlines": inlines}))


for other in SUBJECTS:
    if other is not CHARACTER:
        register_other(other)
