"""Who sends a request, for the limits and receipts of `sending`."""

from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from episodes.models import Viewer
from episodes.requests import client_address

from .models import Correction
from .sending import Sender

MOST_UPLOADS_AN_HOUR = 30  # from one address


def sender_of(request: HttpRequest, receipt: str = "") -> Sender:
    user = request.user if isinstance(request.user, User) and request.user.is_active else None
    return Sender(user, address=client_address(request), receipt=receipt)


def may_upload(sender: Sender) -> bool:
    """Count an upload and return whether it is within the limit. Refused pictures count: checking one takes time."""
    key = f"uploads:{sender.address_hash}:{timezone.now():%Y-%m-%d-%H}"
    cache.add(key, 0, timeout=3600)
    return cache.incr(key) <= MOST_UPLOADS_AN_HOUR


def remove_credit(sender: object, instance: Viewer, **kwargs: object) -> None:
    """Remove the name of a deleted account from the corrections it sent (receives `pre_delete`)."""
    Correction.objects.filter(author=instance.user_id).exclude(credit="").update(credit="")
