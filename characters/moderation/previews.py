"""Public pages as a correction would make them: the public views themselves, for a reader at a given episode."""

from collections.abc import Callable
from copy import copy
from typing import Any
from urllib.parse import unquote, urlsplit

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import resolve, reverse

from characters.kinds import Kind
from characters.lore import Lore
from episodes.axes import reaching
from episodes.visits import Visit


def preview_of_subject(kind: Kind) -> Callable[[HttpRequest, Any, int], HttpResponse]:
    """Return a function that shows the page of a subject at an episode."""

    def preview(request: HttpRequest, subject: Any, episode: int) -> HttpResponse:
        lore = Lore(episode)
        return _public_page(request, lore, lore.address_of(kind.own_page.plural, subject.public_id))

    return preview


def preview_of_episode(request: HttpRequest, row: Any, episode: int) -> HttpResponse:
    """Show the page of an episode to a reader at another one."""
    return _public_page(request, Lore(episode), reverse("episode", args=[row.number]))


def _public_page(request: HttpRequest, lore: Lore, address: str | None) -> HttpResponse:
    if address is None:
        raise Http404
    visit: Visit = copy(request)  # type: ignore[assignment]
    visit.path = visit.path_info = unquote(urlsplit(address).path)
    visit.method, visit.GET = "GET", QueryDict()
    visit.progress = visit.as_of = reaching(lore.progress)
    visit.requested_episode = None
    visit.lore = lore
    match = resolve(visit.path)
    return match.func(visit, *match.args, **match.kwargs)
