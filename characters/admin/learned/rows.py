"""The rows of the form in which editors write down what an episode tells; `sheet` puts them together.

A row names subjects by their key, or by a name that a viewer of that episode knows. So it can also name a subject that
is new in the same form.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import slugify

from characters.kinds import CHARACTER, FACTION, SUBJECTS, Kind, kind_named, tagging_of
from characters.models import Alias, Membership, Relationship, Revelation, Tag, Trait, Unmasking
from characters.models.revelations import CONCERNED
from characters.text.mentions import MENTION, mentioned_keys
from characters.vocabulary import AliasKind, Attribute
from corrections import rows
from corrections.models import Change
from corrections.sending import Proposed, adding
from episodes.names import Name
from episodes.texts import TextInForm

WORDS_OF_A_KEY = 5


@dataclass(frozen=True, slots=True)
class NamedSubject:
    """A subject that a row can name, with its newest headline name."""

    kind: Kind
    pk: str
    key: str
    name: str


class NameableSubjects:
    """The subjects that a row can name: those known in the episode, and those that are new in the same form."""

    def __init__(self, episode: int) -> None:
        self.by_key: dict[str, NamedSubject] = {}
        self._by_pk: dict[str, NamedSubject] = {}
        self._by_name: defaultdict[str, set[NamedSubject]] = defaultdict(set)
        aliases = list(Alias.objects.as_of(episode).order_by("revealed_in"))
        for kind in SUBJECTS:
            headlines = {getattr(alias, f"{kind.name}_id"): alias.name for alias in aliases if alias.headline}
            visible: Any = kind.model
            for pk, key in visible.objects.as_of(episode).order_by("key").values_list("pk", "key"):
                self.add(NamedSubject(kind, str(pk), key, headlines.get(pk, key)))
        for alias in aliases:
            owner = next(filter(None, (getattr(alias, f"{kind.name}_id") for kind in SUBJECTS)), None)
            if (subject := self._by_pk.get(str(owner))) is not None:
                self._by_name[alias.name.casefold()].add(subject)

    def add(self, subject: NamedSubject) -> None:
        """Let rows name one more subject."""
        self.by_key[subject.key] = self._by_pk[subject.pk] = subject
        self._by_name[subject.name.casefold()].add(subject)

    def name(self, pk: Any) -> Name:
        """Return the name of a subject by its id."""
        return Name(self._by_pk[str(pk)].name if str(pk) in self._by_pk else "somebody")

    def words(self, text: str) -> str:
        """Return a text in one line; editors read its mentions as they are written."""
        return " ".join(text.split())

    def of_kinds(self, kinds: Iterable[Kind]) -> list[NamedSubject]:
        return [subject for kind in kinds for subject in self.by_key.values() if subject.kind is kind]

    def find(self, text: str, kinds: Iterable[Kind]) -> NamedSubject:
        """Return the subject of one of these kinds that has this key, or this name as the only one."""
        subject = self.by_key.get(text)
        if subject is None:
            bearers = [each for each in self._by_name.get(text.casefold(), ()) if each.kind in kinds]
            if len(bearers) > 1:
                keys = ", ".join(sorted(each.key for each in bearers))
                raise ValidationError(f"More than one goes by “{text}”: say which by the key ({keys}).")
            subject = bearers[0] if bearers else None
        if subject is None or subject.kind not in kinds:
            nouns = " or ".join(kind.name for kind in kinds)
            raise ValidationError(f"No {nouns} of this episode has the key or the name “{text}”.")
        return subject


# Fields


def suggestions_of(kinds: Iterable[Kind]) -> str:
    """Return the id of the list of subjects of these kinds that a field offers."""
    return f"known-{'-'.join(kind.name for kind in kinds)}"


class SubjectField(forms.CharField):
    """A subject by key or name. The form sets the subjects to choose from."""

    subjects: NameableSubjects

    def __init__(self, *kinds: Kind, **options: Any) -> None:
        self.kinds = kinds
        widget = forms.TextInput(attrs={"list": suggestions_of(kinds), "autocomplete": "off"})
        super().__init__(widget=widget, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return self.subjects.find(text, self.kinds) if text else None


class SubjectListField(SubjectField):
    """Several subjects, with commas between them."""

    def clean(self, value: Any) -> Any:
        text = forms.CharField.clean(self, value)
        names = [name.strip() for name in text.split(",") if name.strip()]
        return list(dict.fromkeys(self.subjects.find(name, self.kinds) for name in names))


class NamedRowField(forms.ModelChoiceField):
    """A row by the key or name that editors use, out of a list that narrows while one types."""

    def __init__(self, *args: Any, suggestions: str, **options: Any) -> None:
        super().__init__(*args, widget=forms.TextInput(attrs={"list": suggestions, "autocomplete": "off"}), **options)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.strip().lower() if value else value)


def text_area(lines: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": lines})


# Rows


class LearnedRowForm(forms.Form):
    """One new row, revealed in the episode of the form. `model_fields` get the form fields that the model makes."""

    use_required_attribute = False
    model: type[models.Model]
    model_fields: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    def __init__(self, *args: Any, episode: int, subjects: NameableSubjects, **options: Any) -> None:
        super().__init__(*args, **options)
        self.episode, self.subjects = episode, subjects
        for name in self.model_fields:
            self.fields[name] = self.model._meta.get_field(name).formfield()  # type: ignore[union-attr, assignment]
        for field in self.fields.values():
            if isinstance(field, SubjectField):
                field.subjects = subjects
        self.order_fields(self.order)

    def proposed(self) -> Iterator[Proposed]:
        """Yield the changes that the row asks for."""
        yield self.addition(self.model, self.values_of(self.model_fields))

    def values_of(self, names: Iterable[str]) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in names}

    def addition(self, model: type[models.Model], values: Mapping[str, Any], *, key: str = "") -> Proposed:
        """Return a new row of a model, revealed in the episode."""
        editable = rows.editable(model._meta.label_lower)
        stored = {name: _stored(editable.field(name), value) for name, value in values.items()}
        whole = rows.blank_values(editable) | stored | {"revealed_in": self.episode}
        return adding(editable.label, whole, key=key)

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        """Return the field of the form at which a problem with a field of the row is shown."""
        return name if name in self.fields else None


def _stored(field: Any, value: Any) -> Any:
    """Return a value of the form as changes hold it."""
    if isinstance(value, NamedSubject):
        return value.pk
    if isinstance(value, list):
        return sorted(subject.pk for subject in value)
    if isinstance(value, models.Model):
        return rows.plain(field, value.pk)
    return rows.plain(field, with_plain_newlines(value))


def with_plain_newlines(value: Any) -> Any:
    """Return a text with the line breaks that the database has, where a browser sends others."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


class RevelationRow(LearnedRowForm):
    model = Revelation
    model_fields = ("text", "certainty", "time", "source", "position", "key")
    order = ("text", "concerned", "certainty", "time", "supersedes", "source", "position", "key")
    concerned = SubjectListField(
        *SUBJECTS, required=False, label="Whom it concerns",
        help_text="Keys or names, with commas between. Left empty, it is whoever the text mentions.",
    )  # fmt: skip
    supersedes = NamedRowField(
        Revelation.objects.none(), to_field_name="key", suggestions="known-revelations", required=False,
        help_text="The key of the earlier belief that this one overturns or completes.",
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["text"].widget = text_area(3)
        self.fields["supersedes"].queryset = Revelation.objects.filter(revealed_in__lte=self.episode)  # type: ignore[attr-defined]
        for name, help_text in (
            ("position", "Its place in the telling, as the numbers above. Left empty, it comes last."),
            ("key", "The editors' handle. Left empty, it is made of the first words."),
        ):
            field = self.fields[name]
            field.required, field.initial, field.help_text = False, None, help_text
        self.last_position = 0  # for a row without a position of its own; the sheet counts

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("key") and cleaned.get("text"):
            cleaned["key"] = key_from(cleaned["text"], self.episode)
        if cleaned.get("concerned") == []:
            mentioned = (self.subjects.by_key.get(key) for key in mentioned_keys(cleaned.get("text", "")))
            cleaned["concerned"] = [subject for subject in mentioned if subject is not None]
        return cleaned

    def proposed(self) -> Iterator[Proposed]:
        values = self.values_of((*self.model_fields, "supersedes"))
        for kind in SUBJECTS:
            concerned = [subject for subject in self.cleaned_data["concerned"] if subject.kind is kind]
            values[kind.own_page.plural] = concerned
        if values["position"] is None:
            values["position"] = self.last_position
        yield self.addition(Revelation, values)

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        return "concerned" if name in CONCERNED else super().field_of(proposed, name)


def key_from(text: str, episode: int) -> str:
    """Return a key made of the first words of a text, such as “e14.naomi-opens-the-gate”."""
    words = slugify(MENTION.sub(lambda match: match[2] or match[1], text)).replace("_", "-").split("-")
    return f"e{episode:02}.{'-'.join(words[:WORDS_OF_A_KEY])}".rstrip(".")[:80]


class NewcomerRow(LearnedRowForm):
    """A new subject, with its first headline name and perhaps a summary."""

    model = Alias
    model_fields = ("name", "kind")
    order = ("who", "key", "name", "kind", "summary")
    who = forms.ChoiceField(
        label="What", initial=SUBJECTS[0].name,
        choices=[(kind.name, str(kind.model._meta.verbose_name).capitalize()) for kind in SUBJECTS],
    )  # fmt: skip
    key = forms.CharField(
        max_length=80, validators=CHARACTER.model._meta.get_field("key").validators,  # type: ignore[union-attr]
        help_text="Your own handle, by which texts mention it: [[key]]. Visitors never see it.",
    )  # fmt: skip
    summary = TextInForm(
        required=False, widget=text_area(2),
        help_text="What can be said of it in its first episode. It opens the page.",
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].help_text = "What it is called in this episode; the name on its page for now."
        self.pk = ""

    def subject(self) -> NamedSubject:
        """Return the new subject, with the key of the database that it will have."""
        kind = kind_named(self.cleaned_data["who"])
        self.pk = self.pk or str(kind.model._meta.pk.get_default())
        return NamedSubject(kind, self.pk, self.cleaned_data["key"], self.cleaned_data["name"])

    def proposed(self) -> Iterator[Proposed]:
        subject, values = self.subject(), self.cleaned_data
        owner = {subject.kind.name: subject}
        yield self.addition(subject.kind.model, {"key": subject.key}, key=subject.pk)
        yield self.addition(Alias, owner | {"name": values["name"], "kind": values["kind"], "headline": True})
        if values["summary"]:
            yield self.addition(Trait, owner | {"attribute": Attribute.SUMMARY, "value": values["summary"]})

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        return "summary" if name == "value" else super().field_of(proposed, name)


class OwnedRow(LearnedRowForm):
    """A row that belongs to one subject."""

    whose = SubjectField(*SUBJECTS)

    def proposed(self) -> Iterator[Proposed]:
        owner = self.cleaned_data["whose"]
        yield self.addition(self.model, self.values_of(self.model_fields) | {owner.kind.name: owner})


class NameRow(OwnedRow):
    model = Alias
    model_fields = ("name", "kind", "language", "headline")
    order = ("whose", "name", "kind", "language", "headline")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].initial = AliasKind.NAME


class TraitRow(OwnedRow):
    model = Trait
    model_fields = ("attribute", "value")
    order = ("whose", "attribute", "value")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["value"].widget = text_area(2)


class ConnectingRow(LearnedRowForm):
    """A row that connects two subjects."""

    ends: tuple[str, ...]

    def proposed(self) -> Iterator[Proposed]:
        yield self.addition(self.model, self.values_of((*self.model_fields, *self.ends)))


class MembershipRow(ConnectingRow):
    model = Membership
    model_fields = ("role",)
    ends = ("character", "faction")
    order = ("character", "faction", "role")
    character = SubjectField(CHARACTER)
    faction = SubjectField(FACTION)


class RelationshipRow(ConnectingRow):
    model = Relationship
    model_fields = ("kind", "certainty")
    ends = ("source", "target")
    order = ("source", "kind", "target", "certainty")
    source = SubjectField(CHARACTER, label="Who")
    target = SubjectField(CHARACTER, label="Whom")


class UnmaskingRow(ConnectingRow):
    model = Unmasking
    ends = ("persona", "identity")
    persona = SubjectField(CHARACTER, help_text="Whom the audience took for somebody else; its page ends here.")
    identity = SubjectField(CHARACTER, label="Is really", help_text="Whose page stays, with everything of both.")


class TagRow(LearnedRowForm):
    model = tagging_of(SUBJECTS[0])  # by which problems are worded; the row is of its owner's kind
    order = ("whose", "tag")
    whose = SubjectField(*SUBJECTS)
    tag = NamedRowField(
        Tag.objects.all(), to_field_name="name", suggestions="known-tags",
        error_messages={"invalid_choice": "There is no tag “%(value)s” yet. Add it under Tags first, in another tab."},
    )  # fmt: skip

    def proposed(self) -> Iterator[Proposed]:
        owner = self.cleaned_data["whose"]
        yield self.addition(tagging_of(owner.kind), {"content_object": owner, "tag": self.cleaned_data["tag"]})


class EndingRow(forms.Form):
    """A membership, relation or tag that is over, or of which the audience learns that it never was so."""

    use_required_attribute = False
    what = forms.CharField(
        label="What is over", widget=forms.TextInput(attrs={"list": "open-ties", "autocomplete": "off"}),
        help_text="A membership, a relation or a tag that holds until now; choose it from the list.",
    )  # fmt: skip

    def __init__(
        self, *args: Any, episode: int, subjects: NameableSubjects, ties: Mapping[str, models.Model], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.episode, self.ties = episode, ties

    def clean_what(self) -> str:
        if self.cleaned_data["what"] not in self.ties:
            raise ValidationError("Nothing of that kind holds at this episode. Choose one from the list.")
        return str(self.cleaned_data["what"])

    def proposed(self) -> Iterator[Proposed]:
        row = self.ties[self.cleaned_data["what"]]
        label = row._meta.label_lower
        yield Proposed(Change.Action.SET, label, str(row.pk), "ended_in", None, self.episode)

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        return "what"
