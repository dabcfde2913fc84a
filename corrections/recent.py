"""What was published lately, as far as somebody at an episode may know of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery

from . import rows
from .models import Change, Correction

PER_PAGE = 30  # corrections


@dataclass(frozen=True, slots=True)
class Recent:
    published: dict[Correction, Sequence[Change]]
    number: int
    is_last: bool


def recent(progress: int, number: int) -> Recent:
    """A page of it, the latest first, however much of each still waits. It belongs to the latest episode it touches."""
    start = (number - 1) * PER_PAGE
    newest = _news().filter(correction=OuterRef("pk")).order_by("-applied_at").values("applied_at")[:1]
    known = (
        Correction.objects.as_of(progress)
        .exclude(kind=Correction.Kind.IMPORT)
        .annotate(published_at=Subquery(newest))
        .filter(published_at__isnull=False)
    )
    shown = list(known.select_related("author__viewer").order_by("-published_at", "-id")[start : start + PER_PAGE + 1])
    published: dict[Correction, list[Change]] = {correction: [] for correction in shown[:PER_PAGE]}
    by_id = {correction.pk: changes for correction, changes in published.items()}
    for change in _news().filter(correction__in=by_id).order_by("position").prefetch_related("subjects"):
        by_id[change.correction_id].append(change)
    return Recent(dict(published), number, len(shown) <= PER_PAGE)


def _news() -> QuerySet[Change]:
    unseen = Q(pk__in=[])
    for kind in rows.registered():
        if kind.unseen:
            unseen |= Q(model=kind.label, path__in=kind.unseen)
    return Change.objects.proposed().applied().exclude(unseen)
