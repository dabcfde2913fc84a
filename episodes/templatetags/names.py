"""Prints the names of users and rows in Django's templates as `episodes.names` says."""

from typing import Any

from django import template

from episodes.names import Name

register = template.Library()


@register.filter
def name(value: Any) -> Name:
    """Return the name of a user or a row, to be set apart from the text around it."""
    return Name(value)
