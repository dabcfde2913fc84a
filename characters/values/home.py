"""What the home page shows."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from .basics import EpisodeRow, Face
from .recap import ChangedPage

MOST_CHANGED = 12


@dataclass(frozen=True, slots=True)
class HomePage:
    """The viewer's episode, and what changed since an earlier one."""

    episode: EpisodeRow | None  # none where the show has none of that number
    synopsis: SafeString
    cast: tuple[Face, ...]  # who is in the episode, where nothing changed
    since: int
    new_with: int | None  # the unit with which what changed came, if it is one alone
    changed: tuple[ChangedPage, ...]
    count: int  # of all characters

    @property
    def most_changed(self) -> tuple[ChangedPage, ...]:
        """The first of those that changed, as many as fit beside the synopsis."""
        return self.changed[:MOST_CHANGED]
