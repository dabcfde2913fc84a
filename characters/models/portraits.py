"""Pictures of characters."""

from typing import Any

from django.db import models

from characters.pictures import files
from episodes.gate import Prose
from episodes.texts import Line
from episodes.units import worded

from .subjects import Character, Content


class Portrait(Content):
    character = models.ForeignKey(Character, on_delete=models.CASCADE, related_name="portraits")
    image = models.ImageField(
        upload_to=files.DIRECTORY,
        width_field="width",
        height_field="height",
        help_text=worded("JPEG, PNG or WebP, shown from this {one} on. It is re-encoded without its metadata."),
    )
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    alt_text = Line(max_length=300, help_text="Describe the picture for people who cannot see it.")
    caption = Prose(blank=True, max_length=300, help_text="Shown beneath the picture. Markdown with [[mentions]].")
    credit = Line(max_length=200, help_text="Who made it; shown with it.")
    licence = Line(
        max_length=100, help_text="The licence that lets us use it, such as CC BY 4.0. Stills of the show are not free."
    )

    class Meta:
        ordering = ["revealed_in", "alt_text"]

    def __str__(self) -> str:
        return self.alt_text

    def clean(self) -> None:
        super().clean()
        if files.is_new(self.image):
            self.image = files.normalised(self.image.file)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if files.is_new(self.image):
            self.width, self.height = files.store(self.image)
        super().save(*args, **kwargs)
