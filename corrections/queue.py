"""What waits, for one moderator: what they may see of it, how long it takes, and which comes next."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from episodes.progress import last_episode
from episodes.visits import Visit

from . import rows
from .apply import Refused
from .desk import claim
from .models import UNDECIDED, Change, ChangeSubject, Correction, State

LATELY = 50  # decided corrections that the median wait is taken of
OPENED = "opened_corrections"  # in the session
MOST_OPENED = 100
MOST_NAMES = 3
MOST_COUNTED = 60  # changes of one correction
WHY_UNTOLD = "It cannot be applied as it is; why may tell of a later episode than yours. Open it on purpose to read it."


@dataclass(frozen=True, slots=True)
class Sight:
    """What a moderator may be shown: what they have watched, what they wrote, and what they have opened on purpose."""

    progress: int
    last_episode: int
    opened: frozenset[str]
    person: int | None

    def folds(self, correction: Correction, told_in: int | None = None) -> bool:
        """Whether it is to stay folded; `told_in` if a closer look found more than the correction says of itself."""
        if self.knows(correction):
            return False
        return max(self.reveals(correction), told_in or 0) > self.progress

    def knows(self, correction: Correction) -> bool:
        """They opened it, wrote it, or decided it."""
        own = self.person is not None and self.person in (correction.author_id, correction.decided_by_id)
        return own or str(correction.pk) in self.opened

    def why(self, correction: Correction, said: object) -> str:
        """Why it cannot be applied."""
        return str(said) if self.reads_why(correction) else WHY_UNTOLD

    def reads_why(self, correction: Correction) -> bool:
        """What stands in its way may be of any episode, and its author need not know of it."""
        return self.progress >= self.last_episode or str(correction.pk) in self.opened

    def reveals(self, correction: Correction) -> int:
        """What shows on no page by itself may be of any episode, and what is said of it as late as its evidence."""
        of_itself = self.last_episode if correction.revealed_in is None else correction.revealed_in
        return max(of_itself, correction.evidence_episode or 0)

    def at(self, correction: Correction, told_in: int | None = None) -> int:
        """The episode as of which an open one is read."""
        return max(self.progress, self.reveals(correction), told_in or 0)


def sight_of(request: HttpRequest) -> Sight:
    visit: Visit = request  # type: ignore[assignment]
    return Sight(visit.progress, last_episode(), frozenset(request.session.get(OPENED, ())), request.user.pk)


def open_on_purpose(request: HttpRequest, correction: Correction) -> None:
    opened = [pk for pk in request.session.get(OPENED, []) if pk != str(correction.pk)]
    request.session[OPENED] = [*opened, str(correction.pk)][-MOST_OPENED:]


def unfolded(corrections: QuerySet[Correction], sight: Sight) -> QuerySet[Correction]:
    seen = Q(revealed_in__lte=sight.progress)
    if sight.progress >= sight.last_episode:
        seen |= Q(revealed_in=None)
    seen &= Q(evidence_episode=None) | Q(evidence_episode__lte=sight.progress)
    own = Q(author=sight.person) | Q(decided_by=sight.person) if sight.person is not None else Q(pk__in=[])
    return corrections.filter(seen | own | Q(pk__in=sight.opened))


def median_wait() -> timedelta | None:
    """Of those that somebody else decided lately."""
    decided = Correction.objects.filter(
        state__in=(State.ACCEPTED, State.PARTLY, State.REJECTED), by_author=False, decided_at__isnull=False
    )
    times = decided.order_by("-decided_at").values_list("created_at", "decided_at")[:LATELY]
    waits = [ended - began for began, ended in times if ended is not None]
    return timedelta(seconds=median(wait.total_seconds() for wait in waits)) if waits else None


def coming(user: User, sight: Sight, *, after: Correction | None = None) -> QuerySet[Correction]:
    """Those that this moderator can decide, that nobody else is on, and that tell them nothing new, in their order."""
    free = unfolded(Correction.objects.filter(state__in=(State.OPEN, State.FAILED)).free_for(user), sight)
    if not user.is_superuser:
        free = free.exclude(author=user)
    oldest_first = free.order_by("created_at", "id")
    if after is not None:
        later = Q(created_at__gt=after.created_at) | Q(created_at=after.created_at, pk__gt=after.pk)
        oldest_first = oldest_first.filter(later)
    return oldest_first


def take_first(corrections: Iterable[Correction], user: User) -> Correction | None:
    """Claim the first that can be claimed."""
    for correction in corrections:
        if correction.is_claimed:
            return correction
        try:
            return claim(correction, by=user)
        except Refused:  # somebody was quicker
            continue
    return None


@dataclass(frozen=True, slots=True)
class Line:
    """A correction in the queue."""

    folded: bool
    episode: int
    about: tuple[str, ...]
    more: int
    kinds: str


def lines(corrections: Iterable[Correction], sight: Sight) -> dict[Correction, Line]:
    """All that a page of the queue says, in a bounded number of queries."""
    corrections = list(corrections)
    shown = [correction for correction in corrections if not sight.folds(correction)]
    about: defaultdict[object, list[str]] = defaultdict(list)
    told = ChangeSubject.objects.filter(change__correction__in=shown, change__replaced=False)
    for pk, subject in told.order_by("id").values_list("change__correction", "subject"):
        if subject not in about[pk]:
            about[pk].append(subject)
    # What they know already may be named by more than their episode, but by no more than it tells of itself.
    at = {correction.pk: sight.at(correction) for correction in shown}
    shown_at: defaultdict[int, set[str]] = defaultdict(set)
    for pk, episode in at.items():
        shown_at[episode] |= set(about[pk][:MOST_NAMES])
    names = {episode: names_of_subjects(subjects, episode) for episode, subjects in shown_at.items()}
    kinds = _kinds(shown)
    return {
        correction: Line(
            folded=correction not in shown,
            episode=sight.reveals(correction),
            about=tuple(
                names[at[correction.pk]].get(subject, _nobody(subject)) for subject in about[correction.pk][:MOST_NAMES]
            ),
            more=max(0, len(about[correction.pk]) - MOST_NAMES),
            kinds=", ".join(f"{kind} ×{count}" if count > 1 else kind for kind, count in kinds[correction.pk].items()),
        )
        for correction in corrections
    }


def _kinds(corrections: list[Correction]) -> defaultdict[object, Counter[str]]:
    """What each changes, in the order in which it says so; of very large ones the beginning."""
    current = Change.objects.filter(correction__in=corrections, position__lt=MOST_COUNTED).current()
    changes = list(current.order_by("position").only("correction_id", "action", "model", "row", "before", "after"))
    values = _values_of_rows(changes)
    found: defaultdict[object, Counter[str]] = defaultdict(Counter)
    for change in changes:
        kind = rows.editable(change.model)
        noun = kind.noun(values[change]) if kind.noun else str(kind.model._meta.verbose_name)
        found[change.correction_id][f"{change.get_action_display().lower()} {noun}"] += 1
    return found


def _values_of_rows(changes: list[Change]) -> dict[Change, rows.Values]:
    """As much as a noun needs; for a field that is set the row itself is looked at."""
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for change in changes:
        if change.action == Change.Action.SET and rows.editable(change.model).noun:
            wanted[change.model].add(change.row)
    there: dict[tuple[str, str], rows.Values] = {}
    for label, keys in wanted.items():
        kind = rows.editable(label)
        for row in kind.model._base_manager.filter(pk__in=keys):
            single = [name for name in kind.fields if name not in kind.many]
            there[label, str(row.pk)] = {name: rows.value_of(row, name) for name in single}
    return {
        change: there.get((change.model, change.row), {})
        if change.action == Change.Action.SET
        else change.after or change.before or {}
        for change in changes
    }


def _nobody(subject: str) -> str:
    """Not written yet, or gone."""
    label = subject.partition(":")[0]
    return f"a {rows.editable(label).model._meta.verbose_name}"


def names_of_subjects(subjects: Iterable[str], episode: int) -> dict[str, str]:
    """The pages, as somebody at that episode calls them."""
    found: dict[str, str] = {}
    for label, of_label in rows.by_label(subjects).items():
        page = rows.editable(label).page
        if page is not None and page.names is not None:
            found |= {f"{label}:{key}": name for key, name in page.names(of_label, episode).items()}
    return found


@dataclass(frozen=True, slots=True)
class Record:
    """What became of an author's other corrections so far."""

    accepted: int
    partly: int
    rejected: int
    waiting: int
    since: datetime | None


def record_of(correction: Correction) -> Record | None:
    if correction.author is None and not correction.receipt:
        return None
    own = Q(author=correction.author) if correction.author else Q(receipt=correction.receipt)
    others = Correction.objects.filter(own).exclude(pk=correction.pk)
    states = dict(others.order_by().values_list("state").annotate(Count("id")))
    return Record(
        accepted=states.get(State.ACCEPTED, 0),
        partly=states.get(State.PARTLY, 0),
        rejected=states.get(State.REJECTED, 0),
        waiting=sum(states.get(state, 0) for state in UNDECIDED),
        since=correction.author.date_joined if correction.author else None,
    )


def age_of(correction: Correction) -> str:
    """As short as a column wants it."""
    return in_short(timezone.now() - correction.created_at)


def ago(correction: Correction) -> str:
    wait = timezone.now() - correction.created_at
    return f"{in_short(wait)} ago" if wait >= timedelta(minutes=1) else "just now"


def in_short(wait: timedelta) -> str:
    minutes = int(wait.total_seconds() // 60)
    for size, name in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'s' * (count > 1)}"
    return "under a minute"
