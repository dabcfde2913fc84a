"""Errors of forms that offer what to write instead: each choice is a button that puts it into the field.

A button sends the form with all that was typed, so nothing is lost and no JavaScript is needed. Whoever shows the form
again asks `with_choice()` for what was sent; the form is never saved or sent by such a button.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .texts import ProseInForm

CHOOSE = "_choose"  # the name of the buttons
ASKED = "_asked"  # of fields with what was asked about before
MOST_PUT_IN = 1_000_000  # characters
LONGEST_FOUND = 200  # characters that are looked for in a text: no name is longer, and half a text takes minutes
ENTRY_ENDS = re.compile(r"([\r\n,]+)")  # between the entries of a list


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to write instead of what was typed, and what the button says."""

    meant: str
    label: str


class Unclear(ValidationError):
    """What was typed could mean several things, or nothing that is known; there may be choices to write instead."""

    def __init__(
        self, message: Any, *, typed: str = "", choices: Iterable[Choice] = (), can_stay: bool = False
    ) -> None:
        super().__init__(message)
        self.typed, self.choices, self.can_stay = typed, tuple(choices), can_stay

    def at(self, field: str) -> "Unclear":
        """Return the same with buttons for the field of this name in the form that is sent.

        Of what can stay as it is the form remembers that it was asked about: sent once more, it stays.
        """
        asked = format_html('<input type="hidden" name="{}" value="{}">', ASKED, self.typed) if self.can_stay else ""
        message = format_html("{}{}{}", self.message, buttons(field, self.typed, self.choices), asked)
        return Unclear(message, typed=self.typed)


def buttons(field: str, typed: str, choices: Iterable[Choice]) -> SafeString:
    """Return a button for each choice, in HTML."""
    values = ((CHOOSE, json.dumps([field, typed, each.meant]), each.label) for each in choices)
    button = '<button type="submit" class="instead" name="{}" value="{}" formnovalidate>{}</button>'
    all_of_them = format_html_join(" ", button, values)
    return format_html(' <span class="choices">{}</span>', all_of_them) if all_of_them else all_of_them


class OffersChoices(forms.BaseForm):
    """A form whose errors offer choices at the fields that they are about."""

    def add_error(self, field: str | None, error: Any) -> None:
        error = error if isinstance(error, ValidationError) else ValidationError(error)
        if field is not None and not hasattr(error, "error_dict"):
            name = self.add_prefix(field)
            error = ValidationError([each.at(name) if isinstance(each, Unclear) else each for each in error.error_list])
        super().add_error(field, error)


class ReadsMentions(OffersChoices):
    """A form of texts that mention others; who types a name in one means whom it stands for."""

    def read_mentions(self, read: Callable[[str], str]) -> None:
        """Put keys for the names in what was typed; `read` raises ValidationError where one of them is unclear."""
        for name, field in self.fields.items():
            text = self.cleaned_data.get(name)
            if isinstance(field, ProseInForm) and text and name in self.changed_data:
                try:
                    self.cleaned_data[name] = read(text)
                except ValidationError as error:
                    self.add_error(name, error)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choice that a form was sent with."""

    field: str
    typed: str
    meant: str

    @classmethod
    def of(cls, data: QueryDict) -> Self | None:
        """Return the choice in the data of a form, if there is one."""
        try:
            field, typed, meant = json.loads(data.get(CHOOSE, ""))
            "".join((field, typed, meant)).encode()  # half a surrogate pair could not be shown
        except (ValueError, TypeError, RecursionError):
            return None
        return cls(field, typed, meant)

    @property
    def written(self) -> str:
        """What stands in the field now, without the brackets of a mention."""
        return self.meant.lstrip("[?")

    def within(self, value: str) -> str:
        """Return the value of the field with what was meant in place of what was typed.

        What would be longer than any form, or is looked for and longer than any name, stays as it is: nobody but a
        program asks for that.
        """
        if len(self.typed) > LONGEST_FOUND or value.count(self.typed) * len(self.meant) > MOST_PUT_IN:
            return value
        if self.meant.startswith("[[") and not self.typed.startswith("[["):
            return self._in_brackets(value)
        if self.typed.startswith("[["):  # the beginning of a mention
            return re.sub(rf"{re.escape(self.typed)}(?=\s*(?:\]\]|\|))", lambda _: self.meant, value)
        if value.strip() == self.typed:
            return self.meant
        return "".join(
            each.replace(self.typed, self.meant) if each.strip() == self.typed else each
            for each in ENTRY_ENDS.split(value)
        )

    def _in_brackets(self, value: str) -> str:
        """Return a text with a mention in the first place where the words stand without brackets."""
        words = re.compile(rf"(\[\[[^\[\]]*\]\])|(?<!\w){re.escape(self.typed)}(?!\w)")
        place = next((found for found in words.finditer(value) if not found[1]), None)
        return value[: place.start()] + self.meant + value[place.end() :] if place else value


def asked_before(data: QueryDict) -> frozenset[str]:
    """Return what the form has asked about before and was sent again with, as it was."""
    return frozenset() if CHOOSE in data else frozenset(map(str, data.getlist(ASKED)))


def with_choice(data: QueryDict) -> QueryDict:
    """Return what was sent, with the choice put into its field if it was sent by such a button."""
    chosen = Chosen.of(data)
    value = data.get(chosen.field) if chosen else None
    if chosen is None or not isinstance(value, str):
        return data
    changed = data.copy()
    changed[chosen.field] = chosen.within(value)
    return changed
