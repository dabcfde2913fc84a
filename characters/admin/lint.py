"""Admin forms whose texts the spoiler linter checks."""

from collections.abc import Iterable, Iterator
from functools import cached_property, partial
from typing import Any, cast

from django import forms
from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst

from characters.kinds import KINDS
from characters.moderation.nameable import read_typed
from characters.spoilers.linter import (
    Finding,
    KnownName,
    LintedText,
    Vocabulary,
    findings_in,
    names_on_the_second_axis,
    texts_on_the_second_axis,
)
from characters.spoilers.rows import name_of_row, names_in_database, texts_of_row
from corrections.editing import NoPopupsWithoutPublishing, WriteDoorAdmin
from episodes.admin import WithEpisodes
from episodes.axes import reaching
from episodes.choices import ReadsMentions
from episodes.horizon import horizon_of
from episodes.known import is_reached

from .horizon import HorizonForm, KnownRows, WithinHorizon, spoiler_error_within

SAVE_ALL_THE_SAME = "_save_all_the_same"


class Lint:
    """Collects what the texts of one form say too early. The names are read once, and only if there is a text."""

    def __init__(self, *, confirmed: bool, horizon: int | None) -> None:
        self.confirmed, self.horizon = confirmed, horizon
        self.findings: list[Finding] = []
        self._names: list[Any] = []
        self._replaced: set[Any] = set()

    def replace_names(self, names: list[Any], *, instead_of: Iterable[Any]) -> None:
        """Take the names of the form instead of those in the database, as they are saved together with the texts."""
        self._names = names
        self._replaced = {row.pk for row in instead_of}

    @cached_property
    def names(self) -> list[KnownName]:
        return [*names_in_database(without=self._replaced), *map(name_of_row, self._names)]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.names)

    @cached_property
    def second_vocabulary(self) -> Vocabulary:
        return Vocabulary(names_on_the_second_axis(self.names))

    def check(self, form: forms.ModelForm) -> None:
        """Note what a form says too early, as errors unless the editor has confirmed to save it all the same."""
        for finding in self._findings_in(list(texts_of_row(form.instance))):
            self.findings.append(finding)
            if not self.confirmed:
                form.add_error(finding.field, self.error(finding))

    def _findings_in(self, texts: list[LintedText]) -> Iterator[Finding]:
        """Yield what texts say too early on either axis by itself; what is said too early on both, once."""
        said = set()
        for text in texts:
            for finding in findings_in(text, self.vocabulary):
                said.add((finding.field, finding.words))
                yield finding
        for text in texts_on_the_second_axis(texts):
            for finding in findings_in(text, self.second_vocabulary):
                if (finding.field, finding.words) not in said:
                    yield finding

    def error(self, finding: Finding) -> str:
        """Return the error message for a finding; it does not name what comes after the horizon."""
        places = finding.known_from, finding.also_from
        return spoiler_error_within(self.horizon, finding.words, places, finding.revealed_by.url, finding.claim)

    def shown(self) -> list[tuple[Finding, bool]]:
        """Return the findings in texts that the editor may know, and of each whether they know the name, too."""
        horizon = self.horizon
        if horizon is None:
            return [(each, True) for each in self.findings]
        told = (each for each in self.findings if is_reached(each.known_in, horizon))
        return [(each, is_reached(each.known_from, horizon)) for each in told]

    def check_texts_beside(self, subject: models.Model, names: Iterable[Any]) -> None:
        """Note what the saved texts of a subject say too early once it has these names; raise unless confirmed."""
        own = list(map(name_of_row, names))
        texts = list(_texts_of(subject))
        said = [*_said_of(own, texts, self.vocabulary)]
        if second := texts_on_the_second_axis(texts):
            said += _said_of(names_on_the_second_axis(own), second, self.second_vocabulary)
        self.findings += said
        if said and not self.confirmed:
            raise ValidationError("A text of it says one of these names too early; see above.")


def _said_of(names: list[KnownName], texts: list[LintedText], vocabulary: Vocabulary) -> Iterator[Finding]:
    """Yield what texts say too early by words of some of the names."""
    mine = Vocabulary(names)
    for text in texts:
        if words := {each.words for each in findings_in(text, mine)}:
            yield from (finding for finding in findings_in(text, vocabulary) if finding.words in words)


def _texts_of(subject: models.Model) -> Iterator[LintedText]:
    """Yield the saved texts in the rows that belong to a subject or connect it with others."""
    if subject._state.adding:
        return
    for kind in KINDS:
        for name in kind.owners + kind.connects:
            if kind.texts and kind.related_model(name) is type(subject):
                for row in kind.model._base_manager.filter(**{name: subject}).select_related(name):
                    yield from texts_of_row(row)


def lint_of(request: HttpRequest) -> Lint:
    """Return the findings of a request, which all its forms share."""
    if not hasattr(request, "lint"):
        request.lint = Lint(confirmed=SAVE_ALL_THE_SAME in request.POST, horizon=horizon_of(request))  # type: ignore[attr-defined]
    return cast(Lint, request.lint)  # type: ignore[attr-defined]


class LintedForm(ReadsMentions, HorizonForm):
    """A form whose texts the linter checks once they are valid."""

    lint: Lint  # of the request that the class is made for

    def _post_clean(self) -> None:
        if (episode := self._episode()) is not None:
            self.read_mentions(partial(read_typed, reaching(0, episode)))
        super()._post_clean()
        if not self.errors and not self.cleaned_data.get("DELETE"):
            self.lint.check(self)

    def _episode(self) -> int | None:
        """Return from which episode on the texts are known, as the form says."""
        revealed_in = self.cleaned_data.get("revealed_in")
        number: int | None = revealed_in.number if revealed_in else self.cleaned_data.get("number")
        return getattr(self.instance, "known_in", None) if number is None else number


class LintedAdmin(WithinHorizon, WriteDoorAdmin):
    """A model with texts: what they say too early has to be confirmed before it is saved."""

    form: type[forms.ModelForm] = LintedForm
    change_form_template = "admin/linted_form.html"

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.lint = lint_of(request)
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        names = {"lint": lint_of(request), "save_all_the_same": SAVE_ALL_THE_SAME}
        return super().render_change_form(request, context | names, *args, **kwargs)


class LintedInline(KnownRows, WithEpisodes, NoPopupsWithoutPublishing, InlineModelAdmin):
    """Rows whose texts the linter checks together with the form that they are in."""

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj else 0

    def get_formset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, *args, **kwargs)
        formset.lint = formset.form.lint = lint_of(request)
        formset.form.horizon = horizon_of(request)
        formset.deletion_widget = forms.CheckboxInput(attrs={"aria-label": "Delete"})
        return formset

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return a field with a label for screen readers, as the heading of a column is none."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            getattr(field.widget, "widget", field.widget).attrs.setdefault("aria-label", capfirst(field.label))
        return field
