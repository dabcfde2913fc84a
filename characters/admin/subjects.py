"""Subjects in the admin: characters and factions."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from characters.kinds import CHARACTER, KINDS, MEMBERSHIP, SUBJECTS, Kind, kind_of
from characters.lore.knowledge import Knowledge
from characters.lore.search.looking import owners_of_names
from characters.models import Alias, Character, Subject, Unmasking
from characters.models.shown_keys import shown_key
from characters.vocabulary import Attribute
from corrections.history import waiting_about
from corrections.sending import Proposed
from episodes.admin import WithEpisodes, pages_at, with_second_places
from episodes.horizon import horizon_of, sees_up_to
from episodes.names import Name
from episodes.templatetags.names import unit_in_list
from episodes.units import named, worded

from . import reports
from .bulk import ACTION, ChangesOneField
from .horizon import HorizonForm, KnownFilter, known
from .inlines import (
    AliasInline,
    MembershipInline,
    PortraitInline,
    RelationshipInline,
    RelationshipToInline,
    TraitInline,
    UnmaskingInline,
    UnmaskingOfInline,
    number_of_rows,
    suggestions_in,
    tag_inline,
)
from .lint import LintedAdmin
from .mentions import links_to_mentions
from .merging import OTHER, merge
from .renaming import rename
from .sections import (
    APPEARANCE,
    PAGE,
    SECTION,
    SectionKind,
    address_of_new_revelation,
    address_of_section,
    moving_along,
    page_of_section,
    pages_of,
    revelations_of,
    sections_of,
)


class SubjectForm(HorizonForm):
    """The form of a subject, whose own checks leave out the rows below, as they are saved together with it."""

    edited_along: frozenset[type[models.Model]] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.edited_along = self.edited_along

    def _post_clean(self) -> None:
        if self.fields:  # in most sections nothing of the subject itself is changed
            super()._post_clean()


class AppearanceForm(SubjectForm):
    """The episode in which a subject comes, and whether its rows move with it."""

    move_along = forms.BooleanField(
        required=False, label="Take its rows along",
        help_text=worded(
            "Whatever else of it is revealed in the old {one} moves to the new one: names, facts, tags, ties."
        ),
    )  # fmt: skip

    def _post_clean(self) -> None:
        if self.cleaned_data.get("move_along"):
            self.instance.edited_along = frozenset(kind.model for kind in KINDS if kind.owners or kind.connects)
        super()._post_clean()


NAMES = SectionKind(
    "names", "Names", "The newest headline that a viewer may know heads the page.", (AliasInline,),
)  # fmt: skip
FACTS = SectionKind(
    "facts", "Facts and summaries",
    worded("Never overwrite a belief: add the new value with its {one}. The older one stays in the timeline."),
    (TraitInline,),
)  # fmt: skip
TAGS_EXPLAINED = "A word or two each, which lists can be filtered by."


def inlines_of(sections: Iterable[SectionKind]) -> list[type[InlineModelAdmin]]:
    return [inline for section in sections for inline in section.inlines]


class SubjectAdmin(ChangesOneField, WithEpisodes, LintedAdmin):
    """The admin of a kind of subject, which declares the rows that are edited in its form as inlines."""

    form = SubjectForm
    change_form_template = "admin/section_form.html"
    sections: tuple[SectionKind, ...] = ()
    list_display = ["newest_name", "handle", "revealed_in", "public_page"]
    list_display_links = ["newest_name", "handle"]
    list_filter: ClassVar[list[Any]] = [("revealed_in", KnownFilter)]
    list_select_related = ["revealed_in"]
    search_fields = ["key", "aliases__name", "tag_rows__tag__name", "public_id"]
    search_help_text = "Search by key, name, tag, or the id in the address."
    save_on_top = True
    actions = ["merge_into", ACTION]

    # The page of its sections, and the form of each

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if object_id is None or self._section(request) is not None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        subject = self.get_object(request, object_id)
        if not self.has_view_or_change_permission(request, subject):
            raise PermissionDenied
        if subject is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        return self._page(request, subject)

    def _page(self, request: HttpRequest, subject: Any) -> HttpResponse:
        """Show all rows of a subject, with links to the forms of its sections."""
        context = self.admin_site.each_context(request) | {
            "title": subject.newest_name or str(subject),
            "opts": self.opts,
            "original": subject,
            "sections": list(sections_of(self, request, subject)),
            "revelations": revelations_of(request, subject),
            "new_revelation": address_of_new_revelation(subject),
            "public_pages": self.public_pages(subject),
            "waiting": waiting_about(request, subject),
            "may_change": self.has_change_permission(request, subject),
            "may_delete": self.has_delete_permission(request, subject),
        }
        return TemplateResponse(request, "admin/subject.html", context)

    def _section(self, request: HttpRequest) -> SectionKind | None:
        slug = request.GET.get(SECTION)
        return next((each for each in self.sections if each.slug == slug), None)

    def form_address(self, request: HttpRequest) -> str:
        section, page = self._section(request), page_of_section(request)
        address = f"{request.path}?{SECTION}={section.slug}" if section else request.path
        return f"{address}&{PAGE}={page}" if section and page > 1 else address

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Any, inline: InlineModelAdmin, prefix: str
    ) -> dict[str, Any]:
        """Ask for no rows of a subject that is yet to be added, which has its id already."""
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        return kwargs | {"queryset": kwargs["queryset"].none()} if obj._state.adding else kwargs

    def get_inline_instances(self, request: HttpRequest, obj: Subject | None = None) -> Any:
        section = self._section(request)
        inlines = super().get_inline_instances(request, obj)
        if obj is None or section is None:
            return inlines
        shown = [inline for inline in inlines if isinstance(inline, section.inlines)]
        for inline in shown:
            inline.classes = None
        return shown

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            kwargs["form"] = AppearanceForm if self._section(request) is APPEARANCE else SubjectForm
        form = super().get_form(request, obj, change, **kwargs)
        form.edited_along = frozenset(inline.model for inline in self.get_inline_instances(request, obj))
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        section, subject = self._section(request), context["original"]
        context["lists"] = suggestions_in(context["inline_admin_formsets"])
        if section is not None and subject is not None:
            page = page_of_section(request)
            context |= {
                "title": f"{section.title} of {Name(subject.newest_name or str(subject))}",
                "subtitle": None,
                "section": section,
                "sections": [(each, address_of_section(subject, each.slug)) for each in self.sections],
                "pages": pages_of(max(map(number_of_rows, context["inline_admin_formsets"]), default=0), page),
                "page": page,
                "show_delete": False,
                "show_save_and_add_another": False,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def changes_beside(self, request: HttpRequest, form: Any) -> Iterable[Proposed]:
        if form.cleaned_data.get("move_along") and (before := form.initial["revealed_in"]) is not None:
            yield from moving_along(form.instance, since=before, to=form.instance.revealed_in_id)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        section = self._section(request)
        return HttpResponseRedirect(f"{address_of_section(obj)}#{section.slug if section else ''}")

    # Merging two, and another key

    def get_urls(self) -> list[URLPattern]:
        return [
            path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"{self._name}_{name}")
            for name, view in (("merge", self.merge_view), ("rename", self.rename_view))
        ] + super().get_urls()

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        subject = self._subject_to_change(request, object_id)
        if subject is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.has_delete_permission(request, subject):
            raise PermissionDenied
        return merge(request, subject)

    def rename_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        subject = self._subject_to_change(request, object_id)
        if subject is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        return rename(request, subject)

    def _subject_to_change(self, request: HttpRequest, object_id: str) -> Any:
        subject = self.get_object(request, object_id)
        if not self.has_change_permission(request, subject):
            raise PermissionDenied
        return subject

    @admin.action(description="Merge into…", permissions=["change", "delete"])
    def merge_into(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        """Lead to the page on which one becomes one with another; who was chosen besides is filled in there."""
        keys = [str(pk) for pk in chosen.order_by("pk").values_list("pk", flat=True)[:3]]
        if len(keys) > 2:
            messages.warning(request, "Nothing was merged: choose one or two.")
            return None
        address = reverse(f"admin:{self._name}_merge", args=keys[:1])
        return HttpResponseRedirect(f"{address}?{OTHER}={keys[1]}" if len(keys) == 2 else address)

    # Deleting

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Protect a subject from deletion while texts mention it."""
        deleted, counts, missing, protected = super().get_deleted_objects(objs, request)
        protected += [link for subject in objs for link in links_to_mentions(subject)]
        return deleted, counts, missing, protected

    # Fields

    def get_fieldsets(self, request: HttpRequest, obj: Subject | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": with_second_places(request, ["key", "revealed_in", "inferred"])})]
        if self._section(request) is APPEARANCE:
            fields = ["handle", "revealed_in", "inferred", "move_along", "public_id", "public_pages"]
            fields = with_second_places(request, fields)
            return [(None, {"fields": fields})]
        return []

    def get_readonly_fields(self, request: HttpRequest, obj: Subject | None = None) -> list[str]:
        # Texts mention the key and links hold the public id: both stay as they are.
        return ["handle", "public_id", "public_pages"] if obj else []

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        horizon = horizon_of(request)
        headlines = Alias.objects.filter(headline=True, **{str(self.model._meta.model_name): OuterRef("pk")})
        newest = known(headlines.order_by("-revealed_in_id"), horizon)
        names = {"newest_name": Subquery(newest.values("name")[:1]), "by_name": Subquery(newest.values("sort_key")[:1])}
        rows = super().get_queryset(request).annotate(**names)
        return rows if horizon is None else rows.order_by("by_name", "public_id")  # the order of keys tells, too

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Find names as the public search does, besides what `search_fields` find."""
        found, _ = super().get_search_results(request, queryset, search_term)
        if not search_term:
            return found, False
        named = owners_of_names(Knowledge(sees_up_to(request)), search_term)
        return queryset.filter(Q(pk__in=found.values("pk")) | Q(pk__in=named)), False

    @admin.display(description="name", ordering="by_name")
    def newest_name(self, subject: Any) -> str:
        return subject.newest_name or "(no name)"

    @admin.display(description="key")
    def handle(self, subject: Subject) -> str:
        return str(subject)

    @admin.display(description="public page")
    def public_page(self, subject: Subject) -> SafeString:
        first = subject.revealed_in_id
        return format_html('<a href="{}?as_of={}">at {}</a>', self._address(subject), first, named(first))

    @admin.display(description=worded("public page at {one}"))
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
        horizon = horizon_of(request)
        match self.value():
            case "portrait":
                return queryset.filter(pk__in=reports.without_picture(horizon).values("pk"))
            case "summary":
                return queryset.filter(pk__in=reports.without_any(Attribute.SUMMARY, horizon).values("pk"))
            case "definition":
                return queryset.filter(pk__in=reports.without_any(Attribute.DEFINITION, horizon).values("pk"))
            case "fresh-summary":
                return queryset.filter(pk__in=reports.stale_by(horizon))
        return queryset


@admin.register(Character)
class CharacterAdmin(SubjectAdmin):
    list_display = ["newest_name", "handle", "revealed_in", "is_persona_of", "public_page"]
    list_filter: ClassVar[list[Any]] = [
        WithoutFilter,
        ("revealed_in", KnownFilter),
        ("memberships__faction", KnownFilter),
    ]
    sections = (
        APPEARANCE,
        NAMES,
        FACTS,
        SectionKind("tags", "Tags", TAGS_EXPLAINED, (tag_inline(CHARACTER),)),
        SectionKind(
            "ties", "Unmaskings and memberships",
            "Who it turns out to be, whom it has been taken for, and where it belongs.",
            (UnmaskingInline, UnmaskingOfInline, MembershipInline),
        ),
        SectionKind(
            "relationships", "Relationships", "Start with the one who acts: who killed, created or serves whom.",
            (RelationshipInline, RelationshipToInline),
        ),
        SectionKind("portraits", "Portraits", "The newest that a viewer may know heads the page.", (PortraitInline,)),
    )  # fmt: skip
    inlines = inlines_of(sections)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        unmaskings = known(Unmasking.objects.filter(persona=OuterRef("pk")), horizon_of(request))
        names = {"identity": "identity__key", "unmasked_in": "revealed_in_id"}
        unmasked = {name: Subquery(unmaskings.values(column)) for name, column in names.items()}
        return super().get_queryset(request).annotate(**unmasked)

    @admin.display(description="persona of")
    def is_persona_of(self, character: Any) -> str:
        if not character.identity:
            return ""
        return f"{shown_key(character.identity)}, from {unit_in_list(character.unmasked_in)}"


def register_other(kind: Kind) -> None:
    """Register a kind of subject that needs no admin of its own."""
    sections = [APPEARANCE, NAMES, FACTS, SectionKind("tags", "Tags", TAGS_EXPLAINED, (tag_inline(kind),))]
    if kind.name in MEMBERSHIP.connects:
        sections.append(SectionKind("ties", "Memberships", "Who belongs to it.", (MembershipInline,)))
    own = {"sections": tuple(sections), "inlines": inlines_of(sections)}
    admin.site.register(kind.model, type(f"{kind.model.__name__}Admin", (SubjectAdmin,), own))


for other in SUBJECTS:
    if other is not CHARACTER:
        register_other(other)
