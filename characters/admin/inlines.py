"""The rows that are edited in the form of a subject."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from characters.kinds import Kind, tagging_of
from characters.models import Alias, Membership, Portrait, Relationship, Trait, Unmasking, check_headlines
from characters.pictures import files
from episodes.models import Episode

from .lint import Lint, LintedForm, LintedInline


class PictureField(forms.FileField):
    """Takes a picture and returns it re-encoded. Django's own field would decode it in the process of the site."""

    def to_python(self, data: Any) -> Any:
        upload = super().to_python(data)
        try:
            return None if upload is None else files.normalised(upload)
        except ValidationError as error:
            raise ValidationError(error.messages) from error


class KnownRowSelect(AutocompleteSelect):
    """A select that does not query the label of its row again if the row has been read already."""

    row: models.Model | None = None

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        if self.row is None or [str(pk) for pk in value] != [str(self.row.pk)]:
            return super().optgroups(name, value, attr)
        return [(None, [self.create_option(name, self.row.pk, str(self.row), True, 0)], 0)]


class InlineForm(forms.ModelForm):
    """A row, whose selects know the rows that were read with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            select = getattr(field.widget, "widget", None)
            if isinstance(select, KnownRowSelect) and not self.instance._state.adding:
                select.row = getattr(self.instance, name)


class LintedInlineForm(LintedForm, InlineForm):
    pass


class RowInline(LintedInline, admin.TabularInline):
    """A table of rows."""

    form: type[forms.ModelForm] = LintedInlineForm
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).fetch_mode(models.FETCH_PEERS)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = KnownRowSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def name_of_episode(self, episode: Episode) -> str:
        return str(episode.number)


class AliasForm(InlineForm):
    class Meta:
        widgets = {"language": forms.TextInput(attrs={"size": 2})}


class AliasFormSet(BaseInlineFormSet):
    lint: Lint

    def clean(self) -> None:
        """Check the names as a whole, and have the linter compare the texts of the form with them."""
        super().clean()
        kept = [form for form in self.forms if not self._should_delete_form(form)]  # type: ignore[attr-defined]
        if any(form.errors for form in kept) or self.instance.revealed_in_id is None:
            return
        filled = [form for form in kept if form.cleaned_data]
        rows = [form.cleaned_data for form in filled]
        headlines = {row["revealed_in"].number for row in rows if row["headline"]}
        check_headlines(self.instance.revealed_in_id, headlines)
        self.lint.replace_names([form.instance for form in filled], instead_of=self.get_queryset())
        for form in filled:
            self.lint.check(form)


class AliasInline(RowInline):
    model = Alias
    form = AliasForm
    formset = AliasFormSet

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1  # a new subject needs a name

    fields = ["name", "kind", "language", "headline", "common_word", "revealed_in"]


class TraitForm(LintedInlineForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Summaries are long, and all else is a few words.
        attrs = self.fields["value"].widget.attrs | {"cols": 60, "rows": 2 + len(self.instance.value) // 60}
        self.fields["value"].widget = forms.Textarea(attrs)


class TraitInline(RowInline):
    model = Trait
    form = TraitForm
    fields = ["attribute", "value", "revealed_in"]


class MembershipInline(RowInline):
    model = Membership
    autocomplete_fields = ["character", "faction"]
    fields = ["character", "faction", "role", "revealed_in", "ended_in"]
    classes = ["collapse"]


class TagInline(RowInline):
    """The tags of a subject; each kind of subject has a model of its own for them."""

    autocomplete_fields = ["tag"]
    fields = ["tag", "revealed_in", "ended_in"]
    verbose_name = "tag"
    classes = ["collapse"]


def tag_inline(kind: Kind) -> type[TagInline]:
    """Return the inline for the tags of a kind of subject."""
    return type(f"{kind.model.__name__}TagInline", (TagInline,), {"model": tagging_of(kind)})


class RelationshipInline(RowInline):
    model = Relationship
    fk_name = "source"
    autocomplete_fields = ["target"]
    fields = ["kind", "target", "certainty", "revealed_in", "ended_in"]
    verbose_name_plural = "relationships from this side"
    classes = ["collapse"]


class RelationshipToInline(RowInline):
    model = Relationship
    fk_name = "target"
    autocomplete_fields = ["source"]
    fields = ["source", "kind", "certainty", "revealed_in", "ended_in"]
    verbose_name_plural = "relationships from the other side"
    classes = ["collapse"]


class UnmaskingInline(RowInline):
    model = Unmasking
    fk_name = "persona"
    autocomplete_fields = ["identity"]
    fields = ["identity", "revealed_in"]
    verbose_name = "who this turns out to be"


class UnmaskingOfInline(RowInline):
    model = Unmasking
    fk_name = "identity"
    autocomplete_fields = ["persona"]
    fields = ["persona", "revealed_in"]
    verbose_name_plural = "masks this one has worn"


class PortraitInline(LintedInline, admin.StackedInline):
    model = Portrait
    form = LintedForm
    extra = 0
    fields = ["image", "alt_text", "caption", "credit", "licence", "revealed_in"]
    formfield_overrides = {
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 90})},
        models.ImageField: {"form_class": PictureField},
    }
