from collections.abc import Iterable
from functools import cached_property
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from taggit.models import Tag as TaggitTag

from corrections.editing import NoPopupsForWhoWaits, ThroughTheDoor
from episodes.admin import EpisodeAdmin, SeriesAdmin, SeriesForm, WithEpisodes, pages_at
from episodes.models import Episode, Series

from . import gaps
from .learned import SAVE_ALL_THE_SAME, learned
from .mentions import texts_mentioning
from .models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    FactionTag,
    Membership,
    Portrait,
    Relationship,
    Revelation,
    Subject,
    Tag,
    Trait,
    Unmasking,
    check_headlines,
)
from .spoilers import (
    Finding,
    Vocabulary,
    findings_in,
    name_of_row,
    names_in_database,
    said_too_early,
    texts_of_row,
)

admin.site.unregister(TaggitTag)


class Lint:
    """What the texts of one form say too early. The names are read once, and only if there is a text."""

    def __init__(self, *, confirmed: bool) -> None:
        self.confirmed = confirmed
        self.findings: list[Finding] = []
        self._given: list[Any] = []
        self._edited: set[Any] = set()

    def names_stand_as(self, given: list[Any], *, instead_of: Iterable[Any]) -> None:
        """The form changes them together with the texts."""
        self._given = given
        self._edited = {row.pk for row in instead_of}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary([*names_in_database(without=self._edited), *map(name_of_row, self._given)])

    def check(self, form: forms.ModelForm) -> None:
        for text in texts_of_row(form.instance):
            for finding in findings_in(text, self.vocabulary):
                self.findings.append(finding)
                if not self.confirmed:
                    form.add_error(finding.field, said_too_early(finding.found, finding.revealed_by.url, finding.claim))


def lint_of(request: HttpRequest) -> Lint:
    if not hasattr(request, "lint"):
        request.lint = Lint(confirmed=SAVE_ALL_THE_SAME in request.POST)  # type: ignore[attr-defined]
    return cast(Lint, request.lint)  # type: ignore[attr-defined]


class LintedForm(forms.ModelForm):
    lint: Lint  # of the request that the class is made for

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors and not self.cleaned_data.get("DELETE"):
            self.lint.check(self)


class Linted(ThroughTheDoor):
    """A form with texts: what they say too early has to be confirmed before it is saved."""

    form: type[forms.ModelForm] = LintedForm
    change_form_template = "admin/linted_form.html"

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.lint = lint_of(request)
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        names = {"lint": lint_of(request), "save_all_the_same": SAVE_ALL_THE_SAME}
        return super().render_change_form(request, context | names, *args, **kwargs)


class LintedRows(WithEpisodes, NoPopupsForWhoWaits, InlineModelAdmin):
    def get_formset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, *args, **kwargs)
        formset.lint = formset.form.lint = lint_of(request)
        formset.deletion_widget = forms.CheckboxInput(attrs={"aria-label": "Delete"})
        return formset

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """With a name of its own: the heading of a column is nobody's label."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            getattr(field.widget, "widget", field.widget).attrs.setdefault("aria-label", capfirst(field.label))
        return field


class SubjectForm(forms.ModelForm):
    """The rows below are saved together with the character or faction, so its own check leaves them out."""

    edited_along: frozenset[type[models.Model]] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.edited_along = self.edited_along


class Pointer(AutocompleteSelect):
    """Asks for no label of a row that has been read already."""

    row: models.Model | None = None

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        if self.row is None or [str(pk) for pk in value] != [str(self.row.pk)]:
            return super().optgroups(name, value, attr)
        return [(None, [self.create_option(name, self.row.pk, str(self.row), True, 0)], 0)]


class RowForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            select = getattr(field.widget, "widget", None)
            if isinstance(select, Pointer) and not self.instance._state.adding:
                select.row = getattr(self.instance, name)


class LintedRowForm(LintedForm, RowForm):
    pass


class Rows(LintedRows, admin.TabularInline):
    form: type[forms.ModelForm] = LintedRowForm
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).fetch_mode(models.FETCH_PEERS)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = Pointer(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def name_of_episode(self, episode: Episode) -> str:
        return str(episode.number)


class AliasForm(RowForm):
    class Meta:
        widgets = {"language": forms.TextInput(attrs={"size": 2})}


class AliasFormSet(BaseInlineFormSet):
    lint: Lint

    def clean(self) -> None:
        """What concerns the names as a whole; the texts of the rows below are held against them."""
        super().clean()
        kept = [form for form in self.forms if not self._should_delete_form(form)]  # type: ignore[attr-defined]
        if any(form.errors for form in kept) or self.instance.revealed_in_id is None:
            return
        filled = [form for form in kept if form.cleaned_data]
        rows = [form.cleaned_data for form in filled]
        headlines = {row["revealed_in"].number for row in rows if row["headline"]}
        check_headlines(self.instance.revealed_in_id, headlines)
        self.lint.names_stand_as([form.instance for form in filled], instead_of=self.get_queryset())
        for form in filled:
            self.lint.check(form)


class AliasInline(Rows):
    model = Alias
    form = AliasForm
    formset = AliasFormSet

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1  # whoever is new needs a name

    fields = ["name", "kind", "language", "headline", "common_word", "revealed_in"]


class TraitForm(LintedRowForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Summaries are long, and all else is a few words.
        attrs = self.fields["value"].widget.attrs | {"cols": 60, "rows": 2 + len(self.instance.value) // 60}
        self.fields["value"].widget = forms.Textarea(attrs)


class TraitInline(Rows):
    model = Trait
    form = TraitForm
    fields = ["attribute", "value", "revealed_in"]


class MembershipInline(Rows):
    model = Membership
    autocomplete_fields = ["character", "faction"]
    fields = ["character", "faction", "role", "revealed_in", "ended_in"]
    classes = ["collapse"]


class CharacterTagInline(Rows):
    model = CharacterTag
    autocomplete_fields = ["tag"]
    fields = ["tag", "revealed_in", "ended_in"]
    verbose_name = "tag"
    classes = ["collapse"]


class FactionTagInline(Rows):
    model = FactionTag
    autocomplete_fields = ["tag"]
    fields = ["tag", "revealed_in", "ended_in"]
    verbose_name = "tag"
    classes = ["collapse"]


class RelationshipInline(Rows):
    model = Relationship
    fk_name = "source"
    autocomplete_fields = ["target"]
    fields = ["kind", "target", "certainty", "revealed_in", "ended_in"]
    verbose_name_plural = "relationships, as told from here"
    classes = ["collapse"]


class RelationshipToInline(Rows):
    model = Relationship
    fk_name = "target"
    autocomplete_fields = ["source"]
    fields = ["source", "kind", "certainty", "revealed_in", "ended_in"]
    verbose_name_plural = "relationships, as told from the other side"
    classes = ["collapse"]


class UnmaskingInline(Rows):
    model = Unmasking
    fk_name = "persona"
    autocomplete_fields = ["identity"]
    fields = ["identity", "revealed_in"]
    verbose_name = "who this turns out to be"


class UnmaskingOfInline(Rows):
    model = Unmasking
    fk_name = "identity"
    autocomplete_fields = ["persona"]
    fields = ["persona", "revealed_in"]
    verbose_name_plural = "masks this one has worn"


class PortraitInline(LintedRows, admin.StackedInline):
    model = Portrait
    form = LintedForm
    extra = 0
    fields = ["image", "alt_text", "caption", "credit", "licence", "revealed_in"]
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 90})}}


class SubjectAdmin(WithEpisodes, Linted):
    list_display = ["newest_name", "key", "revealed_in", "public_page"]
    list_display_links = ["newest_name", "key"]
    list_filter = ["revealed_in"]
    list_select_related = ["revealed_in"]
    search_fields = ["key", "aliases__name", "tags__name", "public_id"]
    search_help_text = "By key, any name, tag, or the id in the address."
    save_on_top = True
    view_name = ""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A character or faction that texts mention stays until they no longer do."""
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
        newest = headlines.order_by("-revealed_in_id").values("name")[:1]
        return super().get_queryset(request).annotate(newest_name=Subquery(newest))

    @admin.display(description="name", ordering="newest_name")
    def newest_name(self, subject: Any) -> str:
        return subject.newest_name or "(no name)"

    @admin.display(description="public page")
    def public_page(self, subject: Subject) -> SafeString:
        first = subject.revealed_in_id
        return format_html('<a href="{}?as_of={}">at episode {}</a>', self._address(subject), first, first)

    @admin.display(description="")
    def told(self, subject: Any) -> SafeString:
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
        return reverse(self.view_name, args=[subject.public_id])


class CharacterForm(SubjectForm):
    edited_along = frozenset({Alias, Trait, Membership, CharacterTag, Relationship, Unmasking, Portrait})


class FactionForm(SubjectForm):
    edited_along = frozenset({Alias, Trait, Membership, FactionTag})


class WithoutFilter(admin.SimpleListFilter):
    title = "what it lacks"
    parameter_name = "without"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("portrait", "Without portrait"),
            ("summary", "Without any summary"),
            ("fresh-summary", "Summary missing or stale at some stage"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "portrait":
                return queryset.filter(pk__in=gaps.without_picture().values("pk"))
            case "summary":
                return queryset.filter(pk__in=gaps.without_any_summary().values("pk"))
            case "fresh-summary":
                return queryset.filter(pk__in=list(gaps.stale_summaries()))
        return queryset


@admin.register(Character)
class CharacterAdmin(SubjectAdmin):
    form = CharacterForm
    view_name = "character-short"
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
        CharacterTagInline,
        PortraitInline,
    ]

    @admin.display(description="persona of")
    def is_persona_of(self, character: Character) -> str:
        unmasking = getattr(character, "unmasking", None)
        return f"{unmasking.identity.key}, from {unmasking.revealed_in_id}" if unmasking else ""


@admin.register(Faction)
class FactionAdmin(SubjectAdmin):
    form = FactionForm
    view_name = "faction-short"
    inlines = [AliasInline, TraitInline, MembershipInline, FactionTagInline]


class RevelationForm(LintedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.edited_along = frozenset({Character, Faction})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("revealed_in"):
            self.instance.revealed_in = cleaned["revealed_in"]
            try:
                self.instance.check_concerned([*cleaned.get("characters", []), *cleaned.get("factions", [])])
            except ValidationError as error:
                self.add_error("revealed_in", error.messages)
        return cleaned


@admin.register(Revelation)
class RevelationAdmin(WithEpisodes, Linted):
    form = RevelationForm
    list_display = ["key", "episode", "certainty", "beginning", "supersedes"]
    list_filter = ["revealed_in", "certainty", "factions"]
    list_select_related = ["supersedes"]
    search_fields = ["key", "text", "source", "characters__aliases__name"]
    search_help_text = "By key, text, source, or any name of a character that it concerns."
    autocomplete_fields = ["characters", "factions", "supersedes"]
    ordering = ["revealed_in", "position", "key"]
    fields = [
        "key", "revealed_in", "text", "certainty", "characters", "factions", "supersedes",
        "time", "position", "source", "public_pages",
    ]  # fmt: skip
    save_on_top = True

    def get_readonly_fields(self, request: HttpRequest, obj: Revelation | None = None) -> list[str]:
        return ["public_pages"]

    @admin.display(description="text")
    def beginning(self, revelation: Revelation) -> str:
        return Truncator(revelation.text).chars(100)

    @admin.display(ordering="revealed_in")
    def episode(self, revelation: Revelation) -> int:
        return revelation.revealed_in_id

    @admin.display(description="page of its episode at episode")
    def public_pages(self, revelation: Revelation) -> str:
        if revelation.revealed_in_id is None:
            return "once it is saved"
        return pages_at(reverse("episode", args=[revelation.revealed_in_id]), since=revelation.revealed_in_id)


@admin.register(Episode)
class LintedEpisodeAdmin(Linted, EpisodeAdmin):
    list_display = [*EpisodeAdmin.list_display, "what_was_learned"]
    change_form_template = "admin/episode_form.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(learned)
        return [path("<int:number>/learned/", view, name="episodes_episode_learned"), *super().get_urls()]

    @admin.display(description="what was learned")
    def what_was_learned(self, episode: Episode) -> SafeString:
        return format_html('<a href="{}">add or look</a>', reverse("admin:episodes_episode_learned", args=[episode.pk]))


class LintedSeriesForm(LintedForm, SeriesForm):
    pass


@admin.register(Series)
class LintedSeriesAdmin(Linted, SeriesAdmin):
    form = LintedSeriesForm

    def key_of_new(self, row: models.Model) -> str:
        return "1"  # the only one there can be


@admin.register(Tag)
class TagAdmin(ThroughTheDoor):
    list_display = ["name", "slug", "public_page"]
    search_fields = ["name"]

    def get_fields(self, request: HttpRequest, obj: Tag | None = None) -> Any:
        return ["name", "public_pages"] if obj else ["name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Tag | None = None) -> list[str]:
        return ["public_pages"] if obj else []

    @admin.display(description="public page")
    def public_page(self, tag: Tag) -> SafeString:
        return format_html('<a href="{}">at your own episode</a>', reverse("tag", args=[tag.slug]))

    @admin.display(description="public page at episode")
    def public_pages(self, tag: Tag) -> SafeString:
        rows = [model.objects.filter(tag=tag).order_by("revealed_in") for model in (CharacterTag, FactionTag)]
        first = [row.revealed_in_id for found in rows for row in found[:1]]
        return pages_at(reverse("tag", args=[tag.slug]), since=min(first)) if first else SafeString("nobody bears it")
