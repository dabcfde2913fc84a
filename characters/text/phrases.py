"""Short phrases that the values of several pages have in common."""

from episodes.names import Name
from episodes.units import current, named

MEMBER = "member"  # the role of whoever belongs to a faction and has no other


def role_in_words(role: str) -> Name:
    """Return a role as it is told; that a member is a member is not."""
    return Name("" if role.casefold() == MEMBER else role)


def counted(number: int, noun: str) -> str:
    """Return the number with its noun, as in "1 tie" or "3 ties"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def span(since: int, until: int | None) -> str:
    """Return from which episode to which something holds; episode 0 is not named, as it has no number on pages."""
    if until is None:
        return f"since {named(since)}" if since else ""
    if until == since:
        return named(since)
    return current().span(since, until) if since else f"until {named(until)}"


def episodes(since: int, until: int | None) -> str:
    """Return in which episodes something happened, or held and holds no more."""
    return span(since, since if until is None and since else until)
