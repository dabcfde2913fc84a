"""Short phrases that the values of several pages have in common."""


def counted(number: int, noun: str) -> str:
    """Return the number with its noun, as in "1 tie" or "3 ties"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def span(since: int, until: int | None) -> str:
    """Return from which episode to which something holds; episode 0 is not named, as it has no number on pages."""
    if until is None:
        return f"since episode {since}" if since else ""
    if until == since:
        return f"episode {since}"
    return f"episodes {since}–{until}" if since else f"until episode {until}"


def episodes(since: int, until: int | None) -> str:
    """Return the same in short: in which episodes something happened or held."""
    if until is None or until == since:
        return f"ep. {since}" if since else ""
    return f"ep. {since}–{until}" if since else f"until ep. {until}"
