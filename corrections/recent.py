"""What was published lately, as far as somebody at an episode may know of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from . import rows
from .models import Change, Correction

PER_PAGE = 30  # corrections


@dataclass(frozen=True, slots=True)
class Recent:
    published: dict[Correction, Sequence[Change]]
    number: int
    is_last: bool


def recent(progress: int, number: int) -> Recent:
    """A page of it, the latest first. A correction belongs to the latest episode that it touches."""
    start = (number - 1) * PER_PAGE
    known = (
        Correction.objects.as_of(progress)
        .in_effect()
        .exclude(kind=Correction.Kind.IMPORT)
        .filter(Exists(_news().filter(correction=OuterRef("pk"))))
    )
    shown = list(known.select_related("author__viewer").order_by("-decided_at", "-id")[start : start + PER_PAGE + 1])
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
    return Change.objects.proposed().applied().filter(outcome=Change.Outcome.APPLIED).exclude(unseen)
