"""Who is at the other end of a request, as `sending` knows them."""

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
    """What the limits count by; of a forwarded request what our own proxy added, which is the last."""
    told = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        told = request.headers.get("X-Forwarded-For", told).rpartition(",")[2].strip()
    try:
        address = ip_address(told)
    except ValueError:
        return "unknown"
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 6:  # one household has a whole network of them
        return str(ip_network(f"{address}/64", strict=False))
    return str(address)


def may_upload(sender: Sender) -> bool:
    """Counts each picture, kept or not: to look at one takes a while, and to keep it takes room."""
    key = f"uploads:{sender.address_hash}:{timezone.now():%Y-%m-%d-%H}"
    cache.add(key, 0, timeout=3600)
    return cache.incr(key) <= MOST_UPLOADS_AN_HOUR


def name_no_more(sender: object, instance: Viewer, **kwargs: object) -> None:
    """Who leaves takes their name along."""
    Correction.objects.filter(author=instance.user_id).exclude(credit="").update(credit="")
