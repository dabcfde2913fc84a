"""How far staff see in the admin: as far as they have watched, unless they have lifted that for their session.

In a show of two axes nothing is hidden from those who have watched and read all. Anybody else sees there what episodes
tell, as forms show of a row in which episode it is revealed.
"""

from django.http import HttpRequest

from .axes import end_for, last_chapter_for
from .progress import is_further
from .visits import Visit

LIFTED = "horizon_lifted"  # in the session


def horizon_of(request: HttpRequest) -> int | None:
    """Return the last episode of which somebody sees rows in the admin, or None if nothing is hidden from them."""
    visit: Visit = request  # type: ignore[assignment]
    return None if has_watched_all(visit) or is_lifted(request) else int(visit.progress)


def has_watched_all(visit: Visit) -> bool:
    """Return whether somebody has watched, and on a second axis read, all there is."""
    return not is_further(end_for(visit), visit.progress)


def is_lifted(request: HttpRequest) -> bool:
    return bool(request.session.get(LIFTED))


def sees_up_to(request: HttpRequest) -> int:
    """Return the same as progress: that of somebody who has watched all for those from whom nothing is hidden."""
    horizon = horizon_of(request)
    return end_for(request) if horizon is None else horizon


def reads_up_to(request: HttpRequest) -> int:
    """Return how far somebody reads at the desk, on both axes: no text there has a place that they have not reached."""
    visit: Visit = request  # type: ignore[assignment]
    return end_for(request) if horizon_of(request) is None else visit.progress


def sees_both_axes(request: HttpRequest) -> bool:
    """Return whether the show has a second axis and nothing of it is hidden."""
    return bool(last_chapter_for(request)) and horizon_of(request) is None


def set_lifted(request: HttpRequest, *, lifted: bool) -> None:
    if lifted:
        request.session[LIFTED] = True
    else:
        request.session.pop(LIFTED, None)
