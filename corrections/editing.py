"""The admin's saves and deletions, through the write door.

A form carries what stood there when it was opened, so that it can only say what its editor changed, and a stale one is
found out. With the right to publish a save applies at once; without it, it waits in the queue.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models, transaction
from django.db.models import Count, QuerySet, prefetch_related_objects
from django.forms import ModelForm
from django.forms.models import BaseModelFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from . import rows
from .apply import CouldNotApply, HeldBack, Refused, may_publish, messages_of, not_undone, publish
from .models import Change, Correction
from .queue import sight_of
from .reading import Names, ReadChange, Trial, read, stand
from .rows import Editable, Json, Values
from .sending import Letter, Proposed, Sender, adding, removing, removing_with_all, send, undo

BASE = "_base"
REASON = "_reason"
SALT = "rougedb.base"
CORRECTIONS_A_PAGE = 10  # of a history
MOST_WAITING = 5  # of those that are named above a form
MOST_OF_ONE = 12  # changes of one correction in it

type Base = dict[str, Values]
"""What stood in the rows of a form when it was opened, by their references."""


class Trouble(Exception):
    """What an editor saved did not go through; nothing was written."""

    def __init__(self, problems: list[str | SafeString], newer: Iterable[Change] = ()) -> None:
        self.problems = problems
        self.newer = tuple(newer)
        super().__init__("; ".join(problems))


class NoPopupsForWhoWaits(BaseModelAdmin):
    """What waits in the queue cannot be chosen yet, so it is not offered to be added in passing."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = getattr(field, "widget", None)
        if not may_publish(request.user):
            for ability in ("can_add_related", "can_change_related", "can_delete_related"):
                if hasattr(widget, ability):
                    setattr(widget, ability, False)
        return field


class ThroughTheDoor(NoPopupsForWhoWaits, admin.ModelAdmin):
    change_form_template = "admin/door_form.html"

    # Forms

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Trouble as trouble:
            # The same form once more, with what is wrong; whoever saves it again has seen what stands there now.
            request.trouble = trouble  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        trouble: Trouble | None = getattr(request, "trouble", None)
        return with_problems(form, trouble.problems) if trouble else form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        trouble: Trouble | None = getattr(request, "trouble", None)
        base = posted_base(request)
        if base is None:
            base = {} if context["original"] is None else base_of(context["original"], context["inline_admin_formsets"])
        for change in trouble.newer if trouble else ():
            base.setdefault(f"{change.model}:{change.row}", {})[change.path] = change.was
        context |= {
            "base": signing.dumps(base, salt=SALT, compress=True),
            "reason": request.POST.get(REASON, ""),
            "publishes": may_publish(request.user),
            "waiting": [] if context["original"] is None else waiting_about(context["original"]),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: the rows of a form go through the door together."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        base = posted_base(request) or {}
        if not change:
            give_keys(form.instance, formsets)
        proposed = [
            *changes_of_form(form, base, key=self.key_of_new(form.instance), adding_row=not change),
            *(each for formset in formsets for each in changes_of_formset(formset, base)),
        ]
        reason = request.POST.get(REASON, "").strip()
        correction = through_the_door(request, proposed, reason=reason, what=str(form.instance))
        if correction is not None and form.instance.pk is None and not correction.is_undecided:
            form.instance.pk = correction.changes.get(action=Change.Action.ADD).row

    def key_of_new(self, row: models.Model) -> str:
        return str(row.pk or "")

    def construct_change_message(self, *args: Any, **kwargs: Any) -> Any:
        return []

    # Deletions

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, *args, **kwargs)
        except Trouble as trouble:
            for problem in trouble.problems:
                messages.error(request, problem)
            return HttpResponseRedirect(reverse(f"admin:{self._name}_change", args=[object_id]))

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        self.delete_queryset(request, [obj])  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        doomed = list(queryset)
        try:
            proposed = removing_with_all(doomed)
        except ValidationError as error:
            raise Trouble(list(error.messages)) from error
        through_the_door(request, proposed, reason="", what=", ".join(str(row) for row in doomed[:3]))

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().response_action(request, *args, **kwargs)
        except Trouble as trouble:
            for problem in trouble.problems:
                messages.error(request, problem)
            return None

    # What is said afterwards

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """The door knows better than Django whether anything was saved."""
        said = getattr(request, "said_at_the_door", None)
        if said is None:
            super().message_user(request, message, *args, **kwargs)
        else:
            messages.add_message(request, *said)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if not self.model._base_manager.filter(pk=obj.pk).exists():
            self.message_user(request, "")
            return self.response_post_save_add(request, obj)  # there is no page of it yet
        return super().response_add(request, obj, post_url_continue)

    def log_addition(self, *args: Any) -> Any:
        """There is no second history beside the corrections."""

    def log_change(self, *args: Any) -> Any:
        pass

    def log_deletions(self, *args: Any) -> Any:
        pass

    # History

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        if request.method == "POST":
            change = _named(request, "change", Change)
            correction = change.correction if change else _named(request, "correction", Correction)
            undo_for(request, correction, only=change and change.pk)
            return HttpResponseRedirect(request.path)
        pages = Paginator(history_of(row), CORRECTIONS_A_PAGE)
        page = pages.get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "object": row,
            "opts": self.opts,
            "page": page,
            "corrections": history_as_read(request, page),
            "publishes": may_publish(request.user),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/corrections/history.html", context)

    @property
    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"


# What a form says


def give_keys(parent: models.Model, formsets: Iterable[Any]) -> None:
    """A new row gets its key before it is saved, and the rows below point to it."""
    pk: Any = parent._meta.pk
    if parent.pk is None and pk.has_default():
        parent.pk = pk.get_default()
    for formset in formsets:
        for form in formset.forms:
            setattr(form.instance, formset.fk.attname, parent.pk)


def with_problems(form: Any, problems: list[str | SafeString]) -> Any:
    class WithProblems(form):
        def _post_clean(self) -> None:
            super()._post_clean()
            for problem in problems:
                self.add_error(None, problem)

    return WithProblems


def base_of(row: models.Model, inlines: Iterable[Any]) -> Base:
    instances = [form.instance for inline in inlines for form in inline.formset.initial_forms]
    return {rows.reference(each): rows.values_of(each) for each in [row, *instances]}


def posted_base(request: HttpRequest) -> Base | None:
    try:
        base: Base = signing.loads(request.POST.get(BASE, ""), salt=SALT)
    except signing.BadSignature:
        return None
    return base


def changes_of_form(form: ModelForm, base: Base, *, key: str, adding_row: bool) -> Iterator[Proposed]:
    row = form.instance
    kind = rows.editable(row._meta.label_lower)
    values = _values_given(kind, form)
    if adding_row:
        yield adding(kind.label, values, key=key)
        return
    before = base.get(rows.reference(row)) or rows.values_of(type(row)._base_manager.get(pk=row.pk))
    for name, value in values.items():
        # A slug is no field of the form, as it follows from the name.
        if name in {*form.fields, "slug"} and not _reads_alike(before.get(name), value):
            yield Proposed(Change.Action.SET, kind.label, str(row.pk), name, before.get(name), value)


def changes_of_formset(formset: BaseModelFormSet, base: Base) -> Iterator[Proposed]:
    for form in formset.forms:
        row = form.instance
        exists = not row._state.adding
        if form in formset.deleted_forms:
            if exists:
                change = removing(row)
                yield Proposed(
                    Change.Action.REMOVE, change.model, change.row, before=base.get(rows.reference(row), change.before)
                )
        elif exists or form.has_changed():
            yield from changes_of_form(form, base, key=str(row.pk or ""), adding_row=not exists)


def _values_given(kind: Editable, form: ModelForm) -> Values:
    values: Values = {}
    for name in kind.fields:
        if name in kind.many:
            values[name] = sorted(str(other.pk) for other in form.cleaned_data.get(name, ()))
        elif name in kind.files and kind.keep_file is not None and _is_upload(getattr(form.instance, name)):
            values[name] = kind.keep_file(getattr(form.instance, name))
        else:
            value = rows.value_of(form.instance, name)
            values[name] = value.replace("\r\n", "\n") if isinstance(value, str) else value
    return values


def _is_upload(file: Any) -> bool:
    return bool(file) and not file._committed


def _reads_alike(before: Json, after: Json) -> bool:
    """A browser trims a text at its ends; that is no change."""
    return before == after or (isinstance(before, str) and isinstance(after, str) and before.strip() == after.strip())


# Through


def through_the_door(
    request: HttpRequest,
    proposed: list[Proposed],
    *,
    reason: str,
    what: str,
    look: Callable[[Correction], None] | None = None,
) -> Correction | None:
    """Send what an editor did and publish it where they may; says on the next page what became of it.

    `look` sees the correction before it goes, and may raise Trouble.
    """
    user: Any = request.user
    if not any(each.action != Change.Action.SET or each.before != each.after for each in proposed):
        request.said_at_the_door = messages.INFO, "Nothing was changed."  # type: ignore[attr-defined]
        return None
    try:
        with transaction.atomic():
            letter = Letter(reason=reason)
            correction = send(proposed, sender=Sender(user), letter=letter, kind=Correction.Kind.EDIT)
            if look is not None:
                look(correction)
            if may_publish(user):
                correction = publish(correction, by=user).correction
    except HeldBack as held:
        raise Trouble([newer_value(change) for change in held.changes], held.changes) from held
    except CouldNotApply as failure:
        raise Trouble([text for found in failure.messages.values() for text in found]) from failure
    except (Refused, ValidationError) as error:
        raise Trouble(list(getattr(error, "messages", [str(error)]))) from error
    request.said_at_the_door = _said(correction, what)  # type: ignore[attr-defined]
    return correction


def _said(correction: Correction, what: str) -> tuple[int, str | SafeString]:
    link = reverse("admin:corrections_correction_change", args=[correction.pk])
    if correction.is_undecided:
        text = '“{}” waits for a moderator; nothing is published yet. <a href="{}">Your correction</a>'
        return messages.WARNING, format_html(text, what, link)
    only_removed = not correction.changes.exclude(action=Change.Action.REMOVE).filter(follows=False).exists()
    said = "is removed" if only_removed else "is published"
    return messages.SUCCESS, format_html('“{}” {}. <a href="{}">What changed</a>', what, said, link)


def _named(request: HttpRequest, name: str, model: Any) -> Any:
    try:
        return model.objects.filter(pk=request.POST.get(name) or None).first()
    except ValidationError:
        return None


def _where_it_waits(undone: Correction) -> SafeString:
    link = reverse("admin:corrections_correction_change", args=[undone.pk])
    return format_html('The undo waits <a href="{}">in the queue</a>, where a moderator can put it right.', link)


def newer_value(change: Change, *, is_typed: bool = True) -> SafeString:
    """Of a field that somebody else changed since the form was opened, or since what is to be undone."""
    kind = rows.editable(change.model)
    if change.action != Change.Action.SET or change.was is None:
        return format_html("A {} was changed or removed meanwhile.", kind.model._meta.verbose_name)
    return format_html(
        "“{}” of {} “{}” was changed meanwhile: it was “{}”{} and is “{}” now.{}",
        kind.name_of(change.path), kind.model._meta.verbose_name, rows.row_of(kind, change.row), change.before,
        " when you opened the form" if is_typed else "", change.was,
        " Yours is still in the form; save again to put it in its place." if is_typed else "",
    )  # fmt: skip


def undo_for(request: HttpRequest, correction: Correction | None, only: UUID | None = None) -> Correction | None:
    """Undo as far as this person may, and say what became of it. A conflict waits in the queue and is not lost."""
    user: Any = request.user
    if correction is None:
        messages.error(request, "There is no such correction.")
        return None
    try:
        undone = undo(correction, by=user, only=only)
    except (Refused, ValidationError) as error:
        messages.error(request, " ".join(messages_of(error)))
        return None
    if not may_publish(user):
        messages.warning(request, "Your undo waits for a moderator.")
        return undone
    try:
        undone = publish(undone, by=user).correction
        messages.success(request, "Undone.")
    except HeldBack as held:
        messages.error(request, "What it would undo has changed since, so nothing was overwritten.")
        for change in held.changes:
            messages.error(request, newer_value(change, is_typed=False))
        messages.error(request, _where_it_waits(undone))
    except CouldNotApply as failure:
        messages.error(request, sight_of(request).why(undone, f"It cannot be undone as it is: {failure}"))
        messages.error(request, _where_it_waits(undone))
    return undone


@dataclass(frozen=True, slots=True)
class Told:
    """A correction in the history of a row: what it changed there, unless that is of a later episode."""

    correction: Correction
    published_at: datetime
    changes: list[ReadChange]
    more: int
    folded: bool
    not_undone: frozenset[UUID]

    is_import: bool
    in_parts: bool  # there is more to it than one change, so each can be undone by itself


def history_as_read(request: HttpRequest, history: Iterable[tuple[Correction, list[Change]]]) -> list[Told]:
    sight = sight_of(request)
    told = []
    history = list(history)
    prefetch_related_objects([correction for correction, _ in history], "undone_by__changes")
    of_these = Change.objects.filter(correction__in=[correction for correction, _ in history]).current()
    sizes = dict(of_these.order_by().values_list("correction").annotate(Count("pk")))
    for correction, changes in history:
        folded = sight.folds(correction)
        names = Names(sight.at(correction))
        shown = [] if folded else read(stand(changes[:MOST_OF_ONE]), names, Trial())
        left = frozenset(change.pk for change in not_undone(correction, changes))
        more = max(0, len(changes) - MOST_OF_ONE)
        is_import = correction.kind == Correction.Kind.IMPORT
        in_parts = is_import or sizes[correction.pk] > 1
        told.append(Told(correction, _published_at(changes), shown, more, folded, left, is_import, in_parts))
    return told


def history_of(row: models.Model) -> list[tuple[Correction, list[Change]]]:
    """What was published about a row, the newest first, each with those of its changes that concern it."""
    kind = rows.editable(row._meta.label_lower)
    changes = Change.objects.applied()
    own = changes.about(rows.reference(row)) if kind.page else changes.of_row(kind.label, str(row.pk))
    found: dict[Correction, list[Change]] = {}
    for change in own.select_related("correction__author", "correction__decided_by").order_by("position"):
        found.setdefault(change.correction, []).append(change)
    return sorted(found.items(), key=lambda pair: _published_at(pair[1]), reverse=True)


def waiting_about(row: models.Model) -> list[Correction]:
    """What somebody has proposed already, the oldest first."""
    kind, changes = rows.editable(row._meta.label_lower), Change.objects.waiting()
    about = changes.about(rows.reference(row)) if kind.page else changes.of_row(kind.label, str(row.pk))
    found = Correction.objects.filter(pk__in=about.values("correction")).select_related("author")
    return list(found.order_by("created_at")[:MOST_WAITING])


def _published_at(changes: Iterable[Change]) -> datetime:
    """When the last of them was; the correction itself may not be decided to its end."""
    return max(change.applied_at for change in changes if change.applied_at is not None)
