"""Handing out corrections: which one a moderator gets next."""

from collections.abc import Iterator

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from corrections.models import Correction
from corrections.trial import Trial, try_out
from episodes.units import worded

from . import queue, typed
from .access import CHANGELIST, for_moderators, page_address, user_of
from .claims import claim_first, release
from .clearance import Clearance, clearance_of
from .review import MOST_SHOWN, ChangeWithRow, with_rows

MOST_TRIED_FOR_NEXT = 200  # corrections
LEFT = "left_in_queue"  # what a moderator left to others, in their session
MOST_LEFT = 200  # corrections
REST_IS_TOO_LATE = worded("The corrections that are left mention {many} you have not {watched}.")


@require_POST
@for_moderators
def take_next(request: HttpRequest) -> HttpResponse:
    """Claim the oldest correction, or the first one after the one that the moderator leaves to others.

    What they leave is not handed to them again after their next decisions, until they begin with the oldest anew.
    """
    skipped = None
    if text := request.POST.get("after"):
        try:
            skipped = get_object_or_404(Correction, pk=text)
        except ValidationError:
            raise Http404 from None
        typed.keep(request, skipped)
        if skipped.is_claimed and skipped.claimed_by_id == request.user.pk:
            release(skipped, by=user_of(request))
        request.session[LEFT] = [*request.session.get(LEFT, []), str(skipped.pk)][-MOST_LEFT:]
    else:
        request.session.pop(LEFT, None)
    following = claim_first(_coming(request, after=skipped), user_of(request))
    return _redirect_to(request, following, after=skipped)


def redirect_to_next(request: HttpRequest) -> HttpResponse:
    """Go to the next correction without claiming it."""
    return _redirect_to(request, next(_coming(request), None))


def latest_mentioned(trial: Trial, changes: list[ChangeWithRow], progress: int) -> int:
    """Return the latest episode that texts or rows of a correction mention, of those not known at some progress."""
    return max([trial.latest_episode(progress), *(each.later_than(progress) for each in changes)])


def _coming(request: HttpRequest, after: Correction | None = None) -> Iterator[Correction]:
    """Yield the corrections in the queue that turn out to mention nothing the moderator has not watched."""
    clearance = clearance_of(request)
    for correction in _in_order(request, after)[:MOST_TRIED_FOR_NEXT]:
        if not clearance.folds(correction, latest_mentioned_in(correction, clearance)):
            yield correction


def _in_order(request: HttpRequest, after: Correction | None) -> QuerySet[Correction]:
    coming = queue.coming(user_of(request), clearance_of(request), after=after)
    return coming.exclude(pk__in=request.session.get(LEFT, []))


def latest_mentioned_in(correction: Correction, clearance: Clearance) -> int:
    """Try a correction to find the latest episode that it mentions; to whom nothing is folded, that makes no odds."""
    if clearance.has_watched_all:
        return 0
    changes = list(correction.changes.current())
    at = clearance.reading_episode(correction)
    return latest_mentioned(try_out(correction, at), with_rows(changes[:MOST_SHOWN]), at)


def _redirect_to(request: HttpRequest, following: Correction | None, after: Correction | None = None) -> HttpResponse:
    if following is None:
        some_are_left = _in_order(request, after).exists()
        messages.info(request, REST_IS_TOO_LATE if some_are_left else "No other correction is waiting for you.")
        return HttpResponseRedirect(reverse(CHANGELIST))
    return HttpResponseRedirect(page_address(following))
