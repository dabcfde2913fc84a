"""What a moderator typed on the page of a correction and has not sent, kept while another button is pressed there.

It stays in the session until it is decided, so that it is there again whenever they come back to the page, and verdicts
on one part of a large correction are decided together with those on another.
"""

import json
from collections.abc import Iterable

from django.http import HttpRequest, QueryDict

from corrections.models import Change, Correction
from corrections.trial import pending_changes

from .clearance import clearance_of
from .verdict_forms import ACCEPT, REJECT, has_fields, posted_forms

TYPED = "typed_at_the_desk"  # in the session
MOST_PAGES = 5  # of which something is kept; the oldest makes room
MOST_BYTES = 100_000  # of one page
COMMENT, ROWS, TICKS = "comment", "row", "ticks"  # the last says that the form had boxes, if none is ticked


def keep(request: HttpRequest, correction: Correction, *, said: bool = False) -> None:
    """Keep what was posted along with a button, as far as it differs from what the page began with.

    `said` tells that the comment was sent.
    """
    posted = together(request, correction)
    names = {COMMENT} if posted.get(COMMENT, "").strip() and not said else set()
    if TICKS in posted:
        names |= {ROWS, TICKS}
    for form in posted_forms(correction, clearance_of(request), pending_changes(correction), posted).values():
        if set(form.changed_data) - {"seen"}:
            names |= {form.add_prefix(name) for name in form.fields}
    values = {name: posted.getlist(name) for name in sorted(names) if name in posted}
    forget(request, correction)
    if values and len(json.dumps(values)) <= MOST_BYTES:
        typed = request.session.get(TYPED, {}) | {str(correction.pk): values}
        request.session[TYPED] = dict(list(typed.items())[-MOST_PAGES:])


def together(request: HttpRequest, correction: Correction) -> QueryDict:
    """Return what was posted, and what is kept of changes that were not on that page."""
    posted = request.POST.copy()
    before = kept(request, correction)
    if before is None:
        return posted
    for change in pending_changes(correction):
        if not has_fields(posted, change):
            for name in [name for name in before if name.startswith(f"{change.pk}-")]:
                posted.setlist(name, before.getlist(name))
    return posted


def verdicts_beside(posted: QueryDict | None, shown: Iterable[Change]) -> int:
    """Return how many verdicts are given on changes that are not shown."""
    keys = {str(change.pk) for change in shown}
    given = {
        name.removesuffix("-decision"): value for name, value in (posted or {}).items() if name.endswith("-decision")
    }
    return sum(value in (ACCEPT, REJECT) for key, value in given.items() if key not in keys)


def kept(request: HttpRequest, correction: Correction) -> QueryDict | None:
    """Return what is kept of the page of a correction, as a browser would post it."""
    values = request.session.get(TYPED, {}).get(str(correction.pk))
    if values is None:
        return None
    posted = QueryDict(mutable=True)
    for name, texts in values.items():
        posted.setlist(name, texts)
    return posted


def forget(request: HttpRequest, correction: Correction) -> None:
    """Forget what was kept of a page whose form is sent."""
    if str(correction.pk) in (typed := request.session.get(TYPED, {})):
        request.session[TYPED] = {key: values for key, values in typed.items() if key != str(correction.pk)}
