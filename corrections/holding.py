"""Holding back what a page newly shows, until a report that it told too much is decided.

What its reader learned last is moved on by one episode: what is revealed in the episode they are at, and ends that it
tells. So the gate withholds it, kept pages follow, and the correction can be undone like any other. What the next
episode has in its place already, such as a summary, is removed for as long. The page itself stays, and so does what
others stand on.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import or_

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q

from episodes.known import is_known
from episodes.models import Episode
from episodes.units import named, worded

from . import rows, versions
from .deciding import may_publish, publish
from .errors import CouldNotApply, HeldBack, Refused
from .models import Change, Correction, Edition
from .rows import EPISODES, ON_THE_SECOND_AXIS, Editable
from .scratch import nothing_is_kept
from .sending import Proposed, Sender, removing, send, setting
from .undoing import is_undone
from .writing import ChangeWriter, never

MOST_HELD = 100  # rows
EPISODE = "episodes.episode"

type RowChanges = list[Proposed]
"""The changes of one row, which go together."""


@dataclass(frozen=True, slots=True)
class Held:
    correction: Correction
    left: list[RowChanges]  # others stand on these rows


def newly_shown(report: Correction) -> list[RowChanges]:
    """Return what can be held back for a report: of each row that its page newly shows, how it is moved on."""
    return list(islice(_moved_on(report), MOST_HELD))


def reference_of(changes: RowChanges) -> str:
    """Return the reference of the row that these changes are of."""
    return f"{changes[0].model}:{changes[0].row}"


def hold(report: Correction, *, by: User, chosen: Collection[str]) -> Held:
    """Hold back the rows with these references that the page of a report newly shows, and publish that at once."""
    if not (by.has_perm("corrections.decide") and may_publish(by)):
        raise Refused("Only moderators who publish can hold something back.")
    _refuse_if_not_held(report, by)
    wanted = [each for each in newly_shown(report) if reference_of(each) in chosen]
    if not wanted:
        raise Refused("Nothing was held back: none of the rows that the page newly shows was ticked.")
    can_be_held = _as_many_as_can_be_held(wanted)
    if not can_be_held:
        raise Refused("Nothing was held back: others stand on each of these rows, so none can be withheld by itself.")
    try:
        with transaction.atomic():
            Edition.begin()  # before the report is locked, as in a decision
            current = Correction.objects.select_for_update().get(pk=report.pk)
            _refuse_if_not_held(current, by)
            proposed = [change for of_row in can_be_held for change in of_row]
            correction = send(proposed, sender=Sender(by), kind=Correction.Kind.HOLD, note=current)
            of_next = {"revealed_in": _episode_of(report) + 1, "also_in": None, "besides": 0}  # removals as well
            Correction.objects.filter(pk=correction.pk).update(**of_next)
            publish(correction, by=by)
    except (CouldNotApply, HeldBack) as error:
        raise Refused("Nothing was held back: somebody changed the page at this moment. Try again.") from error
    held = set(map(reference_of, can_be_held))
    return Held(correction, left=[each for each in wanted if reference_of(each) not in held])


def holds_of(report: Correction) -> list[Correction]:
    """Return what was held back for a report and still is."""
    return [each for each in report.led_to.filter(kind=Correction.Kind.HOLD) if not is_undone(each)]


def why_not(report: Correction) -> str:
    """Return why nothing can be held back for a report, or an empty text."""
    if not report.about:
        return "That page is about nobody in particular, so nothing is held back at once. Change what told too much."
    if not Episode.objects.filter(number=_episode_of(report) + 1).exists():
        return worded("There is no later {one} yet to hold something back for. Change what told too much.")
    return "It is held back already." if holds_of(report) else ""


def _refuse_if_not_held(report: Correction, by: User) -> None:
    if not report.is_report or not report.is_undecided:
        raise Refused("This was decided already.")
    versions.refuse_if_claimed_from(by, report)
    if reason := why_not(report):
        raise Refused(reason)


def _episode_of(report: Correction) -> int:
    return report.sent_in or 0


def _moved_on(report: Correction) -> Iterator[RowChanges]:
    """Yield for each row that the page newly shows the changes that move it on to the next episode.

    Nothing of it is told on a second axis any more: what is held back there as well would have to be moved on twice.
    """
    episode = _episode_of(report)
    for kind in rows.registered():
        if kind.page is not None or not kind.is_known_from_an_episode or not (shown := _shown_on_page(kind, report)):
            continue
        names, others = (
            [name for name in of_axis if name in kind.fields] for of_axis in (EPISODES, ON_THE_SECOND_AXIS)
        )
        newly = reduce(or_, (Q(**{name: episode}) for name in names))
        for row in kind.model._base_manager.filter(shown, newly, is_known(episode)).distinct().order_by("pk"):
            moved = [_next(row, name, episode) for name in names if rows.value_of(row, name) == episode]
            places = ((name, rows.value_of(row, name)) for name in others)
            yield [*moved, *(setting(row, name, place, None) for name, place in places if place is not None)]


def _next(row: models.Model, name: str, episode: int) -> Proposed:
    return setting(row, name, episode, episode + 1)


def _shown_on_page(kind: Editable, report: Correction) -> Q | None:
    """Return which rows of a kind stand on the page, or None if there are none."""
    keys = rows.by_label(report.about)
    if f"{_episode_of(report)}" in keys[EPISODE]:
        return (
            Q(revealed_in=_episode_of(report)) if kind.many else None
        )  # the page of an episode lists what was learned
    fields = [Q(**{f"{name}__in": keys[label]}) for name, label in rows.fields_with_pages(kind.label) if keys[label]]
    return reduce(or_, fields) if fields else None


def _as_many_as_can_be_held(wanted: Sequence[RowChanges]) -> list[RowChanges]:
    """Return the changes that withhold as many rows as can be without breaking a rule: others may stand on the rest."""
    with nothing_is_kept():
        held = _as_many_as_can_be_moved_on(wanted)
        moved = set(map(reference_of, held))
        for each in wanted:
            if reference_of(each) not in moved and (removal := _removal(each)) and not _broken_by([*held, removal]):
                held.append(removal)
        return held


def _as_many_as_can_be_moved_on(wanted: Sequence[RowChanges]) -> list[RowChanges]:
    rest = list(wanted)
    while rest:
        broken = _broken_by(rest)
        if not broken:
            return rest
        fewer = [each for each in rest if (each[0].model, each[0].row) not in broken]
        if len(fewer) == len(rest):
            break
        rest = fewer
    kept: list[RowChanges] = []
    for each in wanted:  # what is broken is not one of these rows, so that each has to be tried
        if not _broken_by([*kept, each]):
            kept.append(each)
    return kept


def _removal(changes: RowChanges) -> RowChanges:
    """Return the removal of a row of this episode; nothing for one of which only the end is told in it."""
    row = rows.row_by_reference(reference_of(changes))
    is_new = any(each.path == "revealed_in" for each in changes)
    return [removing(row)] if is_new and row is not None else []


def _broken_by(moved: Iterable[RowChanges]) -> set[tuple[str, str]]:
    """Return the model and key of what breaks a rule if these rows are moved on."""
    proposed = [change for of_row in moved for change in of_row]
    changes = [
        Change(
            action=each.action, model=each.model, row=each.row, path=each.path, before=each.before, after=each.after,
            position=position,
        )
        for position, each in enumerate(proposed)
    ]  # fmt: skip
    with transaction.atomic():
        writer = ChangeWriter()
        try:
            writer.add([(change, never) for change in changes])
            writer.write()
            writer.check()
        except CouldNotApply as failure:
            return {(change.model, change.row) if change else ("", "") for change in failure.messages}
        finally:
            transaction.set_rollback(True)
    return set()


def held_until(report: Correction) -> str:
    """Return the episode from which on what is held back is shown."""
    return named(_episode_of(report) + 1)
