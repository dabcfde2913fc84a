"""Trying a correction out: it is applied, looked at, and rolled back."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models, transaction

from . import rows
from .deciding import Verdict
from .errors import CouldNotApply
from .models import Change, Correction, Edition
from .rows import EPISODES, SharedName, SpoilerWarning
from .wording import RowNames
from .writing import ChangeWriter, always

Action, Decision = Change.Action, Change.Decision

MOST_TRIED = 200  # changes of a correction that is tried before it is decided

type ChangedRow = tuple[Change, models.Model | None]


@contextmanager
def as_if_applied(correction: Correction, verdicts: Mapping[UUID, Verdict] | None = None) -> Iterator[list[Change]]:
    """Let the block see the site as if the pending changes were accepted, and roll them back afterwards.

    Conflicts are overridden. With verdicts, rejected changes are left out and edited ones applied as edited. Raise
    CouldNotApply if the changes break a rule.
    """
    verdicts = verdicts or {}
    with transaction.atomic():
        Edition.begin()
        changes = [change for change in pending_changes(correction) if _is_accepted(verdicts.get(change.pk))]
        writer = ChangeWriter()
        for change in changes:
            verdict = verdicts.get(change.pk)
            if verdict is not None and verdict.altered:
                change.final, change.altered = verdict.final, True
            writer.add(change, override=always)
        writer.add_consequences()
        writer.write()
        writer.check()
        try:
            yield changes
        finally:
            transaction.set_rollback(True)


def _is_accepted(verdict: Verdict | None) -> bool:
    return verdict is None or verdict.accept


def pending_changes(correction: Correction) -> list[Change]:
    return [change for change in correction.changes.current() if change.decision == Decision.PENDING]


@dataclass
class Trial:
    """What would come of accepting a correction: what the linters say of its rows, and why it cannot be applied."""

    is_too_large: bool = False  # to be tried, so that nothing is known
    warnings: dict[UUID, list[SpoilerWarning]] = field(default_factory=dict)
    shared_names: dict[UUID, list[SharedName]] = field(default_factory=dict)
    problems: dict[UUID | None, list[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of pages that the correction adds, by their references

    @property
    def latest_episode(self) -> int:
        """The latest episode that its texts mention too early, or 0."""
        return max((each.episode for warnings in self.warnings.values() for each in warnings), default=0)


def try_out(correction: Correction, episode: int) -> Trial:
    """Try to accept all pending changes, and name the pages they add as they are known at an episode."""
    trial = Trial()
    pending = pending_changes(correction) if correction.is_undecided else []
    if not pending:
        return trial
    if len(pending) > MOST_TRIED:
        return Trial(is_too_large=True)
    try:
        with as_if_applied(correction) as applied:
            _lint(trial, [(change, rows.row_of(rows.editable(change.model), change.row)) for change in applied])
            added_pages = {
                f"{change.model}:{change.row}"
                for change in applied
                if change.action == Action.ADD and rows.editable(change.model).page
            }
            trial.names = RowNames(episode).of_pages(added_pages)
    except CouldNotApply as failure:
        trial.problems = {change.pk if change else None: list(texts) for change, texts in failure.messages.items()}
        _lint(trial, [(change, _unsaved_row(change)) for change in pending])
    return trial


def _lint(trial: Trial, changed: Sequence[ChangedRow]) -> None:
    trial.warnings = _findings(changed, rows.linters)
    trial.shared_names = _findings(changed, rows.namesakes)


def _findings[Finding: (SpoilerWarning, SharedName)](
    changed: Sequence[ChangedRow], linters: Sequence[Callable[[Iterable[models.Model]], list[list[Finding]]]]
) -> dict[UUID, list[Finding]]:
    """Return what linters say of each changed row, as far as it is because of the change."""
    present = [(change, row) for change, row in changed if row is not None and change.action != Action.REMOVE]
    findings: dict[UUID, list[Finding]] = {}
    for linter in linters:
        try:
            of_rows = linter([row for _, row in present])
        except ObjectDoesNotExist:  # a row points to one that does not exist
            continue
        for (change, _), of_row in zip(present, of_rows, strict=True):
            findings.setdefault(change.pk, []).extend(each for each in of_row if _is_of_change(each, change))
    return {pk: of_change for pk, of_change in findings.items() if of_change}


def _is_of_change(finding: SpoilerWarning | SharedName, change: Change) -> bool:
    return change.action == Action.ADD or finding.field == change.path or change.path in EPISODES


def _unsaved_row(change: Change) -> models.Model | None:
    """Return the row as the change would make it, without saving it."""
    kind = rows.editable(change.model)
    try:
        if change.action == Action.ADD:
            return rows.new_row(kind, change.row, change.wanted)
        row = rows.row_of(kind, change.row)
        if row is not None and change.action == Action.SET:
            rows.set_value(kind, row, change.path, change.wanted)
    except (ValidationError, ValueError, TypeError):
        return None
    return row
