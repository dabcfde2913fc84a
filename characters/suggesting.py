"""The contributors' form: what is there, some empty rows, and a letter. It knows rows by what `contributing` tells."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from corrections import rows
from corrections.models import MOST_EVIDENCE, Correction
from corrections.rows import Values
from corrections.sending import Letter, Proposed
from episodes.gate import Prose
from episodes.models import valid_time

from . import contributing, naming, portraits
from .contributing import FIELDS, NAMES, CorrectablePage, Part
from .values import EpisodeRow

if TYPE_CHECKING:
    from .lore import Lore

MOST_NEW = 20  # rows added in one form
MOST_TEXT = 10_000  # characters
KEPT = "rougedb.kept-upload"

type MayUpload = Callable[[], bool]

HELP = {
    "premise": "What may be said to somebody who has seen nothing.",
    "synopsis": "What happens, for somebody who has just seen it.",
    "aired_on": "",
    "kind": "",
    "language": "Two letters, such as “ja”.",
    "headline": "It stands at the head of the page from its episode on.",
    "value": "",
    "text": "One to three sentences, as one knows it in that very episode.",
    "certainty": "How sure a viewer can be.",
    "time": "When in the episode, such as 21:40.",
    "revealed_in": "After which episode a viewer knows it.",
    "ended_in": "If a viewer learns that it is over, or never was so.",
    "image": "JPEG, PNG or WebP, up to 10 MB. It must be free to use.",
    "alt_text": "What somebody who cannot see it needs to know.",
    "characters": "One name a line, as this site shows it to you.",
    "factions": "One name a line, as this site shows it to you.",
}
LABELS = {
    "value": "What it says",
    "headline": "Can be the name on the page",
    "aired_on": "First aired",
    "alt_text": "What it shows",
    "revealed_in": "Known after",
    "ended_in": "Ended in",
    "source": "Who",
    "target": "Whom",
    "identity": "Is really",
    "time": "Time in the episode",
    "characters": "Characters it concerns",
    "factions": "Factions it concerns",
    "image": "Picture",
}


class Text(forms.CharField):
    """A text with names in double brackets."""

    widget = forms.Textarea(attrs={"rows": 5})

    def to_python(self, value: Any) -> str:
        return contributing.even(super().to_python(value) or "")


class Name(forms.CharField):
    """A character, a faction or a tag by the name that one knows."""

    def __init__(self, offered: str, **options: Any) -> None:
        super().__init__(
            max_length=200, widget=forms.TextInput(attrs={"list": offered, "autocomplete": "off"}), **options
        )


class ListOfNames(Text):
    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> str:
        return "\n".join(sorted({line.strip() for line in super().to_python(value).splitlines()} - {""}))


def field_of(kind: rows.Editable, name: str, lore: "Lore") -> forms.Field:
    field = kind.field(name)
    label = LABELS.get(name, kind.name_of(name).capitalize())
    told: dict[str, Any] = {"label": label, "help_text": HELP.get(name, ""), "required": not field.blank}
    related = field.related_model._meta.model_name if field.is_relation else ""
    if isinstance(field, models.FileField):
        picture = forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"})
        return forms.FileField(widget=picture, **told | {"required": False})
    if related == "episode":
        if not told["required"]:
            told["help_text"] = HELP["ended_in"]
        return forms.TypedChoiceField(
            choices=[*([] if told["required"] else [("", "–")]), *episodes(lore)], coerce=int, empty_value=None, **told
        )
    if field.many_to_many:
        return ListOfNames(**told)
    if related:
        return Name(f"known-{related}s", **told)
    if isinstance(field, Prose):
        text = Text(max_length=field.max_length or MOST_TEXT, **told)
        text.widget.attrs["rows"] = 2 if field.max_length else 5
        return text
    if isinstance(field, models.BooleanField):
        told["required"] = False
    form_field: forms.Field = field.formfield(**told)
    if isinstance(field, models.DateField):
        form_field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return form_field


def episodes(lore: "Lore") -> list[tuple[int, str]]:
    """Those that somebody can speak of."""
    return [(row.number, name_of_episode(row)) for row in lore.episodes if row.known]


def name_of_episode(row: EpisodeRow) -> str:
    if not row.number:
        return "Before the first episode"
    return f"{row.number} · {row.title}" if row.title else f"Episode {row.number}"


def is_owned(model: str) -> bool:
    """Whether it is a row of the page's own; others name both ends."""
    return model.endswith((".alias", ".trait", ".portrait", "tag"))


class RowForm(forms.Form):
    """The fields of one row, with names for keys."""

    use_required_attribute = False

    def __init__(self, model: str, lore: "Lore", **options: Any) -> None:
        super().__init__(**options)
        self.model, self.lore, self.kind = model, lore, rows.editable(model)
        self.known: dict[str, naming.Known] = {}
        for name in self.offered():
            self.fields[name] = field_of(self.kind, name, lore)

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
        self.known = naming.find(self.lore, asked) if asked else {}
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
            tags = contributing.tag_ids(self.lore)
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

    def __init__(self, part: Part, lore: "Lore", **options: Any) -> None:
        self.part = part
        super().__init__(part.model, lore, prefix=part.ref, **options)
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
            removal = contributing.asking_to_remove(self.lore, self.part)
            return [removal] if removal else []
        return contributing.changing(self.part, self.after)


class NewForm(RowForm):
    """A row that is missing."""

    def __init__(
        self, model: str, page: CorrectablePage, lore: "Lore", number: int, *, may_upload: MayUpload, **options: Any
    ) -> None:
        self.page, self.may_upload = page, may_upload
        self.short = model.rpartition(".")[2]
        self.label = NAMES[model]
        super().__init__(model, lore, prefix=f"new{number}", **options)
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
        episode = self.lore.progress if self.page.episode is None else self.page.episode
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
                self.after["image"] = portraits.put_aside(portraits.normalised(upload))
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
        return name if portraits.is_kept(name) else ""

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
        return [contributing.proposing(self.lore, self.model, values)]


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

    def __init__(self, lore: "Lore", *, earlier_is_kept: bool = False, **options: Any) -> None:
        super().__init__(**options)
        if earlier_is_kept:
            self.fields["reason"].required = False
            self.fields[
                "reason"
            ].help_text = (
                "What you wrote before is about a later episode. It stays, and what you write here goes below it."
            )
        choices = self.fields["evidence_episode"]
        choices.choices = [("", "–"), *episodes(lore)]  # type: ignore[attr-defined]

    def letter(self) -> Letter:
        told = self.cleaned_data
        return Letter(told["reason"], told["evidence_episode"], told["evidence_time"], told["evidence_url"])

    def letter_below(self, earlier: Correction) -> Letter:
        """With what was written before and could not be shown."""
        told = self.cleaned_data
        seen = told if told["evidence_episode"] is not None else vars(earlier)
        return Letter(
            reason="\n\n".join(filter(None, (earlier.reason, told["reason"]))),
            evidence_episode=seen["evidence_episode"], evidence_time=seen["evidence_time"],
            evidence_url=told["evidence_url"] or earlier.evidence_url,
        )  # fmt: skip


class Draft:
    """The whole form: the rows that were chosen, the new ones, the letter, and what could be chosen besides."""

    def __init__(
        self,
        lore: "Lore",
        page: CorrectablePage,
        asked: QueryDict,
        *,
        may_upload: MayUpload,
        files: MultiValueDict | None = None,
        posted: bool = False,
        written: "Written | None" = None,
    ) -> None:
        self.lore, self.page, self.posted, self.asked = lore, page, posted, asked
        written = written or Written()
        refs = {*asked.getlist("row"), *written.parts}
        additions = dict(page.additions)
        added: list[tuple[str, Mapping[str, Any]]] = [*((short, {}) for short in asked.getlist("add")), *written.new]
        added = [(short, values) for short, values in added if short in additions][:MOST_NEW]
        chosen = [part for part in page.parts if part.ref in refs]
        self.left = [part for part in page.parts if part.ref not in refs]
        self.gone = sorted(refs - {part.ref for part in chosen}) if posted else []
        seen = [part for part in chosen if posted and f"{part.ref}-seen" in asked]
        bound: dict[str, Any] = {"data": asked, "files": files}
        self.parts = [
            PartForm(part, lore, initial=part.shown, **bound)
            if part in seen
            else PartForm(part, lore, initial={**part.shown, **written.parts.get(part.ref, {})})
            for part in chosen
        ]
        self.new = []
        for number, (short, values) in enumerate(added):
            is_filled_in = posted and f"new{number}-here" in asked
            options = bound | {"empty_permitted": True} if is_filled_in else {"initial": dict(values)}
            self.new.append(NewForm(f"characters.{short}", page, lore, number, may_upload=may_upload, **options))
        self.later = written.later
        told: dict[str, Any] = {"data": asked} if posted else {"initial": written.letter}
        self.letter = LetterForm(lore, earlier_is_kept=written.keeps_letter, **told)

    @property
    def is_chosen(self) -> bool:
        return bool(self.parts or self.new)

    @property
    def typed_in_vain(self) -> list[str]:
        """What was written into rows that are gone; and why, where nothing else is left."""
        typed = [
            text
            for ref in self.gone
            for name, text in self.asked.items()
            if name.startswith(f"{ref}-") and name != f"{ref}-seen"
        ]
        reason = [] if self.is_chosen else [self.asked.get("reason", "")]
        return [str(text) for text in [*typed, *reason] if str(text).strip()]

    @property
    def rows(self) -> list["PartForm | NewForm"]:
        return [*self.parts, *self.new]

    @property
    def is_sent(self) -> bool:
        """Whether all of it was on the page that was sent; or else it asks for more of the form first."""
        return self.posted and "more" not in self.asked and all(form.is_bound for form in self.rows)

    @cached_property
    def is_valid(self) -> bool:
        return all([*(form.is_valid() for form in self.rows), self.letter.is_valid()])

    def find_no_fault_yet(self) -> None:
        """Somebody asks for more of the form, and is still writing; but a picture that cannot be kept is told."""
        for form in (form for form in [*self.rows, self.letter] if form.is_bound):
            form.full_clean()
            upload = form.add_prefix("image")
            told = {name: found for name, found in form.errors.items() if name == "image" and upload in form.files}
            form._errors = ErrorDict(told)  # type: ignore[union-attr]

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """The fields with errors, by their ids and labels, to go to from above."""
        found = []
        for form in self.rows:
            if form.is_bound and form.non_field_errors():
                found.append((f"row-{form.prefix}", form.label if isinstance(form, NewForm) else form.part.label))
        for bound in (field for form in [*self.rows, self.letter] if form.is_bound for field in form):
            if bound.errors:
                found.append((bound.id_for_label, str(bound.label)))
        return found

    @property
    def is_by_a_machine(self) -> bool:
        return bool(self.letter.data.get("nothing_here"))

    def proposed(self) -> list[Proposed]:
        return [change for form in self.rows if form.has_changed() for change in form.proposed()]

    @cached_property
    def names(self) -> Mapping[str, Sequence[str]]:
        """To choose from, for the fields that take a name."""
        fields = [field for form in self.rows for field in form.fields.values()]
        lists = {field.widget.attrs.get("list") for field in fields if isinstance(field, Name)}
        offered: dict[str, Sequence[str]] = {}
        if "known-characters" in lists:
            offered["known-characters"] = contributing.names_to_offer(self.lore, "character")
        if "known-factions" in lists:
            offered["known-factions"] = contributing.names_to_offer(self.lore, "faction")
        if "known-tags" in lists:
            offered["known-tags"] = sorted(contributing.tag_ids(self.lore))
        return offered


class Written:
    """What was written before, to begin with again: by row what its fields said, new rows by kind, and the letter.

    Of changes about later episodes there is only how many; and then the letter is kept as well, and not shown.
    """

    def __init__(
        self,
        parts: Mapping[str, Mapping[str, Any]] | None = None,
        new: Sequence[tuple[str, Mapping[str, Any]]] = (),
        letter: Mapping[str, Any] | None = None,
        *,
        later: int = 0,
        keeps_letter: bool = False,
    ) -> None:
        self.parts, self.new, self.letter = parts or {}, new, letter or {}
        self.later, self.keeps_letter = later, keeps_letter

    @property
    def without_rows(self) -> "Written":
        """To go with a form that was sent, which has rows of its own."""
        return Written(later=self.later, keeps_letter=self.keeps_letter)
