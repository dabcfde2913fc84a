"""The thread of a correction: adding to it, and how its author reads it, without what is between moderators."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac

from .models import MOST_SAID, UNDECIDED, Correction, Event, State

Kind = Event.Kind

MOST_ENTRIES = 20  # of a thread on one page
SKIPPED = "thread"  # how many of the newest are left out: a parameter of the page

STATES = {
    State.OPEN: "Waiting for a moderator",
    State.FAILED: "Waiting for a moderator",
    State.ASKED: "A moderator has a question",
    State.ACCEPTED: "Accepted",
    State.PARTLY: "Partly accepted",
    State.REJECTED: "Not accepted",
    State.WITHDRAWN: "Withdrawn",
}
STATES_OF_NOTES = STATES | {State.ACCEPTED: "Dealt with", State.REJECTED: "Closed without a change"}
# What a state looks like. What failed looks as before: a row that the author does not know may be in the way.
LOOKS = {state: str(state) for state in State} | {State.FAILED: str(State.OPEN)}
BY_ITS_AUTHOR = {Kind.SENT: "sent it", Kind.AMENDED: "changed it", Kind.WITHDRAWN: "withdrew it"}


def add_event(
    correction: Correction, kind: Event.Kind, by: User | None, text: str = "", state_before: str | None = None
) -> Event:
    """Record in the thread what somebody did or wrote."""
    return Event.objects.create(
        correction=correction, kind=kind, by=by, text=text,
        state_before=state_before or correction.state, state_after=correction.state,
    )  # fmt: skip


def cleaned_message(text: str, *, missing: str) -> str:
    """Return a message as the thread keeps it; raise ValidationError if it is empty or too long."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        raise ValidationError(missing)
    if len(text) > MOST_SAID:
        raise ValidationError(f"Please write at most {MOST_SAID:,} characters; these are {len(text):,}.")
    return text


# As its author reads it


@dataclass(frozen=True, slots=True)
class ThreadEntry:
    at: datetime
    who: str
    what: str
    text: str


@dataclass(frozen=True, slots=True)
class ThreadPart:
    """The newest entries of a thread, or earlier ones, the oldest first."""

    entries: tuple[ThreadEntry, ...]
    count: int  # of all
    skipped: int = 0  # of the newest

    @property
    def earlier(self) -> int:
        """How many to skip for the entries before these; 0 if there are none."""
        upto = self.skipped + len(self.entries)
        return upto if self.entries and upto < self.count else 0


def state_for_author(correction: Correction, *, undone: bool = False) -> str:
    """Return the state of a correction in words for the person who sent it."""
    states = _states_of(correction)
    if undone:
        return f"{states[State(correction.state)]}, and undone later"
    if correction.is_undecided and correction.is_claimed:
        return "A moderator is looking at it"
    return states[State(correction.state)]


def _states_of(correction: Correction) -> dict[State, str]:
    return STATES_OF_NOTES if correction.is_note else STATES


def version_for_author(correction: Correction) -> str:
    """Return a token that changes with what a correction says and what is decided of it, and with nothing else.

    `Correction.version` also counts what moderators tried in vain, of which the author must not know.
    """
    changes = correction.changes.current().order_by("position").values_list("pk", "decision")
    seen = [LOOKS[State(correction.state)], *((str(key), decision) for key, decision in changes)]
    return salted_hmac("rougedb.version", repr(seen), secret=settings.CONTENT_KEY, algorithm="sha256").hexdigest()[:20]


def thread_for_author(
    correction: Correction, in_words: Callable[[Iterable[str]], list[str]], skipped: int = 0
) -> ThreadPart:
    """Return what an author may read of a thread, without the newest entries that are skipped.

    Texts are put into words by `in_words`. Why changes could not be applied is left out: it may mention rows that the
    author does not know.
    """
    newest = [event for event in correction.events.order_by("-at", "-id") if _is_for_its_author(event)]
    shown = newest[skipped : skipped + MOST_ENTRIES][::-1]
    texts = in_words(_text_for_author(event) for event in shown)
    entries = tuple(
        ThreadEntry(event.at, *_who_did_what(correction, event), text) for event, text in zip(shown, texts, strict=True)
    )
    return ThreadPart(entries, len(newest), skipped)


def _is_for_its_author(event: Event) -> bool:
    if event.kind == Kind.DECIDED:
        return event.state_after not in UNDECIDED or bool(_text_for_author(event))
    return event.kind not in (Kind.FAILED, Kind.CLAIMED, Kind.RELEASED)


def _text_for_author(event: Event) -> str:
    """Return the text of an event; the first line of a decision counts the changes and is for moderators alone."""
    return event.text.partition("\n")[2] if event.kind == Kind.DECIDED else event.text


def _who_did_what(correction: Correction, event: Event) -> tuple[str, str]:
    if event.kind in BY_ITS_AUTHOR:
        return "You", BY_ITS_AUTHOR[Kind(event.kind)]
    if event.kind == Kind.SAID:
        return ("You" if event.by_id == correction.author_id else "A moderator"), "wrote"
    if event.kind == Kind.DECIDED:
        if event.state_after in UNDECIDED:
            return "A moderator", "wrote"
        return "A moderator", f"decided: {_states_of(correction)[State(event.state_after)].lower()}"
    return "A moderator", "wrote" if event.kind == Kind.REMARKED else Kind(event.kind).label
