"""[[key]] and [[key|words]] in a text: who is mentioned, and whether they are known by then."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from episodes.gate import Gated, Prose

if TYPE_CHECKING:
    from .models import Subject

MENTION = re.compile(r"\[\[([a-z0-9][a-z0-9_.-]*)(?:\|([^\[\]|\n]+))?\]\]")
LOOKS_LIKE_A_MENTION = re.compile(r"\[\[[^\[\]]*\]\]")


def mentioned_keys(text: str) -> set[str]:
    return {match[1] for match in MENTION.finditer(text)}


def check_mentions(text: str, known_in: int, row: models.Model | None = None) -> None:
    """Whoever is mentioned exists and is revealed no later than the text, which stands in that row."""
    from .models import Character, Faction

    problems = [
        f"“{attempt}” is not a mention; write [[key]] or [[key|words]]."
        for attempt in LOOKS_LIKE_A_MENTION.findall(text)
        if not MENTION.fullmatch(attempt)
    ]
    keys = mentioned_keys(text)
    if keys:
        known: dict[str, int] = {}
        for model in (Character, Faction):
            known.update(model.objects.filter(key__in=keys).values_list("key", "revealed_in_id"))
        for _, owner in row.parents() if isinstance(row, Gated) else ():
            # A form may be moving the owner along with this row.
            if isinstance(owner, Character | Faction) and owner.key in known:
                known[owner.key] = owner.revealed_in_id
        for key in sorted(keys):
            if key not in known:
                problems.append(f"It mentions “{key}”, but no character or faction has this key.")
            elif known[key] > known_in:
                problems.append(f"It mentions “{key}”, who is revealed in episode {known[key]} only.")
    if problems:
        raise ValidationError(problems)


def mentioned_too_early(subject: "Subject") -> str | None:
    """Name one text that mentions it and is revealed before it; its own rows are checked for that anyway."""
    for row, text in texts_mentioning(subject):
        if row.known_in < subject.revealed_in_id:
            return text
    return None


def texts_mentioning(subject: "Subject") -> Iterator[tuple[Any, str]]:
    """Each row of others with a text that mentions it, and that text in words."""
    for model, field in prose_fields():
        mention = Q(**{f"{field.name}__contains": f"[[{subject.key}]]"})
        mention |= Q(**{f"{field.name}__contains": f"[[{subject.key}|"})
        rows = model._base_manager.filter(mention)
        for column in model._meta.concrete_fields:
            if column.related_model is type(subject):
                rows = rows.exclude(**{column.name: subject.pk})
        yield from ((row, f"the {field.verbose_name} of {model._meta.verbose_name} “{row}”") for row in rows)


def prose_fields() -> Iterator[tuple[type[models.Model], Prose]]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, Prose):
                yield model, field
