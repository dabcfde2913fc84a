"""The admin's saves and deletions go through the write door as corrections.

A form carries the values that were there when it was opened. So only what its editor changed is sent, and a conflict
with a change by somebody else is found. With the right to publish a save applies at once; without it, it waits in the
queue.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import actions
from django.contrib.admin.options import IS_POPUP_VAR, ActionLocation, BaseModelAdmin
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.forms.models import BaseModelFormSet
from django.forms.utils import ErrorDict, ErrorList
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_protect

from episodes.choices import Chosen, with_choice
from episodes.horizon import horizon_of, sees_up_to

from . import drafts, rows
from .conflicts import current_value, outcome_of
from .deciding import may_publish, publish
from .desk.discretion import told
from .errors import CouldNotApply, HeldBack, Refused
from .history import changed_meanwhile, history_page, undo_as_posted, waiting_about
from .letter import Letter
from .linking import answered_note, no_note_is_left, note_to_answer
from .models import Change, Correction, FormDraft, SentForm
from .rows import Editable, Json, Values
from .scratch import nothing_is_kept
from .sealing import seal, unseal
from .sending import Proposed, Sender, adding, amend, removing, removing_with_all, send
from .sent_forms import (
    EARLIER,
    VERSION,
    earlier_of,
    fields_again,
    form_to_open,
    is_opened_again,
    keep_form,
    keep_uploads,
    kept_files,
    post_again,
    send_kept_files,
    waiting_at,
    without_accepted,
)
from .wording import RowNames

BASE = "_base"
REASON = "_reason"
SALT = "rougedb.base"
DELETE_SELECTED = "delete_selected"  # Django's action
MOST_DELETED = 200  # rows at once
OPENED_AGAIN = "This is what you sent. Change it, and send it again."
OPENED_DRAFT = "This is your draft."

type Base = dict[str, Values]
"""The values of the rows of a form when it was opened, by the references of the rows."""


class SaveRefused(Exception):
    """What an editor saved was not written. `newer` are the changes that conflict with a newer value."""

    def __init__(self, problems: list[str | SafeString], newer: Iterable[Change] = ()) -> None:
        self.problems = problems
        self.newer = tuple(newer)
        super().__init__("; ".join(problems))


class NoPopupsWithoutPublishing(BaseModelAdmin):
    """Offers no links for adding related rows to editors who cannot publish: such a row could not be chosen yet."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = getattr(field, "widget", None)
        if not may_publish(request.user):
            for ability in ("can_add_related", "can_change_related", "can_delete_related"):
                if hasattr(widget, ability):
                    setattr(widget, ability, False)
        return field


class WriteDoorAdmin(NoPopupsWithoutPublishing, admin.ModelAdmin):
    """A ModelAdmin that sends corrections instead of writing rows."""

    change_form_template = "admin/door_form.html"
    delete_confirmation_template = "admin/delete_one.html"
    delete_selected_confirmation_template = "admin/delete_several.html"
    delete_confirmation_max_display = 200

    # Forms

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        address = self.form_address(request)
        if again := form_to_open(request, address):
            return self._open_again(request, again, object_id, form_url, extra_context)
        if draft := drafts.opened_draft(request, address, sees_up_to(request)):
            return self._open_draft(request, draft, object_id, form_url, extra_context)
        send_kept_files(request)
        if chosen := Chosen.of(request.POST):
            request.POST = with_choice(request.POST)  # type: ignore[assignment]
            request.chosen = chosen  # type: ignore[attr-defined]
        # Not Django's own, which checks and shows the form within a transaction: on SQLite nobody else could write.
        show: Any = csrf_protect(self._changeform_view)  # type: ignore[attr-defined]
        try:
            if answer := self._answer_about_draft(request, object_id, address):
                return answer
            response: HttpResponse = show(request, object_id, form_url, extra_context)
        except SaveRefused as refused:
            # Show the form again with the problems. Whoever saves it then has seen the newer values.
            request.save_refused = refused  # type: ignore[attr-defined]
            response = show(request, object_id, form_url, extra_context)
        return response

    def form_address(self, request: HttpRequest) -> str:
        """Return the address of the form that is shown or posted, without what does not belong to the form."""
        return request.path

    def _open_again(self, request: HttpRequest, form: SentForm, *args: Any) -> HttpResponse:
        """Show a form as it was sent, with what is wrong in it by now; nothing is saved."""
        post_again(request, form)
        request.save_refused = SaveRefused([OPENED_AGAIN])  # type: ignore[attr-defined]
        response: HttpResponse = self._changeform_view(request, *args)  # type: ignore[attr-defined]
        return response

    def _answer_about_draft(self, request: HttpRequest, object_id: str | None, address: str) -> HttpResponse | None:
        """Answer what is asked about the draft of a form, of whoever may fill it in; return None for all else."""
        if request.method != "POST" or is_popup(request) or not drafts.ASKED & request.POST.keys():
            return None
        row = self.get_object(request, object_id) if object_id is not None else None
        if row is None and object_id is not None:
            return None  # for the view to say so
        if not (self.has_change_permission(request, row) if row else self.has_add_permission(request)):
            raise PermissionDenied
        try:
            return drafts.answered(request, address, sees_up_to(request), tells_others=row is not None)
        except Refused as refused:
            raise SaveRefused([str(refused)]) from refused

    def _open_draft(self, request: HttpRequest, draft: FormDraft, *args: Any) -> HttpResponse:
        """Show a form as its draft was left; nothing is saved, and nothing is said of what is not finished."""
        _ = request.FILES  # is empty, and would be read from what was never sent
        request.POST, request.method = drafts.posted_by(draft), "POST"  # type: ignore[assignment]
        request.save_refused = SaveRefused([OPENED_DRAFT])  # type: ignore[attr-defined]
        send_kept_files(request)
        response: HttpResponse = self._changeform_view(request, *args)  # type: ignore[attr-defined]
        return response

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        refused: SaveRefused | None = getattr(request, "save_refused", None)
        return with_problems(form, refused.problems) if refused else form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        refused: SaveRefused | None = getattr(request, "save_refused", None)
        base = posted_base(request)
        if base is None:
            base = {} if context["original"] is None else base_of(context["original"], context["inline_admin_formsets"])
        for change in refused.newer if refused else ():
            base.setdefault(f"{change.model}:{change.row}", {})[change.path] = change.was
        context |= {
            "base": seal(base),
            "reason": request.POST.get(REASON, ""),
            "publishes": may_publish(request.user),
            "waiting": [] if context["original"] is None else waiting_about(request, context["original"]),
            "note": note_to_answer(request),
            "own_waiting": [] if EARLIER in request.POST else waiting_at(request, self.form_address(request)),
        }
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        forms = [context["adminform"].form, *(form for each in formsets for form in each.forms)]
        if request.method == "POST":
            keep_uploads(request, forms)
            context |= {
                "fields_again": fields_again(request, refused=refused is not None),
                "keeps": kept_files(request),
            }
        if not is_popup(request):
            context["draft"] = drafts.state_of(
                request, self.form_address(request), sees_up_to(request), tells_others=context["original"] is not None
            )
        if hasattr(request, "opened_draft"):
            context |= {"errors": [], "published_since": published_since(request, base)}
            leave_out_errors(forms, formsets)
        if is_opened_again(request):
            context["is_opened_again"] = True
            context["errors"] = context["errors"][1:]  # without our own, which only keeps it from being saved
        focus_on_first_error(forms)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        """Fill in what an address says, but for what cannot be the key of a row: Django would look for it and fail."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        related: dict[str, Any] = {
            field.name: field.related_model for field in self.opts.get_fields() if is_chosen(field)
        }
        for name in initial.keys() & related.keys():
            keys = initial[name] if isinstance(initial[name], list) else [initial[name]]
            if not all(is_key(related[name], key) for key in keys):
                del initial[name]
        return initial

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write nothing yet: all rows of a form are sent together by `save_related()`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if chosen := getattr(request, "chosen", None):
            raise SaveRefused([f"It now says “{chosen.written}” and has not been saved yet. Check it, and save it."])
        base = posted_base(request) or {}
        if not change:
            give_keys(form.instance, formsets)
        proposed = [
            *changes_of_form(form, base, key=self.key_of_new(form.instance), adding_row=not change),
            *(each for formset in formsets for each in changes_of_formset(formset, base)),
            *self.changes_beside(request, form),
        ]
        reason = request.POST.get(REASON, "").strip()
        correction = send_through_door(
            request, proposed, reason=reason, what=str(form.instance), form_address=self.form_address(request)
        )
        if correction is not None and form.instance.pk is None and not correction.is_undecided:
            form.instance.pk = correction.changes.get(action=Change.Action.ADD).row

    def changes_beside(self, request: HttpRequest, form: Any) -> Iterable[Proposed]:
        """Return what a form asks for besides the values of its fields."""
        return ()

    def key_of_new(self, row: models.Model) -> str:
        return str(row.pk or "")

    def construct_change_message(self, *args: Any, **kwargs: Any) -> Any:
        return []

    # Deletions

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        if again := form_to_open(request, request.path):
            post_again(request, again)
        context = question(request) | (extra_context or {})
        if is_opened_again(request):
            request.POST = QueryDict()  # whatever is posted here deletes
        try:
            return super().delete_view(request, object_id, context)
        except SaveRefused as refused:
            context |= question(request, refused)
            request.POST = QueryDict()
            return super().delete_view(request, object_id, context)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        self.delete_queryset(request, [obj])  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        doomed = list(queryset)
        try:
            proposed = removing_with_all(doomed)
        except ValidationError as error:
            raise SaveRefused(list(error.messages)) from error
        send_through_door(
            request, proposed, reason=request.POST.get(REASON, "").strip(),
            what=", ".join(str(row) for row in doomed[:3]),
            form_address=request.path,
        )  # fmt: skip

    # Actions on the rows that are chosen in a list

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if again := form_to_open(request, request.path):
            post_again(request, again)
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def get_actions(self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST) -> Any:
        offered = super().get_actions(request, action_location)
        if (deletion := offered.get(DELETE_SELECTED)) is not None:
            offered[DELETE_SELECTED] = replace(deletion, func=delete_selected)
        return offered

    # Messages

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """Replace Django's message by that of the write door, which knows whether anything was published."""
        door_message = getattr(request, "write_door_message", None)
        if door_message is None:
            super().message_user(request, message, *args, **kwargs)
        else:
            messages.add_message(request, *door_message)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if not self.model._base_manager.filter(pk=obj.pk).exists():
            self.message_user(request, "")
            return self.response_post_save_add(request, obj)  # there is no page of it yet
        return super().response_add(request, obj, post_url_continue)

    def log_addition(self, *args: Any) -> Any:
        """Log nothing: corrections are the history."""

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
            undo_as_posted(request)
            return HttpResponseRedirect(request.path)
        page, entries = history_page(request, row)
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {(name := RowNames(sees_up_to(request)).of_row(row))}",
            "object": row,
            "name": name,
            "opts": self.opts,
            "page": page,
            "entries": entries,
            "publishes": may_publish(request.user),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/corrections/history.html", context)

    @property
    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"


# Deletions


def delete_selected(model_admin: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
    """Delete the rows that were chosen in a list, once the editor confirms it."""
    if chosen.count() > MOST_DELETED:
        messages.warning(request, f"Nothing was deleted: choose at most {MOST_DELETED} at once.")
        return None
    refused = None
    if is_opened_again(request):
        _ask_again(request)
    try:
        response = actions.delete_selected(model_admin, request, chosen)
    except SaveRefused as error:
        refused = error
        _ask_again(request)
        response = actions.delete_selected(model_admin, request, chosen)
    if isinstance(response, TemplateResponse) and response.context_data is not None:
        response.context_data |= question(request, refused)
    return response


def _ask_again(request: HttpRequest) -> None:
    posted = request.POST.copy()
    posted.pop("post", None)
    request.POST = posted  # type: ignore[assignment]


def question(request: HttpRequest, refused: SaveRefused | None = None) -> dict[str, Any]:
    """Return what the page shows that asks before rows are deleted, besides what Django's does."""
    return {
        "problems": refused.problems if refused else [],
        "reason": request.POST.get(REASON, ""),
        "address": request.path if is_opened_again(request) else request.get_full_path(),
        "fields_again": fields_again(request, refused=refused is not None),
        "is_opened_again": is_opened_again(request),
        "own_waiting": [] if EARLIER in request.POST else waiting_at(request, request.path),
        "publishes": may_publish(request.user),
    }


def is_popup(request: HttpRequest) -> bool:
    """Return whether a form is shown in a window of its own, beside another form."""
    return IS_POPUP_VAR in request.GET or IS_POPUP_VAR in request.POST


def is_chosen(field: Any) -> bool:
    """Return whether a field of a form is a choice of rows."""
    return bool(field.is_relation and not field.auto_created)


def is_key(model: type[models.Model], text: str) -> bool:
    pk: Any = model._meta.pk
    try:
        pk.run_validators(pk.to_python(text))
    except ValidationError:
        return False
    return True


# What a form changes


def give_keys(parent: models.Model, formsets: Iterable[Any]) -> None:
    """Give a new row its key before it is saved, so that the rows of its inlines can point to it."""
    pk: Any = parent._meta.pk
    if parent.pk is None and pk.has_default():
        parent.pk = pk.get_default()
    for formset in formsets:
        for form in formset.forms:
            setattr(form.instance, formset.fk.attname, parent.pk)


def with_problems(form: Any, problems: list[str | SafeString]) -> Any:
    """Return a form class that shows these problems besides its own."""

    class WithProblems(form):
        def _post_clean(self) -> None:
            super()._post_clean()
            for problem in problems:
                self.add_error(None, problem)

    return WithProblems


def focus_on_first_error(forms: Iterable[Any]) -> None:
    """Have a browser go to the first field that is wrong, without a script too."""
    wrong = next((each for each in forms if each.is_bound and each.errors and each.fields), None)
    if wrong is not None:
        visible = [field.name for field in wrong.visible_fields()]
        name = next((name for name in visible if name in wrong.errors), visible[0] if visible else None)
        if name is not None:
            wrong.fields[name].widget.attrs["autofocus"] = True


def leave_out_errors(forms: Iterable[Any], formsets: Iterable[Any]) -> None:
    """Show forms without what is wrong in them, where nobody has asked to save them."""
    for form in forms:
        if form.is_bound:
            form._errors = ErrorDict()
    for formset in formsets:
        if formset.is_bound:
            formset._non_form_errors = ErrorList()


def published_since(request: HttpRequest, base: Base) -> list[SafeString]:
    """Say what somebody else changed of the rows of a form since it was opened with these values."""
    horizon = horizon_of(request)
    return [changed_meanwhile(change, horizon, is_typed=False) for change in drafts.published_since(base)]


def base_of(row: models.Model, inlines: Iterable[Any]) -> Base:
    """Return the current values of a row and of the rows in its inlines."""
    instances = [form.instance for inline in inlines for form in inline.formset.initial_forms]
    return {rows.reference(each): rows.values_of(each) for each in [row, *instances]}


def posted_base(request: HttpRequest) -> Base | None:
    """Return the values that the posted form was opened with, or None if it carries none that we sealed."""
    posted = request.POST.get(BASE, "")
    base: Base | None = unseal(posted)
    if base is None:
        with suppress(signing.BadSignature):  # forms that were kept before this was sealed are signed alone
            base = signing.loads(posted, salt=SALT)
    return base


def changes_of_form(form: ModelForm, base: Base, *, key: str, adding_row: bool) -> Iterator[Proposed]:
    """Yield what an editor changed in a form since it was opened."""
    row = form.instance
    kind = rows.editable(row._meta.label_lower)
    values = _values_given(kind, form)
    if adding_row:
        yield adding(kind.label, values, key=key)
        return
    before = base.get(rows.reference(row)) or rows.values_of(type(row)._base_manager.get(pk=row.pk))
    for name, value in values.items():
        # A slug is not a field of the form, because it follows from the name.
        if name in {*form.fields, "slug"} and not _is_unchanged(before.get(name), value):
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
        elif form.has_changed():  # a row that was left alone was not read from what was posted
            yield from changes_of_form(form, base, key=str(row.pk or ""), adding_row=not exists)


def _values_given(kind: Editable, form: ModelForm) -> Values:
    """Return the values in a form; uploads are put into the archive and given by name."""
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


def _is_unchanged(before: Json, after: Json) -> bool:
    """Return whether two values are the same, apart from the space around a text, which forms strip."""
    return before == after or (isinstance(before, str) and isinstance(after, str) and before.strip() == after.strip())


# Sending


def send_through_door(
    request: HttpRequest,
    proposed: list[Proposed],
    *,
    reason: str,
    what: str,
    form_address: str = "",
    check: Callable[[Correction], None] | None = None,
) -> Correction | None:
    """Send an editor's changes as a correction, and publish it if they may; raise SaveRefused if that is not possible.

    The message for the next page is left in `request.write_door_message`. `check` is given the correction before it is
    kept, and may raise SaveRefused. Return None if nothing was changed. With the address of its form, what was posted
    is kept with a correction that waits.
    """
    user: Any = request.user
    horizon = horizon_of(request)
    if not any(each.action != Change.Action.SET or each.before != each.after for each in proposed):
        request.write_door_message = messages.INFO, "Nothing was changed."  # type: ignore[attr-defined]
        return None
    try:
        send_edit = _sending(request, proposed, Letter(reason))
        if check is not None:
            with nothing_is_kept():
                check(send_edit())
        with transaction.atomic():
            correction = send_edit()
            if may_publish(user):
                correction = publish(correction, by=user).correction
            else:
                refuse_stale(correction)
            if correction.is_undecided and form_address:
                keep_form(request, correction, form_address)
            if form_address:
                drafts.forget(request, form_address)
    except HeldBack as held:
        raise SaveRefused([changed_meanwhile(change, horizon) for change in held.changes], held.changes) from held
    except CouldNotApply as failure:
        raise SaveRefused(told([text for texts in failure.messages.values() for text in texts], horizon)) from failure
    except (Refused, ValidationError) as error:
        raise SaveRefused(told(getattr(error, "messages", [str(error)]), horizon)) from error
    no_note_is_left(request, correction)
    only_removed = all(each.action == Change.Action.REMOVE and not each.into for each in proposed)
    request.write_door_message = _message(correction, what, only_removed=only_removed)  # type: ignore[attr-defined]
    return correction


def _sending(request: HttpRequest, proposed: list[Proposed], letter: Letter) -> Callable[[], Correction]:
    """Return a function that sends changes: as a new correction, or in place of one whose form was opened again."""
    user: Any = request.user
    earlier = earlier_of(request)
    if earlier is None:
        note = answered_note(request)
        return partial(send, proposed, sender=Sender(user), letter=letter, kind=Correction.Kind.EDIT, note=note)
    rest = list(without_accepted(proposed, earlier))
    if earlier.is_undecided:
        version = request.POST.get(VERSION, "")
        return partial(amend, earlier, rest, sender=Sender(user), version=version, letter=letter)
    return partial(send, rest, sender=Sender(user), letter=letter, kind=Correction.Kind.EDIT, revises=earlier)


def refuse_stale(correction: Correction) -> None:
    """Raise HeldBack with the changes that conflict with what was published since the form was opened."""
    stale = []
    for change in correction.changes.current().filter(decision=Change.Decision.PENDING):
        kind = rows.editable(change.model)
        row = rows.row_of(kind, change.row)
        change.was = current_value(change, row)
        if outcome_of(change, kind, row, change.was) == Change.Outcome.CONFLICT:
            stale.append(change)
    if stale:
        raise HeldBack(tuple(stale))


def _message(correction: Correction, what: str, *, only_removed: bool) -> tuple[int, str | SafeString]:
    """Return the level and text of the message that tells whether a save was published."""
    link = reverse("admin:corrections_correction_change", args=[correction.pk])
    if correction.is_undecided:
        text = '“{}” waits for a moderator; nothing is published yet. <a href="{}">Your correction</a>'
        return messages.WARNING, format_html(text, what, link)
    outcome = "is removed" if only_removed else "is published"
    return messages.SUCCESS, format_html('“{}” {}. <a href="{}">What changed</a>', what, outcome, link)
