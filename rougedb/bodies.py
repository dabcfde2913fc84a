"""How much a request may bring, by its address: decided from its headers, before anything of it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase

from characters.pictures.looking import MOST_BYTES

from .pages import plain_page

KB, MB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that a body may hold, and the seconds that it may take to arrive."""

    bytes: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.bytes // MB} MB" if self.bytes >= MB else f"{self.bytes // KB} kB"


BUTTONS = Bound(4 * KB, 10)
FORMS = Bound(64 * KB, 20)
# More than a form takes, so that what is a little too much gets the form's own answer.
FORMS_WITH_PICTURES = Bound(3 * MOST_BYTES + 2 * MB, 600)

BOUNDS = {  # by how a path begins
    "/progress/": BUTTONS,
    "/theme/": BUTTONS,
    "/corrections/new/": FORMS_WITH_PICTURES,
    "/admin/": FORMS_WITH_PICTURES,
}


def bound_of(path: str) -> Bound:
    """Return how much may be sent to a path; the form of a correction that is written again ends in `/again/`."""
    if path.startswith("/corrections/") and path.endswith("/again/"):
        return FORMS_WITH_PICTURES
    return next((bound for start, bound in BOUNDS.items() if path.startswith(start)), FORMS)


def refusal_of(path: str, headers: Mapping[str, str]) -> int | None:
    """Return the status by which a body is refused, or None if it may be read; headers are asked for in lower case."""
    length = headers.get("content-length") or "0"
    if "transfer-encoding" in headers:  # its length would be known at its end alone
        return 411
    if not (length.isascii() and length.isdigit()):
        return 400
    return 413 if int(length) > bound_of(path).bytes else None


def bounded_bodies(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Refuse bodies that are too large or of unknown length (middleware, the outermost)."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        status = refusal_of(request.path, request.headers)
        if status is None:
            return get_response(request)
        return plain_page("unread.html", status, {"status": status, "most": str(bound_of(request.path))})

    return middleware
