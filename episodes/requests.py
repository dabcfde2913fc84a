"""What the middleware adds to a request, and how what it brings is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, QueryDict

if TYPE_CHECKING:
    from .viewers import Account, Offer

    class Visit(HttpRequest):
        account: Account | None  # whose account the visitor is signed in to
        here: int  # what this browser's cookie says
        offer: Offer | None  # the two numbers, where browser and account differ
        progress: int  # the last episode that the visitor has watched
        asked_for: int | None  # ?as_of=, as it was asked
        as_of: int  # the episode at which this page is read, never beyond progress
        left_behind: int | None  # where they were before their last step, while that can be undone
        theme: str  # "light", "dark", or "" for what the system prefers
        lore: Any  # characters.lore.Lore, which this app must not import

else:
    Visit = HttpRequest


def form_of(request: HttpRequest) -> QueryDict:
    try:
        return request.POST
    except LookupError:  # a charset that is none
        return QueryDict()


def whole_number(text: str | None, *, digits: int = 6) -> int | None:
    """What the text says, if that is a whole number of so many digits at most."""
    return int(text) if text and len(text) <= digits and text.isascii() and text.isdigit() else None
