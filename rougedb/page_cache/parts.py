"""The parts of a page that are of one visitor alone. Templates leave a mark in their place, a comment in HTML.

Nothing that anybody has written can hold such a comment: texts are escaped, and of Markdown no comments are left.
"""

import re
from functools import cache

from django.db import DatabaseError, InterfaceError
from django.template.loader import render_to_string

from characters.lore import Lore
from characters.lore.pages.addresses import history_behind
from corrections.models import Watch
from episodes.axes import second_of
from episodes.progress import is_further
from episodes.units import Units, using
from episodes.visits import Visit

MARK = re.compile(rb"<!--part:([a-z]+)-->")

type Gaps = tuple[tuple[str, int, int], ...]
"""Where in a body which parts are: name, start and end."""


def with_usual_parts(body: bytes) -> tuple[bytes, Gaps]:
    """Return a body with what most visitors see in place of the marks, and where that is."""
    pieces: list[bytes] = []
    gaps: list[tuple[str, int, int]] = []
    end = length = 0
    for mark in MARK.finditer(body):
        name = mark[1].decode()
        part = usual_part(name)
        pieces += [body[end : mark.start()], part]
        length += mark.start() - end
        gaps.append((name, length, length + len(part)))
        end, length = mark.end(), length + len(part)
    return b"".join([*pieces, body[end:]]), tuple(gaps)


def with_own_parts(body: bytes, gaps: Gaps, visit: Visit) -> bytes:
    """Return a body with the parts of a visitor in the gaps."""
    pieces: list[bytes] = []
    end = 0
    for name, start, stop in gaps:
        pieces += [body[end:start], part_of(visit, name)]
        end = stop
    return b"".join([*pieces, body[end:]])


def is_usual(visit: Visit) -> bool:
    """Return whether a visitor sees what most do: nobody is signed in, and there is no step to undo."""
    return visit.account is None and visit.previous_progress is None


@cache
def usual_part(name: str) -> bytes:
    """Return a part as most visitors see it."""
    return _rendered(name, account=None, offer=None, previous=None, progress=0, is_behind=False, is_pair=False)


def part_of(visit: Visit, name: str) -> bytes:
    """Return a part as this visitor sees it."""
    own = _watching(visit) if name == "watch" else {}
    previous, progress = visit.previous_progress, visit.progress
    with using(cache(lambda: _units_for(visit))):
        return _rendered(
            name,
            account=visit.account,
            offer=visit.offer,
            previous=previous,
            progress=progress,
            is_behind=previous is not None and is_further(previous, progress),
            is_pair=bool(second_of(progress) or (previous is not None and second_of(previous))),
            **own,
        )


def _units_for(visit: Visit) -> Units:
    """Return what the show calls its units, as pages do: most often from memory, and the usual without a database."""
    try:
        return Lore(visit.progress, edition=getattr(visit, "edition", None)).units
    except (DatabaseError, InterfaceError):
        return Units()


def _watching(visit: Visit) -> dict[str, object]:
    """Return which page a visitor with an account can watch, and whether they do."""
    found = history_behind(visit.path) if visit.account else None
    if visit.account is None or found is None:
        return {"kind": ""}
    kind, key = found
    is_watched = Watch.objects.filter(user=visit.account.id, kind=kind, key=key).exists()
    return {"page": visit.get_full_path(), "kind": kind, "key": key, "is_watched": is_watched}


def _rendered(name: str, **visitor: object) -> bytes:
    return render_to_string(f"parts/{name}.html", visitor).rstrip("\n").encode()
