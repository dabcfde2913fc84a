"""What people sent, for whoever sent it: by their account, or by the receipt that they hold."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from episodes.requests import form_of, is_same_origin, whole_number
from episodes.visits import Visit

from . import sending
from .apply import Refused, is_undone, messages_of
from .following import Said, state_of, thread_of
from .models import MOST_SAID, Change, ChangeSubject, Correction, State
from .recent import recent
from .senders import sender_of
from .sending import Sender, sent_by

PER_PAGE = 25

type Act = Callable[[Visit, Correction, Sender, str], HttpResponse]


@dataclass(frozen=True, slots=True)
class Followed:
    """A correction in the list of one's own."""

    url: str
    sent_at: object
    state: str
    is_waiting: bool
    pages: tuple[object, ...]
    reason: str


@require_safe
def corrections(request: Visit) -> HttpResponse:
    """One's own, and what became of each."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    own = sent_by(sender_of(request)).order_by("-created_at", "-id")
    page = Paginator(own, PER_PAGE).get_page(request.GET.get("page"))
    about: dict[UUID, set[str]] = {each.pk: set() for each in page}
    told = ChangeSubject.objects.filter(change__correction__in=about, change__replaced=False)
    for correction, subject in told.values_list("change__correction_id", "subject"):
        about[correction].add(subject)
    known = request.lore.pages_of({subject for subjects in about.values() for subject in subjects})
    sent: dict[Correction, list[Change]] = {each: [] for each in page}
    for change in Change.objects.proposed().filter(correction__in=about).select_related("correction"):
        sent[change.correction].append(change)
    later = request.lore.later_episodes(sent)
    perhaps_undone = Correction.objects.filter(undone_by__isnull=False, pk__in=about).distinct()
    undone = {each.pk for each in perhaps_undone if is_undone(each)}
    followed = [
        Followed(
            url=address_of(each),
            sent_at=each.created_at,
            state=state_of(each, undone=each.pk in undone),
            is_waiting=each.state == State.ASKED,
            pages=tuple({known[subject] for subject in sorted(about[each.pk]) if subject in known}),
            reason="" if each.pk in later else each.reason,
        )
        for each in page
    ]
    return render(request, "corrections/correction_list.html", {"page": page, "followed": followed})


@require_safe
def correction(request: Visit, pk: UUID) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    found, _ = own_correction(request, pk, "")
    return _page(request, found)


@require_safe
def receipt(request: Visit, receipt: str) -> HttpResponse:
    found, _ = own_correction(request, None, receipt)
    return _page(request, found, receipt)


def for_its_author(act: Act) -> Callable[..., HttpResponse]:
    """What is sent to a correction. Asked for without sending anything, such an address leads back to its page."""

    @csrf_exempt  # is_same_origin() is the guard, as for progress
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(act)
    def guarded(request: Visit, pk: UUID | None = None, receipt: str = "") -> HttpResponse:
        found, sender = own_correction(request, pk, receipt)
        if request.method != "POST":
            return HttpResponseRedirect(address_of(found, receipt))
        if not is_same_origin(request):
            return render(request, "corrections/not_from_here.html", status=403)
        return act(request, found, sender, receipt)

    return guarded


@for_its_author
def withdraw(request: Visit, found: Correction, sender: Sender, receipt: str) -> HttpResponse:
    version = whole_number(form_of(request).get("version")) or 0
    try:
        sending.withdraw(found, sender=sender, version=version)
    except Refused as refused:
        return _page(request, found, receipt, complaint=str(refused))
    return HttpResponseRedirect(address_of(found, receipt), status=303)


@for_its_author
def answer(request: Visit, found: Correction, sender: Sender, receipt: str) -> HttpResponse:
    text = form_of(request).get("text", "").replace("\x00", "")
    try:
        sending.answer(found, text, sender=sender)
    except (Refused, ValidationError) as error:
        return _page(request, found, receipt, complaint=" ".join(messages_of(error)), typed=text)
    return HttpResponseRedirect(address_of(found, receipt), status=303)


@require_safe
def changes(request: Visit) -> HttpResponse:
    """What changed lately on the pages, for everybody, as far as they are."""
    page = recent(request.lore.progress, whole_number(request.GET.get("page")) or 1)
    context = {"page": page, "entries": request.lore.told_lately(page.published)}
    return render(request, "corrections/changes.html", context)


def own_correction(request: Visit, pk: UUID | None, receipt: str) -> tuple[Correction, Sender]:
    """The doorway to what somebody sent; for everybody else there is nothing."""
    sender = sender_of(request, receipt)
    if receipt:  # it alone counts, whoever else one is signed in as
        sender = Sender(None, sender.address, receipt)
    found = sent_by(sender).filter(**{"pk": pk} if pk else {}).first()
    if found is None:
        raise Http404
    return found, sender


def address_of(correction: Correction, receipt: str = "") -> str:
    return reverse("receipt", args=[receipt]) if receipt else reverse("correction", args=[correction.pk])


def _page(request: Visit, found: Correction, receipt: str = "", complaint: str = "", typed: str = "") -> HttpResponse:
    correction = Correction.objects.get(pk=found.pk)
    lore = request.lore
    shown = list(correction.changes.proposed().order_by("position"))
    subjects = set(correction.subjects())
    pages = {link for subject, link in lore.pages_of(subjects).items() if subject in subjects}
    thread: tuple[Said, ...] = thread_of(correction, lore.said)
    later = lore.later_episodes({correction: shown}).get(correction.pk)
    told = lore.shown_changes(correction, shown)
    can_be_written = correction.is_suggestion and any(
        each.hidden_until is None and each.decision != Change.Decision.ACCEPTED for each in told
    )
    may_withdraw = correction.is_undecided and not correction.is_claimed
    undone = is_undone(correction)
    context = {
        "correction": correction,
        "state": state_of(correction, undone=undone),
        "thanks_to": correction.thanks_to if correction.was_accepted and not undone else "",
        "changes": told,
        "pages": sorted(pages, key=lambda link: (link.name, link.url)),
        "thread": thread,
        "address": address_of(correction, receipt),
        "receipt": request.build_absolute_uri(address_of(correction, receipt)) if receipt else "",
        "later": later,
        "is_claimed": correction.is_undecided and correction.is_claimed,
        "may_withdraw": may_withdraw,
        "may_amend": may_withdraw and can_be_written,
        "may_revise": can_be_written and correction.state in (State.REJECTED, State.PARTLY, State.WITHDRAWN),
        "revises": _other(request, correction.revises, receipt),
        "revised_by": [_other(request, each, receipt) for each in correction.revised_by.order_by("created_at")],
        "most_said": MOST_SAID,
        "complaint": complaint,
        "typed": typed,
    }
    response = render(request, "corrections/correction.html", context, status=409 if complaint else 200)
    if receipt:
        # The address is the key. No page learns it from the browser, and no search engine keeps it.
        response["Referrer-Policy"] = "strict-origin"
        response["X-Robots-Tag"] = "noindex"
    return response


def _other(request: Visit, other: Correction | None, receipt: str) -> tuple[object, str] | None:
    """When it was sent and where it is; a receipt leads to one correction only, and nothing here knows another."""
    if other is None:
        return None
    is_own = not receipt and other.author_id == request.user.pk
    return other.created_at, address_of(other) if is_own else ""
