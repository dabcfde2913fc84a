"""Files out of the public's reach: what was sent with a correction, and what was taken down.

Nothing here has an address of its own. A file that a change names is kept for good, so that a rejected correction can
be revised and a removal undone.
"""

import os
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from django.utils import timezone

from . import rows
from .models import Change

UNSENT = timedelta(days=7)  # that a file waits for a correction which names it


def archive() -> Storage:
    return storages["archive"]


def keep(name: str, content: bytes) -> None:
    if not holds_on_to(name):
        archive().save(name, ContentFile(content))


def holds_on_to(name: str) -> bool:
    """Whether it is there; if so, for whoever tidies up it is as young as if it were new."""
    try:
        os.utime(archive().path(name))
    except FileNotFoundError:
        return False
    return True


def find(name: str) -> File | None:
    return archive().open(name) if name and archive().exists(name) else None


def remove_unsent() -> int:
    """Files of forms that were never sent to their end; returns how many there were."""
    cutoff = timezone.now() - UNSENT
    old = [name for name in _files() if archive().get_modified_time(name) < cutoff]
    named = _named_by_changes()  # after the age: who sends one now makes it young before a change names it
    unsent = [name for name in old if name not in named and archive().get_modified_time(name) < cutoff]
    for name in unsent:
        archive().delete(name)
    return len(unsent)


def _files(directory: str = "") -> Iterator[str]:
    if not archive().exists(directory):
        return
    folders, files = archive().listdir(directory)
    yield from (f"{directory}{name}" for name in files)
    for folder in folders:
        yield from _files(f"{directory}{folder}/")


def _named_by_changes() -> set[str]:
    named: set[str] = set()
    for kind in rows.registered():
        changes = Change.objects.of_model(kind.label) if kind.files else Change.objects.none()
        for path, *states in changes.values_list("path", "before", "after", "final", "was", "became").iterator():
            for state in states:
                named |= {value for name, value in _by_field(path, state).items() if name in kind.files}
    return named


def _by_field(path: str, state: rows.Json) -> rows.Values:
    return {path: state} if path else state or {}
