"""The author's side of a correction: sending, amending, withdrawing and answering. Nothing here publishes."""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.crypto import get_random_string, salted_hmac

from episodes import limits
from episodes.models import licence_of_texts
from episodes.requests import networks_around

from . import rows, versions
from .blocking import refuse_if_blocked
from .dependents import dependents_of
from .errors import AlreadyDecided, Refused, RowInTheWay
from .letter import Letter
from .models import UNDECIDED, Change, Correction, Event, State, credit_of
from .rows import Json, Values
from .subjects import places_touched, read_to, record_subjects
from .thread import add_event, cleaned_message, version_for_author

Action = Change.Action

MOST_OPEN = 20  # undecided corrections of one person
MOST_AN_HOUR = 10  # corrections of one person, and of all at one address of whom nothing was accepted yet
MOST_OF_NETWORKS_AN_HOUR = 100  # of the 65,536 networks of an IPv6 /48, which one person gets for nothing
MOST_EARNED = 40  # by which both grow, one for each correction of an account that was accepted
MOST_ANSWERS_AN_HOUR = 10  # to one correction
MOST_AMENDED_AN_HOUR = 10  # times that one correction is changed
MOST_CHANGES = 200  # in a correction that somebody wrote by hand
MOST_TEXT = 50_000  # characters, in the same
MADE_UP = "suggested-"  # begins the key of a row that a visitor proposes, for a moderator to choose a better one
OF_MADE_UP_KEYS = "abcdefghjkmnpqrstvwxyz23456789"  # which are read and typed without a slip
CHANGED_MEANWHILE = (
    "Nothing was sent yet: this correction was changed since you opened this, perhaps by you in another window. Below "
    "is what you wrote here. Send it again to replace the other version."
)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A change that is not saved yet."""

    action: str
    model: str
    row: str
    path: str = ""
    before: Json = None
    after: Json = None
    into: str = ""  # of a removal: the row that it becomes one with


@dataclass(frozen=True, slots=True)
class Sender:
    """An account, or somebody with a receipt. The address is kept as a keyed hash, and only for the limits."""

    user: User | None = None
    address: str = ""
    receipt: str = ""

    @property
    def receipt_hash(self) -> str:
        return hash_of_receipt(self.receipt) if self.receipt else ""

    @property
    def address_hash(self) -> str:
        return _hash_of_address(self.address, settings.CONTENT_KEY) if self.address else ""

    @property
    def address_hashes(self) -> set[str]:
        """What the address is known by, in rows of before there was a CONTENT_KEY too."""
        keys = (settings.CONTENT_KEY, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return {_hash_of_address(self.address, key) for key in keys} if self.address else set()

    def wrote(self, correction: Correction) -> bool:
        if self.user is not None and correction.author_id == self.user.pk:
            return True
        return bool(self.receipt) and secrets.compare_digest(correction.receipt, self.receipt_hash)


@dataclass(frozen=True, slots=True)
class Place:
    """The page that a note is about: its address, the references of whom it shows, and how far its reader is."""

    address: str
    subjects: tuple[str, ...]
    progress: int


def _hash_of_address(address: str, key: str) -> str:
    return salted_hmac("rougedb.sender", address, secret=key, algorithm="sha256").hexdigest()


def new_receipt() -> str:
    return secrets.token_urlsafe(18)


def hash_of_receipt(receipt: str) -> str:
    return hashlib.sha256(receipt.encode()).hexdigest()


# Changes


def adding(model: str, values: Values, *, key: str = "") -> Proposed:
    """Propose a new row. Unless the database numbers such rows, it gets its key now, so that others can point to it."""
    pk: Any = rows.editable(model).model._meta.pk
    if not key and isinstance(pk, models.UUIDField):
        key = str(pk.get_default())
    return Proposed(Action.ADD, model, key, after=values)


def setting(row: models.Model, path: str, before: Json, after: Json) -> Proposed:
    """Propose another value for a field."""
    return Proposed(Action.SET, row._meta.label_lower, str(row.pk), path, before, after)


def removing(row: models.Model) -> Proposed:
    """Propose to remove a row."""
    return Proposed(Action.REMOVE, row._meta.label_lower, str(row.pk), before=rows.values_of(row))


def merging_into(row: models.Model, other: models.Model) -> Proposed:
    """Propose that a row becomes one with another: all that hangs on it moves there once it is published."""
    return replace(removing(row), into=str(other.pk))


def removing_with_all(doomed: Iterable[models.Model]) -> list[Proposed]:
    """Propose to remove rows and all that would be deleted with them, each in a change of its own, dependents first."""
    removals: dict[tuple[str, str], Proposed] = {}
    for row in doomed:
        try:
            deleted = [each.row for each in dependents_of([row]) if each.would_be_deleted]
        except RowInTheWay as error:
            raise ValidationError(error.messages) from error
        for other in [*deleted, row]:
            change = removing(other)
            removals.pop((change.model, change.row), None)
            removals[change.model, change.row] = change
    return list(removals.values())


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
    note: Correction | None = None,
) -> Correction:
    """Save a correction for the moderators. Conflicts with current rows are theirs to see and do not prevent it."""
    refuse_if_blocked(sender.user, sender.address_hashes)
    if kind == Correction.Kind.SUGGESTION:
        _wait_for_others_of(sender)
        refuse_if_too_many(sender)
    correction = Correction(
        kind=kind, author=sender.user, receipt=sender.receipt_hash, sender=sender.address_hash,
        undoes=undoes, revises=revises, note=note, credit=credit_of(sender.user), licence=licence_of_texts(),
    )  # fmt: skip
    (letter or Letter()).put_on(correction)
    correction.full_clean(exclude=["author", "undoes", "revises", "note"], validate_unique=False)
    _save_changes(correction, proposed, start=0)
    add_event(correction, Event.Kind.SENT, sender.user)
    if note is not None and kind != Correction.Kind.HOLD:
        add_event(note, Event.Kind.PROPOSED, sender.user)
    return correction


def made_up_key() -> str:
    """Return the key of a row that a visitor proposes."""
    return f"{MADE_UP}{get_random_string(8, OF_MADE_UP_KEYS)}"


@transaction.atomic
def send_note(letter: Letter, where: Place, *, sender: Sender, kind: Correction.Kind) -> Correction:
    """Save what somebody says of a page in their own words. It belongs to where they were when they read the page."""
    refuse_if_blocked(sender.user, sender.address_hashes)
    _wait_for_others_of(sender)
    refuse_if_too_many(sender)
    note = Correction(
        kind=kind, author=sender.user, receipt=sender.receipt_hash, sender=sender.address_hash,
        page=where.address, about=list(where.subjects), sent_in=int(where.progress),
    )  # fmt: skip
    read_to(where.progress).put_on(note)
    letter.put_on(note)
    note.full_clean(exclude=["author"], validate_unique=False)
    note.save()
    add_event(note, Event.Kind.SENT, sender.user)
    return note


def _save_changes(correction: Correction, proposed: Sequence[Proposed], *, start: int) -> None:
    """Save a correction with these changes, which come after those that it has already."""
    changes = [
        Change(
            correction=correction, position=position, action=each.action, model=each.model, row=each.row,
            path=each.path, before=each.before, after=each.after, into=each.into,
        )
        for position, each in enumerate(_effective(proposed), start=start)
    ]  # fmt: skip
    if not changes:
        raise ValidationError("Nothing was sent: you have not changed anything.")
    _refuse_if_too_large(correction, changes)
    earlier = correction.changes.proposed() if start else ()
    places_touched([*earlier, *changes]).put_on(correction)
    correction.sent_in = correction.revealed_in
    correction.save()
    Change.objects.bulk_create(changes)
    record_subjects(changes)


def _refuse_if_too_large(correction: Correction, changes: Sequence[Change]) -> None:
    if correction.kind == Correction.Kind.SUGGESTION and len(changes) > MOST_CHANGES:
        raise ValidationError(f"Nothing was sent: this is more than {MOST_CHANGES} changes. Send them in parts.")
    length = sum(rows.text_length(change.after) for change in changes)
    if correction.kind in (Correction.Kind.SUGGESTION, Correction.Kind.EDIT) and length > MOST_TEXT:
        raise ValidationError(
            f"Nothing was sent: these texts have {length:,} characters, and at most {MOST_TEXT:,} can be sent at once. "
            "Send them in parts."
        )


def _effective(proposed: Iterable[Proposed]) -> Iterable[Proposed]:
    """Yield the proposed changes that change something; raise NotEditable for a field that cannot be changed."""
    for each in proposed:
        kind = rows.editable(each.model)
        names = [each.path] if each.action == Action.SET else list(each.after or each.before or {})
        if unknown := [name for name in names if name not in kind.fields]:
            raise rows.NotEditable(f"{', '.join(unknown)} of {kind.model._meta.verbose_name} cannot be changed.")
        if each.action != Action.SET or each.before != each.after:
            yield each


def _wait_for_others_of(sender: Sender) -> None:
    """Let the corrections of one sender in one after the other, so that each counts those before it."""
    keys = [f"address:{sender.address_hash}"] if sender.address_hash else []
    if sender.user is not None:
        keys.append(f"user:{sender.user.pk}")
    for key in sorted(keys):
        limits.hold(key)


def refuse_if_too_many(sender: Sender) -> None:
    """Raise Refused if the sender or their address sent too much lately, or has too much waiting."""
    own = Q(author=sender.user) if sender.user else Q(sender__in=sender.address_hashes, author=None)
    suggestions = Correction.objects.filter(kind__in=Correction.BY_READERS)
    earned = _earned_by(sender)
    if suggestions.undecided().filter(own).count() >= (most_open := MOST_OPEN + earned):
        raise Refused(
            f"This was not sent: {most_open} of your corrections are still waiting for a moderator. Keep this page "
            "open, and send it once some of them are decided."
        )
    lately = suggestions.filter(created_at__gt=_an_hour_ago())
    if sender.address_hash and not earned:
        # One person could make many accounts; those who have earned something count for themselves.
        own |= Q(sender__in=sender.address_hashes) & ~Q(Exists(_accepted().filter(author=OuterRef("author"))))
    if lately.filter(own).count() >= (most_an_hour := MOST_AN_HOUR + earned):
        raise Refused(
            f"This was not sent: you can send at most {most_an_hour} corrections within an hour. Keep this page open, "
            "and send it later."
        )
    if not earned:
        _refuse_if_networks_sent_too_much(sender)


def _refuse_if_networks_sent_too_much(sender: Sender) -> None:
    networks = networks_around(sender.address)
    if networks and not limits.consume("sent from networks", networks, most=MOST_OF_NETWORKS_AN_HOUR, seconds=3600):
        raise Refused(
            "This was not sent: too much was sent from networks near yours within an hour. Keep this page open, and "
            "send it later."
        )


def _earned_by(sender: Sender) -> int:
    """Return by how much the limits of an account have grown: by what was accepted of it, less what was rejected."""
    if sender.user is None:
        return 0
    of_user = Correction.objects.filter(author=sender.user, kind=Correction.Kind.SUGGESTION)
    rejected = of_user.filter(state=State.REJECTED).count()
    return min(max(_accepted().filter(author=sender.user).count() - rejected, 0), MOST_EARNED)


def _accepted() -> models.QuerySet[Correction]:
    """Return the suggestions that were accepted, without those of people of whom everything was undone."""
    return Correction.objects.filter(
        kind=Correction.Kind.SUGGESTION, state__in=(State.ACCEPTED, State.PARTLY), undone_in=None
    )


def _an_hour_ago() -> datetime:
    return timezone.now() - timedelta(hours=1)


@transaction.atomic
def amend(
    correction: Correction, proposed: Sequence[Proposed], *, sender: Sender, version: str, letter: Letter
) -> Correction:
    """Replace the undecided changes of a correction and its letter, unless a moderator is working on it.

    The replaced changes are kept, marked as `replaced`. `version` is the author's, as in `version_for_author`.
    """
    refuse_if_blocked(sender.user, sender.address_hashes)
    try:
        advanced = _advance_own(correction, sender, version)
    except AlreadyDecided as error:
        if Correction.objects.undecided().filter(pk=correction.pk).exists():
            raise Refused(CHANGED_MEANWHILE) from error
        raise
    if advanced.events.filter(kind=Event.Kind.AMENDED, at__gt=_an_hour_ago()).count() >= MOST_AMENDED_AN_HOUR:
        raise Refused(
            f"This was not sent: you can change a correction at most {MOST_AMENDED_AN_HOUR} times within an hour. Keep "
            "this page open, and send it later."
        )
    if _is_unchanged(advanced, proposed, letter):
        raise ValidationError("Nothing was sent: this is the same as what you sent before.")
    state_before = advanced.state
    advanced.changes.current().filter(decision=Change.Decision.PENDING).update(replaced=True)
    advanced.state, advanced.credit = State.OPEN, credit_of(sender.user)
    advanced.licence = licence_of_texts()
    letter.put_on(advanced)
    advanced.full_clean(exclude=["author", "undoes", "revises", "note", "claimed_by", "decided_by"])
    _save_changes(advanced, proposed, start=advanced.changes.current().count())
    add_event(advanced, Event.Kind.AMENDED, sender.user, state_before=state_before)
    return advanced


def _is_unchanged(correction: Correction, proposed: Sequence[Proposed], letter: Letter) -> bool:
    """Return whether an amendment says the same as the correction; the new key of an added row does not count."""

    def comparable(each: Change | Proposed) -> tuple[Json, ...]:
        if each.action != Action.ADD:
            return str(each.action), each.model, each.row, each.path, each.after
        values = {name: value for name, value in (each.after or {}).items() if name not in ("key", "position")}
        return str(each.action), each.model, "", "", values

    pending = correction.changes.current().filter(decision=Change.Decision.PENDING)
    before, now = [comparable(each) for each in pending], [comparable(each) for each in proposed]
    return Letter.of(correction) == letter and sorted(before, key=repr) == sorted(now, key=repr)


def refuse_if_decided_since(correction: Correction, version: str) -> None:
    """Raise Refused if a correction was closed after its author opened it: they have to agree to send a new one."""
    if version_for_author(correction) != version:
        became = "withdrawn" if correction.state == State.WITHDRAWN else "decided"
        raise Refused(
            f"Nothing was sent yet: your correction was {became} meanwhile. Send this again as a new correction."
        )


@transaction.atomic
def withdraw(correction: Correction, *, sender: Sender, version: str) -> Correction:
    """Reject, on behalf of its author, all changes of a correction that are not decided yet.

    `version` is the author's, as in `version_for_author`.
    """
    advanced = _advance_own(correction, sender, version)
    state_before = advanced.state
    decided = advanced.changes.current().exclude(decision=Change.Decision.PENDING)
    advanced.changes.current().filter(decision=Change.Decision.PENDING).update(
        decision=Change.Decision.REJECTED, why="Withdrawn by its author."
    )
    advanced.state = State.PARTLY if decided.filter(decision=Change.Decision.ACCEPTED).exists() else State.WITHDRAWN
    advanced.decided_at = timezone.now()
    advanced.save()
    add_event(advanced, Event.Kind.WITHDRAWN, sender.user, state_before=state_before)
    return advanced


def _advance_own(correction: Correction, sender: Sender, version: str) -> Correction:
    if not sender.wrote(correction):
        raise Refused("Only the person who sent a correction can change it.")
    current = Correction.objects.select_for_update().filter(pk=correction.pk).first()
    if current is None or version_for_author(current) != version:
        raise versions.too_late(correction)
    advanced = versions.advance(current, version=current.version)
    if advanced.is_claimed:
        raise Refused(
            "Nothing was changed: a moderator is working on it at this moment. Write to them on the page of your "
            "correction instead."
        )
    return advanced


@transaction.atomic
def answer(correction: Correction, text: str, *, sender: Sender) -> Event:
    """Add the author's message to the thread. If a moderator had asked something, the correction is open again."""
    if not sender.wrote(correction):
        raise Refused("Only the person who sent a correction can write here.")
    refuse_if_blocked(sender.user, sender.address_hashes)
    text = cleaned_message(text, missing="Write a message before you send it.")
    current = Correction.objects.select_for_update().get(pk=correction.pk)
    lately = current.events.filter(kind=Event.Kind.SAID, by=current.author, at__gt=_an_hour_ago())
    if lately.count() >= MOST_ANSWERS_AN_HOUR:
        raise Refused(
            f"Your message was not sent: you can write at most {MOST_ANSWERS_AN_HOUR} within an hour. Keep this page "
            "open, and send it later."
        )
    state_before = current.state
    if current.state == State.ASKED:
        Correction.objects.filter(pk=current.pk, state=State.ASKED).update(state=State.OPEN, version=F("version") + 1)
        current.state = State.OPEN
    return add_event(current, Event.Kind.SAID, sender.user, text, state_before)


def sent_by(sender: Sender) -> models.QuerySet[Correction]:
    """Return the corrections that a sender may follow."""
    if sender.user is not None:
        return Correction.objects.filter(author=sender.user)
    return Correction.objects.filter(receipt=sender.receipt_hash) if sender.receipt else Correction.objects.none()


def undecided_of_rows(changes: Iterable[Change]) -> models.QuerySet[Correction]:
    """Return other undecided corrections that change one of the same rows."""
    changes = list(changes)
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for change in changes:
        if change.row:
            keys[change.model].add(change.row)
    same = Q(pk__in=[])
    for model, of_model in keys.items():
        same |= Q(changes__model=model, changes__row__in=of_model, changes__replaced=False)
    others = Correction.objects.filter(same, state__in=UNDECIDED).exclude(pk__in={c.correction_id for c in changes})
    return others.distinct()
