"""What a moderator may be shown without being spoiled. The rest is folded until they open it on purpose."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from corrections.models import Correction
from episodes.axes import Progress, end_for, place_of, reaching
from episodes.horizon import reads_up_to
from episodes.known import are_reached, is_reached, is_reached_if_any
from episodes.progress import is_further
from episodes.units import named, worded

OPENED = "opened_corrections"  # in the session
MOST_OPENED = 100
BY_A_BUTTON = (Correction.Kind.HOLD, Correction.Kind.UNDO)  # may be about a later episode than their author knows
REASON_HIDDEN = worded(
    "It cannot be applied as it is. The reason may mention {a} you have not {watched}. Open it on purpose to read "
    "the reason."
)


@dataclass(frozen=True, slots=True)
class Clearance:
    progress: int
    last: Progress
    opened: frozenset[str]
    user_id: int | None

    def folds(self, correction: Correction, mentioned: int = 0) -> bool:
        """Return whether a correction is hidden from the moderator.

        `mentioned` is the latest episode that its texts or rows mention, if that is known.
        """
        if self.has_watched_all or str(correction.pk) in self.opened:
            return False
        known = self._brought_to(correction) if self.knows(correction) else self.progress
        evidence = correction.evidence_episode or 0
        is_told = self._is_told(correction, known) and is_reached(evidence, known)
        return not (is_told and is_reached(mentioned, known))  # its rows may be of a later episode

    def _is_told(self, correction: Correction, progress: int) -> bool:
        """Return whether progress is enough for all that a correction touches, by either axis."""
        if correction.revealed_in is None:  # it may be of any place
            return all(is_reached(place, progress) for place in self._last_places)
        return correction.is_known(progress)

    @property
    def has_watched_all(self) -> bool:
        """Whether nothing is published of later episodes. Then what is proposed of the next one spoils nobody more."""
        return not is_further(self.last, self.progress)

    @property
    def last_episode(self) -> int:
        return int(self.last)

    @property
    def _last_places(self) -> tuple[int, ...]:
        second = self.last.second
        return (int(self.last), place_of(second)) if second else (int(self.last),)

    def knows(self, correction: Correction) -> bool:
        """Return whether the moderator opened, wrote or decided it. Who pressed a button wrote nothing."""
        own = self.user_id is not None and self.user_id in (correction.author_id, correction.decided_by_id)
        pressed = correction.kind in BY_A_BUTTON and correction.author_id == self.user_id
        return (own and not pressed) or str(correction.pk) in self.opened

    def failure_for(self, correction: Correction, reason: object) -> str:
        """Return the reason why a correction could not be applied, or a text that hides it."""
        return str(reason) if self.reads_all_of(correction) else REASON_HIDDEN

    def reads_all_of(self, correction: Correction) -> bool:
        """Return whether nothing of it is hidden: why it failed may mention any episode, even one its author does not
        know, and people may write of any.
        """
        return self.has_watched_all or str(correction.pk) in self.opened

    def episode_of(self, correction: Correction) -> int:
        """Return the episode that one has to know to read it. What is on no page by itself may be of any episode."""
        return max(self._places_of(correction))

    def known_in(self, correction: Correction) -> int | None:
        """Return the place of a correction on the axis by which it is known here, or None if it has none."""
        by_second = correction.is_known(self.progress) and not correction.is_known(int(self.progress))
        return correction.also_in if by_second else correction.revealed_in

    def differs_from(self, correction: Correction) -> int:
        """Return the place from which on pages show what it changes, on that axis."""
        place = self.known_in(correction)
        return self.episode_of(correction) if place is None or place == correction.revealed_in else place

    def place_of(self, correction: Correction, mentioned: int = 0) -> str:
        """Return what sentences call that episode, or the chapter that is enough as well."""
        place, also = self.episode_of(correction), correction.also_in
        if mentioned or also is None or place != correction.revealed_in or place == also:
            return named(max(place, mentioned))
        return f"{named(place)} or {named(also)}"

    def _places_of(self, correction: Correction) -> tuple[int, ...]:
        touched = self._last_places if correction.revealed_in is None else (correction.revealed_in, correction.besides)
        return (*touched, correction.evidence_episode or 0)

    def _brought_to(self, correction: Correction) -> Progress:
        """Return progress that is enough for a correction: that of the moderator, brought on where it has to be.

        Of what either axis tells it is brought on along the first, unless nothing of that was watched.
        """
        evidence = correction.evidence_episode or 0
        if self._is_told(correction, self.progress):
            return reaching(self.progress, evidence)
        by_second = correction.also_in is not None and not self.progress
        places = (correction.also_in or 0, correction.besides) if by_second else self._places_of(correction)
        return reaching(self.progress, *places, evidence)

    def reading_episode(self, correction: Correction, mentioned: int = 0) -> Progress:
        """Return the progress at which names are looked up when it is shown."""
        return reaching(self._brought_to(correction), mentioned)

    def latest_preview(self, correction: Correction) -> Progress:
        """Return the latest episode at which pages can be previewed: it may be one that the correction adds."""
        return reaching(self.last, *self._places_of(correction), correction.also_in or 0)


def clearance_of(request: HttpRequest) -> Clearance:
    opened = frozenset(request.session.get(OPENED, ()))
    return Clearance(reads_up_to(request), end_for(request), opened, request.user.pk)


def open_on_purpose(request: HttpRequest, correction: Correction) -> None:
    """Remember that the moderator wants to read a correction of a later episode."""
    opened = [pk for pk in request.session.get(OPENED, []) if pk != str(correction.pk)]
    request.session[OPENED] = [*opened, str(correction.pk)][-MOST_OPENED:]


def unfolded(corrections: QuerySet[Correction], clearance: Clearance) -> QuerySet[Correction]:
    """Filter out the corrections that `Clearance.folds()` hides."""
    if clearance.has_watched_all:
        return corrections
    watched = are_reached(clearance.progress) & is_reached_if_any("evidence_episode", clearance.progress)
    user = clearance.user_id
    own = Q(pk__in=[])
    if user is not None:
        own = (Q(author=user) | Q(decided_by=user)) & ~Q(author=user, kind__in=BY_A_BUTTON)
    return corrections.filter(watched | own | Q(pk__in=clearance.opened))
