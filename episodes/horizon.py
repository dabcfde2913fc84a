"""How far staff see in the admin: as far as they have watched, unless they have lifted that for their session."""

from django.http import HttpRequest

from .progress import last_episode_for
from .visits import Visit

LIFTED = "horizon_lifted"  # in the session


def horizon_of(request: HttpRequest) -> int | None:
    """Return the last episode of which somebody sees rows in the admin, or None if nothing is hidden from them."""
    visit: Visit = request  # type: ignore[assignment]
    if visit.progress >= last_episode_for(request) or is_lifted(request):
        return None
    return visit.progress


def is_lifted(request: HttpRequest) -> bool:
    return bool(request.session.get(LIFTED))


def sees_up_to(request: HttpRequest) -> int:
    """Return the same as a number: the last episode for those from whom nothing is hidden."""
    horizon = horizon_of(request)
    return last_episode_for(request) if horizon is None else horizon


def set_lifted(request: HttpRequest, *, lifted: bool) -> None:
    if lifted:
        request.session[LIFTED] = True
    else:
        request.session.pop(LIFTED, None)
