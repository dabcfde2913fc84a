"""Make a backup, keep the newest ones, and restore one."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.core.files.storage import FileSystemStorage, Storage, storages
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from corrections.archive import archive, store_whole

from . import database, manifest
from .manifest import Entry, Manifest, Progress
from .names import NAMED, PARTIAL, made_at


def make(parent: Path, progress: Progress) -> tuple[Path, Manifest]:
    """Back the site up into a new folder; return it with its manifest.

    The database comes first and the archive last: what a row of the copy names is in the folders by then, and what is
    taken down meanwhile moves from the media to the archive.
    """
    folder = parent / timezone.now().strftime(NAMED)
    partial = folder.with_name(folder.name + PARTIAL)
    former = os.umask(0o077)
    try:
        partial.mkdir(parents=True)
        name = database.NAMES[connection.vendor]
        migrations = database.applied_migrations()
        database.save(partial / name)
        files = {name: manifest.entry_of(partial / name)}
        for title, storage in _folders().items():
            files |= _copied(storage, partial / title, title, progress)
        made = manifest.write(partial, connection.vendor, migrations, files)
        _write_through(partial)
        partial.rename(folder)
    except FileExistsError as error:
        raise CommandError(f"{error.filename} is there already.") from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    finally:
        os.umask(former)
    return folder, made


def remove_older(parent: Path, keep: int) -> list[Path]:
    """Remove all backups in a folder but the newest ones, and what is left of unfinished ones; return them."""
    complete = sorted(path.parent for path in parent.glob(f"*/{manifest.NAME}") if made_at(path.parent))
    old = complete[: max(len(complete) - keep, 0)]
    newest = complete[-1].name if complete else ""
    unfinished = [path for path in parent.glob(f"*{PARTIAL}") if made_at(path) and path.name < newest]
    for path in (*old, *unfinished):
        shutil.rmtree(path)
    return old


def restore(folder: Path, progress: Progress, *, replace: bool) -> Manifest:
    """Bring a site back as it was; raise CommandError, with nothing changed, if that cannot be done."""
    told = manifest.read(folder)
    if told.database != connection.vendor:
        raise CommandError(
            f"This is a backup of {told.database}, and DATABASE_URL names {connection.vendor}. "
            "To move what is published from one to the other, use dump_dataset and load_dataset."
        )
    if newer := sorted(set(told.migrations) - database.known_migrations()):
        raise CommandError(f"The backup is of a newer version of the site, which has the migration {newer[0]}.")
    database.refuse_what_cannot_be_opened()
    if not replace and not database.is_empty():
        raise CommandError("The database is not empty. To put the backup in its place, add --replace.")
    if wrong := list(manifest.problems(folder, told, progress)):
        raise CommandError("The backup is damaged, and nothing was restored:\n" + "\n".join(wrong))
    for title, storage in _storages().items():  # rows are in place when all that they name is
        _bring_back(folder / title, storage, told.files, title)
    database.load(folder / database.NAMES[connection.vendor])
    _archive_the_rest(told.files)
    return told


def has_folders() -> bool:
    """Return whether pictures lie in folders; what lies in buckets is backed up by whoever runs those."""
    return len(_folders()) == len(_storages())


def _storages() -> dict[str, Storage]:
    return {"media": storages["default"], "archive": archive()}


def _folders() -> dict[str, FileSystemStorage]:
    return {title: storage for title, storage in _storages().items() if isinstance(storage, FileSystemStorage)}


def _root(storage: FileSystemStorage) -> Path:
    return Path(storage.location)


def _files_in(root: Path) -> Iterator[str]:
    """Yield the path of each file below a folder; links are none."""
    for path, _, names in os.walk(root):
        for name in sorted(names):
            if (Path(path) / name).is_file() and not (Path(path) / name).is_symlink():
                yield (Path(path) / name).relative_to(root).as_posix()


def _copied(storage: FileSystemStorage, target: Path, title: str, progress: Progress) -> dict[str, Entry]:
    root, copied = _root(storage), {}
    target.mkdir()
    for name in progress(list(_files_in(root))):
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(root / name, copy)
        except FileNotFoundError:  # deleted or moved meanwhile
            continue
        copied[f"{title}/{name}"] = manifest.entry_of(copy)
    return copied


def _bring_back(source: Path, storage: Storage, files: dict[str, Entry], title: str) -> None:
    for path, entry in files.items():
        if path.startswith(f"{title}/"):
            name = path.removeprefix(f"{title}/")
            if not _is_there(storage, name, entry):
                store_whole(storage, name, (source / name).read_bytes())


def _is_there(storage: Storage, name: str, entry: Entry) -> bool:
    if not isinstance(storage, FileSystemStorage):
        return storage.exists(name)  # in a bucket nothing lies in part, and another picture has another name
    file = _root(storage) / name
    return file.is_file() and manifest.entry_of(file) == entry


def _archive_the_rest(files: dict[str, Entry]) -> None:
    """Move pictures that the restored database does not know out of public reach."""
    if not has_folders():
        return
    media, kept = (_root(storage) for storage in _folders().values())
    for name in list(_files_in(media)):
        if f"media/{name}" not in files:
            target = kept / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(media / name, target)


def _write_through(folder: Path) -> None:
    """Have all of it on the disk before it is called a backup."""
    for path, _, names in os.walk(folder):
        for name in (*names, "."):
            handle = os.open(Path(path) / name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
