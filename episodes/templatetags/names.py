"""Prints the names of users, rows and units in Django's templates as `episodes.names` and `episodes.units` say."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from episodes.axes import is_on_second_axis
from episodes.names import Name, with_unseen_shown
from episodes.units import named, short

register = template.Library()


@register.filter
def name(value: Any) -> Name:
    """Return the name of a user or a row, to be set apart from the text around it."""
    return Name(value)


@register.filter
def unseen(value: Any) -> SafeString:
    """Return a text that somebody sent, with marks for the signs in it that nobody would see."""
    return with_unseen_shown(str(value))


@register.filter
def unit_short(number: int) -> int | Name:
    """Return the label of a unit of the show, or its number."""
    return short(number)


@register.filter
def unit_in_list(place: int) -> str | int | Name:
    """Return the same, with its word where it is of the second axis, whose numbers begin with 1 again."""
    return named(place) if is_on_second_axis(place) else short(place)


@register.filter
def unit(number: int) -> str:
    """Return what a sentence calls a unit of the show, such as “episode 5”."""
    return named(number)
