"""Names the version of the site, so that a new one trusts nothing that an old one has made: pages, what it checked."""

import sys
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings

OF_THE_SITE = ("episodes", "corrections", "characters", "rougedb")
SETTINGS = ("SITE_NAME", "LOOK", "CARD_ALT", "SITE_URL", "STATIC_URL", "MEDIA_URL", "CONTACT_EMAIL", "CONTENT_KEY")
SETTINGS_OF_DJANGO = ("LANGUAGE_CODE", "TIME_ZONE", "DEBUG")


@cache
def release() -> str:
    """Return a hash of our code and templates, the libraries, the names of static files, and settings that show."""
    digest = sha256()
    for file in _files(settings.BASE_DIR, Path(settings.STATIC_ROOT)):
        digest.update(f"\n{file.name} ".encode())
        digest.update(file.read_bytes())
    digest.update("\n".join(_libraries()).encode())
    digest.update(repr([getattr(settings, name) for name in SETTINGS + SETTINGS_OF_DJANGO]).encode())
    return digest.hexdigest()[:16]


def _files(base: Path, static: Path) -> Iterator[Path]:
    for folder in OF_THE_SITE:
        yield from sorted((base / folder).rglob("*.py"))
    yield from sorted(path for path in (base / "templates").rglob("*") if path.is_file())
    manifest = static / "staticfiles.json"
    if manifest.exists():
        yield manifest


def _libraries() -> list[str]:
    """Return the names and versions of what is installed, as pip writes them: `Django-6.1.3.dist-info`."""
    installed = (Path(folder).glob("*.dist-info") for folder in sys.path if folder)
    return [*sorted({path.name for paths in installed for path in paths}), sys.version]
