"""What has to change so that two subjects that are one by mistake become one.

All that hangs on one of them moves to the other. Where both have a row that says the same, the one known earlier stays,
or else that of who stays; it is a headline if either was, and ends when the last of them does. Names of who goes head
the page only before who stays had one. What would tie somebody to themselves is left out.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, reduce
from operator import or_
from typing import Any

from django.db.models import Q

from characters.kinds import (
    ALIAS,
    FORMER_ADDRESS,
    KINDS,
    MEMBERSHIP,
    PORTRAIT,
    RELATIONSHIP,
    REVELATION,
    TAGGINGS,
    TRAIT,
    UNMASKING,
    Kind,
    kind_of,
    prose_of,
)
from characters.models import Subject
from characters.models.revelations import CONCERNED
from characters.text.mentions import with_other_key
from characters.vocabulary import current, stored, using
from corrections import rows
from corrections.models import Change
from corrections.rows import Json, Values
from corrections.sending import Proposed, adding, setting
from episodes.neighbours import neighbours
from episodes.texts import identity

Action = Change.Action

SAME = "There is one that says the same."
ANOTHER = "Who stays has another, and there can be only one."
WITH_ITSELF = "It would tie somebody to themselves."
NO_HEADLINE = "It no longer heads the page."
LEADS_ON = "The former address leads to who stays."
CAME_EARLIER = "Who goes was there earlier."


type Step = tuple[Proposed, str]
"""A change, and why, where that does not go without saying."""


@dataclass
class _Row:
    """A row of either, as it was and as it is going to be; None if it is left out."""

    kind: Kind
    row: Any
    is_of_who_stays: bool
    before: Values
    after: Values | None
    why: list[str] = field(default_factory=list)

    def leave_out(self, why: str) -> None:
        self.after, self.why = None, [why]

    def put(self, name: str, value: Json, why: str = "") -> None:
        if self.after is not None and self.after.get(name) != value:
            self.after[name] = value
            self.why += [why] * bool(why)


def merging(goes: Subject, stays: Subject) -> list[Step]:
    """Return what moves all of one subject to another of its kind; the removal of the former is not among it."""
    with using(cache(stored)):  # all words as they are now, read once however many rows there are
        return _merging(goes, stays)


def _merging(goes: Subject, stays: Subject) -> list[Step]:
    steps: list[Step] = []
    seen: set[tuple[str, str]] = set()
    for kind in KINDS:
        of_kind = _rows_of(kind, goes, stays)
        _unite(kind, of_kind)
        if kind is ALIAS:
            _choose_headlines(of_kind, stays)
        seen |= {(kind.label, str(each.row.pk)) for each in of_kind}
        steps += [step for each in of_kind for step in _steps_of(each)]
    steps += _concerned(goes, stays)
    steps += _mentions(goes, stays, seen)
    steps += _first_episode(goes, stays)
    former: Values = dict.fromkeys(FORMER_ADDRESS.owners) | {kind_of(stays).name: str(stays.pk)}
    former |= {"address": goes.public_id, "revealed_in": goes.revealed_in_id, "also_in": goes.also_in_id}
    former |= {"inferred": False}
    steps.append((adding(FORMER_ADDRESS.label, former), LEADS_ON))
    return steps


# Rows that belong to one of them, or tie them to others


def _rows_of(kind: Kind, goes: Subject, stays: Subject) -> list[_Row]:
    """Return the rows of both, with who stays in the place of who goes; those of who stays first, then by episode."""
    names = [name for name in kind.owners + kind.connects if kind.related_model(name) is type(goes)]
    if not names:
        return []
    either = reduce(or_, (Q(**{f"{name}__in": [goes.pk, stays.pk]}) for name in names))
    found = []
    for row in kind.model._base_manager.filter(either).order_by("revealed_in", "pk"):
        before = rows.single_values(rows.editable(kind.label), row)
        is_of_who_goes = any(before[name] == str(goes.pk) for name in names)
        after = before | {name: str(stays.pk) for name in names if before[name] == str(goes.pk)}
        after |= {name: with_other_key(before[name], goes.key, stays.key) for name in prose_of(kind)}
        each = _Row(kind, row, not is_of_who_goes, before, after)
        if kind.connects and len({after[name] for name in names}) < len(names):
            each.leave_out(WITH_ITSELF)
        found.append(each)
    return sorted(found, key=lambda each: not each.is_of_who_stays)


def _unite(kind: Kind, of_kind: list[_Row]) -> None:
    """Leave out one of each two rows that say the same, where one of them is of who goes."""
    kept: defaultdict[str, list[_Row]] = defaultdict(list)  # those that may say the same stand together
    for each in of_kind:
        if each.after is None:
            continue
        alike = kept[json.dumps(_likeness(kind, each.after))]
        other = next((one for one in alike if not each.is_of_who_stays and _say_the_same(kind, one, each)), None)
        if other is None:
            alike.append(each)
            continue
        first, second = sorted((other, each), key=lambda one: one.before["revealed_in"])  # of one episode: other
        differ = kind in (UNMASKING, TRAIT) and _differ(kind, first, second)
        if differ:
            first, second = other, each
        _take_over(first, second)
        first.is_of_who_stays |= second.is_of_who_stays
        second.leave_out(ANOTHER if differ else SAME)
        alike[alike.index(other)] = first


def _likeness(kind: Kind, values: Values) -> Json:
    """Return what is the same in rows of a kind that say the same, or None if none do."""
    if kind is ALIAS:
        return identity(values["name"])
    if kind is TRAIT:
        is_single = current().attribute(values["attribute"]).is_single
        return [values["attribute"], _told_apart(values["revealed_in" if is_single else "value"])]
    if kind is PORTRAIT:
        return values["image"]
    if kind is UNMASKING:
        return values["persona"]
    return _ties(kind, values) if kind in (*TAGGINGS, MEMBERSHIP, RELATIONSHIP) else None


def _say_the_same(kind: Kind, one: _Row, other: _Row) -> bool:
    a, b = one.after, other.after
    if a is None or b is None or (likeness := _likeness(kind, a)) is None or likeness != _likeness(kind, b):
        return False
    ends = kind in (*TAGGINGS, MEMBERSHIP, RELATIONSHIP)
    return not ends or (_overlap(a, b) and not _is_surer_later(kind, a, b))


def _told_apart(value: Json) -> Json:
    return identity(value) if isinstance(value, str) else value


def _ties(kind: Kind, values: Values) -> list[Any]:
    if kind is not RELATIONSHIP:
        return [values[name] for name in (*kind.owners, *kind.connects, "tag", "role") if name in values]
    ends = [values["source"], values["target"]]
    return [values["kind"], *(sorted(ends) if current().relation(values["kind"]).is_mutual else ends)]


def _overlap(a: Values, b: Values) -> bool:
    first, second = sorted((a, b), key=lambda values: values["revealed_in"])
    is_of_one_episode = first["revealed_in"] == second["revealed_in"]
    return is_of_one_episode or first["ended_in"] is None or first["ended_in"] > second["revealed_in"]


def _is_surer_later(kind: Kind, a: Values, b: Values) -> bool:
    """Return whether one of two relations says with another certainty in another episode what the other says."""
    return kind is RELATIONSHIP and a["certainty"] != b["certainty"] and a["revealed_in"] != b["revealed_in"]


def _differ(kind: Kind, one: _Row, other: _Row) -> bool:
    name = "identity" if kind is UNMASKING else "value"
    return bool(one.after and other.after and _told_apart(one.after[name]) != _told_apart(other.after[name]))


def _take_over(first: _Row, second: _Row) -> None:
    """Let a row be a headline and last as long as one that says the same."""
    old, new = second.after or {}, first.after or {}
    for name in ("headline", "common_word"):
        if old.get(name):
            first.put(name, True)
    if "also_ended_in" in old:
        ends = [values["also_ended_in"] for values in (old, new) if values["also_in"] is not None]
        if ends:
            first.put("also_ended_in", None if None in ends else max(ends))
    if old.get("also_in") is not None and new["revealed_in"] != 0:
        first.put("also_in", _earlier(old["also_in"], new["also_in"]))
    if "ended_in" in old and new["ended_in"] is not None:
        first.put("ended_in", None if old["ended_in"] is None else max(new["ended_in"], old["ended_in"]))


def _choose_headlines(names: Iterable[_Row], stays: Subject) -> None:
    """Let names of who goes head the page only before who stays had one, and only one in each episode or chapter."""
    headlines = [each for each in names if each.after and each.after["headline"]]
    taken = {place for each in headlines if each.after and each.is_of_who_stays for place in _places(each.after)}
    for each in headlines:
        if each.after and not each.is_of_who_stays:
            if not _is_before(each.after, stays) or taken & _places(each.after):
                each.put("headline", False, NO_HEADLINE)
            taken |= _places(each.after)


def _is_before(values: Values, stays: Subject) -> bool:
    """Return whether a row is known before a subject, on either axis."""
    second, since = values["also_in"], stays.also_in_id
    by_chapter = second is not None and not _is_known_from_start(stays) and (since is None or second < since)
    return values["revealed_in"] < stays.revealed_in_id or by_chapter


def _places(values: Values) -> set[Any]:
    return {values["revealed_in"], values["also_in"]} - {None}


def _steps_of(each: _Row) -> Iterator[Step]:
    if each.after is None:
        removal = Proposed(Action.REMOVE, each.kind.label, str(each.row.pk), before=each.before)
        yield removal, " ".join(each.why)
        return
    for name, value in each.after.items():
        if each.before[name] != value:
            yield setting(each.row, name, each.before[name], value), " ".join(each.why)


# Whatever else names who goes


def _concerned(goes: Subject, stays: Subject) -> Iterator[Step]:
    """Yield what lets revelations concern who stays instead of who goes."""
    for name in CONCERNED:
        links: Any = REVELATION.model._meta.get_field(name)
        if links.related_model is not type(goes):
            continue
        own, other = f"{links.m2m_field_name()}_id", f"{links.m2m_reverse_field_name()}_id"
        through = links.remote_field.through._base_manager
        of_who_goes = through.filter(**{other: goes.pk}).values(own)
        listed: dict[Any, list[str]] = {}
        for revelation, subject in through.filter(**{f"{own}__in": of_who_goes}).values_list(own, other):
            listed.setdefault(revelation, []).append(str(subject))
        for row in REVELATION.model._base_manager.filter(pk__in=list(listed)).order_by("revealed_in", "key"):
            before = sorted(listed[row.pk])
            after = sorted({str(stays.pk), *before} - {str(goes.pk)})
            yield setting(row, name, before, after), ""


def _mentions(goes: Subject, stays: Subject, seen: set[tuple[str, str]]) -> Iterator[Step]:
    """Yield what lets texts mention who stays, but those of rows that move anyway."""
    for row, text in neighbours().mentioning(goes.key):
        before = getattr(row, text.attname)
        after = with_other_key(before, goes.key, stays.key)
        if before != after and (row._meta.label_lower, str(row.pk)) not in seen:
            yield setting(row, text.name, before, after), ""


def _first_episode(goes: Subject, stays: Subject) -> Iterator[Step]:
    if goes.revealed_in_id < stays.revealed_in_id:
        for name in ("revealed_in", "inferred"):
            before, after = rows.value_of(stays, name), rows.value_of(goes, name)
            if before != after:
                yield setting(stays, name, before, after), CAME_EARLIER
    if (second := _earlier(goes.also_in_id, stays.also_in_id)) != stays.also_in_id and not _is_known_from_start(stays):
        yield setting(stays, "also_in", stays.also_in_id, second), CAME_EARLIER


def _earlier(one: Any, other: Any) -> Any:
    """Return the earlier of two places on the second axis, of which either may be missing."""
    return min((place for place in (one, other) if place is not None), default=None)


def _is_known_from_start(subject: Subject) -> bool:
    return subject.known_in == 0
