"""How corrections read to moderators: names as they know them, what texts say too early, pages as they would be."""

from collections.abc import Callable
from copy import copy
from typing import Any
from urllib.parse import unquote, urlsplit

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import resolve, reverse

from characters.lore import Lore
from characters.models import Subject
from episodes.visits import Visit

# Pages as they would be: the public views themselves, shown to somebody at that episode


def preview_of_subject(model: type[Subject]) -> Callable[[HttpRequest, Any, int], HttpResponse]:
    def preview(request: HttpRequest, subject: Any, episode: int) -> HttpResponse:
        lore = Lore(episode)
        return _as_shown(request, lore, lore.address_of(f"{model._meta.model_name}s", subject.public_id))

    return preview


def preview_of_episode(request: HttpRequest, row: Any, episode: int) -> HttpResponse:
    return _as_shown(request, Lore(episode), reverse("episode", args=[row.number]))


def _as_shown(request: HttpRequest, lore: Lore, address: str | None) -> HttpResponse:
    if address is None:
        raise Http404
    visit: Visit = copy(request)  # type: ignore[assignment]
    visit.path = visit.path_info = unquote(urlsplit(address).path)
    visit.method, visit.GET = "GET", QueryDict()
    visit.progress = visit.as_of = lore.progress
    visit.requested_episode = None
    visit.lore = lore
    found = resolve(visit.path)
    return found.func(visit, *found.args, **found.kwargs)
