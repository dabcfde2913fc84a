"""Check pictures, re-encode them without metadata, and store them under a name that says nothing about them.

The stored file is lossless, so that dumping and loading a data set gives the same file again. With it are stored the
copies that pages show, in three sizes and three formats.
"""

from io import BytesIO
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.fields.files import ImageFieldFile
from PIL import Image, ImageOps

from characters.public_ids import file_token_for
from corrections import archive

DIRECTORY = "portraits/"

FORMATS = ("JPEG", "PNG", "WEBP")

LONGEST_SIDE = 1200  # pixels

WIDTHS = (160, 480, 960)  # pixels, of the copies

COPIES: dict[str, dict[str, Any]] = {  # the best format first, as a browser takes the first that it supports
    "avif": {"quality": 60, "speed": 9},
    "webp": {"quality": 82, "method": 4},
    "jpg": {"quality": 82, "optimize": True, "progressive": True},
}

BEHIND_JPEG = "#f2e9e3"  # the colour of the page, as JPEG has no transparency

MOST_BYTES = 10 * 1024 * 1024

MOST_PIXELS = 40_000_000


def normalised(upload: IO[bytes]) -> ContentFile:
    """Return a picture re-encoded, under the name it will be stored by; raise ValidationError if it cannot be used."""
    upload.seek(0)
    content = upload.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValidationError({"image": f"The file is larger than {MOST_BYTES // 1024**2} MB."})
    too_large = ValidationError({"image": f"The picture has more than {MOST_PIXELS // 10**6} million pixels."})
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise too_large
            picture = ImageOps.exif_transpose(image).convert("RGBA" if image.has_transparency_data else "RGB")
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large from error
    except Exception as error:  # Pillow raises exceptions of many types for a broken file
        raise ValidationError({"image": f"This is no readable {', '.join(FORMATS)} picture."}) from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    encoded = _encode(picture, "webp", lossless=True, method=4)
    return ContentFile(encoded, name=f"{file_token_for(encoded)}.webp")


def is_new(image: ImageFieldFile) -> bool:
    """Return whether the file is an upload that is not stored yet."""
    return bool(image) and not image._committed  # type: ignore[attr-defined]


def store(image: Any) -> tuple[int, int]:
    """Store a new picture and its copies when the transaction commits; return its width and height in pixels.

    A transaction that fails leaves no file behind.
    """
    content = image.file.read()
    name = DIRECTORY + image.name.rsplit("/")[-1]
    image.name, image._committed = name, True
    transaction.on_commit(lambda: _write_with_copies(name, content))
    with Image.open(BytesIO(content)) as picture:
        return picture.size


def copy_name(name: str, width: int, kind: str = "webp") -> str:
    """Return the file name of a picture's copy of that width."""
    return f"{name.removesuffix('.webp')}-{width}.{kind}"


def srcset(name: str, size: tuple[int, int], kind: str) -> str:
    """Return the value of an HTML `srcset`: the copies of one format, each with its actual width."""
    width, height = size
    copies = {min(width, limit, max(1, round(2 * limit * width / max(height, 1)))): limit for limit in WIDTHS}
    return ", ".join(
        f"{default_storage.url(copy_name(name, limit, kind))} {actual}w" for actual, limit in sorted(copies.items())
    )


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


def _write_with_copies(name: str, content: bytes) -> None:
    _store(name, content)
    with Image.open(BytesIO(content)) as picture:
        for width in WIDTHS:
            copy = _scaled(picture, width)
            for kind, options in COPIES.items():
                if not default_storage.exists(copy_name(name, width, kind)):
                    _store(copy_name(name, width, kind), _encode(copy, kind, **options))


def _store(name: str, content: bytes) -> None:
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))


# The archive, which is never served: pictures that are not accepted yet, and those that were taken down


def archive_upload(image: Any) -> str:
    """Put a normalised upload into the archive until somebody accepts it; return the name it will be stored by."""
    name = DIRECTORY + image.name.rsplit("/")[-1]
    image.file.seek(0)
    archive.keep(name, image.file.read())
    return name


def open_archived(name: str) -> File | None:
    """Return a picture that was sent or taken down as a new upload; None if there is no such file."""
    file = archive.find(name)
    if file is None and default_storage.exists(name):
        file = default_storage.open(name)
    return File(file, name=name.rsplit("/")[-1]) if file is not None else None


def is_kept(name: str) -> bool:
    """Return whether there is a picture of this name, archived or public."""
    return bool(name) and (archive.touch(name) or default_storage.exists(name))


def take_down(name: str) -> None:
    """Move a picture from the public storage into the archive, and delete its copies."""
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            archive.keep(name, file.read())
        for copy in (name, *(copy_name(name, width, kind) for width in WIDTHS for kind in COPIES)):
            default_storage.delete(copy)
