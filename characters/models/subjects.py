"""Characters, factions, and their names."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from taggit.managers import TaggableManager

from characters.public_ids import new_public_id
from characters.vocabulary import AliasKind
from episodes.gate import Gated

from .checks import check_headlines, mentioned_too_early

valid_key = RegexValidator(r"^[a-z0-9][a-z0-9_.-]*\Z", "A key is made of a-z, 0-9, “_”, “-” and “.”.")
valid_public_id = RegexValidator(r"^[0-9a-z]{8,32}\Z", "A public id is made of 8 to 32 of a-z and 0-9.")


# The foreign keys of whatever has exactly one owner: one for each kind of subject.
OWNERS = ("character", "faction")


class Content(Gated):
    """A gated row with a key that shows neither age nor number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class Subject(Content):
    """Somebody or some group a page is about. It has no name of its own: names are aliases, each with its episode."""

    key = models.CharField(
        max_length=80,
        unique=True,
        validators=[valid_key],
        help_text="The editors' handle, for [[mentions]] and data sets. Visitors never see it.",
    )
    public_id = models.CharField(
        max_length=32,
        unique=True,
        default=new_public_id,
        validators=[valid_public_id],
        help_text="The part of the address that stays. It tells nothing.",
    )

    class Meta:
        abstract = True
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key

    def clean(self) -> None:
        super().clean()
        for other in Subject.__subclasses__():
            if not isinstance(self, other) and other.objects.filter(key=self.key).exists():
                raise ValidationError({"key": f"A {other._meta.verbose_name} has this key already."})
        if self._state.adding or self.revealed_in_id is None:
            return
        headlines = {row.revealed_in_id for row in self.aliases.all() if row.headline}  # type: ignore[attr-defined]
        if headlines and Alias not in self.edited_along:
            check_headlines(self.revealed_in_id, headlines)
        if early := mentioned_too_early(self):
            raise ValidationError({"revealed_in": f"It is mentioned before that, in {early}."})


class Character(Subject):
    tags = TaggableManager(through="CharacterTag", blank=True)


class Faction(Subject):
    tags = TaggableManager(through="FactionTag", blank=True)


class Owned(Content):
    """A row about exactly one character or faction."""

    character = models.ForeignKey(
        Character, on_delete=models.CASCADE, related_name="%(class)s_set", null=True, blank=True
    )
    faction = models.ForeignKey(Faction, on_delete=models.CASCADE, related_name="%(class)s_set", null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(character__isnull=True) ^ Q(faction__isnull=True),
                name="%(app_label)s_%(class)s_one_owner",
                violation_error_message="It belongs to exactly one character or one faction.",
            )
        ]

    @property
    def owner(self) -> Any:
        """The character or faction that it belongs to; None while a form has not said which."""
        return next((getattr(self, name) for name in OWNERS if getattr(self, f"{name}_id") is not None), None)

    def siblings(self) -> models.QuerySet:
        """Return the other rows of the same kind of the same owner."""
        same = {name: getattr(self, f"{name}_id") for name in OWNERS}
        return type(self)._base_manager.filter(**same).exclude(pk=self.pk)


class Alias(Owned):
    character = models.ForeignKey(Character, on_delete=models.CASCADE, related_name="aliases", null=True, blank=True)
    faction = models.ForeignKey(Faction, on_delete=models.CASCADE, related_name="aliases", null=True, blank=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(
        max_length=20,
        choices=AliasKind,
        default=AliasKind.NAME,
        help_text="A placeholder stands in where the name only comes later (“the stranger at the ruins”); "
        "a variant is a spelling somebody may search for.",
    )
    language = models.CharField(
        max_length=2,
        default="en",
        validators=[RegexValidator(r"^[a-z]{2}\Z", "A language is two letters, such as “ja”.")],
    )
    headline = models.BooleanField(
        default=False,
        help_text="Can be the name on the page. Shown is the newest headline that the viewer may know, so there is "
        "one in the owner's first episode and at most one in each later one.",
    )
    common_word = models.BooleanField(
        default=False, help_text="An ordinary word as well (“First”); the spoiler linter does not stumble over it."
    )

    class Meta(Owned.Meta):
        verbose_name_plural = "aliases"
        ordering = ["revealed_in", "-headline", "name"]
        constraints = [
            *Owned.Meta.constraints,
            *(
                models.UniqueConstraint(fields=[owner, "name"], name=f"characters_alias_once_per_{owner}")
                for owner in OWNERS
            ),
            *(
                models.UniqueConstraint(
                    fields=[owner, "revealed_in"],
                    condition=Q(headline=True),
                    name=f"characters_one_headline_per_{owner}_and_episode",
                    violation_error_message="There is another headline name for this episode.",
                )
                for owner in OWNERS
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self._state.adding or self.owner is None or self.revealed_in_id is None:
            return
        if Alias in self.owner.edited_along:
            return
        was_founding = self.siblings().model._base_manager.filter(
            pk=self.pk, headline=True, revealed_in=self.owner.revealed_in_id
        )
        if was_founding.exists():
            others = set(self.siblings().filter(headline=True).values_list("revealed_in_id", flat=True))
            mine = {self.revealed_in_id} if self.headline else set()
            check_headlines(self.owner.revealed_in_id, others | mine)
