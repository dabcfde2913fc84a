"""The public pages. Each asks `request.lore`, which knows what the viewer may know, and renders what it returns."""

from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from characters.lore import Lore
from episodes.axes import Progress, place_of, second_of
from episodes.kept_pages import kept
from episodes.progress import is_behind, parse_episode, stops_to
from episodes.requests import absolute_address, whole_number
from episodes.visits import Visit

from . import parameters
from .values.seasons import seasons

MOST_STOPS = 14  # links to the map of other episodes; a phone has room for no more


@kept(after_a_step=True)
@require_safe
def home(request: Visit) -> HttpResponse:
    """Show the viewer's episode, and the pages that changed with it."""
    lore: Lore = request.lore
    previous = request.previous_progress
    since: int = _a_unit_ago(lore.progress)
    if previous is not None and is_behind(previous, lore.progress) and not lore.look_back:
        since = previous
    return render(request, "home.html", {"page": lore.home(since)})


def _a_unit_ago(progress: int) -> Progress:
    """Return where somebody was before the newest episode, or before the newest chapter if they only read."""
    second = second_of(progress)
    return Progress(0, second - 1) if second and not progress else Progress(int(progress) - 1, second)


@kept(parameters.of_list)
@require_safe
def subject_list(request: Visit, kind: str) -> HttpResponse:
    """Show all characters, factions and so on; `kind` is the plural in the address."""
    page = request.lore.subjects(kind, _page_number(request), request.GET)
    return render(request, "characters/subject_list.html", {"page": page})


@kept({"page": parameters.PAGE})
@require_safe
def subject(request: Visit, kind: str, public_id: str, slug: str) -> HttpResponse:
    """Show one of them; the slug is that of the name the viewer knows."""
    address = request.lore.address_of(kind, public_id)
    if not _is_full_address(request, address):
        return _to_full_address(address)
    template = "character" if kind == "characters" else "other_subject"
    page = request.lore.subject(kind, public_id, _page_number(request))
    return render(request, f"characters/{template}.html", {"page": page})


@kept()
@require_safe
def subject_without_name(request: Visit, kind: str, public_id: str) -> HttpResponse:
    """Lead from an address without a name to that with the name the viewer knows."""
    return _to_full_address(request.lore.address_of(kind, public_id))


@kept({"page": parameters.PAGE})
@require_safe
def tag_list(request: Visit) -> HttpResponse:
    """Show every tag that somebody bears."""
    return render(request, "characters/tag_list.html", {"page": request.lore.tags(_page_number(request))})


@kept()
@require_safe
def tag(request: Visit, slug: str) -> HttpResponse:
    """Show who bears a tag, or lead on from an address that it had under another name."""
    page = request.lore.tag(slug)
    if page is None:
        return _to_full_address(request.lore.tag_renamed(slug))
    return render(request, "characters/tag.html", {"page": page})


@kept()
@require_safe
def tag_without_name(request: Visit, public_id: str) -> HttpResponse:
    """Lead from an address that does not tell a tag's name to the tag."""
    return _to_full_address(request.lore.address_of_tag(public_id))


@kept({"page": parameters.PAGE})
@require_safe
def voice_list(request: Visit) -> HttpResponse:
    """Show who speaks whom, language by language."""
    return render(request, "characters/voice_list.html", {"page": request.lore.voices(_page_number(request))})


@kept({"page": parameters.PAGE})
@require_safe
def voice(request: Visit, public_id: str, slug: str) -> HttpResponse:
    """Show whom a voice speaks."""
    page = request.lore.voice(public_id, _page_number(request))
    address = page.url if page else None
    if not _is_full_address(request, address):
        return _to_full_address(address)
    return render(request, "characters/voice.html", {"page": page})


@kept()
@require_safe
def voice_without_name(request: Visit, public_id: str) -> HttpResponse:
    """Lead from an address that does not tell a voice's name to the voice."""
    return _to_full_address(request.lore.address_of_voice(public_id))


@kept({"page": parameters.PAGE})
@require_safe
def staff(request: Visit) -> HttpResponse:
    """Show who made the show, and each episode that has been watched."""
    return render(request, "staff.html", {"page": request.lore.staff(_page_number(request))})


@kept(
    {
        "of": parameters.CENTRE,
        "faction": parameters.FACTION,
        "since": parameters.SINCE_ON_MAP,
        "page": parameters.PAGE,
    }
)
@require_safe
def graph(request: Visit) -> HttpResponse:
    """Show the map of relations, or that of one character."""
    asked = request.GET.get("since")
    since = parse_episode(asked)
    page = request.lore.graph(
        request.GET.get("faction", ""),
        -1 if asked and since is None else since,
        _page_number(request),
        of=request.GET.get("of", ""),
    )
    return render(request, "characters/graph.html", {"page": page, "stops": stops(request.lore, request.progress)})


def stops(lore: Lore, last: int) -> list[int]:
    """Return the episodes that the map can be moved to by a link: all of them, or of many some and those nearby."""
    beginnings = [season.first for season in seasons(lore.episodes) if season.name]
    return stops_to(last, lore.progress, MOST_STOPS, beginnings) if last else []


@kept({"a": parameters.NAME, "b": parameters.NAME})
@require_safe
def linked(request: Visit) -> HttpResponse:
    """Show how two characters are linked, each given by name or public id."""
    page = request.lore.linked(request.GET.get("a", ""), request.GET.get("b", ""))
    return render(request, "characters/linked.html", {"page": page})


@kept(
    {
        "since": parameters.SINCE,
        "read": parameters.SINCE,
        "until": parameters.EPISODE,
        "until_read": parameters.EPISODE,
        "page": parameters.PAGE,
    }
)
@require_safe
def recap(request: Visit) -> HttpResponse:
    """Show what happened since an episode, or since the last one where none or no earlier one is named."""
    lore: Lore = request.lore
    since = _asked_point(request, "since", "read")
    until = _asked_point(request, "until", "until_read")
    requested = lore.recap(since, until, _page_number(request)) if since is not None else None
    watched = [row for row in lore.episodes if row.number < lore.progress]
    ago = Progress(watched[-1].number) if watched else None
    if lore.second:  # a recap of chapters begins with the episode that was watched last
        watched, ago = [row for row in lore.episodes if row.known], _a_unit_ago(lore.progress)
    page = requested or (None if ago is None else lore.recap(ago))
    is_unknown = ("since" in request.GET or (lore.second and "read" in request.GET)) and not requested
    return render(
        request,
        "characters/recap.html",
        {
            "page": page,
            "behind": lore.to_choose(watched, page.since.number) if page else (),
            "chapters": lore.to_choose(lore.read_chapters, place_of(page.read)) if page else (),
            "asked": requested,
            "asked_in_vain": is_unknown,
        },
    )


def _asked_point(request: Visit, first: str, second: str) -> Progress | None:
    """Return the point that an address names on the axes of its reader; what it does not name is where they are."""
    numbers = parse_episode(request.GET.get(first)), parse_episode(request.GET.get(second))
    own_numbers = int(request.lore.progress), request.lore.second
    if not request.lore.second:
        return None if numbers[0] is None else Progress(numbers[0])
    if numbers == (None, None):
        return None
    return Progress(*(own if number is None else number for number, own in zip(numbers, own_numbers, strict=True)))


@kept({"episode": parameters.EPISODE})
@require_safe
def then(request: Visit, public_id: str, slug: str) -> HttpResponse:
    """Show a character at an earlier episode next to what is known now."""
    episode = parse_episode(request.GET.get("episode"))
    character_url = request.lore.address_of("characters", public_id)
    if character_url is None:
        raise Http404
    path, _, query = character_url.partition("?")
    address = f"{path}then/?{query}".rstrip("?")
    if not _is_full_address(request, address):
        suffix = "" if episode is None else f"{'&' if query else '?'}episode={episode}"
        return HttpResponseRedirect(address + suffix)
    return render(request, "characters/then.html", {"page": request.lore.then(public_id, episode)})


@kept({"q": parameters.QUERY, "page": parameters.PAGE})
@require_safe
def search(request: Visit) -> HttpResponse:
    """Show what fits a query."""
    page = request.lore.search(_typed(request), _page_number(request))
    return render(request, "characters/search.html", {"page": page})


@kept({"q": parameters.QUERY})
@require_safe
def suggest(request: Visit) -> HttpResponse:
    """Show names that fit what has been typed so far, for the script of the search box."""
    return render(request, "characters/suggestions.html", {"suggestions": request.lore.suggest(_typed(request))})


@kept({"to": parameters.NAMELESS})
@require_safe
def went_back(request: Visit) -> HttpResponse:
    """Say why the page that was read is not there at an earlier episode, and lead to it as soon as it is."""
    lore: Lore = request.lore
    asked = request.GET.get("to", "/")
    target = asked if lore.without_name(asked) == asked else "/"
    if lore.has_page_at(target):
        return HttpResponseRedirect(target + lore.query)
    return render(request, "episodes/went_back.html", {"target": target})


@kept()
@require_safe
def about(request: Visit) -> HttpResponse:
    """Say what this is, under which licences it may be used, and whom to write to."""
    return render(request, "about.html", {"contact": settings.CONTACT_EMAIL})


@kept()
@require_safe
def privacy(request: Visit) -> HttpResponse:
    """Say what is kept of visitors and contributors, why, and for how long."""
    return render(request, "privacy.html", {"contact": settings.CONTACT_EMAIL})


@kept()
@require_safe
def sitemap(request: Visit) -> HttpResponse:
    """List every page of somebody who has watched nothing, which is what a crawler is."""
    pages = Lore(0).addresses()
    return render(
        request,
        "sitemap.xml",
        {"addresses": [absolute_address(page) for page in pages]},
        content_type="application/xml; charset=utf-8",
    )


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
