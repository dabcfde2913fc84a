"""The request as views see it: with what the middleware adds."""

from typing import Any

from django.http import HttpRequest

from .axes import Progress
from .viewers import Account, Offer


class Visit(HttpRequest):
    """Declares the attributes that the middleware sets on each request; for annotations alone, never instantiated."""

    account: Account | None  # the account that the visitor is signed in to
    browser_progress: Progress  # what this browser's cookie holds
    offer: Offer | None  # both numbers, where browser and account differ
    progress: Progress  # the last episode that the visitor has watched, and the last chapter read
    requested_episode: int | None  # the number in ?as_of=, whether or not the visitor may see it
    as_of: Progress  # where this page is read, never beyond progress
    previous_progress: Progress | None  # the progress before the last step, while that can be undone
    theme: str  # "light", "dark", or "" for what the system prefers
    hides_ahead: bool  # whether pages end at the next episode, and do not say how many there are
    edition: Any  # corrections.editions.CurrentEdition, of the pages that are kept
    lore: Any  # characters.lore.Lore, which this app must not import
