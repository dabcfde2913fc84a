"""What readers say of a page in their own words: that something is wrong there, or that it told them too much."""

from functools import partial
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from characters.lore.correctable import CorrectablePage
from characters.lore.pages.addresses import is_of_a_page
from corrections import drafts
from corrections.letter import Letter
from corrections.models import MOST_ADDRESS, Correction
from corrections.notes import median_of_reports
from corrections.sending import Place, Sender, send_note
from corrections.views import address_of
from corrections.wording import in_short
from episodes.progress import is_same, read_at
from episodes.requests import form_of, is_same_origin, whole_number
from episodes.visits import Visit

from .forms import NoteForm, ReportForm
from .posting import try_to_send, with_receipt

NOTE = "note"  # the field by which a note is told from the rest of the form for corrections
OWN_WORDS = "own-words"  # the parameter by which the draft of a note is told from that of the rest


def is_note(request: Visit) -> bool:
    """Return whether a note is posted, or something is done with the draft of one."""
    return NOTE in form_of(request) or (request.method == "POST" and OWN_WORDS in request.GET)


def note_form(request: Visit, page: CorrectablePage) -> NoteForm:
    """Return the form for a note on a page: as it was posted, with its draft if that is asked for, or empty."""
    posted = form_of(request)
    if request.method == "POST" and NOTE in posted:
        return NoteForm(posted)
    draft = None
    if OWN_WORDS in request.GET:
        draft = drafts.opened_draft(request, draft_address(request), request.lore.progress)
    typed = drafts.posted_by(draft).dict() if draft else {}
    return NoteForm(initial={"page": own_address(request.GET.get("page", "")) or page.url} | typed)


def draft_address(request: Visit) -> str:
    """Return the address by which the draft of a note is kept, which posts to the page of the form."""
    return f"{request.path}?{OWN_WORDS}"


def try_to_note(request: Visit, form: NoteForm, page: CorrectablePage) -> tuple[str, int]:
    """Send a note, and return the address to go to and the status; without an address the form has errors."""
    place = _place(request, own_address(form.data.get("page", "")) or page.url)
    send = partial(_send, form, place, Correction.Kind.NOTE)
    return try_to_send(request, form, form_of(request), send, is_valid=form.is_valid(), status_if_refused=429)


@csrf_exempt  # is_same_origin() is the guard, as for progress: the button is the same bytes for all
@require_http_methods(["GET", "HEAD", "POST"])
def told_too_much(request: Visit) -> HttpResponse:
    """Take the report that a page told too much; what told it can be added on the page that follows."""
    is_posted = request.method == "POST"
    if is_posted and not is_same_origin(request):
        return render(request, "corrections/not_from_here.html", status=403)
    data: QueryDict = form_of(request) if is_posted else request.GET
    address, status = own_address(data.get("page", "")), 200
    form = ReportForm(data) if is_posted else ReportForm(initial={"page": address})
    if is_posted and address:
        send = partial(_send, form, _place(request, address), Correction.Kind.REPORT)
        to, status = try_to_send(request, form, data, send, is_valid=form.is_valid(), status_if_refused=429)
        if to:
            return HttpResponseRedirect(to, status=status)
    context = {"form": form, "address": address, "wait": in_short(median_of_reports(request.lore.progress))}
    return render(request, "corrections/too_much.html", context, status=status)


def _send(form: NoteForm | ReportForm, place: Place, kind: Correction.Kind, sender: Sender) -> str:
    sender = with_receipt(sender)
    letter = Letter(reason=form.cleaned_data["note"], evidence_url=form.cleaned_data.get("evidence_url") or "")
    note = send_note(letter, place, sender=sender, kind=kind)
    return address_of(note, sender.receipt)


def _place(request: Visit, address: str) -> Place:
    """Return the page at an address as its reader sees it, who may look back to an earlier episode there."""
    looks_back_to = whole_number(parse_qs(urlsplit(address).query).get("as_of", [""])[0])
    at = read_at(request.lore.progress, looks_back_to)
    lore = request.lore if is_same(at, request.lore.progress) else request.lore.at(at)
    return Place(address, lore.subjects_at(address), lore.progress)


def own_address(text: str) -> str:
    """Return the address of a page that people read here as it was given, or nothing if it is none."""
    if len(text) > MOST_ADDRESS or not text.startswith("/") or text.startswith("//") or not text.isprintable():
        return ""
    return text if is_of_a_page(text) else ""
