"""What follows from a removal or a merge, in words: a line for each change that the write door adds by itself."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from corrections import rows
from corrections.models import Change
from corrections.rows import Editable, Values
from corrections.wording import RowNames, noun_of, value_in_words
from episodes.gate import Prose

Action = Change.Action

DONE = {Action.ADD: "is added", Action.REMOVE: "is left out"}


@dataclass(frozen=True, slots=True)
class ConsequenceLine:
    noun: str
    title: str
    done: str
    why: str
    since: int | None


def lines_of(changes: Iterable[Change], names: RowNames) -> list[ConsequenceLine]:
    """Put changes that are not published yet into words, by kind and in their order."""
    by_kind: defaultdict[Editable, dict[str, list[Change]]] = defaultdict(dict)
    for change in changes:
        by_kind[rows.editable(change.model)].setdefault(change.row, []).append(change)
    return [line for kind, by_row in by_kind.items() for line in _lines_of_kind(kind, by_row, names)]


def _lines_of_kind(kind: Editable, by_row: dict[str, list[Change]], names: RowNames) -> Iterable[ConsequenceLine]:
    values = _values(kind, by_row)
    _look_up(kind, by_row, names)
    titles = kind.titles(values.items(), names) if kind.titles is not None else [""] * len(values)
    for (key, each), title in zip(values.items(), titles, strict=True):
        of_row = by_row[key]
        done = [DONE.get(Action(change.action)) or _set_in_words(kind, change, names) for change in of_row]
        since = rows.latest_episode(kind, key, each, ())
        yield ConsequenceLine(noun_of(kind, each), title, ", ".join(done), of_row[0].why, since)


def _values(kind: Editable, by_row: dict[str, list[Change]]) -> dict[str, Values]:
    """Return the values of the rows as they are, or of new ones as they will be, in the order of the changes."""
    there = rows.read((kind.label, key) for key, (first, *_) in by_row.items() if first.action == Action.SET)
    as_they_are = {key: values for (_, key), (_, values) in there.items()}
    given = {key: first.before or first.after for key, (first, *_) in by_row.items() if first.action != Action.SET}
    return {key: values for key in by_row if (values := as_they_are.get(key) or given.get(key))}


def _look_up(kind: Editable, by_row: dict[str, list[Change]], names: RowNames) -> None:
    """Look up all names at once that the changed fields point to."""
    pointed: defaultdict[str, set[str]] = defaultdict(set)
    for change in (change for of_row in by_row.values() for change in of_row if change.path):
        if (target := kind.field(change.path).related_model) is not None:
            for value in (change.before, change.after):
                each = value if isinstance(value, list) else [value]
                pointed[target._meta.label_lower] |= {str(key) for key in each if key is not None}
    for label, keys in pointed.items():
        names.look_up(rows.editable(label), keys)


def _set_in_words(kind: Editable, change: Change, names: RowNames) -> str:
    label = kind.name_of(change.path)
    if isinstance(kind.field(change.path), Prose):
        return f"{label} rewritten"
    before, after = (value_in_words(kind, change.path, value, names) for value in (change.before, change.after))
    return f"{label}: {before} → {after}"
