"""Who sends a request, for the limits and receipts of `sending`."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from episodes.models import Viewer

from .models import Correction
from .sending import Sender

MOST_UPLOADS_AN_HOUR = 30  # from one address


def sender_of(request: HttpRequest, receipt: str = "") -> Sender:
    user = request.user if isinstance(request.user, User) and request.user.is_active else None
    return Sender(user, address=client_address(request), receipt=receipt)


def client_address(request: HttpRequest) -> str:
    """Return the address that the limits count by; behind our proxy, that is the last one in X-Forwarded-For."""
    text = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        text = request.headers.get("X-Forwarded-For", text).rpartition(",")[2].strip()
    try:
        address = ip_address(text)
    except ValueError:
        return "unknown"
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 6:  # one household has a whole network of them
        return str(ip_network(f"{address}/64", strict=False))
    return str(address)


def may_upload(sender: Sender) -> bool:
    """Count an upload and return whether it is within the limit. Refused pictures count: checking one takes time."""
    key = f"uploads:{sender.address_hash}:{timezone.now():%Y-%m-%d-%H}"
    cache.add(key, 0, timeout=3600)
    return cache.incr(key) <= MOST_UPLOADS_AN_HOUR


def remove_credit(sender: object, instance: Viewer, **kwargs: object) -> None:
    """Remove the name of a deleted account from the corrections it sent (receives `pre_delete`)."""
    Correction.objects.filter(author=instance.user_id).exclude(credit="").update(credit="")
