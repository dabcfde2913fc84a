"""Facts about characters and factions."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from characters.vocabulary import Attribute
from episodes.gate import Prose

from .subjects import OWNERS, Character, Faction, Owned


class Trait(Owned):
    character = models.ForeignKey(
        Character, on_delete=models.CASCADE, related_name="traits", null=True, blank=True, db_index=False
    )
    faction = models.ForeignKey(Faction, on_delete=models.CASCADE, related_name="traits", null=True, blank=True)
    attribute = models.CharField(max_length=20, choices=Attribute)
    value = Prose(
        help_text="Of a single-valued attribute the newest known value is shown, and the earlier ones stay in the "
        "timeline as what was believed. A summary is Markdown and is written anew for each stage of the story."
    )

    class Meta(Owned.Meta):
        ordering = ["attribute", "revealed_in"]
        indexes = [
            models.Index(fields=["attribute", "revealed_in"], name="characters_trait_by_attribute"),
            models.Index(fields=["character", "attribute", "revealed_in"], name="characters_trait_by_character"),
        ]
        constraints = [
            *Owned.Meta.constraints,
            *(
                models.UniqueConstraint(
                    fields=[owner, "attribute", "revealed_in"],
                    condition=Q(attribute__in=Attribute.single_valued()),
                    name=f"characters_one_value_per_{owner}_and_episode",
                    violation_error_message="There is another value of this attribute for this episode.",
                )
                for owner in OWNERS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_attribute_display()}: {self.value[:60]}"

    def clean(self) -> None:
        super().clean()
        repeats = self.siblings().filter(attribute=self.attribute, value=self.value)
        if self.attribute not in Attribute.single_valued() and repeats.exists():
            raise ValidationError({"value": "This value is there already."})
