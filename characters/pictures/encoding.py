"""Decode and encode pictures with Pillow, in as little memory as that takes. Knows nothing of Django.

`worker` calls this in a process of its own, with limits; only what the operator of the site puts in is encoded at once.
"""

from io import BytesIO
from typing import Any

from PIL import Image, ImageOps, PngImagePlugin

from .looking import MOST_MEGAPIXELS, Unreadable

LONGEST_SIDE = 1200  # pixels

WIDTHS = (160, 480, 960)  # pixels, of the copies

COPIES: dict[str, dict[str, Any]] = {  # the best format first, as a browser takes the first that it supports
    "avif": {"quality": 60, "speed": 9},
    "webp": {"quality": 82, "method": 4},
    "jpg": {"quality": 82, "optimize": True, "progressive": True},
}

BEHIND_JPEG = "#f2e9e3"  # the colour of the page, as JPEG has no transparency

SCALED_AS_THEY_ARE = {"L", "LA", "RGB", "RGBA", "CMYK"}  # modes; others, such as palettes, have to be converted first

PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024 * 1024  # bytes, of the compressed texts in one PNG


def normalised(content: bytes) -> bytes:
    """Return a picture as lossless WebP, upright, without metadata and no larger than LONGEST_SIDE."""
    try:
        with Image.open(BytesIO(content), formats=tuple(MOST_MEGAPIXELS)) as image:
            picture = _scaled_and_upright(image)
    except MemoryError:
        raise
    except Exception as error:  # Pillow raises exceptions of many types for a broken file
        raise Unreadable from error
    return _encode(picture, "webp", lossless=True, method=4)


def copies(content: bytes) -> list[bytes]:
    """Return the copies that pages show of a normalised picture: for each of WIDTHS, each of COPIES."""
    with Image.open(BytesIO(content)) as picture:
        scaled = [_scaled(picture, width) for width in WIDTHS]
    return [_encode(copy, kind, **options) for copy in scaled for kind, options in COPIES.items()]


def _scaled_and_upright(image: Image.Image) -> Image.Image:
    """Scale before anything else where the mode allows it: a JPEG is then decoded smaller, and all copies are small."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode not in SCALED_AS_THEY_ARE or "transparency" in image.info:
        image = image.convert(mode)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    ImageOps.exif_transpose(image, in_place=True)
    return image.convert(mode)


def _scaled(picture: Image.Image, width: int) -> Image.Image:
    """Return a copy that is no wider than this, and no more than twice as high."""
    copy = picture.copy()
    copy.thumbnail((width, width * 2))
    return copy


def _encode(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture in a format, with nothing but its pixels."""
    if kind == "jpg" and picture.mode == "RGBA":
        clean = Image.new("RGB", picture.size, BEHIND_JPEG)
        clean.paste(picture, mask=picture)
    else:
        clean = Image.new(picture.mode, picture.size)
        clean.paste(picture)
    if kind == "webp":
        options["exact"] = True
    buffer = BytesIO()
    clean.save(buffer, "JPEG" if kind == "jpg" else kind, **options)
    return buffer.getvalue()
