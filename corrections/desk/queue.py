"""The queue of corrections: what it says of each, which comes next, and how long decisions take."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Case, Count, Q, QuerySet, When
from django.utils import timezone
from django.utils.text import Truncator

from corrections import rows
from corrections.models import UNDECIDED, Change, Correction, State
from corrections.subjects import subjects_of_corrections
from corrections.wording import RowNames, in_short, noun_of
from episodes.axes import grouped_by_progress
from episodes.names import Name

from .clearance import Clearance, unfolded
from .discretion import Discretion
from .snippets import LONGEST, Proposal, snippets

MOST_NAMES = 3
MOST_COUNTED = 60  # changes of one correction
REPORTS_FIRST = Case(When(kind=Correction.Kind.REPORT, state__in=UNDECIDED, then=0), default=1)


def median_wait() -> timedelta | None:
    """Return the median time from sending to deciding, of the corrections decided lately by somebody else."""
    decided = (State.ACCEPTED, State.PARTLY, State.REJECTED)
    return Correction.objects.filter(state__in=decided, by_author=False).median_wait()


def coming(user: User, clearance: Clearance, *, after: Correction | None = None) -> QuerySet[Correction]:
    """Return the corrections that a moderator can decide now: unclaimed, unfolded, by somebody else.

    Reports that a page told too much come first, and of both the oldest.
    """
    free = unfolded(Correction.objects.filter(state__in=(State.OPEN, State.FAILED)).free_for(user), clearance)
    if not user.is_superuser:
        free = free.exclude(author=user)
    in_order = free.order_by(REPORTS_FIRST, "created_at", "id")
    if after is not None:
        later = Q(created_at__gt=after.created_at) | Q(created_at=after.created_at, pk__gt=after.pk)
        is_report = Q(kind=Correction.Kind.REPORT)
        in_order = in_order.filter(~is_report | later if after.is_report else ~is_report & later)
    return in_order


@dataclass(frozen=True, slots=True)
class QueueLine:
    """What the queue says of a correction."""

    folded: bool
    episode: int
    place: str  # what sentences call it, or the chapter that is enough as well
    about: tuple[str, ...]
    more: int
    kinds: str
    says: str  # what it proposes; empty in brief lines
    author: str
    credit: str
    claimed_by: str


def lines(
    corrections: Iterable[Correction], clearance: Clearance, *, brief: bool = False
) -> dict[Correction, QueueLine]:
    """Return the lines of a page of the queue, in a bounded number of queries for whoever has watched all."""
    corrections = list(corrections)
    shown = [correction for correction in corrections if not clearance.folds(correction)]
    about: dict[UUID, list[str]] = {correction.pk: [] for correction in corrections} | subjects_of_corrections(shown)
    # One that the moderator opened is named as of its own episode, and the others are not.
    at = {correction.pk: clearance.reading_episode(correction) for correction in shown}
    changes = _changes_of(shown)
    known = {change.pk: at[pk] for pk, of_one in changes.items() for change in of_one}
    values = _values_of_rows([change for of_one in changes.values() for change in of_one], known)
    names: dict[UUID, dict[str, Name]] = {}
    for progress, keys in grouped_by_progress(at, at.__getitem__):
        subjects = {subject for pk in keys for subject in about[pk][:MOST_NAMES]}
        named = RowNames(progress, changes=[change for pk in keys for change in changes[pk]]).of_pages(subjects)
        names |= dict.fromkeys(keys, named)
    kinds = _kinds_of_changes(changes, values)
    proposals = {} if brief else {pk: Proposal(changes[pk], episode) for pk, episode in at.items()}
    says = snippets(proposals, values, clearance)
    discretion = Discretion(clearance)
    return {
        correction: QueueLine(
            folded=correction not in shown,
            episode=clearance.episode_of(correction),
            place=clearance.place_of(correction),
            about=tuple(
                names[correction.pk].get(subject, _unnamed(subject)) for subject in about[correction.pk][:MOST_NAMES]
            ),
            more=max(0, len(about[correction.pk]) - MOST_NAMES),
            kinds=_kinds_in_words(
                correction, kinds[correction.pk], are_more=len(changes[correction.pk]) > MOST_COUNTED
            ),
            says="" if brief else _says(correction, says, discretion),
            author="" if correction not in shown else discretion.author(correction),
            credit="" if correction not in shown else discretion.credit(correction),
            claimed_by=_claimed_by(correction, discretion) if correction in shown else "",
        )
        for correction in corrections
    }


def _claimed_by(correction: Correction, discretion: Discretion) -> str:
    return discretion.name_of(correction, correction.claimed_by) if correction.is_claimed else ""


def _kinds_in_words(correction: Correction, kinds: Mapping[str, int], *, are_more: bool) -> str:
    if correction.is_note:
        return correction.get_kind_display().lower()
    said = [f"{kind} ×{count}" if count > 1 else kind for kind, count in kinds.items()]
    return ", ".join([*said, "and more"] if are_more else said)


def _says(correction: Correction, says: Mapping[UUID, str], discretion: Discretion) -> str:
    """Return what a correction proposes, or the beginning of a note; nothing of what is folded."""
    if correction.is_note and not discretion.clearance.folds(correction):
        return Truncator(discretion.words(correction, correction.reason)).chars(LONGEST)
    return says.get(correction.pk, "")


def _changes_of(corrections: list[Correction]) -> defaultdict[UUID, list[Change]]:
    """Return the changes of each correction; of very large ones the first, one more than are counted."""
    changes: defaultdict[UUID, list[Change]] = defaultdict(list)
    current = Change.objects.filter(correction__in=corrections, position__lte=MOST_COUNTED).current()
    for change in current.order_by("position"):
        changes[change.correction_id].append(change)
    return changes


def _kinds_of_changes(
    changes: Mapping[UUID, list[Change]], values: Mapping[UUID, rows.Values]
) -> defaultdict[UUID, Counter[str]]:
    """Count the kinds of changes in each correction, such as “add name”."""
    kinds: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for pk, of_one in changes.items():
        for change in of_one[:MOST_COUNTED]:
            noun = noun_of(rows.editable(change.model), values[change.pk], change.row)
            kinds[pk][f"{change.get_action_display().lower()} {noun}"] += 1
    return kinds


def _values_of_rows(changes: list[Change], known: Mapping[UUID, int]) -> dict[UUID, rows.Values]:
    """Return the values of the row of each change; where a field is set, they are those of the current row.

    Nothing is told of a row that has gone on to a later episode than the change is read at.
    """
    keys_by_label: defaultdict[str, set[str]] = defaultdict(set)
    for change in changes:
        if change.action == Change.Action.SET:
            keys_by_label[change.model].add(change.row)
    current: dict[tuple[str, str], tuple[models.Model | None, rows.Values]] = {}
    for label, keys in keys_by_label.items():  # not by `rows.read()`, which reads lists as well: a line shows none
        kind = rows.editable(label)
        for row in kind.model._base_manager.filter(pk__in=keys):
            current[label, str(row.pk)] = row, rows.single_values(kind, row)
    values = {}
    for change in changes:
        there, now = current.get((change.model, change.row), (None, {}))
        if change.action != Change.Action.SET:
            values[change.pk] = change.wanted or change.before or {}
        else:
            values[change.pk] = now if not rows.later_than(there, known[change.pk]) else {}
    return values


def _unnamed(subject: str) -> str:
    """Return what to call a page that has no name yet, or of which nothing is left that says it."""
    label = subject.partition(":")[0]
    return f"a {rows.editable(label).model._meta.verbose_name}"


@dataclass(frozen=True, slots=True)
class AuthorRecord:
    """What became of an author's other corrections."""

    accepted: int
    partly: int
    rejected: int
    waiting: int
    since: datetime


def record_of_author(correction: Correction) -> AuthorRecord | None:
    """Return what became of the others; None without an account, as each of those has a receipt of its own."""
    if correction.author is None:
        return None
    others = Correction.objects.filter(author=correction.author).exclude(pk=correction.pk)
    states = dict(others.order_by().values_list("state").annotate(Count("id")))
    return AuthorRecord(
        accepted=states.get(State.ACCEPTED, 0),
        partly=states.get(State.PARTLY, 0),
        rejected=states.get(State.REJECTED, 0),
        waiting=sum(states.get(state, 0) for state in UNDECIDED),
        since=correction.author.date_joined,
    )


def age_of(correction: Correction) -> str:
    return in_short(timezone.now() - correction.created_at)


def ago(correction: Correction) -> str:
    wait = timezone.now() - correction.created_at
    return f"{in_short(wait)} ago" if wait >= timedelta(minutes=1) else "just now"
