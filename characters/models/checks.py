"""Checks that need other rows: headline names and mentions."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from episodes.gate import Prose


def check_headlines(first_episode: int, headline_episodes: set[int]) -> None:
    """Require a name for the page at every moment from the first episode on."""
    if first_episode not in headline_episodes:
        raise ValidationError(
            f"There is no headline name for episode {first_episode}, the first of this character or faction: "
            "tick “headline” on one of its names of that episode."
        )


def mentioned_too_early(subject: Any) -> str | None:
    """Return one text that mentions a subject and is revealed before it; its own rows are checked for that anyway."""
    for row, text in texts_mentioning(subject):
        if row.known_in < subject.revealed_in_id:
            return text
    return None


def texts_mentioning(subject: Any) -> Iterator[tuple[Any, str]]:
    """Yield each row of others that mentions a subject, with the text's description."""
    for model, field in prose_fields():
        mention = Q(**{f"{field.name}__contains": f"[[{subject.key}]]"})
        mention |= Q(**{f"{field.name}__contains": f"[[{subject.key}|"})
        rows = model._base_manager.filter(mention)
        for column in model._meta.concrete_fields:
            if column.related_model is type(subject):
                rows = rows.exclude(**{column.name: subject.pk})
        yield from ((row, f"the {field.verbose_name} of {model._meta.verbose_name} “{row}”") for row in rows)


def prose_fields() -> Iterator[tuple[type[models.Model], Prose]]:
    """Yield every field of every model that holds Markdown with mentions."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, Prose):
                yield model, field
