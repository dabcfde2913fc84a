"""A change as a moderator reads it: what differs, in words, and what speaks against it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db import models
from django.utils.safestring import SafeString

from corrections import rows
from corrections.conflicts import can_be_overridden, outcome_of
from corrections.models import Change
from corrections.rows import Editable, Json, SpoilerWarning, Values
from corrections.trial import Trial
from corrections.wording import EMPTY, RowNames, is_text, noun_of, value_in_words
from episodes.names import listed
from episodes.order import sort_key

from .diffs import diff

Action, Decision, Outcome = Change.Action, Change.Decision, Change.Outcome

MOST_SHOWN = 100  # changes on one page
LONG = 60  # characters, from which on a text is shown in full width


@dataclass(frozen=True, slots=True)
class ChangeWithRow:
    """A change, and its row as it is at this moment."""

    change: Change
    kind: Editable
    row: models.Model | None
    values: Values

    @property
    def current(self) -> Json:
        if self.row is None:
            return None
        return self.values[self.change.path] if self.change.action == Action.SET else self.values

    @property
    def episode(self) -> int:
        """The episode in which the row is revealed, or 0."""
        return int(getattr(self.row, "known_in", None) or 0)


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field of a change. `then` and `now` are empty unless the field conflicts."""

    name: str
    label: str
    diff: SafeString
    then: SafeString | str = ""  # as the author saw it
    now: SafeString | str = ""  # how it differs from that now
    pictures: tuple[str, ...] = ()  # which of "before" and "after" there are to show
    long: bool = False


@dataclass(frozen=True, slots=True)
class ChangeReview:
    change: Change
    noun: str
    about: str
    known_from: str
    fields: tuple[FieldDiff, ...]
    current: Json
    episode: int  # in which the row is revealed
    conflict: bool
    gone: bool
    already: bool
    can_be_overridden: bool
    warnings: tuple[SpoilerWarning, ...]
    shared_names: tuple[tuple[str, int], ...]  # the other page, and from which episode on it has the name
    problems: tuple[str, ...]


def with_rows(changes: Iterable[Change]) -> list[ChangeWithRow]:
    """Return changes with their rows."""
    result = []
    for change in changes:
        kind = rows.editable(change.model)
        row = rows.row_of(kind, change.row)
        result.append(ChangeWithRow(change, kind, row, rows.values_of(row) if row is not None else {}))
    return result


def review(changes: Iterable[ChangeWithRow], names: RowNames, trial: Trial) -> list[ChangeReview]:
    """Put changes into words with these names, together with what a trial said of them."""
    changes = list(changes)
    subjects = {subject for each in changes for subject in each.change.subjects.values_list("subject", flat=True)}
    subjects |= {
        each.subject for shared in trial.shared_names.values() for each in shared if each.episode <= names.episode
    }
    page_names = trial.names | names.of_pages(subjects)
    return [_review(each, names, trial, page_names) for each in changes]


def _review(each: ChangeWithRow, names: RowNames, trial: Trial, page_names: Mapping[str, str]) -> ChangeReview:
    change, kind = each.change, each.kind
    is_pending = change.decision == Decision.PENDING and change.correction.is_undecided
    outcome = outcome_of(change, kind, each.row, each.current) if is_pending else Outcome.NONE
    conflict = outcome == Outcome.CONFLICT
    values = each.values | ((change.before or {}) if change.action == Action.REMOVE else {})
    values |= (change.wanted or {}) if change.action == Action.ADD else {}
    about = [page_names[subject.subject] for subject in change.subjects.all() if subject.subject in page_names]
    since = values.get("revealed_in")
    return ChangeReview(
        change=change,
        noun=noun_of(kind, values),
        about=listed(sorted(about, key=sort_key)),
        known_from=value_in_words(kind, "revealed_in", since, names) if since is not None else "",
        fields=tuple(_field_diffs(each, names, conflict=conflict, is_pending=is_pending)),
        current=each.current,
        episode=each.episode,
        conflict=conflict,
        gone=each.row is None and change.action == Action.SET and is_pending,
        already=outcome == Outcome.ALREADY,
        can_be_overridden=conflict and can_be_overridden(change, each.row),
        warnings=tuple(trial.warnings.get(change.pk, ())),
        shared_names=tuple(
            (page_names[other.subject], other.episode)
            for other in trial.shared_names.get(change.pk, ())
            if other.episode <= names.episode and other.subject in page_names
        ),
        problems=tuple(trial.problems.get(change.pk, ())),
    )


def _field_diffs(each: ChangeWithRow, names: RowNames, *, conflict: bool, is_pending: bool) -> Iterator[FieldDiff]:
    change, kind = each.change, each.kind
    before, after, current = _states(each, is_pending=is_pending)
    for name in kind.fields:
        old, new, now = ((values or {}).get(name) for values in (before, after, current))
        if change.action == Action.SET and name != change.path:
            continue
        if change.action != Action.SET and _is_blank(old) and _is_blank(new):
            continue
        label = kind.name_of(name)
        if name in kind.files:
            shown = tuple(which for which, value in (("before", old), ("after", new)) if value)
            yield FieldDiff(name, label, SafeString(""), pictures=shown)
            continue
        has_conflict = conflict and each.row is not None and now != old
        proposed = diff(kind, name, now if has_conflict and change.action == Action.SET else old, new, names)
        yield FieldDiff(
            name, label, proposed,
            then=(diff(kind, name, old, old, names) or EMPTY) if has_conflict else "",
            now=diff(kind, name, old, now, names) if has_conflict else "",
            long=is_text(kind, name) and max(len(str(old or "")), len(str(new or ""))) > LONG,
        )  # fmt: skip


def _states(each: ChangeWithRow, *, is_pending: bool) -> tuple[Values | None, Values | None, Values | None]:
    """Return the values by field before the change, after it, and now.

    What was published is shown as it happened; everything else as its author proposed it.
    """
    change = each.change
    is_published = not is_pending and change.outcome == Outcome.APPLIED
    before, after = (change.was, change.became) if is_published else (change.before, change.wanted)
    match change.action:
        case Action.SET:
            return {change.path: before}, {change.path: after}, {change.path: each.current}
        case Action.ADD:
            return None, after, each.current
    return before, None, each.current


def _is_blank(value: Json) -> bool:
    return value in (None, "", [], False)
