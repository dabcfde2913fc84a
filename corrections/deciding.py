"""The write door: who may decide a correction or publish an edit of their own, and what follows from a decision.

All of a decision is one transaction. `versions` lets only one of two simultaneous decisions through, `writing` writes
what was accepted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from . import notes, notifications, versions
from .errors import CouldNotApply, HeldBack, Refused
from .merged import put_survivors
from .models import Change, Correction, Edition, Event, State
from .rows import AT_ONCE, Json
from .subjects import Touched, places_touched, record_subjects
from .thread import add_event
from .undoing import is_undone
from .writing import ChangeWriter

Decision, Outcome = Change.Decision, Change.Outcome

DECIDED = ("row", "final", "altered", "decision", "why", "outcome", "was", "became", "applied_at")
REASON_NEEDED = "A rejection needs a reason. Write one: the author reads it."


@dataclass(frozen=True, slots=True)
class Verdict:
    """A moderator's decision on one change."""

    accept: bool
    why: str = ""
    final: Json = None  # the value as the moderator edited it, where `altered`
    altered: bool = False
    override: bool = False  # publish it in spite of a conflict, if the current value is still the one in `seen`
    seen: Json = None

    def overrides(self, current: Json) -> bool:
        return self.override and current == self.seen


@dataclass(frozen=True, slots=True)
class DecisionResult:
    correction: Correction
    held: tuple[Change, ...] = ()  # accepted, but not published because of a conflict
    failure: CouldNotApply | None = None


@transaction.atomic
def decide(
    correction: Correction, *, by: User, version: int, verdicts: Mapping[UUID, Verdict], comment: str = ""
) -> DecisionResult:
    """Accept or reject some or all changes of a correction, and publish what is accepted."""
    if not by.has_perm("corrections.decide"):
        raise Refused("Only moderators can decide corrections.")
    own = correction.author_id == by.pk
    if own and not by.is_superuser:
        raise Refused("You cannot decide your own correction. Another moderator will.")
    if any(not verdict.accept and not verdict.why.strip() for verdict in verdicts.values()):
        raise Refused(REASON_NEEDED)
    advanced = versions.advance(correction, version=version)
    versions.refuse_if_claimed_from(by, advanced)
    return _decide(advanced, by=by, verdicts=verdicts, comment=comment, by_author=own, is_reviewed=True)


@transaction.atomic
def publish(correction: Correction, *, by: User) -> DecisionResult:
    """Publish one's own edit without review. Raise CouldNotApply if it breaks a rule, or HeldBack on a conflict."""
    if not may_publish(by) or correction.author_id != by.pk:
        raise Refused("You may not publish this without review.")
    advanced = versions.advance(correction, version=correction.version)
    verdicts = {pk: Verdict(accept=True) for pk in advanced.changes.current().values_list("pk", flat=True)}
    result = _decide(advanced, by=by, verdicts=verdicts, comment="", by_author=True, is_reviewed=False)
    if result.failure:
        raise result.failure
    if result.held:
        raise HeldBack(result.held)
    return result


def may_publish(user: Any) -> bool:
    return bool(user.is_active and user.has_perm("corrections.publish"))


def _decide(
    correction: Correction,
    *,
    by: User,
    verdicts: Mapping[UUID, Verdict],
    comment: str,
    by_author: bool,
    is_reviewed: bool,
) -> DecisionResult:
    state_before = correction.state
    try:
        with transaction.atomic():
            if any(verdict.accept for verdict in verdicts.values()):
                Edition.begin()  # before the changes are read: what it waits for may change a key in their texts
            current = list(correction.changes.current())
            chosen = _chosen(current, verdicts)
            accepted = [(change, verdict) for change, verdict in chosen if verdict.accept]
            held = _publish_accepted(accepted, is_reviewed=is_reviewed)
    except CouldNotApply as failure:
        _record_failure(correction, by, comment, failure)
        return DecisionResult(correction, failure=failure)
    rejected = [(change, verdict) for change, verdict in chosen if not verdict.accept]
    for change, verdict in rejected:
        change.decision, change.why, change.outcome = Decision.REJECTED, verdict.why.strip(), Outcome.NONE
    _save_decided([change for change, _ in rejected])
    if len(held) < len(chosen) or state_before != State.ASKED:  # an attempt in vain leaves a question open
        _update_state(correction, current, by, by_author=by_author)
    add_event(correction, Event.Kind.DECIDED, by, _summary(chosen, held, comment), state_before)
    if correction.undoes is not None and any(change.outcome == Outcome.APPLIED for change, _ in chosen):
        rest = "" if is_undone(correction.undoes) else "A part of it is still published."
        add_event(correction.undoes, Event.Kind.UNDONE, by, rest)
    notes.change_was_decided(correction, by=by)
    if not correction.is_undecided and not by_author:
        notifications.notify_author(correction)
    return DecisionResult(correction, held=tuple(held))


def _chosen(current: list[Change], verdicts: Mapping[UUID, Verdict]) -> list[tuple[Change, Verdict]]:
    """Return the changes that are decided, in their order, or raise Refused if one of them has been before."""
    pending = [change for change in current if change.decision == Decision.PENDING]
    if not verdicts or set(verdicts) - {change.pk for change in pending}:
        raise Refused("Nothing was decided: these changes were decided before, or none was chosen.")
    return [(change, verdicts[change.pk]) for change in pending if change.pk in verdicts]


def _publish_accepted(accepted: list[tuple[Change, Verdict]], *, is_reviewed: bool) -> list[Change]:
    """Write the accepted changes, and return those that are held because of a conflict.

    Where somebody has looked at them, they are written for the rows that others became one with.
    """
    if not accepted:
        return []
    if is_reviewed:
        put_survivors(change for change, _ in accepted)
    for change, verdict in accepted:
        if verdict.altered:  # otherwise a value that was edited when the change was held is kept
            change.altered, change.final = True, verdict.final
    writer = ChangeWriter()
    writer.add([(change, verdict.overrides) for change, verdict in accepted])
    accepted += [(change, Verdict(accept=True, why=change.why)) for change in writer.add_consequences()]
    writer.write()
    writer.check()
    held = []
    now = timezone.now()
    for change, verdict in accepted:
        if change.outcome == Outcome.CONFLICT:
            held.append(change)
        else:
            change.decision, change.why, change.applied_at = Decision.ACCEPTED, verdict.why.strip(), now
    written = [change for change, _ in accepted]
    _save_decided([change for change in written if not change._state.adding])
    Change.objects.bulk_create([change for change in written if change._state.adding])
    record_subjects([each for each in written if each.outcome != Outcome.CONFLICT and (each.altered or each.follows)])
    return held


def _save_decided(changes: Sequence[Change]) -> None:
    """Save what was decided of changes, in a few statements however many they are."""
    Change.objects.bulk_create(
        changes, AT_ONCE, update_conflicts=True, unique_fields=["id"], update_fields=DECIDED,
    )  # fmt: skip


def _record_failure(correction: Correction, by: User, comment: str, failure: CouldNotApply) -> None:
    state_before = correction.state
    if state_before != State.ASKED:  # were the question to go away, its author would see that somebody tried
        correction.state = State.FAILED
    correction.save()
    add_event(correction, Event.Kind.FAILED, by, f"{comment}\n{failure}".strip(), state_before)


def _update_state(correction: Correction, current: list[Change], by: User, *, by_author: bool) -> None:
    """Set the state of a correction from the decisions on its changes, without what followed, and save it."""
    decisions = {change.decision for change in current}
    if Decision.PENDING in decisions:
        correction.state = State.OPEN
    else:
        unanimous = {Decision.ACCEPTED: State.ACCEPTED, Decision.REJECTED: State.REJECTED}
        correction.state = unanimous[Decision(decisions.pop())] if len(decisions) == 1 else State.PARTLY
        correction.decided_at = timezone.now()
        correction.claimed_by = correction.claimed_until = None
    correction.decided_by, correction.by_author = by, by_author
    touched = places_touched(change for change in current if not change.follows)
    if touched.revealed_in is not None:  # None if one of its rows is gone: then it stays with its earlier episode
        if correction.kind == Correction.Kind.HOLD:  # of which a removal, too, is of the next episode
            touched = Touched(max(touched.revealed_in, correction.revealed_in or 0))
        touched.put_on(correction)
    correction.save()


def _summary(chosen: list[tuple[Change, Verdict]], held: Sequence[Change], comment: str) -> str:
    """Return the numbers of changes in a first line, and the moderator's comment below."""
    accepted = sum(verdict.accept for _, verdict in chosen) - len(held)
    rejected = len(chosen) - accepted - len(held)
    counts = [(accepted, "accepted"), (rejected, "rejected"), (len(held), "held because of a conflict")]
    return "\n".join([", ".join(f"{count} {what}" for count, what in counts if count), comment.strip()]).strip()
