"""How the number of an episode is written: plainly, for what some read as ten (010) others read as eight.

A number that is read too low shows what comes later, so whatever is not plain is refused at every door.
"""

from argparse import ArgumentTypeError
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import register_converter

from .axes import Progress, is_on_second_axis, place_of, second_of_place
from .fields import OnTheSameColumn
from .requests import whole_number

SECOND = "chapter-"  # in addresses, whatever the show calls its chapters
NOT_PLAIN = "Write a plain number, such as 10: no other sign, and no 0 before it."


def number_in_command(text: str) -> int:
    """Return an argument of a command as a number."""
    number = whole_number(text)
    if number is None:
        raise ArgumentTypeError(NOT_PLAIN)
    return number


def progress_in_command(text: str) -> Progress:
    """Return an argument of a command as progress on one axis, “3”, or on both, “3+20”."""
    first, plus, second = text.partition("+")
    return Progress(number_in_command(first), number_in_command(second) if plus else 0)


class PlainNumberField(forms.IntegerField):
    """A form field that takes no sign, point, underscore, leading zero or digit of another script."""

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str) and value.strip() and whole_number(value.strip()) is None:
            raise ValidationError(NOT_PLAIN, code="invalid")
        return super().to_python(value)


class NumberField(OnTheSameColumn, models.PositiveSmallIntegerField):
    """The number of an episode; a text is read only if it is one plainly, also in lookups."""

    stands_for = models.PositiveSmallIntegerField

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str) and whole_number(value) is None:
            raise ValidationError(NOT_PLAIN, code="invalid")
        return super().to_python(value)

    def get_prep_value(self, value: Any) -> int | None:
        if isinstance(value, str) and whole_number(value) is None:
            raise ValueError(NOT_PLAIN)
        return super().get_prep_value(value)

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": PlainNumberField, **options})


def place_in_address(text: str) -> int | None:
    """Return the place that a part of an address names, or None if it names none or is not how one is named."""
    number = whole_number(text.removeprefix(SECOND), digits=4)
    if number is None or not text.startswith(SECOND):
        return number
    return place_of(number) if number else None


def in_address(place: int) -> str:
    """Return how an address names a place: chapter 34 is “chapter-34” there, whatever the show calls it."""
    return f"{SECOND}{second_of_place(place)}" if is_on_second_axis(place) else f"{place}"


class NumberInAddress:
    """The part of an address that is the number of an episode, of which each has one address."""

    regex = "0|[1-9][0-9]{0,5}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class PlaceInAddress:
    """The part of an address that is an episode, or a unit of the second axis, of which each has one address."""

    regex = f"{NumberInAddress.regex}|{SECOND}[1-9][0-9]{{0,3}}"

    def to_python(self, value: str) -> int:
        if value.startswith(SECOND):
            return place_of(int(value.removeprefix(SECOND)))
        if is_on_second_axis(int(value)):
            raise ValueError(value)  # it has the other address
        return int(value)

    def to_url(self, value: int) -> str:
        return in_address(value)


register_converter(NumberInAddress, "number")
register_converter(PlaceInAddress, "place")
