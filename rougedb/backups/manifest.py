"""What a backup says of itself, written last: a folder without a manifest is no backup."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .names import MANIFEST

NAME = MANIFEST
FORMAT = 1

type Progress = Callable[[Iterable[str]], Iterable[str]]
"""Passes names on, and may show how far that is."""


@dataclass(frozen=True)
class Entry:
    """One file."""

    size: int  # bytes
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Everything in a backup, by its path there."""

    format: int
    made_at: str  # ISO 8601, UTC
    database: str  # vendor
    migrations: list[str]  # that were applied
    key: str  # a fingerprint of SECRET_KEY
    files: dict[str, Entry]
    content_key: str = ""  # a fingerprint of CONTENT_KEY; empty in backups of before

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(entry.size for entry in self.files.values())


def fingerprint_of(key: str) -> str:
    """Return what is the same wherever a key is, and tells nothing of it."""
    return salted_hmac("rougedb.backups", "", secret=key, algorithm="sha256").hexdigest()[:16]


def entry_of(path: Path) -> Entry:
    with path.open("rb") as file:
        return Entry(path.stat().st_size, file_digest(file, "sha256").hexdigest())


def write(folder: Path, vendor: str, migrations: Iterable[str], files: dict[str, Entry]) -> Manifest:
    manifest = Manifest(
        format=FORMAT,
        made_at=timezone.now().isoformat(timespec="seconds"),
        database=vendor,
        migrations=sorted(migrations),
        key=fingerprint_of(settings.SECRET_KEY),
        files=files,
        content_key=fingerprint_of(settings.CONTENT_KEY),
    )
    (folder / NAME).write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True, ensure_ascii=False))
    return manifest


def read(folder: Path) -> Manifest:
    """Return the manifest of a backup; raise CommandError if the folder is none that this version can read."""
    try:
        told = json.loads((folder / NAME).read_text())
        if told["format"] != FORMAT:
            raise CommandError(f"{folder} has format {told['format']}, and this version reads format {FORMAT} alone.")
        told["files"] = {path: Entry(**entry) for path, entry in told["files"].items()}
        datetime.fromisoformat(told["made_at"])
        manifest = Manifest(**told)
    except FileNotFoundError as error:
        raise CommandError(f"{folder} is no backup: it has no {NAME}.") from error
    except OSError as error:
        raise CommandError(f"{folder / NAME} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CommandError(f"{folder / NAME} cannot be read: {error!r}.") from error
    if outside := [path for path in manifest.files if not _is_within(folder, path)]:
        raise CommandError(f"{folder / NAME} names what lies elsewhere: {outside[0]}.")
    return manifest


def _is_within(folder: Path, path: str) -> bool:
    return (folder / path).resolve().is_relative_to(folder.resolve())


def problems(folder: Path, manifest: Manifest, progress: Progress) -> Iterator[str]:
    """Yield what is wrong with the files of a backup: missing, or not as they were."""
    for path in progress(manifest.files):
        try:
            if entry_of(folder / path) != manifest.files[path]:
                yield f"{path} is not what was backed up."
        except OSError as error:
            yield f"{path} cannot be read: {error.strerror}."
