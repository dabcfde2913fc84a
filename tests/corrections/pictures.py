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
    return content


def a_portrait_of(ann: Character, *, colour: str = "teal", content: Any = None, since: int = 1) -> tuple[Any, str]:
    """Return the change that adds a portrait, and the name under which its picture is kept."""
    name = files.archive_upload(files.normalised(content or picture(colour)))
    values = rows.values_of(
        Portrait(character=ann, alt_text="Ann, from behind", credit="me", licence="CC0", revealed_in_id=since)
    )
    return adding("characters.portrait", values | {"image": name}), name
