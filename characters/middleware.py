from collections.abc import Callable
from functools import cache

from django.http import HttpResponseBase

from characters import vocabulary
from episodes import units
from episodes.horizon import horizon_of
from episodes.models import units_in_the_database
from episodes.visits import Visit

from .lore import Lore

type View = Callable[[Visit], HttpResponseBase]


def lore(get_response: View) -> View:
    """Put what this visitor may know on `request.lore`; nothing is read until a page asks."""

    def middleware(request: Visit) -> HttpResponseBase:
        edition = getattr(request, "edition", None)  # as it was read when the request came in
        request.lore = Lore(
            request.as_of,
            look_back=request.as_of < request.progress,
            edition=edition,
            ends_after=request.progress if request.hides_ahead else None,
        )
        # Public pages read all episodes anyway; the admin does not.
        if request.path.startswith("/admin/"):
            words = vocabulary.using(cache(vocabulary.stored), offered_until=lambda: horizon_of(request))
            with units.using(cache(units_in_the_database)), words:
                return get_response(request)
        with units.using(lambda: request.lore.units), vocabulary.using(lambda: request.lore.vocabulary):
            return get_response(request)

    return middleware
