"""Checks that need other rows: headline names and mentions."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from characters.text.mentions import mentioned_keys
from episodes.neighbours import neighbours
from episodes.units import current, named


def once_in_a_chapter(*fields: str, name: str) -> models.UniqueConstraint:
    """Return the constraint that what can be said once in an episode is said once on the second axis, too."""
    return models.UniqueConstraint(fields=[*fields, "also_in"], condition=Q(also_in__isnull=False), name=name)


def check_headlines(subject: Any, headlines: Iterable[Any]) -> None:
    """Require a name for the page at every moment from the first episode on, and from the first chapter on."""
    names = [(row.revealed_in_id, row.also_in_id) for row in headlines]
    places = [subject.revealed_in_id] + ([subject.also_in_id] if subject.also_in_id is not None else [])
    for number, place in enumerate(places):
        if all(name[number] != place for name in names):
            raise ValidationError(
                f"There is no headline name for {named(place)}, the first of this character or faction: "
                f"tick “headline” on one of its names of that {current().word(place)}."
            )


def mentioned_too_early(subject: Any) -> tuple[str, str] | None:
    """Return one text that mentions a subject and is revealed before it, after the field that says so on that axis.

    Its own rows are checked for that anyway.
    """
    for row, field in neighbours().mentioning(subject.key):
        second = getattr(row, "also_known_in", None)
        fields = [
            name
            for name, is_early in (
                ("revealed_in", row.known_in < subject.revealed_in_id),
                ("also_in", second is not None and not is_known_by(subject.also_known_in, second)),
            )
            if is_early
        ]
        if fields and _mentions(row, field, subject):
            return fields[0], _described(row, field)
    return None


def is_known_by(second: int | None, place: int) -> bool:
    """Return whether what has this place on the second axis, or none, is known at another place there."""
    return second is not None and second <= place


def texts_mentioning(subject: Any) -> Iterator[tuple[Any, str]]:
    """Yield each row of others that mentions a subject, with the text's description."""
    return ((row, _described(row, field)) for row, field in rows_mentioning(subject))


def rows_mentioning(subject: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each row of others that mentions a subject, with the field of the text."""
    for row, field in neighbours().mentioning(subject.key):
        if _mentions(row, field, subject):
            yield row, field


def _mentions(row: Any, field: Any, subject: Any) -> bool:
    """Return whether the text of a row of others mentions a subject: the database finds half a mention too."""
    return subject.key in mentioned_keys(getattr(row, field.attname)) and not _hangs_on(row, subject)


def _described(row: Any, field: Any) -> str:
    return f"the {field.verbose_name} of {row._meta.verbose_name} “{row}”"


def _hangs_on(row: Any, subject: Any) -> bool:
    return any(
        column.related_model is type(subject) and getattr(row, column.attname) == subject.pk
        for column in row._meta.concrete_fields
    )
