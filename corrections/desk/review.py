"""A change as a moderator reads it: what differs, in words, and what speaks against it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db import models
from django.db.models import prefetch_related_objects
from django.utils.safestring import SafeString

from corrections import rows
from corrections.conflicts import can_be_overridden, outcome_of, rows_there_already
from corrections.merged import put_survivors
from corrections.models import Change
from corrections.rows import FIRST_PLACES, Editable, Json, SpoilerWarning, Values
from corrections.trial import Trial
from corrections.wording import EMPTY, RowNames, in_words, is_text, noun_of, value_in_words
from episodes.models import Episode
from episodes.names import listed
from episodes.order import sort_key

from .diffs import diff

Action, Decision, Outcome = Change.Action, Change.Decision, Change.Outcome

MOST_SHOWN = 100  # changes on one page
MOST_WEIGHT = 200_000  # of the changes on one page, in bytes as `_weight` guesses them
MOST_OF_A_TEXT = 600  # characters of one that does not change
LONG = 60  # characters, from which on a text is shown in full width


@dataclass(frozen=True)
class ChangeWithRow:
    """A change, and its row as it is at this moment."""

    change: Change
    kind: Editable
    row: models.Model | None
    values: Values
    is_there: bool | None = None  # of an addition, whether there is the same row, if that is known

    @property
    def current(self) -> Json:
        if self.row is None:
            return None
        return self.values[self.change.path] if self.change.action == Action.SET else self.values

    def later_than(self, progress: int) -> int:
        """Return the episode in which the row is revealed, or 0 where it is known at some progress."""
        return rows.later_than(self.row, progress)

    @property
    def is_pending(self) -> bool:
        return self.change.decision == Decision.PENDING and self.change.correction.is_undecided

    @cached_property
    def outcome(self) -> Change.Outcome:
        """What accepting it would lead to."""
        if not self.is_pending:
            return Outcome.NONE
        return outcome_of(self.change, self.kind, self.row, self.current, is_there=self.is_there)

    @property
    def can_be_overridden(self) -> bool:
        return self.outcome == Outcome.CONFLICT and can_be_overridden(self.change, self.row)


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
    changes: bool = True  # or else it stands there only to tell which row it is


@dataclass(frozen=True, slots=True)
class ChangeReview:
    change: Change
    noun: str
    about: str
    known_from: str
    fields: tuple[FieldDiff, ...]
    conflict: bool
    gone: bool
    already: bool
    warnings: tuple[tuple[SpoilerWarning, bool], ...]  # each with whether it can be told
    shared_names: tuple[tuple[str, int], ...]  # the other page, and from which episode on it has the name
    problems: tuple[str, ...]
    why: str  # the reason of a verdict
    into: str = ""  # the page that a removed one becomes one with
    survivors: tuple[str, ...] = ()  # the pages for which it is decided instead of others that are gone
    is_renamed: bool = False  # texts will name its row by another key


def parts_of(changes: Iterable[Change]) -> list[list[Change]]:
    """Return the changes of a correction in parts, each for a page of its own: undecided ones first."""
    parts: list[list[Change]] = [[]]
    weight = 0
    for change in sorted(changes, key=lambda change: change.decision != Decision.PENDING):
        weight += _weight(change)
        if parts[-1] and (weight > MOST_WEIGHT or len(parts[-1]) == MOST_SHOWN):
            parts.append([])
            weight = _weight(change)
        parts[-1].append(change)
    return parts


def _weight(change: Change) -> int:
    """Return about how many bytes a change takes on the page: its texts, and the fields in which it can be edited."""
    fields = 1 if change.action == Action.SET else len(rows.editable(change.model).fields)
    before, after = (rows.text_length(values) for values in (change.before, change.wanted))
    if change.decision == Decision.PENDING:
        return 2_500 + 600 * fields + 6 * (before + 2 * after)
    return 1_000 + 200 * fields + 4 * (before + after)


def with_rows(changes: Iterable[Change]) -> list[ChangeWithRow]:
    """Return changes with their rows, which are read at once, as are the pages that the changes are about."""
    changes = list(changes)
    prefetch_related_objects(changes, "subjects")
    put_survivors(each for each in changes if each.decision == Decision.PENDING)
    there = rows.read((change.model, change.row) for change in changes)
    are_there = rows_there_already(each for each in changes if (each.model, each.row) not in there)
    result = []
    for change in changes:
        row, values = there.get((change.model, change.row), (None, {}))
        result.append(ChangeWithRow(change, rows.editable(change.model), row, values, are_there.get(change.pk)))
    return result


def review(
    changes: Iterable[ChangeWithRow], names: RowNames, trial: Trial, *, reads: Callable[[str], str]
) -> list[ChangeReview]:
    """Put changes into words with these names, together with what a trial said of them. `reads` hides too telling ones
    of the reasons of verdicts.
    """
    changes = list(changes)
    prepare(names, changes)
    subjects = {subject for each in changes for subject in _subjects_of(each.change)}
    subjects |= {reference for each in changes for reference in each.change.survivors or ()}
    subjects |= {
        each.subject
        for shared in trial.shared_names.values()
        for each in shared
        if each.place_for(names.episode) is not None
    }
    page_names = trial.names | names.of_pages(subjects)
    reasons = in_words([reads(each.change.why) for each in changes], names)
    return [_review(each, names, trial, page_names, why) for each, why in zip(changes, reasons, strict=True)]


def prepare(names: RowNames, changes: Iterable[ChangeWithRow]) -> None:
    """Look up at once the names of all that some changes are about, point to and mention."""
    changes = list(changes)
    names.prepare((each.kind, values) for each in changes for values in _all_values(each))
    names.of_pages({subject for each in changes for subject in _subjects_of(each.change)})


def _all_values(each: ChangeWithRow) -> Iterator[Values]:
    """Yield all values that can be shown of a change: of its row, and what it says of them."""
    change = each.change
    yield each.values
    for value in (change.before, change.wanted, change.was, change.became):
        if value is not None:
            yield {change.path: value} if change.path else value


def _review(
    each: ChangeWithRow, names: RowNames, trial: Trial, page_names: Mapping[str, str], why: str
) -> ChangeReview:
    change, kind = each.change, each.kind
    conflict = each.outcome == Outcome.CONFLICT
    values = each.values | ((change.before or {}) if change.action == Action.REMOVE else {})
    values |= (change.wanted or {}) if change.action == Action.ADD else {}
    subjects = _subjects_of(change)
    about = listed(sorted((page_names[subject] for subject in subjects if subject in page_names), key=sort_key))
    since = values.get("revealed_in")
    if since is not None and (place := rows.place_for(values, names.episode)) is not None:
        since = place
    is_unit = kind.model is Episode and bool(about)  # “Add chapter 41” says all of it
    is_said = since is None or f"episodes.episode:{since}" in subjects  # by whom it is about
    return ChangeReview(
        change=change,
        noun=about if is_unit else noun_of(kind, values, change.row),
        about="" if is_unit else about,
        known_from="" if is_said else value_in_words(kind, "revealed_in", since, names),
        fields=tuple(_field_diffs(each, names, conflict=conflict)),
        conflict=conflict,
        gone=each.row is None and change.action == Action.SET and each.is_pending,
        already=each.outcome == Outcome.ALREADY,
        warnings=tuple((each, each.is_known(names.episode)) for each in trial.warnings.get(change.pk, ())),
        shared_names=tuple(
            (page_names[other.subject], place)
            for other in trial.shared_names.get(change.pk, ())
            if (place := other.place_for(names.episode)) is not None and other.subject in page_names
        ),
        problems=tuple(trial.problems.get(change.pk, ())),
        why=why,
        into=page_names.get(f"{kind.label}:{change.into}", "another") if change.into else "",
        survivors=tuple(page_names.get(reference, "another") for reference in change.survivors or ()),
        is_renamed=kind.handle is not None and change.path == kind.handle.field,
    )


def _subjects_of(change: Change) -> list[str]:
    return [each.subject for each in change.subjects.all()]


def _field_diffs(each: ChangeWithRow, names: RowNames, *, conflict: bool) -> Iterator[FieldDiff]:
    """Yield the fields of the row in the order in which people read them. Of a set field the rest of the row is shown
    as it is now, because the field alone does not tell what the change is about.
    """
    change, kind = each.change, each.kind
    before, after, current = _states(each)
    for name in kind.fields:
        old, new, now = ((values or {}).get(name) for values in (before, after, current))
        if change.action == Action.SET and name != change.path:
            if not _is_blank(each.values.get(name)) and name not in (*kind.files, *kind.unseen):
                yield _same(kind, name, each.values[name], names)
            continue
        if change.action != Action.SET and _is_blank(old) and _is_blank(new):
            continue
        if name in FIRST_PLACES and not change.path and (before or after or {}).get(FIRST_PLACES[name]) in (old, new):
            continue  # what chapters alone tell has its chapter in both
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


def _same(kind: Editable, name: str, value: Json, names: RowNames) -> FieldDiff:
    if is_text(kind, name):
        value = _beginning(str(value))
    return FieldDiff(
        name, kind.name_of(name), diff(kind, name, value, value, names), changes=False,
        long=is_text(kind, name) and len(str(value)) > LONG,
    )  # fmt: skip


def _beginning(text: str) -> str:
    """Return the beginning of a long text, without a mention that would be cut."""
    if len(text) <= MOST_OF_A_TEXT:
        return text
    start = text[:MOST_OF_A_TEXT]
    if start.rfind("[[") > start.rfind("]]"):
        start = start[: start.rfind("[[")]
    return f"{start.rstrip('[')} …"


def _states(each: ChangeWithRow) -> tuple[Values | None, Values | None, Values | None]:
    """Return the values by field before the change, after it, and now.

    What was published is shown as it happened; everything else as its author proposed it.
    """
    change = each.change
    is_published = not each.is_pending and change.outcome == Outcome.APPLIED
    before, after = (change.was, change.became) if is_published else (change.before, change.wanted)
    match change.action:
        case Action.SET:
            return {change.path: before}, {change.path: after}, {change.path: each.current}
        case Action.ADD:
            return None, after, each.current
    return before, None, each.current


def _is_blank(value: Json) -> bool:
    return value in (None, "", [], False)
