"""A correction as whoever sent it follows it: its state and its thread, without what is between moderators."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from .models import UNDECIDED, Correction, Event, State

Kind = Event.Kind

STATES = {
    State.OPEN: "Waiting for a moderator",
    State.FAILED: "Waiting for a moderator",
    State.ASKED: "A moderator has a question",
    State.ACCEPTED: "Accepted",
    State.PARTLY: "Partly accepted",
    State.REJECTED: "Not accepted",
    State.WITHDRAWN: "Withdrawn",
}
BY_ITS_AUTHOR = {Kind.SENT: "sent it", Kind.AMENDED: "changed it", Kind.WITHDRAWN: "withdrew it"}


@dataclass(frozen=True, slots=True)
class Said:
    at: datetime
    who: str
    what: str
    text: str


def state_of(correction: Correction, *, undone: bool = False) -> str:
    if undone:
        return f"{STATES[State(correction.state)]}, and undone later"
    if correction.is_undecided and correction.is_claimed:
        return "A moderator is looking at it"
    return STATES[State(correction.state)]


def thread_of(correction: Correction, in_words: Callable[[Iterable[str]], list[str]]) -> tuple[Said, ...]:
    """Why something could not be applied stays out: it may tell of rows that its author does not know."""
    events = [event for event in correction.events.order_by("at", "id") if _is_for_its_author(event)]
    texts = in_words(_text_of(event) for event in events)
    return tuple(
        Said(event.at, *_who_did_what(correction, event), text) for event, text in zip(events, texts, strict=True)
    )


def _is_for_its_author(event: Event) -> bool:
    if event.kind == Kind.DECIDED:
        return event.state_after not in UNDECIDED or bool(_text_of(event))
    return event.kind not in (Kind.FAILED, Kind.CLAIMED, Kind.RELEASED)


def _text_of(event: Event) -> str:
    """Of a decision what the moderator wrote, beneath the line that counts."""
    return event.text.partition("\n")[2] if event.kind == Kind.DECIDED else event.text


def _who_did_what(correction: Correction, event: Event) -> tuple[str, str]:
    if event.kind in BY_ITS_AUTHOR:
        return "You", BY_ITS_AUTHOR[Kind(event.kind)]
    if event.kind == Kind.SAID:
        return ("You" if event.by_id == correction.author_id else "A moderator"), "wrote"
    if event.kind == Kind.DECIDED:
        decided = event.state_after not in UNDECIDED
        return "A moderator", f"decided: {STATES[State(event.state_after)].lower()}" if decided else "wrote"
    return "A moderator", "wrote" if event.kind == Kind.REMARKED else Kind(event.kind).label
