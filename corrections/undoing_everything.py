"""Undoing at once all that somebody published. What others have built on it, or changed since, stays and is listed.

What several corrections did to one field is undone as one change, from how it is now to how it was before the first of
them. So it is planned on values alone, and then sent and published like any other correction, all of it or nothing.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import batched
from uuid import UUID

from django.contrib.auth.models import User
from django.db import models, transaction

from . import rows
from .conflicts import merge_lists
from .deciding import may_publish, publish
from .dependents import dependents_of
from .errors import Refused, RowInTheWay
from .letter import Letter
from .models import Change, Correction, Edition, Event
from .rows import Values
from .sending import Proposed, Sender, send
from .undoing import is_undone_by, without_undone

Action = Change.Action

AT_ONCE = 500  # rows in one query

type RowKey = tuple[str, str]
"""The model and the key of a row."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A change that is not undone, and whose correction came after it, where one did."""

    change: Change
    later: Correction | None


@dataclass(frozen=True)
class Plan:
    """How all that somebody published can be undone."""

    proposed: list[Proposed]
    kept: list[Kept]
    corrections: list[Correction]  # of which something is undone

    @property
    def stamp(self) -> str:
        """Name what is going to be done, so that nothing else is done than what was looked at."""
        said = [(each.action, each.model, each.row, each.path, each.before, each.after) for each in self.proposed]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def plan(sent: models.QuerySet[Correction]) -> Plan:
    """Plan to undo what was published of these corrections, which are all of one person."""
    return _Planner(sent).plan()


@transaction.atomic
def undo_everything(sent: models.QuerySet[Correction], *, by: User, reason: str, stamp: str) -> Correction:
    """Publish the plan with this stamp. Raise Refused if it would be another by now, and CouldNotApply if it fails."""
    if not may_publish(by):
        raise Refused("Only moderators can undo everything of somebody.")
    Edition.begin()  # whoever publishes meanwhile waits
    planned = plan(sent)
    if not planned.proposed:
        raise Refused("Nothing was undone: there is nothing left that could be.")
    if planned.stamp != stamp:
        raise Refused("Nothing was undone yet: something was published meanwhile. Look at it as it is now.")
    undone = send(planned.proposed, sender=Sender(by), letter=Letter(reason), kind=Correction.Kind.UNDO)
    publish(undone, by=by)
    Correction.objects.filter(pk__in=[each.pk for each in planned.corrections]).update(undone_in=undone)
    Event.objects.bulk_create(
        Event(
            correction=each, kind=Event.Kind.UNDONE, by=by, text="With all of its author.",
            state_before=each.state, state_after=each.state,
        )
        for each in planned.corrections
    )  # fmt: skip
    return undone


@dataclass
class _Planner:
    """Walks back through the changes of somebody, the last one first, on the values of the rows as they are now."""

    sent: models.QuerySet[Correction]
    row_by_key: dict[RowKey, models.Model] = field(default_factory=dict)
    current: dict[RowKey, Values | None] = field(default_factory=dict)
    wanted: dict[RowKey, Values | None] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    touched: defaultdict[RowKey, list[Change]] = field(default_factory=lambda: defaultdict(list))
    own: set[UUID] = field(default_factory=set)  # the keys of their corrections
    undone_in: set[UUID] = field(default_factory=set)  # in which of others these were undone at once

    def plan(self) -> Plan:
        own = Change.objects.current().applied().filter(correction__in=self.sent)
        changes = list(own.order_by("-applied_at", "-position").select_related("correction__undone_in"))
        self._read_rows({(each.model, each.row) for each in changes})
        self.own = {each.correction_id for each in changes}
        self.undone_in = {each.correction.undone_in_id for each in changes if each.correction.undone_in_id}
        last = self._last_changes()
        for change in changes:
            later = last[change.model, change.row, change.path]
            if later.correction_id in self.own:
                self._walk_back(change)
            elif not is_undone_by(change, later) and not self._is_as_before(change):
                self.kept.append(Kept(change, later.correction))
        self._keep_what_others_need()
        proposed = [each for key in self.wanted for each in self._net(key)]
        undone = {(each.model, each.row) for each in proposed}
        corrections = {each.correction for key in undone for each in self.touched[key]}
        return Plan(proposed, self.kept, sorted(corrections, key=lambda each: (each.created_at, str(each.pk))))

    def _read_rows(self, keys: set[RowKey]) -> None:
        there = rows.read(keys)
        for key in sorted(keys):
            row, values = there.get(key, (None, None))
            if row is not None:
                self.row_by_key[key] = row
            self.current[key] = values
            self.wanted[key] = None if values is None else dict(values)

    def _last_changes(self) -> dict[tuple[str, str, str], Change]:
        """Return the change that was published last of each place, whoever's it is, but for what others undid again."""
        keys = sorted({key for _, key in self.current})
        last: dict[tuple[str, str, str], Change] = {}
        for some in batched(keys, AT_ONCE):
            changes = Change.objects.current().applied().filter(row__in=some).order_by("applied_at", "position")
            changes = changes.select_related("correction__author")
            in_force = without_undone(changes, counting=self.own | self.undone_in)
            last |= {place: of_place[-1] for place, of_place in in_force.items() if of_place}
        return last

    def _is_as_before(self, change: Change) -> bool:
        now = self.wanted[change.model, change.row]
        if change.action != Action.SET:
            return now == change.was
        return now is not None and now.get(change.path) == change.was

    def _walk_back(self, change: Change) -> None:
        """Put the row as it was before a change of somebody, if it is as they left it."""
        key = change.model, change.row
        now = self.wanted[key]
        if self._is_as_before(change):
            return
        if change.action == Action.SET and now is not None:
            if change.path in rows.editable(change.model).many:
                now[change.path] = merge_lists(change.became, now[change.path], change.was or [])
            elif now[change.path] == change.became:
                now[change.path] = change.was
            else:
                self.kept.append(Kept(change, None))
                return
        elif change.action != Action.SET and now == (change.became if change.action == Action.ADD else None):
            self.wanted[key] = None if change.action == Action.ADD else change.was
        else:
            self.kept.append(Kept(change, None))
            return
        self.touched[key].append(change)

    # What others have built

    def _keep_what_others_need(self) -> None:
        """Keep the rows that rows of others need, and with a page all that was done to it, until nothing is missing."""
        removed = {key for key in self.wanted if self._is_removed(key)}
        needed_by = self._needed_by(removed)
        while blocked := {key for key in removed if needed_by[key] - removed}:
            pages = {f"{model}:{key}" for model, key in blocked if rows.editable(model).page}
            blocked |= {key for key in self.wanted if self._subjects(key) & pages}
            for key in blocked:
                self.kept += [Kept(change, None) for change in self.touched.pop(key, [])]
                self.wanted[key] = self.current[key]
            removed -= blocked

    def _is_removed(self, key: RowKey) -> bool:
        return self.current[key] is not None and self.wanted[key] is None

    def _needed_by(self, removed: set[RowKey]) -> dict[RowKey, set[RowKey]]:
        """Return the rows that would have to go with each row; those that lose a value alone are changed with it."""
        needed_by: dict[RowKey, set[RowKey]] = {key: set() for key in removed}
        for label, keys in rows.by_label(f"{label}:{key}" for label, key in removed).items():
            for needing in _needing([self.row_by_key[label, key] for key in sorted(keys)]):
                for column in needing._meta.concrete_fields:
                    needed = label, str(getattr(needing, column.attname))
                    if column.related_model is rows.editable(label).model and needed in removed:
                        needed_by[needed].add((needing._meta.label_lower, str(needing.pk)))
        return needed_by

    def _subjects(self, key: RowKey) -> set[str]:
        model, pk = key
        kind = rows.editable(model)
        states = (self.current[key], self.wanted[key])
        return {subject for values in states if values for subject in rows.subjects_of(kind, pk, values)}

    # What is left to do

    def _net(self, key: RowKey) -> Iterable[Proposed]:
        model, pk = key
        before, after = self.current[key], self.wanted[key]
        if before is None and after is not None:
            yield Proposed(Action.ADD, model, pk, after=after)
        elif before is not None and after is None:
            yield Proposed(Action.REMOVE, model, pk, before=before)
        elif before is not None and after is not None:
            for path in before:
                if before[path] != after.get(path):
                    yield Proposed(Action.SET, model, pk, path, before[path], after.get(path))


def _needing(doomed: list[models.Model]) -> list[models.Model]:
    """Return the rows that would have to go with some rows of one model."""
    try:
        return [each.row for each in dependents_of(doomed) if each.would_be_deleted]
    except RowInTheWay as error:
        if len(doomed) > 1:
            return [needing for row in doomed for needing in _needing([row])]
        return list(getattr(error.__cause__, "protected_objects", ()))
