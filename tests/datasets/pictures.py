"""Pictures for data sets, drawn by the tests themselves."""

from pathlib import Path
from typing import Any

from PIL import Image


def put_picture(
    directory: Path, *, file: str = "ann.png", since: int = 1, colour: Any = (200, 10, 10)
) -> dict[str, Any]:
    """Draw a picture into a data set; return its entry for characters.yaml."""
    directory.mkdir(parents=True, exist_ok=True)
    picture = Image.linear_gradient("L").convert("RGB")
    picture.paste(colour, (60, 60, 120, 120))
    picture.save(directory / file)
    return {"file": file, "alt_text": f"See {file}", "credit": "Somebody", "licence": "CC0", "revealed_in": since}


def files_of(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
