"""Checks that need other rows: headline names and mentions."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError

from characters.text.mentions import mentioned_keys
from episodes.neighbours import neighbours
from episodes.units import named


def check_headlines(first_episode: int, headline_episodes: set[int]) -> None:
    """Require a name for the page at every moment from the first episode on."""
    if first_episode not in headline_episodes:
        raise ValidationError(
            f"There is no headline name for {named(first_episode)}, the first of this character or faction: "
            "tick “headline” on one of its names of that episode."
        )


def mentioned_too_early(subject: Any) -> str | None:
    """Return one text that mentions a subject and is revealed before it; its own rows are checked for that anyway."""
    for row, field in neighbours().mentioning(subject.key):
        is_alone = row.known_in < subject.revealed_in_id and not neighbours().will_check(row)
        if is_alone and _mentions(row, field, subject):
            return _described(row, field)
    return None


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
