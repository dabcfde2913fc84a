"""One field of many rows at once, from a list of the admin, as one correction."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import BaseModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from characters.admin.lint import SAVE_ALL_THE_SAME
from characters.kinds import Kind, kind_of, prose_of
from characters.moderation.nameable import NameableSubjects
from corrections import rows
from corrections.desk.discretion import told
from corrections.editing import Base, SaveRefused
from corrections.models import Change, Correction
from corrections.rows import Json
from corrections.sending import Proposed
from corrections.trial import MOST_TRIED, try_out
from corrections.wording import RowNames, value_in_words
from episodes.horizon import horizon_of, sees_both_axes, sees_up_to

from .horizon import spoiler_error_within
from .previews import DO, PreviewedChange

ACTION = "change_one_field"
FIELD, VALUE, HOW = "_field", "value", "_how"
OF_ONE_ROW = (  # never the same for many
    "key", "public_id", "slug", "position", "label", "title", "native_title",
)  # fmt: skip
ADD, TAKE_OUT = "add", "take-out"


def fields_for_many(kind: Kind, horizon: int | None = None, *, on_both: bool = False) -> list[str]:
    """Return the fields of a kind that can be the same for many rows. Ends may lie beyond a horizon; places on a second
    axis are for who sees all of it.
    """
    editable = rows.editable(kind.label)
    alone = {*OF_ONE_ROW, *editable.files, *prose_of(kind), *kind.owners}
    alone |= set() if horizon is None else {"ended_in"}
    alone |= set() if on_both else {*rows.ON_THE_SECOND_AXIS}
    return [name for name in kind.fields if name not in alone and not editable.field(name).unique]


class FieldForm(forms.Form):
    """Which field is changed; of a list, whether something is added to it or taken out."""

    def __init__(self, data: Any, kind: Kind, horizon: int | None, *, on_both: bool) -> None:
        super().__init__(data)
        editable = rows.editable(kind.label)
        labels = {name: editable.name_of(name) for name in fields_for_many(kind, horizon, on_both=on_both)}
        choices = [("", "–"), *labels.items()]
        self.fields[FIELD] = forms.ChoiceField(choices=choices, label="Field")

    @property
    def chosen(self) -> str:
        return str(self.cleaned_data[FIELD]) if self.is_valid() else ""


class ChangesOneField(BaseModelAdmin):
    """Lets one field be changed in the rows that are chosen in a list."""

    @admin.action(description="Change one field…", permissions=["change"])
    def change_one_field(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        """Ask for a field and its value, show what changes, and send it as one correction."""
        if chosen.count() > MOST_TRIED:
            messages.warning(request, f"Nothing was changed: choose at most {MOST_TRIED} at once.")
            return None
        return _ChangeOfMany(self, request, list(chosen)).answer()


class _ChangeOfMany(PreviewedChange):
    """What one request asks to change."""

    template = "admin/change_one_field.html"

    def __init__(self, model_admin: Any, request: HttpRequest, chosen: list[Any]) -> None:
        super().__init__(request, request.path)
        self.model_admin, self.chosen = model_admin, chosen
        self.kind = kind_of(model_admin.model)
        self.editable = rows.editable(self.kind.label)
        is_asked = FIELD in request.POST
        self.which = FieldForm(
            request.POST if is_asked else None, self.kind, horizon_of(request), on_both=sees_both_axes(request)
        )
        self.name = self.which.chosen if is_asked else ""
        self.is_list = self.name in self.editable.many
        self.value = self._value_form() if self.name else None
        self.warnings: list[Any] = []

    def _value_form(self) -> forms.Form:
        field: Any = self.model_admin.formfield_for_dbfield(self.editable.field(self.name), self.request)
        field.widget = getattr(field.widget, "widget", field.widget)  # without links to add others
        field.required = field.required or self.is_list
        data = self.request.POST if DO in self.request.POST else None
        form = forms.Form(data)
        form.fields[VALUE] = field
        if self.is_list:
            form.fields[HOW] = forms.ChoiceField(
                choices=[(ADD, "Add them"), (TAKE_OUT, "Take them out")],
                initial=ADD,
                label="",
                widget=forms.RadioSelect,
            )
        return form

    def is_ready(self) -> bool:
        return self.value is not None and self.value.is_bound and self.value.is_valid()

    # What changes

    def _proposed(self) -> Iterator[Proposed]:
        after_of = self._wanted()
        for row in self.chosen:
            before = self.base.get(rows.reference(row), {}).get(self.name, rows.value_of(row, self.name))
            if (after := after_of(before)) != before:
                yield Proposed(Change.Action.SET, self.kind.label, str(row.pk), self.name, before, after)

    def _wanted(self) -> Callable[[Json], Json]:
        """Return what makes of a value the one that is asked for."""
        given = self.value.cleaned_data if self.value else {}
        if not self.is_list:
            row = self.model_admin.model(**{self.name: given[VALUE]})
            wanted = rows.value_of(row, self.name)
            return lambda before: wanted
        keys = {str(each.pk) for each in given[VALUE]}
        if given[HOW] == ADD:
            return lambda before: sorted({*before} | keys)
        return lambda before: sorted({*before} - keys)

    def send(self) -> str:
        proposed = list(self._proposed())
        opts = self.model_admin.opts
        rows_changed = f"{len(proposed)} {opts.verbose_name if len(proposed) == 1 else opts.verbose_name_plural}"
        self.send_changes(proposed, what=f"{self.editable.name_of(self.name)} of {rows_changed}", check=self._try)
        return self.request.get_full_path()

    def _try(self, correction: Correction) -> None:
        """Refuse what could not be applied, and ask about what texts would say too early."""
        horizon = horizon_of(self.request)
        trial = try_out(correction, sees_up_to(self.request))
        problems = [text for texts in trial.problems.values() for text in texts]
        self.warnings = [
            spoiler_error_within(horizon, each.text, (each.episode, each.also), each.url, each.claim)
            for warnings in trial.warnings.values()
            for each in warnings
        ]
        if problems or (self.warnings and SAVE_ALL_THE_SAME not in self.request.POST):
            raise SaveRefused(told(list(dict.fromkeys(problems)), horizon))

    # The page

    def values_shown(self) -> Base:
        return {rows.reference(row): {self.name: rows.value_of(row, self.name)} for row in self.chosen if self.name}

    def shown(self, *, is_ready: bool) -> dict[str, Any]:
        names = RowNames(sees_up_to(self.request))
        changed = {each.row: each for each in self._proposed()} if is_ready else {}
        speaker = NameableSubjects(sees_up_to(self.request))
        called = {str(row.pk): self._called(row, speaker) for row in self.chosen}
        says = {str(row.pk): self._says(row, speaker) for row in self.chosen}
        return {
            "title": "Change one field",
            "opts": self.model_admin.opts,
            "chosen_name": ACTION_CHECKBOX_NAME,
            "chosen": self.chosen,
            "action": ACTION,
            "which": self.which,
            "field": self.name,
            "field_name": FIELD,
            "value": self.value,
            "lines": [
                (called[key], says[key], self._in_words(each.before, names), self._in_words(each.after, names))
                for key, each in changed.items()
            ],
            "unchanged": [name for key, name in called.items() if key not in changed],
            "warnings": self.warnings,
            "save_all_the_same": SAVE_ALL_THE_SAME,
            "media": self.model_admin.media + (self.value.media if self.value else forms.Media()),
        }

    def _called(self, row: Any, speaker: NameableSubjects) -> str:
        """Return what a row is called: one with a text by the list's first column that leads to it."""
        if not prose_of(self.kind):
            return self._title(row, speaker)
        name = self.model_admin.get_list_display_links(self.request, self.model_admin.list_display)[0]
        shown = getattr(self.model_admin, name, None)
        return str(shown(row) if callable(shown) else getattr(row, name))

    def _says(self, row: Any, speaker: NameableSubjects) -> str:
        """Return the text of a row that has one, as its key alone does not tell what is changed."""
        return self._title(row, speaker) if prose_of(self.kind) else ""

    def _title(self, row: Any, speaker: NameableSubjects) -> str:
        return str(self.kind.title(rows.single_values(self.editable, row), speaker))

    def _in_words(self, value: Json, names: RowNames) -> str:
        return value_in_words(self.editable, self.name, value, names)
