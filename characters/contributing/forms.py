"""The forms of a correction: one for each row that is there, one for each new row, and the letter."""

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict

from characters.kinds import ALIAS, EPISODE, TAG, Kind, kind_of
from characters.lore.correctable import CorrectablePage, CorrectableRow, fields_shown, tag_meant
from characters.lore.knowledge import Knowledge
from characters.lore.naming import KnownNames
from characters.pictures import files
from corrections import rows
from corrections.letter import Letter
from corrections.models import MOST_EVIDENCE, MOST_SAID, Correction
from corrections.rows import Values
from corrections.sending import Proposed
from episodes.axes import is_on_second_axis, reaching, second_of
from episodes.choices import OffersChoices
from episodes.models import valid_time
from episodes.names import Name
from episodes.units import speaking_of, worded

from . import changes
from .early import KnownVocabulary, name_that_is_there
from .fields import KnownNameField, KnownNamesField, MentionsField, form_field, place_choices, place_field
from .uploads import Uploads

KEPT = "rougedb.kept-upload"
WHERE_IT_IS_TOLD = worded("Choose {a} or {a_second} that tells it.")
EARLIER_IS_KEPT = worded(
    "What you wrote before is about a later {one}. It stays, and what you write here is added below it."
)


class UnfinishedForm(OffersChoices, forms.Form):
    """A form that can be validated while somebody is still writing, with errors shown for some fields only."""

    use_required_attribute = False
    _fields_with_errors: Collection[str] | None = None  # None for all

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._let_long_texts_in()

    def _let_long_texts_in(self) -> None:
        """Have what is too long refused and kept: a browser that knows the limit cuts off what is pasted."""
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)

    def show_errors_only_of(self, fields: Collection[str]) -> None:
        """Validate the form, and show no errors but those of these fields."""
        self.full_clean()
        self._fields_with_errors = fields

    @property
    def errors(self) -> ErrorDict:
        errors = super().errors
        if self._fields_with_errors is None:
            return errors
        return ErrorDict({name: each for name, each in errors.items() if name in self._fields_with_errors})


class ContributedRowForm(UnfinishedForm):
    """The fields of one row, with names instead of keys. After validation `after` holds the values to send."""

    def __init__(self, kind: Kind, names: KnownNames, **options: Any) -> None:
        super().__init__(**options)
        self.kind, self.names, self.knowledge = kind, names, names.knowledge
        self.vocabulary, self.asked = KnownVocabulary(names.knowledge.progress), frozenset[str]()
        self.editable = rows.editable(kind.label)
        self.after: Values = {}
        for name in self.field_names():
            self.fields[name] = form_field(kind, name, self.knowledge)
        self._let_long_texts_in()

    @property
    def newer_values(self) -> list[tuple[str, str]]:
        """The values of the row by now, with the labels of the fields, where something else was typed meanwhile."""
        return []

    @property
    def heading(self) -> str:
        return self.kind.noun

    def field_names(self) -> Iterable[str]:
        return fields_shown(self.kind, self.knowledge.progress)

    def sent_fields(self) -> Iterable[str]:
        """Return the fields whose values are sent."""
        return self.changed_data

    def clean(self) -> dict[str, Any]:
        typed = {name: self.cleaned_data[name] for name in self.sent_fields() if name in self.cleaned_data}
        self.after = {}
        for name, value in typed.items():
            if name in self.editable.fields and name not in self.editable.files:
                try:
                    self.after[name] = self._stored(name, value)
                except ValidationError as error:
                    self.add_error(name, error)
        self._refuse_without_a_place()
        self._ask_about_early_names()
        return self.cleaned_data

    def _refuse_without_a_place(self) -> None:
        """On two axes neither place has to be given, but one of them has."""
        if is_without_a_place(self):
            self.add_error("revealed_in", WHERE_IT_IS_TOLD)

    def _ask_about_early_names(self) -> None:
        """Ask about names in texts that come later than these; who sends it once more leaves them to the moderators."""
        places = self.text_places()
        for name, _ in self.kind.texts:
            for question in self.vocabulary.said_too_early(str(self.after.get(name) or ""), *places):
                if question.typed not in self.asked:
                    self.add_error(name, question)

    def text_places(self) -> tuple[int | None, int | None]:
        """Return from which places on the texts are known on each axis, as far as the form says."""
        return self.cleaned_data.get("revealed_in"), self.cleaned_data.get("also_in")

    def proposed(self) -> list[Proposed]:
        """Return the changes that the form asks for."""
        raise NotImplementedError

    def _stored(self, name: str, value: Any) -> Any:
        """Return a value as changes hold it: keys instead of names."""
        field, form_field = self.editable.field(name), self.fields[name]
        if isinstance(form_field, KnownNamesField):
            return sorted({str(self._subject_id(each, field)) for each in value.splitlines()})
        if isinstance(form_field, MentionsField):
            return self.names.with_keys(value)
        if isinstance(form_field, KnownNameField):
            is_tag = field.related_model is TAG.model
            return tag_meant(self.knowledge, value) if is_tag else str(self._subject_id(value, field))
        if isinstance(value, str):
            field.run_validators(value)
        return rows.plain(field, value)

    def _subject_id(self, name: str, field: Any) -> UUID:
        return self.names.subject(name, [kind_of(field.related_model)]).id


def is_without_a_place(form: forms.Form) -> bool:
    """Return whether a form for two axes was filled in with a place on neither."""
    if "also_in" not in form.fields or form.errors.keys() & {"revealed_in", "also_in"}:
        return False
    return form.cleaned_data["revealed_in"] is None and form.cleaned_data["also_in"] is None


def place_to_begin_with(progress: int, place: int | None = None) -> dict[str, int]:
    """Return the place with which a new row begins: that of its page, or how far somebody is who is on one axis."""
    if place is None and progress and second_of(progress):
        return {}
    place = reaching(progress).place if place is None and second_of(progress) else place
    place = int(progress) if place is None else place
    return {"also_in" if is_on_second_axis(place) else "revealed_in": place}


class ExistingRowForm(ContributedRowForm):
    """A row that is there, to be changed or removed."""

    remove = forms.BooleanField(required=False, label="Remove it")

    def __init__(self, row: CorrectableRow, names: KnownNames, **options: Any) -> None:
        self.row = row
        super().__init__(row.kind, names, prefix=row.ref, **options)
        self.order_fields([*self.field_names(), "remove"])
        if row.kind is EPISODE:
            with speaking_of(int(row.key)):
                for field in self.fields.values():
                    field.label, field.help_text = str(field.label), str(field.help_text)
        if not row.kind.can_be_removed:
            del self.fields["remove"]

    def field_names(self) -> Iterable[str]:
        return self.row.shown

    @property
    def heading(self) -> str:
        return self.row.label

    @property
    def digest_when_opened(self) -> str:
        return str(self.data.get(f"{self.prefix}-seen", ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.digest_when_opened != self.row.digest and self.changed_data:
            raise ValidationError(
                "This was changed while you were writing. What you wrote is still here; compare it, and send it again."
            )
        return cleaned

    def text_places(self) -> tuple[int | None, int | None]:
        first, second = super().text_places()
        return (self.row.since, None) if first is None and second is None else (first, second)

    @property
    def newer_values(self) -> list[tuple[str, str]]:
        if not self.is_bound or self.digest_when_opened == self.row.digest:
            return []
        shown = self.row.shown
        return [
            (str(self.fields[name].label), str(shown[name] if shown[name] is not None else "–"))
            for name in self.changed_data
            if name in shown
        ]

    def proposed(self) -> list[Proposed]:
        if self.cleaned_data.get("remove"):
            removal = changes.removal(self.knowledge, self.row)
            return [removal] if removal else []
        return changes.field_changes(self.row, self.after)


class NewRowForm(ContributedRowForm):
    """A row that is missing. Everything in it is sent, even what was filled in beforehand."""

    def __init__(
        self,
        kind: Kind,
        page: CorrectablePage,
        names: KnownNames,
        number: int,
        *,
        uploads: Uploads,
        **options: Any,
    ) -> None:
        self.page, self.uploads = page, uploads
        super().__init__(kind, names, prefix=f"new{number}", **options)
        if kind.is_owned and len(page.owners) > 1:
            self.fields["whose"] = forms.ChoiceField(label="Whose", choices=page.owners)
            self.order_fields(["whose"])
        if "revealed_in" in self.fields:
            # Without an empty choice a browser chooses the first episode where the one that was sent is not offered.
            since: Any = self.fields["revealed_in"]
            if since.required:
                since.choices = [("", worded("Choose {a}")), *since.choices]
        if "image" in self.fields:
            self.fields["kept"] = forms.CharField(required=False, widget=forms.HiddenInput)
        for name, value in self._presets().items():
            if name in self.fields:
                self.fields[name].initial = value

    @property
    def name_of_kind(self) -> str:
        return self.kind.name  # in a template `form.kind` is the field of that name

    def sent_fields(self) -> Iterable[str]:
        return self.fields

    def _presets(self) -> dict[str, Any]:
        """Return the values to begin with, besides the defaults of the model."""
        presets: dict[str, Any] = place_to_begin_with(self.knowledge.progress, self.page.episode)
        if not self.kind.is_owned and self.page.owners:
            presets |= dict.fromkeys(self.kind.fields_to(self.page.kind)[:1], self.page.owners[0][1])
        return presets

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "image" in self.fields:
            self._keep_picture()
        if self.kind is ALIAS and (there := name_that_is_there(self.page, str(cleaned.get("name") or ""))):
            self.add_error("name", f"“{Name(there)}” stands on this page already. Choose it there to change it.")
        return cleaned

    def _keep_picture(self) -> None:
        """Keep the upload where the public cannot see it, so that it is not lost when something else is wrong."""
        upload = self.cleaned_data.get("image")
        try:
            if not upload and not self._kept_before:
                self.add_error("image", "Please choose a picture.")
            elif not upload:
                self.after["image"] = self._kept_before
            else:
                self.after["image"] = self.uploads.keep(upload)
        except ValidationError as error:
            self.add_error("image", error.messages)

    @cached_property
    def _kept_before(self) -> str:
        """The name of the picture that was kept when the form was sent before."""
        try:
            name = str(signing.loads(self.data.get(self.add_prefix("kept"), ""), salt=KEPT))
        except signing.BadSignature:
            return ""
        return name if files.is_kept(name) else ""

    @property
    def kept_upload(self) -> str:
        """The signed name of the picture that is kept already, to be sent with the form."""
        name = self.initial.get("image", "")
        if self.is_bound:
            name = self.after.get("image") or self._kept_before
        return signing.dumps(name, salt=KEPT) if name else ""

    def proposed(self) -> list[Proposed]:
        values = dict(self.after)
        if self.kind.is_owned:
            owner = self.cleaned_data.get("whose") or self.page.owners[0][0]
            values |= dict.fromkeys(self.kind.fields_to(self.page.kind), owner)
        return [changes.addition(self.knowledge, self.kind, values)]


class TrappedForm(UnfinishedForm):
    """A form in which programs fill in too much."""

    # Nobody sees this field, so whoever fills it in is a program.
    nothing_here = forms.CharField(
        required=False, widget=forms.TextInput(attrs={
            "tabindex": "-1", "autocomplete": "off", "data-1p-ignore": True, "data-lpignore": "true",
            "data-bwignore": True, "data-form-type": "other",
        }),
    )  # fmt: skip


def link_field(label: str) -> forms.URLField:
    return forms.URLField(
        label=label, required=False, max_length=MOST_EVIDENCE, assume_scheme="https",
        widget=forms.URLInput(attrs={"inputmode": "url"}),
    )  # fmt: skip


class LetterForm(TrappedForm):
    """The letter to the moderators: why, and where it can be checked."""

    reason = forms.CharField(
        label="Why?", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A sentence for the moderator. Nobody else reads it.",
    )  # fmt: skip
    evidence_episode = forms.TypedChoiceField(label="Where can it be seen?", required=False)
    evidence_time = forms.CharField(
        label="At what time?", required=False, max_length=8, validators=[valid_time], help_text="Such as 21:40."
    )
    evidence_url = link_field("Or a link")

    def __init__(self, knowledge: Knowledge, *, earlier_is_kept: bool = False, **options: Any) -> None:
        super().__init__(**options)
        if earlier_is_kept:
            self.fields["reason"].required = False
            self.fields["reason"].help_text = EARLIER_IS_KEPT
        seen_in = self.fields["evidence_episode"]
        places = place_choices(knowledge)
        self.fields["evidence_episode"] = place_field(places, label=seen_in.label, required=seen_in.required)

    def letter(self) -> Letter:
        return Letter.from_form(self.cleaned_data)

    def letter_below(self, earlier: Correction) -> Letter:
        """Return the letter that was sent before and could not be shown, with this one below."""
        return self.letter().below(Letter.of(earlier))


class NoteForm(TrappedForm):
    """What somebody says of a page in their own words."""

    note = forms.CharField(label="What is wrong?", max_length=MOST_SAID, widget=forms.Textarea(attrs={"rows": 3}))
    evidence_url = link_field("A link where it can be checked")
    page = forms.CharField(required=False, widget=forms.HiddenInput)


class ReportForm(TrappedForm):
    """That a page told too much. Nothing has to be filled in."""

    note = forms.CharField(
        label="What told it?", required=False, max_length=MOST_SAID, widget=forms.Textarea(attrs={"rows": 2})
    )
    page = forms.CharField(required=False, widget=forms.HiddenInput)
