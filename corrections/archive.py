"""Files out of the public's reach: what was sent with a correction, and what was taken down.

Nothing here has an address of its own. A file is kept by its name for good, so that a rejected correction can be
revised and a removal undone.
"""

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages


def archive() -> Storage:
    return storages["archive"]


def keep(name: str, content: bytes) -> None:
    if not archive().exists(name):
        archive().save(name, ContentFile(content))


def find(name: str) -> File | None:
    return archive().open(name) if name and archive().exists(name) else None
