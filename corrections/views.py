"""The pages of sent corrections, for the people who sent them: by account, or by the receipt they hold."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from episodes.kept_pages import kept, page_number
from episodes.names import Name
from episodes.order import sort_key
from episodes.requests import absolute_address, form_of, is_same_origin, whole_number
from episodes.visits import Visit

from . import sending
from .errors import Refused, messages_of
from .feeds import feed_address
from .merged import pages_that_stay
from .models import MOST_SAID, Change, Correction, State
from .notes import median_of_reports
from .recent import recent_page
from .senders import sender_of
from .sending import Sender, sent_by
from .sent_forms import address_again
from .subjects import subjects_of_corrections
from .thread import LOOKS, SKIPPED, state_for_author, thread_for_author, version_for_author
from .undoing import is_undone
from .wording import in_short

PER_PAGE = 25
MOST_SHOWN = 200  # changes of one correction, as many as somebody can write by hand

type AuthorAction = Callable[[Visit, Correction, Sender, str], HttpResponse]


@dataclass(frozen=True, slots=True)
class SentCorrection:
    """A correction in the list of one's own."""

    url: str
    sent_at: object
    state: str
    is_waiting: bool
    pages: tuple[object, ...]
    reason: str


@require_safe
def corrections(request: Visit) -> HttpResponse:
    """List one's own corrections, with the state of each."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    own = sent_by(sender_of(request)).order_by("-created_at", "-id")
    page = Paginator(own, PER_PAGE).get_page(request.GET.get("page"))
    subjects = subjects_of_corrections(page)
    links = request.lore.pages_of({subject for of_one in subjects.values() for subject in of_one})
    changes: dict[Correction, list[Change]] = {each: [] for each in page}
    for change in Change.objects.proposed().filter(correction__in=subjects).select_related("correction"):
        changes[change.correction].append(change)
    later = request.lore.later_episodes(changes)
    has_undo = Q(undone_by__isnull=False) | Q(undone_in__isnull=False)
    perhaps_undone = Correction.objects.filter(has_undo, pk__in=subjects).distinct()
    undone = {each.pk for each in perhaps_undone if is_undone(each)}
    sent = [
        SentCorrection(
            url=address_of(each),
            sent_at=each.created_at,
            state=state_for_author(each, undone=each.pk in undone),
            is_waiting=each.state == State.ASKED,
            pages=tuple({links[subject] for subject in sorted(subjects[each.pk]) if subject in links}),
            reason="" if each.pk in later else each.reason,
        )
        for each in page
    ]
    return render(request, "corrections/correction_list.html", {"page": page, "followed": sent})


@require_safe
def correction(request: Visit, pk: UUID) -> HttpResponse:
    """Show one's own correction."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    own, _ = own_correction(request, pk, "")
    return _page(request, own)


@require_safe
def receipt(request: Visit, receipt: str) -> HttpResponse:
    """Show the correction that a receipt belongs to."""
    own, _ = own_correction(request, None, receipt)
    return _page(request, own, receipt)


def for_its_author(action: AuthorAction) -> Callable[..., HttpResponse]:
    """Decorate a view that changes one's own correction by POST; other methods lead back to the page of it."""

    @csrf_exempt  # is_same_origin() is the guard, as for progress
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(action)
    def guarded(request: Visit, pk: UUID | None = None, receipt: str = "") -> HttpResponse:
        own, sender = own_correction(request, pk, receipt)
        if request.method != "POST":
            return HttpResponseRedirect(address_of(own, receipt))
        if not is_same_origin(request):
            return render(request, "corrections/not_from_here.html", status=403)
        return action(request, own, sender, receipt)

    return guarded


@for_its_author
def withdraw(request: Visit, own: Correction, sender: Sender, receipt: str) -> HttpResponse:
    try:
        sending.withdraw(own, sender=sender, version=form_of(request).get("version", ""))
    except Refused as refused:
        return _page(request, own, receipt, complaint=str(refused))
    return HttpResponseRedirect(address_of(own, receipt), status=303)


@for_its_author
def answer(request: Visit, own: Correction, sender: Sender, receipt: str) -> HttpResponse:
    text = form_of(request).get("text", "").replace("\x00", "")
    try:
        sending.answer(own, text, sender=sender)
    except (Refused, ValidationError) as error:
        return _page(request, own, receipt, complaint=" ".join(messages_of(error)), typed=text)
    return HttpResponseRedirect(address_of(own, receipt), status=303)


@kept({"page": page_number})
@require_safe
def changes(request: Visit) -> HttpResponse:
    """List for everybody what was changed lately on the pages they know."""
    return _published(request, None, feed_address(request.lore.progress))


@kept({"page": page_number})
@require_safe
def history(request: Visit, kind: str, key: str) -> HttpResponse:
    """List for everybody what was changed on one page, as far as they know it."""
    subject = request.lore.history(kind, key)
    if subject is None:
        raise Http404
    if request.path != subject.address.partition("?")[0]:
        return HttpResponseRedirect(subject.address)  # of whom a persona is known to be by now
    return _published(request, subject, feed_address(request.lore.progress, kind, key))


def _published(request: Visit, subject: Any, feed: str) -> HttpResponse:
    """List what was published: of the page that `subject`, a HistoryPage, is about, or of all pages without one."""
    lore, about = request.lore, subject.about if subject else None
    page = recent_page(lore.progress, whole_number(request.GET.get("page")) or 1, lore.still_known, about)
    entries = lore.published_lately(page.publications, about)
    context = {"page": page, "entries": entries, "subject": subject, "feed": feed}
    return render(request, "corrections/changes.html", context)


def own_correction(request: Visit, pk: UUID | None, receipt: str) -> tuple[Correction, Sender]:
    """Return a correction to the person who sent it, and who that is. Raise Http404 for everybody else."""
    sender = sender_of(request, receipt)
    if receipt:  # only the receipt counts, even if they are signed in
        sender = Sender(None, sender.address, receipt)
    own = sent_by(sender).filter(**{"pk": pk} if pk else {}).first()
    if own is None:
        raise Http404
    return own, sender


def address_of(correction: Correction, receipt: str = "") -> str:
    """Return the address of a correction for the person who sent it."""
    return reverse("receipt", args=[receipt]) if receipt else reverse("correction", args=[correction.pk])


def _page(request: Visit, own: Correction, receipt: str = "", complaint: str = "", typed: str = "") -> HttpResponse:
    """Show a correction to the person who sent it, with a complaint about what they posted and what they had typed."""
    correction = Correction.objects.get(pk=own.pk)
    lore = request.lore
    proposed = list(correction.changes.proposed().order_by("position"))
    subjects = set(subjects_of_corrections([correction])[correction.pk])
    pages = {link for subject, link in lore.pages_of(subjects).items() if subject in subjects}
    thread = thread_for_author(correction, lore.texts_in_words, whole_number(request.GET.get(SKIPPED)) or 0)
    later = lore.later_episodes({correction: proposed}).get(correction.pk)
    shown_changes = lore.shown_changes(correction, proposed[:MOST_SHOWN])
    can_be_written = bool(address_again(correction)) or (
        correction.is_suggestion
        and any(each.hidden_until is None and each.decision != Change.Decision.ACCEPTED for each in shown_changes)
    )
    may_withdraw = correction.is_undecided and not correction.is_claimed
    undone = is_undone(correction)
    stay = pages_that_stay(subjects, lore.progress) if correction.is_undecided else set()
    context = {
        "correction": correction,
        "became": sorted(
            {link for subject, link in lore.pages_of(stay).items() if subject in stay},
            key=lambda link: (sort_key(link.name), link.url),
        ),
        "reason": lore.texts_in_words([correction.reason])[0],
        "state": state_for_author(correction, undone=undone),
        "looks": LOOKS[State(correction.state)],
        "version": version_for_author(correction),
        "thanks_to": Name(correction.thanks_to) if correction.was_accepted and not undone else "",
        "changes": shown_changes,
        "more": len(proposed) - len(shown_changes),
        "pages": sorted(pages, key=lambda link: (sort_key(link.name), link.url)),
        "thread": thread,
        "address": address_of(correction, receipt),
        "receipt": absolute_address(address_of(correction, receipt)) if receipt else "",
        "later": later,
        "is_claimed": correction.is_undecided and correction.is_claimed,
        "may_withdraw": may_withdraw,
        "may_amend": may_withdraw and can_be_written,
        "may_revise": can_be_written and correction.state in (State.REJECTED, State.PARTLY, State.WITHDRAWN),
        "revises": _link_to_other(request, correction.revises, receipt),
        "revised_by": [_link_to_other(request, each, receipt) for each in correction.revised_by.order_by("created_at")],
        "asks_what_told": correction.is_report and may_withdraw and not correction.reason and thread.count == 1,
        "wait": in_short(median_of_reports(lore.progress)) if correction.is_report else "",
        "most_said": MOST_SAID,
        "complaint": complaint,
        "typed": typed,
    }
    response = render(request, "corrections/correction.html", context, status=409 if complaint else 200)
    if receipt:
        # The address is the key: browsers must not pass it on to other sites, and search engines must not keep it.
        response["Referrer-Policy"] = "strict-origin"
        response["X-Robots-Tag"] = "noindex"
    return response


def _link_to_other(request: Visit, other: Correction | None, receipt: str) -> tuple[object, str] | None:
    """Return when another correction was sent and its address, if the viewer may follow it.

    A receipt opens one correction only, and the site does not keep the receipts of others.
    """
    if other is None:
        return None
    is_own = not receipt and other.author_id == request.user.pk
    return other.created_at, address_of(other) if is_own else ""
