"""The write door: the one function through which published content changes, and who may open it.

Whoever decides first takes the correction with a guarded update, so that of two at once exactly one goes on. All that
follows is one transaction: the rows are written, then checked as they stand together, by the models' own validation.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models import F
from django.db.models.deletion import Collector, ProtectedError
from django.utils import timezone

from episodes.gate import Prose

from . import mail, rows
from .models import MOST_SAID, UNDECIDED, Change, ChangeSubject, Correction, Edition, Event, State
from .rows import Editable, Json, Values

Action, Decision, Outcome = Change.Action, Change.Decision, Change.Outcome


class Refused(Exception):
    """The door stays shut; the message is for whoever knocked."""


class AlreadyDecided(Refused):
    """Somebody else was first."""


class CouldNotApply(Exception):
    """What was accepted cannot stand as it is. Nothing of it was written."""

    def __init__(self, messages: Mapping[Change | None, Sequence[str]]) -> None:
        self.messages = messages
        super().__init__(" ".join(message for found in messages.values() for message in found))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a moderator says of one change."""

    accept: bool
    why: str = ""
    final: Json = None
    altered: bool = False
    # What stood there when the moderator looked, as `now()` gives it; accepted over a conflict if it still does.
    seen: Json = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    correction: Correction
    held: tuple[Change, ...] = ()
    failure: CouldNotApply | None = None


@transaction.atomic
def decide(
    correction: Correction, *, by: User, version: int, verdicts: Mapping[UUID, Verdict], comment: str = ""
) -> Decided:
    """Carry out what a moderator decided of some or all of the changes."""
    if not by.has_perm("corrections.decide"):
        raise Refused("Only moderators decide corrections.")
    own = correction.author_id == by.pk
    if own and not by.is_superuser:
        raise Refused("Nobody decides their own correction. Somebody else will look at it.")
    if any(not verdict.accept and not verdict.why.strip() for verdict in verdicts.values()):
        raise Refused("A rejection needs a reason: it is what the contributor learns from.")
    taken = take(correction, version=version)
    return _decide(taken, by=by, verdicts=verdicts, comment=comment, by_author=own)


@transaction.atomic
def publish(correction: Correction, *, by: User) -> Decided:
    """Accept one's own edit at once, with the right to do so. Raises CouldNotApply, or HeldBack on a conflict."""
    if not may_publish(by) or correction.author_id != by.pk:
        raise Refused("To publish without review takes the right to do so.")
    taken = take(correction, version=correction.version)
    verdicts = {change.pk: Verdict(accept=True) for change in taken.changes.current()}
    decided = _decide(taken, by=by, verdicts=verdicts, comment="", by_author=True)
    if decided.failure:
        raise decided.failure
    if decided.held:
        raise HeldBack(decided.held)
    return decided


class HeldBack(Exception):
    """Some of it has changed since its author looked."""

    def __init__(self, changes: tuple[Change, ...]) -> None:
        self.changes = changes
        super().__init__(f"{len(changes)} changes conflict.")


def may_publish(user: Any) -> bool:
    return bool(user.is_active and user.has_perm("corrections.publish"))


def in_measure(text: str, *, missing: str) -> str:
    """Something for a thread, as it is kept."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        raise ValidationError(missing)
    if len(text) > MOST_SAID:
        raise ValidationError(f"Please write at most {MOST_SAID:,} characters; these are {len(text):,}.")
    return text


def take(correction: Correction, *, version: int) -> Correction:
    """The guarded update: it succeeds for one of those who saw the same version."""
    taken = Correction.objects.filter(pk=correction.pk, version=version, state__in=UNDECIDED)
    if not taken.update(version=F("version") + 1):
        raise AlreadyDecided(_what_happened(correction))
    return Correction.objects.get(pk=correction.pk)


def _what_happened(correction: Correction) -> str:
    now = Correction.objects.select_related("decided_by").filter(pk=correction.pk).first()
    if now is None:
        return "This correction is gone."
    if now.is_undecided:
        return "Somebody has worked on this correction since you opened it. Here it is as it stands now."
    who = now.decided_by.get_username() if now.decided_by else "Its author"
    when = f" at {now.decided_at:%H:%M on %d %B}" if now.decided_at else ""
    return f"{who} was first: {now.get_state_display().lower()}{when}. What you chose was not carried out."


def _decide(
    correction: Correction, *, by: User, verdicts: Mapping[UUID, Verdict], comment: str, by_author: bool
) -> Decided:
    before = correction.state
    pending = {change.pk: change for change in correction.changes.current() if change.decision == Decision.PENDING}
    if not verdicts or set(verdicts) - set(pending):
        raise Refused("There is nothing to decide here, or it was decided before.")
    chosen = [(pending[key], verdict) for key, verdict in verdicts.items()]
    chosen.sort(key=lambda pair: pair[0].position)
    try:
        with transaction.atomic():
            accepted = [(change, verdict) for change, verdict in chosen if verdict.accept]
            held = _carry_out(accepted)
    except CouldNotApply as failure:
        _fail(correction, by, comment, failure)
        return Decided(correction, failure=failure)
    for change, verdict in chosen:
        if not verdict.accept:
            change.decision, change.why, change.outcome = Decision.REJECTED, verdict.why.strip(), Outcome.NONE
            change.save()
    _settle(correction, by, by_author=by_author)
    say(correction, Event.Kind.DECIDED, by, _in_words(chosen, held, comment), before)
    if correction.undoes is not None and any(change.outcome == Outcome.APPLIED for change, _ in chosen):
        _tell_undone(correction.undoes, by)
    if not correction.is_undecided and not by_author:
        mail.tell_author(correction)
    return Decided(correction, held=tuple(held))


def _fail(correction: Correction, by: User, comment: str, failure: CouldNotApply) -> None:
    before, correction.state = correction.state, State.FAILED
    correction.save()
    say(correction, Event.Kind.FAILED, by, f"{comment}\n{failure}".strip(), before)


def _settle(correction: Correction, by: User, *, by_author: bool) -> None:
    decisions = {change.decision for change in correction.changes.current()}
    if Decision.PENDING in decisions:
        correction.state = State.OPEN
    else:
        whole = {Decision.ACCEPTED: State.ACCEPTED, Decision.REJECTED: State.REJECTED}
        correction.state = whole[Decision(decisions.pop())] if len(decisions) == 1 else State.PARTLY
        correction.decided_at = timezone.now()
        correction.claimed_by = correction.claimed_until = None
    correction.decided_by, correction.by_author = by, by_author
    touched = touched_by(correction.changes.proposed())
    if touched is not None:  # or else one of its rows is gone, and what was written of it is no earlier for that
        correction.revealed_in = touched
    correction.save()


def _tell_undone(correction: Correction, by: User) -> None:
    say(correction, Event.Kind.UNDONE, by, "" if is_undone(correction) else "A part of it still stands.")


def not_undone(correction: Correction, changes: Iterable[Change]) -> list[Change]:
    """Of its changes, those that no later correction has undone for good."""
    undone = _undone_places(correction)
    return [change for change in changes if _place(change) not in undone]


def is_undone(correction: Correction) -> bool:
    """Whether all that was published of it has been taken back."""
    applied = list(correction.changes.current().applied())
    return bool(applied) and not not_undone(correction, applied)


def _undone_places(correction: Correction) -> set[tuple[str, str, str]]:
    """An undo that was undone itself counts no more."""
    undone: set[tuple[str, str, str]] = set()
    for later in correction.undone_by.prefetch_related("changes"):
        applied = [each for each in later.changes.all() if each.is_applied]
        undone |= {_place(each) for each in not_undone(later, applied)}
    return undone


def _place(change: Change) -> tuple[str, str, str]:
    return change.model, change.row, change.path


def _in_words(chosen: list[tuple[Change, Verdict]], held: Sequence[Change], comment: str) -> str:
    accepted = sum(verdict.accept for _, verdict in chosen) - len(held)
    rejected = len(chosen) - accepted - len(held)
    told = [(accepted, "accepted"), (rejected, "rejected"), (len(held), "held, as it had changed")]
    return "\n".join([", ".join(f"{count} {what}" for count, what in told if count), comment.strip()]).strip()


def say(
    correction: Correction, kind: Event.Kind, by: User | None, text: str = "", state_before: str | None = None
) -> Event:
    return Event.objects.create(
        correction=correction, kind=kind, by=by, text=text,
        state_before=state_before or correction.state, state_after=correction.state,
    )  # fmt: skip


# Writing


def _carry_out(accepted: list[tuple[Change, Verdict]]) -> list[Change]:
    """Write what was accepted; returns the changes that are held because of a conflict."""
    if not accepted:
        return []
    for change, verdict in accepted:
        if verdict.altered:  # or else what was altered when it was held still stands
            change.altered, change.final = True, verdict.final
    Edition.begin()
    work = _Work()
    for change, verdict in accepted:
        work.weigh(change, seen=verdict.seen if verdict.over else None, over=verdict.over)
    accepted += [(change, Verdict(accept=True)) for change in work.weigh_what_follows()]
    work.write()
    work.check()
    held = []
    now = timezone.now()
    for change, verdict in accepted:
        if change.outcome == Outcome.CONFLICT:
            held.append(change)
        else:
            change.decision, change.why, change.applied_at = Decision.ACCEPTED, verdict.why.strip(), now
        change.save()
        if change.altered or change.follows:
            tell_subjects(change)
    return held


def following_from(changes: Sequence[Change]) -> list[Change]:
    """What else has to change where rows are removed: who lists them or points to them no longer does."""
    going = {(change.model, change.row) for change in changes if change.action == Action.REMOVE}
    set_anyway = {(change.model, change.row, change.path) for change in changes}
    lost: dict[tuple[models.Model, str], set[str]] = {}
    for label, key in sorted(going):
        row = rows.row_of(rows.editable(label), key)
        for other, name in _hanging_on(row):
            place = other._meta.label_lower, str(other.pk)
            if name and place not in going and (*place, name) not in set_anyway:
                lost.setdefault((other, name), set()).add(key)
    found: list[Change] = []
    for (other, name), keys in lost.items():
        before = rows.value_of(other, name)
        after = [key for key in before if key not in keys] if isinstance(before, list) else None
        last = changes[-1].correction.changes.order_by("-position")[0].position
        found.append(
            Change(
                correction=changes[-1].correction, position=last + 1 + len(found), action=Action.SET,
                model=other._meta.label_lower, row=str(other.pk), path=name, before=before, after=after, follows=True,
            )
        )  # fmt: skip
    return found


@contextmanager
def as_if_applied(correction: Correction, verdicts: Mapping[UUID, Verdict] | None = None) -> Iterator[list[Change]]:
    """The site as it would be, for a preview: conflicts are overridden, and all of it is undone afterwards."""
    with transaction.atomic():
        Edition.begin()
        changes = [change for change in correction.changes.current() if change.decision == Decision.PENDING]
        if verdicts is not None:
            changes = [change for change in changes if change.pk not in verdicts or verdicts[change.pk].accept]
        work = _Work()
        for change in changes:
            if verdicts is not None and change.pk in verdicts and verdicts[change.pk].altered:
                change.final, change.altered = verdicts[change.pk].final, True
            work.weigh(change, over=True, seen=now(change))
        work.weigh_what_follows()
        work.write()
        work.check()
        try:
            yield changes
        finally:
            transaction.set_rollback(True)


def now(change: Change) -> Json:
    """What stands there at this moment: a value, all values of a row, or None where the row is gone."""
    kind = rows.editable(change.model)
    row = rows.row_of(kind, change.row)
    if row is None:
        return None
    return rows.value_of(row, change.path) if change.action == Action.SET else rows.values_of(row)


@dataclass
class _Work:
    """The rows of some changes, first as they stand and then as they are to be."""

    to_do: list[Change] = field(default_factory=list)
    _written: dict[str, Change] = field(default_factory=dict)  # by the reference of the row
    _removed: list[tuple[Change, models.Model]] = field(default_factory=list)
    _subjects: set[str] = field(default_factory=set)

    def weigh(self, change: Change, *, seen: Json, over: bool) -> None:
        """Compare what its author saw with what is there: go, nothing to do, or hold."""
        kind = rows.editable(change.model)
        row = rows.row_of(kind, change.row, locked=True)
        there: Any = None if row is None else rows.value_of(row, change.path) if change.path else rows.values_of(row)
        change.outcome = Outcome.APPLIED
        match change.action:
            case Action.ADD:
                if same_row(kind, change, row):
                    change.outcome = Outcome.ALREADY
                elif row is not None:
                    change.outcome = Outcome.CONFLICT
            case Action.SET if row is None:
                change.outcome = Outcome.CONFLICT
            case Action.SET if change.path in kind.many:
                wanted = merged(change.before, there, change.wanted)
                change.outcome = Outcome.ALREADY if wanted == there else Outcome.APPLIED
                change.became = wanted
            case Action.SET:
                change.became = change.wanted
                if there == change.wanted:
                    change.outcome = Outcome.ALREADY
                elif there != change.before and not (over and there == seen):
                    change.outcome = Outcome.CONFLICT
            case Action.REMOVE:
                if row is None:
                    change.outcome = Outcome.ALREADY
                elif there != change.before and not (over and there == seen):
                    change.outcome = Outcome.CONFLICT
        change.was = there
        if change.outcome == Outcome.APPLIED:
            self.to_do.append(change)

    def weigh_what_follows(self) -> list[Change]:
        following = following_from(self.to_do)
        for change in following:
            self.weigh(change, seen=None, over=False)
        return following

    def write(self) -> None:
        """First what goes, then what changes, then what is new; who stands in another's way is tried again."""
        waiting = [
            group
            for action in (Action.REMOVE, Action.SET, Action.ADD)
            for group in _by_row(change for change in self.to_do if change.action == action)
        ]
        while waiting:
            stuck: dict[Change | None, list[str]] = {}
            left = []
            for group in waiting:
                try:
                    with transaction.atomic():
                        self._write_row(group)
                except InTheWay as error:
                    stuck[group[0]] = error.messages
                    left.append(group)
                except (ValidationError, DatabaseError, ValueError, TypeError) as error:
                    raise CouldNotApply({group[0]: messages_of(error)}) from error
            if len(left) == len(waiting):
                raise CouldNotApply(stuck)
            waiting = left
        for change in self.to_do:  # only now, as a list may name rows that were written after its own
            change.became = now(change)

    def _write_row(self, group: list[Change]) -> None:
        change = group[0]
        kind = rows.editable(change.model)
        if change.action == Action.ADD:
            row = rows.build(kind, change.row, change.wanted)
            _save(row, adding=True)
            rows.put_many(kind, row, change.wanted)
            change.row = str(row.pk)
            self._note(kind, change, row, change.wanted)
            return
        found = rows.row_of(kind, change.row)
        if found is None:
            raise ValidationError("The row is gone.")
        before = rows.values_of(found)
        if change.action == Action.REMOVE:
            refuse_if_needed(found)
            self._subjects |= rows.subjects_of(kind, change.row, before)
            self._removed.append((change, found))
            kind.model._base_manager.get(pk=found.pk).delete()
            return
        for each in group:
            rows.put(kind, found, each.path, each.became)
        _save(found, adding=False)
        rows.put_many(kind, found, {each.path: each.became for each in group})
        self._note(kind, change, found, before)
        self._note(kind, change, found, rows.values_of(found))

    def _note(self, kind: Editable, change: Change, row: models.Model, values: Values) -> None:
        self._written[rows.reference(row)] = change
        self._subjects |= rows.subjects_of(kind, change.row, values)

    def check(self) -> None:
        """Everything that was written, and the pages it stands on, by the models' own rules."""
        try:
            connection.check_constraints()
        except IntegrityError as error:
            raise CouldNotApply({None: ["A row that is pointed to is gone."]}) from error
        problems: dict[Change | None, list[str]] = {}
        for reference, change in (dict.fromkeys(sorted(self._subjects)) | self._written).items():
            row = rows.find(reference)
            if row is not None:
                kind = rows.editable(row._meta.label_lower)
                with _collected(problems, change):
                    row.full_clean(exclude=kind.files)  # they are there once the transaction holds
                    if kind.check is not None:
                        kind.check(row)
        for change, row in self._removed:
            if (check := rows.editable(change.model).check_removed) is not None:
                with _collected(problems, change):
                    check(row)
        if problems:
            raise CouldNotApply(problems)
        self._retire_files()

    def _retire_files(self) -> None:
        for change in self.to_do:
            kind = rows.editable(change.model)
            for name in kind.files:
                old = change.was if change.path == name else (change.was or {}).get(name) if not change.path else None
                if kind.retire_file is not None and old and old != change.became:
                    kind.retire_file(old)


@contextmanager
def _collected(problems: dict[Change | None, list[str]], change: Change | None) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        problems.setdefault(change, []).extend(messages_of(error))


class InTheWay(Exception):
    """Another row has to be written or to go first, or else stands in the way for good."""

    def __init__(self, messages: list[str]) -> None:
        self.messages = messages


def _save(row: models.Model, *, adding: bool) -> None:
    """What can be said of the row alone is checked first; what it points to may still be on its way."""
    others = {column.name for column in row._meta.concrete_fields if column.is_relation or isinstance(column, Prose)}
    row.clean_fields(exclude=others)
    if missing := [str(column.verbose_name) for column in row._meta.concrete_fields if _points_nowhere(row, column)]:
        raise InTheWay([f"Its {name} is gone." for name in missing])
    try:
        with transaction.atomic():
            row.save(force_insert=adding)
    except IntegrityError as error:
        try:
            row.validate_unique()
            row.validate_constraints()
        except ValidationError as clash:
            raise InTheWay(list(clash.messages)) from error
        raise InTheWay(["Another row stands in its way."]) from error


def _points_nowhere(row: models.Model, column: Any) -> bool:
    if not column.is_relation or (key := getattr(row, column.attname)) is None:
        return False
    return not column.related_model._base_manager.filter(**{column.target_field.name: key}).exists()


def refuse_if_needed(row: models.Model) -> None:
    """Nothing is deleted in passing: what hangs on a row is removed by changes of its own, so that it can come back."""
    hanging = hanging_on(row)
    if hanging:
        named = ", ".join(f"{other._meta.verbose_name} “{other}”" for other, _ in hanging[:5])
        raise InTheWay([f"Other rows hang on “{row}” and would be lost with it: {named}."])


def _hanging_on(row: models.Model | None) -> list[tuple[models.Model, str]]:
    try:
        return hanging_on(row) if row is not None else []
    except InTheWay as error:
        raise CouldNotApply({None: error.messages}) from error


def hanging_on(row: models.Model) -> list[tuple[models.Model, str]]:
    """What would go, or lose a value, with the row: who must go first comes first, and for a value its field."""
    collector = Collector(using="default", origin=row)
    try:
        collector.collect([row])
    except ProtectedError as error:
        raise InTheWay(
            [f"“{row}” is needed by {', '.join(str(o) for o in list(error.protected_objects)[:5])}."]
        ) from error
    losing: list[tuple[models.Model, str]] = []
    going: list[models.Model] = [other for query in collector.fast_deletes for other in _listing(query, row, losing)]
    going += [other for instances in collector.data.values() for other in instances if other != row]
    batches: Any
    for (pointer, _), batches in collector.field_updates.items():
        losing += [(other, pointer.name) for batch in batches for other in batch]
    gone = set(going)
    return [*((other, name) for other, name in losing if other not in gone), *((other, "") for other in going)]


def _listing(query: Any, row: models.Model, losing: list[tuple[models.Model, str]]) -> Iterable[models.Model]:
    """The rows of a query that would be deleted; of a list between two models, who lists the row loses it."""
    if not query.model._meta.auto_created:
        return query
    for kind in rows.registered():
        for name in kind.many:
            if kind.field(name).remote_field.through is query.model:
                own = kind.field(name).m2m_field_name()
                listing = [getattr(link, own) for link in query.select_related(own)]
                losing += [(other, name) for other in listing if other != row]
    return ()


def _by_row(changes: Iterable[Change]) -> list[list[Change]]:
    groups: dict[tuple[str, str, Any], list[Change]] = {}
    for change in changes:
        own = change.pk if change.action == Action.ADD else None
        groups.setdefault((change.model, change.row, own), []).append(change)
    return list(groups.values())


def merged(before: list[str] | None, there: list[str], wanted: list[str]) -> list[str]:
    """Those that were added come in and those that were removed go, whatever else has happened to the list."""
    base = set(before or ())
    return sorted((set(there) | (set(wanted) - base)) - (base - set(wanted)))


def same_row(kind: Editable, change: Change, row: models.Model | None) -> bool:
    """Whether the very same is there already, be it under another key."""
    if row is not None:
        return rows.values_of(row) == change.wanted
    plain = {}
    for name in kind.fields:
        field, value = kind.field(name), change.wanted.get(name)
        if not field.many_to_many:
            plain[field.attname if field.is_relation else name] = value
    try:
        candidates = list(kind.model._base_manager.filter(**plain)[:10])
    except (ValidationError, ValueError, TypeError):
        return False
    return any(rows.values_of(other) == change.wanted for other in candidates)


def messages_of(error: Exception) -> list[str]:
    return list(error.messages) if isinstance(error, ValidationError) else [str(error)]


# What a change is about


def tell_subjects(change: Change) -> None:
    """Note whose pages it is about, and from which episode on."""
    kind = rows.editable(change.model)
    found: set[str] = set()
    for values in _all_values(kind, change):
        found |= rows.subjects_of(kind, change.row, values)
    ChangeSubject.objects.bulk_create(
        [ChangeSubject(change=change, subject=subject) for subject in sorted(found)], ignore_conflicts=True
    )


def touched_by(changes: Iterable[Change]) -> int | None:
    """The latest episode that these changes touch; None if any of them shows nowhere."""
    latest = 0
    for change in changes:
        kind = rows.editable(change.model)
        told = [
            value
            for values in (change.before, change.wanted)
            for name, value in ({change.path: values} if change.path else (values or {})).items()
            if name == "revealed_in" or (name == "ended_in" and change.action != Action.REMOVE)
        ]
        episodes = [rows.known_in(kind, change.row, values, told) for values in _all_values(kind, change)]
        if None in episodes:
            return None
        latest = max([latest, *(number for number in episodes if number is not None)])
    return latest


def _all_values(kind: Editable, change: Change) -> list[Values]:
    """The values of the row before and after, as far as they can be known."""
    if change.action != Action.SET:
        return [values for values in (change.before, change.after, change.final) if values]
    row = rows.row_of(kind, change.row)
    base = rows.values_of(row) if row is not None else {}
    return [base | {change.path: change.before}, base | {change.path: change.wanted}]
