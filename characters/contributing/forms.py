"""The forms of a correction: a row that is there, a new row, and the letter."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError

from characters.lore import naming
from characters.lore.knowledge import Knowledge
from characters.lore.parts import FIELDS, NAMES, CorrectablePage, Part, tag_ids
from characters.pictures import files
from corrections import rows
from corrections.letter import Letter
from corrections.models import MOST_EVIDENCE, Correction
from corrections.rows import Values
from corrections.sending import Proposed
from episodes.models import valid_time

from . import changes
from .fields import ListOfNames, Name, Text, episodes, field_of

KEPT = "rougedb.kept-upload"

type MayUpload = Callable[[], bool]


def is_owned(model: str) -> bool:
    """Whether it is a row of the page's own; others name both ends."""
    return model.endswith((".alias", ".trait", ".portrait", "tag"))


class RowForm(forms.Form):
    """The fields of one row, with names for keys."""

    use_required_attribute = False

    def __init__(self, model: str, knowledge: Knowledge, **options: Any) -> None:
        super().__init__(**options)
        self.model, self.knowledge, self.kind = model, knowledge, rows.editable(model)
        self.known: dict[str, naming.Known] = {}
        for name in self.offered():
            self.fields[name] = field_of(self.kind, name, knowledge)

    def offered(self) -> Iterable[str]:
        return FIELDS[self.model]

    def clean(self) -> dict[str, Any]:
        told = {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}
        asked: set[str] = set()
        for name, value in told.items():
            if isinstance(self.fields.get(name), ListOfNames):
                asked |= set(value.splitlines())
            elif isinstance(self.fields.get(name), Text):
                asked |= naming.names_in(value)
            elif isinstance(self.fields.get(name), Name):
                asked.add(value)
        self.known = naming.find(self.knowledge, asked) if asked else {}
        self.after: Values = {}
        for name, value in told.items():
            if name in self.kind.fields and name not in self.kind.files:
                try:
                    self.after[name] = self._stored(name, value)
                except ValidationError as error:
                    self.add_error(name, error)
        return self.cleaned_data

    def _stored(self, name: str, value: Any) -> Any:
        """As a change has it."""
        field, typed = self.kind.field(name), self.fields[name]
        if isinstance(typed, ListOfNames):
            return sorted({str(self._subject(each, field)) for each in value.splitlines()})
        if isinstance(typed, Text):
            return naming.written(value, self.known)
        if isinstance(typed, Name) and field.related_model._meta.model_name == "tag":
            tags = tag_ids(self.knowledge)
            if value not in tags:
                raise ValidationError("No tag that you know of is called that. If a new one is needed, say so below.")
            return tags[value]
        if isinstance(typed, Name):
            return str(self._subject(value, field))
        if isinstance(value, str):
            field.run_validators(value)
        return rows.plain(field, value)

    def _subject(self, name: str, field: Any) -> UUID:
        known = self.known.get(name)
        if known is None or known.kind != field.related_model._meta.model_name:
            raise ValidationError(f"Nobody that you know of goes by “{name}”, or more than one does.")
        return known.id


class PartForm(RowForm):
    """A row that is there."""

    remove = forms.BooleanField(required=False, label="It should go altogether")

    def __init__(self, part: Part, knowledge: Knowledge, **options: Any) -> None:
        self.part = part
        super().__init__(part.model, knowledge, prefix=part.ref, **options)
        self.order_fields([*self.offered(), "remove"])
        if not part.can_be_removed:
            del self.fields["remove"]

    def offered(self) -> Iterable[str]:
        return self.part.shown

    @property
    def seen(self) -> str:
        return str(self.data.get(f"{self.prefix}-seen", ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.seen != self.part.digest and self.changed_data:
            raise ValidationError(
                "This was changed while you were writing. What you wrote is still here; compare it, and send it again."
            )
        return cleaned

    @property
    def standing(self) -> list[tuple[str, str]]:
        """What stands there now, where something else was typed."""
        if not self.is_bound or self.seen == self.part.digest:
            return []
        return [
            (str(self.fields[name].label), str(self.part.shown[name] if self.part.shown[name] is not None else "–"))
            for name in self.changed_data
            if name in self.part.shown
        ]

    def proposed(self) -> list[Proposed]:
        if self.cleaned_data.get("remove"):
            removal = changes.asking_to_remove(self.knowledge, self.part)
            return [removal] if removal else []
        return changes.changing(self.part, self.after)


class NewForm(RowForm):
    """A row that is missing."""

    def __init__(
        self,
        model: str,
        page: CorrectablePage,
        knowledge: Knowledge,
        number: int,
        *,
        may_upload: MayUpload,
        **options: Any,
    ) -> None:
        self.page, self.may_upload = page, may_upload
        self.short = model.rpartition(".")[2]
        self.label = NAMES[model]
        super().__init__(model, knowledge, prefix=f"new{number}", **options)
        if self.is_owned and len(page.bearers) > 1:
            self.fields["whose"] = forms.ChoiceField(label="Whose", choices=page.bearers)
            self.order_fields(["whose"])
        if "revealed_in" in self.fields:
            # Without it a browser chooses the first episode of all where what was written before is not among them.
            since: Any = self.fields["revealed_in"]
            since.choices = [("", "Choose an episode"), *since.choices]
        if "image" in self.fields:
            self.fields["kept"] = forms.CharField(required=False, widget=forms.HiddenInput)
        presets = self._presets()
        for name, field in self.fields.items():
            if name in presets:
                field.initial = presets[name]

    @property
    def is_owned(self) -> bool:
        return is_owned(self.model)

    def _presets(self) -> dict[str, Any]:
        episode = self.knowledge.progress if self.page.episode is None else self.page.episode
        own = self.page.bearers[0][1] if self.page.bearers else ""
        presets = {"revealed_in": episode, "language": "en", "kind": "name", "certainty": "confirmed"}
        if not self.is_owned:
            presets |= {"characters": {"character": own, "characters": own, "source": own},
                        "factions": {"faction": own, "factions": own}}.get(self.page.kind, {})  # fmt: skip
            presets["persona"] = own
        if self.model == "characters.relationship":
            presets["kind"] = ""
        return presets

    def clean(self) -> dict[str, Any]:
        # All of it is new, what was preset too.
        self.__dict__["changed_data"] = list(self.fields)
        cleaned = super().clean()
        if "image" in self.fields:
            self._keep_picture()
        return cleaned

    def _keep_picture(self) -> None:
        """Out of the public's reach, so that it need not be chosen again when something else is wrong."""
        upload = self.cleaned_data.get("image")
        try:
            if not upload and not self._kept_before:
                self.add_error("image", "Please choose a picture.")
            elif not upload:
                self.after["image"] = self._kept_before
            elif self.may_upload():
                self.after["image"] = files.archive_upload(files.normalised(upload))
            else:
                self.add_error("image", "That makes too many pictures within an hour. Please send it a little later.")
        except ValidationError as error:
            self.add_error("image", error.messages)

    @cached_property
    def _kept_before(self) -> str:
        """What was kept when the form was sent before."""
        try:
            name = str(signing.loads(self.data.get(self.add_prefix("kept"), ""), salt=KEPT))
        except signing.BadSignature:
            return ""
        return name if files.is_kept(name) else ""

    @property
    def kept_upload(self) -> str:
        """What stands in for an upload that is kept already."""
        name = self.initial.get("image", "")
        if self.is_bound:
            name = getattr(self, "after", {}).get("image") or self._kept_before
        return signing.dumps(name, salt=KEPT) if name else ""

    def proposed(self) -> list[Proposed]:
        values = dict(self.after)
        if self.is_owned:
            whose = self.cleaned_data.get("whose") or self.page.bearers[0][0]
            own = "content_object" if self.model.endswith("tag") else self.page.kind.removesuffix("s")
            values[own] = whose
        return [changes.proposing(self.knowledge, self.model, values)]


class LetterForm(forms.Form):
    """What is said with the changes."""

    use_required_attribute = False

    reason = forms.CharField(
        label="Why?", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A sentence for the moderator. Nobody else reads it.",
    )  # fmt: skip
    evidence_episode = forms.TypedChoiceField(
        label="Where can it be seen?", required=False, coerce=int, empty_value=None, choices=[("", "–")]
    )
    evidence_time = forms.CharField(
        label="At what time?", required=False, max_length=8, validators=[valid_time], help_text="Such as 21:40."
    )
    evidence_url = forms.URLField(
        label="Or a link", required=False, max_length=MOST_EVIDENCE, assume_scheme="https",
        widget=forms.URLInput(attrs={"inputmode": "url"}),
    )  # fmt: skip
    # Nobody sees it; who fills it in is a machine.
    nothing_here = forms.CharField(
        required=False, widget=forms.TextInput(attrs={
            "tabindex": "-1", "autocomplete": "off", "data-1p-ignore": True, "data-lpignore": "true",
            "data-bwignore": True, "data-form-type": "other",
        }),
    )  # fmt: skip

    def __init__(self, knowledge: Knowledge, *, earlier_is_kept: bool = False, **options: Any) -> None:
        super().__init__(**options)
        if earlier_is_kept:
            self.fields["reason"].required = False
            self.fields[
                "reason"
            ].help_text = (
                "What you wrote before is about a later episode. It stays, and what you write here goes below it."
            )
        choices = self.fields["evidence_episode"]
        choices.choices = [("", "–"), *episodes(knowledge)]  # type: ignore[attr-defined]

    def letter(self) -> Letter:
        return Letter.from_form(self.cleaned_data)

    def letter_below(self, earlier: Correction) -> Letter:
        """Return the letter that was sent before and could not be shown, with this one below."""
        return self.letter().below(Letter.of(earlier))
