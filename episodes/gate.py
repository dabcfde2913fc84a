"""Base classes of gated rows: each row holds the episode from which on a viewer may know it.

The gate is an integer comparison without a join, which stands in `known.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Self

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Q

from .axes import BEYOND_ALL, is_on_second_axis
from .known import is_known
from .names import capital
from .neighbours import neighbours
from .texts import ProseInForm, Text
from .units import named, second_unit, worded

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
        """Return the rows that a viewer at this episode may know; loading a foreign key lazily raises an error.

        Rows of other models than these, such as corrections, have a place on the first axis alone.
        """
        at = progress if issubclass(self.model, Gated) else int(progress)
        return self.filter(is_known(at)).fetch_mode(models.FETCH_RAISE)


class Gated(models.Model):
    revealed_in = models.ForeignKey(
        "episodes.Episode",
        on_delete=models.PROTECT,
        related_name="+",
        help_text=worded("The {one} after which a viewer may know this. 0 is what is known before the first."),
    )
    also_in = models.ForeignKey(
        "episodes.Episode",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="or revealed in",
        help_text="In a story with a second axis, such as chapters: the one after which a reader of it may know this.",
    )

    objects = GatedQuerySet.as_manager()

    # Models whose rows a form saves together with this one; the form checks them itself.
    edited_along: frozenset[type[models.Model]] = frozenset()

    class Meta:
        abstract = True

    @property
    def known_in(self) -> int | None:
        return self.revealed_in_id

    @property
    def also_known_in(self) -> int | None:
        """The place on the second axis from which on a reader of it may know this, known from the start or not."""
        return 0 if self.revealed_in_id == 0 else self.also_in_id

    def clean(self) -> None:
        super().clean()
        if self.revealed_in_id is None:
            return
        check_places(self)
        for field, parent in self.parents():
            check_order(self, parent, str(field.verbose_name))
        if not self._state.adding:
            self._check_children()

    def parents(self) -> list[tuple[models.Field, "Gated"]]:
        """Return the gated rows that this row refers to, with the fields that do."""
        found = ((field, _target(self, field)) for field in _gated_fields(type(self)))
        return [(field, parent) for field, parent in found if parent is not None]

    def _check_children(self) -> None:
        for relation in _gated_relations(type(self)):
            if relation.related_model in self.edited_along:
                continue
            first, second = self.revealed_in_id, self.second_bound
            children = neighbours().earlier(relation.related_model, first, second, **{relation.field.name: self.pk})
            child: Any = min(children, key=lambda row: row.revealed_in_id, default=None)
            if child is not None:
                name = "revealed_in" if child.revealed_in_id < first else "also_in"
                raise ValidationError(
                    {
                        name: f"The {child._meta.verbose_name} “{child}” hangs on this and is revealed "
                        f"in {named(getattr(child, f'{name}_id'))} already."
                    }
                )

    @property
    def second_bound(self) -> int:
        """The place on the second axis before which nothing there may hang on this: beyond all if it has none."""
        place = self.also_known_in
        return BEYOND_ALL if place is None else place


class Ends(models.Model):
    """Mixin for gated rows that can stop being true; the end has an episode of its own, which gates it."""

    ended_in = models.ForeignKey(
        "episodes.Episode",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text=worded(
            "The {one} in which the audience learns that this is over, or never was so. Until then it is simply true."
        ),
    )
    also_ended_in = models.ForeignKey(
        "episodes.Episode",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="or ended in",
        help_text="In a story with a second axis: the chapter in which its readers learn that this is over.",
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


def check_places(row: Gated) -> None:
    """Raise ValidationError if the places of a row are on other axes than they have to be, or its ends before it."""
    first, second = row.revealed_in_id, row.also_in_id
    if first == 0 and second is not None:
        raise ValidationError({"also_in": "It is known from the start, so there is nothing to say of a second axis."})
    if is_on_second_axis(first) and second is None:
        row.also_in_id = second = first  # what chapters alone tell has its chapter in both
    if second is not None and not is_on_second_axis(second):
        raise ValidationError({"also_in": f"{capital(named(second))} is not on the second axis."})
    if is_on_second_axis(first) and first != second:
        raise ValidationError({"also_in": "What the second axis alone tells has the same place in both."})
    if isinstance(row, Ends):
        _check_end(row, second)


def _check_end(row: Any, second: int | None) -> None:
    end, also_end = row.ended_in_id, row.also_ended_in_id
    if end is not None and is_on_second_axis(end) and also_end is None:
        row.also_ended_in_id = also_end = end
    if also_end is None:
        return
    if not is_on_second_axis(also_end):
        raise ValidationError({"also_ended_in": f"{capital(named(also_end))} is not on the second axis."})
    if end is None:
        row.ended_in_id = end = also_end  # as above
    if is_on_second_axis(end) and end != also_end:
        raise ValidationError({"also_ended_in": "What ends on the second axis alone has the same place in both."})
    if row.revealed_in_id and (second is None or also_end < second):
        raise ValidationError({"also_ended_in": "It cannot end on an axis before it is revealed there."})


def check_order(row: Gated, parent: Gated, role: str) -> None:
    """Raise ValidationError if a row is revealed before the row that it refers to, on either axis by itself."""
    if row.revealed_in_id < parent.revealed_in_id:
        raise ValidationError(
            {
                "revealed_in": f"Revealed in {named(row.revealed_in_id)}, before its {role} “{parent}”, "
                f"which is revealed in {named(parent.revealed_in_id)}."
            }
        )
    mine, theirs = row.also_in_id, parent.also_known_in
    if mine is not None and theirs is None:
        raise ValidationError({"also_in": f"Its {role} “{parent}” is revealed in no {second_unit()}."})
    if mine is not None and theirs is not None and mine < theirs:
        raise ValidationError(
            {
                "also_in": f"Revealed in {named(mine)}, before its {role} “{parent}”, "
                f"which is revealed in {named(theirs)}."
            }
        )


@cache
def _gated_fields(model: type[models.Model]) -> tuple[models.Field, ...]:
    """Return the fields that refer to gated rows."""
    return tuple(field for field in model._meta.concrete_fields if _is_gated(field.related_model))


@cache
def _gated_relations(model: type[models.Model]) -> tuple[Any, ...]:
    """Return the relations by which gated rows refer to those of a model."""
    return tuple(relation for relation in model._meta.related_objects if _is_gated(relation.related_model))


def _is_gated(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, Gated)


def _target(row: models.Model, field: models.Field) -> Any:
    """Return the row that a foreign key refers to, or None; if it is missing, the field's own validation reports it."""
    if getattr(row, field.attname) is None and not field.is_cached(row):  # type: ignore[attr-defined]
        return None
    try:
        return getattr(row, field.name)
    except ObjectDoesNotExist:
        return None
