"""The author's side of the write door: what is sent, amended, withdrawn and undone. Nothing here publishes."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from . import rows
from .apply import (
    AlreadyDecided,
    InTheWay,
    Refused,
    hanging_on,
    in_measure,
    not_undone,
    say,
    take,
    tell_subjects,
    touched_by,
)
from .models import UNDECIDED, Change, Correction, Event, State, credit_of
from .rows import Json, Values

Action, Outcome = Change.Action, Change.Outcome

MOST_OPEN = 20  # undecided corrections of one person
MOST_AN_HOUR = 10  # corrections of one person, and of one address
MOST_ANSWERS_AN_HOUR = 10  # to one correction
MOST_AMENDED_AN_HOUR = 10  # one correction
MOST_CHANGES = 200  # in a correction that somebody wrote by hand
CHANGED_MEANWHILE = (
    "It was changed since you opened this, perhaps by you in another window. Below is what you wrote here; sending it "
    "puts it in the place of that."
)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A change that is not written down yet."""

    action: str
    model: str
    row: str
    path: str = ""
    before: Json = None
    after: Json = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: an account, or somebody with a receipt. The address is kept as a keyed hash, for the limit alone."""

    user: User | None = None
    address: str = ""
    receipt: str = ""

    @property
    def receipt_hash(self) -> str:
        return hash_of_receipt(self.receipt) if self.receipt else ""

    @property
    def address_hash(self) -> str:
        return salted_hmac("rougedb.sender", self.address, algorithm="sha256").hexdigest() if self.address else ""

    def wrote(self, correction: Correction) -> bool:
        if self.user is not None and correction.author_id == self.user.pk:
            return True
        return bool(self.receipt) and secrets.compare_digest(correction.receipt, self.receipt_hash)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said with the changes."""

    reason: str = ""
    evidence_episode: int | None = None
    evidence_time: str = ""
    evidence_url: str = ""


def new_receipt() -> str:
    return secrets.token_urlsafe(18)


def hash_of_receipt(receipt: str) -> str:
    return hashlib.sha256(receipt.encode()).hexdigest()


# Changes


def adding(model: str, values: Values, *, key: str = "") -> Proposed:
    """A new row; where its key is no number of the database's own, it gets one now, so that others can point to it."""
    pk: Any = rows.editable(model).model._meta.pk
    if not key and isinstance(pk, models.UUIDField):
        key = str(pk.get_default())
    return Proposed(Action.ADD, model, key, after=values)


def setting(row: models.Model, path: str, before: Json, after: Json) -> Proposed:
    return Proposed(Action.SET, row._meta.label_lower, str(row.pk), path, before, after)


def removing(row: models.Model) -> Proposed:
    return Proposed(Action.REMOVE, row._meta.label_lower, str(row.pk), before=rows.values_of(row))


def removing_with_all(doomed: Iterable[models.Model]) -> list[Proposed]:
    """The rows with all that would go with them, each in a change of its own, who hangs on others first."""
    found: dict[tuple[str, str], Proposed] = {}
    for row in doomed:
        try:
            hanging = [other for other, name in hanging_on(row) if not name]
        except InTheWay as error:
            raise ValidationError(error.messages) from error
        for other in [*hanging, row]:
            change = removing(other)
            found.pop((change.model, change.row), None)
            found[change.model, change.row] = change
    return list(found.values())


def reversed_changes(changes: Iterable[Change]) -> list[Proposed]:
    """What would bring back what was there before these were applied, the last first."""
    found = []
    for change in sorted(changes, key=lambda change: change.position, reverse=True):
        if not change.is_applied:
            continue
        match change.action:
            case Action.ADD:
                found.append(Proposed(Action.REMOVE, change.model, change.row, before=change.became))
            case Action.SET:
                found.append(Proposed(Action.SET, change.model, change.row, change.path, change.became, change.was))
            case Action.REMOVE:
                found.append(Proposed(Action.ADD, change.model, change.row, after=change.was))
    return found


# Corrections


@transaction.atomic
def send(
    proposed: Sequence[Proposed],
    *,
    sender: Sender,
    letter: Letter | None = None,
    kind: str = Correction.Kind.SUGGESTION,
    undoes: Correction | None = None,
    revises: Correction | None = None,
) -> Correction:
    """Write a correction down. Whether it clashes with anything is for the moderator to see."""
    if kind == Correction.Kind.SUGGESTION:
        refuse_if_too_many(sender)
    letter = letter or Letter()
    correction = Correction(
        kind=kind, author=sender.user, receipt=sender.receipt_hash, sender=sender.address_hash,
        reason=letter.reason.replace("\x00", ""), evidence_episode=letter.evidence_episode,
        evidence_time=letter.evidence_time, evidence_url=letter.evidence_url,
        undoes=undoes, revises=revises, credit=credit_of(sender.user),
    )  # fmt: skip
    correction.full_clean(exclude=["author", "undoes", "revises"])
    correction.save()
    _write_changes(correction, proposed)
    say(correction, Event.Kind.SENT, sender.user)
    return correction


def _write_changes(correction: Correction, proposed: Sequence[Proposed]) -> None:
    changes = [
        Change(
            correction=correction, position=position, action=each.action, model=each.model, row=each.row,
            path=each.path, before=each.before, after=each.after,
        )
        for position, each in enumerate(_worth_sending(proposed), start=correction.changes.current().count())
    ]  # fmt: skip
    if not changes:
        raise ValidationError("There is nothing in it that would change anything.")
    if len(changes) > MOST_CHANGES and correction.kind == Correction.Kind.SUGGESTION:
        raise ValidationError(f"That is more than {MOST_CHANGES} changes; please send them in parts.")
    Change.objects.bulk_create(changes)
    for change in changes:
        tell_subjects(change)
    correction.revealed_in = touched_by(correction.changes.proposed())
    correction.save(update_fields=["revealed_in"])


def _worth_sending(proposed: Iterable[Proposed]) -> Iterable[Proposed]:
    for each in proposed:
        kind = rows.editable(each.model)
        names = [each.path] if each.action == Action.SET else list(each.after or each.before or {})
        if unknown := [name for name in names if name not in kind.fields]:
            raise rows.NotEditable(f"{', '.join(unknown)} of {kind.model._meta.verbose_name} cannot be changed.")
        if each.action != Action.SET or each.before != each.after:
            yield each


def refuse_if_too_many(sender: Sender) -> None:
    """A limit per person and per address, and a cap on what one person has open."""
    own = Q(author=sender.user) if sender.user else Q(sender=sender.address_hash, author=None)
    suggestions = Correction.objects.filter(kind=Correction.Kind.SUGGESTION)
    if suggestions.undecided().filter(own).count() >= MOST_OPEN:
        raise Refused(f"You have {MOST_OPEN} corrections that nobody has looked at yet. Please wait for some of them.")
    lately = suggestions.filter(created_at__gt=timezone.now() - timedelta(hours=1))
    if sender.address_hash:
        own |= Q(sender=sender.address_hash)
    if lately.filter(own).count() >= MOST_AN_HOUR:
        raise Refused(f"That makes {MOST_AN_HOUR} corrections within an hour. Please go on a little later.")


@transaction.atomic
def amend(
    correction: Correction, proposed: Sequence[Proposed], *, sender: Sender, version: int, letter: Letter
) -> Correction:
    """Put others in the place of those that nobody has decided, until a moderator works on it. The earlier are kept."""
    try:
        taken = _take_own(correction, sender, version)
    except AlreadyDecided as error:
        if Correction.objects.undecided().filter(pk=correction.pk).exists():
            raise Refused(CHANGED_MEANWHILE) from error
        raise
    lately = taken.events.filter(kind=Event.Kind.AMENDED, at__gt=timezone.now() - timedelta(hours=1))
    if lately.count() >= MOST_AMENDED_AN_HOUR:
        raise Refused(f"You changed it {MOST_AMENDED_AN_HOUR} times within an hour. Please go on a little later.")
    if _says_the_same(taken, proposed, letter):
        raise ValidationError("This is the same as what you sent before.")
    before = taken.state
    taken.changes.current().filter(decision=Change.Decision.PENDING).update(replaced=True)
    taken.state, taken.credit = State.OPEN, credit_of(sender.user)
    for name in ("reason", "evidence_episode", "evidence_time", "evidence_url"):
        setattr(taken, name, getattr(letter, name))
    taken.full_clean(exclude=["author", "undoes", "revises", "claimed_by", "decided_by"])
    taken.save()
    _write_changes(taken, proposed)
    say(taken, Event.Kind.AMENDED, sender.user, state_before=before)
    return taken


def _says_the_same(correction: Correction, proposed: Sequence[Proposed], letter: Letter) -> bool:
    """A new row gets another key each time, which its author does not see."""

    def told(each: Change | Proposed) -> tuple[Json, ...]:
        if each.action != Action.ADD:
            return str(each.action), each.model, each.row, each.path, each.after
        values = {name: value for name, value in (each.after or {}).items() if name not in ("key", "position")}
        return str(each.action), each.model, "", "", values

    earlier = Letter(correction.reason, correction.evidence_episode, correction.evidence_time, correction.evidence_url)
    pending = correction.changes.current().filter(decision=Change.Decision.PENDING)
    before, now = [told(each) for each in pending], [told(each) for each in proposed]
    return earlier == letter and sorted(before, key=repr) == sorted(now, key=repr)


def refuse_if_decided_since(correction: Correction, version: int) -> None:
    """What was meant to change a correction becomes a new one only if its author knows."""
    if correction.version != version:
        became = "withdrawn" if correction.state == State.WITHDRAWN else "decided"
        raise Refused(f"It was {became} meanwhile. Send this again to send it as a new correction.")


@transaction.atomic
def withdraw(correction: Correction, *, sender: Sender, version: int) -> Correction:
    taken = _take_own(correction, sender, version)
    before = taken.state
    decided = taken.changes.current().exclude(decision=Change.Decision.PENDING)
    taken.changes.current().filter(decision=Change.Decision.PENDING).update(
        decision=Change.Decision.REJECTED, why="Withdrawn by its author."
    )
    taken.state = State.PARTLY if decided.filter(decision=Change.Decision.ACCEPTED).exists() else State.WITHDRAWN
    taken.decided_at = timezone.now()
    taken.save()
    say(taken, Event.Kind.WITHDRAWN, sender.user, state_before=before)
    return taken


def _take_own(correction: Correction, sender: Sender, version: int) -> Correction:
    if not sender.wrote(correction):
        raise Refused("Only whoever sent a correction can change it.")
    taken = take(correction, version=version)
    if taken.is_claimed:
        raise Refused("A moderator is working on it at this moment. Write to them below instead.")
    return taken


@transaction.atomic
def answer(correction: Correction, text: str, *, sender: Sender) -> Event:
    """Say something in the thread; an answer to a question brings the correction back into the queue."""
    if not sender.wrote(correction):
        raise Refused("Only whoever sent a correction can write here.")
    text = in_measure(text, missing="Please write something.")
    fresh = Correction.objects.select_for_update().get(pk=correction.pk)
    lately = fresh.events.filter(kind=Event.Kind.SAID, by=fresh.author, at__gt=timezone.now() - timedelta(hours=1))
    if lately.count() >= MOST_ANSWERS_AN_HOUR:
        raise Refused(f"You wrote {MOST_ANSWERS_AN_HOUR} times within an hour. Please go on a little later.")
    before = fresh.state
    if fresh.state == State.ASKED:
        Correction.objects.filter(pk=fresh.pk, state=State.ASKED).update(state=State.OPEN, version=F("version") + 1)
        fresh.state = State.OPEN
    return say(fresh, Event.Kind.SAID, sender.user, text, before)


@transaction.atomic
def undo(correction: Correction, *, by: User, reason: str = "", only: UUID | None = None) -> Correction:
    """A correction with what was applied turned round, or one change of it; it meets the same checks as any other."""
    if not by.is_staff or not by.is_active:
        raise Refused("Only editors undo what was published.")
    if only is None and correction.kind == Correction.Kind.IMPORT:
        raise Refused(
            "A whole import cannot be undone, only single changes of it: see the history of what they change."
        )
    changes = [change for change in correction.changes.current() if only in (None, change.pk)]
    proposed = reversed_changes(not_undone(correction, changes))
    if not proposed and reversed_changes(changes):
        raise Refused("It is undone already.")
    if not proposed:
        raise Refused("Nothing of it was published, so there is nothing to undo.")
    return send(proposed, sender=Sender(by), letter=Letter(reason), kind=Correction.Kind.UNDO, undoes=correction)


def sent_by(sender: Sender) -> models.QuerySet[Correction]:
    if sender.user is not None:
        return Correction.objects.filter(author=sender.user)
    return Correction.objects.filter(receipt=sender.receipt_hash) if sender.receipt else Correction.objects.none()


def undecided_of_rows(changes: Iterable[Change]) -> models.QuerySet[Correction]:
    """Other corrections that wait and touch one of the same rows."""
    changes = list(changes)
    same = Q(pk__in=[])
    for change in changes:
        if change.row:
            same |= Q(changes__model=change.model, changes__row=change.row, changes__replaced=False)
    others = Correction.objects.filter(same, state__in=UNDECIDED).exclude(pk__in={c.correction_id for c in changes})
    return others.distinct()
