"""The forms that editors sent corrections with: they open again, as they were filled in, until all is accepted.

A form of the admin says what it changes by its rows and fields, so what was typed is kept as a browser sent it.
Pictures are in the archive already, and are kept by their names there.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import ModelForm
from django.http import HttpRequest, QueryDict
from django.utils.http import urlencode

from episodes.requests import with_parameter

from . import drafts, rows
from .errors import Refused
from .models import MOST_ADDRESS, Change, Correction, SentForm, State
from .sending import Proposed, refuse_if_decided_since
from .thread import version_for_author

AGAIN = "again"  # the parameter of a form's address that says which correction it is opened for
EARLIER, VERSION, KEPT = "_again", "_again_version", "_kept"
SALT = "rougedb.kept"
NOT_KEPT = {"csrfmiddlewaretoken", "_save", "_continue", "_addanother", EARLIER, VERSION, drafts.TOKEN, drafts.OWNER}

type KeptFiles = dict[str, list[str]]
"""The uploads of a form: for each field that has one the label of its model, and its name in the archive."""


# Keeping


def keep_form(request: HttpRequest, correction: Correction, address: str) -> None:
    """Keep what was posted with a correction that waits."""
    values = {name: values for name, values in request.POST.lists() if name not in NOT_KEPT}
    content = {"address": address[:MOST_ADDRESS], "values": values, "files": kept_files(request)}
    SentForm.objects.update_or_create(correction=correction, defaults=content)


def keep_uploads(request: HttpRequest, forms: Iterable[Any]) -> None:
    """Put the valid uploads of some forms into the archive, so that nobody has to choose them again."""
    kept = kept_files(request)
    for form in forms:
        if not form.is_bound or not hasattr(form, "cleaned_data"):
            continue
        model = form._meta.model if isinstance(form, ModelForm) else getattr(form, "model", None)
        if model is None:
            continue
        kind = rows.editable(model._meta.label_lower)
        for name in kind.files:
            upload, field = form.cleaned_data.get(name), form.add_prefix(name)
            if kind.keep_file is not None and field in request.FILES and upload:
                kept[field] = [kind.label, kind.keep_file(upload)]
    request.kept_files = kept  # type: ignore[attr-defined]


def kept_files(request: HttpRequest) -> KeptFiles:
    """Return the uploads that were kept when the form was shown before, or now."""
    if not hasattr(request, "kept_files"):
        try:
            request.kept_files = signing.loads(request.POST.get(KEPT, ""), salt=SALT)  # type: ignore[attr-defined]
        except signing.BadSignature:
            request.kept_files = {}  # type: ignore[attr-defined]
    kept: KeptFiles = request.kept_files  # type: ignore[attr-defined]
    return kept


def send_kept_files(request: HttpRequest) -> None:
    """Let the uploads that were kept stand for those that a browser did not send again."""
    for field, (label, name) in kept_files(request).items():
        open_file = rows.editable(label).open_file
        file = open_file(name) if open_file is not None and field not in request.FILES else None
        if file is not None:
            request.FILES[field] = SimpleUploadedFile(name.rpartition("/")[2], file.read())


# Opening again


def form_to_open(request: HttpRequest, address: str) -> SentForm | None:
    """Return the form of one's own correction that a request for its address asks to open again."""
    key = request.GET.get(AGAIN, "") if request.method in ("GET", "HEAD") else ""
    return _own(request, key, address) if key else None


def post_again(request: HttpRequest, form: SentForm) -> None:
    """Have a request look as if the form had just been posted; whoever asks for this must not save it."""
    _ = request.FILES  # is empty, and would be read from what was never sent
    posted = QueryDict(mutable=True)
    for name, values in form.values.items():
        posted.setlist(name, values)
    for name, value in fields_of(form).items():
        posted[name] = value
    request.POST, request.method = posted, "POST"  # type: ignore[assignment]
    asked = request.GET.copy()
    asked.pop(AGAIN, None)
    request.GET = asked  # type: ignore[assignment]
    request.kept_files = form.files  # type: ignore[attr-defined]
    request.is_opened_again = True  # type: ignore[attr-defined]
    send_kept_files(request)


def is_opened_again(request: HttpRequest) -> bool:
    """Return whether what looks posted is a form that is only opened again."""
    return getattr(request, "is_opened_again", False)


def fields_of(form: SentForm) -> dict[str, str]:
    """Return the hidden fields that say of which correction a form is sent again."""
    return {EARLIER: str(form.correction_id), VERSION: version_for_author(form.correction)}


def _own(request: HttpRequest, key: str, address: str = "") -> SentForm | None:
    try:
        form = SentForm.objects.select_related("correction").filter(correction=UUID(key)).first()
    except ValueError:
        return None
    if form is None or form.correction.author_id != request.user.pk or not can_open(form.correction):
        return None
    return form if address in ("", form.address) else None


def can_open(correction: Correction) -> bool:
    """Return whether there is something in a correction that is not accepted, and nobody is deciding it just now."""
    if correction.is_undecided:
        return not correction.is_claimed
    return correction.state in (State.REJECTED, State.PARTLY, State.WITHDRAWN)


def address_again(correction: Correction) -> str:
    """Return the address at which its author can open the form of a correction again, or an empty text."""
    form = SentForm.objects.filter(correction=correction).only("address").first() if can_open(correction) else None
    if form is None:
        return ""
    return with_parameter(form.address, urlencode({AGAIN: str(correction.pk)}))


def waiting_at(request: HttpRequest, address: str) -> list[tuple[Correction, str]]:
    """Return one's own corrections that wait and were sent with the form at an address, each with where it opens."""
    forms = SentForm.objects.filter(address=address, correction__author=request.user.pk).select_related("correction")
    waiting = [form.correction for form in forms.order_by("-correction__created_at") if form.correction.is_undecided]
    return [(each, url) for each in waiting if (url := address_again(each))]


# Sending again


def earlier_of(request: HttpRequest) -> Correction | None:
    """Return the correction that a posted form was opened for again; raise Refused if it is not one's own."""
    key = request.POST.get(EARLIER, "")
    if not key:
        return None
    form = _own(request, key)
    if form is None:
        raise Refused(
            "Nothing was sent: the correction that you opened again is accepted by now, or somebody is on it."
        )
    if not form.correction.is_undecided:
        refuse_if_decided_since(form.correction, request.POST.get(VERSION, ""))
    return form.correction


def without_accepted(proposed: Iterable[Proposed], earlier: Correction) -> Iterator[Proposed]:
    """Leave out what a moderator has accepted of an earlier correction already."""
    accepted = [_comparable(change) for change in earlier.changes.current().filter(decision=Change.Decision.ACCEPTED)]
    return (each for each in proposed if _comparable(each) not in accepted)


def _comparable(each: Change | Proposed) -> tuple[Any, ...]:
    row = "" if each.action == Change.Action.ADD else each.row
    return str(each.action), each.model, row, each.path, each.after


def fields_again(request: HttpRequest, *, refused: bool) -> dict[str, str]:
    """Return the hidden fields of a form that is shown again. After a refusal it belongs to the correction as it is."""
    fields = {}
    if key := request.POST.get(EARLIER, ""):
        form = _own(request, key) if refused else None
        fields = {EARLIER: key, VERSION: request.POST.get(VERSION, "")}
        if form is not None:
            fields[VERSION] = version_for_author(form.correction)
    if kept := kept_files(request):
        fields[KEPT] = signing.dumps(kept, salt=SALT, compress=True)
    return fields
