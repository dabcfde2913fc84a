"""Let all texts name a row by its new handle: those of the show, what is recorded of them, and what waits.

It is no change of what is known, so only the handle itself is a change of the correction. What was sent before and is
accepted later, or undone later, then names the row as it is named by that time.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import reduce
from itertools import batched
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast

from episodes.neighbours import neighbours

from . import rows
from .models import Change, SentForm
from .rows import Handle, Json

AT_ONCE = 500  # rows
RECORDED = {Change: ("before", "after", "final", "was", "became"), SentForm: ("values",)}

type Rewrite = Callable[[str], str]


def rename(handle: Handle, old: str, new: str) -> None:
    """Rewrite every text that names a row by its old handle; raise ValidationError if one could not be as it were."""

    def rewrite(text: str) -> str:
        return handle.rewritten(text, old, new)

    _rewrite_texts(rewrite, old)
    for model, columns in RECORDED.items():
        _rewrite_record(model, columns, rewrite, old)


def former_values(label: str, path: str) -> list[tuple[str, Json]]:
    """Return the keys of rows of which a field was given another value, each with the former one, newest first."""
    changes = Change.objects.of_model(label).applied().filter(path=path).order_by("-applied_at", "-position")
    return list(changes.values_list("row", "was"))


def _rewrite_texts(rewrite: Rewrite, old: str) -> None:
    changed: defaultdict[tuple[type[models.Model], str], list[Any]] = defaultdict(list)
    for row, field in neighbours().mentioning(old):
        text = getattr(row, field.attname)
        if (rewritten := rewrite(text)) == text:
            continue
        setattr(row, field.attname, rewritten)
        try:
            field.run_validators(rewritten)
            if (check := rows.editable(row._meta.label_lower).check_text) is not None:
                check(row)
        except ValidationError as error:
            where = f"the {field.verbose_name} of {row._meta.verbose_name} “{row}”"
            raise ValidationError([f"In {where}: {message}" for message in error.messages]) from error
        changed[type(row), field.attname].append(row)
    for (model, name), of_field in changed.items():
        model._base_manager.bulk_update(of_field, [name], AT_ONCE)


def _rewrite_record(model: type[models.Model], columns: tuple[str, ...], rewrite: Rewrite, old: str) -> None:
    texts = {f"{name}_text": Cast(name, models.TextField()) for name in columns}
    named = reduce(or_, (Q(**{f"{text}__contains": f"[[{old}"}) for text in texts))
    keys = model._base_manager.alias(**texts).filter(named).order_by().values_list("pk", flat=True)
    for some in batched(keys, AT_ONCE):
        recorded = list(model._base_manager.filter(pk__in=some))
        for row in recorded:
            for name in columns:
                setattr(row, name, _in_all_texts(getattr(row, name), rewrite))
        model._base_manager.bulk_update(recorded, columns)


def _in_all_texts(value: Json, rewrite: Rewrite) -> Json:
    if isinstance(value, dict):
        return {name: _in_all_texts(each, rewrite) for name, each in value.items()}
    if isinstance(value, list):
        return [_in_all_texts(each, rewrite) for each in value]
    return rewrite(value) if isinstance(value, str) else value
