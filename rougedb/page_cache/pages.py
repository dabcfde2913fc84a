"""What a kept page is a function of, as its key, and the request that it is made for, which says nothing else."""

from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.urls import Resolver404, is_valid_path, resolve

from characters.lore import Lore
from corrections.editions import CurrentEdition
from episodes.axes import Progress, key_of
from episodes.kept_pages import Keeping, Parameters, keeping_of
from episodes.middleware import UNGATED_PATHS, furthest_asked
from episodes.progress import is_behind, read_at
from episodes.visits import Visit

NOWHERE = "/nothing/"  # a path without a page
LONGEST = 512  # characters of a path whose page is kept; those of pages are shorter, unless a name is very odd


@dataclass(frozen=True, slots=True)
class Address:
    """A path that leads to a kept page, or to none at all."""

    path: str
    keeping: Keeping | None
    parameters: Parameters


MISSING = Address(NOWHERE, None, {})  # all that is missing is one page


@dataclass(frozen=True, slots=True)
class Page:
    """A page at an episode, as its reader sees it."""

    edition: str
    address: Address
    query: str
    progress: Progress
    asked: int | None  # the episode in ?as_of=, where that is another than the reader's
    previous: Progress | None  # the progress before the last step, where the page tells what came with it
    theme: str
    hides_ahead: bool = False

    @property
    def key(self) -> str:
        """Everything, with the path at its end: nothing before that can hold a colon."""
        return (
            f"{self.edition}:{key_of(self.progress)}:{'' if self.asked is None else self.asked}:"
            f"{'' if self.previous is None else key_of(self.previous)}:{self.theme}:"
            f"{'hidden' if self.hides_ahead else ''}:{self.query}:{self.address.path}"
        )

    def form(self, encoding: str) -> str:
        """Return the key of a compressed form."""
        return f"{encoding}:{self.key}"

    @property
    def missing(self) -> "Page":
        """What this reader sees where there is no page."""
        return replace(self, address=MISSING, query="", previous=None)

    @property
    def is_ahead(self) -> bool:
        """Whether the reader is asked first, as the page is that of a later episode."""
        return self.asked is not None and self.asked > self.progress

    @property
    def is_linked(self) -> bool:
        """Whether it is one of those few that links lead to from everywhere, rather than one of any number."""
        return not self.query and self.asked is None


def address_of(path: str) -> Address | None:
    """Return what a path leads to; None if that is not kept."""
    return None if len(path) > LONGEST or path.startswith(UNGATED_PATHS) else _resolved(path)


@lru_cache(2**12)
def _resolved(path: str) -> Address | None:
    try:
        match = resolve(path)
    except Resolver404:
        is_unfinished = settings.APPEND_SLASH and not path.endswith("/") and is_valid_path(f"{path}/")
        return None if is_unfinished else MISSING
    keeping = keeping_of(match.func)
    return Address(path, keeping, keeping.parameters(**match.kwargs)) if keeping is not None else None


def page_of(visit: Visit, address: Address) -> Page:
    """Return the page that an address is for a visitor; the edition has been read."""
    requested = visit.requested_episode
    has_asked = (
        requested is not None
        and requested != visit.progress
        and requested <= furthest_asked(visit, visit.edition.last_episode)
    )
    previous = visit.previous_progress
    tells_step = address.keeping is not None and address.keeping.after_a_step and not has_asked
    return Page(
        edition=visit.edition.stamp,
        address=address,
        query=_meant(visit.GET, address.parameters) if visit.GET and address.parameters else "",
        progress=visit.progress,
        asked=requested if has_asked else None,
        previous=previous if tells_step and previous is not None and is_behind(previous, visit.progress) else None,
        theme=visit.theme,
        hides_ahead=visit.hides_ahead,
    )


def _meant(query: QueryDict, parameters: Parameters) -> str:
    """Return what is meant by a query, in the order in which the parameters are declared."""
    pairs = [
        (name, value)
        for name, parameter in parameters.items()
        if name in query and (values := query.getlist(name))
        for value in parameter(values)
    ]
    return urlencode(pairs)


class PageRequest(WSGIRequest):
    """The request that a kept page is made for: whatever is not in its key is not there, or is the same for all."""

    account = offer = None

    def __init__(self, page: Page, edition: CurrentEdition) -> None:
        site = urlsplit(settings.SITE_URL)
        asked = "" if page.asked is None else f"as_of={page.asked}"
        super().__init__(
            {
                "REQUEST_METHOD": "GET",
                "PATH_INFO": page.address.path.encode().decode("latin-1"),  # as WSGI has it
                "QUERY_STRING": "&".join(filter(None, (page.query, asked))),
                "SERVER_NAME": site.hostname,
                "SERVER_PORT": str(site.port or ""),
                "wsgi.url_scheme": site.scheme,
                "wsgi.input": BytesIO(),
            }
        )
        self.progress = self.browser_progress = page.progress
        self.requested_episode = page.asked
        self.as_of = read_at(page.progress, page.asked)
        self.previous_progress = page.previous
        self.theme = page.theme
        self.hides_ahead = page.hides_ahead
        self.lore = Lore(
            self.as_of,
            look_back=self.as_of < self.progress,
            edition=edition,
            ends_after=self.progress if self.hides_ahead else None,
        )

    def get_host(self) -> str:
        """Return the host of the site, which need not be allowed: nobody has said it."""
        return urlsplit(settings.SITE_URL).netloc
