"""The rows of the form in which editors write down what an episode tells; `sheet` puts them together.

A row names subjects by their key, or by a name that a viewer of that episode knows. So it can also name a subject that
is new in the same form.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import slugify

from characters.admin.inlines import PictureField
from characters.kinds import CHARACTER, FACTION, SUBJECTS, Kind, kind_named, tagging_of
from characters.models import Alias, Membership, Portrait, Relationship, Revelation, Tag, Trait, Unmasking
from characters.models.revelations import CONCERNED
from characters.models.shown_keys import shown_key
from characters.moderation.nameable import NameableSubjects, NamedSubject
from characters.text.definitions import LONGEST
from characters.text.fitting import Spelling, Spellings, the_one_meant
from characters.text.mentions import MENTION, mentioned_keys
from characters.text.slugs import key_of
from characters.vocabulary import AliasKind, Attribute
from corrections import rows
from corrections.desk.discretion import NOT_TOLD
from corrections.models import Change
from corrections.sending import Proposed, adding
from episodes.axes import is_on_second_axis, place_of, reaching, second_of_place
from episodes.choices import Choice, OffersChoices, ReadsMentions, Unclear
from episodes.known import is_known
from episodes.models import Episode
from episodes.texts import ProseInForm
from episodes.units import current, worded

WORDS_OF_A_KEY = 5
OTHER = "other"  # the field for the place on the other axis
FIRST_NUMBER_BY_NAME = 2**32  # of tags; the database gives lower ones


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

    def __init__(self, *args: Any, suggestions: str, nothing: str, **options: Any) -> None:
        self.nothing = nothing  # what is said where no row fits
        super().__init__(*args, widget=forms.TextInput(attrs={"list": suggestions, "autocomplete": "off"}), **options)

    def to_python(self, value: Any) -> Any:
        typed = value.strip() if value else ""
        return super().to_python(self._meant(typed) if typed else value)

    def _meant(self, typed: str) -> str:
        queryset: Any = self.queryset
        names = queryset.values_list(self.to_field_name, flat=True)
        return the_one_meant(
            typed, Spellings(Spelling(shown_key(name), name) for name in names),
            offered=lambda name: Choice(shown_key(name), shown_key(name)), nothing=self.nothing.format(typed),
        )  # fmt: skip


class TagField(forms.CharField):
    """A tag by its name. One that is not there yet becomes a new one if it is sent once more as it is."""

    asked: Collection[str] = ()
    may_add = False

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"list": "known-tags", "autocomplete": "off"})
        super().__init__(widget=widget, max_length=100, **options)

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        tags = Spellings(Spelling(tag.name, tag) for tag in Tag.objects.all())
        if self.may_add and typed in self.asked and not tags.meant_by(typed):
            return new_tag(typed)
        try:
            return the_one_meant(
                typed, tags, offered=lambda tag: Choice(tag.name, tag.name), nothing=f"There is no tag “{typed}” yet."
            )
        except Unclear as unclear:
            if not self.may_add or tags.meant_by(typed):
                raise
            question = f"There is no tag “{typed}” yet. To make it a new one, save again."
            raise Unclear(question, typed=typed, choices=unclear.choices, can_stay=True) from unclear


def new_tag(name: str) -> Tag:
    """Return a tag that is not saved. Its number follows from its name, so two who propose the same mean the same."""
    tag = Tag(name=name)
    tag.clean()
    digest = hashlib.blake2b(tag.slug.encode(), digest_size=6).digest()
    tag.pk = FIRST_NUMBER_BY_NAME + int.from_bytes(digest)
    return tag


def text_area(lines: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": lines})


class PlaceField(forms.CharField):
    """A place on the other axis than that of the form, by its number there or its label."""

    def __init__(self, *, is_second: bool) -> None:
        self.is_second = is_second
        units = current()
        super().__init__(
            required=False, label=f"Or in {units.second_one if is_second else units.one}",
            help_text=f"Which {units.second_one if is_second else units.one} tells it as well, if one does.",
            widget=forms.TextInput(attrs={"size": 6, "autocomplete": "off"}),
        )  # fmt: skip

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed:
            return None
        units = current()
        second = units.second_number_of(typed) if self.is_second else None
        place = units.number_of(typed) if not self.is_second else None if second is None else place_of(second)
        if place is None or not Episode.objects.filter(number=place).exists():
            raise ValidationError(f"There is no {units.second_one if self.is_second else units.one} “{typed}”.")
        return place


# Rows


class WithPlaces:
    """A row of the form of an episode, or of a chapter, which may have a place on the other axis as well."""

    episode: int
    fields: dict[str, Any]
    cleaned_data: dict[str, Any]

    def add_other_place(self) -> None:
        self.fields[OTHER] = PlaceField(is_second=not is_on_second_axis(self.episode))

    def places(self, first: str, second: str) -> dict[str, int | None]:
        """Return the values of a row for its two places."""
        other = self.cleaned_data.get(OTHER)
        if is_on_second_axis(self.episode):
            return {first: self.episode if other is None else other, second: self.episode}
        return {first: self.episode, second: other}


class LearnedRowForm(WithPlaces, ReadsMentions, forms.Form):
    """One new row, revealed in the episode of the form. `model_fields` get the form fields that the model makes."""

    use_required_attribute = False
    model: type[models.Model]
    model_fields: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    reads_names_at_once = True

    def __init__(
        self,
        *args: Any,
        episode: int,
        subjects: NameableSubjects,
        asked: Collection[str] = (),
        on_both: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.episode, self.subjects, self.asked = episode, subjects, asked
        for name in self.model_fields:
            self.fields[name] = self.model._meta.get_field(name).formfield()  # type: ignore[union-attr]
        for field in self.fields.values():
            if isinstance(field, SubjectField):
                field.subjects = subjects
        self.order_fields(self.order)
        if on_both:
            self.add_other_place()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.reads_names_at_once:
            self.read_mentions(self.subjects.read)
        return cleaned

    def proposed(self) -> Iterator[Proposed]:
        """Yield the changes that the row asks for."""
        yield self.addition(self.model, self.values_of(self.model_fields))

    def values_of(self, names: Iterable[str]) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in names}

    def addition(self, model: type[models.Model], values: Mapping[str, Any], *, key: str = "") -> Proposed:
        """Return a new row of a model, revealed in the episode."""
        editable = rows.editable(model._meta.label_lower)
        stored = {name: _stored(editable.field(name), value) for name, value in values.items()}
        whole = rows.blank_values(editable) | stored | self.places("revealed_in", "also_in")
        return adding(editable.label, whole, key=key)

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        """Return the field of the form at which a problem with a field of the row is shown."""
        return OTHER if name in rows.WHEN and OTHER in self.fields else name if name in self.fields else None


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
    model_fields = ("text", "certainty", "time", "source", "position", "key", "inferred")
    order = ("text", "concerned", "certainty", "time", "supersedes", "source", "position", "key", "inferred")
    concerned = SubjectListField(
        *SUBJECTS, required=False, label="Whom it concerns",
        help_text="Keys or names, separated by commas. Left empty: everybody the text mentions.",
    )  # fmt: skip
    supersedes = NamedRowField(
        Revelation.objects.none(), to_field_name="key", suggestions="known-revelations", required=False,
        nothing=worded("No revelation up to this {one} has the key “{{}}”."),
        help_text="The key of the earlier belief that this one overturns or completes.",
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["text"].widget = text_area(3)
        self.fields["supersedes"].queryset = Revelation.objects.filter(is_known(reaching(0, self.episode)))
        for name, help_text in (
            ("position", worded("Its place among the revelations of the {one}. Left empty, it comes last.")),
            ("key", "The name editors use for it. Left empty, it is made from the first words."),
        ):
            field = self.fields[name]
            field.required, field.initial, field.help_text = False, None, help_text
        self.last_position = 0  # for a row without a position of its own; the sheet counts

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("key") and cleaned.get("text"):
            cleaned["key"] = key_from(cleaned["text"], self.episode)
        if cleaned.get("concerned") == []:
            mentioned = (self.subjects.by_key.get(key) for key in mentioned_keys(cleaned.get("text", "")))
            cleaned["concerned"] = [subject for subject in mentioned if subject is not None]
        if "concerned" in cleaned and "text" in cleaned:
            self._ask_about_names(cleaned["text"], cleaned["concerned"])
        return cleaned

    def _ask_about_names(self, text: str, concerned: Collection[NamedSubject]) -> None:
        """Ask about whom the text names without a mention: the revelation would not be on their pages."""
        mentioned = mentioned_keys(text)
        for question, subject in self.subjects.without_brackets(text):
            if subject not in concerned and subject.key not in mentioned and question.typed not in self.asked:
                self.add_error("text", question)

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
    second = second_of_place(episode)
    return f"{f'c{second:02}' if second else f'e{episode:02}'}.{'-'.join(words[:WORDS_OF_A_KEY])}".rstrip(".")[:80]


class NewcomerRow(LearnedRowForm):
    """A new subject, with its first headline name and perhaps a definition and a summary."""

    model = Alias
    model_fields = ("name", "kind")
    order = ("who", "key", "name", "kind", "definition", "summary")
    reads_names_at_once = False  # they can be those of other new subjects
    who = forms.ChoiceField(
        label="What", initial=SUBJECTS[0].name,
        choices=[(kind.name, str(kind.model._meta.verbose_name).capitalize()) for kind in SUBJECTS],
    )  # fmt: skip
    key = forms.CharField(
        max_length=80, required=False,
        validators=CHARACTER.model._meta.get_field("key").validators,  # type: ignore[union-attr]
        help_text="The name editors use for it, also in texts: [[key]]. Left empty, it is made from the name.",
    )  # fmt: skip
    definition = ProseInForm(
        required=False, widget=forms.TextInput, label="In one line",
        help_text=f"Who or what it is, in {LONGEST} characters and without a full stop; for lists, search and links.",
    )  # fmt: skip
    summary = ProseInForm(
        required=False, widget=text_area(2),
        help_text=worded("What viewers know of it after its first {one}. It opens the page."),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].help_text = worded("Its name in this {one}, which heads its page for now.")
        self.pk = ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("key") == "" and "name" in cleaned:
            cleaned["key"] = key_of(cleaned["name"])
            if not cleaned["key"]:
                self.add_error("key", "No key can be made from this name. Give it one in small Latin letters.")
        return cleaned

    def subject(self) -> NamedSubject | None:
        """Return the new subject, with the key of the database that it will have.

        What is wrong with its key or name is told there, and not where other rows name it.
        """
        key, name = (str(self.cleaned_data.get(field) or self[field].value() or "") for field in ("key", "name"))
        key = key or key_of(name)
        if "who" not in self.cleaned_data or not key:
            return None
        kind = kind_named(self.cleaned_data["who"])
        self.pk = self.pk or str(kind.model._meta.pk.get_default())
        return NamedSubject(kind, self.pk, key, name or key)

    def proposed(self) -> Iterator[Proposed]:
        values = self.cleaned_data
        subject = NamedSubject(kind_named(values["who"]), self.pk, values["key"], values["name"])
        owner = {subject.kind.name: subject}
        yield self.addition(subject.kind.model, {"key": subject.key}, key=subject.pk)
        yield self.addition(Alias, owner | {"name": values["name"], "kind": values["kind"], "headline": True})
        for attribute in Attribute.of_a_stage():
            if values[attribute]:
                yield self.addition(Trait, owner | {"attribute": attribute, "value": values[attribute]})

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        if name == "value" and isinstance(proposed.after, dict):
            return str(proposed.after["attribute"])
        return super().field_of(proposed, name)


class OwnedRow(LearnedRowForm):
    """A row that belongs to one subject."""

    whose = SubjectField(*SUBJECTS)

    def proposed(self) -> Iterator[Proposed]:
        owner = self.cleaned_data["whose"]
        yield self.addition(self.model, self.values_of(self.model_fields) | {owner.kind.name: owner})


class NameRow(OwnedRow):
    model = Alias
    model_fields = ("name", "kind", "language", "headline", "inferred")
    order = ("whose", "name", "kind", "language", "headline")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].initial = AliasKind.NAME


class TraitRow(OwnedRow):
    model = Trait
    model_fields = ("attribute", "value", "inferred")
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
    model_fields = ("role", "inferred")
    ends = ("character", "faction")
    order = ("character", "faction", "role")
    character = SubjectField(CHARACTER)
    faction = SubjectField(FACTION)


class RelationshipRow(ConnectingRow):
    model = Relationship
    model_fields = ("kind", "certainty", "inferred")
    ends = ("source", "target")
    order = ("source", "kind", "target", "certainty")
    source = SubjectField(CHARACTER, label="Who")
    target = SubjectField(CHARACTER, label="Whom")


class UnmaskingRow(ConnectingRow):
    model = Unmasking
    ends = ("persona", "identity")
    persona = SubjectField(CHARACTER, help_text="The one the audience took for somebody else. Its page ends here.")
    identity = SubjectField(CHARACTER, label="Is really", help_text="The one whose page stays, with all about both.")


class TagRow(LearnedRowForm):
    model = tagging_of(SUBJECTS[0])  # by which problems are worded; the row is of its owner's kind
    order = ("whose", "tag")
    whose = SubjectField(*SUBJECTS)
    tag = TagField()

    def __init__(self, *args: Any, may_add_tags: bool, new_tags: set[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.new_tags = new_tags  # those that a row of the form proposes already
        field: Any = self.fields["tag"]
        field.asked, field.may_add = self.asked, may_add_tags

    def proposed(self) -> Iterator[Proposed]:
        owner, tag = self.cleaned_data["whose"], self.cleaned_data["tag"]
        if tag._state.adding and tag.name not in self.new_tags:
            self.new_tags.add(tag.name)
            yield adding(Tag._meta.label_lower, {"name": tag.name, "slug": tag.slug}, key=str(tag.pk))
        yield self.addition(tagging_of(owner.kind), {"content_object": owner, "tag": tag})

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        return "tag" if name in ("name", "slug") else super().field_of(proposed, name)


class PortraitRow(OwnedRow):
    """A picture of a character, who may be new in the same form."""

    model = Portrait
    model_fields = ("alt_text", "caption", "credit", "licence")
    order = ("whose", "image", "alt_text", "caption", "credit", "licence")
    whose = SubjectField(CHARACTER)
    image = PictureField(label="Picture")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("alt_text", "caption"):
            self.fields[name].widget = text_area(2)

    def proposed(self) -> Iterator[Proposed]:
        [change] = super().proposed()
        keep_file = rows.editable(change.model).keep_file
        if keep_file is None:
            raise TypeError("Pictures cannot be kept.")
        yield replace(change, after=change.after | {"image": keep_file(self.cleaned_data["image"])})


class EndingRow(WithPlaces, OffersChoices, forms.Form):
    """A membership, relation or tag that is over, or of which the audience learns that it never was so."""

    use_required_attribute = False
    what = forms.CharField(
        label="What is over", widget=forms.TextInput(attrs={"list": "open-ties", "autocomplete": "off"}),
        help_text="A membership, relation or tag that has held until now. Choose it from the list.",
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        episode: int,
        subjects: NameableSubjects,
        ties: Mapping[str, models.Model],
        on_both: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.episode, self.ties = episode, ties
        if on_both:
            self.add_other_place()

    def clean_what(self) -> str:
        return the_one_meant(
            self.cleaned_data["what"], Spellings(Spelling(words, words) for words in self.ties),
            offered=lambda words: Choice(words, words),
            nothing=worded("Nothing like that holds at this {one}. Choose one from the list."),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        tie = self.ties.get(self.cleaned_data.get("what", ""))
        is_chapter = is_on_second_axis(self.episode)
        end = getattr(tie, "also_ended_in_id" if is_chapter else "ended_in_id", None)
        if end is not None and is_on_second_axis(end) == is_chapter:
            self.add_error("what", NOT_TOLD)
        return self.cleaned_data

    def proposed(self) -> Iterator[Proposed]:
        row = self.ties[self.cleaned_data["what"]]
        label = row._meta.label_lower
        places = self.places("ended_in", "also_ended_in")
        if is_on_second_axis(self.episode) and places["ended_in"] == self.episode:
            del places["ended_in"]  # which is that of the chapter unless an episode says it
        for name, place in places.items():
            if place is not None:
                yield Proposed(Change.Action.SET, label, str(row.pk), name, None, place)

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        return "what"
