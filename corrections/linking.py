"""Linking what somebody saves at the desk to the note that they make the change for.

The desk remembers the note in the session, and the forms have a box that is ticked: it says what the next save is for.
"""

from django.http import HttpRequest

from .models import Correction, CorrectionQuerySet

NOTE = "note_to_answer"  # in the session
ANSWERS = "_answers"  # the box in a form


def remember_note(request: HttpRequest, note: Correction) -> None:
    request.session[NOTE] = str(note.pk)


def note_to_answer(request: HttpRequest) -> Correction | None:
    """Return the note for which somebody is making a change, while it waits."""
    key = request.session.get(NOTE)
    return _waiting_notes().filter(pk=key).first() if key else None


def answered_note(request: HttpRequest) -> Correction | None:
    """Return the note that the box of a posted form names, if it waits and its sender is working on it."""
    note = note_to_answer(request)
    return note if note is not None and request.POST.get(ANSWERS) == str(note.pk) else None


def no_note_is_left(request: HttpRequest, correction: Correction) -> None:
    """Forget the note once a change for it was saved."""
    if correction.note_id is not None and request.session.get(NOTE) == str(correction.note_id):
        del request.session[NOTE]


def _waiting_notes() -> CorrectionQuerySet:
    return Correction.objects.undecided().filter(kind__in=Correction.NOTES)
