"""The form on the page of a correction: a verdict on each change, and the values as they are to be published."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial, reduce
from typing import Any
from uuid import UUID

from django import forms
from django.core import signing
from django.db import models
from django.http import QueryDict

from corrections import rows
from corrections.deciding import REASON_NEEDED, Verdict
from corrections.models import Change, Correction
from corrections.rows import Editable, Json
from corrections.trial import names_of_additions
from corrections.wording import EMPTY, RowNames
from episodes.axes import Progress, is_on_second_axis, second_of
from episodes.choices import ReadsMentions
from episodes.models import Episode
from episodes.texts import ProseInForm
from episodes.units import named, worded

from .clearance import Clearance
from .named_rows import MOST_LISTED, NamedRowField
from .review import ChangeWithRow, with_rows

ACCEPT, REJECT, LEAVE = "accept", "reject", "leave"
REASONS = (
    "There is no source for it.",
    worded("It is revealed in a later {one}. Please say in which one."),
    "It is already there in other words.",
    "It is a guess, and the show does not say so.",
    "It mentions something that is revealed later.",
    "It is not about the show.",
)
SALT = "corrections.seen"
VALUE = "value-"
PLACES = (("revealed_in", "known_in"), ("also_in", "also_known_in"))  # and by which a row says them


class CommentForm(forms.Form):
    comment = forms.CharField(
        required=False, max_length=2000, label="To the author and the other moderators",
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class VerdictForm(ReadsMentions, forms.Form):
    """The verdict on one change. A value that is edited and accepted is published as edited."""

    use_required_attribute = False
    decision = forms.ChoiceField(
        choices=[(ACCEPT, "Accept"), (REJECT, "Reject"), (LEAVE, "Leave undecided")],
        widget=forms.RadioSelect, initial=LEAVE, required=False,
    )  # fmt: skip
    why = forms.CharField(
        required=False, max_length=1000, label="Reason for a rejection",
        widget=forms.TextInput(attrs={"list": "reasons", "placeholder": "The reason; the author reads it"}),
    )  # fmt: skip
    over = forms.BooleanField(required=False, label="Accept it and replace what is there now")
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    # A checkbox that is not ticked sends nothing; this field tells whether the values were in the form.
    shown = forms.BooleanField(required=False, widget=forms.HiddenInput, initial=True)

    def __init__(
        self,
        each: ChangeWithRow,
        names: RowNames,
        data: Mapping[str, Any] | None = None,
        written: Callable[[int, str], str] = lambda _, text: text,
    ) -> None:
        super().__init__(data, prefix=str(each.change.pk), initial={"seen": _signed(each.current)})
        self.change, self.row, self.progress = each.change, each.row, names.episode
        self.kind = rows.editable(self.change.model)
        self.proposed = _editable_values(self.change)
        self.shown_texts: dict[str, str] = {}  # with names for keys
        for name in self.proposed:
            if (value_field := field_for(self.kind, name, self.proposed[name], names)) is not None:
                self.fields[VALUE + name] = value_field
                text = self.proposed[name]
                if isinstance(value_field, ProseInForm) and isinstance(text, str):
                    since = self._reader(self.proposed)
                    if since is not None:
                        value_field.initial = self.shown_texts[name] = written(since, text)
        if not each.can_be_overridden:
            del self.fields["over"]

    @property
    def value_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(VALUE)]

    @property
    def is_altered(self) -> bool:
        return self.is_bound and bool(self._altered())

    def _altered(self) -> dict[str, Json]:
        """Return the values that differ from the proposed ones."""
        if not self.cleaned_data.get("shown"):
            return {}
        values = {name: self._json(name) for name in self.proposed if VALUE + name in self.cleaned_data}
        return {name: value for name, value in values.items() if value not in self._left_alone(name)}

    def _left_alone(self, name: str) -> list[Json]:
        """Return the values that a field has where nobody edited it."""
        shown = self.shown_texts.get(name)
        return [self._normalised(name, each) for each in (self.proposed[name], *([] if shown is None else [shown]))]

    def _reader(self, values: Mapping[str, Any]) -> int | None:
        """Return the progress at which texts of the row name people: that of its place, as the moderator knows it."""
        first, second = (self._place(values, *names) for names in PLACES)
        if self.row is None and "revealed_in" not in values:
            first = 0
        return rows.reader_of_row(first, second, self.progress)

    def _place(self, values: Mapping[str, Any], name: str, known: str) -> int | None:
        place = f"{values[name] if name in values else getattr(self.row, known, None)}"
        return int(place) if place.isdecimal() else None

    def _json(self, name: str) -> Json:
        value, field = self.cleaned_data[VALUE + name], self.kind.field(name)
        if field.is_relation and not field.many_to_many:
            return rows.plain(field, field.target_field.to_python(value)) if value else None
        return self._normalised(name, rows.plain(field, value))

    def _normalised(self, name: str, value: Json) -> Json:
        """Return a value without the differences that a form makes: browsers change line ends, forms strip texts."""
        if isinstance(value, str):
            return value.replace("\r\n", "\n").strip()
        return sorted(value) if self.kind.field(name).many_to_many else value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["decision"] = cleaned.get("decision") or LEAVE
        if cleaned["decision"] != ACCEPT or not cleaned.get("shown"):
            for name in [name for name in self.errors if name.startswith(VALUE)]:
                del self.errors[name]
        else:
            self._read_names()
        if cleaned["decision"] == REJECT and not cleaned.get("why"):
            self.add_error("why", REASON_NEEDED)
        if cleaned["decision"] == LEAVE and self._altered():
            self.add_error("decision", "You have altered this change. Accept it, or restore the proposed value.")
        return cleaned

    def _read_names(self) -> None:
        """Put keys for the names in the texts, as far as they are known in the episode of the row."""
        typed = {name.removeprefix(VALUE): value for name, value in self.cleaned_data.items() if name.startswith(VALUE)}
        reader = self._reader(typed)
        if reader is None:
            return
        for read in rows.text_readers:
            self.read_mentions(partial(read, reader))

    def verdict(self) -> Verdict | None:
        """Return the verdict, or None if the change is left undecided."""
        decision, why = self.cleaned_data["decision"], self.cleaned_data.get("why", "")
        if decision == LEAVE:
            return None
        if decision == REJECT:
            return Verdict(accept=False, why=why)
        altered = self._altered()
        final = next(iter(altered.values()), None) if self.change.path else (self.change.wanted or {}) | altered
        try:
            override = bool(self.cleaned_data.get("over"))
            seen = signing.loads(self.cleaned_data["seen"], salt=SALT)
        except signing.BadSignature:
            override, seen = False, None
        return Verdict(accept=True, why=why, final=final, altered=bool(altered), override=override, seen=seen)


def _signed(current: Json) -> str:
    return signing.dumps(current, salt=SALT, compress=True)


def _editable_values(change: Change) -> dict[str, Json]:
    """Return the values that a moderator can edit before accepting a change."""
    if change.action == Change.Action.SET:
        return {change.path: change.wanted}
    if change.action == Change.Action.REMOVE:
        return {}
    kind = rows.editable(change.model)
    blank = kind.model()
    given = change.wanted or {}
    return {
        name: given[name] if name in given else [] if name in kind.many else rows.value_of(blank, name)
        for name in kind.fields
        if name in given or not callable(kind.field(name).default)  # such a default is random, as a public id
    }


def field_for(kind: Editable, name: str, value: Json, names: RowNames) -> forms.Field | None:
    """Return a form field like that of the model's own form, which also offers rows of the same correction."""
    field: Any = kind.field(name)
    if name in kind.files:
        return None
    label = str(field.verbose_name).capitalize()
    if field.is_relation:
        return _choice_field(field, value, names, label)
    form_field: forms.Field = field.formfield(initial=value, label=label)
    if isinstance(field, models.TextField) and not field.choices:
        form_field.widget = forms.Textarea(attrs={"rows": min(14, 2 + len(str(value or "")) // 70)})
    form_field.help_text = ""
    return form_field


def _choice_field(field: Any, value: Json, names: RowNames, label: str) -> forms.Field | None:
    target = rows.editable(field.related_model._meta.label_lower)
    keys = value if isinstance(value, list) else [] if value is None else [str(value)]
    choices = names.choices(target)
    offered = {key for key, _ in choices}
    choices += [(key, f"{names.name(target, key)}") for key in keys if key not in offered]
    if len(choices) > MOST_LISTED and field.related_model is not Episode:
        return NamedRowField(
            choices=choices, suggestions=f"names-of-{target.model._meta.model_name}", many=field.many_to_many,
            required=not (field.blank if field.many_to_many else field.null), label=label,
            initial=keys if field.many_to_many else (keys[0] if keys else ""),
            help_text="One name in a line." if field.many_to_many else "",
        )  # fmt: skip
    if field.many_to_many:
        return forms.MultipleChoiceField(choices=choices, required=not field.blank, initial=keys, label=label)
    if field.related_model is Episode:
        choices = _places_to_choose(field.name, [key for key, _ in choices])
        if not (choices or keys):
            return None
    optional = [("", EMPTY)] if field.null else []
    initial = keys[0] if keys else ""
    return forms.ChoiceField(choices=[*optional, *choices], required=not field.null, initial=initial, label=label)


def _places_to_choose(field: str, places: list[str]) -> list[tuple[str, str]]:
    """Return the places that a field of a row offers: that for the second axis those of it alone, or none."""
    chapters = [place for place in places if is_on_second_axis(int(place))]
    offered = chapters if field in rows.ON_THE_SECOND_AXIS else places
    return [(place, named(int(place)) if is_on_second_axis(int(place)) else place) for place in offered]


def has_fields(data: Mapping[str, Any], change: Change) -> bool:
    """Return whether the form of a change is in what was posted: a large correction is decided in parts."""
    return f"{change.pk}-decision" in data or f"{change.pk}-shown" in data


def forms_for(
    changes: Iterable[ChangeWithRow], names: RowNames, data: Mapping[str, Any] | None = None
) -> dict[UUID, VerdictForm]:
    """Return a form for each change that is not decided; it is filled in where its fields are in the data."""

    @cache
    def writers(episode: int, second: int) -> list[Callable[[str], str]]:
        return [writer_at(Progress(episode, second)) for writer_at in rows.text_writers]

    def written(reader: int, text: str) -> str:
        return reduce(lambda so_far, write: write(so_far), writers(int(reader), second_of(reader)), text)

    return {
        each.change.pk: VerdictForm(each, names, data if data and has_fields(data, each.change) else None, written)
        for each in changes
        if each.change.decision == Change.Decision.PENDING
    }


def posted_forms(
    correction: Correction, clearance: Clearance, changes: Sequence[Change], posted: QueryDict
) -> dict[UUID, VerdictForm]:
    """Return the forms for those of these changes that were posted, as a moderator filled them in."""
    changes = [change for change in changes if has_fields(posted, change)]
    episode = clearance.latest_preview(correction)
    return forms_for(with_rows(changes), RowNames(episode, names_of_additions(changes, episode)), posted)


def to_show_again(data: Any, reviews: Iterable[ChangeWithRow]) -> Any:
    """Return posted data to fill the form in again. Overriding a conflict is unticked if the row changed since."""
    posted = data.copy()
    for each in reviews:
        if not has_fields(posted, each.change):
            continue
        prefix = str(each.change.pk)
        try:
            seen = signing.loads(posted.get(f"{prefix}-seen", ""), salt=SALT)
        except signing.BadSignature:
            seen = None
        if seen != each.current:
            posted.pop(f"{prefix}-over", None)
        posted[f"{prefix}-seen"] = _signed(each.current)
    return posted
