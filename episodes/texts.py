"""Which characters a text may hold: whatever can be seen or typed, and can be written to a data set and read again.

Forms take out what nobody sees that they typed, such as the vertical tab of a slide; whatever else writes is refused.
"""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from .fields import OnTheSameColumn
from .folding import without_unseen
from .names import DIRECTION_SIGN, REACHING_SIGN, isolates_taken_out

LANGUAGE = r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*"  # a code as BCP 47 writes it
LONGEST_LANGUAGE = 35  # characters, for which BCP 47 asks to have room

BREAKS = re.compile("[\x0b\x0c\x1c-\x1e\x85]")  # Python and other programs begin a new line at these
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # with half characters
UNSEEN = re.compile(f"(?!\x00){CONTROLS.pattern}")
NEW_LINES = re.compile(r"\r\n|[\r\n]")


def cleaned(text: str, *, one_line: bool = False) -> str:
    """Return a text without control characters; what breaks a line does so as all others do.

    Isolates go as well, by which our own pages set names apart: who copies a name has them with it. NUL stays, which
    nobody pastes: forms refuse it, as Django's do.
    """
    text = UNSEEN.sub("", BREAKS.sub("\n", isolates_taken_out(text)))
    return NEW_LINES.sub(" ", text) if one_line else text


def identity(text: str) -> str:
    """Return what a text is told apart by: some devices send é as one letter, others as two, and they mean the same."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def check_text(text: str) -> None:
    """Raise ValidationError if a text holds a control character, or a sign that turns round what follows it."""
    if text.isprintable():  # as nearly all are; none of these is
        return
    if found := CONTROLS.search(text):
        raise ValidationError(f"The character U+{ord(found[0]):04X} is not allowed.")
    if found := REACHING_SIGN.search(text):
        raise ValidationError(
            f"It holds the unseen sign U+{ord(found[0]):04X}, which reverses the text after it. Remove it."
        )


def check_line(text: str) -> None:
    """Raise ValidationError if a text holds a control character or a sign of direction, or is more than one line."""
    if text.isprintable():  # as above
        return
    check_text(text)
    if found := DIRECTION_SIGN.search(text):
        raise ValidationError(
            f"It holds the unseen sign of direction U+{ord(found[0]):04X}. Remove it: names do not need it."
        )
    if NEW_LINES.search(text):
        raise ValidationError("This must be one line.")


def check_plain(text: str) -> None:
    """Raise ValidationError if a text holds a sign that means something in HTML."""
    if found := re.search("[<>&]", text):
        raise ValidationError(f"It holds “{found[0]}”. Use letters alone.")


def check_lines(names: Any) -> None:
    """Raise ValidationError unless this is a list of names, as they are once they are loaded from a data set."""
    is_list = isinstance(names, list) and all(isinstance(name, str) and name and name == name.strip() for name in names)
    if not is_list:
        raise ValidationError("This must be a list of names.")
    for name in names:
        check_line(name)


class TextInForm(forms.CharField):
    """Takes a text without control characters."""

    one_line = False

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = cleaned(value, one_line=self.one_line)
            value = value if without_unseen(value).strip() else ""  # nobody could see it
        return super().to_python(value)


class ProseInForm(TextInForm):
    """Takes Markdown with mentions; a form that knows the names at hand reads them with `read_mentions()`."""


class LineInForm(TextInForm):
    """Takes a text of one line; browsers take line breaks out, but other programs may not."""

    one_line = True


class NamesInForm(TextInForm):
    """A list of names, edited as one name on each line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **options: Any) -> None:
        super().__init__(**options)  # without what the model's field gives a form for JSON

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [name.strip() for name in super().to_python(value).splitlines() if name.strip()]


class Text(models.TextField):
    """A text of any number of lines."""

    default_validators = [check_text]

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": TextInForm, **options})


class Line(OnTheSameColumn, models.CharField):
    """A text of one line."""

    stands_for = models.CharField
    default_validators = [check_line]

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": LineInForm, **options})


class PlainLine(Line):
    """A line without signs of HTML: it stands within texts of our own, and Django shows help texts as they are."""

    default_validators = [check_line, check_plain]


class Names(OnTheSameColumn, models.JSONField):
    """A list of names."""

    stands_for = models.JSONField
    default_validators = [check_lines]

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": NamesInForm, "help_text": "One name per line.", **options})
