"""Private files: what was sent with a correction, and pictures that were taken down.

No address on the site leads to these files. A file that a change names is kept for good, so that a rejected correction
can be revised and a removal undone.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils import timezone

from . import rows
from .models import Change

UNSENT = timedelta(days=7)  # that a file is kept while no correction names it


def archive() -> Storage:
    return storages["archive"]


def keep(name: str, content: bytes) -> None:
    """Store a file, unless it is stored already."""
    if not touch(name):
        store_whole(archive(), name, content)


def store_whole(storage: Storage, name: str, content: bytes) -> None:
    """Store a file so that there is all of it under its name or nothing, whenever the process may be killed."""
    if not isinstance(storage, FileSystemStorage):  # a bucket has it whole or not at all
        storage.save(name, ContentFile(content))
        return
    partial = storage.save(f"{name}.part", ContentFile(content))
    os.replace(storage.path(partial), storage.path(name))


def touch(name: str) -> bool:
    """Return whether a file is stored, and if so let its time in `remove_unsent()` begin anew."""
    storage: Any = archive()
    try:
        if isinstance(storage, FileSystemStorage):
            os.utime(storage.path(name))
        else:
            storage.touch(name)
    except FileNotFoundError:
        return False
    return True


def find(name: str) -> File | None:
    return archive().open(name) if name and archive().exists(name) else None


def remove_unsent() -> int:
    """Delete old files that no correction names, and return how many there were."""
    cutoff = timezone.now() - UNSENT
    old = [name for name in _files() if archive().get_modified_time(name) < cutoff]
    named = _named_by_changes()  # after the times are read: a file that is sent just now is touched before it is named
    unsent = [name for name in old if name not in named and archive().get_modified_time(name) < cutoff]
    for name in unsent:
        archive().delete(name)
    return len(unsent)


def _files(directory: str = "") -> Iterator[str]:
    try:
        folders, files = archive().listdir(directory)
    except FileNotFoundError:
        return
    yield from (f"{directory}{name}" for name in files)
    for folder in folders:
        yield from _files(f"{directory}{folder}/")


def _named_by_changes() -> set[str]:
    names: set[str] = set()
    for kind in rows.registered():
        changes = Change.objects.of_model(kind.label) if kind.files else Change.objects.none()
        for path, *states in changes.values_list("path", "before", "after", "final", "was", "became").iterator():
            for state in states:
                names |= {value for name, value in _by_field(path, state).items() if name in kind.files}
    return names


def _by_field(path: str, state: rows.Json) -> rows.Values:
    return {path: state} if path else state or {}
