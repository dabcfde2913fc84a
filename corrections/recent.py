"""What was published lately, as far as somebody at an episode may know of it."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery

from . import rows
from .models import Change, Correction

PER_PAGE = 30  # corrections


class UncountedPage(Page):
    def __init__(self, object_list: Any, number: int, paginator: Paginator, *, is_last: bool) -> None:
        super().__init__(object_list, number, paginator)
        self.is_last = is_last

    def has_next(self) -> bool:
        return not self.is_last


class UncountedPaginator(Paginator):
    """A paginator that reads one row more than a page holds, instead of counting all rows. Any page may be empty."""

    def page(self, number: int | str) -> UncountedPage:
        number = int(number)
        start = (number - 1) * self.per_page
        with_next = list(self.object_list[start : start + self.per_page + 1])
        return UncountedPage(with_next[: self.per_page], number, self, is_last=len(with_next) <= self.per_page)


def recent_page(progress: int, number: int) -> UncountedPage:
    """Return a page of corrections, the latest published first.

    One that is decided in part is among them. A correction belongs to the latest episode it touches.
    """
    newest = _visible_changes().filter(correction=OuterRef("pk")).order_by("-applied_at").values("applied_at")[:1]
    corrections = (
        Correction.objects.as_of(progress)
        .exclude(kind=Correction.Kind.IMPORT)
        .annotate(published_at=Subquery(newest))
        .filter(published_at__isnull=False)
        .select_related("author__viewer")
        .order_by("-published_at", "-id")
    )
    return UncountedPaginator(corrections, PER_PAGE).page(number)


def published_changes(page: UncountedPage) -> dict[Correction, list[Change]]:
    """Return the published changes of each correction on a page."""
    published: dict[Correction, list[Change]] = {correction: [] for correction in page}
    by_id = {correction.pk: changes for correction, changes in published.items()}
    for change in _visible_changes().filter(correction__in=by_id).order_by("position").prefetch_related("subjects"):
        by_id[change.correction_id].append(change)
    return published


def _visible_changes() -> QuerySet[Change]:
    """Return the published changes to fields that visitors can see."""
    unseen = Q(pk__in=[])
    for kind in rows.registered():
        if kind.unseen:
            unseen |= Q(model=kind.label, path__in=kind.unseen)
    return Change.objects.proposed().applied().exclude(unseen)
