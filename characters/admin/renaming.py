"""The page on which the key of a subject is changed, with all texts that name it by the key."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from characters.kinds import SUBJECTS
from characters.models import Subject
from characters.models.shown_keys import shown_key
from characters.models.subjects import valid_key
from corrections.editing import Base
from corrections.rows import reference
from corrections.sending import setting
from episodes.horizon import horizon_of
from episodes.known import is_reached

from .horizon import known
from .mentions import mentions_of
from .previews import MOST_LINES, PreviewedChange
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
    return _Renaming(request, subject).answer()


class _Renaming(PreviewedChange):
    template = "admin/rename.html"

    def __init__(self, request: HttpRequest, subject: Subject) -> None:
        super().__init__(request, request.path)
        self.subject, self.horizon = subject, horizon_of(request)
        self.form = KeyForm(request.POST or None, subject=subject, horizon=self.horizon)

    def is_ready(self) -> bool:
        return self.form.is_bound and self.form.is_valid()

    def send(self) -> str:
        key = self.form.cleaned_data["key"]
        before = self.base.get(reference(self.subject), {}).get("key", self.subject.key)
        self.send_changes([setting(self.subject, "key", before, key)], what=f"The key {key}")
        return address_of_section(self.subject)

    def values_shown(self) -> Base:
        return {reference(self.subject): {"key": self.subject.key}}

    def shown(self, *, is_ready: bool) -> dict[str, Any]:
        mentions = [
            each
            for each in mentions_of(self.subject)
            if self.horizon is None or is_reached(each.known_in, self.horizon)
        ]
        return {
            "title": f"Change the key of {shown_key(self.subject.key)}",
            "opts": self.subject._meta,
            "original": self.subject,
            "form": self.form,
            "mentions": mentions[:MOST_LINES],
            "count": len(mentions),
            "more": len(mentions[MOST_LINES:]),
        }
