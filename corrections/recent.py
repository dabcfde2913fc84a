"""What was published, of all pages or of one, as far as somebody at an episode may know of it.

A correction belongs to the latest episode it touches, or to a chapter that tells all of it. Besides, a change is left
out whose row is not there any more: it may have been moved to a later episode, and a line without a row would tell
that. A removal is told.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count, groupby, islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from episodes.axes import is_on_second_axis

from . import rows
from .models import Change, ChangeSubject, Correction

PER_PAGE = 30  # publications
MOST_PAGES = 200
CHANGES_AT_ONCE = 1_000
MOST_CHANGES_READ = 100  # of one publication that has more; its other lines are counted

type StillKnown = Callable[[Iterable["PublishedChange"]], set[UUID]]
"""Takes changes, and returns the ids of those of which somebody may still be told."""


@dataclass(frozen=True, slots=True)
class About:
    """What the history of one page is made of."""

    subjects: frozenset[str]  # references, as in ChangeSubject
    rows: tuple[tuple[str, str], ...] = ()  # others that it shows, by the label of their model and their key
    place: int | None = None  # and all that belongs to this episode, or this chapter

    @property
    def condition(self) -> Q:
        of_subjects = ChangeSubject.objects.filter(subject__in=self.subjects).values("change_id")
        which = Q(pk__in=of_subjects)
        keys: dict[str, list[str]] = {}
        for label, key in self.rows:
            keys.setdefault(label, []).append(key)
        for label, of_model in keys.items():
            which |= Q(model=label, row__in=of_model)
        if self.place is None:
            return which
        column = "also_in" if is_on_second_axis(self.place) else "revealed_in"
        return which | Q(**{f"correction__{column}": self.place})


class PublishedChange(NamedTuple):
    """A change, as little of it as says whether it is told."""

    id: UUID
    correction: UUID
    at: datetime
    action: str
    model: str
    row: str
    path: str


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published of a correction at one moment."""

    correction: Correction
    at: datetime
    changes: tuple[Change, ...]
    more: int = 0  # changes that were not read


@dataclass(frozen=True, slots=True)
class RecentPage:
    """A page of publications, the latest first. Any page may be empty: they are not counted."""

    publications: tuple[Publication, ...]
    number: int
    is_last: bool

    @property
    def latest(self) -> datetime | None:
        return self.publications[0].at if self.publications else None


def recent_page(progress: int, number: int, still_known: StillKnown, about: About | None = None) -> RecentPage:
    """Return a page of what was published, the latest first."""
    number = max(number, 1)
    if number > MOST_PAGES:
        return RecentPage((), number, is_last=True)
    start = (number - 1) * PER_PAGE
    groups = list(islice(_publications(progress, still_known, about), start, start + PER_PAGE + 1))
    is_last = len(groups) <= PER_PAGE or number == MOST_PAGES
    return RecentPage(_read(groups[:PER_PAGE]), number, is_last)


def latest_publications(
    progress: int, still_known: StillKnown, about: About, *, since: datetime
) -> Iterator[list[PublishedChange]]:
    """Yield what was published after a moment, the latest first."""
    for group in _publications(progress, still_known, about):
        if group[0].at <= since:
            return
        yield group


def _publications(progress: int, still_known: StillKnown, about: About | None) -> Iterator[list[PublishedChange]]:
    told = _told(progress, still_known, about)
    for _, group in groupby(told, key=lambda change: (change.at, change.correction)):
        yield list(group)


def _told(progress: int, still_known: StillKnown, about: About | None) -> Iterator[PublishedChange]:
    visible = Correction.objects.as_of(progress).exclude(kind=Correction.Kind.IMPORT)
    changes: Any = _shown_changes().filter(correction__in=visible.values("pk"))
    if about is not None:
        changes = changes.filter(about.condition)
    in_order = changes.order_by("-applied_at", "correction_id", "position", "id").values_list(
        "id", "correction_id", "applied_at", "action", "model", "row", "path"
    )
    for start in count(0, CHANGES_AT_ONCE):
        some = [PublishedChange(*values) for values in in_order[start : start + CHANGES_AT_ONCE]]
        known = still_known(some) if some else set()
        yield from (change for change in some if change.id in known)
        if len(some) < CHANGES_AT_ONCE:
            return


def _read(groups: list[list[PublishedChange]]) -> tuple[Publication, ...]:
    wanted = [change.id for group in groups for change in group[:MOST_CHANGES_READ]]
    changes = {change.pk: change for change in Change.objects.filter(pk__in=wanted).prefetch_related("subjects")}
    corrections = Correction.objects.select_related("author__viewer").in_bulk({group[0].correction for group in groups})
    return tuple(
        Publication(
            correction=corrections[group[0].correction],
            at=group[0].at,
            changes=tuple(changes[change.id] for change in group[:MOST_CHANGES_READ]),
            more=len(group[MOST_CHANGES_READ:]),
        )
        for group in groups
    )


def _shown_changes() -> QuerySet[Change]:
    """Return the published changes to fields that visitors can see."""
    unseen = Q(pk__in=[])
    for kind in rows.registered():
        if kind.unseen:
            unseen |= Q(model=kind.label, path__in=kind.unseen)
    return Change.objects.proposed().applied().exclude(unseen)
