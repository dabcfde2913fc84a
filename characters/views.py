from urllib.parse import unquote, urlsplit

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from episodes.progress import parse_episode
from episodes.requests import whole_number
from episodes.visits import Visit

from .lore import Lore

CHANGED_ON_HOME = 12


@require_safe
def home(request: Visit) -> HttpResponse:
    lore: Lore = request.lore
    previous = request.previous_progress
    since = previous if previous is not None and previous < lore.progress and not lore.look_back else lore.progress - 1
    changed = lore.changed(since) if lore.progress else ()
    return render(
        request,
        "home.html",
        {
            "page": lore.episode(lore.progress),
            "count": lore.character_count(),
            "since": since,
            "changed": changed[:CHANGED_ON_HOME],
        },
    )


@require_safe
def character_list(request: Visit) -> HttpResponse:
    page = request.lore.characters(_page_number(request), request.GET)
    return render(request, "characters/character_list.html", {"page": page})


@require_safe
def character(request: Visit, public_id: str, slug: str) -> HttpResponse:
    address = request.lore.address_of_character(public_id)
    if not _is_full_address(request, address):
        return _to_full_address(address)
    return render(request, "characters/character.html", {"page": request.lore.character(public_id)})


@require_safe
def character_without_name(request: Visit, public_id: str) -> HttpResponse:
    return _to_full_address(request.lore.address_of_character(public_id))


@require_safe
def faction_list(request: Visit) -> HttpResponse:
    page = request.lore.factions(_page_number(request), request.GET)
    return render(request, "characters/faction_list.html", {"page": page})


@require_safe
def faction(request: Visit, public_id: str, slug: str) -> HttpResponse:
    address = request.lore.address_of_faction(public_id)
    if not _is_full_address(request, address):
        return _to_full_address(address)
    return render(request, "characters/faction.html", {"page": request.lore.faction(public_id)})


@require_safe
def faction_without_name(request: Visit, public_id: str) -> HttpResponse:
    return _to_full_address(request.lore.address_of_faction(public_id))


@require_safe
def tag_list(request: Visit) -> HttpResponse:
    return render(request, "characters/tag_list.html", {"tags": request.lore.tags()})


@require_safe
def tag(request: Visit, slug: str) -> HttpResponse:
    page = request.lore.tag(slug)
    if page is None:
        raise Http404
    return render(request, "characters/tag.html", {"page": page})


@require_safe
def graph(request: Visit) -> HttpResponse:
    page = request.lore.graph(request.GET.get("faction", ""))
    stops = range(request.progress + 1) if request.progress else ()
    return render(request, "characters/graph.html", {"page": page, "stops": stops})


@require_safe
def recap(request: Visit) -> HttpResponse:
    lore: Lore = request.lore
    since = parse_episode(request.GET.get("since"))
    behind = [row for row in lore.episodes if row.number < lore.progress]
    asked = lore.recap(since) if since is not None else None
    page = asked or (lore.recap(behind[-1].number) if behind else None)
    return render(
        request,
        "characters/recap.html",
        {"page": page, "behind": behind, "asked": asked, "asked_in_vain": "since" in request.GET and not asked},
    )


@require_safe
def then(request: Visit, public_id: str, slug: str) -> HttpResponse:
    episode = parse_episode(request.GET.get("episode"))
    of_character = request.lore.address_of_character(public_id)
    if of_character is None:
        raise Http404
    path, _, query = of_character.partition("?")
    address = f"{path}then/?{query}".rstrip("?")
    if not _is_full_address(request, address):
        asked = "" if episode is None else f"{'&' if query else '?'}episode={episode}"
        return HttpResponseRedirect(address + asked)
    return render(request, "characters/then.html", {"page": request.lore.then(public_id, episode)})


@require_safe
def search(request: Visit) -> HttpResponse:
    page = request.lore.search(_typed(request), _page_number(request))
    return render(request, "characters/search.html", {"page": page})


@require_safe
def suggest(request: Visit) -> HttpResponse:
    return render(request, "characters/suggestions.html", {"suggestions": request.lore.suggest(_typed(request))})


@require_safe
def sitemap(request: Visit) -> HttpResponse:
    """What there is for somebody who has watched nothing, which is what a crawler is."""
    pages = [*_lists(), *Lore(0).addresses()]
    return render(
        request,
        "sitemap.xml",
        {"addresses": [request.build_absolute_uri(page) for page in pages]},
        content_type="application/xml",
    )


@require_safe
def robots(request: Visit) -> HttpResponse:
    return render(
        request, "robots.txt", {"sitemap": request.build_absolute_uri("/sitemap.xml")}, content_type="text/plain"
    )


@require_safe
def healthz(request: Visit) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def _lists() -> list[str]:
    return ["/", "/characters/", "/factions/", "/episodes/", "/tags/", "/graph/", "/recap/"]


def _typed(request: Visit) -> str:
    return request.GET.get("q", "")


def _page_number(request: Visit) -> int:
    return whole_number(request.GET.get("page")) or 1


def _is_full_address(request: Visit, address: str | None) -> bool:
    return address is not None and request.path == unquote(urlsplit(address).path)


def _to_full_address(address: str | None) -> HttpResponse:
    if address is None:
        raise Http404
    return HttpResponseRedirect(address)  # never permanent: it holds at this progress only
