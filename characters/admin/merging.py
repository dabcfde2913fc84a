"""The page on which two subjects that are one by mistake become one."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from characters.kinds import kind_of
from characters.models import Alias, Subject
from characters.moderation.merging import Step, merging
from characters.moderation.registration import newest_name
from corrections.dependents import merge_changes
from corrections.desk.consequences import ConsequenceLine, lines_of
from corrections.editing import SaveRefused
from corrections.models import Change
from corrections.sending import merging_into
from corrections.wording import RowNames
from episodes.axes import end
from episodes.horizon import horizon_of
from episodes.names import Name
from episodes.units import worded

from .previews import MOST_LINES, PreviewedChange
from .sections import address_of_section
from .selects import RowSelect

THIS, OTHER = "this", "other"
SHOW_ALL_FIRST = worded(
    "Nothing was merged. Rows of later {many} than you have {watched} may hang on either: show everything first."
)
CHANGED = "Nothing was merged yet: something was published meanwhile. Look at it as it is now."


class MergeForm(forms.Form):
    """The other one, and which of the two stays."""

    other = forms.ModelChoiceField(Alias.objects.none(), label="The other one")
    stays = forms.ChoiceField(
        choices=[(OTHER, "The other one"), (THIS, "This one")], initial=OTHER, label="Who stays",
        widget=forms.RadioSelect, help_text="With its key, its address and the names that head its page.",
    )  # fmt: skip

    def __init__(self, data: Any, *, subject: Subject) -> None:
        super().__init__(data)
        kind = kind_of(subject)
        field: Any = self.fields["other"]
        field.queryset = kind.model._default_manager.exclude(pk=subject.pk)
        field.widget = RowSelect(Alias._meta.get_field(kind.name), admin.site)
        field.widget.choices = field.choices
        self.subject = subject

    @property
    def pair(self) -> tuple[Any, Any]:
        """Who goes, and who stays."""
        other = self.cleaned_data["other"]
        return (other, self.subject) if self.cleaned_data["stays"] == THIS else (self.subject, other)


def merge(request: HttpRequest, subject: Subject) -> HttpResponse:
    """Show what a merge moves and leaves out, and send it once the editor agrees."""
    if horizon_of(request) is not None:
        messages.warning(request, SHOW_ALL_FIRST)
        return HttpResponseRedirect(address_of_section(subject))
    return _Merging(request, subject).answer()


class _Merging(PreviewedChange):
    template = "admin/merge.html"

    def __init__(self, request: HttpRequest, subject: Subject) -> None:
        super().__init__(request, request.path)
        asked = request.POST or (request.GET if OTHER in request.GET else None)
        self.subject, self.form = subject, MergeForm(asked, subject=subject)
        self.steps: list[Step] = []

    def is_ready(self) -> bool:
        if not self.form.is_bound or not self.form.is_valid():
            return False
        self.steps = merging(*self.form.pair)
        return True

    def send(self) -> str:
        goes, stays = self.form.pair
        if self.request.POST.get("stamp") != _stamp(goes, self.steps):
            raise SaveRefused([CHANGED])
        what = f"Merge of {Name(newest_name(goes))} into {Name(newest_name(stays))}"
        correction = self.send_changes([merging_into(goes, stays)], what=what)
        is_done = correction is not None and not correction.is_undecided
        return address_of_section(stays if is_done else self.subject)

    def shown(self, *, is_ready: bool) -> dict[str, Any]:
        context = {
            "title": f"Merge {Name(newest_name(self.subject))}",
            "opts": self.subject._meta,
            "original": self.subject,
            "form": self.form,
            "media": self.form.media,
        }
        if not is_ready:
            return context
        goes, stays = self.form.pair
        names = {"goes": newest_name(goes), "stays": newest_name(stays), "stamp": _stamp(goes, self.steps)}
        return context | names | {"told": _told(self.steps)}


def _stamp(goes: Subject, steps: Iterable[Step]) -> str:
    """Name what is going to be done, so that nothing else is done than what was looked at."""
    said = [
        [each.action, each.model, each.path, each.before, each.after, each.action != Change.Action.ADD and each.row]
        for each, _ in steps
    ]  # fmt: skip
    return hashlib.sha256(json.dumps([str(goes.pk), said], sort_keys=True).encode()).hexdigest()


def _told(steps: Iterable[Step]) -> list[tuple[str, list[ConsequenceLine], int, int]]:
    """Return what is done in lines by what becomes of the rows, of each how many there are and how many more."""
    changes = merge_changes(steps)
    left_out = [each for each in changes if each.action == Change.Action.REMOVE]
    names = RowNames(end())
    lines = lines_of([each for each in changes if each.action != Change.Action.REMOVE], names)
    settled = [line for line in lines if line.why]
    moved = [line for line in lines if not line.why]
    of_each = (("Left out", lines_of(left_out, names)), ("Changed on the way", settled), ("Moved and rewritten", moved))
    return [(title, lines[:MOST_LINES], len(lines), len(lines[MOST_LINES:])) for title, lines in of_each if lines]
