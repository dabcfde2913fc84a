"""Tags, and who bears them from which episode on."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import slugify
from taggit.models import ItemBase, TagBase

from episodes.gate import Ends

from .subjects import Character, Content, Faction


class Tag(TagBase):
    """A tag is known by its slug alone, which depends on nothing but its name."""

    class Meta:
        ordering = ["name"]

    def clean(self) -> None:
        super().clean()
        self.name = self.name.strip().lower()  # type: ignore[has-type]
        if not (slug := self.slugify(self.name)):
            raise ValidationError({"name": "A tag needs at least one letter or digit."})
        self.slug = slug
        if other := Tag.objects.filter(slug=self.slug).exclude(pk=self.pk).first():
            raise ValidationError({"name": f"“{self.name}” and “{other}” would share an address; use one of them."})

    def save(self, *args: Any, **kwargs: Any) -> None:
        # taggit would append _1 to the slug of a tag whose like exists already, hidden or not.
        self.slug = self.slug or self.slugify(self.name)
        models.Model.save(self, *args, **kwargs)

    def slugify(self, tag: str, i: int | None = None) -> str:
        return slugify(tag, allow_unicode=True)


class CharacterTag(Content, Ends, ItemBase):
    content_object = models.ForeignKey(
        Character, on_delete=models.CASCADE, related_name="tag_rows", verbose_name="character"
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="character_rows")

    class Meta(Ends.Meta):
        verbose_name = "character's tag"
        ordering = ["tag__name"]
        constraints = [
            *Ends.Meta.constraints,
            models.UniqueConstraint(fields=["content_object", "tag", "revealed_in"], name="characters_tag_once"),
        ]

    def __str__(self) -> str:
        return str(self.tag)


class FactionTag(Content, Ends, ItemBase):
    content_object = models.ForeignKey(
        Faction, on_delete=models.CASCADE, related_name="tag_rows", verbose_name="faction"
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="faction_rows")

    class Meta(Ends.Meta):
        verbose_name = "faction's tag"
        ordering = ["tag__name"]
        constraints = [
            *Ends.Meta.constraints,
            models.UniqueConstraint(fields=["content_object", "tag", "revealed_in"], name="factions_tag_once"),
        ]

    def __str__(self) -> str:
        return str(self.tag)
