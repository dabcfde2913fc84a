"""Measure a data set that is in no database: in one of its own, which is thrown away."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings


def run_on_dataset(directory: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command of this site where a data set is the show; return what came of it, or of loading that."""
    with TemporaryDirectory() as scratch:
        run = _Site(Path(scratch)).run
        for step in (["migrate", "--verbosity", "0"], ["load_dataset", str(directory.resolve()), "--verbosity", "0"]):
            done = run(step)
            if done.returncode:
                return done
        return run(command)


class _Site:
    """This site with another database and storage. It serves nobody."""

    def __init__(self, scratch: Path) -> None:
        self._environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{scratch / 'show.sqlite3'}",
            "MEDIA_ROOT": str(scratch / "media"),
            "REDIS_URL": "",
            "DEBUG": "true",
            "DJANGO_SETTINGS_MODULE": "rougedb.settings",
            "SECRET_KEY": settings.SECRET_KEY,
            "CONTENT_KEY": settings.CONTENT_KEY,
        }

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 (commands of our own)
            [sys.executable, "-m", "django", *command],
            cwd=settings.BASE_DIR,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
