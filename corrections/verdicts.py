"""What a moderator fills in: a decision for each change, and the values as they are to be published."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core import signing
from django.db import models

from episodes.models import Episode

from . import rows
from .apply import Verdict
from .models import Change
from .reading import EMPTY, Names, ReadChange
from .rows import Editable, Json

ACCEPT, REJECT, LEAVE = "accept", "reject", "leave"
REASONS = (
    "There is no source for it.",
    "It is told in a later episode; please say in which.",
    "It is there already, in other words.",
    "It is a guess, and the show does not say so.",
    "It names what is revealed later.",
    "It is not about the show.",
)
SALT = "corrections.seen"
VALUE = "value-"


class CommentForm(forms.Form):
    comment = forms.CharField(
        required=False, max_length=2000, label="To the author and the other moderators",
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class ChangeForm(forms.Form):
    """One change. Whoever alters a value and accepts publishes it as altered; a change of one field has one value."""

    use_required_attribute = False
    decision = forms.ChoiceField(
        choices=[(ACCEPT, "Accept"), (REJECT, "Reject"), (LEAVE, "Leave undecided")],
        widget=forms.RadioSelect, initial=LEAVE, required=False,
    )  # fmt: skip
    why = forms.CharField(
        required=False, max_length=1000, label="Why not",
        widget=forms.TextInput(attrs={"list": "reasons", "placeholder": "The reason; the author reads it"}),
    )  # fmt: skip
    over = forms.BooleanField(required=False, label="Accept it over what stands there now")
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    # An unticked box sends nothing; this one says that the values were there to be altered.
    shown = forms.BooleanField(required=False, widget=forms.HiddenInput, initial=True)

    def __init__(self, read: ReadChange, names: Names, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, prefix=str(read.change.pk), initial={"seen": _seal(read.there)})
        self.read = read
        self.kind = rows.editable(read.change.model)
        self.before = _values(read.change)
        for name in self.before:
            if (value_field := field_for(self.kind, name, self.before[name], names)) is not None:
                self.fields[VALUE + name] = value_field
        if not read.can_be_forced:
            del self.fields["over"]

    @property
    def value_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(VALUE)]

    @property
    def is_altered(self) -> bool:
        return self.is_bound and bool(self._altered())

    def _altered(self) -> dict[str, Json]:
        """The values that are not as they were proposed."""
        if not self.cleaned_data.get("shown"):
            return {}
        values = {name: self._json(name) for name in self.before if VALUE + name in self.cleaned_data}
        return {name: value for name, value in values.items() if value != self._tidy(name, self.before[name])}

    def _json(self, name: str) -> Json:
        value, of = self.cleaned_data[VALUE + name], self.kind.field(name)
        if of.is_relation and not of.many_to_many:
            return rows.plain(of, of.target_field.to_python(value)) if value else None
        return self._tidy(name, rows.plain(of, value))

    def _tidy(self, name: str, value: Json) -> Json:
        """Browsers send other line ends than they were given, and forms strip what stands around a text."""
        if isinstance(value, str):
            return value.replace("\r\n", "\n").strip()
        return sorted(value) if self.kind.field(name).many_to_many else value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["decision"] = cleaned.get("decision") or LEAVE
        if cleaned["decision"] != ACCEPT or not cleaned.get("shown"):
            for name in [name for name in self._errors if name.startswith(VALUE)]:  # type: ignore[attr-defined]
                del self._errors[name]  # type: ignore[attr-defined]
        if cleaned["decision"] == REJECT and not cleaned.get("why"):
            self.add_error("why", "A rejection needs a reason: it is what the contributor learns from.")
        if cleaned["decision"] == LEAVE and self._altered():
            self.add_error("decision", "You have altered it: accept it as altered, or put back what was there.")
        return cleaned

    def verdict(self) -> Verdict | None:
        decision, why = self.cleaned_data["decision"], self.cleaned_data.get("why", "")
        if decision == LEAVE:
            return None
        if decision == REJECT:
            return Verdict(accept=False, why=why)
        altered = self._altered()
        change = self.read.change
        final = next(iter(altered.values()), None) if change.path else (change.wanted or {}) | altered
        try:
            over, seen = bool(self.cleaned_data.get("over")), signing.loads(self.cleaned_data["seen"], salt=SALT)
        except signing.BadSignature:
            over, seen = False, None
        return Verdict(accept=True, why=why, final=final, altered=bool(altered), over=over, seen=seen)


def _seal(there: Json) -> str:
    return signing.dumps(there, salt=SALT, compress=True)


def _values(change: Change) -> dict[str, Json]:
    """What can be altered before it is accepted."""
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
        if name in given or not callable(kind.field(name).default)  # a new random one each time
    }


def field_for(kind: Editable, name: str, value: Json, names: Names) -> forms.Field | None:
    """As the model's own form would have it; what it points to may come with the same correction."""
    of: Any = kind.field(name)
    if name in kind.files:
        return None
    label = str(of.verbose_name).capitalize()
    if of.is_relation:
        target = rows.editable(of.related_model._meta.label_lower)
        keys = value if isinstance(value, list) else [] if value is None else [str(value)]
        choices = _with(names.choices(target), keys, names, target)
        if of.many_to_many:
            return forms.MultipleChoiceField(choices=choices, required=not of.blank, initial=keys, label=label)
        if of.related_model is Episode:
            choices = [(key, key) for key, _ in choices]
        optional = [("", EMPTY)] if of.null else []
        initial = keys[0] if keys else ""
        return forms.ChoiceField(choices=[*optional, *choices], required=not of.null, initial=initial, label=label)
    found = of.formfield(initial=value, label=label)
    if isinstance(of, models.TextField) and not of.choices:
        found.widget = forms.Textarea(attrs={"rows": min(14, 2 + len(str(value or "")) // 70)})
    found.help_text = ""
    return found


def _with(choices: list[tuple[str, str]], keys: Iterable[str], names: Names, kind: Editable) -> list[tuple[str, str]]:
    """And what is chosen now, whatever it is."""
    there = {key for key, _ in choices}
    return [*choices, *((key, names.name(kind, key)) for key in keys if key not in there)]


def forms_for(
    read: Iterable[ReadChange], names: Names, data: Mapping[str, Any] | None = None
) -> dict[UUID, ChangeForm]:
    """Of all that is not decided."""
    return {
        each.change.pk: ChangeForm(each, names, data)
        for each in read
        if each.change.decision == Change.Decision.PENDING
    }


def again(data: Any, read: Iterable[ReadChange]) -> Any:
    """What was typed, to be shown again; a tick over what has changed since does not hold for what is there now."""
    typed = data.copy()
    for each in read:
        prefix = str(each.change.pk)
        try:
            seen = signing.loads(typed.get(f"{prefix}-seen", ""), salt=SALT)
        except signing.BadSignature:
            seen = None
        if seen != each.there:
            typed.pop(f"{prefix}-over", None)
        typed[f"{prefix}-seen"] = _seal(each.there)
    return typed
