"""How the folders of backups are named: by the moment at which each began."""

from datetime import UTC, datetime
from pathlib import Path

NAMED = "%Y-%m-%dT%H-%M-%SZ"
PARTIAL = ".part"
MANIFEST = "manifest.json"  # written last: a folder without it is no backup


def made_at(path: Path) -> datetime | None:
    """Return when a backup began, whole or partial, or None where a folder is none."""
    try:
        return datetime.strptime(path.name.removesuffix(PARTIAL), NAMED).replace(tzinfo=UTC)
    except ValueError:
        return None


def newest(parent: Path) -> datetime | None:
    """Return when the newest whole backup in a folder began, or None where there is none or it cannot be read."""
    try:
        whole = [path for path in parent.iterdir() if (path / MANIFEST).is_file() and path.suffix != PARTIAL]
    except OSError:
        return None
    return max(filter(None, map(made_at, whole)), default=None)
