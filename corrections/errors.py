"""Why a correction was not sent, not decided or not published."""

from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError

from .models import Change


class Refused(Exception):
    """The request is not allowed. The message is shown to the person who made it; `who` is named in it, if anybody."""

    def __init__(self, message: str, *, who: str = "") -> None:
        self.who = who
        super().__init__(message)


class Blocked(Refused):
    """A moderator has blocked whoever made the request from sending."""


class AlreadyDecided(Refused):
    """Somebody else changed or decided the correction first."""


class CouldNotApply(Exception):
    """The accepted changes break a rule, so that none of them was written."""

    def __init__(self, messages: Mapping[Change | None, Sequence[str]]) -> None:
        self.messages = messages
        super().__init__(" ".join(message for of_change in messages.values() for message in of_change))


class HeldBack(Exception):
    """An edit was not published, because rows have changed since its author read them."""

    def __init__(self, changes: tuple[Change, ...]) -> None:
        self.changes = changes
        super().__init__(f"{len(changes)} changes conflict.")


class RowInTheWay(Exception):
    """Another row has to be written or removed before this one can be."""

    def __init__(self, messages: list[str]) -> None:
        self.messages = messages


def messages_of(error: Exception) -> list[str]:
    return list(error.messages) if isinstance(error, ValidationError) else [str(error)]
