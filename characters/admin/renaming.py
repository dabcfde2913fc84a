"""The page on which the key of a subject is changed, with all texts that name it by the key."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from characters.kinds import SUBJECTS
from characters.models import Subject
from characters.models.shown_keys import shown_key
from characters.models.subjects import valid_key
from corrections.deciding import may_publish
from corrections.editing import BASE, REASON, SaveRefused, posted_base, send_through_door
from corrections.rows import reference
from corrections.sealing import seal
from corrections.sending import setting
from episodes.horizon import horizon_of
from episodes.known import is_reached

from .horizon import known
from .mentions import mentions_of
from .sections import address_of_section


class KeyForm(forms.Form):
    """A new key, unless another has it whom the editor knows; of others the write door tells."""

    key = forms.CharField(
        max_length=80, validators=[valid_key], label="New key",
        help_text="Small letters, digits, “_”, “-” and “.”. Visitors never see it.",
        widget=forms.TextInput(attrs={"size": 40, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, data: Any, *, subject: Subject, horizon: int | None) -> None:
        super().__init__(data, initial={"key": shown_key(subject.key)})
        self.subject, self.horizon = subject, horizon

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if key == self.subject.key:
            raise ValidationError("This is its key already.")
        for kind in SUBJECTS:
            if known(kind.model._base_manager.filter(key=key), self.horizon).exists():
                raise ValidationError(f"Another {kind.name} has this key. Choose one that nobody has.")
        return key


def rename(request: HttpRequest, subject: Subject) -> HttpResponse:
    """Show which texts a new key changes, and send it once the editor agrees."""
    horizon = horizon_of(request)
    form = KeyForm(request.POST or None, subject=subject, horizon=horizon)
    if form.is_bound and form.is_valid() and request.POST.get("do") == "rename":
        try:
            _send(request, subject, form.cleaned_data["key"])
        except SaveRefused as refused:
            for problem in refused.problems:
                form.add_error(None, problem)
        else:
            messages.add_message(request, *request.write_door_message)  # type: ignore[attr-defined]
            return HttpResponseRedirect(address_of_section(subject))
    mentions = list(mentions_of(subject))
    shown = [each for each in mentions if horizon is None or is_reached(each.known_in, horizon)]
    context = admin.site.each_context(request) | {
        "title": f"Change the key of {shown_key(subject.key)}",
        "opts": subject._meta,
        "original": subject,
        "form": form,
        "is_checked": form.is_bound and not form.errors,
        "mentions": shown,
        "publishes": may_publish(request.user),
        "reason": request.POST.get(REASON, ""),
        "base": request.POST.get(BASE) or seal({reference(subject): {"key": subject.key}}),
    }
    return TemplateResponse(request, "admin/rename.html", context)


def _send(request: HttpRequest, subject: Subject, key: str) -> None:
    before = (posted_base(request) or {}).get(reference(subject), {}).get("key", subject.key)
    send_through_door(
        request, [setting(subject, "key", before, key)], reason=request.POST.get(REASON, "").strip(),
        what=f"The key {key}",
    )  # fmt: skip
