"""The form fields of a correction."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import models

from characters.kinds import Kind, label_of
from characters.lore.correctable import even
from characters.lore.knowledge import Knowledge
from characters.values.basics import EpisodeRow
from corrections import rows
from episodes.axes import is_on_second_axis, place_of, second_of
from episodes.gate import Prose
from episodes.models import Episode
from episodes.order import sort_key
from episodes.texts import LineInForm, TextInForm
from episodes.units import current, named, short, worded

MOST_TEXT = 10_000  # characters
MOST_CHOICES = 100  # units in a list to choose from; of more one types which, as each form has several such lists
NO_SUCH_PLACE = worded("There is none of that name among those that you know. Type a number, or what it is called.")

HELP_TEXTS = {
    "premise": "What somebody who has seen nothing may know.",
    "synopsis": worded("What happens, for somebody who has just {watched} the {one}."),
    "aired_on": "",
    "kind": "",
    "language": "Two letters, such as “ja”.",
    "headline": worded("Use it as the title of the page from its {one} on."),
    "value": "",
    "text": worded("One to three sentences. Tell only what viewers know after that {one}."),
    "certainty": "How sure viewers can be.",
    "time": worded("When in the {one}, such as 21:40."),
    "revealed_in": worded("The {one} after which viewers know it."),
    "also_in": worded("The {second} after which its readers know it. One of the two is enough."),
    "also_ended_in": worded("The {second} in which its readers learn that it is over, if they do."),
    "ended_in": worded("The {one} in which viewers learn that it is over or was never true, if they do."),
    "image": "JPEG, PNG or WebP, up to 10 MB. It must be free to use.",
    "alt_text": "Describe the picture for people who cannot see it.",
}
LABELS_ON_BOTH = {
    "revealed_in": worded("Known after which {one}"),
    "also_in": worded("Or after which {second}"),
    "ended_in": worded("Ended in which {one}"),
    "also_ended_in": worded("Or in which {second}"),
}
HELP_WITH_NAMES = "One name per line, as this site shows it to you."


class MentionsField(TextInForm):
    """A text with names in double brackets."""

    widget = forms.Textarea(attrs={"rows": 5})

    def to_python(self, value: Any) -> str:
        return even(super().to_python(value) or "")


class KnownNameField(LineInForm):
    """A subject or a tag by the name that the contributor knows. `suggestions` is the id of a list of names."""

    def __init__(self, suggestions: str, **options: Any) -> None:
        super().__init__(
            max_length=200, widget=forms.TextInput(attrs={"list": suggestions, "autocomplete": "off"}), **options
        )


class KnownNamesField(MentionsField):
    """Several subjects by name, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> str:
        return "\n".join(sorted({line.strip() for line in super().to_python(value).splitlines()} - {""}, key=sort_key))


class PlaceInput(forms.TextInput):
    """Takes the place of a unit by its number or its label; the field still has all places as its choices."""

    choices: Sequence[tuple[int | str, str]] = ()  # as the field sets them

    def __init__(self) -> None:
        super().__init__({"autocomplete": "off"})

    def format_value(self, value: Any) -> str:
        text = "" if value is None else f"{value}"
        if not text.isdecimal():
            return text.strip()
        are_of_both = len({is_on_second_axis(place) for place, _ in self.choices if isinstance(place, int)}) > 1
        return named(int(text)) if are_of_both else f"{short(int(text))}"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        said = (super().value_from_datadict(data, files, name) or "").strip()
        second = current().second_number_of(said)
        meant = current().number_of(said), None if second is None else place_of(second)
        offered = {place for place, _ in self.choices}
        for place in meant:
            if place is not None and place in offered:
                return f"{place}"
        return f" {said}" if said else ""  # with a space, as a number that is no label may be that of another place


def place_field(choices: Sequence[tuple[int | str, str]], **options: Any) -> forms.TypedChoiceField:
    """Return the field for one of these places, which are typed where they are too many to choose from."""
    if len(choices) > MOST_CHOICES:
        options |= {"widget": PlaceInput(), "error_messages": {"invalid_choice": NO_SUCH_PLACE}}
    if not options["required"]:
        choices = [("", "–"), *choices]
    return forms.TypedChoiceField(choices=choices, coerce=int, empty_value=None, **options)


def form_field(kind: Kind, name: str, knowledge: Knowledge) -> forms.Field:
    """Return the form field for a field of a model, without choices that are not known yet."""
    field: Any = kind.model._meta.get_field(name)
    help_text = HELP_TEXTS.get(name, HELP_WITH_NAMES if field.many_to_many else "")
    options: dict[str, Any] = {"label": label_of(kind, name), "help_text": help_text, "required": not field.blank}
    if field.related_model is Episode:
        return _place_field(name, options, knowledge)
    if field.many_to_many:
        return KnownNamesField(**options)
    if field.is_relation:
        return KnownNameField(suggestions_for(field.related_model), **options)
    if isinstance(field, Prose):
        return _mentions_field(field, options)
    return _plain_field(field, options)


def _place_field(name: str, options: dict[str, Any], knowledge: Knowledge) -> forms.Field:
    choices = chapter_choices(knowledge) if name in rows.ON_THE_SECOND_AXIS else episode_choices(knowledge)
    if second_of(knowledge.progress):  # then either place is enough
        options |= {"required": False, "label": LABELS_ON_BOTH.get(name, options["label"])}
    return place_field(choices, **options)


def _mentions_field(field: Prose, options: dict[str, Any]) -> forms.Field:
    text = MentionsField(max_length=field.max_length or MOST_TEXT, **options)
    text.widget.attrs["rows"] = 2 if field.max_length else 5
    return text


def _plain_field(field: Any, options: dict[str, Any]) -> forms.Field:
    if isinstance(field, models.FileField):
        picture = forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"})
        return forms.FileField(widget=picture, **options | {"required": False})
    if isinstance(field, models.BooleanField):
        options["required"] = False
    form_field: forms.Field = field.formfield(**options)
    if isinstance(field, models.DateField):
        form_field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return form_field


def suggestions_for(model: type[models.Model]) -> str:
    """Return the id of the list of names that a field for rows of a model offers."""
    return f"known-{model._meta.model_name}s"


def episode_choices(knowledge: Knowledge) -> list[tuple[int | str, str]]:
    """Return the episodes that are known, to choose from."""
    return [(row.number, _name_of_episode(row)) for row in knowledge.episodes if row.known]


def chapter_choices(knowledge: Knowledge) -> list[tuple[int | str, str]]:
    """Return the units of the second axis that are known, to choose from."""
    return [(row.number, row.full_title) for row in knowledge.chapters if row.known]


def place_choices(knowledge: Knowledge) -> list[tuple[int | str, str]]:
    """Return the places of both axes that are known, to choose from."""
    return [*episode_choices(knowledge), *chapter_choices(knowledge)]


def _name_of_episode(row: EpisodeRow) -> str:
    return f"{short(row.number)} · {row.title}" if row.number and row.title else row.heading
