"""The thread of a correction or a note as moderators read it: the newest entries, and a way to the earlier ones."""

from typing import Any

from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr

from corrections.models import Correction, Event
from corrections.thread import MOST_ENTRIES, SKIPPED
from corrections.wording import RowNames, in_words
from episodes.names import with_unseen_shown
from episodes.parts import in_parts
from episodes.requests import whole_number

from .discretion import Discretion

MOST_BYTES = 60_000  # of the texts that are shown, but for that of one entry


def context_of_thread(
    request: HttpRequest, correction: Correction, discretion: Discretion, names: RowNames
) -> dict[str, Any]:
    """Return what happened to a correction, each event with the name of whose it is; the newest are the last."""
    skipped = whole_number(request.GET.get(SKIPPED)) or 0
    newest = correction.events.select_related("by").order_by("-at", "-id")
    events = list(newest[skipped : skipped + MOST_ENTRIES + 1])
    for event, text in zip(events, _texts_of(events, correction, discretion, names), strict=True):
        event.text = text
    shown = in_parts(events[:MOST_ENTRIES], MOST_BYTES, _weight_of)[0]  # fewer where their texts are long
    return {
        "events": [(event, discretion.name(correction, event.who)) for event in reversed(shown)],
        "skipped": skipped,
        "earlier": skipped + len(shown) if len(shown) < len(events) else 0,
    }


def _texts_of(events: list[Event], correction: Correction, discretion: Discretion, names: RowNames) -> list[str]:
    texts = []
    for event in events:
        if event.kind == Event.Kind.FAILED:
            texts.append(discretion.clearance.failure_for(correction, event.text))
        else:
            texts.append(discretion.words(correction, event.text))
    return in_words(texts, names)


def _weight_of(event: Event) -> int:
    return len(linebreaksbr(with_unseen_shown(event.text)).encode())
