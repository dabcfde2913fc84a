"""Pictures: looked at by Pillow, re-encoded without metadata, and kept under a name that tells nothing.

The kept file is lossless, so that a data set that is dumped and loaded again keeps the very same file. Beside it stand
the copies that pages show, in three sizes and three formats.
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

COPIES: dict[str, dict[str, Any]] = {  # the best first; a browser takes the first that it knows
    "avif": {"quality": 60, "speed": 9},
    "webp": {"quality": 82, "method": 4},
    "jpg": {"quality": 82, "optimize": True, "progressive": True},
}

BEHIND_JPEG = "#f2e9e3"  # what is transparent is on paper, where a format knows no transparency

MOST_BYTES = 10 * 1024 * 1024

MOST_PIXELS = 40_000_000


def normalised(upload: IO[bytes]) -> ContentFile:
    """The picture as it will be kept; ValidationError if it is none."""
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
    except Exception as error:  # there is no end to what Pillow says of a file that is broken
        raise ValidationError({"image": f"This is no readable {', '.join(FORMATS)} picture."}) from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    encoded = _encode(picture, "webp", lossless=True, method=4)
    return ContentFile(encoded, name=f"{file_token_for(encoded)}.webp")


def is_new(image: ImageFieldFile) -> bool:
    """Whether the file is an upload that is not stored yet."""
    return bool(image) and not image._committed  # type: ignore[attr-defined]


def keep(image: Any) -> tuple[int, int]:
    """Store a new picture and its copies once the transaction holds, so that a failure leaves no file behind.

    Returns its width and height in pixels.
    """
    content = image.file.read()
    name = DIRECTORY + image.name.rsplit("/")[-1]
    image.name, image._committed = name, True
    transaction.on_commit(lambda: _write(name, content))
    with Image.open(BytesIO(content)) as picture:
        return picture.size


def smaller(name: str, width: int, kind: str = "webp") -> str:
    return f"{name.removesuffix('.webp')}-{width}.{kind}"


def srcset(name: str, size: tuple[int, int], kind: str) -> str:
    """The copies of one format, each with its true width, for a browser to choose from."""
    width, height = size
    true_widths = {min(width, wanted, max(1, round(2 * wanted * width / max(height, 1)))): wanted for wanted in WIDTHS}
    return ", ".join(
        f"{default_storage.url(smaller(name, wanted, kind))} {true}w" for true, wanted in sorted(true_widths.items())
    )


def _scaled(picture: Image.Image, width: int) -> Image.Image:
    copy = picture.copy()
    copy.thumbnail((width, width * 2))
    return copy


def _encode(picture: Image.Image, kind: str, **options: Any) -> bytes:
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


def _write(name: str, content: bytes) -> None:
    _store(name, content)
    with Image.open(BytesIO(content)) as picture:
        for width in WIDTHS:
            copy = _scaled(picture, width)
            for kind, options in COPIES.items():
                if not default_storage.exists(smaller(name, width, kind)):
                    _store(smaller(name, width, kind), _encode(copy, kind, **options))


def _store(name: str, content: bytes) -> None:
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))


# Out of the public's reach: what is not accepted yet, and what was taken down


def put_aside(image: Any) -> str:
    """Keep an upload, already normalised, until somebody accepts it; returns the name it will have."""
    name = DIRECTORY + image.name.rsplit("/")[-1]
    image.file.seek(0)
    archive.keep(name, image.file.read())
    return name


def find_aside(name: str) -> File | None:
    """A picture that was sent or taken down, as a new upload."""
    file = archive.find(name)
    if file is None and default_storage.exists(name):
        file = default_storage.open(name)
    return File(file, name=name.rsplit("/")[-1]) if file is not None else None


def is_kept(name: str) -> bool:
    return bool(name) and (archive.touch(name) or default_storage.exists(name))


def take_down(name: str) -> None:
    """Out of the public storage, with its copies; it can be brought back."""
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            archive.keep(name, file.read())
        for copy in (name, *(smaller(name, width, kind) for width in WIDTHS for kind in COPIES)):
            default_storage.delete(copy)
