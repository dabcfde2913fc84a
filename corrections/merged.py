"""What waits for a row that became one with another meanwhile: it is decided for the row that stays.

The change is kept as its author sent it. Whoever looks at it or accepts it has the row that stays in the place of the
one that is gone, and what is published is noted as the moderator's version.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from episodes.gate import Prose

from . import rows
from .models import Change
from .rows import Editable, Json

type RowKey = tuple[str, str]
"""The label of the model and the key of a row."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """The row that another became one with, perhaps through several merges."""

    key: str
    since: int  # the episode from which on the row was known that is gone
    former_handle: str = ""
    handle: str = ""


type Survivors = dict[RowKey, Survivor]


def put_survivors(changes: Iterable[Change]) -> None:
    """Let changes that are not saved again name the rows that stay, and note on each which these are, once."""
    changes = [change for change in changes if change.survivors is None]
    there = _survivors_named_in(changes) if changes else {}
    # Whoever undoes a merge has the row back.
    coming = Change.objects.current().filter(
        correction__in={change.correction_id for change in changes},
        action=Change.Action.ADD,
        row__in=[key for _, key in there],
    )
    for place in coming.values_list("model", "row") if there else ():
        there.pop(place, None)
    named = _named_by_texts(there)
    for change in changes:
        change.survivors = _put_in_change(change, there, named) if there else ()


def pages_that_stay(references: Iterable[str], episode: int) -> set[str]:
    """Return the references of the pages that some of these became one with, as somebody at an episode may know."""
    there = _survivors({(label, key) for label, keys in rows.by_label(references).items() for key in keys})
    return {f"{label}:{each.key}" for (label, _), each in there.items() if each.since <= episode}


def _survivors(places: set[RowKey]) -> Survivors:
    """Return the row that stays for each of these that became one with another and is gone."""
    return _followed(
        {(each.model, each.row): each for each in _merges()}, lambda merge: (merge.model, merge.row) in places
    )


def _survivors_named_in(changes: Sequence[Change]) -> Survivors:
    """Return the same for all rows that some changes name."""
    said = json.dumps([[each.row, each.into, each.before, each.wanted] for each in changes])

    def is_named(merge: Change) -> bool:
        handle = rows.editable(merge.model).handle
        mention = f"[[{(merge.was or {}).get(handle.field, '')}" if handle is not None else ""
        return f'"{merge.row}"' in said or bool(mention.strip("[") and mention in said)

    return _followed({(each.model, each.row): each for each in _merges()}, is_named)


def _merges() -> Iterable[Change]:
    return Change.objects.merges().order_by("applied_at", "position")


def _followed(merges: dict[RowKey, Change], is_wanted: Callable[[Change], bool]) -> Survivors:
    """Return the rows that stay for those that are wanted and gone, perhaps through several merges."""
    wanted = {place: merge for place, merge in merges.items() if is_wanted(merge)}
    there = rows.read({*merges, *((each.model, each.into) for each in merges.values())}) if wanted else {}
    found: Survivors = {}
    for place, merge in wanted.items():
        label, last, seen = merge.model, merge.into, {place}
        while (label, last) not in there and (label, last) in merges and (label, last) not in seen:
            seen.add((label, last))
            last = merges[label, last].into
        if place not in there and (label, last) in there:
            handle, was = rows.editable(label).handle, merge.was or {}
            now = there[label, last][1][handle.field] if handle is not None else ""
            former = was.get(handle.field, "") if handle is not None else ""
            found[place] = Survivor(last, was.get("revealed_in") or 0, former, now)
    return found


def _put_in_change(change: Change, there: Survivors, named: Survivors) -> tuple[str, ...]:
    """Put the rows that stay into the values of a change, and return the references of these."""
    kind, met = rows.editable(change.model), dict[RowKey, Survivor]()
    before, wanted = (_put(kind, change, value, there, named, met) for value in (change.before, change.wanted))
    if wanted != change.wanted:
        change.final, change.altered = wanted, True
    change.before = before
    for place in ((change.model, change.row), (change.model, change.into)):
        if place in there:
            met[place] = there[place]
    if (change.model, change.into) in there:
        change.into = there[change.model, change.into].key
    return tuple(sorted({f"{label}:{each.key}" for (label, _), each in met.items()}))


def _named_by_texts(there: Survivors) -> Survivors:
    """Return those of whom texts can only mean the row that stays: nobody else has got the handle since."""
    named = {place: each for place, each in there.items() if each.former_handle}
    handles = {each.former_handle for each in named.values()}
    taken: set[str] = set()
    for kind in rows.registered():
        if named and kind.handle is not None:
            name = kind.handle.field
            taken |= set(kind.model._base_manager.filter(**{f"{name}__in": handles}).values_list(name, flat=True))
    return {place: each for place, each in named.items() if each.former_handle not in taken}


def _put(
    kind: Editable, change: Change, value: Json, there: Survivors, named: Survivors, met: dict[RowKey, Survivor]
) -> Json:
    """Return a value of a change with the rows that stay, which are added to `met`."""
    if change.path:
        return _put_in_field(kind, change.path, value, there, named, met)
    if not isinstance(value, dict):
        return value
    return {name: _put_in_field(kind, name, each, there, named, met) for name, each in value.items()}


def _put_in_field(
    kind: Editable, name: str, value: Json, there: Survivors, named: Survivors, met: dict[RowKey, Survivor]
) -> Json:
    field = kind.field(name) if name in kind.fields else None
    if isinstance(field, Prose) and isinstance(value, str):
        return _put_in_text(value, named, met)
    if field is None or field.related_model is None:
        return value
    label = field.related_model._meta.label_lower

    def key(each: Any) -> Any:
        survivor = there.get((label, each))
        if survivor is None:
            return each
        met[label, each] = survivor
        return survivor.key

    return sorted({key(each) for each in value}) if isinstance(value, list) else key(value)


def _put_in_text(text: str, named: Survivors, met: dict[RowKey, Survivor]) -> str:
    for (label, key), survivor in named.items():
        handle = rows.editable(label).handle
        if handle is not None and f"[[{survivor.former_handle}" in text:
            rewritten = handle.rewritten(text, survivor.former_handle, survivor.handle)
            if rewritten != text:
                met[label, key], text = survivor, rewritten
    return text
