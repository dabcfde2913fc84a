"""What somebody sent and wrote, for the file of their own data (`episodes.accounts.own_data`)."""

from typing import Any

from django.contrib.auth.models import User

from .drafts import TYPED_BY_NOBODY
from .models import Change, Correction, Event, FormDraft, Watch
from .thread import state_for_author

TYPED = (Correction.Kind.SUGGESTION, Correction.Kind.EDIT)  # others are made of rows, not of what somebody typed


def corrections_of(user: User) -> list[dict[str, Any]]:
    """Return all that somebody sent, as they sent it, with what they wrote in its thread."""
    sent = list(Correction.objects.filter(author=user))
    changes: dict[Any, list[dict[str, Any]]] = {each.pk: [] for each in sent}
    typed = [each.pk for each in sent if each.kind in TYPED]
    for change in Change.objects.filter(correction__in=typed, follows=False).order_by("correction", "position"):
        changes[change.correction_id].append(
            {"action": change.action, "what": change.model, "field": change.path, "proposed": change.after}
        )
    messages: dict[Any, list[dict[str, Any]]] = {each.pk: [] for each in sent}
    for event in Event.objects.filter(correction__in=sent, by=user).exclude(text="").order_by("at", "id"):
        messages[event.correction_id].append({"at": event.at, "text": event.text})
    return [
        {
            "id": each.pk,
            "kind": each.kind,
            "sent": each.created_at,
            "state": state_for_author(each),
            "page": each.page,
            "reason": each.reason,
            "evidence_episode": each.evidence_episode,
            "evidence_time": each.evidence_time,
            "evidence_url": each.evidence_url,
            "credit": each.credit,
            "licence": each.licence,
            "changes": changes[each.pk],
            "messages": messages[each.pk],
        }
        for each in sent
    ]


def decisions_of(user: User) -> list[dict[str, Any]]:
    """Return what somebody did with what others sent: when, and what they wrote."""
    events = Event.objects.filter(by=user).exclude(correction__author=user).order_by("at", "id")
    return [
        {"at": event.at, "correction": event.correction_id, "did": event.get_kind_display(), "text": event.text}
        for event in events
    ]


def watched_by(user: User) -> list[dict[str, Any]]:
    """Return the pages that somebody watches, by what stands in the addresses of their histories."""
    watches = Watch.objects.filter(user=user).order_by("created_at", "pk")
    return [{"kind": each.kind, "key": each.key, "since": each.created_at} for each in watches]


def drafts_of(user: User) -> list[dict[str, Any]]:
    """Return the forms that somebody filled in and has not sent, without what the site itself wrote into them."""
    kept = FormDraft.objects.filter(user=user).exclude(saved_at=None).order_by("saved_at")
    return [
        {
            "form": each.address,
            "written": each.saved_at,
            "episode": each.episode,
            "typed": {name: texts for name, texts in each.values.items() if name not in TYPED_BY_NOBODY},
        }
        for each in kept
    ]
