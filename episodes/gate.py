"""Base classes of gated rows: each row holds the episode from which on a viewer may know it.

The gate is an integer comparison without a join, which stands in `known.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Q

from .known import is_known
from .neighbours import neighbours
from .texts import ProseInForm, Text
from .units import named

type ProseCheck = Callable[[str, int, models.Model | None], None]
"""Takes a text, the episode in which it is revealed and its row; raises ValidationError."""

prose_checks: list[ProseCheck] = []

_write_door_is_open = ContextVar("write_door_is_open", default=False)


@contextmanager
def content_may_be_written() -> Iterator[None]:
    """Open the write door: rows of the show are inserted, updated and deleted inside such a block and nowhere else.

    It grants nothing by itself. Whoever opens it has checked who may write and records what is written; tests refuse
    any other write to a content table.
    """
    token = _write_door_is_open.set(True)
    try:
        yield
    finally:
        _write_door_is_open.reset(token)


def is_content_writable() -> bool:
    """Return whether this code runs inside `content_may_be_written()`."""
    return _write_door_is_open.get()


class Prose(Text):
    """Markdown with [[mentions]], which may mention only rows that are revealed no later than the text."""

    holds_mentions = True

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": ProseInForm, **options})

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        known_in = getattr(model_instance, "known_in", None)
        if value and known_in is not None:
            for check in prose_checks:
                check(value, known_in, model_instance)


class GatedQuerySet(models.QuerySet):
    def as_of(self, progress: int) -> Self:
        """Return the rows that a viewer at this episode may know; loading a foreign key lazily raises an error."""
        return self.filter(is_known(progress)).fetch_mode(models.FETCH_RAISE)


class Gated(models.Model):
    revealed_in = models.ForeignKey(
        "episodes.Episode",
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The episode after which a viewer may know this. 0 is what is known before the first.",
    )

    objects = GatedQuerySet.as_manager()

    # Models whose rows a form saves together with this one; the form checks them itself.
    edited_along: frozenset[type[models.Model]] = frozenset()

    class Meta:
        abstract = True

    @property
    def known_in(self) -> int | None:
        return self.revealed_in_id

    def clean(self) -> None:
        super().clean()
        if self.revealed_in_id is None:
            return
        for field, parent in self.parents():
            check_order(self.revealed_in_id, parent, str(field.verbose_name))
        if not self._state.adding:
            self._check_children()

    def parents(self) -> list[tuple[models.Field, "Gated"]]:
        """Return the gated rows that this row refers to, with the fields that do."""
        gated = (field for field in self._meta.concrete_fields if _is_gated(field.related_model))
        found = ((field, _target(self, field)) for field in gated)
        return [(field, parent) for field, parent in found if parent is not None]

    def _check_children(self) -> None:
        for relation in self._meta.related_objects:
            if not _is_gated(relation.related_model) or relation.related_model in self.edited_along:
                continue
            earlier: dict[str, Any] = {relation.field.name: self.pk, "revealed_in_id__lt": self.revealed_in_id}
            children = neighbours().where(relation.related_model, **earlier)
            alone = (row for row in children if not neighbours().will_check(row))
            child: Any = min(alone, key=lambda row: row.revealed_in_id, default=None)
            if child is not None:
                raise ValidationError(
                    {
                        "revealed_in": f"The {child._meta.verbose_name} “{child}” hangs on this and is revealed "
                        f"in {named(child.revealed_in_id)} already."
                    }
                )


class Ends(models.Model):
    """Mixin for gated rows that can stop being true; the end has an episode of its own, which gates it."""

    ended_in = models.ForeignKey(
        "episodes.Episode",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="The episode in which the audience learns that this is over, or never was so. "
        "Until then it is simply true.",
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_in__gte=F("revealed_in")),
                name="%(app_label)s_%(class)s_ends_after_it_began",
                violation_error_message="It cannot end before it is revealed.",
            )
        ]


def check_order(revealed_in: int, parent: Gated, role: str) -> None:
    """Raise ValidationError if a row is revealed before the row that it refers to."""
    if revealed_in < parent.revealed_in_id:
        raise ValidationError(
            {
                "revealed_in": f"Revealed in {named(revealed_in)}, before its {role} “{parent}”, "
                f"which is revealed in {named(parent.revealed_in_id)}."
            }
        )


def _is_gated(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, Gated)


def _target(row: models.Model, field: models.Field) -> Any:
    """Return the row that a foreign key refers to, or None; if it is missing, the field's own validation reports it."""
    try:
        return getattr(row, field.name)
    except ObjectDoesNotExist:
        return None
