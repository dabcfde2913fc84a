"""Trying a correction out: it is applied where nothing is kept, and looked at."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from uuid import UUID

from django.core.cache import caches
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import prefetch_related_objects

from episodes.axes import key_of
from episodes.names import Name

from . import editions, rows
from .deciding import Verdict
from .errors import CouldNotApply
from .merged import put_survivors
from .models import Change, Correction
from .rows import EPISODES, Findings, Linter, SharedName, SpoilerWarning, text_length
from .scratch import nothing_is_kept
from .wording import RowNames, names_from_additions
from .writing import ChangeWriter, always

Action, Decision = Change.Action, Change.Decision

FEW = 20  # changes that are tried each time
MOST_TRIED = 200  # changes of a correction that is tried before it is decided

MOST_TEXT_TRIED = 100_000  # characters in the changes of such a correction

type ChangedRow = tuple[Change, models.Model | None]


@contextmanager
def as_if_applied(
    correction: Correction, verdicts: Mapping[UUID, Verdict] | None = None, *, consequences: list[Change] | None = None
) -> Iterator[list[Change]]:
    """Let the block see the site as if the pending changes were accepted; afterwards nothing of it is left.

    What follows from them is added to `consequences`. Conflicts are overridden. With verdicts, rejected changes are
    left out and edited ones applied as edited. Raise CouldNotApply if the changes break a rule.
    """
    verdicts = verdicts or {}
    with nothing_is_kept():
        changes = [change for change in pending_changes(correction) if _is_accepted(verdicts.get(change.pk))]
        writer = ChangeWriter()
        for change in changes:
            verdict = verdicts.get(change.pk)
            if verdict is not None and verdict.altered:
                change.final, change.altered = verdict.final, True
        writer.add([(change, always) for change in changes])
        following = writer.add_consequences()
        if consequences is not None:
            consequences += following
        writer.write()
        writer.check()
        yield changes


def is_too_large(pending: Sequence[Change]) -> bool:
    """Return whether these are more changes or more text than are tried."""
    return len(pending) > MOST_TRIED or sum(text_length(change.wanted) for change in pending) > MOST_TEXT_TRIED


def _is_accepted(verdict: Verdict | None) -> bool:
    return verdict is None or verdict.accept


def pending_changes(correction: Correction) -> list[Change]:
    """Return the changes that are not decided, with the rows that stay for those that became one with them."""
    pending = [change for change in correction.changes.current() if change.decision == Decision.PENDING]
    put_survivors(pending)
    return pending


@dataclass
class Trial:
    """What would come of accepting a correction: what the linters say of its rows, and why it cannot be applied."""

    is_too_large: bool = False  # to be tried, so that nothing is known
    problems: dict[UUID | None, list[str]] = field(default_factory=dict)
    consequences: list[Change] = field(default_factory=list)  # what follows from its removals and merges
    names: dict[str, Name] = field(default_factory=dict)  # of pages that the correction adds, by their references
    spoilers: "FindingsByChange[SpoilerWarning]" = dict
    namesakes: "FindingsByChange[SharedName]" = dict

    @cached_property
    def warnings(self) -> dict[UUID, list[SpoilerWarning]]:
        """What its texts say too early, by the change."""
        return self.spoilers()

    @cached_property
    def shared_names(self) -> dict[UUID, list[SharedName]]:
        return self.namesakes()

    def latest_episode(self, progress: int) -> int:
        """Return the latest episode that its texts mention too early, of those not known at some progress, or 0."""
        warnings = (each for of_change in self.warnings.values() for each in of_change)
        return max((each.episode for each in warnings if not each.is_known(progress)), default=0)


type FindingsByChange[Finding] = Callable[[], dict[UUID, list[Finding]]]
"""Finds what linters say of each change, without the database; it may take long."""


def try_out(correction: Correction, episode: int, *, hides_nothing: bool = False) -> Trial:
    """Try to accept all pending changes, and name the pages they add as they are known at an episode.

    For somebody from whom nothing is hidden it is tried once, and not for each part of a large correction: words of it
    do not depend on who reads them then.
    """
    pending = pending_changes(correction) if correction.is_undecided else []
    if not pending:
        return Trial()
    if is_too_large(pending):
        return Trial(is_too_large=True)
    key = _key_of(pending, episode) if hides_nothing and len(pending) > FEW else ""
    kept: _KeptTrial | None = caches["lists"].get(key) if key else None
    if kept is not None:
        return kept.again()
    trial = _tried(correction, pending, episode)
    if key:
        caches["lists"].set(key, _KeptTrial.of(trial))
    return trial


def _key_of(pending: Sequence[Change], episode: int) -> str:
    """Return a key of all that a trial depends on, or nothing if what comes of it may not be kept."""
    edition = editions.current()
    if edition is None or edition.database != DEFAULT_DB_ALIAS:
        return ""
    proposed = [
        (str(each.pk), each.action, each.model, each.row, each.path, each.before, each.wanted, each.into)
        for each in pending
    ]
    digest = sha256(json.dumps(proposed, sort_keys=True).encode()).hexdigest()
    return f"trial:{edition.stamp}:{key_of(episode)}:{digest}"


@dataclass(frozen=True, slots=True)
class _KeptTrial:
    """What came of a trial, for the next part of the same correction. Nothing in it is changed."""

    problems: dict[UUID | None, list[str]]
    consequences: list[Change]
    names: dict[str, Name]
    warnings: dict[UUID, list[SpoilerWarning]]
    shared_names: dict[UUID, list[SharedName]]
    size: int  # in bytes, about

    @classmethod
    def of(cls, trial: Trial) -> "_KeptTrial":
        found = (trial.warnings, trial.shared_names, trial.problems)
        findings = sum(len(of_change) for by_change in found for of_change in by_change.values())
        texts = sum(text_length(each.before) + text_length(each.after) for each in trial.consequences)
        size = 1_000 * (1 + findings + len(trial.names)) + 5_000 * len(trial.consequences) + 4 * texts
        return cls(trial.problems, trial.consequences, trial.names, trial.warnings, trial.shared_names, size)

    def again(self) -> Trial:
        return Trial(
            problems=dict(self.problems), consequences=list(self.consequences), names=dict(self.names),
            spoilers=lambda: self.warnings, namesakes=lambda: self.shared_names,
        )  # fmt: skip


def _tried(correction: Correction, pending: Sequence[Change], episode: int) -> Trial:
    trial = Trial()
    try:
        with as_if_applied(correction, consequences=trial.consequences) as applied:
            _prepare(trial, _rows_of(applied))
            trial.names = RowNames(episode).of_pages(_added_names(applied))
    except CouldNotApply as failure:
        trial.problems = {change.pk if change else None: list(texts) for change, texts in failure.messages.items()}
        _prepare(trial, _unsaved_rows(pending))
    return trial


def _rows_of(changes: Sequence[Change]) -> list[ChangedRow]:
    """Return changes with their rows, in a few queries for each model."""
    there = rows.read((change.model, change.row) for change in changes)
    return _with_targets((change, there.get((change.model, change.row), (None,))[0]) for change in changes)


def _unsaved_rows(changes: Iterable[Change]) -> list[ChangedRow]:
    """Return changes with their rows as they would make them, without saving them."""
    changes = list(changes)
    there = rows.read((change.model, change.row) for change in changes)
    rows_as_they_are = [(change, there.get((change.model, change.row), (None,))[0]) for change in changes]
    # A copy for each change: several may be of one row.
    return _with_targets((change, _unsaved_row(change, copy(row))) for change, row in rows_as_they_are)


def _with_targets(changed: Iterable[ChangedRow]) -> list[ChangedRow]:
    """Read at once what rows point to that they may belong to."""
    changed = list(changed)
    of_label: defaultdict[str, list[models.Model]] = defaultdict(list)
    for _, row in changed:
        if row is not None:
            of_label[row._meta.label_lower].append(row)
    for label, of_model in of_label.items():
        for name, _ in rows.fields_with_pages(label):
            if name not in rows.editable(label).many:
                prefetch_related_objects(of_model, name)
                for row in of_model:  # one that points to nothing has to fail as it does by itself
                    if row._state.fields_cache.get(name, row) is None:
                        del row._state.fields_cache[name]
    return changed


def names_of_additions(changes: Sequence[Change], episode: int) -> dict[str, Name]:
    """Return the names at an episode of the pages, tags and episodes that changes would add, without trying them."""
    added, names = _added_names(changes), names_from_additions(changes, episode)
    for change in changes:
        reference, page = f"{change.model}:{change.row}", rows.editable(change.model).page
        if reference in added and (page is None or page.names_from is None):  # it is named by itself
            row = _unsaved_row(change, None)
            names |= {reference: Name(row)} if row is not None else {}
    return {reference: name for reference, name in names.items() if reference in added}


def _added_names(changes: Sequence[Change]) -> set[str]:
    added = ((change, rows.editable(change.model)) for change in changes if change.action == Action.ADD)
    return {f"{kind.label}:{change.row}" for change, kind in added if kind.page or not kind.is_known_from_an_episode}


def _prepare(trial: Trial, changed: Sequence[ChangedRow]) -> None:
    """Let the linters read from the database what they need; they look at the texts when somebody asks for it."""
    trial.spoilers = _findings(changed, rows.linters)
    trial.namesakes = _findings(changed, rows.namesakes)


def _findings[Finding: (SpoilerWarning, SharedName)](
    changed: Sequence[ChangedRow], linters: Sequence[Linter[Finding]]
) -> FindingsByChange[Finding]:
    """Return a function that finds what linters say of each changed row, as far as it is because of the change."""
    present = [(change, row) for change, row in changed if row is not None and change.action != Action.REMOVE]
    prepared: list[Findings[Finding]] = []
    for linter in linters:
        with suppress(ObjectDoesNotExist):  # a row points to one that does not exist
            prepared.append(linter([row for _, row in present]))

    def find() -> dict[UUID, list[Finding]]:
        findings: dict[UUID, list[Finding]] = {}
        for findings_of_rows in prepared:
            for (change, _), of_row in zip(present, findings_of_rows(), strict=True):
                findings.setdefault(change.pk, []).extend(each for each in of_row if _is_of_change(each, change))
        return {pk: of_change for pk, of_change in findings.items() if of_change}

    return find


def mentioned_untried(changes: Iterable[Change]) -> dict[UUID, list[SpoilerWarning]]:
    """Return what the texts of some changes mention too early, as they stand, by the change."""
    return _findings(_unsaved_rows(changes), rows.linters)()


def _is_of_change(finding: SpoilerWarning | SharedName, change: Change) -> bool:
    return change.action == Action.ADD or finding.field == change.path or change.path in EPISODES


def _unsaved_row(change: Change, row: models.Model | None) -> models.Model | None:
    """Return the row of a change as it would make it, given the one that is there. It is not saved."""
    kind = rows.editable(change.model)
    try:
        if change.action == Action.ADD:
            return rows.new_row(kind, change.row, change.wanted)
        if row is not None and change.action == Action.SET:
            rows.set_value(kind, row, change.path, change.wanted)
            rows.set_places(kind, row, (change.path,))
    except (ValidationError, ValueError, TypeError):
        return None
    return row
