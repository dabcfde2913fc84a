"""The rows that are edited in the form of a subject."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.forms.utils import ErrorDict
from django.http import HttpRequest
from django.utils.text import capfirst

from characters.kinds import Kind, tagging_of
from characters.models import Alias, Membership, Portrait, Relationship, Trait, Unmasking, check_headlines
from characters.pictures import files
from characters.text.fitting import Spelling, Spellings, the_one_meant
from corrections.editing import is_key
from episodes.axes import last_chapter_for
from episodes.choices import Choice
from episodes.models import Episode

from .horizon import HorizonForm
from .lint import Lint, LintedForm, LintedInline
from .sections import MOST_ROWS, page_of_section
from .selects import RowSelect


class PictureField(forms.FileField):
    """Takes a picture and returns it re-encoded. Django's own field would decode it in the process of the site."""

    def to_python(self, data: Any) -> Any:
        upload = super().to_python(data)
        try:
            return None if upload is None else files.normalised(upload)
        except ValidationError as error:
            raise ValidationError(error.messages) from error


TAKEN_FOR_GRANTED = {"data-allow-clear", "data-placeholder", "data-ajax--type", "lang"}  # by select2, as they are set


class KnownRowSelect(RowSelect):
    """A select that does not query the label of its row again if the row has been read already."""

    row: models.Model | None = None

    def build_attrs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Leave out what select2 takes for granted: there are as many of these as rows."""
        attrs = super().build_attrs(*args, **kwargs)
        return {name: value for name, value in attrs.items() if name not in TAKEN_FOR_GRANTED}

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        if self.row is None or [str(pk) for pk in value] != [str(self.row.pk)]:
            return super().optgroups(name, value, attr)
        return [(None, [self.create_option(name, self.row.pk, str(self.row), True, 0)], 0)]


class ListedChoiceField(forms.ChoiceField):
    """A choice by its label, out of a list that narrows while one types; a form of many rows has the list once."""

    def __init__(self, *, choices: Any, suggestions: str, **options: Any) -> None:
        self.labels = {str(value): str(label) for value, label in choices}
        self.suggestions = suggestions
        widget = forms.TextInput(attrs={"list": suggestions, "autocomplete": "off"})
        super().__init__(choices=choices, **options)
        self.widget = widget

    def prepare_value(self, value: Any) -> Any:
        return self.labels.get(str(value), value)

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value).strip()
        if not typed or typed in self.labels:
            return typed
        spellings = Spellings(Spelling(label, each) for each, label in self.labels.items())
        return the_one_meant(
            typed, spellings, offered=lambda each: Choice(self.labels[each], self.labels[each]),
            nothing=f"There is no “{typed}” to choose.",
        )  # fmt: skip

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (data or "") not in (initial or "", self.prepare_value(initial or ""))


def suggestions_in(inlines: Iterable[Any]) -> dict[str, list[str]]:
    """Return the lists of labels that the fields of some inlines offer, by their ids."""
    fields = [field for inline in inlines for field in inline.formset.empty_form.fields.values()]
    return {field.suggestions: list(field.labels.values()) for field in fields if isinstance(field, ListedChoiceField)}


class InlineForm(HorizonForm):
    """A row, whose selects know the rows that were read with it. One that was left alone is not checked again."""

    has_help = False  # of its own: a table has it once, in its head

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if not self.has_help:
                field.help_text = ""
            select = getattr(field.widget, "widget", field.widget)
            if isinstance(select, KnownRowSelect) and not self.instance._state.adding:
                select.row = getattr(self.instance, name)
                field.widget = select  # without a link to add another: the row has one

    def full_clean(self) -> None:
        if not self.is_bound or self.instance._state.adding or self.has_changed():
            super().full_clean()
            return
        self._errors = ErrorDict()
        self.cleaned_data = dict(self.initial)


class LintedInlineForm(LintedForm, InlineForm):
    pass


class PagedFormSet(BaseInlineFormSet):
    """The rows of one page, where a subject has many. A posted form has those that it was opened with."""

    model: Any
    page = 1
    count = 0  # of all rows, where they take more than one page
    _queryset: Any  # of Django, which asks it for its rows alone

    def get_queryset(self) -> Any:
        if hasattr(self, "_queryset"):
            return self._queryset
        rows = super().get_queryset()
        if self.is_bound:
            name = re.compile(rf"{re.escape(str(self.prefix))}-\d+-{self.model._meta.pk.name}")
            posted = {str(text) for field, text in self.data.items() if name.fullmatch(field)}
            self._queryset = rows.filter(pk__in=[text for text in posted if is_key(self.model, text)])
            return self._queryset
        start = (self.page - 1) * MOST_ROWS
        on_page = list(rows[start : start + MOST_ROWS + 1])
        if self.page > 1 or len(on_page) > MOST_ROWS:
            self.count = rows.count()
        self._queryset = on_page[:MOST_ROWS]
        return self._queryset


def number_of_rows(inline: Any) -> int:
    """Return how many rows there are of an inline, if they take more than one page."""
    return getattr(inline.formset, "count", 0)


class RowInline(LintedInline, admin.TabularInline):
    """A table of rows."""

    formset: type[BaseInlineFormSet] = PagedFormSet
    form: type[forms.ModelForm] = LintedInlineForm
    template = "admin/rows.html"
    listed: tuple[str, ...] = ()  # fields whose choices are many

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).fetch_mode(models.FETCH_PEERS)

    def get_formset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, *args, **kwargs)
        formset.page = page_of_section(request)
        return formset

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = KnownRowSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return a field that is small: there is one in each of many rows."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.related_model is Episode:
            label = field.widget.attrs["aria-label"]
            is_number = field.of_second or not last_chapter_for(request)
            typed = forms.NumberInput(attrs={"min": 0}) if is_number else forms.TextInput(attrs={"size": 8})
            field.widget = typed
            field.widget.attrs["aria-label"] = label
            field.is_typed = True
        if hasattr(field.widget, "can_add_related"):
            field.widget.can_change_related = field.widget.can_delete_related = field.widget.can_view_related = False
        return field

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name not in self.listed:
            return super().formfield_for_choice_field(db_field, request, **kwargs)
        return ListedChoiceField(
            choices=db_field.choices, suggestions=f"{self.opts.model_name}-{db_field.name}",
            label=capfirst(db_field.verbose_name), help_text=db_field.help_text,
        )  # fmt: skip


class AliasForm(InlineForm):
    class Meta:
        widgets = {"language": forms.TextInput(attrs={"size": 2})}


class AliasFormSet(BaseInlineFormSet):
    """All names of a subject, as they are checked together."""

    lint: Lint

    def clean(self) -> None:
        """Check the names as a whole, and have the linter compare the texts of the form with them."""
        super().clean()
        kept = [form for form in self.forms if not self._should_delete_form(form)]  # type: ignore[attr-defined]
        if any(form.errors for form in kept) or self.instance.revealed_in_id is None:
            return
        filled = [form for form in kept if form.cleaned_data]
        check_headlines(self.instance, [form.instance for form in filled if form.instance.headline])
        self.lint.replace_names([form.instance for form in filled], instead_of=self.get_queryset())
        for form in filled:
            self.lint.check(form)
        changed = [form.instance for form in filled if form.has_changed()]
        self.lint.check_texts_beside(self.instance, changed)


class AliasInline(RowInline):
    model = Alias
    form = AliasForm
    formset = AliasFormSet

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1  # a new subject needs a name

    fields = ["name", "kind", "language", "headline", "common_word", "revealed_in", "inferred"]


class TraitForm(LintedInlineForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Summaries are long, and all else is a few words.
        attrs = self.fields["value"].widget.attrs | {"cols": 46, "rows": 2 + len(self.instance.value) // 46}
        self.fields["value"].widget = forms.Textarea(attrs)


class TraitInline(RowInline):
    model = Trait
    form = TraitForm
    listed = ("attribute",)
    fields = ["attribute", "value", "revealed_in", "inferred"]


class MembershipInline(RowInline):
    model = Membership
    autocomplete_fields = ["character", "faction"]
    fields = ["character", "faction", "role", "revealed_in", "inferred", "ended_in"]
    classes = ["collapse"]


class TagInline(RowInline):
    """The tags of a subject; each kind of subject has a model of its own for them."""

    autocomplete_fields = ["tag"]
    fields = ["tag", "revealed_in", "inferred", "ended_in"]
    verbose_name = "tag"
    classes = ["collapse"]


def tag_inline(kind: Kind) -> type[TagInline]:
    """Return the inline for the tags of a kind of subject."""
    return type(f"{kind.model.__name__}TagInline", (TagInline,), {"model": tagging_of(kind)})


class RelationshipInline(RowInline):
    model = Relationship
    fk_name = "source"
    autocomplete_fields = ["target"]
    listed = ("kind", "certainty")
    fields = ["kind", "target", "certainty", "revealed_in", "ended_in"]  # `inferred` in files alone: rows are many
    verbose_name_plural = "relationships from this side"
    classes = ["collapse"]


class RelationshipToInline(RowInline):
    model = Relationship
    fk_name = "target"
    autocomplete_fields = ["source"]
    listed = ("kind", "certainty")
    fields = ["source", "kind", "certainty", "revealed_in", "ended_in"]
    verbose_name_plural = "relationships from the other side"
    classes = ["collapse"]


class UnmaskingInline(RowInline):
    model = Unmasking
    fk_name = "persona"
    autocomplete_fields = ["identity"]
    fields = ["identity", "revealed_in", "inferred"]
    verbose_name = "who this turns out to be"


class UnmaskingOfInline(RowInline):
    model = Unmasking
    fk_name = "identity"
    autocomplete_fields = ["persona"]
    fields = ["persona", "revealed_in", "inferred"]
    verbose_name_plural = "masks this one has worn"


class PortraitForm(LintedInlineForm):
    has_help = True


class PortraitInline(LintedInline, admin.StackedInline):
    model = Portrait
    form = PortraitForm
    fields = ["image", "alt_text", "caption", "credit", "licence", "revealed_in", "inferred"]
    formfield_overrides = {
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 90})},
        models.ImageField: {"form_class": PictureField},
    }
