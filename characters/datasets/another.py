"""Notice that the database holds another show than a data set: the two must not be mixed."""

from characters.kinds import CHARACTER, SERIES, SUBJECTS
from episodes.models import Series
from episodes.texts import identity

from .entries import Dataset
from .memory import RowsInMemory
from .reading import FilePlace

WHAT_TO_DO = (
    "To put this show in its place, load it with --replace. To keep both, give this one a database of its own "
    "(DATABASE_URL, and MEDIA_ROOT for its pictures). If it is the same show, give it the same title in series.yaml."
)


def is_refused(dataset: Dataset, stored: RowsInMemory) -> bool:
    """Return whether the database holds another show, after noting what can be done about it."""
    in_database = {row.key for kind in SUBJECTS for row in stored.stored[kind.model].values()}
    in_files = {entry.key for kind in SUBJECTS for entry, _ in dataset.entries[kind.file]}
    shared = len(in_files & in_database)
    title, place = _title_in_files(dataset)
    other = next((row.title for row in stored.stored[Series].values()), "")
    if not in_database or not in_files or not _differ(title, other, shared, len(in_files)):
        return False
    called = f"another show, “{other}”" if other else "another show"
    place.complain(f"The database holds {called}: of the {len(in_files)} keys here it has {shared}. {WHAT_TO_DO}")
    return True


def _differ(title: str, other: str, shared: int, in_files: int) -> bool:
    """Two shows have two titles and few keys in common; where a title is missing, they have none in common."""
    if title and other:
        return identity(title) != identity(other) and 2 * shared < in_files
    return not shared


def _title_in_files(dataset: Dataset) -> tuple[str, FilePlace]:
    for entry, place in dataset.entries[SERIES.file]:
        return entry.title, place.part("title")
    document = next(document for document in dataset.documents if document.name == CHARACTER.file)
    return "", FilePlace(document, ())
