"""The pictures of one form: how many it takes, of how many bytes, and at which pace."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError

from characters.pictures import files

MOST_PICTURES = 5  # in one form

MOST_BYTES_TOGETHER = 20 * 1024 * 1024

type MayUpload = Callable[[int], bool]
"""Takes what decoding a picture costs, in megapixels, and returns whether its sender may have it decoded now."""


class Uploads:
    """Takes the pictures of one form, one after the other, and refuses what is too much before it is decoded."""

    def __init__(self, may_upload: MayUpload) -> None:
        self.may_upload = may_upload
        self.number = self.size = 0

    def keep(self, upload: Any) -> str:
        """Put a picture into the archive and return its name there; raise ValidationError if it cannot be taken."""
        self.number += 1
        self.size += upload.size
        if self.number > MOST_PICTURES:
            raise ValidationError(f"A form takes {MOST_PICTURES} pictures at a time. Please send this one later.")
        if self.size > MOST_BYTES_TOGETHER:
            most = MOST_BYTES_TOGETHER // 1024**2
            raise ValidationError(f"Together these pictures are larger than {most} MB. Please send this one later.")
        if not self.may_upload(files.cost_of(upload)):
            raise ValidationError("You have sent too many pictures within an hour. Please send this one later.")
        return files.archive_upload(files.normalised(upload))
