"""The pictures of a data set, which its operator trusts: encoded on all cores, and only if they were not before.

Threads are enough, as Pillow encodes without holding Python's lock. Nothing here reads the database, and only as many
pictures are in memory as there are cores.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

from characters.public_ids import file_token_for
from corrections import archive

from . import decoder, files
from .looking import look
from .sizes import LONGEST_SIDE

REMEMBERED = "encoded/"  # of the archive: what became of a file, by its content

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is in the archive, ready to be published."""

    name: str
    width: int  # pixels
    height: int


type Prepared = Picture | ValidationError


def prepare(paths: Iterable[Path]) -> Iterator[tuple[Path, Prepared]]:
    """Encode pictures and put them into the archive; yield each with why it cannot be used, if so."""
    yield from _on_all_cores(_prepared, paths)


def publish(names: Iterable[str]) -> Iterator[str]:
    """Publish what is missing of pictures in the archive; yield each name.

    What fails is logged, and does not stop the others.
    """
    for name, error in _on_all_cores(_published, names):
        if error is not None:
            logger.error("The picture %s was not published.", name, exc_info=error)
        yield name


def _on_all_cores[T, R](work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R]]:
    cores = os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()
    with ThreadPoolExecutor(cores) as pool:
        for some in batched(items, 8 * (cores or 1)):
            yield from zip(some, pool.map(work, some), strict=True)


def _prepared(path: Path) -> Prepared:
    content = path.read_bytes()
    memory = f"{REMEMBERED}{file_token_for(content)}-{LONGEST_SIDE}"
    if (picture := _remembered(memory)) is not None:
        return picture
    try:
        with decoder.trusting(), path.open("rb") as file:
            encoded = files.normalised(file)
    except ValidationError as error:
        return error
    content = encoded.read()
    seen = look(content)
    picture = Picture(f"{files.DIRECTORY}{encoded.name}", seen.width, seen.height)
    archive.keep(picture.name, content)
    archive.keep(memory, f"{picture.name} {picture.width} {picture.height}".encode())
    return picture


def _remembered(memory: str) -> Picture | None:
    """Return what became of a file earlier, if that is still in the archive."""
    if not archive.touch(memory):
        return None
    with archive.archive().open(memory) as file:
        name, width, height = file.read().decode().split()
    return Picture(name, int(width), int(height)) if archive.touch(name) else None


def _published(name: str) -> Any:
    try:
        if not files.is_complete(name):
            with decoder.trusting():
                files.restore(name)
    except Exception as error:  # of any kind: a full disk, a broken file
        return error
    return None
