"""Know a data set again that was loaded before, while the database is as that load left it.

A load of it would then find all of it there and nothing wrong. The edition says whether anything was written since; the
version of the site is in the mark, as another one may check more.
"""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from corrections import archive, editions
from episodes.release import release

from .reading import Document

REMEMBERED = "loaded/"  # of the archive: a file without content for each data set and the edition that it left


def mark_of(documents: Iterable[Document], pictures: Iterable[str]) -> str:
    """Return what tells a data set from others; it hangs on CONTENT_KEY, by which pictures are named."""
    mark = salted_hmac("data set", release(), secret=settings.CONTENT_KEY, algorithm="sha256")
    for document in documents:
        mark.update(f"\n{document.name} {len(document.content)}\n".encode() + document.content)
    mark.update("\n".join(pictures).encode())
    return mark.hexdigest()


def is_in_the_database(mark: str) -> bool:
    """Return whether a data set was loaded, and nothing was written since."""
    name = _name(mark)
    return name is not None and archive.touch(name)


def remember(mark: str) -> None:
    """Remember, if the transaction is committed, that a load of this data set was the last to write anything."""
    if (name := _name(mark)) is not None:
        transaction.on_commit(lambda: archive.keep(name, b""), robust=True)


def _name(mark: str) -> str | None:
    edition = editions.current()
    return f"{REMEMBERED}{mark}-{edition.stamp}" if edition else None
