"""Decode and encode pictures with Pillow, in as little memory as that takes. Knows nothing of Django.

`worker` calls this in a process of its own, with limits; only what the operator of the site puts in is encoded at once.
"""

from io import BytesIO
from typing import Any
from zlib import decompressobj
from zlib import error as ZlibError

from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from .looking import MOST_MEGAPIXELS, PNG_SIGNATURE, Unreadable
from .sizes import COPIES, LONGEST_SIDE, WIDTHS

BEHIND_JPEG = "#f2e9e3"  # the colour of the page, as JPEG has no transparency

MODES_OF_PROFILES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # by their colour space

PROFILES_OF_MODES = {"CMYK": ("CMYK",), "L": ("L", "RGB"), "LA": ("L", "RGB"), "RGB": ("RGB",), "RGBA": ("RGB",)}

NOTES = (b"tEXt", b"zTXt", b"iTXt")  # chunks of a PNG that no picture is made of

SCALED_AS_THEY_ARE = {"L", "LA", "RGB", "RGBA", "CMYK"}  # modes; others, such as palettes, have to be converted first

MOST_OF_A_PROFILE = PngImagePlugin.MAX_TEXT_CHUNK = 4 * 1024 * 1024  # bytes, in a PNG


def normalised(content: bytes) -> bytes:
    """Return a picture as lossless WebP, upright, without metadata and no larger than LONGEST_SIDE."""
    try:
        with Image.open(BytesIO(_without_notes(content)), formats=tuple(MOST_MEGAPIXELS)) as image:
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


def _without_notes(content: bytes) -> bytes:
    """Return a PNG without its texts, of which a short one can be inflated to megabytes."""
    if not content.startswith(PNG_SIGNATURE):
        return content
    kept, at = [PNG_SIGNATURE], len(PNG_SIGNATURE)
    while at < len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4])
        kind = content[at + 4 : at + 8]
        if kind not in NOTES and not (kind == b"iCCP" and _is_inflated(content[at + 8 : end - 4])):
            kept.append(content[at:end])
        at = end
    return b"".join(kept)


def _is_inflated(profile: bytes) -> bool:
    """Return whether a compressed profile is longer than any that a camera or a program writes."""
    try:
        return (
            len(decompressobj().decompress(profile.partition(b"\0")[2][1:], MOST_OF_A_PROFILE + 1)) > MOST_OF_A_PROFILE
        )
    except ZlibError:
        return True


def _scaled_and_upright(image: Image.Image) -> Image.Image:
    """Scale before anything else where the mode allows it: a JPEG is then decoded smaller, and all copies are small."""
    image = _in_eight_bits(image)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode not in SCALED_AS_THEY_ARE or "transparency" in image.info:
        is_grey = image.mode in ("1", "L")  # which a profile of greys is for
        image = image.convert(mode.replace("RGB", "L") if is_grey else mode)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    ImageOps.exif_transpose(image, in_place=True)
    return _in_srgb(image).convert(mode)


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Scale greys of 16 bits, which Pillow would cut off at 255; of colours it takes the upper bits by itself."""
    transparent = image.info.pop("transparency", None)
    if image.mode.startswith("I"):
        image = image.point(lambda grey: grey * (1 / 256)).convert("L")
        transparent = transparent and transparent >> 8
    elif isinstance(transparent, tuple) and max(transparent) > 255:
        transparent = tuple(value >> 8 for value in transparent)
    if transparent is not None:
        image.info["transparency"] = transparent
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """Convert a picture from the colours of its profile, which is dropped, to those that browsers take others for."""
    content = image.info.get("icc_profile")
    if not content:
        return image
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(content))
        mode = MODES_OF_PROFILES[profile.profile.xcolor_space]
        if mode not in PROFILES_OF_MODES[image.mode]:
            return image
        colours = image.convert(mode)
        converted = ImageCms.profileToProfile(
            colours, profile, ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    except (ImageCms.PyCMSError, KeyError, OSError, TypeError, ValueError):  # a profile that means nothing
        return image
    if converted is None:
        return image
    if "A" in image.getbands():
        converted.putalpha(image.getchannel("A"))
    return converted


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
