"""What keeps pages from being served, and what is wrong besides, for `/readyz`."""

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from os import W_OK, access
from pathlib import Path
from secrets import token_hex
from shutil import disk_usage

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_ox.heartbeat import check_file
from django_ox.stats import oldest_ready_age

from characters import indexing
from corrections import editions

from .backups.names import newest
from .replicas import replicas

NO_DATABASE = "The database does not answer."
LATE = 120  # seconds that a task may wait; a worker looks for tasks every second
LEAST_FREE = 200_000_000  # bytes on each disk that the site writes to
LONGEST_WITHOUT_BACKUP = timedelta(hours=36)  # one is made each night
SILENT = 60  # seconds since a worker last said that it is there


def what_is_missing() -> str:
    """Return why no page can be served, or an empty text."""
    try:
        planned = MigrationExecutor(connection)
        if planned.migration_plan(planned.loader.graph.leaf_nodes()):
            return "The database lacks migrations: run manage.py migrate."
    except (DatabaseError, InterfaceError):
        return "" if replicas().good() else NO_DATABASE
    return ""


def what_is_wrong() -> Iterator[str]:
    """Yield what an operator has to see to, though pages are served."""
    try:
        if not _takes_changes():
            yield "Nothing can be saved: the database takes no changes."
        edition = editions.current()
        if not (_is_index_in_step(edition.stamp) if edition else indexing.is_in_step()):
            yield "The search index is not in step: run manage.py rebuild_search."
        waiting = oldest_ready_age() if settings.TASK_WORKER else None
        if waiting is not None and waiting.total_seconds() > LATE:
            yield "Tasks are waiting, and no worker takes them."
    except (DatabaseError, InterfaceError):
        yield "The database takes no changes: pages are read from a replica."
    if any(_free(folder) < LEAST_FREE for folder in _folders()):
        yield "A disk is nearly full."
    if settings.BACKUP_ROOT and not _is_backed_up():
        yield "There is no backup of the last 36 hours."
    if settings.WORKER_HEARTBEAT and not check_file(settings.WORKER_HEARTBEAT, SILENT).ok:
        yield "The worker is silent."
    if settings.REPLICA_URLS and not replicas().good():
        yield "No replica is in step: pages are read from the primary."
    if not _is_cache_there():
        yield "The cache does not answer: pages are slower."


def _takes_changes() -> bool:
    if connection.vendor == "sqlite":
        file = Path(connection.settings_dict["NAME"])
        return not file.is_file() or (access(file, W_OK) and access(file.parent, W_OK))  # one in memory is no file
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("off",))


def _folders() -> Iterator[Path]:
    """Yield the folders of this machine to which the site and its backup write."""
    if connection.vendor == "sqlite":
        yield Path(connection.settings_dict["NAME"]).parent
    yield from (settings.MEDIA_ROOT, settings.ARCHIVE_ROOT)
    if settings.BACKUP_ROOT:
        yield Path(settings.BACKUP_ROOT)


def _free(folder: Path) -> float:
    """Return the bytes that are free on the disk of a folder, without end where there is no such folder."""
    try:
        return disk_usage(folder).free
    except OSError:
        return float("inf")


def _is_backed_up() -> bool:
    made = newest(Path(settings.BACKUP_ROOT))
    return made is not None and timezone.now() - made < LONGEST_WITHOUT_BACKUP


@lru_cache(2)
def _is_index_in_step(stamp: str) -> bool:
    """Return whether the index is in step, which is counted once for an edition."""
    return indexing.is_in_step()


def _is_cache_there() -> bool:
    key, value = f"ready:{token_hex(8)}", 1
    cache.set(key, value, 1)
    return cache.get(key) == value
