"""The page of one person at the desk: all they sent and did, undoing it all at once, and blocking them from sending."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from corrections import blocking, notes, rows
from corrections.deciding import Verdict, decide
from corrections.editing import focus_on_first_error
from corrections.errors import CouldNotApply, HeldBack, Refused, messages_of
from corrections.models import UNDECIDED, Block, BlockQuerySet, Change, Correction, CorrectionQuerySet, Event, State
from corrections.sending import Proposed
from corrections.trial import pending_changes
from corrections.undoing_everything import Kept, plan, undo_everything
from corrections.wording import RowNames, noun_of
from episodes.known import is_reached
from episodes.names import Name, listed
from episodes.order import sort_key
from episodes.units import current

from . import queue
from .access import TEMPLATES, for_moderators, page_address, user_of
from .clearance import REASON_HIDDEN, Clearance, clearance_of
from .discretion import Discretion

PER_PAGE = 25
MOST_DONE = 50  # events that are listed
SPAM = "spam"  # the parameter that fills in what is said and done of somebody who sends spam
OF_SPAM = {"reason": "It is spam.", "reject": True, "block": True}
MOST_LINES = 200  # of what an undo does, and of what it leaves
STATES = {
    "waiting": UNDECIDED,
    "accepted": (State.ACCEPTED, State.PARTLY),
    "rejected": (State.REJECTED,),
    "withdrawn": (State.WITHDRAWN,),
}
DONE_AGAIN = {Change.Action.ADD: "brought back", Change.Action.SET: "put back", Change.Action.REMOVE: "removed"}


@dataclass(frozen=True, slots=True)
class Person:
    """An account, or whoever sent something without one from the same address."""

    user: User | None
    correction: Correction | None  # by which somebody without an account is found
    name: str

    @property
    def sender(self) -> str:
        return self.correction.sender if self.correction else ""

    @property
    def sent(self) -> CorrectionQuerySet:
        if self.user is not None:
            return Correction.objects.filter(author=self.user)
        own = {"sender": self.sender} if self.sender else {"pk": self.correction.pk if self.correction else None}
        return Correction.objects.filter(author=None, **own).exclude(kind=Correction.Kind.IMPORT)

    @property
    def address(self) -> str:
        return address_of_person(self.user, self.correction)

    @property
    def blocks(self) -> BlockQuerySet:
        return Block.objects.filter(user=self.user) if self.user else Block.objects.filter(sender=self.sender or "-")


def address_of_person(user: User | None, correction: Correction | None) -> str:
    """Return the address of the page of whoever has this account, or sent this correction."""
    if user is not None:
        return reverse("admin:corrections_correction_person", args=[user.pk])
    return reverse("admin:corrections_correction_sender", args=[correction.pk if correction else None])


def address_of_spammer(correction: Correction) -> str:
    """Return the page on which all of the sender of a correction is undone and rejected, and they are blocked.

    There is none for what the loader or somebody of the desk sent.
    """
    author = correction.author
    if correction.kind == Correction.Kind.IMPORT or (author is not None and author.is_staff):
        return ""
    return f"{address_of_person(author, correction)}undo/?{SPAM}=1"


def _person(request: HttpRequest, account: int | None, pk: UUID | None) -> Person:
    user, correction = None, None
    if account is not None:
        user = get_object_or_404(User, pk=account)
    else:
        correction = get_object_or_404(Correction.objects.exclude(kind=Correction.Kind.IMPORT), pk=pk)
        user = correction.author
    name = "Somebody without an account"
    if user is not None:
        name = Discretion(clearance_of(request)).name_apart(Name(user.get_username()))
    return Person(user, correction, name)


# The forms


class BlockForm(forms.Form):
    reason = forms.CharField(max_length=500, widget=forms.TextInput(attrs={"size": 60}), help_text="They read it.")
    until = forms.DateField(
        required=False, label="Until the end of", help_text="Without a date it has no end.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    addresses = forms.BooleanField(
        required=False, label="Also without an account, from the addresses they sent from lately",
        help_text="Others who share an address with them then need an account.",
    )  # fmt: skip

    def __init__(self, data: Any, *, person: Person, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if person.user is None:
            del self.fields["addresses"]

    def clean_until(self) -> datetime | None:
        day = self.cleaned_data["until"]
        if day is None:
            return None
        until = timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
        if until <= timezone.now():
            raise ValidationError("This day is over. Choose a later one, or none.")
        return until

    def carry_out(self, person: Person, by: User) -> None:
        senders = {person.sender} if person.user is None else set()
        if person.user is not None and self.cleaned_data.get("addresses"):
            senders = blocking.addresses_of(person.user)
        reason, until = self.cleaned_data["reason"], self.cleaned_data["until"]
        blocking.block(user=person.user, senders=senders, reason=reason, until=until, by=by)


class UndoForm(BlockForm):
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)
    reject = forms.BooleanField(required=False, initial=True, label="Reject what still waits, too")
    block = forms.BooleanField(required=False, label="Block them from sending")
    field_order = ["reason", "reject", "block", "until", "addresses", "stamp"]


# The page


@for_moderators
def page(request: HttpRequest, account: int | None = None, pk: UUID | None = None) -> HttpResponse:
    """Show somebody, or block them from sending, or lift that again."""
    person = _person(request, account, pk)
    if pk is not None and person.user is not None:
        return HttpResponseRedirect(person.address)
    form = BlockForm(request.POST if request.POST.get("do") == "block" else None, person=person)
    try:
        if request.POST.get("do") == "lift":
            blocking.lift(person.blocks.in_force(), by=user_of(request))
            messages.success(request, f"{person.name} can send again.")
            return HttpResponseRedirect(person.address)
        if form.is_bound and form.is_valid():
            form.carry_out(person, user_of(request))
            messages.success(request, f"{person.name} is blocked from sending.")
            return HttpResponseRedirect(person.address)
    except (Refused, ValidationError) as error:
        messages.error(request, " ".join(messages_of(error)))
    focus_on_first_error([form])
    return render(request, f"{TEMPLATES}/person.html", _context_of_page(request, person, form))


def _context_of_page(request: HttpRequest, person: Person, form: BlockForm) -> dict[str, Any]:
    clearance = clearance_of(request)
    discretion = Discretion(clearance)
    state = request.GET.get("state", "")
    chosen = person.sent.filter(state__in=STATES[state]) if state in STATES else person.sent
    page = Paginator(chosen.order_by("-created_at", "-id"), PER_PAGE).get_page(request.GET.get("page"))
    done = []
    if person.user is not None:
        events = Event.objects.filter(by=person.user).exclude(correction__author=person.user)
        done = list(events.select_related("correction").order_by("-at", "-id")[:MOST_DONE])
    lines = queue.lines({*page} | {event.correction for event in done}, clearance)
    states = dict(person.sent.order_by().values_list("state").annotate(Count("pk")))
    return admin.site.each_context(request) | {
        "title": person.name,
        "person": person,
        "page": page,
        "state": state if state in STATES else "",
        "counts": [(name, sum(states.get(each, 0) for each in of_name)) for name, of_name in STATES.items()],
        "sent": [(each, lines[each], page_address(each)) for each in page],
        "done": [(event, lines[event.correction], page_address(event.correction)) for event in done],
        "blocks": [
            (block, discretion.words_apart(block.reason))
            for block in person.blocks.select_related("by", "lifted_by")[:20]
        ],
        "is_blocked": person.blocks.in_force().exists(),
        "waiting": sum(states.get(each, 0) for each in UNDECIDED),
        "published": Change.objects.current().applied().filter(correction__in=person.sent).count(),
        "form": form,
    }


# Undoing everything


@dataclass(frozen=True, slots=True)
class KeptLine:
    words: str
    url: str
    later: str  # who has changed it since, where somebody has


@for_moderators
def undo(request: HttpRequest, account: int | None = None, pk: UUID | None = None) -> HttpResponse:
    """Show what undoing everything of somebody does and leaves, and do it once the moderator agrees."""
    person = _person(request, account, pk)
    form = UndoForm(request.POST or None, person=person, initial=OF_SPAM if SPAM in request.GET else None)
    if form.is_bound and form.is_valid() and _carry_out(request, person, form):
        return HttpResponseRedirect(person.address)
    focus_on_first_error([form])
    clearance = clearance_of(request)
    planned = plan(person.sent)
    context = admin.site.each_context(request) | {
        "title": "Undo everything",
        "person": person,
        "form": form,
        "stamp": planned.stamp,
        "plan": planned,
        "lines": _lines(planned.proposed, clearance),
        "kept": _kept_lines(planned.kept[:MOST_LINES], clearance),
        "more_kept": max(0, len(planned.kept) - MOST_LINES),
        "waiting": person.sent.undecided().count(),
    }
    return render(request, f"{TEMPLATES}/undo_everything.html", context)


def _carry_out(request: HttpRequest, person: Person, form: UndoForm) -> bool:
    """Undo, reject and block in one transaction, as the form says, and tell the outcome."""
    clearance, by, reason = clearance_of(request), user_of(request), form.cleaned_data["reason"]
    done = []
    try:
        with transaction.atomic():
            if form.cleaned_data["stamp"]:
                undone = undo_everything(person.sent, by=by, reason=reason, stamp=form.cleaned_data["stamp"])
                done.append(f"{undone.changes.count()} changes were made to undo it.")
            if form.cleaned_data["reject"] and (rejected := _reject_all(person, by, reason)):
                done.append(f"{rejected} waiting corrections were rejected.")
            if form.cleaned_data["block"]:
                form.carry_out(person, by)
                done.append(f"{person.name} is blocked from sending.")
    except CouldNotApply as failure:
        is_told = clearance.has_watched_all
        messages.error(request, f"Nothing was undone: {failure if is_told else REASON_HIDDEN}")
    except (Refused, HeldBack, ValidationError) as error:
        messages.error(request, " ".join(messages_of(error)))
    else:
        messages.success(request, " ".join(done) or "Nothing was done: nothing was chosen.")
        return True
    return False


def _reject_all(person: Person, by: User, reason: str) -> int:
    waiting = list(person.sent.undecided())
    for correction in waiting:
        if correction.is_note:
            notes.close(correction, by=by, version=correction.version, dealt_with=False, words=reason)
            continue
        verdicts = {change.pk: Verdict(accept=False, why=reason) for change in pending_changes(correction)}
        decide(correction, by=by, version=correction.version, verdicts=verdicts)
    return len(waiting)


def _lines(proposed: Iterable[Proposed], clearance: Clearance) -> list[str]:
    """Say by page what is done, the pages in order; what is of later episodes is only counted."""
    about: list[tuple[set[str], str]] = []
    later = 0
    proposed = list(proposed)
    there = rows.read((each.model, each.row) for each in proposed if each.path)
    for each in proposed:
        kind, values = rows.editable(each.model), each.before if each.action == Change.Action.REMOVE else each.after
        if each.path:
            values = there.get((each.model, each.row), (None, {}))[1] | {each.path: each.after}
        if _is_later(kind, each.row, values, clearance):
            later += 1
            continue
        noun = noun_of(kind, values)
        about.append((rows.subjects_of(kind, each.row, values), f"{noun} {DONE_AGAIN[Change.Action(each.action)]}"))
    names = RowNames(clearance.progress).of_pages({subject for subjects, _ in about for subject in subjects})
    counted = Counter((_pages_in_words(subjects, names), what) for subjects, what in about)
    by_page: dict[str, list[str]] = {}
    for (pages, what), count in counted.items():
        by_page.setdefault(pages, []).append(f"{what} ×{count}" if count > 1 else what)
    lines = [f"{pages}: {', '.join(by_page[pages])}" for pages in sorted(by_page, key=sort_key)]
    more = [f"and {len(lines) - MOST_LINES} more pages"] if len(lines) > MOST_LINES else []
    words = current()
    of_later = (
        [f"{later} change{'s' * (later > 1)} of later {words.many} than you have {words.watched}"] if later else []
    )
    return [*lines[:MOST_LINES], *more, *of_later]


def _kept_lines(kept: Iterable[Kept], clearance: Clearance) -> list[KeptLine]:
    about: list[tuple[Kept, set[str], str]] = []
    discretion = Discretion(clearance)
    kept = list(kept)
    there = rows.read((each.change.model, each.change.row) for each in kept)
    for each in kept:
        kind, change = rows.editable(each.change.model), each.change
        was = change.was if change.was and not change.path else {}
        values = there.get((change.model, change.row), (None, was))[1]
        is_later = _is_later(kind, change.row, values, clearance) or clearance.folds(change.correction)
        subjects = set() if is_later else rows.subjects_of(kind, change.row, values)
        about.append((each, subjects, f"something of a later {current().one}" if is_later else noun_of(kind, values)))
    names = RowNames(clearance.progress).of_pages({subject for _, subjects, _ in about for subject in subjects})
    return [
        KeptLine(
            words=f"{_pages_in_words(subjects, names)}: {noun}" if subjects else noun,
            url=page_address(each.change.correction),
            later=_who(each.later, discretion),
        )
        for each, subjects, noun in about
    ]


def _who(later: Correction | None, discretion: Discretion) -> str:
    if later is None:
        return ""
    return discretion.name_apart(Name(later.author.get_username())) if later.author else "somebody else"


def _is_later(kind: rows.Editable, key: str, values: rows.Values, clearance: Clearance) -> bool:
    changed = [values.get(name) for name in rows.EPISODES]
    latest = rows.latest_episode(kind, key, values, changed)
    return not (clearance.has_watched_all if latest is None else is_reached(latest, clearance.progress))


def _pages_in_words(subjects: set[str], names: dict[str, Name]) -> str:
    known = sorted({names[each] for each in subjects if each in names}, key=sort_key)
    return listed(known) or ("A page without a name" if subjects else "The show")
