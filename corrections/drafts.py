"""Drafts of forms: what somebody typed and has not sent, kept so that a closed tab or a lost session loses nothing.

There is one for each person and form, which is named by its address. Nobody else is shown it, and at an earlier episode
than the one it was written at not even its author. Without an account the browser keeps it: `static/js/drafts.js`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.utils import timezone
from django.utils.timesince import timesince

from episodes.axes import Progress, second_of
from episodes.horizon import sees_up_to
from episodes.known import is_reached
from episodes.names import Name
from episodes.progress import is_further, is_same
from episodes.requests import form_of, with_parameter

from . import rows
from .desk.clearance import clearance_of
from .desk.discretion import Discretion
from .errors import Refused
from .models import MOST_ADDRESS, Change, FormDraft

DRAFT = "draft"  # the parameter of a form's address that opens its draft
KEEP, THROW_AWAY, IS_OPEN = "_keep_draft", "_throw_draft_away", "_form_is_open"  # what is asked for in a POST
ASKED = {KEEP, THROW_AWAY, IS_OPEN}
BY_SCRIPT = "script"  # the value of KEEP where an answer in JSON is wanted
OPEN, KEPT = "open", "kept"  # the values of DRAFT: its author asked for it, or has just kept it
TOKEN, OWNER = "_draft", "as"  # which draft a form goes on with, and who opened it
TRAP = "nothing_here"  # which people leave empty
NEVER_KEPT = {
    "csrfmiddlewaretoken", "_save", "_continue", "_addanother", "_more", "more", "_choose",
    "action", "index", "select_across", "_selected_action",
    KEEP, THROW_AWAY, IS_OPEN, TOKEN, OWNER, TRAP,
}  # fmt: skip
TYPED_BY_NOBODY = {"_base", "_again", "_again_version", "_kept", "version", "at"}  # what the site put into a form
MOST_BYTES = 200_000  # of one draft
MOST_DRAFTS = 30  # of one person; the oldest makes room
OPEN_FOR = timedelta(minutes=10)  # after which nobody is said to have a form open
MOST_OTHERS = 3  # who are named

SIGNED_OUT = "Nothing was kept as a draft: you are signed out. Sign in again in another window, and keep it once more."
ANOTHER = "Nothing was kept as a draft: you opened this form as somebody else. Sign in as {} to keep it."
TOO_LONG = "This is too long to be kept as a draft. Send what is ready, and write the rest after that."
LATER = "Nothing was kept as a draft: you have one already, of a later point of the show. Throw it away first."
THERE = "Nothing was kept as a draft: there is one already, of {}. Go on with that one, or throw it away."
GONE = "Nothing was kept as a draft: it was sent or thrown away in another window."


@dataclass(frozen=True, slots=True)
class FormState:
    """What a page says of the drafts of its form, and who else has it open."""

    address: str
    token: str  # of the draft that the form on the page goes on with
    owner: str
    saved_at: datetime | None  # of a draft that is there and not in the form
    is_folded: bool  # whether that was written at a point of the show that is not reached here
    is_opened: bool  # whether the form holds a draft that was opened just now
    is_kept: bool  # whether it was kept just now, by the button
    is_typed: bool  # whether it holds what was typed and not sent
    others: str

    @property
    def time(self) -> str:
        return clock(self.saved_at)

    @property
    def draft_address(self) -> str:
        return with_parameter(self.address, f"{DRAFT}={OPEN}")


# Keeping


def answered(
    request: HttpRequest, address: str, episode: int, *, exactly: bool = False, tells_others: bool = True
) -> HttpResponse | None:
    """Answer a form that is kept as a draft, thrown away or said to be open; return None for every other request.

    `episode` is how far whoever sends it sees. Raise Refused where nothing is kept and no script asked for it.
    """
    posted = form_of(request) if request.method == "POST" else {}
    if THROW_AWAY in posted:
        forget(request, address)
        return HttpResponseRedirect(address, status=303)
    is_by_script = IS_OPEN in posted or posted.get(KEEP) == BY_SCRIPT
    try:
        if IS_OPEN in posted:
            _note_open(sender_of(request), address, episode)
            return JsonResponse({"others": _others_at(request, address, tells_others=tells_others)})
        if KEEP not in posted:
            return None
        draft = _keep(request, address, episode, exactly=exactly)
    except Refused as refused:
        if not is_by_script:
            raise
        return JsonResponse({"problem": str(refused)}, status=409)
    if not is_by_script:
        return HttpResponseRedirect(with_parameter(address, f"{DRAFT}={KEPT}"), status=303)
    return JsonResponse(told_of(draft) | {"others": _others_at(request, address, tells_others=tells_others)})


def told_of(draft: FormDraft) -> dict[str, Any]:
    """Return what the script is told that has kept a draft."""
    return {"token": token_of(draft), "says": f"Kept as a draft at {clock(draft.saved_at)}."}


def _keep(request: HttpRequest, address: str, episode: int, *, exactly: bool) -> FormDraft:
    """Keep what was posted, if it goes on with the draft that is there or there is none."""
    user, posted = sender_of(request), form_of(request)
    values = {
        name.replace("\x00", ""): [text.replace("\x00", "") for text in texts]
        for name, texts in posted.lists()
        if name not in NEVER_KEPT and "password" not in name
    }
    if len(json.dumps(values)) > MOST_BYTES:
        raise Refused(TOO_LONG)
    token = posted.get(TOKEN, "")
    with transaction.atomic():
        FormDraft.objects.get_or_create(user=user, address=address[:MOST_ADDRESS])
        draft = FormDraft.objects.select_for_update().get(user=user, address=address[:MOST_ADDRESS])
        if draft.saved_at is None and token:
            raise Refused(GONE)
        if token_of(draft) != token:
            is_folded = _is_folded(draft, episode, exactly=exactly)
            raise Refused(LATER if is_folded else THERE.format(clock(draft.saved_at)))
        draft.values, draft.episode, draft.second = values, episode, second_of(episode)
        draft.saved_at = draft.seen_at = timezone.now()
        draft.save()
    _forget_oldest(user)
    return draft


def keep_values(user: User, address: str, values: dict[str, list[str]], episode: int) -> None:
    """Keep values of a form, whatever was kept of it before."""
    now = timezone.now()
    fresh = {"values": values, "episode": episode, "second": second_of(episode), "saved_at": now, "seen_at": now}
    FormDraft.objects.update_or_create(user=user, address=address[:MOST_ADDRESS], defaults=fresh)
    _forget_oldest(user)


def _forget_oldest(user: User) -> None:
    kept = FormDraft.objects.filter(user=user).exclude(saved_at=None).order_by("-saved_at")
    FormDraft.objects.filter(pk__in=[each.pk for each in kept.only("pk")[MOST_DRAFTS:]]).delete()


def sender_of(request: HttpRequest) -> User:
    """Return who keeps a draft; raise Refused unless they are the one who opened the form."""
    user: Any = request.user
    if not user.is_authenticated:
        raise Refused(SIGNED_OUT)
    owner = form_of(request).get(OWNER, "")
    if owner != user.get_username():
        raise Refused(ANOTHER.format(owner or "whoever opened it"))
    signed_in: User = user
    return signed_in


def _note_open(user: User, address: str, episode: int) -> None:
    FormDraft.objects.update_or_create(
        user=user,
        address=address[:MOST_ADDRESS],
        defaults={"seen_at": timezone.now()},
        create_defaults={"episode": episode, "second": second_of(episode)},
    )


def forget(request: HttpRequest, address: str) -> None:
    """Delete the draft of a form that was sent or is not wanted any more."""
    user: Any = request.user
    if user.is_authenticated:
        FormDraft.objects.filter(user=user, address=address[:MOST_ADDRESS]).delete()


# Showing


def state_of(
    request: HttpRequest, address: str, episode: int, *, exactly: bool = False, tells_others: bool = True
) -> FormState | None:
    """Return what the page of a form says of its draft, or None for whoever is not signed in."""
    user: Any = request.user
    if not user.is_authenticated:
        return None
    of_all = _of_all(user, address, with_others=tells_others)
    mine = next((each for each in of_all if each.user_id == user.pk and each.saved_at), None)
    opened: FormDraft | None = getattr(request, "opened_draft", None)
    if opened is not None and opened.address != address[:MOST_ADDRESS]:
        opened = None  # a page can have two forms
    is_typed = request.method == "POST"
    token = token_of(opened) if opened else form_of(request).get(TOKEN, "") if is_typed else ""
    is_offered = mine is not None and token_of(mine) != token
    return FormState(
        address=address,
        token=token,
        owner=user.get_username(),
        saved_at=mine.saved_at if mine is not None and is_offered else None,
        is_folded=mine is not None and is_offered and _is_folded(mine, episode, exactly=exactly),
        is_opened=opened is not None,
        is_kept=opened is not None and request.GET.get(DRAFT) == KEPT,
        is_typed=is_typed and opened is None and not getattr(request, "is_opened_again", False),
        others=_others(request, of_all),
    )


def opened_draft(request: HttpRequest, address: str, episode: int, *, exactly: bool = False) -> FormDraft | None:
    """Return one's own draft of a form, if the request asks to go on with it and it may be seen here."""
    user: Any = request.user
    if request.method not in ("GET", "HEAD") or DRAFT not in request.GET or not user.is_authenticated:
        return None
    draft = _own(user, address)
    if draft is None or _is_folded(draft, episode, exactly=exactly):
        return None
    request.opened_draft = draft  # type: ignore[attr-defined]
    return draft


def own(request: HttpRequest, address: str, episode: int) -> FormDraft | None:
    """Return what its author kept of a form, unless that was at a later episode than they are at."""
    user: Any = request.user
    draft = _own(user, address) if user.is_authenticated else None
    return None if draft is None or _is_folded(draft, episode, exactly=False) else draft


def _own(user: User, address: str) -> FormDraft | None:
    return FormDraft.objects.filter(user=user, address=address[:MOST_ADDRESS]).exclude(saved_at=None).first()


def _is_folded(draft: FormDraft, episode: int, *, exactly: bool) -> bool:
    written_at = Progress(draft.episode, draft.second)
    return is_further(written_at, episode) or (exactly and not is_same(written_at, episode))


def posted_by(draft: FormDraft) -> QueryDict:
    """Return a draft as a browser would post it."""
    posted = QueryDict(mutable=True)
    for name, values in draft.values.items():
        posted.setlist(name, values)
    return posted


def token_of(draft: FormDraft) -> str:
    """Return what a form says to go on with this state of a draft; nothing where nothing was kept yet."""
    return draft.saved_at.isoformat() if draft.saved_at else ""


def clock(at: datetime | None) -> str:
    """Return the time of day, with the day unless it is today."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    is_today = local.date() == timezone.localdate()
    return f"{local:%H:%M}" if is_today else f"{local.day} {local:%B, %H:%M}"


# What others do meanwhile


def _others_at(request: HttpRequest, address: str, *, tells_others: bool) -> str:
    """Say who else had a form open within the last minutes, where that is told."""
    return _others(request, _of_all(request.user, address, with_others=True)) if tells_others else ""


def _of_all(user: Any, address: str, *, with_others: bool) -> list[FormDraft]:
    """Return one's own draft of a form, and those of others who had it open lately, without what these typed."""
    whose = Q(user=user)
    if with_others:
        whose |= Q(seen_at__gte=timezone.now() - OPEN_FOR)
    here = FormDraft.objects.filter(whose, address=address[:MOST_ADDRESS])
    return list(here.defer("values").select_related("user").order_by("-seen_at"))


def _others(request: HttpRequest, of_all: list[FormDraft]) -> str:
    """Say who has a form open; names are left out that are, or whose work is, of a later episode."""
    others = [each for each in of_all if each.user_id != request.user.pk][:MOST_OTHERS]
    if not others:
        return ""
    discretion, sees = Discretion(clearance_of(request)), sees_up_to(request)
    said = []
    for each in others:
        name = each.user.get_username()
        is_told = is_reached(each.episode, sees) and discretion.name_apart(name) == name
        said.append(f"{Name(name) if is_told else 'Somebody else'} has this form open ({_ago(each.seen_at)}).")
    return " ".join(said)


def _ago(at: datetime) -> str:
    minutes = (timezone.now() - at).total_seconds() // 60
    return f"{timesince(at, depth=1)} ago" if minutes >= 1 else "just now"


def published_since(base: Mapping[str, rows.Values]) -> list[Change]:
    """Return what was published of some rows since a form was opened with these values, as changes nobody has kept."""
    changes = []
    places = [(label, key) for label, keys in rows.by_label(base).items() for key in sorted(keys)]
    there = rows.read(places)
    for label, key in places:
        if (label, key) not in there:
            changes.append(Change(action=Change.Action.REMOVE, model=label, row=key))
            continue
        before, (_, now) = base[f"{label}:{key}"], there[label, key]
        changes += [
            Change(action=Change.Action.SET, model=label, row=key, path=name, before=before[name], was=now[name])
            for name in rows.editable(label).fields
            if name in before and before[name] != now[name]
        ]
    return changes
