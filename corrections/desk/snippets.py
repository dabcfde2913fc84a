"""What corrections propose, in a line each: as the queue says it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from django.utils.text import Truncator

from corrections import rows
from corrections.models import Change
from corrections.rows import Values
from corrections.trial import mentioned_untried
from corrections.wording import (
    EMPTY,
    RowNames,
    in_words,
    is_text,
    value_in_words,
)
from episodes.axes import grouped_by_progress
from episodes.names import Name
from episodes.units import worded

from .clearance import Clearance
from .review import LONG

Action = Change.Action

MOST_SAID = 2  # changes of one correction
LONGEST = 120  # characters
WORDS_BEFORE = 4  # the first one that differs
HIDDEN = worded("Its text mentions {a} that you have not {watched}.")

type RowsByChange = Mapping[UUID, Values]
"""The row of each change: as it is where a field is set, or else as it would be added or removed."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The first changes of a correction, as many as are counted, and at which episode they are read."""

    changes: list[Change]
    episode: int


def snippets(proposals: Mapping[UUID, Proposal], values: RowsByChange, clearance: Clearance) -> dict[UUID, str]:
    """Say what each correction proposes, in a bounded number of queries; what tells of later episodes is left out."""
    said = {pk: each.changes[:MOST_SAID] for pk, each in proposals.items()}
    every_change = [change for changes in said.values() for change in changes]
    mentioned = {} if clearance.has_watched_all else mentioned_untried(every_change)
    lines: dict[UUID, str] = {}
    hidden: set[UUID] = set()
    for progress, keys in grouped_by_progress(proposals, lambda pk: proposals[pk].episode):
        for pk in keys:
            if not all(each.is_known(progress) for change in said[pk] for each in mentioned.get(change.pk, ())):
                hidden.add(pk)
        # The name of a newcomer may stand in a later change than what is said of them.
        names = RowNames(progress, changes=[change for pk in keys for change in proposals[pk].changes])
        lines |= _lines_of([change for pk in keys if pk not in hidden for change in said[pk]], names, values)
    return {
        pk: HIDDEN if pk in hidden else "; ".join(filter(None, (lines[change.pk] for change in changes)))
        for pk, changes in said.items()
    }


def _lines_of(changes: Iterable[Change], names: RowNames, values: RowsByChange) -> dict[UUID, str]:
    changes = list(changes)
    titles = titles_of(changes, names, values)
    texts = _texts_of([change for change in changes if _sets_a_text(change)], names)
    return {change.pk: _line(change, titles.get(change.pk, ""), texts.get(change.pk), names) for change in changes}


def _sets_a_text(change: Change) -> bool:
    kind = rows.editable(change.model)
    return change.action == Action.SET and change.path not in kind.files and is_text(kind, change.path)


def _texts_of(changes: list[Change], names: RowNames) -> dict[UUID, tuple[str, str]]:
    """Return the texts before and after each of these changes, with names for mentions."""
    texts = [str(value or "") for change in changes for value in (change.before, change.wanted)]
    words = iter(in_words(texts, names))
    return {change.pk: pair for change, pair in zip(changes, zip(words, words, strict=True), strict=True)}


def titles_of(changes: list[Change], names: RowNames, values: RowsByChange) -> dict[UUID, str]:
    by_label: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if values.get(change.pk):
            by_label[change.model].append(change)
    titles: dict[UUID, str] = {}
    for label, of_label in by_label.items():
        kind = rows.editable(label)
        if kind.titles is not None:
            blank = rows.blank_values(kind)
            named = [(change.row, blank | values[change.pk]) for change in of_label]
            titles |= zip((change.pk for change in of_label), kind.titles(named, names), strict=True)
    return titles


def _line(change: Change, title: str, texts: tuple[str, str] | None, names: RowNames) -> str:
    """Say what is added or removed, or which field of which row becomes what."""
    kind, short_title = rows.editable(change.model), _short(title)
    if change.action != Action.SET or change.path in kind.files:
        return short_title
    label = kind.name_of(change.path)
    if texts is None:
        before, after = (value_in_words(kind, change.path, value, names) for value in (change.before, change.wanted))
    elif max(map(len, texts)) > LONG:
        return f"{label}: {around_difference(*texts) or EMPTY}"
    else:
        before, after = (text or EMPTY for text in texts)
    row = "" if title == before else f"{short_title} – "
    return f"{row}{label}: {before} → {after}"


def _short(title: str) -> str:
    """Return a title cut to a line; a name stays set apart from what stands around it."""
    short = Truncator(title).chars(LONGEST)
    return f"{Name(short)}" if isinstance(title, Name) else short


def around_difference(before: str, after: str) -> str:
    """Return a text from a little before where it begins to differ from another."""
    old, new = before.split(), after.split()
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))))
    start = max(0, min(same, len(new)) - WORDS_BEFORE)
    return Truncator(("… " if start else "") + " ".join(new[start:])).chars(LONGEST)
