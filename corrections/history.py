"""The history of a row in the admin: what was published about it, and undoing that."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import Count, prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from episodes.axes import grouped_by_progress
from episodes.horizon import horizon_of
from episodes.progress import last_episode

from . import rows
from .deciding import may_publish, publish
from .desk.clearance import clearance_of, unfolded
from .desk.discretion import NOT_TOLD, Discretion, told
from .desk.review import ChangeReview, prepare, review, with_rows
from .errors import CouldNotApply, HeldBack, Refused, messages_of
from .models import Change, ChangeQuerySet, Correction
from .rows import Editable, Json
from .trial import Trial
from .undoing import not_undone, undo
from .wording import RowNames, in_words, is_text, value_in_words

CORRECTIONS_A_PAGE = 10
MOST_OF_ONE = 12  # changes of one correction
MOST_READ_FOR_NAMES = 60  # of one, which removed others who are named
MOST_WAITING = 5  # corrections that are named above a form

type Published = tuple[Correction, list[Change]]
"""A correction, with those of its changes that concern a row."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What a correction changed about a row. It is folded if it is of a later episode than its reader has watched."""

    correction: Correction
    published_at: datetime
    changes: list[ChangeReview]
    more: int
    folded: bool
    not_undone: frozenset[UUID]

    reason: str
    author: str
    decided_by: str
    is_import: bool
    in_parts: bool  # it has more than one change, so that each can be undone by itself


def history_page(request: HttpRequest, row: models.Model) -> tuple[Page, list[HistoryEntry]]:
    """Return a page of the history of a row, the newest correction first."""
    page = Paginator(published_about(row), CORRECTIONS_A_PAGE).get_page(request.GET.get("page"))
    return page, _entries(request, list(page))


def published_about(row: models.Model) -> list[Published]:
    published: dict[Correction, list[Change]] = {}
    changes = _changes_about(row, Change.objects.applied())
    for change in changes.select_related("correction__author", "correction__decided_by").order_by("position"):
        published.setdefault(change.correction, []).append(change)
    return sorted(published.items(), key=lambda pair: _published_at(pair[1]), reverse=True)


def waiting_about(request: HttpRequest, row: models.Model) -> list[tuple[Correction, str]]:
    """Return the oldest undecided corrections about a row that somebody may know of, with their authors."""
    clearance = clearance_of(request)
    discretion = Discretion(clearance)
    changes = _changes_about(row, Change.objects.waiting())
    corrections = Correction.objects.filter(pk__in=changes.values("correction")).select_related("author")
    waiting = unfolded(corrections, clearance).order_by("created_at")[:MOST_WAITING]
    return [(each, discretion.author(each) if each.author else "") for each in waiting]


def _changes_about(row: models.Model, changes: ChangeQuerySet) -> ChangeQuerySet:
    """Filter changes by the page of a row, or by the row if it has none."""
    kind = rows.editable(row._meta.label_lower)
    return changes.about(rows.reference(row)) if kind.page else changes.of_row(kind.label, str(row.pk))


def _entries(request: HttpRequest, history: list[Published]) -> list[HistoryEntry]:
    clearance = clearance_of(request)
    discretion = Discretion(clearance)
    corrections = [correction for correction, _ in history]
    prefetch_related_objects(corrections, "undone_by__changes")
    current = Change.objects.filter(correction__in=corrections).current()
    sizes = dict(current.order_by().values_list("correction").annotate(Count("pk")))
    of_gone = list(current.filter(action=Change.Action.REMOVE, position__lte=MOST_READ_FOR_NAMES))
    shown = {correction: changes[:MOST_OF_ONE] for correction, changes in history if not clearance.folds(correction)}
    reviews = _reviews(shown, of_gone, discretion)
    entries = []
    for correction, changes in history:
        folded = correction not in shown
        reason, of_changes = reviews.get(correction, ("", []))
        is_import = correction.kind == Correction.Kind.IMPORT
        entries.append(
            HistoryEntry(
                correction=correction,
                published_at=_published_at(changes),
                changes=of_changes,
                more=max(0, len(changes) - MOST_OF_ONE),
                folded=folded,
                not_undone=frozenset(change.pk for change in not_undone(correction, changes)),
                reason=reason,
                author="" if folded or correction.author is None else discretion.author(correction),
                decided_by="" if correction.by_author else discretion.name_of(correction, correction.decided_by),
                is_import=is_import,
                in_parts=is_import or sizes[correction.pk] > 1,
            )
        )
    return entries


def _reviews(
    shown: dict[Correction, list[Change]], of_gone: list[Change], discretion: Discretion
) -> dict[Correction, tuple[str, list[ChangeReview]]]:
    """Return the reason of each correction, and its changes in words; what these need is read for all at once."""
    with_their_rows = {each.change.pk: each for each in with_rows(chain.from_iterable(shown.values()))}
    reviews = {}
    for progress, corrections in grouped_by_progress(shown, discretion.clearance.reading_episode):
        rows_of = {each: [with_their_rows[change.pk] for change in shown[each]] for each in corrections}
        changes = chain.from_iterable(shown[each] for each in corrections)
        names = RowNames(progress, changes=[*of_gone, *changes])
        prepare(names, chain.from_iterable(rows_of.values()))
        texts = [discretion.words(correction, correction.reason) for correction in corrections]
        for correction, reason in zip(corrections, in_words(texts, names), strict=True):
            reads = partial(discretion.words, correction)
            reviews[correction] = reason, review(rows_of[correction], names, Trial(), reads=reads)
    return reviews


def _published_at(changes: Iterable[Change]) -> datetime:
    """Return when the last of some changes was published; other changes of the correction may still be undecided."""
    return max(change.applied_at for change in changes if change.applied_at is not None)


# Undoing


def undo_as_posted(request: HttpRequest) -> None:
    """Undo the change or the correction that a form names, as far as the user may, and tell them the outcome."""
    change: Change | None = _posted(request, "change", Change)
    correction: Correction | None = change.correction if change else _posted(request, "correction", Correction)
    if correction is None:
        messages.error(request, "There is no such correction.")
        return
    user: Any = request.user
    try:
        undone = undo(correction, by=user, only=change.pk if change else None)
    except (Refused, ValidationError) as error:
        messages.error(request, " ".join(messages_of(error)))
        return
    if may_publish(user):
        _publish_undo(request, undone)
    else:
        messages.warning(request, "Your undo was sent. It is published once a moderator accepts it.")


def _publish_undo(request: HttpRequest, undone: Correction) -> None:
    user: Any = request.user
    try:
        publish(undone, by=user)
        messages.success(request, "Undone.")
    except HeldBack as held:
        messages.error(request, "Nothing was undone: there are newer changes, and nothing was overwritten.")
        for change in held.changes:
            messages.error(request, changed_meanwhile(change, horizon_of(request), is_typed=False))
        messages.error(request, _where_undo_waits(undone))
    except CouldNotApply as failure:
        messages.error(request, clearance_of(request).failure_for(undone, f"Nothing was undone: {failure}"))
        messages.error(request, _where_undo_waits(undone))


def _posted(request: HttpRequest, name: str, model: Any) -> Any:
    try:
        return model.objects.filter(pk=request.POST.get(name) or None).first()
    except ValidationError:
        return None


def _where_undo_waits(undone: Correction) -> SafeString:
    link = reverse("admin:corrections_correction_change", args=[undone.pk])
    return format_html('The undo waits <a href="{}">in the queue</a>, where a moderator can put it right.', link)


def _as_read(kind: Editable, name: str, value: Json, names: RowNames) -> str:
    return in_words([str(value)], names)[0] if is_text(kind, name) else value_in_words(kind, name, value, names)


def _called(kind: Editable, key: str, names: RowNames) -> str:
    row = rows.row_of(kind, key)
    if row is None or (kind.page is not None and kind.handle is None):  # the admin calls it by no key
        return str(row or "")
    return names.of_row(row)


def changed_meanwhile(change: Change, horizon: int | None, *, is_typed: bool = True) -> SafeString:
    """Say that a field was changed by somebody else since a form was opened, or since what is to be undone."""
    text = _changed_meanwhile(change, last_episode() if horizon is None else horizon, is_typed=is_typed)
    return SafeString(text if told([text], horizon) == [text] else NOT_TOLD)


def _changed_meanwhile(change: Change, episode: int, *, is_typed: bool) -> SafeString:
    kind = rows.editable(change.model)
    if change.action != Change.Action.SET or change.was is None:
        return format_html("A {} was changed or removed meanwhile.", kind.model._meta.verbose_name)
    names = RowNames(episode)
    before, now = (_as_read(kind, change.path, value, names) for value in (change.before, change.was))
    return format_html(
        "“{}” of {} “{}” was changed meanwhile: it was “{}”{} and is “{}” now.{}",
        kind.name_of(change.path), kind.model._meta.verbose_name, _called(kind, change.row, names), before,
        " when you opened the form" if is_typed else "", now,
        " Yours is still in the form; save again to put it in its place." if is_typed else "",
    )  # fmt: skip
