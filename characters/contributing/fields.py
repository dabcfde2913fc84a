"""The form fields of a correction."""

from typing import Any

from django import forms
from django.db import models

from characters.lore.knowledge import Knowledge
from characters.lore.parts import even
from characters.values.basics import EpisodeRow
from corrections import rows
from episodes.gate import Prose

MOST_TEXT = 10_000  # characters

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
        return even(super().to_python(value) or "")


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


def field_of(kind: rows.Editable, name: str, knowledge: Knowledge) -> forms.Field:
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
            choices=[*([] if told["required"] else [("", "–")]), *episodes(knowledge)],
            coerce=int,
            empty_value=None,
            **told,
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


def episodes(knowledge: Knowledge) -> list[tuple[int, str]]:
    """Those that somebody can speak of."""
    return [(row.number, name_of_episode(row)) for row in knowledge.episodes if row.known]


def name_of_episode(row: EpisodeRow) -> str:
    if not row.number:
        return "Before the first episode"
    return f"{row.number} · {row.title}" if row.title else f"Episode {row.number}"
