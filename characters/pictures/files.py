"""Check pictures, re-encode them without metadata, and store them under a name that says nothing about them.

The stored file is lossless, so that dumping and loading a data set gives the same file again. With it are stored the
copies that pages show, in three sizes and three formats.
"""

import secrets
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.fields.files import ImageFieldFile

from characters.public_ids import file_token_for
from corrections import archive

from . import decoder
from .looking import LEAST_COST, MOST_BYTES, Refused, look
from .sizes import COPIES, WIDTHS

DIRECTORY = "portraits/"

KEPT_DIRECTORY = "kept/"  # of the archive, for what nobody has accepted yet


class Normalised(ContentFile):
    """A picture as we encoded it, under the name it will be stored by."""


def normalised(upload: Any) -> Normalised:
    """Return a picture re-encoded; raise ValidationError if it cannot be used.

    It may take as long as other pictures do: do not call it within a transaction.
    """
    if isinstance(upload, Normalised):
        return upload
    content = _content_of(upload)
    try:
        look(content)
        encoded = decoder.normalised(content)
    except Refused as refused:
        raise ValidationError({"image": str(refused)}) from refused
    return Normalised(encoded, name=f"{file_token_for(encoded)}.webp")


def cost_of(upload: Any) -> int:
    """Return what decoding an upload will cost, in megapixels; what is refused by its headers costs least."""
    try:
        return look(_content_of(upload)).cost
    except Refused:
        return LEAST_COST


def _content_of(upload: Any) -> bytes:
    upload.seek(0)
    content: bytes = upload.read(MOST_BYTES + 1)
    upload.seek(0)
    return content


def is_new(image: ImageFieldFile) -> bool:
    """Return whether the file is an upload that is not stored yet."""
    return bool(image) and not image._committed  # type: ignore[attr-defined]


def store(image: Any) -> tuple[int, int]:
    """Store a new picture and its copies when the transaction commits; return its width and height in pixels.

    A transaction that fails leaves nothing in public. What was committed is in the archive already, so that `restore()`
    can publish it if the process is killed before it does.
    """
    content = image.file.read()
    name = DIRECTORY + image.name.rsplit("/")[-1]
    image.name, image._committed = name, True
    archive.keep(name, content)
    transaction.on_commit(lambda: publish(name, content), robust=True)
    seen = look(content)
    return seen.width, seen.height


def publish(name: str, content: bytes) -> None:
    """Store a normalised picture and those of its copies that are missing."""
    _store(name, content)
    names = copy_names(name)
    if not is_complete(name):
        for copy, encoded in zip(names, decoder.copies(content), strict=True):
            _store(copy, encoded)


def restore(name: str) -> bool:
    """Publish what is missing of a picture that a row shows; return whether that was possible."""
    file = open_archived(name)
    if file is None:
        return False
    with file:
        publish(name, file.read())
    return True


def is_complete(name: str) -> bool:
    """Return whether a picture and all its copies are stored."""
    return all(map(default_storage.exists, (name, *copy_names(name))))


def copy_names(name: str) -> list[str]:
    """Return the file names of all copies of a picture, in the order of `encoding.copies()`."""
    return [copy_name(name, width, kind) for width in WIDTHS for kind in COPIES]


def copy_name(name: str, width: int, kind: str = "webp") -> str:
    """Return the file name of a picture's copy of that width."""
    return f"{name.removesuffix('.webp')}-{width}.{kind}"


@lru_cache(2**10)  # the pictures of a page are the same whenever it is made, and each has nine addresses
def srcset(name: str, size: tuple[int, int], kind: str) -> str:
    """Return the value of an HTML `srcset`: the copies of one format, each with its actual width."""
    width, height = size
    copies = {min(width, limit, max(1, round(2 * limit * width / max(height, 1)))): limit for limit in WIDTHS}
    return ", ".join(
        f"{default_storage.url(copy_name(name, limit, kind))} {actual}w" for actual, limit in sorted(copies.items())
    )


def _store(name: str, content: bytes) -> None:
    if not default_storage.exists(name):
        archive.store_whole(default_storage, name, content)


# The archive, which is never served: pictures that are not accepted yet, and those that were taken down


def archive_upload(image: Any) -> str:
    """Put a normalised upload into the archive until somebody accepts it; return the name it is kept by.

    The name is random. Were it the one that the picture is published by, whoever sends a picture would learn whether
    the site shows it, and under which address.
    """
    name = f"{KEPT_DIRECTORY}{secrets.token_hex(16)}.webp"
    image.file.seek(0)
    archive.keep(name, image.file.read())
    return name


def published_name(name: str) -> str:
    """Return the name by which a kept picture is published; any other name stays as it is."""
    if not name.startswith(KEPT_DIRECTORY) or (file := archive.find(name)) is None:
        return name
    with file:
        return f"{DIRECTORY}{file_token_for(file.read())}.webp"


def open_archived(name: str) -> File | None:
    """Return a picture that was sent or taken down as a new upload; None if there is no such file."""
    file = archive.find(name)
    if file is None and default_storage.exists(name):
        file = default_storage.open(name)
    return File(file, name=published_name(name).rsplit("/")[-1]) if file is not None else None


def is_kept(name: str) -> bool:
    """Return whether a picture of this name is in the archive, and if so keep it for some more days."""
    return bool(name) and archive.touch(name)


def take_down(name: str) -> None:
    """Move a picture from the public storage into the archive, and delete its copies."""
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            archive.keep(name, file.read())
        for copy in (name, *copy_names(name)):
            default_storage.delete(copy)
