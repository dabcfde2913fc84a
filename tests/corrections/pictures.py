"""Pictures that are sent with corrections."""

from io import BytesIO
from typing import Any

from PIL import Image

from characters.models import Character, Portrait
from characters.pictures import files
from corrections import rows
from corrections.sending import adding


def picture(colour: str = "teal") -> Any:
    content = BytesIO()
    Image.new("RGB", (60, 80), colour).save(content, "PNG")
    return files.normalised(content)


def a_portrait_of(ann: Character, *, colour: str = "teal") -> tuple[Any, str]:
    """Return the change that adds a portrait, and the name under which its picture is kept."""
    name = files.archive_upload(picture(colour))
    values = rows.values_of(
        Portrait(character=ann, alt_text="Ann, from behind", credit="me", licence="CC0", revealed_in_id=1)
    )
    return adding("characters.portrait", values | {"image": name}), name
