"""The subjects of pages: characters, factions and terms. What belongs to them is in `owned.py`."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from taggit.managers import TaggableManager

from characters.public_ids import new_public_id
from episodes.gate import Gated
from episodes.neighbours import neighbours
from episodes.units import worded

from .checks import check_headlines, mentioned_too_early
from .shown_keys import shown_key

valid_key = RegexValidator(r"^[a-z0-9][a-z0-9_.-]*\Z", "A key is made of a-z, 0-9, “_”, “-” and “.”.")
valid_public_id = RegexValidator(r"^[0-9a-z]{8,32}\Z", "A public id is made of 8 to 32 of a-z and 0-9.")


class Content(Gated):
    """A gated row with a key that shows neither age nor number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    inferred = models.BooleanField(
        default=False,
        help_text=worded("No source states this {one}: it was worked out. Visitors do not see it."),
    )

    class Meta:
        abstract = True


class Subject(Content):
    """Somebody or some group a page is about. It has no name of its own: names are aliases, each with its episode."""

    key = models.CharField(
        max_length=80,
        unique=True,
        validators=[valid_key],
        help_text="The name editors use for it, in [[mentions]] and data sets. Visitors never see it.",
    )
    public_id = models.CharField(
        max_length=32,
        unique=True,
        default=new_public_id,
        validators=[valid_public_id],
        help_text="The part of the address that never changes. It reveals nothing.",
    )

    class Meta:
        abstract = True
        ordering = ["key"]

    def __str__(self) -> str:
        return shown_key(self.key)

    def clean(self) -> None:
        super().clean()
        for other in Subject.__subclasses__():
            if not isinstance(self, other) and any(neighbours().where(other, key=self.key)):
                raise ValidationError({"key": f"A {other._meta.verbose_name} has this key already."})
        if self._state.adding or self.revealed_in_id is None:
            return
        headlines = [] if neighbours().will_check(self) else self.headlines()
        if headlines and self._meta.get_field("aliases").related_model not in self.edited_along:
            check_headlines(self, headlines)
        if early := mentioned_too_early(self):
            name, text = early
            raise ValidationError({name: f"It is mentioned before that, in {text}."})

    def headlines(self) -> list[Any]:
        """Return its names that can stand on its page, each from its episode on."""
        relation: Any = self._meta.get_field("aliases")
        return [*neighbours().where(relation.related_model, **{relation.field.attname: self.pk, "headline": True})]


class Character(Subject):
    tags = TaggableManager(through="CharacterTag", blank=True)


class Faction(Subject):
    tags = TaggableManager(through="FactionTag", blank=True)


class Term(Subject):
    """A word of the show that needs explaining: a place, a substance, a law, a group of beings."""

    tags = TaggableManager(through="TermTag", blank=True)
